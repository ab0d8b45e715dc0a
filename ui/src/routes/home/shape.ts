// What `GET /api/v1/home` answers.
import type { LocalText } from '../../domain/localText.ts';
import type { Pillar } from '../../domain/pillar.ts';

export interface Interval {
  value: number | null;
  n: number;
  low?: number | null;
  high?: number | null;
}

export interface Refusal {
  metric: string;
  definition: string;
  refused: { reason: string; have: number; need: number };
}

export interface Measured extends Interval {
  metric: string;
  definition: string;
  previous?: Interval | null;
  change?: { diff: number; low?: number | null; high?: number | null; p?: number | null } | null;
  /** Codes, alone or with the bound they crossed. */
  warnings?: (string | { code: string })[];
}

export type Headline = Measured | Refusal;

export interface PillarPulse {
  pillar: Pillar;
  headline: Headline;
  /** A withheld bucket has no value. */
  trend: { bucket: string; value?: number | null; n?: number | null; low?: number | null; high?: number | null }[];
  secondary: Headline[];
  weakest: { touchpoint: string; name: LocalText | string | null; value: number; n: number } | null;
  voices_href?: string | null;
}

export type Step = 'voices' | 'findings' | 'cases' | 'initiatives' | 'proven';

export interface Pulse {
  period: { from: string; to: string };
  pillars: PillarPulse[];
  funnel: { step: Step; count: number; detail?: string | Record<string, number> | null }[];
  today: { kind: string; count: number; title_code: string; args?: Record<string, string | number>; href: string }[];
  proven: { amount_minor: number; low_minor: number; high_minor: number; currency: string; verdict?: string | null } | null;
}

export function isRefused(headline: Headline): headline is Refusal {
  return 'refused' in headline && headline.refused != null;
}
