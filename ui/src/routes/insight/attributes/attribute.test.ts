import { describe, expect, it } from 'vitest';
import type { FigureRow } from '../shape.ts';
import { inOrder, meant, offered, readAttributes, tally, toggled, valuesOf, without, withValues, writeAttributes } from './attribute.ts';

describe('a filter by attributes', () => {
  it('reads several values of one name as any of them', () => {
    expect(readAttributes('product:fund, vip:true,product:card')).toEqual([
      { name: 'product', values: ['fund', 'card'] },
      { name: 'vip', values: ['true'] },
    ]);
    expect(readAttributes('')).toEqual([]);
  });

  it('keeps what follows the first colon, and a value named twice once', () => {
    expect(readAttributes('from:https://a.example,from:https://a.example')).toEqual([{ name: 'from', values: ['https://a.example'] }]);
  });

  it('keeps a name without a value, so that the refusal can be read and the chip removed', () => {
    expect(readAttributes('vip')).toEqual([{ name: 'vip', values: [] }]);
    expect(writeAttributes(readAttributes('vip,product:fund'))).toBe('vip,product:fund');
    expect(without('vip,product:fund', 'vip')).toBe('product:fund');
  });

  it('sets and removes the values of one name and leaves the others where they are', () => {
    const text = 'product:fund,vip:true';
    expect(withValues(text, 'product', ['card', 'loan'])).toBe('product:card,product:loan,vip:true');
    expect(withValues(text, 'term', ['12'])).toBe('product:fund,vip:true,term:12');
    expect(withValues(text, 'product', [])).toBe('vip:true');
    expect(without('vip:true', 'vip')).toBe('');
  });

  it('ticks and unticks a value', () => {
    expect(toggled('', 'vip', 'true')).toBe('vip:true');
    expect(toggled('vip:true', 'vip', 'false')).toBe('vip:true,vip:false');
    expect(toggled('vip:true,vip:false', 'vip', 'true')).toBe('vip:false');
    expect(valuesOf('vip:false', 'product')).toEqual([]);
  });
});

describe('the values of an attribute', () => {
  const row = (code: string, value: number): FigureRow => ({
    keys: [{ dimension: 'attribute:a', code }],
    figure: { metric: 'responses', definition: 'responses.v1', value, n: value },
  });

  it('are counted over responses and signals; voices without one are told apart', () => {
    const found = tally([{ rows: [row('', 7), row('fund', 2), row('card', 5)] }, { rows: [row('', 1), row('fund', 9)] }]);
    expect(found).toEqual({ values: [{ value: 'fund', n: 11 }, { value: 'card', n: 5 }], unknown: 8 });
  });

  it('stand by size when all are numbers, else by how many have them', () => {
    const order = (...values: [string, number][]) => inOrder(values.map(([value, n]) => ({ value, n }))).map((one) => one.value);
    expect(order(['10', 9], ['2', 1], ['-1', 3])).toEqual(['-1', '2', '10']);
    expect(order(['b', 2], ['10', 9], ['a', 2])).toEqual(['10', 'a', 'b']);
  });

  it('are found by a part of them; a ticked one stays though nobody has it now', () => {
    const values = [{ value: 'Fund', n: 3 }, { value: 'card', n: 1 }];
    expect(offered(values, ['loan', 'card'], '').map((one) => one.value)).toEqual(['loan', 'Fund', 'card']);
    expect(offered(values, ['loan'], ' fu ')).toEqual([{ value: 'Fund', n: 3 }]);
  });

  it('are meant by their spelling, by being the only one, or taken as written', () => {
    const values = [{ value: '1', n: 3 }, { value: '10', n: 1 }];
    expect(meant(values, '1')).toBe('1');
    expect(meant([{ value: 'Fund', n: 3 }], 'fu')).toBe('Fund');
    expect(meant([{ value: '10', n: 3 }, { value: '11', n: 1 }], '1')).toBeNull();
    expect(meant([], ' loan ')).toBe('loan');
    expect(meant([], '')).toBeNull();
  });

  it('keep a comma and a stroke within them', () => {
    for (const values of [['1,5 %', 'a\\b'], ['\\,', '\\', ',,'], ['C:\\temp']]) {
      const text = writeAttributes([{ name: 'rate', values }, { name: 'vip', values: ['true'] }]);
      expect(readAttributes(text)).toEqual([{ name: 'rate', values }, { name: 'vip', values: ['true'] }]);
    }
    expect(writeAttributes([{ name: 'rate', values: ['1,5 %'] }])).toBe('rate:1\\,5 %');
    expect(meant([], 'a, b')).toBe('a, b');
  });
});
