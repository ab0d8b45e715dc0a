// Shapes of the insight API, and how their figures are written.
import type { LocalText } from '../../domain/localText.ts';
import { localText } from '../../domain/localText.ts';
import { metricStyle } from '../../domain/metric.ts';
import { names } from '../../api/index.ts';
import { i18n, t, tCode } from '../../i18n/index.svelte.ts';
import { fmt, type Column, type IntervalRow } from '../../kit/index.ts';

export interface Figure {
  metric: string;
  definition: string;
  value?: number;
  n?: number;
  low?: number;
  high?: number;
  warnings?: string[];
  refused?: { reason: string; have?: number; need: number };
}

export interface Change {
  diff: number;
  low: number;
  high: number;
  p: number;
  adjusted_p: number;
  claim: 'higher' | 'lower' | 'not_detectable';
  detectable: number;
}

export interface Key {
  dimension: string;
  code: string;
  name?: LocalText;
}

export interface FigureRow {
  keys: Key[];
  bucket?: string;
  figure: Figure;
  previous?: Figure;
  change?: Change;
  against_rest?: Change;
  voices_href?: string;
}

export interface FigureTable {
  metric: string;
  definition: string;
  unit: 'points' | 'percent' | 'count';
  higher_is_better: boolean | null;
  period: { from: string; to: string };
  compared?: { from: string; to: string; complete: boolean };
  by: string[];
  grain?: string;
  total: FigureRow;
  rows: FigureRow[];
  family?: { correction: string; comparisons: number };
  notes: string[];
  minimum: number;
}

export interface Metric {
  id: string;
  definition: string;
  pillars: string[];
  unit: 'points' | 'percent' | 'count';
  higher_is_better: boolean | null;
  bands: { code: string; low: number; high: number }[];
  name: LocalText;
  formula: LocalText;
}

export const DIMENSIONS = [
  'pillar', 'line', 'touchpoint', 'unit', 'channel', 'journey', 'stage', 'segment', 'theme', 'language', 'survey',
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export const write = (metric: string) => (value: number) => fmt.figure(value, metricStyle(metric));
export const writeChange = (metric: string) => (value: number) => fmt.figure(value, metricStyle(metric), true);

/** Dimensions whose codes are words of the product or of a standard. */
const SPOKEN = ['pillar', 'theme', 'segment', 'language'];

/** The organisation's own attributes are dimensions too. */
const ATTRIBUTE = 'attribute:';
export const byAttribute = (name: string): string => ATTRIBUTE + name;

/** A dimension in words; an attribute by its own name. */
export const byName = (dimension: string): string =>
  dimension.startsWith(ATTRIBUTE) ? dimension.slice(ATTRIBUTE.length) : tCode(`insight.by.${dimension}`, {}, dimension);

/** The organisation's name for a code, the product's for its own codes, else the code itself. */
export function keyName(key: Key): string {
  if (!key.code) return t('frame.kit.unknown');
  const own = localText(key.name, i18n.lang);
  // Places come with their names; what has none there is known by its code.
  return own || (SPOKEN.includes(key.dimension) ? names.of(key.dimension, key.code) : key.code);
}

export const rowName = (row: FigureRow): string => row.keys.map(keyName).join(' · ');

/** Why there is no figure, in words. */
export function refusal(figure: Figure): string | undefined {
  const why = figure.refused;
  if (!why) return undefined;
  const args = { have: why.have ?? 0, need: why.need };
  return tCode(`frame.refusal.${why.reason}`, args, t('frame.kit.no_figure'));
}

/** What to say beside a figure, without "small base", which the kit marks by itself. */
export function warnings(figure: Figure): string[] {
  return (figure.warnings ?? [])
    .filter((code) => code !== 'small_base')
    .map((code) => tCode(`insight.warning.${code}`, {}, tCode(`frame.warning.${code}`, {}, code)));
}

/** For the kit's Stat: a figure with a value. */
export function stat(figure: Figure) {
  if (figure.value === undefined || figure.n === undefined) return null;
  return { value: figure.value, n: figure.n, low: figure.low, high: figure.high };
}

/** A range told instead of a value. */
export function range(figure: Figure): string | undefined {
  if (figure.refused || figure.value !== undefined || figure.low === undefined) return undefined;
  return fmt.interval(figure.low, figure.high, write(figure.metric));
}

/** For the kit's Delta: judged by the p adjusted for everything on the screen. */
export function delta(change: Change | undefined) {
  return change && { diff: change.diff, low: change.low, high: change.high, p: change.adjusted_p };
}

export function intervalRow(row: FigureRow, higherIsBetter: boolean | null): IntervalRow {
  const claim = row.against_rest?.claim ?? 'not_detectable';
  const good = claim === 'not_detectable' || higherIsBetter === null ? null : (claim === 'higher') === higherIsBetter;
  const mark = claim === 'higher' ? ' ▲' : claim === 'lower' ? ' ▼' : '';
  return {
    key: row.keys.map((key) => key.code).join('|') || 'all',
    label: rowName(row) + mark,
    value: row.figure.value ?? null,
    low: row.figure.low,
    high: row.figure.high,
    n: row.figure.n,
    href: row.voices_href,
    tone: good === null ? 'plain' : good ? 'good' : 'bad',
    refusal: refusal(row.figure) ?? range(row.figure),
  };
}

/** Columns of a table of figures, also of its CSV file. */
export function columns(table: FigureTable): Column<FigureRow>[] {
  const plain = (value: number | undefined) => (value === undefined ? '' : Math.round(value * 100) / 100);
  return [
    ...(table.grain ? [{ key: 'bucket', label: t('frame.kit.period'), text: (row: FigureRow) => row.bucket ?? '' }] : []),
    ...table.by.map((dimension, at) => ({
      key: dimension,
      label: byName(dimension),
      text: (row: FigureRow) => (row.keys[at] ? keyName(row.keys[at]) : ''),
    })),
    { key: 'value', label: t('frame.kit.value'), align: 'end' as const, text: (row: FigureRow) => plain(row.figure.value) },
    { key: 'low', label: t('insight.low'), align: 'end' as const, wide: true, text: (row: FigureRow) => plain(row.figure.low) },
    { key: 'high', label: t('insight.high'), align: 'end' as const, wide: true, text: (row: FigureRow) => plain(row.figure.high) },
    { key: 'n', label: 'n', align: 'end' as const, text: (row: FigureRow) => row.figure.n ?? '' },
    { key: 'previous', label: t('insight.previous'), align: 'end' as const, wide: true, text: (row: FigureRow) => plain(row.previous?.value) },
    { key: 'change', label: t('insight.change'), align: 'end' as const, custom: true, text: (row: FigureRow) => plain(row.change?.diff) },
    { key: 'definition', label: t('insight.definition'), extra: true, text: (row: FigureRow) => row.figure.definition },
    { key: 'withheld', label: t('insight.withheld'), wide: true, text: (row: FigureRow) => refusal(row.figure) ?? range(row.figure) ?? '' },
  ];
}
