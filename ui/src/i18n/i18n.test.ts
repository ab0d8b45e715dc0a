import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { argumentNames, fill } from './format.ts';
import { i18n, preferredLang } from './index.svelte.ts';

const HERE = import.meta.dirname;
const LANGS = ['en', 'zh-Hans', 'zh-Hant'];
const files = readdirSync(join(HERE, 'en')).filter((name) => name.endsWith('.json'));
const read = (lang: string, file: string): Record<string, string> =>
  JSON.parse(readFileSync(join(HERE, lang, file), 'utf8'));

describe('messages', () => {
  it.each(LANGS)('%s has the same files as en', (lang) => {
    expect(readdirSync(join(HERE, lang)).sort()).toEqual(readdirSync(join(HERE, 'en')).sort());
  });

  it.each(files)('%s has the same keys, arguments and no empty text in every language', (file) => {
    const faults: string[] = [];
    const english = read('en', file);
    for (const lang of LANGS) {
      const own = read(lang, file);
      for (const key of Object.keys(english)) if (!(key in own)) faults.push(`${lang} misses ${key}`);
      for (const [key, text] of Object.entries(own)) {
        if (!(key in english)) faults.push(`${lang} has extra ${key}`);
        else if (typeof text !== 'string' || text.trim() === '') faults.push(`${lang} ${key} is empty`);
        else {
          const want = argumentNames(english[key] ?? '').join(',');
          const have = argumentNames(text).join(',');
          if (want !== have) faults.push(`${lang} ${key} uses {${have}}, en uses {${want}}`);
        }
      }
    }
    expect(faults).toEqual([]);
  });

  it.each(files)('%s names no key twice', (file) => {
    for (const lang of LANGS) {
      const source = readFileSync(join(HERE, lang, file), 'utf8');
      const keys = [...source.matchAll(/^\s*"((?:[^"\\]|\\.)*)"\s*:/gm)].map((m) => m[1]);
      expect(keys.filter((key, at) => keys.indexOf(key) !== at), `${lang}/${file}`).toEqual([]);
    }
  });
});

describe('fill', () => {
  it('chooses the plural form and formats the number', () => {
    const text = '{n, plural, =0 {no cases} one {# case} other {# cases}} of {name}';
    expect(fill(text, { n: 0, name: 'A' }, 'en')).toBe('no cases of A');
    expect(fill(text, { n: 1, name: 'A' }, 'en')).toBe('1 case of A');
    expect(fill(text, { n: 1200, name: 'A' }, 'en')).toBe('1,200 cases of A');
  });

  it('keeps a missing argument visible', () => {
    expect(fill('Hello {name}', {}, 'en')).toBe('Hello {name}');
  });

  it('refuses a plural without other', () => {
    expect(() => argumentNames('{n, plural, one {#}}')).toThrow(/other/);
  });
});

describe('preferredLang', () => {
  it('takes the stored choice, then the browser, then English', () => {
    expect(preferredLang('zh-Hant', ['en-GB'])).toBe('zh-Hant');
    expect(preferredLang(null, ['fr', 'zh-TW'])).toBe('zh-Hant');
    expect(preferredLang(null, ['zh-CN'])).toBe('zh-Hans');
    expect(preferredLang('xx', ['fr'])).toBe('en');
  });
});

describe('a switch of language', () => {
  it('keeps the texts of a page that opens meanwhile, in the new language', async () => {
    vi.stubGlobal('document', { documentElement: {} });
    await Promise.all([i18n.use('zh-Hans'), i18n.need('admin')]);
    expect(i18n.lookup('admin.jobs.title')).toBe(read('zh-Hans', 'admin.json')['jobs.title']);
    await Promise.all([i18n.need('value'), i18n.use('zh-Hant')]);
    const [key, text] = Object.entries(read('zh-Hant', 'value.json'))[0] ?? [];
    expect(i18n.lookup(`value.${key}`)).toBe(text);
    expect(i18n.lookup('admin.jobs.title')).toBe(read('zh-Hant', 'admin.json')['jobs.title']);
    vi.unstubAllGlobals();
  });
});
