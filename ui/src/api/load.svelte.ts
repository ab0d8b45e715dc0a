// Loading with states: `const cases = load((signal) => api.get<Page<Case>>('/cases', { query, signal }))`.
import { Problem, unreachable } from './problem.ts';

export interface Loaded<T> {
  /** Undefined until the first answer; kept while a newer one is under way. */
  readonly data: T | undefined;
  readonly problem: Problem | null;
  readonly loading: boolean;
  /** Asks again. */
  reload(): void;
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

  $effect(() => {
    void round;
    const abort = new AbortController();
    loading = true;
    ask(abort.signal).then(
      (answer) => {
        if (abort.signal.aborted) return;
        data = answer;
        problem = null;
        loading = false;
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
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
    put(value: T) {
      data = value;
      problem = null;
    },
  };
}
