// Words that several pages of this area share.
import { Problem } from '../../api/index.ts';
import { t, tCode } from '../../i18n/index.svelte.ts';

export const ROLES = ['owner', 'analyst', 'unit_manager', 'agent', 'viewer'] as const;

/** A role's name; `ingest` is for keys only. */
export const roleName = (role: string): string =>
  role === 'ingest' ? t('admin.role.ingest') : tCode(`frame.role.${role}`, {}, role);

export const roleNote = (role: string): string => tCode(`admin.role_note.${role}`, {}, '');

/** The text of a field's fault. */
export function faultText(problem: Problem | null, field: string): string | null {
  const fault = problem?.fault(field);
  if (!fault) return null;
  const common = tCode(`frame.fault.${fault.code}`, fault.args ?? {}, fault.message ?? fault.code);
  return tCode(`admin.fault.${fault.code}`, fault.args ?? {}, common);
}
