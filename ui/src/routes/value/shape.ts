// What the value routes answer.
export interface Kind {
  code: string;
  name: Record<string, string>;
  unit: 'money' | 'count' | 'flag';
  better: 'higher' | 'lower';
  nature: 'flow' | 'stock';
  absent: 'unknown' | 'zero';
}

/** In what a value is written. */
export interface Measure {
  outcome: Kind;
  currency: string | null;
}

export const VERDICTS = ['gain', 'loss', 'not_proven'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Subject {
  kind: 'initiative' | 'cases';
  id: string;
  title: string;
  from: string | null;
  to: string | null;
  touchpoint: string | null;
  recovered_only: boolean;
}

export interface Effect {
  definition: string;
  value: number;
  low: number;
  high: number;
  p: number;
  method: string;
  n: number;
  persons: number;
}

export interface Total {
  value: number;
  low: number;
  high: number;
  persons: number;
  factor: number;
}

export interface Glance {
  id: string;
  subject: Subject;
  pillar: string;
  measure: Measure;
  verdict: Verdict;
  why: { code: string; p: number | null; have: number | null; need: number | null } | null;
  effect: Effect | null;
  total: Total | null;
  created_at: string;
}

export interface Cell {
  mean: number;
  n: number;
}

export interface Arm {
  found: number;
  observed: number;
  matched: number;
  observed_percent: number;
}

export interface Sensitivity {
  kind: 'winsorised' | 'log' | 'placebo';
  value: number | null;
  low: number | null;
  high: number | null;
  refused: string | null;
}

export interface Evaluation extends Glance {
  design: { months_before: number; months_after: number; controls: number; calliper: number };
  means: { treated_before: Cell; treated_after: Cell; control_before: Cell; control_after: Cell } | null;
  gaps: { month: number; value: number; low: number; high: number }[];
  trend: { definition: string; p: number; holds: boolean; leads: number; reference: number } | null;
  balance: { covariate: string; before: number; after: number }[];
  sensitivity: Sensitivity[];
  treated: Arm;
  controls: Arm;
  months: { from: string; to: string; before: number; after: number; first_after: string };
  remarks: { code: string; have: number; bound: number }[];
  created_by: string;
  ledger_entry: string | null;
}

export interface Amount {
  amount_minor: number;
  low_minor: number;
  high_minor: number;
}

export interface Entry {
  id: string;
  evaluation: string;
  subject_kind: 'initiative' | 'cases';
  subject_id: string;
  title: string;
  outcome_kind: string;
  pillar: string;
  verdict: Verdict;
  amount: Amount | null;
  cost_minor: number;
  currency: string;
  from: string;
  to: string;
  booked_at: string;
  note: string;
}

export interface Totals {
  pillar: string;
  measure: Measure;
  entries: number;
  gains: number;
  losses: number;
  not_proven: number;
  amount: Amount | null;
  cost_minor: number;
  currency: string;
}

export interface Ledger {
  items: Entry[];
  totals: Totals[];
  total: number;
  next_cursor: string | null;
}

export interface Trail {
  steps: { kind: 'ledger_entry' | 'evaluation' | 'initiative' | 'cases' | 'finding'; id: string; title: string; href: string }[];
  sentence_count: number;
  sentences: { voice: string; at: string; score: number | null; text: string; href: string }[];
}

/** The mean of one group of persons, or why it is withheld. */
export interface Side {
  value?: number;
  n?: number;
  low?: number;
  high?: number;
  warnings?: string[];
  refused?: { reason: string; have?: number; need: number };
}

export interface ContrastRow {
  metric?: string;
  measure?: Measure;
  marked: Side;
  others: Side;
  change?: {
    diff: number;
    low: number;
    high: number;
    adjusted_p: number;
    claim: 'higher' | 'lower' | 'not_detectable';
    detectable: number;
  };
}

export interface Contrasts {
  definition: string;
  measure: Measure;
  month: string;
  months_before: number;
  marked: number;
  others: number;
  rows: ContrastRow[];
}
