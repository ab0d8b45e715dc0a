import { afterEach, describe, expect, it, vi } from 'vitest';
import { address, api, newKey, useCsrf, whenStranger } from './client.ts';
import { Problem } from './problem.ts';
import { returnAddress } from './session.svelte.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  useCsrf(null);
});

/** Answers every request with the same response and keeps what was asked. */
function answering(response: () => Response): { url: string; init: RequestInit }[] {
  const asked: { url: string; init: RequestInit }[] = [];
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    asked.push({ url, init });
    return response();
  });
  return asked;
}

describe('address', () => {
  it('leaves out what is empty and repeats lists', () => {
    expect(address('/voices', { from: '2026-11-01', unit: null, theme: ['a', 'b'], text: '', page: 0 })).toBe(
      '/api/v1/voices?from=2026-11-01&theme=a&theme=b&page=0',
    );
  });
});

describe('api', () => {
  it('sends the CSRF token and an idempotency key with a POST, neither with a GET', async () => {
    const asked = answering(() => Response.json({ ok: true }));
    useCsrf('token');
    await api.post('/cases', { a: 1 });
    await api.get('/cases');
    const [post, get] = asked.map(({ init }) => init.headers as Record<string, string>);
    expect(post?.['x-csrf-token']).toBe('token');
    expect(post?.['idempotency-key']).toMatch(/^[0-9a-f]{32}$/);
    expect(get).not.toHaveProperty('x-csrf-token');
    expect(get).not.toHaveProperty('idempotency-key');
    expect(newKey()).not.toBe(newKey());
  });

  it('turns a problem document into a Problem with its faults', async () => {
    const body = {
      code: 'invalid',
      title: 'Unprocessable Entity',
      faults: [{ path: '/user/email', code: 'not_an_email', message: 'no' }],
      request_id: 'r1',
    };
    answering(() => Response.json(body, { status: 422 }));
    const problem = await api.post('/users', {}).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(Problem);
    if (!(problem instanceof Problem)) return;
    expect([problem.status, problem.code, problem.requestId]).toEqual([422, 'invalid', 'r1']);
    expect(problem.fault('email')?.code).toBe('not_an_email');
    expect(problem.fault('mail')).toBeUndefined();
  });

  it('reads a proxy page and a dead server as problems too', async () => {
    answering(() => new Response('<html>bad gateway</html>', { status: 502 }));
    await expect(api.get('/home')).rejects.toMatchObject({ status: 502, code: 'http_502' });
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('refused')));
    await expect(api.get('/home')).rejects.toMatchObject({ status: 0, code: 'unreachable' });
  });

  it('calls for a sign-in on 401 unless told to be quiet', async () => {
    let strangers = 0;
    whenStranger(() => (strangers += 1));
    answering(() => Response.json({ code: 'unauthenticated' }, { status: 401 }));
    await expect(api.get('/home')).rejects.toMatchObject({ status: 401 });
    await expect(api.get('/session', { quiet: true })).rejects.toMatchObject({ status: 401 });
    expect(strangers).toBe(1);
  });
});

describe('returnAddress', () => {
  it('accepts addresses of this app only', () => {
    expect(returnAddress('/act/cases?view=team')).toBe('/act/cases?view=team');
    for (const raw of [null, '', 'https://evil.example', '//evil.example', '/\\evil.example', '/sign-in?return=/x']) {
      expect(returnAddress(raw)).toBe('/');
    }
  });
});
