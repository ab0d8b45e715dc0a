// What the case routes answer.
import type { Reading, Tone } from '../../../voice/reading.ts';

export interface Named {
  code: string;
  name: Record<string, string>;
}

export interface Clock {
  due_at: string;
  state: 'running' | 'overdue' | 'met' | 'missed';
  minutes_left: number | null;
  minutes_over: number | null;
}

export const PHASES = ['open', 'taken', 'contacted', 'recovering', 'resolved', 'reopened'] as const;
export type Phase = (typeof PHASES)[number];
export const PRIORITIES = ['urgent', 'high', 'normal'] as const;
export const RECOVERIES = ['not_asked', 'waiting', 'recovered', 'not_recovered', 'unknown'] as const;
export const VIEWS = ['mine', 'team', 'overdue', 'closed', 'all'] as const;
export type View = (typeof VIEWS)[number];
export const ORDERS = ['due', 'newest', 'score'] as const;
/** What a tab is sorted by when nobody chose: work by what is due, the rest newest first. */
export const usualOrder = (view: View): (typeof ORDERS)[number] => (view === 'closed' || view === 'all' ? 'newest' : 'due');
export const CHANNELS = ['phone', 'message', 'email', 'visit', 'public_reply'] as const;
export const OUTCOMES = ['reached', 'message_left', 'no_answer', 'wrong_address', 'declined'] as const;
export const OFFERS = ['apology', 'explanation', 'repair', 'fee_refund', 'voucher', 'other'] as const;
export const CAUSES = [
  'process', 'product', 'price', 'system', 'waiting', 'conduct', 'knowledge', 'communication', 'regulation', 'other',
] as const;

export interface CaseRow {
  id: string;
  number: number;
  pillar: string;
  phase: Phase;
  priority: (typeof PRIORITIES)[number];
  title: string;
  score: number | null;
  score_kind: string;
  touchpoint: Named;
  unit: Named;
  line: string;
  owner: { id: string; name: string } | null;
  opened_at: string;
  closed_at: string | null;
  contact: Clock;
  resolve: Clock;
  root_cause: string | null;
  recovery: (typeof RECOVERIES)[number];
  revision: number;
}

export interface CaseList {
  items: CaseRow[];
  next_cursor: string | null;
  total: number;
  counts: Record<View, number>;
}

export interface CaseVoice {
  id: string;
  kind: string;
  at: string;
  text: string;
  language: string;
  theme: string;
  tone: Tone | null;
  reading: Reading | null;
  channel: string;
  nps: number | null;
  csat: number | null;
  ces: number | null;
  sentiment: number | null;
  author: string;
  url: string;
}

export interface Person {
  id: string;
  name: string;
  kind: string;
  segment: string;
  language: string;
  phone: string | null;
  email: string | null;
}

export interface Entry {
  id: string;
  kind: string;
  at: string;
  author: string;
  author_name: string | null;
  body: Record<string, unknown>;
  revision: number;
}

export interface CaseFull extends CaseRow {
  rule: string;
  first_contact_at: string | null;
  resolution_note: string | null;
  reask: { survey: string; link: string; send_at: string; expires_at: string; answered_by: string | null } | null;
  voices: CaseVoice[];
  person: Person | null;
  other_cases: { id: string; number: number; title: string; phase: Phase; opened_at: string }[];
  history: Entry[];
}

/** The clock that matters next: first contact, then resolution. */
export function nextClock(row: CaseRow): { which: 'contact' | 'resolve'; clock: Clock } {
  const waiting = row.contact.state === 'running' || row.contact.state === 'overdue';
  return waiting ? { which: 'contact', clock: row.contact } : { which: 'resolve', clock: row.resolve };
}
