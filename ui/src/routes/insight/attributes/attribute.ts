// Attributes as a filter: `vip:true,product:fund` in the address and in the API's `attribute=`.
import type { FigureTable } from '../shape.ts';

/** A comma parts one value from the next: within a value it is written `\\,`, and `\\` is written `\\\\`. */
const listed = (value: string): string => value.replace(/[\\,]/g, '\\$&');
const parts = (text: string): string[] =>
  [...text.matchAll(/((?:\\[\\,]|[^,])*)(?:,|$)/g)].map(([, part = '']) => part.replace(/\\([\\,])/g, '$1'));

export interface Chosen {
  name: string;
  /** Any of them; none when the address holds a name alone, which the API refuses. */
  values: string[];
}

/** Reads a filter, each name once, in the order in which the names stand there. */
export function readAttributes(text: string): Chosen[] {
  const chosen = new Map<string, string[]>();
  for (const part of parts(text).map((one) => one.trim()).filter(Boolean)) {
    const at = part.indexOf(':');
    const name = (at < 0 ? part : part.slice(0, at)).trim();
    const value = at < 0 ? '' : part.slice(at + 1).trim();
    const values = chosen.get(name) ?? [];
    chosen.set(name, value && !values.includes(value) ? [...values, value] : values);
  }
  return [...chosen].map(([name, values]) => ({ name, values }));
}

/** Writes a filter; what the API will refuse stays, so that its refusal can be read. */
export function writeAttributes(chosen: Chosen[]): string {
  return chosen.flatMap(({ name, values }) => (values.length ? values.map((value) => `${name}:${listed(value)}`) : [name])).join(',');
}

export const valuesOf = (text: string, name: string): string[] =>
  readAttributes(text).find((one) => one.name === name)?.values ?? [];

/** The filter with these values of a name instead of those before; without the name when there are none. */
export function withValues(text: string, name: string, values: string[]): string {
  const all = readAttributes(text);
  const known = all.some((one) => one.name === name) ? all : [...all, { name, values: [] }];
  return writeAttributes(
    known.map((one) => (one.name === name ? { name, values } : one)).filter((one) => one.name !== name || values.length > 0),
  );
}

export const without = (text: string, name: string): string => withValues(text, name, []);

/** A value is ticked or no longer ticked. */
export function toggled(text: string, name: string, value: string): string {
  const values = valuesOf(text, name);
  return withValues(text, name, values.includes(value) ? values.filter((one) => one !== value) : [...values, value]);
}

export interface Tally {
  value: string;
  /** How many voices have it within the other filters. */
  n: number;
}

/** The values of an attribute with their voices, and how many voices have none. */
export function tally(tables: Pick<FigureTable, 'rows'>[]): { values: Tally[]; unknown: number } {
  const counts = new Map<string, number>();
  for (const row of tables.flatMap((table) => table.rows)) {
    const value = row.keys[0]?.code ?? '';
    counts.set(value, (counts.get(value) ?? 0) + (row.figure.value ?? 0));
  }
  const unknown = counts.get('') ?? 0;
  counts.delete('');
  return { values: inOrder([...counts].map(([value, n]) => ({ value, n }))), unknown };
}

const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text));

/** Numbers by their size, words by how many voices have them. */
export function inOrder(values: Tally[]): Tally[] {
  return values.every(({ value }) => isNumber(value))
    ? values.toSorted((a, b) => Number(a.value) - Number(b.value))
    : values.toSorted((a, b) => b.n - a.n || a.value.localeCompare(b.value));
}

/** What is offered: values that fit the words, and those ticked though no voice has them now. */
export function offered(values: Tally[], ticked: string[], words: string): Tally[] {
  const want = words.trim().toLowerCase();
  const gone = ticked.filter((value) => !values.some((one) => one.value === value)).map((value) => ({ value, n: 0 }));
  return [...gone, ...values].filter(({ value }) => value.toLowerCase().includes(want));
}

/** What Enter in the search box means: the value of that spelling, the only one that fits, or the words themselves. */
export function meant(fitting: Tally[], words: string): string | null {
  const want = words.trim();
  const same = fitting.find(({ value }) => value.toLowerCase() === want.toLowerCase());
  if (!want || same) return same?.value ?? null;
  if (fitting.length > 1) return null;
  return fitting[0]?.value ?? want;
}
