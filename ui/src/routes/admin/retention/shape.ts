// A setting of how long things are kept, as it is edited before it is confirmed.
import type { Schema } from '../../../api/index.ts';

export type Keep = Schema<'RetentionBody'>;
export type Preview = Schema<'RetentionPreviewView'>;

export const KINDS = ['voices', 'events', 'outcomes'] as const;
export type Kind = (typeof KINDS)[number];
const MONTHS = [3, 6, 12, 18, 24, 36, 60, 84, 120];

/** Months to choose from; a value set by API or command line stands in the list too. */
export const choices = (months: number | null | undefined): number[] =>
  [...new Set([...MONTHS, ...(months ? [months] : [])])].sort((a, b) => a - b);

/** Surveys with a time of their own, by code; null keeps for good. */
export const own = (keep: Keep): [string, number | null][] =>
  Object.entries(keep.surveys ?? {})
    .map(([code, months]): [string, number | null] => [code, months ?? null])
    .sort(([a], [b]) => a.localeCompare(b));

/** The setting with another time of one survey; undefined takes its own time away. */
export function withSurvey(keep: Keep, code: string, months: number | null | undefined): Keep {
  const { [code]: _before, ...others } = keep.surveys ?? {};
  return { ...keep, surveys: months === undefined ? others : { ...others, [code]: months } };
}

export const same = (a: Keep, b: Keep): boolean =>
  KINDS.every((kind) => (a[kind] ?? null) === (b[kind] ?? null)) && JSON.stringify(own(a)) === JSON.stringify(own(b));

/** The query of a look; without surveys it says so, since a parameter left out means "as they are set". */
export function query(keep: Keep): Record<string, string | number> {
  const surveys = own(keep).map(([code, months]) => `${code}:${months ?? ''}`);
  const kinds = KINDS.filter((kind) => keep[kind]).map((kind) => [kind, keep[kind] ?? 0]);
  return { ...Object.fromEntries(kinds), surveys: surveys.join(',') || 'none' };
}
