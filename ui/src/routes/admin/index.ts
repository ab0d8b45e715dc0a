// Pages of this area; the rail and the palette read this list.
import type { Route } from '../../router/route.ts';

export const routes: Route[] = [
  {
    path: '/settings/users',
    label: 'admin.nav.users',
    nav: true,
    icon: 'users',
    roles: ['owner'],
    load: () => import('./users/Users.svelte'),
  },
  { path: '/settings/keys', label: 'admin.nav.keys', nav: true, icon: 'key', roles: ['owner'], load: () => import('./keys/Keys.svelte') },
  { path: '/settings/jobs', label: 'admin.nav.jobs', nav: true, icon: 'clock', roles: ['owner'], load: () => import('./jobs/Jobs.svelte') },
  {
    path: '/settings/erasures',
    label: 'admin.nav.erasures',
    nav: true,
    icon: 'trash',
    roles: ['owner'],
    load: () => import('./erasures/Erasures.svelte'),
  },
  {
    path: '/settings/retention',
    label: 'admin.nav.retention',
    nav: true,
    icon: 'calendar',
    roles: ['owner'],
    load: () => import('./retention/Retention.svelte'),
  },
];
