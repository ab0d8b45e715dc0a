// The themes while they are edited: what may be done to their tree.
import type { Reading } from '../../../voice/reading.ts';

export type Rule = { kind: 'keywords'; words: string[] } | { kind: 'regex'; pattern: string } | { kind: 'expression'; text: string };
export const KINDS = ['keywords', 'regex', 'expression'] as const;
export const LANGUAGES = ['en', 'zh-Hans', 'zh-Hant'] as const;
export type Language = (typeof LANGUAGES)[number];

export interface Theme {
  code: string;
  parent?: string;
  name: Record<Language, string>;
  rules: Rule[];
}

export interface Themes {
  version: number;
  saved_at?: string;
  saved_by?: string;
  items: Theme[];
}

export interface Trial {
  text?: { language: string; theme: string; tone?: 'negative' | 'neutral' | 'positive'; reading?: Reading };
  n: number;
  matched: number;
  rules: { matched: number; alone: number }[];
  before: number;
  after: number;
  moved: number;
  voices: { id: string; text: string; language: string; before: string; after: string; reading?: Reading }[];
}

export interface Rereading {
  id: string;
  version: number;
  state: 'running' | 'stopping' | 'done' | 'stopped';
  total: number;
  read: number;
  changed: number;
  moves: { from: string; to: string; voices: number }[];
  started_by: string;
  started_at: string;
  finished_at?: string;
  /** Why its job was given up, while it is not over. */
  given_up?: string;
}

export interface Row {
  theme: Theme;
  depth: number;
  /** Place among those with the same parent. */
  at: number;
  siblings: number;
}

/** The tree from top to bottom. Themes whose parent is gone stand at the top. */
export function rows(themes: readonly Theme[]): Row[] {
  const codes = new Set(themes.map((one) => one.code));
  const above = (one: Theme) => (one.parent && codes.has(one.parent) && one.parent !== one.code ? one.parent : '');
  const found: Row[] = [];
  const walk = (parent: string, depth: number) => {
    const all = themes.filter((one) => above(one) === parent);
    for (const [at, theme] of all.entries()) {
      if (found.some((row) => row.theme === theme)) continue;
      found.push({ theme, depth, at, siblings: all.length });
      walk(theme.code, depth + 1);
    }
  };
  walk('', 0);
  return found;
}

/** A code that no theme has: `theme-2`. */
export function freshCode(themes: readonly Theme[]): string {
  for (let n = themes.length + 1; ; n += 1) {
    const code = `theme-${n}`;
    if (!themes.some((one) => one.code === code)) return code;
  }
}

/** With a new theme behind the last one below `parent` (empty: at the top). */
export function added(themes: readonly Theme[], parent: string, name: string, words: string[] = []): { items: Theme[]; code: string } {
  const code = freshCode(themes);
  const theme: Theme = { code, name: { en: name, 'zh-Hans': name, 'zh-Hant': name }, rules: [{ kind: 'keywords', words }] };
  if (parent) theme.parent = parent;
  return { items: [...themes, theme], code };
}

/** With one theme changed; a new code is followed by those below it. */
export function changed(themes: readonly Theme[], code: string, patch: Partial<Theme>): Theme[] {
  return themes.map((one) => {
    if (one.code === code) {
      const next = { ...one, ...patch };
      if (!next.parent) delete next.parent;
      return next;
    }
    return patch.code !== undefined && one.parent === code ? { ...one, parent: patch.code } : one;
  });
}

/** Without a theme; those below it go to where it stood. */
export function removed(themes: readonly Theme[], code: string): Theme[] {
  const gone = themes.find((one) => one.code === code);
  return themes
    .filter((one) => one.code !== code)
    .map((one) => {
      if (one.parent !== code) return one;
      const { parent: _, ...rest } = one;
      return gone?.parent ? { ...rest, parent: gone.parent } : rest;
    });
}

/** One place up (-1) or down (1) among its siblings. */
export function moved(themes: readonly Theme[], code: string, by: -1 | 1): Theme[] {
  const all = rows(themes);
  const row = all.find((one) => one.theme.code === code);
  const other = all.find((one) => row && (one.theme.parent ?? '') === (row.theme.parent ?? '') && one.at === row.at + by);
  if (!row || !other) return [...themes];
  return themes.map((one) => (one === row.theme ? other.theme : one === other.theme ? row.theme : one));
}

/** Themes that a theme may stand below: all but itself and those below it. */
export function parents(themes: readonly Theme[], code: string): Row[] {
  const all = rows(themes);
  const start = all.findIndex((row) => row.theme.code === code);
  const depth = all[start]?.depth ?? 0;
  let end = start + 1;
  while (end < all.length && (all[end]?.depth ?? 0) > depth) end += 1;
  return all.filter((_, at) => at < start || at >= end);
}

/** Words as one writes them: separated by commas of any script, semicolons or lines. */
export const wordsOf = (text: string): string[] => text.split(/[,，、;；\n]/).map((one) => one.trim()).filter(Boolean);

/** A rule of another kind with what can be taken over. */
export function asKind(rule: Rule, kind: Rule['kind']): Rule {
  if (rule.kind === kind) return rule;
  const text = rule.kind === 'keywords' ? rule.words.join(', ') : rule.kind === 'regex' ? rule.pattern : rule.text;
  const quoted = (word: string) => (/\s/.test(word) ? `"${word}"` : word);
  if (kind === 'keywords') return { kind, words: wordsOf(text) };
  if (kind === 'regex') return { kind, pattern: rule.kind === 'keywords' ? rule.words.join('|') : text };
  return { kind, text: rule.kind === 'keywords' ? rule.words.map(quoted).join(' or ') : text };
}
