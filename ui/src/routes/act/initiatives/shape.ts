// What the initiative routes answer.
export const PHASES = ['draft', 'baselined', 'live', 'completed'] as const;
export type Phase = (typeof PHASES)[number];
export const METRICS = ['nps', 'csat', 'ces', 'net_sentiment'] as const;

export interface Frozen {
  n: number;
  value: number | null;
  low: number | null;
  high: number | null;
}

export interface Task {
  id: string;
  title: string;
  department: string;
  owner: { id: string; name: string } | null;
  due_on: string | null;
  done_at: string | null;
}

export interface Initiative {
  id: string;
  number: number;
  name: string;
  pillar: 'brand' | 'customer' | 'employee';
  phase: Phase;
  finding: string | null;
  touchpoint: string;
  line: string;
  owner: { id: string; name: string };
  departments: string[];
  target: { metric: string; filter: Record<string, string>; value: number };
  baseline: {
    metric: string;
    definition: string;
    filter: Record<string, string>;
    from: string;
    to: string;
    overall: Frozen;
    months: (Frozen & { from: string })[];
    frozen_at: string;
    frozen_by: { id: string; name: string };
  } | null;
  live_on: string | null;
  completed_at: string | null;
  completion_note: string | null;
  tasks: Task[];
  created_at: string;
  revision: number;
}

/** What a finding already says about its repair. */
export interface PlanSource {
  id: string;
  title: string;
  pillar: 'brand' | 'customer' | 'employee';
  touchpoint: string;
  line: string;
  metric: string;
}
