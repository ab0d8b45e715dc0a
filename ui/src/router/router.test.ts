import { describe, expect, it } from 'vitest';
import { addDays, dayIn, daySpan, isDay } from '../domain/day.ts';
import { readParam, writeParam } from './query.svelte.ts';
import { find, match, type PlacedRoute } from './route.ts';

const route = (path: string) => ({ path, area: 'act', label: 'frame.nav.home' }) as unknown as PlacedRoute;

describe('match', () => {
  it('binds parameters and decodes them', () => {
    expect(match('/act/cases/:id', '/act/cases/a%20b')).toEqual({ id: 'a b' });
    expect(match('/act/cases/:id', '/act/cases')).toBeNull();
    expect(match('/act/cases/:id', '/act/cases/%E0%A4%A')).toBeNull();
    expect(match('/', '/')).toEqual({});
  });

  it('prefers the fixed path over the one with a parameter', () => {
    const routes = [route('/act/cases/:id'), route('/act/cases/new')];
    expect(find(routes, '/act/cases/new')?.route.path).toBe('/act/cases/new');
    expect(find(routes, '/act/cases/7')?.params).toEqual({ id: '7' });
    expect(find(routes, '/nowhere')).toBeNull();
  });
});

describe('query parameters', () => {
  it('take the shape of their default and leave the URL when equal to it', () => {
    const search = new URLSearchParams('page=3&state=open&mine=1&tag=a&tag=b&bad=x');
    expect(readParam(search, 'page', 1)).toBe(3);
    expect(readParam(search, 'bad', 1)).toBe(1);
    expect(readParam(search, 'mine', false)).toBe(true);
    expect(readParam(search, 'tag', [])).toEqual(['a', 'b']);
    expect(readParam(search, 'missing', 'x')).toBe('x');
    expect(writeParam(1, 1)).toBeNull();
    expect(writeParam(false, true)).toBe('0');
    expect(writeParam(['a'], [])).toEqual(['a']);
  });
});

describe('days', () => {
  it('count across months and leap days', () => {
    expect(addDays('2024-02-28', 1)).toBe('2024-02-29');
    expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
    expect(daySpan('2026-11-01', '2026-11-30')).toBe(30);
  });

  it('refuse days that do not exist', () => {
    expect(isDay('2026-02-30')).toBe(false);
    expect(isDay('2026-2-3')).toBe(false);
    expect(isDay('2026-02-28')).toBe(true);
  });

  it('follow the time zone', () => {
    const late = new Date('2026-11-22T20:00:00Z');
    expect(dayIn(late, 'Asia/Shanghai')).toBe('2026-11-23');
    expect(dayIn(late, 'UTC')).toBe('2026-11-22');
  });
});
