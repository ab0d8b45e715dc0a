// Pages of this area; the rail and the palette read this list.
import type { Route } from '../../router/route.ts';

const READERS: Route['roles'] = ['owner', 'analyst', 'unit_manager', 'viewer'];

export const routes: Route[] = [
  {
    path: '/prove/evaluations',
    label: 'value.nav.evaluations',
    nav: true,
    icon: 'prove',
    roles: READERS,
    load: () => import('./evaluations/Evaluations.svelte'),
  },
  { path: '/prove/evaluations/new', label: 'value.nav.new', roles: ['owner', 'analyst'], load: () => import('./evaluations/NewEvaluation.svelte') },
  { path: '/prove/evaluations/:id', label: 'value.nav.evaluation', load: () => import('./evaluations/EvaluationPage.svelte') },
  {
    path: '/prove/ranking',
    label: 'value.nav.ranking',
    nav: true,
    icon: 'target',
    roles: READERS,
    load: () => import('./ranking/Ranking.svelte'),
  },
  {
    path: '/prove/contrasts',
    label: 'value.nav.contrast',
    nav: true,
    icon: 'users',
    roles: READERS,
    load: () => import('./contrasts/Contrast.svelte'),
  },
  {
    path: '/prove/ledger',
    label: 'value.nav.ledger',
    nav: true,
    icon: 'money',
    roles: READERS,
    load: () => import('./ledger/Ledger.svelte'),
  },
];
