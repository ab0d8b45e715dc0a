import { describe, expect, it } from 'vitest';
import { Steps, freshQuestion, moved, retype, textOf, withText, type SurveyDocument } from './shape.ts';

const document: SurveyDocument = {
  code: 'a',
  pillar: 'customer',
  languages: ['en', 'zh-Hans'],
  title: 'A',
  questions: [{ id: 'nps', type: 'nps', title: 'Recommend?' }],
};

describe('survey documents', () => {
  it('keeps a plain text when one language changes', () => {
    const text = withText('Hello', 'zh-Hans', '你好', document.languages);
    expect(textOf(text, 'en')).toBe('Hello');
    expect(textOf(text, 'zh-Hans')).toBe('你好');
  });
  it('gives new questions ids of their own', () => {
    expect(freshQuestion('nps', document).id).toBe('nps_2');
    expect(freshQuestion('single', document).options).toHaveLength(2);
  });
  it('drops what another type lacks', () => {
    const single = freshQuestion('single', document);
    const text = retype(single, 'text', document);
    expect(text.options).toBeUndefined();
    expect(text.id).toBe(single.id);
  });
  it('moves within the list only', () => {
    expect(moved([1, 2, 3], 0, 1)).toEqual([2, 1, 3]);
    expect(moved([1, 2, 3], 0, -1)).toEqual([1, 2, 3]);
  });
  it('undoes typing in one field as one step', () => {
    const steps = new Steps<string>();
    steps.note('', 'title', 0);
    steps.note('H', 'title', 200);
    steps.note('He', 'hint', 400);
    expect(steps.undo('Hel')).toBe('He');
    expect(steps.undo('He')).toBe('');
    expect(steps.canUndo).toBe(false);
    expect(steps.redo('')).toBe('He');
  });
});
