import { expect, test } from 'vitest';
import { added, asKind, changed, moved, parents, removed, rows, wordsOf, type Theme } from './draft.ts';
import { Draft } from './history.svelte.ts';

const theme = (code: string, parent?: string): Theme => ({
  code,
  ...(parent && { parent }),
  name: { en: code, 'zh-Hans': code, 'zh-Hant': code },
  rules: [],
});
const tree = [theme('money'), theme('fees', 'money'), theme('card-fees', 'fees'), theme('service'), theme('returns', 'money')];
const drawn = (themes: readonly Theme[]) => rows(themes).map((row) => `${'-'.repeat(row.depth)}${row.theme.code}`).join(' ');

test('the tree is drawn from top to bottom, and a theme without its parent stands at the top', () => {
  expect(drawn(tree)).toBe('money -fees --card-fees -returns service');
  expect(drawn([...tree, theme('lost', 'gone')])).toContain(' lost');
});

test('what stands below a removed theme goes up, and a new code takes them along', () => {
  expect(drawn(removed(tree, 'fees'))).toBe('money -card-fees -returns service');
  expect(drawn(changed(tree, 'fees', { code: 'prices' }))).toBe('money -prices --card-fees -returns service');
  expect(removed(tree, 'money').find((one) => one.code === 'fees')).not.toHaveProperty('parent');
});

test('a theme moves among its siblings alone and never below itself', () => {
  expect(drawn(moved(tree, 'returns', -1))).toBe('money -returns -fees --card-fees service');
  expect(drawn(moved(tree, 'money', -1))).toBe(drawn(tree));
  expect(parents(tree, 'money').map((row) => row.theme.code)).toEqual(['service']);
  expect(added(tree, 'service', 'New').items.at(-1)?.parent).toBe('service');
});

test('a rule changes its kind and keeps what was written', () => {
  expect(wordsOf('手续费，年费, card fee\n')).toEqual(['手续费', '年费', 'card fee']);
  expect(asKind({ kind: 'keywords', words: ['fee', 'card fee'] }, 'expression')).toEqual({ kind: 'expression', text: 'fee or "card fee"' });
  expect(asKind({ kind: 'keywords', words: ['fee', 'cost'] }, 'regex')).toEqual({ kind: 'regex', pattern: 'fee|cost' });
});

test('steps are undone one by one, and letters typed in one field are one step', () => {
  const draft = new Draft(tree);
  draft.put(removed(draft.items, 'service'));
  draft.put(changed(draft.items, 'fees', { code: 'p' }), 'code fees');
  draft.put(changed(draft.items, 'p', { code: 'pr' }), 'code fees');
  expect(draft.changed).toBe(true);
  draft.undo();
  expect(drawn(draft.items)).toBe('money -fees --card-fees -returns');
  draft.undo();
  expect(draft.items).toEqual(tree);
  expect([draft.changed, draft.canUndo, draft.canRedo]).toEqual([false, false, true]);
  draft.redo();
  expect(drawn(draft.items)).toBe('money -fees --card-fees -returns');
});
