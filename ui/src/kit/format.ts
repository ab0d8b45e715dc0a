// Figures and dates for reading. Everything follows the language on screen.
import { i18n } from '../i18n/index.svelte.ts';

const DASH = '–';
const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `n${i18n.lang}${JSON.stringify(options)}`;
  let made = cache.get(key) as Intl.NumberFormat | undefined;
  if (!made) cache.set(key, (made = new Intl.NumberFormat(i18n.lang, options)));
  return made;
}

function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `d${i18n.lang}${JSON.stringify(options)}`;
  let made = cache.get(key) as Intl.DateTimeFormat | undefined;
  if (!made) cache.set(key, (made = new Intl.DateTimeFormat(i18n.lang, options)));
  return made;
}

/** True minus, so that figures line up and screen readers say "minus". */
const minus = (text: string) => text.replace('-', '−');

/** A whole number with separators: `12,408`. */
export function count(value: number | null | undefined): string {
  return value == null ? DASH : minus(numberFormat({ maximumFractionDigits: 0 }).format(value));
}

/** Words one after another: `a, b` or `甲、乙`. */
export function list(words: readonly string[]): string {
  return words.join(i18n.lang === 'en' ? ', ' : '、');
}

/** `12.4K`, `1.2万`. */
export function compact(value: number | null | undefined): string {
  if (value == null) return DASH;
  return minus(numberFormat({ notation: 'compact', maximumFractionDigits: 1 }).format(value));
}

/** A figure with fixed decimals; `signed` writes the plus too. */
export function score(value: number | null | undefined, digits = 1, signed = false): string {
  if (value == null || !Number.isFinite(value)) return DASH;
  return minus(
    numberFormat({
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      signDisplay: signed ? 'exceptZero' : 'negative',
    }).format(value),
  );
}

/** A share between 0 and 1 as per cent. */
export function percent(share: number | null | undefined, digits = 0): string {
  if (share == null || !Number.isFinite(share)) return DASH;
  return minus(
    numberFormat({ style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits }).format(share),
  );
}

/** A figure of a score: `+32.4`, `73.0 %`, `4.21`. Differences of percentages are points. */
export function figure(value: number | null | undefined, style: 'points' | 'percent' | 'mean' | 'count', difference = false): string {
  if (value == null || !Number.isFinite(value)) return DASH;
  if (style === 'count') return score(value, 0, difference);
  if (style === 'percent' && !difference) return percent(value / 100, 1);
  return score(value, style === 'mean' ? 2 : 1, style === 'points' || difference);
}

/** Money from minor units (fen, cents). `short` gives `¥1.2M`. */
export function money(minor: number | null | undefined, currency: string, short = false): string {
  if (minor == null) return DASH;
  const options: Intl.NumberFormatOptions = { style: 'currency', currency, currencyDisplay: 'narrowSymbol' };
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const major = minor / 10 ** digits;
  const whole = Math.abs(major) >= 100 || Number.isInteger(major);
  return minus(
    numberFormat(
      short
        ? { ...options, notation: 'compact', minimumFractionDigits: 0, maximumSignificantDigits: 4 }
        : whole
          ? { ...options, minimumFractionDigits: 0, maximumFractionDigits: 0 }
          : { ...options, minimumFractionDigits: digits, maximumFractionDigits: digits },
    ).format(major),
  );
}

/** `[low, high]` in a given way of writing. */
export function interval(low: number | null | undefined, high: number | null | undefined, write = (v: number) => score(v)): string {
  return low == null || high == null ? '' : `${write(low)} … ${write(high)}`;
}

/** A p value: `p < 0.001`, `p = 0.03`. */
export function pValue(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p = ${score(p, p < 0.1 ? 3 : 2)}`;
}

type Moment = string | number | Date;
/** Days as ISO text keep their day in every time zone. */
function moment(value: Moment): { date: Date; zone?: string } {
  if (typeof value === 'string' && /^\d{4}-\d{2}(-\d{2})?$/.test(value)) {
    return { date: new Date(`${value.length === 7 ? `${value}-01` : value}T00:00:00Z`), zone: 'UTC' };
  }
  return { date: new Date(value) };
}

/** `22 Nov 2026`. */
export function date(value: Moment | null | undefined, timeZone?: string): string {
  if (value == null) return DASH;
  const { date, zone } = moment(value);
  return dateFormat({ year: 'numeric', month: 'short', day: 'numeric', timeZone: zone ?? timeZone }).format(date);
}

/** Buckets of a trend as they stand below it: months where all begin one, else days. */
export function buckets(days: readonly string[]): string[] {
  const months = days.every((day) => day.endsWith('-01'));
  return days.map((day) => shortDate(months ? day.slice(0, 7) : day));
}

/** `22 Nov`; a month (`2026-11`) gives `Nov 2026`. */
export function shortDate(value: Moment, timeZone?: string): string {
  const { date, zone } = moment(value);
  const month = typeof value === 'string' && value.length === 7;
  return dateFormat(
    month
      ? { year: 'numeric', month: 'short', timeZone: zone }
      : { month: 'short', day: 'numeric', timeZone: zone ?? timeZone },
  ).format(date);
}

/** `22 Nov 2026, 14:05`. */
export function dateTime(value: Moment | null | undefined, timeZone?: string): string {
  if (value == null) return DASH;
  return dateFormat({
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone,
  }).format(new Date(value));
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** `3 hours ago`, `in 2 days`. */
export function relative(value: Moment, now: Date): string {
  const seconds = (new Date(value).getTime() - now.getTime()) / 1000;
  const words = new Intl.RelativeTimeFormat(i18n.lang, { numeric: 'auto' });
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return words.format(Math.trunc(seconds / size), unit);
  }
  return words.format(Math.trunc(seconds), 'second');
}

/** A length of time: `2 h 05 min`, `45 s`. */
export function duration(seconds: number): string {
  const unit = (value: number, name: string) =>
    numberFormat({ style: 'unit', unit: name, unitDisplay: 'narrow', maximumFractionDigits: 0 }).format(value);
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return unit(whole, 'second');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${unit(minutes, 'minute')}${whole % 60 && minutes < 10 ? ` ${unit(whole % 60, 'second')}` : ''}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${unit(hours, 'hour')}${minutes % 60 ? ` ${unit(minutes % 60, 'minute')}` : ''}`;
  return `${unit(Math.floor(hours / 24), 'day')}${hours % 24 ? ` ${unit(hours % 24, 'hour')}` : ''}`;
}
