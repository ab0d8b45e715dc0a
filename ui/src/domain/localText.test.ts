import { expect, it } from 'vitest';
import { localText } from './localText.ts';

it('falls back to English, then to any language', () => {
  expect(localText({ en: 'Branch', 'zh-Hans': '网点' }, 'zh-Hans')).toBe('网点');
  expect(localText({ en: 'Branch' }, 'zh-Hant')).toBe('Branch');
  expect(localText({ 'zh-Hans': '网点' }, 'en')).toBe('网点');
  expect(localText('plain', 'en')).toBe('plain');
  expect(localText(null, 'en')).toBe('');
});
