// Pages of this area; the rail and the palette read this list.
import type { Route } from '../../router/route.ts';

export const routes: Route[] = [];
