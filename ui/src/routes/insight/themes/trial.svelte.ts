// Rules tried while they are typed.
import { api, Problem } from '../../../api/index.ts';
import type { Theme, Trial } from './draft.ts';

const PAUSE_MS = 400;
/** The newest voices on which rules are tried. */
export const VOICES = 500;

/** Tries what `asked` gives, a moment after it last changed. Call it while a component is being set up. */
export function tryOut(asked: () => { items: readonly Theme[]; theme: string; text: string }) {
  let trial = $state.raw<Trial | null>(null);
  let problem = $state.raw<Problem | null>(null);
  let waiting = $state(false);
  $effect(() => {
    const body = { ...asked(), voices: VOICES };
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      waiting = true;
      try {
        trial = await api.post<Trial>('/themes/try', body, { signal: abort.signal });
        problem = null;
        waiting = false;
      } catch (error) {
        if (abort.signal.aborted) return;
        waiting = false;
        if (!(error instanceof Problem)) throw error;
        // What cannot be read says nothing about voices.
        trial = null;
        problem = error;
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  });
  return {
    get trial() {
      return trial;
    },
    get problem() {
      return problem;
    },
    get waiting() {
      return waiting;
    },
  };
}
