// What was read in a text, and the words it rests on, as the API gives them.

/** Words of a text, in UTF-16 code units as JavaScript counts. */
export interface Words {
  start: number;
  end: number;
  text: string;
}

export interface ThemeMention {
  theme: string;
  /** Numbers of the rules that hold, from 1. */
  rules: number[];
  words: Words[];
}

export interface Reading {
  /** Version of the themes. */
  scheme: number;
  themes: ThemeMention[];
  tone: (Words & { positive: boolean })[];
  language_stated: boolean;
}

export type Tone = 'negative' | 'neutral' | 'positive';
export const TONES = ['negative', 'neutral', 'positive'] as const;
export const TONE_COLOURS = { negative: 'bad', neutral: 'neutral', positive: 'good' } as const;

export interface Piece {
  text: string;
  /** How the piece is marked; absent where it is not. */
  mark?: 'plain' | 'good' | 'bad';
}

/** A text in pieces, so that its words can be marked; words that overlap an earlier one are left out. */
export function pieces(text: string, words: readonly (Words & { positive?: boolean })[]): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const one of words.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (one.start < at || one.end > text.length || one.end <= one.start) continue;
    if (one.start > at) found.push({ text: text.slice(at, one.start) });
    const mark = one.positive === undefined ? 'plain' : one.positive ? 'good' : 'bad';
    found.push({ text: text.slice(one.start, one.end), mark });
    at = one.end;
  }
  if (at < text.length) found.push({ text: text.slice(at) });
  return found;
}

/** Different words, as they are written, in the order of the text. */
export const wordList = (words: readonly Words[]): string[] => [...new Set(words.map((one) => one.text))];
