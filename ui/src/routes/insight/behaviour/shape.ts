// What the funnel and the cohorts answer, and how the form's fields become an address.
import { t, tCode } from '../../../i18n/index.svelte.ts';
import { fmt } from '../../../kit/index.ts';
import type { Figure } from '../shape.ts';
import { refusal } from '../shape.ts';

export interface Reached {
  persons: number;
  of_first?: Figure;
  of_previous?: Figure;
  median_seconds?: number;
}
export interface Way {
  key: string;
  steps: Reached[];
}
export interface FunnelAnswer {
  definition: string;
  steps: string[];
  within_seconds: number;
  split?: string;
  total: Way;
  rows: Way[];
}
export interface Returned {
  persons: number;
  of: number;
  share: Figure;
}
export interface Cohort {
  period?: { from: string; to: string };
  persons: number;
  returned: (Returned | null)[];
}
export interface CohortAnswer {
  definition: string;
  grain: 'day' | 'week' | 'month' | 'quarter';
  first: string;
  returning: string;
  total: Cohort;
  rows: Cohort[];
}

export const MOST_STEPS = 8;
/** Stands between two steps in the address and in the API. */
const THEN = ' > ';

export const joined = (steps: readonly string[]): string =>
  steps
    .map((step) => step.trim())
    .filter((step) => step !== '')
    .join(THEN);

/** At least two fields, as many as there are steps. */
export function fields(steps: string): string[] {
  const all = steps === '' ? [] : steps.split(THEN);
  return [...all, '', ''].slice(0, Math.max(2, all.length));
}

/** A share in words; why there is none, in as many. */
export function share(figure: Figure | undefined): string {
  if (!figure) return '';
  if (figure.value === undefined) return refusal(figure) ?? '–';
  return fmt.percent(figure.value / 100, 1);
}

export function interval(figure: Figure | undefined): string {
  if (figure?.value === undefined) return '';
  return fmt.interval(figure.low, figure.high, (v) => fmt.percent(v / 100, 1));
}

export const grainName = (grain: string): string => tCode(`insight.behaviour.grain.${grain}`, {}, grain);

/** Period 0 is the cohort's own. */
export const periodName = (grain: string, at: number): string =>
  at === 0 ? t('insight.behaviour.same') : tCode(`insight.behaviour.after.${grain}`, { n: at }, String(at));
