// A finding as the API gives it.
import { names } from '../../../api/index.ts';
import type { Change, Figure } from '../shape.ts';

export type Phase = 'new' | 'accepted' | 'dismissed' | 'became_initiative';

export interface Finding {
  id: string;
  kind: 'short_board' | 'peak' | 'figure';
  pillar: string;
  title: string;
  touchpoint: string;
  line: string;
  metric: string;
  phase: Phase;
  reason?: string;
  initiative?: string;
  created_at: string;
  created_by: string;
  evidence: {
    definition?: string;
    from?: string;
    to?: string;
    figure?: Figure;
    previous?: Figure | null;
    change?: (Omit<Change, 'adjusted_p' | 'detectable'> & { p: number }) | null;
    trend?: { bucket: string; figure: Figure }[];
    board?: { rank: number; target: number | null; gap: number; reach: number; impact: number; impact_low: number; impact_high: number };
    voices?: string | null;
  };
}

/** Detected findings are named after their touchpoint, in one language: say it in the reader's. */
export const titleOf = (finding: Finding): string => names.retold('touchpoint', finding.touchpoint, finding.title);

export const tones = { new: 'info', accepted: 'good', dismissed: 'neutral', became_initiative: 'accent' } as const;
