import { describe, expect, it } from 'vitest';
import { choices, own, query, same, withSurvey, type Keep } from './shape.ts';

const keep: Keep = { voices: 24, events: null, outcomes: null, surveys: { visit: 6, ever: null } };

describe('a retention setting', () => {
  it('is looked at with the time of every survey, and says so when there is none', () => {
    expect(query(keep)).toEqual({ voices: 24, surveys: 'ever:,visit:6' });
    expect(query({ voices: 24, surveys: {} })).toEqual({ voices: 24, surveys: 'none' });
    expect(query({})).toEqual({ surveys: 'none' });
  });

  it('gives, changes and takes away the time of one survey', () => {
    expect(own(withSurvey(keep, 'yearly', 36))).toEqual([['ever', null], ['visit', 6], ['yearly', 36]]);
    expect(own(withSurvey(keep, 'visit', null))).toEqual([['ever', null], ['visit', null]]);
    expect(own(withSurvey(keep, 'visit', undefined))).toEqual([['ever', null]]);
    expect(keep.surveys).toEqual({ visit: 6, ever: null });
  });

  it('is the same whatever the order of its surveys, and not when one time differs', () => {
    expect(same(keep, { voices: 24, surveys: { ever: null, visit: 6 } })).toBe(true);
    expect(same(keep, withSurvey(keep, 'ever', 3))).toBe(false);
    expect(same(keep, withSurvey(keep, 'ever', undefined))).toBe(false);
    expect(same(keep, { ...keep, voices: 12 })).toBe(false);
  });

  it('offers a time that somebody set elsewhere', () => {
    expect(choices(7)).toContain(7);
    expect(choices(null)).not.toContain(7);
  });
});
