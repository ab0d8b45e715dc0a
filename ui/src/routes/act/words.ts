// Words that several pages of this area share.
import { i18n, t, tCode } from '../../i18n/index.svelte.ts';
import { Problem, type FieldFault } from '../../api/index.ts';

/** A name by language tag, in the reader's language. */
export function local(name: Record<string, string> | undefined, code: string): string {
  return name?.[i18n.lang] ?? name?.en ?? Object.values(name ?? {})[0] ?? code;
}

/** Business minutes in hours and minutes: never in days, which would mean calendar days. */
export function hours(minutes: number): string {
  const whole = Math.max(0, Math.round(minutes));
  const h = Math.floor(whole / 60);
  const m = whole % 60;
  if (h === 0) return t('act.time.m', { m });
  return m === 0 ? t('act.time.h', { h }) : t('act.time.hm', { h, m });
}

/** The text of a field's fault. */
export function faultText(problem: Problem | null, field: string): string | null {
  const fault: FieldFault | undefined = problem?.fault(field);
  return fault ? tCode(`act.fault.${fault.code}`, fault.args ?? {}, fault.message ?? fault.code) : null;
}

/** The text of a code of the server. */
export function word(group: string, code: string): string {
  return tCode(`act.${group}.${code}`, {}, tCode(`frame.${group}.${code}`, {}, code));
}
