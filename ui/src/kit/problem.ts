// A failure in words: what happened, and what to do next.
import { i18n, t, tCode } from '../i18n/index.svelte.ts';

/** What the words need to know; the API's `Problem` fits. */
export interface ProblemShape {
  status: number;
  code: string;
  title: string;
  detail: string;
  faults: { path: string; code: string; args?: Record<string, string | number>; message?: string }[];
  requestId: string | null;
}

const family = (problem: ProblemShape): string =>
  problem.status === 0 ? 'unreachable' : problem.status >= 500 ? 'server' : `http_${problem.status}`;

export function what(problem: ProblemShape): string {
  const byFamily = tCode(`frame.problem.${family(problem)}`, {}, problem.title || t('frame.problem.other'));
  return tCode(`frame.problem.${problem.code}`, {}, byFamily);
}

/** What to do next; empty where nobody knows. */
export function next(problem: ProblemShape): string {
  return tCode(`frame.problem.${problem.code}.next`, {}, tCode(`frame.problem.${family(problem)}.next`, {}, ''));
}

/** The server's own words are English: shown to whoever reads English, and where nothing else says it. */
export function detail(problem: ProblemShape): string {
  const told = i18n.lookup(`frame.problem.${problem.code}`) !== undefined;
  return told && i18n.lang !== 'en' ? '' : problem.detail;
}

/** All of it in one line, for a notice. */
export function inOneLine(problem: ProblemShape): string {
  const end = i18n.lang === 'en' ? '. ' : '。';
  return [what(problem), next(problem) || detail(problem)].filter(Boolean).join(end);
}
