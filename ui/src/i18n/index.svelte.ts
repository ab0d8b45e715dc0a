// Texts in three languages. Each area's file is fetched when its first page opens.
import navLabels from 'virtual:nav-labels';
import type act from './en/act.json';
import type admin from './en/admin.json';
import type frame from './en/frame.json';
import type home from './en/home.json';
import type insight from './en/insight.json';
import type sense from './en/sense.json';
import type value from './en/value.json';
import { fill, type Args } from './format.ts';

export const LANGS = ['en', 'zh-Hans', 'zh-Hant'] as const;
export type Lang = (typeof LANGS)[number];
export type Area = 'frame' | 'home' | 'sense' | 'insight' | 'act' | 'value' | 'admin';

type Keys<A extends Area, M> = `${A}.${keyof M & string}`;
/** Every message key there is; a key that the English files lack does not compile. */
export type MessageKey =
  | Keys<'frame', typeof frame>
  | Keys<'home', typeof home>
  | Keys<'sense', typeof sense>
  | Keys<'insight', typeof insight>
  | Keys<'act', typeof act>
  | Keys<'value', typeof value>
  | Keys<'admin', typeof admin>;

type Messages = Record<string, string>;
const files = import.meta.glob<Messages>('./{en,zh-Hans,zh-Hant}/*.json', { import: 'default' });

const STORED = 'peakend.lang';

/** The language a reader most likely wants: chosen before, or the browser's. */
export function preferredLang(stored: string | null, browser: readonly string[]): Lang {
  if (LANGS.includes(stored as Lang)) return stored as Lang;
  for (const tag of browser) {
    const lower = tag.toLowerCase();
    if (lower.startsWith('zh')) return /hant|tw|hk|mo/.test(lower) ? 'zh-Hant' : 'zh-Hans';
    if (lower.startsWith('en')) return 'en';
  }
  return 'en';
}

class I18n {
  lang = $state<Lang>('en');
  #messages = $state.raw<Messages>({});
  #areas = new Set<Area>(['frame']);

  /** Fetches the given areas in the present language; cheap when already there. */
  async need(...areas: Area[]): Promise<void> {
    const fresh = areas.filter((area) => !this.#areas.has(area));
    if (fresh.length === 0) return;
    let lang: Lang;
    let more: Messages;
    do {
      // the language may be switched while a file is on its way
      lang = this.lang;
      more = await read(lang, fresh);
    } while (lang !== this.lang);
    for (const area of fresh) this.#areas.add(area);
    this.#messages = { ...this.#messages, ...more };
  }

  /** Switches the whole screen at once, after every text is there. */
  async use(lang: Lang, remember = false): Promise<void> {
    let areas: Area[];
    let messages: Messages;
    do {
      // a page may have asked for another area meanwhile
      areas = [...this.#areas];
      messages = await read(lang, areas);
    } while (areas.length !== this.#areas.size);
    this.#messages = { ...navLabels[lang], ...messages };
    this.lang = lang;
    document.documentElement.lang = lang;
    if (remember) localStorage.setItem(STORED, lang);
  }

  /** Has the reader chosen a language on this device? */
  get chosen(): boolean {
    return localStorage.getItem(STORED) !== null;
  }

  async start(): Promise<void> {
    await this.use(preferredLang(localStorage.getItem(STORED), navigator.languages));
  }

  lookup(key: string): string | undefined {
    return this.#messages[key];
  }
}

async function read(lang: Lang, areas: Area[]): Promise<Messages> {
  const all: Messages = {};
  await Promise.all(
    areas.map(async (area) => {
      const messages = await files[`./${lang}/${area}.json`]?.();
      for (const [key, text] of Object.entries(messages ?? {})) all[`${area}.${key}`] = text;
    }),
  );
  return all;
}

export const i18n = new I18n();

/** The text of a key in the reader's language, its arguments filled in. */
export function t(key: MessageKey, args: Args = {}): string {
  const source = i18n.lookup(key);
  return source === undefined ? key : fill(source, args, i18n.lang);
}

/** For keys built from codes of the server: the fallback when no text exists. */
export function tCode(key: string, args: Args, fallback: string): string {
  const source = i18n.lookup(key);
  return source === undefined ? fallback : fill(source, args, i18n.lang);
}
