// Page state in the query string: `const q = useQuery({ state: 'open', page: 1 })`.
import { router } from './router.svelte.ts';

type Value = string | number | boolean | string[];
type Widen<V> = V extends string[] ? string[] : V extends string ? string : V extends number ? number : boolean;
export type Query<T> = { -readonly [K in keyof T]: Widen<T[K]> } & {
  /** Sets several parameters with one history entry. */
  set(patch: Partial<{ [K in keyof T]: Widen<T[K]> }>, replace?: boolean): void;
  /** Back to the defaults. */
  clear(): void;
  /** True when any parameter differs from its default. */
  readonly changed: boolean;
};

/** Reads one parameter in the shape of its default. */
export function readParam(search: URLSearchParams, key: string, fallback: Value): Value {
  if (Array.isArray(fallback)) return search.has(key) ? search.getAll(key) : fallback;
  const raw = search.get(key);
  if (raw === null) return fallback;
  if (typeof fallback === 'number') {
    const value = Number(raw);
    return raw.trim() !== '' && Number.isFinite(value) ? value : fallback;
  }
  if (typeof fallback === 'boolean') return raw === '' || raw === '1' || raw === 'true';
  return raw;
}

/** Writes one parameter; null when it equals the default and leaves the URL. */
export function writeParam(value: Value, fallback: Value): string | string[] | null {
  if (Array.isArray(value)) {
    return JSON.stringify(value) === JSON.stringify(fallback) ? null : value;
  }
  if (value === fallback) return null;
  return typeof value === 'boolean' ? (value ? '1' : '0') : String(value);
}

/** Reactive, typed view of the query string. Assigning navigates; defaults stay out of the URL. */
export function useQuery<const T extends Record<string, Value>>(defaults: T): Query<T> {
  const write = (patch: Record<string, Value | undefined>, replace?: boolean) => {
    const out: Record<string, string | string[] | null> = {};
    for (const [key, value] of Object.entries(patch)) {
      const fallback = defaults[key];
      if (fallback === undefined) continue;
      out[key] = value === undefined ? null : writeParam(value, fallback);
    }
    router.setQuery(out, replace);
  };
  // Not enumerable: `{ ...query }` is the plain parameters.
  const query = {};
  Object.defineProperty(query, 'set', { value: write });
  Object.defineProperty(query, 'clear', {
    value: () => write(Object.fromEntries(Object.keys(defaults).map((key) => [key, undefined]))),
  });
  Object.defineProperty(query, 'changed', {
    get: () => Object.entries(defaults).some(([key, fallback]) => {
      return writeParam(readParam(router.search, key, fallback), fallback) !== null;
    }),
  });
  for (const [key, fallback] of Object.entries(defaults)) {
    Object.defineProperty(query, key, {
      enumerable: true,
      get: () => readParam(router.search, key, fallback),
      // Typing in a search box must not fill the history, hence replace.
      set: (value: Value) => write({ [key]: value }, typeof fallback === 'string'),
    });
  }
  return query as unknown as Query<T>;
}
