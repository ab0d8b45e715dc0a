// Where an area begins, and which of its pages a reader sees.
import { session } from '../api/session.svelte.ts';
import type { PlacedRoute } from '../router/route.ts';
import type { Group } from '../router/routes.ts';

/** Pages of a group for the rail, without those of other roles. */
export function pages(group: Group): PlacedRoute[] {
  return group.routes.filter((route) => route.nav && (!route.roles || session.is(...route.roles)));
}

/** The first page of an area; undefined when it has none. */
export function landing(group: Group): string | undefined {
  return pages(group)[0]?.path;
}

/** Does this page, or the list above it, stand for the shown one? */
export function stands(entry: PlacedRoute, shown: PlacedRoute | null, among: PlacedRoute[]): boolean {
  if (!shown) return false;
  if (entry.path === shown.path) return true;
  // A detail page lights up the entry with the longest path above it.
  const above = among
    .filter((one) => shown.path.startsWith(`${one.path}/`))
    .sort((a, b) => b.path.length - a.path.length)[0];
  return above?.path === entry.path && !among.some((one) => one.path === shown.path);
}
