// Theme, tone and language as filters of a board, kept in the address.
import { scope, useQuery } from '../router/index.ts';

export const HEARD = { theme: '', theme_at: '', tone: '', language: '' };

/** The filters, and as parameters of the API. Employees are never selected by the tone of what they wrote. */
export function useHeard() {
  const q = useQuery(HEARD);
  return {
    q,
    get params() {
      const { theme, theme_at, tone, language } = q;
      return { theme, theme_at, language, tone: scope.pillar === 'employee' ? '' : tone };
    },
  };
}
