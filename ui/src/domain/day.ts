// Calendar days as ISO text (`2026-11-22`), without time zones' traps.

export type Day = string;

const PATTERN = /^\d{4}-\d{2}-\d{2}$/;

/** Is this text a day that exists? */
export function isDay(text: string | null | undefined): text is Day {
  if (!text || !PATTERN.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

export function addDays(day: Day, count: number): Day {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
}

/** Days from one day to another, both counted. */
export function daySpan(from: Day, to: Day): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000) + 1;
}

/** The calendar day of an instant in a time zone. */
export function dayIn(instant: Date, timeZone?: string): Day {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return parts.format(instant);
}
