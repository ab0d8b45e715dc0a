import { expect, it } from 'vitest';
import { rank } from './rank.ts';

it('puts entries that begin with the word first and needs every word', () => {
  const entries = ['Alert rules Act', 'Cases Act', 'Activity', '工单 行动'];
  expect(rank(entries, 'act', (one) => one)).toEqual(['Activity', 'Alert rules Act', 'Cases Act']);
  expect(rank(entries, 'act cases', (one) => one)).toEqual(['Cases Act']);
  expect(rank(entries, '工单', (one) => one)).toEqual(['工单 行动']);
  expect(rank(entries, ' ', (one) => one)).toEqual(entries);
});
