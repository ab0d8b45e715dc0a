// Words and ways of writing that the pages of this area share.
import { Problem, type FieldFault } from '../../api/index.ts';
import { i18n, t, tCode } from '../../i18n/index.svelte.ts';
import { fmt } from '../../kit/index.ts';
import type { Glance, Kind, Measure, Subject, Verdict } from './shape.ts';

/** A name by language tag, in the reader's language. */
export function local(name: Record<string, string>, code: string): string {
  return name[i18n.lang] ?? name.en ?? Object.values(name)[0] ?? code;
}

export const kindName = (kind: Kind): string => local(kind.name, kind.code);

export const tone = (verdict: Verdict): 'good' | 'bad' | 'neutral' =>
  verdict === 'gain' ? 'good' : verdict === 'loss' ? 'bad' : 'neutral';

/** A mean or a sum in the unit of its outcome. */
export function write(measure: Measure, value: number | null | undefined): string {
  if (value == null) return '–';
  if (measure.outcome.unit === 'money') return fmt.money(value, measure.currency ?? 'CNY');
  if (measure.outcome.unit === 'flag') return fmt.percent(value, 1);
  return fmt.score(value, Math.abs(value) >= 100 ? 0 : 2);
}

/** With a sign that no line break parts from its amount. */
const plus = (value: number, text: string): string => (value > 0 ? `+\u2060${text}` : text.replace('−', '−\u2060'));

/** A difference: with its sign; shares differ by points. */
export function writeDifference(measure: Measure, value: number | null | undefined): string {
  if (value == null) return '–';
  if (measure.outcome.unit === 'flag') return t('value.points', { points: fmt.score(100 * value, 2, true) });
  return plus(value, write(measure, value));
}

/** A total over all persons: money, or how many more or fewer. */
export function writeTotal(measure: Measure, value: number): string {
  const text = measure.outcome.unit === 'money' ? fmt.money(value, measure.currency ?? 'CNY') : fmt.count(value);
  return plus(value, text);
}

/** What was evaluated, as a heading. */
export function subjectName(subject: Subject): string {
  if (subject.kind === 'initiative') return subject.title || subject.id;
  const months = { from: fmt.shortDate(subject.from ?? ''), to: fmt.shortDate(subject.to ?? '') };
  return t(subject.recovered_only ? 'value.subject.recovered' : 'value.subject.cases', months);
}

/** Why nothing is proven, in words. */
export function whyNot(why: Glance['why']): string {
  if (!why) return '';
  const args = { have: fmt.count(why.have), need: fmt.count(why.need), p: why.p === null ? '' : fmt.pValue(why.p) };
  return tCode(`value.why.${why.code}`, args, tCode(`frame.refusal.${why.code}`, args, why.code));
}

/** The verdict as one sentence with its interval. */
export function sentence(of: Glance): string {
  const { effect, measure, verdict } = of;
  const args = {
    outcome: kindName(measure.outcome),
    effect: writeDifference(measure, effect?.value),
    low: writeDifference(measure, effect?.low),
    high: writeDifference(measure, effect?.high),
    why: whyNot(of.why),
  };
  if (verdict === 'gain') return t('value.sentence.gain', args);
  if (verdict === 'loss') return t('value.sentence.loss', args);
  return effect ? t('value.sentence.not_proven', args) : t('value.sentence.no_figure', args);
}

/** A remark of the server in words. */
export function remark(code: string, have: number): string {
  const args = { have: fmt.score(have, Number.isInteger(have) ? 0 : 2) };
  return tCode(`value.remark.${code}`, args, tCode(`frame.warning.${code}`, args, code));
}

/** What the server refuses, in words. */
export function refusal(problem: Problem): string {
  return tCode(`value.refused.${problem.code}`, {}, problem.detail || problem.title);
}

/** The text of a field's fault. */
export function faultText(problem: Problem | null, field: string): string | null {
  const fault: FieldFault | undefined = problem?.fault(field);
  return fault ? tCode(`frame.fault.${fault.code}`, fault.args ?? {}, fault.message ?? fault.code) : null;
}
