import { describe, expect, it } from 'vitest';
import { bandPath, extent, labelStops, linePath, ticks, trimTick } from './charts/scale.ts';
import { csv, csvCell } from './csv.ts';
import { duration, money, percent, pValue, score } from './format.ts';
import { nextSort } from './table.ts';

describe('format', () => {
  it('writes figures with a true minus and a wanted sign', () => {
    expect(score(-12.34)).toBe('−12.3');
    expect(score(4, 1, true)).toBe('+4.0');
    expect(score(null)).toBe('–');
    expect(percent(0.256)).toBe('26%');
    expect(pValue(0.0004)).toBe('p < 0.001');
    expect(pValue(0.0312)).toBe('p = 0.031');
  });

  it('reads money in minor units', () => {
    expect(money(123_456_00, 'CNY')).toBe('¥123,456');
    expect(money(-1250, 'USD')).toBe('−$12.50');
    expect(money(5000, 'JPY')).toBe('¥5,000');
    expect(money(1_250_000_00, 'CNY', true)).toBe('¥1.25M');
  });

  it('shortens lengths of time', () => {
    expect(duration(45)).toBe('45s');
    expect(duration(3 * 3600 + 300)).toBe('3h 5m');
  });
});

describe('csv', () => {
  it('quotes what needs it and disarms formulas', () => {
    expect(csv([['a,b', 'say "hi"'], [1, null]])).toBe('"a,b","say ""hi"""\r\n1,');
    expect(csvCell('=cmd()')).toBe("'=cmd()");
    expect(csvCell(-5)).toBe('-5');
  });
});

describe('charts', () => {
  it('place round ticks inside the range', () => {
    expect(ticks(-12, 47)).toEqual([0, 20, 40]);
    expect(ticks(3.1, 4.9)).toEqual([3.5, 4, 4.5]);
    expect(ticks(5, 5)).toEqual([5]);
  });

  it('write ticks without empty decimals', () => {
    expect(['+20.0', '70.0%', '2.50', '1,000', '¥1.0M'].map(trimTick)).toEqual(['+20', '70%', '2.50', '1,000', '¥1M']);
  });

  it('leave a gap where a figure is withheld', () => {
    expect(linePath([{ x: 0, y: 1 }, null, { x: 2, y: 3 }])).toBe('M0.0 1.0M2.0 3.0');
    expect(bandPath([{ x: 0, top: 0, bottom: 1 }, null])).toBe('');
    expect(extent([5, 5])).toEqual([4, 6]);
    expect(labelStops(13, 5)).toEqual([0, 3, 6, 9, 12]);
    expect(labelStops(10, 3)).toEqual([4, 9]);
  });
});

describe('sorting', () => {
  it('turns the order round on the second click', () => {
    expect(nextSort('', 'name')).toBe('name');
    expect(nextSort('name', 'name')).toBe('-name');
    expect(nextSort('-name', 'name')).toBe('name');
  });
});
