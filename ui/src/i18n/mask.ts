// Where something was masked when a text came in, the reader sees its kind in their own language.
import { t } from './index.svelte.ts';

export const MASKS = ['email', 'phone', 'id', 'card', 'account', 'address', 'name'] as const;
export type Mask = (typeof MASKS)[number];
const HOLE = new RegExp(`\\[(${MASKS.join('|')})\\]`, 'g');

/** The kinds that were masked in a text, each once. */
export const masksOf = (text: string): Mask[] => [...new Set([...text.matchAll(HOLE)].map((hole) => hole[1] as Mask))];

/** The text with its masks in the reader's language. */
export const withMasks = (text: string, name: (mask: Mask) => string = (mask) => t(`frame.mask.${mask}`)): string =>
  text.replace(HOLE, (_, mask: Mask) => `[${name(mask)}]`);
