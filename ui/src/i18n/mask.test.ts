import { expect, it } from 'vitest';
import { masksOf, withMasks } from './mask.ts';

it('writes masks in the words of the reader and leaves other brackets alone', () => {
  const text = '卡号 [card] 被吞,[phone] 和 [phone] [other]';
  expect(masksOf(text)).toEqual(['card', 'phone']);
  expect(withMasks(text, (mask) => ({ card: '卡号', phone: '电话' })[mask as string] ?? mask)).toBe('卡号 [卡号] 被吞,[电话] 和 [电话] [other]');
  expect(masksOf('[names] [phone number]')).toEqual([]);
});
