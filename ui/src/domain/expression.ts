// Evaluates expression trees that the server has parsed. The rules are those of
// peakend-domain's `sense::expression`; tests-data/expressions.json proves that both agree.

export type Expr =
  | { lit: unknown }
  | { list: Expr[] }
  | { path: string[] }
  | { has: string[] }
  | { not: Expr }
  | { and: Expr[] }
  | { or: Expr[] }
  | { lower_ascii: Expr }
  | { size: Expr }
  | { [op in 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'in' | 'contains' | 'starts_with']?: [Expr, Expr] };

/** A fact by its path; missing facts are null. */
function fact(facts: unknown, path: string[]): unknown {
  let at: unknown = facts;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, name)) return null;
    at = (at as Record<string, unknown>)[name];
  }
  return at ?? null;
}

/** null, false, the empty text and the empty list are false; the number 0 is true. */
function isTrue(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== null && value !== false && value !== '';
}

function equal(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, i) => equal(one, b[i]));
  return a === b && typeof a !== 'object' ? true : a === null && b === null;
}

/** Texts are ordered by code points, as in Rust. */
function compare(a: unknown, b: unknown): number | null {
  if (typeof a === 'number' && typeof b === 'number') return Math.sign(a - b);
  if (typeof a !== 'string' || typeof b !== 'string') return null;
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    const order = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (order !== 0) return Math.sign(order);
  }
  return Math.sign(left.length - right.length);
}

/** The value of an expression for some facts. Never throws. */
export function evaluate(expr: Expr, facts: unknown): unknown {
  const [op, arg] = Object.entries(expr)[0] as [string, never];
  const one = () => evaluate(arg as Expr, facts);
  const both = () => (arg as [Expr, Expr]).map((e) => evaluate(e, facts)) as [unknown, unknown];
  const order = (fits: (sign: number) => boolean) => {
    const sign = compare(...both());
    return sign !== null && fits(sign);
  };
  const texts = (fits: (a: string, b: string) => boolean) => {
    const [a, b] = both();
    return typeof a === 'string' && typeof b === 'string' && fits(a, b);
  };
  switch (op) {
    case 'lit':
      return arg;
    case 'list':
      return (arg as Expr[]).map((e) => evaluate(e, facts));
    case 'path':
      return fact(facts, arg);
    case 'has':
      return fact(facts, arg) !== null;
    case 'not':
      return !isTrue(one());
    case 'and':
      return (arg as Expr[]).every((e) => isTrue(evaluate(e, facts)));
    case 'or':
      return (arg as Expr[]).some((e) => isTrue(evaluate(e, facts)));
    case 'eq':
      return equal(...both());
    case 'ne':
      return !equal(...both());
    case 'lt':
      return order((sign) => sign < 0);
    case 'le':
      return order((sign) => sign <= 0);
    case 'gt':
      return order((sign) => sign > 0);
    case 'ge':
      return order((sign) => sign >= 0);
    case 'in': {
      const [item, list] = both();
      return Array.isArray(list) && list.some((other) => equal(other, item));
    }
    case 'contains':
      return texts((a, b) => a.includes(b));
    case 'starts_with':
      return texts((a, b) => a.startsWith(b));
    case 'lower_ascii': {
      const value = one();
      return typeof value === 'string' ? value.replace(/[A-Z]/g, (c) => c.toLowerCase()) : null;
    }
    case 'size': {
      const value = one();
      if (typeof value === 'string') return [...value].length;
      return Array.isArray(value) ? value.length : null;
    }
    default:
      return null;
  }
}

/** Whether an expression holds for some facts. */
export function holds(expr: Expr, facts: unknown): boolean {
  return isTrue(evaluate(expr, facts));
}
