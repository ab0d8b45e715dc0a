import { describe, expect, it } from 'vitest';
import { delta, intervalRow, keyName, range, refusal, stat, type FigureRow } from './shape.ts';

const figure = { metric: 'enps', definition: 'enps.v1' };

describe('figures', () => {
  it('say why they are withheld without telling a count', () => {
    const withheld = { ...figure, refused: { reason: 'below_minimum_group', need: 5 } };
    expect(stat(withheld)).toBeNull();
    expect(refusal(withheld)).toBeTruthy();
    expect(refusal(withheld)).not.toContain('0');
  });

  it('show a range where everybody answered alike', () => {
    expect(range({ ...figure, n: 7, low: -100, high: -33.3 })).toContain('100');
    expect(range({ ...figure, n: 7, value: 3, low: -10, high: 16 })).toBeUndefined();
  });

  it('are judged by the p adjusted for the whole screen', () => {
    const change = { diff: 4, low: 1, high: 7, p: 0.01, adjusted_p: 0.2, claim: 'not_detectable' as const, detectable: 5 };
    expect(delta(change)?.p).toBe(0.2);
  });

  it('are marked only where they clearly differ from the rest', () => {
    const rest = { diff: -9, low: -12, high: -6, p: 0, adjusted_p: 0, detectable: 3 };
    const row: FigureRow = { keys: [{ dimension: 'line', code: 'funds' }], figure: { ...figure, value: 1, n: 90 } };
    expect(intervalRow({ ...row, against_rest: { ...rest, claim: 'lower' } }, true)).toMatchObject({ tone: 'bad', label: 'funds ▼' });
    expect(intervalRow({ ...row, against_rest: { ...rest, claim: 'not_detectable' } }, true)).toMatchObject({ tone: 'plain', label: 'funds' });
    expect(keyName({ dimension: 'line', code: '', name: undefined })).not.toBe('');
  });
});
