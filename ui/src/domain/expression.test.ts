// The vectors that Rust is tested with too.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { evaluate, holds, type Expr } from './expression.ts';

interface Case {
  source: string;
  tree: Expr;
  facts: unknown;
  value: unknown;
  holds: boolean;
}
const file = join(import.meta.dirname, '../../../tests-data/expressions.json');
const cases = (JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] }).cases;

describe('expressions', () => {
  it('has the vectors', () => expect(cases.length).toBeGreaterThan(60));
  it.each(cases.map((c) => [`${c.source} for ${JSON.stringify(c.facts)}`, c] as const))('%s', (_, c) => {
    expect(evaluate(c.tree, c.facts)).toEqual(c.value);
    expect(holds(c.tree, c.facts)).toBe(c.holds);
  });
  it('does not read what an object inherits', () => {
    expect(evaluate({ path: ['a', 'constructor'] }, { a: {} })).toBeNull();
  });
});
