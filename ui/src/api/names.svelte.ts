// Names behind codes: places, surveys, languages, themes and segments, in the reader's language.
import { localText, type LocalText } from '../domain/localText.ts';
import { i18n, t, tCode } from '../i18n/index.svelte.ts';
import { api } from './client.ts';

interface Coded {
  code: string;
  name?: LocalText | string;
  title?: LocalText | string;
  stages?: Coded[];
  parent?: string;
}

const LISTS = {
  unit: '/units',
  line: '/lines',
  channel: '/channels',
  journey: '/journeys',
  touchpoint: '/touchpoints',
  survey: '/surveys',
  theme: '/themes',
} as const;
type Listed = keyof typeof LISTS;

class Names {
  #known = $state.raw<Record<string, Record<string, LocalText | string>>>({});
  #themes = $state.raw<Coded[]>([]);
  #asked = new Map<string, Promise<void>>();

  /** The name of a code of a dimension; dots while the list is on its way, the code where it has no name. */
  of(dimension: string, code: string): string {
    if (!code) return t('frame.kit.unknown');
    if (dimension === 'language') return languageName(code);
    if (dimension === 'pillar' || dimension === 'segment') {
      return tCode(`frame.${dimension}.${code}`, {}, code);
    }
    this.#ask(dimension === 'stage' ? 'journey' : dimension);
    const list = this.#known[dimension];
    return list ? localText(list[code], i18n.lang) || code : '…';
  }

  /** Choices of a form; the one chosen before is among them even when it is not in the list. */
  choices(dimension: Listed, chosen = ''): { value: string; label: string }[] {
    this.#ask(dimension);
    const codes = Object.keys(this.#known[dimension] ?? {});
    if (chosen && !codes.includes(chosen)) codes.push(chosen);
    return codes.map((value) => ({ value, label: this.of(dimension, value) }));
  }

  /** Themes as choices in the order of their tree, those below another one set in. */
  themes(chosen = ''): { value: string; label: string }[] {
    this.#ask('theme');
    const found: { value: string; label: string }[] = [];
    const walk = (parent: string, depth: number) => {
      for (const one of this.#themes.filter((theme) => (theme.parent ?? '') === parent)) {
        found.push({ value: one.code, label: '\u2003'.repeat(depth) + this.of('theme', one.code) });
        walk(one.code, depth + 1);
      }
    };
    walk('', 0);
    if (chosen && !found.some((one) => one.value === chosen)) found.push({ value: chosen, label: this.of('theme', chosen) });
    return found;
  }

  /** A text that only repeats a name in some language, said in the reader's. */
  retold(dimension: string, code: string, text: string): string {
    this.#ask(dimension);
    const name = this.#known[dimension]?.[code];
    return typeof name === 'object' && Object.values(name).includes(text) ? localText(name, i18n.lang) : text;
  }

  /** Waits for the lists, for files that cannot change afterwards. */
  async ready(...dimensions: Listed[]): Promise<void> {
    for (const dimension of dimensions) this.#ask(dimension);
    await Promise.all(this.#asked.values());
  }

  /** After somebody has changed a list. */
  forget(): void {
    this.#asked.clear();
  }

  #ask(dimension: string): void {
    const path = LISTS[dimension as Listed];
    if (!path || this.#asked.has(dimension)) return;
    const answer = api.get<{ items: Coded[] }>(path, { quiet: true }).then(
      (found) => {
        const named = (all: Coded[]) => Object.fromEntries(all.map((one) => [one.code, one.name ?? one.title ?? '']));
        const more: Record<string, Record<string, LocalText | string>> = { [dimension]: named(found.items) };
        if (dimension === 'journey') more.stage = named(found.items.flatMap((one) => one.stages ?? []));
        this.#known = { ...this.#known, ...more };
        if (dimension === 'theme') this.#themes = found.items;
      },
      // Without the list, or the right to read it, codes stand for names.
      () => {
        this.#known = { ...this.#known, [dimension]: {}, ...(dimension === 'journey' && { stage: {} }) };
      },
    );
    this.#asked.set(dimension, answer);
  }
}

export const names = new Names();

/** A language by its tag, in the reader's language. */
export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames([i18n.lang], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
