// Pages of this area; the rail and the palette read this list.
import type { Route } from '../../router/route.ts';

export const routes: Route[] = [
  {
    path: '/act/cases',
    label: 'act.nav.cases',
    nav: true,
    icon: 'inbox',
    roles: ['owner', 'analyst', 'unit_manager', 'agent'],
    load: () => import('./cases/Inbox.svelte'),
  },
  { path: '/act/cases/:id', label: 'act.nav.case', load: () => import('./cases/CasePage.svelte') },
  {
    path: '/act/initiatives',
    label: 'act.nav.initiatives',
    nav: true,
    icon: 'project',
    roles: ['owner', 'analyst', 'unit_manager', 'viewer'],
    load: () => import('./initiatives/Initiatives.svelte'),
  },
  { path: '/act/initiatives/new', label: 'act.nav.initiative', load: () => import('./initiatives/NewInitiative.svelte') },
  { path: '/act/initiatives/:id', label: 'act.nav.initiative', load: () => import('./initiatives/Initiative.svelte') },
  {
    path: '/act/alert-rules',
    label: 'act.nav.alert_rules',
    nav: true,
    icon: 'bell',
    roles: ['owner', 'analyst'],
    load: () => import('./alert-rules/AlertRules.svelte'),
  },
  {
    path: '/act/calendars',
    label: 'act.nav.calendars',
    nav: true,
    icon: 'calendar',
    roles: ['owner', 'analyst', 'unit_manager'],
    load: () => import('./calendars/Calendars.svelte'),
  },
];
