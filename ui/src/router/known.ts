// Links to pages that may not be part of this build.
import { find } from './route.ts';
import { ROUTES } from './routes.ts';

/** The address when this app has such a page, else undefined: no dead links. */
export function known(address: string | null | undefined): string | undefined {
  if (!address?.startsWith('/')) return undefined;
  return find(ROUTES, address.split(/[?#]/)[0] ?? '') ? address : undefined;
}
