import { expect, it } from 'vitest';
import { metricStyle } from './metric.ts';

it('knows a metric by code and by definition id', () => {
  expect(metricStyle('nps')).toBe('points');
  expect(metricStyle('nps.low-two.v1')).toBe('points');
  expect(metricStyle('csat.v1')).toBe('percent');
  expect(metricStyle('ces.mean')).toBe('percent');
  expect(metricStyle('effort_seconds')).toBe('mean');
});
