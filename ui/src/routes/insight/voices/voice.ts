// Voices as the API gives them.
import { localText, type LocalText } from '../../../domain/localText.ts';
import { names as known } from '../../../api/index.ts';
import type { Reading } from '../../../voice/reading.ts';
import { i18n } from '../../../i18n/index.svelte.ts';

export interface Voice {
  reading?: Reading;
  id: string;
  kind: 'response' | 'signal';
  pillar: string;
  text: string;
  language: string;
  theme: string;
  tone?: 'negative' | 'neutral' | 'positive';
  nps?: number;
  csat?: number;
  ces?: number;
  at?: string;
  survey: string;
  unit: string;
  line: string;
  journey: string;
  stage: string;
  touchpoint: string;
  channel: string;
  segment: string;
  /** The organisation's own, by name. */
  attributes?: Record<string, string>;
  person: string;
  author: string;
  url: string;
  case?: { id: string; number: number; phase: string };
}

export type Names = Record<string, Record<string, LocalText>>;

export interface VoicePage {
  items: Voice[];
  next_cursor: string | null;
  total: number;
  names: Names;
  withheld?: string;
  fewest_texts: number;
  /** A search found more than it counts. */
  truncated: boolean;
}

export interface OneVoice {
  voice: Voice;
  answers: Record<string, string | number | string[]> | null;
  person?: { id: string; kind: string; name: string; segment: string; unit: string; line: string };
  others: Voice[];
  names: Names;
}

/** What a survey's document says about its ids. */
export interface Asked {
  questions: { id: string; title: LocalText | string; options?: { id: string; label: LocalText | string }[] }[];
}

export const PLACES = ['touchpoint', 'line', 'unit', 'channel', 'journey', 'stage', 'survey'] as const;
/** What SaidText shows of a voice. */
export const said = ({ text, language, theme, tone, reading }: Voice) => ({ text, language, theme, tone, reading });

export const nameOf = (names: Names, dimension: string, code: string): string =>
  localText(names[dimension]?.[code], i18n.lang) || (code && known.of(dimension, code));
