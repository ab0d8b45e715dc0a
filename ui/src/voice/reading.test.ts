import { expect, test } from 'vitest';
import { pieces, wordList } from './reading.ts';

test('a text is cut around the words it rests on, and put together is the text again', () => {
  const text = '手续费太高, fees too high';
  const words = [
    { start: 7, end: 11, text: 'fees' },
    { start: 0, end: 3, text: '手续费' },
    { start: 1, end: 2, text: '续' },
    { start: 90, end: 95, text: 'gone' },
  ];
  const cut = pieces(text, words);
  expect(cut.filter((one) => one.mark).map((one) => one.text)).toEqual(['手续费', 'fees']);
  expect(cut.map((one) => one.text).join('')).toBe(text);
});

test('praise and blame are told apart', () => {
  const cut = pieces('good bad', [
    { start: 0, end: 4, text: 'good', positive: true },
    { start: 5, end: 8, text: 'bad', positive: false },
  ]);
  expect(cut.map((one) => one.mark)).toEqual(['good', undefined, 'bad']);
  expect(wordList([{ start: 0, end: 1, text: 'a' }, { start: 2, end: 3, text: 'a' }])).toEqual(['a']);
});
