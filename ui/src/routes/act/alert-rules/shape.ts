// What the alert-rule routes answer.
export interface AlertRule {
  id: string;
  code: string;
  name: string;
  pillar: 'brand' | 'customer';
  condition: string;
  priority: 'urgent' | 'high' | 'normal';
  contact_minutes: number;
  resolve_minutes: number;
  calendar: string;
  enabled: boolean;
  created_at: string;
  cases: number;
}

export interface AlertRules {
  items: AlertRule[];
  total: number;
  fields: string[];
}

export interface Trial {
  days: number;
  examined: number;
  matched: number;
  cases: number;
  truncated: boolean;
  examples: { id: string; at: string; score: number | null; text: string; touchpoint: string }[];
}
