// Loading with states: `const cases = load((signal) => api.get<Page<Case>>('/cases', { query, signal }))`.
import { Problem, unreachable } from './problem.ts';

export interface Loaded<T> {
  /** Undefined until the first answer; kept while a newer one is under way. */
  readonly data: T | undefined;
  readonly problem: Problem | null;
  readonly loading: boolean;
  /** Asks again. */
  reload(): void;
  /** Asks again without saying so; a failure leaves what is shown. */
  refresh(): void;
  /** Puts a value in place (optimistic change, answer of a write). */
  put(data: T): void;
}

/**
 * Runs `ask` now and again whenever something reactive that it read has changed;
 * the older request is aborted. Call it while a component is being set up.
 */
export function load<T>(ask: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  let data = $state.raw<T | undefined>(undefined);
  let problem = $state.raw<Problem | null>(null);
  let loading = $state(true);
  let round = $state(0);
  let quiet = false;

  $effect(() => {
    void round;
    const abort = new AbortController();
    const silent = quiet;
    quiet = false;
    if (!silent) loading = true;
    ask(abort.signal).then(
      (answer) => {
        if (abort.signal.aborted) return;
        data = answer;
        problem = null;
        loading = false;
      },
      (error: unknown) => {
        if (abort.signal.aborted || silent) return;
        problem = error instanceof Problem ? error : unreachable(error);
        loading = false;
      },
    );
    return () => abort.abort();
  });

  return {
    get data() {
      return data;
    },
    get problem() {
      return problem;
    },
    get loading() {
      return loading;
    },
    reload() {
      round += 1;
    },
    refresh() {
      if (loading) return;
      quiet = true;
      round += 1;
    },
    put(value: T) {
      data = value;
      problem = null;
    },
  };
}

/**
 * Keeps a list fresh while somebody looks at it: asks again every few seconds and when the window
 * comes back, unless `still` says that it must not move. Call it while a component is being set up.
 */
export function keepFresh(of: Loaded<unknown>, still: () => boolean = () => false, everyMs = 8000): void {
  $effect(() => {
    const look = () => document.visibilityState === 'visible' && !still() && of.refresh();
    const timer = setInterval(look, everyMs);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  });
}
