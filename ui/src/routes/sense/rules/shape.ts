// Event rules, dry runs and asks as the API sends them.
export interface Rule {
  id: string;
  code: string;
  name: string;
  event_name: string;
  condition: string;
  survey: string;
  delay_seconds: number;
  enabled: boolean;
  context: Record<string, string>;
}
export interface SurveyName {
  id: string;
  code: string;
  title: Record<string, string>;
  status: string;
}
export interface DryRun {
  from: string;
  to: string;
  events: number;
  matched: number;
  would_ask: number;
  withheld: Record<string, number>;
  truncated: boolean;
}
export interface Ask {
  id: string;
  survey: string;
  person: string;
  asked: { id: string; name: string; alias_kind: string | null; alias: string | null } | null;
  state: 'due' | 'shown' | 'answered' | 'withheld';
  reason: 'asked_recently' | 'survey_not_open' | null;
  last_asked_at: string | null;
  decided_at: string;
}

/** `name = source` per line; lines without `=` are left out. */
export function readContext(text: string): Record<string, string> {
  const pairs = text.split('\n').flatMap((line): [string, string][] => {
    const at = line.indexOf('=');
    const name = line.slice(0, at).trim();
    return at > 0 && name ? [[name, line.slice(at + 1).trim()]] : [];
  });
  return Object.fromEntries(pairs);
}

export function writeContext(context: Record<string, string>): string {
  return Object.entries(context)
    .map(([name, source]) => `${name} = ${source}`)
    .join('\n');
}
