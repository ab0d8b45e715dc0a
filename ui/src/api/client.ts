// The only place that fetches. JSON in, JSON out, problems thrown as `Problem`.
import { problemOf, unreachable } from './problem.ts';

export const BASE = '/api/v1';

type QueryValue = string | number | boolean | null | undefined | readonly (string | number)[];

export interface RequestOptions {
  query?: Record<string, QueryValue>;
  signal?: AbortSignal;
  /** For safe repeats of a POST; made up when absent. */
  idempotencyKey?: string;
  /** Version the writer has seen; sent as If-Match. */
  etag?: string;
  /** Do not send strangers to the sign-in page. */
  quiet?: boolean;
}

let csrf: string | null = null;
let onStranger: () => void = () => {};

export function useCsrf(token: string | null): void {
  csrf = token;
}

/** What to do when the server no longer knows the reader. */
export function whenStranger(act: () => void): void {
  onStranger = act;
}

/** `/path?query`, without empty parameters. */
export function address(path: string, query: Record<string, QueryValue> = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '') continue;
    if (Array.isArray(value)) for (const one of value) search.append(key, String(one));
    else search.set(key, String(value));
  }
  const text = search.toString();
  return BASE + path + (text ? `?${text}` : '');
}

/** A random key that also works where `randomUUID` is missing (plain http on a LAN). */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function send(method: string, path: string, body: unknown, options: RequestOptions): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' };
  const raw = body instanceof Blob || body instanceof FormData || typeof body === 'string';
  if (body !== undefined && !raw) headers['content-type'] = 'application/json';
  if (typeof body === 'string') headers['content-type'] = 'text/plain; charset=utf-8';
  if (method !== 'GET' && csrf) headers['x-csrf-token'] = csrf;
  if (method === 'POST') headers['idempotency-key'] = options.idempotencyKey ?? newKey();
  if (options.etag) headers['if-match'] = options.etag;
  let response: Response;
  try {
    response = await fetch(address(path, options.query), {
      method,
      headers,
      credentials: 'same-origin',
      body: body === undefined ? undefined : raw ? (body as BodyInit) : JSON.stringify(body),
      signal: options.signal,
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw unreachable(cause);
  }
  if (response.ok) return response;
  if (response.status === 401 && !options.quiet) onStranger();
  throw await problemOf(response);
}

async function json<T>(method: string, path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
  const response = await send(method, path, body, options);
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export const api = {
  get: <T>(path: string, options?: RequestOptions) => json<T>('GET', path, undefined, options),
  post: <T>(path: string, body?: unknown, options?: RequestOptions) => json<T>('POST', path, body, options),
  put: <T>(path: string, body?: unknown, options?: RequestOptions) => json<T>('PUT', path, body, options),
  patch: <T>(path: string, body?: unknown, options?: RequestOptions) => json<T>('PATCH', path, body, options),
  delete: <T>(path: string, options?: RequestOptions) => json<T>('DELETE', path, undefined, options),
  /** The whole response, for ETags, text and downloads. */
  raw: (method: string, path: string, body?: unknown, options: RequestOptions = {}) =>
    send(method, path, body, options),
};
