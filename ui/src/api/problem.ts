// Failures of the API as RFC 9457 problems.
import type { FieldFault } from './types.ts';

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly faults: FieldFault[];
  readonly requestId: string | null;

  constructor(status: number, body: Partial<ProblemBody>, requestId: string | null) {
    super(body.title ?? body.detail ?? `HTTP ${status}`);
    this.name = 'Problem';
    this.status = status;
    this.code = body.code ?? (status === 0 ? 'unreachable' : `http_${status}`);
    this.title = body.title ?? '';
    this.detail = body.detail ?? '';
    this.faults = Array.isArray(body.faults) ? body.faults : [];
    this.requestId = body.request_id ?? requestId;
  }

  /** The first fault of a field, by the end of its path: `email` fits `/email` and `user.email`. */
  fault(field: string): FieldFault | undefined {
    return this.faults.find((fault) => {
      const path = fault.path.replaceAll('/', '.').replace(/^\.+/, '');
      return path === field || path.endsWith(`.${field}`);
    });
  }
}

export interface ProblemBody {
  title: string;
  detail: string;
  code: string;
  faults: FieldFault[];
  request_id: string;
}

/** The server did not answer at all. */
export function unreachable(cause: unknown): Problem {
  return new Problem(0, { detail: cause instanceof Error ? cause.message : String(cause) }, null);
}

export async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text().catch(() => '');
  let body: Partial<ProblemBody> = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (parsed && typeof parsed === 'object') body = parsed as Partial<ProblemBody>;
  } catch {
    // Not JSON: a proxy's page; the status says enough.
  }
  return new Problem(response.status, body, response.headers.get('x-request-id'));
}
