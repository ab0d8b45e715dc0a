// Pages of this area; the rail and the palette read this list.
import type { Route } from '../../router/route.ts';

export const routes: Route[] = [
  {
    path: '/sense/surveys',
    label: 'sense.nav.surveys',
    nav: true,
    icon: 'survey',
    load: () => import('./surveys/Surveys.svelte'),
  },
  { path: '/sense/surveys/:id', label: 'sense.nav.survey', load: () => import('./surveys/Editor.svelte') },
  {
    path: '/sense/rules',
    label: 'sense.nav.rules',
    nav: true,
    icon: 'send',
    roles: ['owner', 'analyst'],
    load: () => import('./rules/Rules.svelte'),
  },
  {
    path: '/sense/people',
    label: 'sense.nav.people',
    nav: true,
    icon: 'users',
    roles: ['owner', 'analyst', 'unit_manager', 'agent'],
    load: () => import('./people/People.svelte'),
  },
  { path: '/sense/people/:id', label: 'sense.nav.person', load: () => import('./people/PersonPage.svelte') },
  { path: '/sense/places', label: 'sense.nav.places', nav: true, icon: 'map', load: () => import('./places/Places.svelte') },
  {
    path: '/sense/imports',
    label: 'sense.nav.imports',
    nav: true,
    icon: 'upload',
    roles: ['owner', 'analyst'],
    load: () => import('./imports/Imports.svelte'),
  },
  { path: '/sense/imports/new', label: 'sense.nav.import', load: () => import('./imports/NewImport.svelte') },
  { path: '/sense/imports/:id', label: 'sense.nav.import', load: () => import('./imports/ImportPage.svelte') },
];
