// What a page tells the frame about itself, and how an address finds its page.
import type { Component } from 'svelte';
import type { Role } from '../api/types.ts';
import type { Area, MessageKey } from '../i18n/index.svelte.ts';
import type { IconName } from '../kit/icons.ts';

export interface Route {
  /** `/act/cases/:id`; `:id` reaches the page as `params.id`. */
  path: string;
  /** Name in the rail and the command palette: a `nav.*` key of the area's messages. */
  label: MessageKey;
  /** Shown in the rail. */
  nav?: boolean;
  icon?: IconName;
  /** Only these roles see it in the rail; the server decides what they may do. */
  roles?: readonly Role[];
  /** Without rail and top bar, open to strangers (sign-in, setup). */
  bare?: boolean;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- pages have differing props
  load: () => Promise<{ default: Component<any> }>;
}

export type Params = Record<string, string>;

export interface PlacedRoute extends Route {
  area: Area;
}

/** Parameters when the path fits the pattern, else null. */
export function match(pattern: string, path: string): Params | null {
  const want = pattern.split('/').filter(Boolean);
  const have = path.split('/').filter(Boolean);
  if (want.length !== have.length) return null;
  const params: Params = {};
  for (const [at, part] of want.entries()) {
    const given = have[at] ?? '';
    if (part.startsWith(':')) {
      try {
        params[part.slice(1)] = decodeURIComponent(given);
      } catch {
        return null;
      }
    } else if (part !== given) return null;
  }
  return params;
}

/** The page of an address; a fixed path wins over one with parameters. */
export function find(routes: readonly PlacedRoute[], path: string): { route: PlacedRoute; params: Params } | null {
  let best: { route: PlacedRoute; params: Params } | null = null;
  for (const route of routes) {
    const params = match(route.path, path);
    if (params && (!best || Object.keys(params).length < Object.keys(best.params).length)) {
      best = { route, params };
    }
  }
  return best;
}
