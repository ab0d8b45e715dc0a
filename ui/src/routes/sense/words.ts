// Words that several pages of this area share.
import { Problem } from '../../api/index.ts';
import { localText, type LocalText } from '../../domain/localText.ts';
import { i18n, tCode } from '../../i18n/index.svelte.ts';

/** The text of a code of the server. */
export function word(group: string, code: string): string {
  return tCode(`sense.${group}.${code}`, {}, code);
}

/** The text of a field's fault. */
export function faultText(problem: Problem | null, field: string): string | null {
  const fault = problem?.fault(field);
  if (!fault) return null;
  const common = tCode(`frame.fault.${fault.code}`, fault.args ?? {}, fault.message ?? fault.code);
  return tCode(`sense.fault.${fault.code}`, fault.args ?? {}, common);
}

/** A name in the reader's language, else its code. */
export function nameOf(thing: { name: LocalText; code: string } | undefined, code = ''): string {
  return thing ? localText(thing.name, i18n.lang) || thing.code : code;
}

export const PILLARS = ['brand', 'customer', 'employee'] as const;
