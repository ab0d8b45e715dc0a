// Shapes of the API that the frame itself uses. Pages take theirs from the generated schema.

export type Role = 'owner' | 'analyst' | 'unit_manager' | 'agent' | 'viewer';

export interface SignedIn {
  user: { id: string; name: string; email: string; role: Role; locale: string };
  organisation: { id: string; name: string; time_zone: string; currency: string; locale: string };
  /** Sent back in `X-CSRF-Token` with every writing request. */
  csrf: string;
  unit: { code: string; name: string } | null;
}

/** One rejected field; `path` is a JSON pointer or dotted path, `code` is translated by the UI. */
export interface FieldFault {
  path: string;
  code: string;
  args?: Record<string, string | number>;
  /** English words, shown when the UI has no text for the code. */
  message?: string;
}

/** A page of a list. */
export interface Page<Item> {
  items: Item[];
  next_cursor?: string | null;
  total?: number | null;
}
