// How the figures of each metric are written; the numbers themselves arrive computed.

/** `points` run from −100 to 100, `percent` from 0 to 100, `mean` on the scale of its question, `count` is whole. */
export type MetricStyle = 'points' | 'percent' | 'mean' | 'count';

const STYLES: Record<string, MetricStyle> = {
  nps: 'points',
  enps: 'points',
  nsr: 'points',
  net_sentiment: 'points',
  csat: 'percent',
  ces: 'percent',
  sov: 'percent',
  share_of_voice: 'percent',
  favourable: 'percent',
  response_rate: 'percent',
  participation: 'percent',
  responses: 'count',
  signals: 'count',
  count: 'count',
};

/** By code or definition id: `nps`, `nps.v1`. Unknown ones are written as plain numbers. */
export function metricStyle(metric: string): MetricStyle {
  const family = metric.split('.')[0] ?? metric;
  return STYLES[family] ?? (family.includes('nps') ? 'points' : 'mean');
}
