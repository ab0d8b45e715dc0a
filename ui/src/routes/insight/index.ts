// Pages of this area; the rail and the palette read this list.
import type { Route } from '../../router/route.ts';

export const routes: Route[] = [
  { path: '/insight', label: 'insight.nav.figures', nav: true, icon: 'chart', load: () => import('./board/Board.svelte') },
  { path: '/insight/short-boards', label: 'insight.nav.short_boards', nav: true, icon: 'target', load: () => import('./short-boards/ShortBoards.svelte') },
  { path: '/insight/behaviour', label: 'insight.nav.behaviour', nav: true, icon: 'filter', load: () => import('./behaviour/Behaviour.svelte') },
  { path: '/insight/voices', label: 'insight.nav.voices', nav: true, icon: 'voice', load: () => import('./voices/Voices.svelte') },
  { path: '/insight/findings', label: 'insight.nav.findings', nav: true, icon: 'flag', load: () => import('./findings/Findings.svelte') },
  { path: '/insight/findings/:id', label: 'insight.nav.findings', load: () => import('./findings/Finding.svelte') },
  { path: '/insight/themes', label: 'insight.nav.themes', nav: true, icon: 'edit', roles: ['owner', 'analyst'], load: () => import('./themes/Themes.svelte') },
  { path: '/insight/metrics', label: 'insight.nav.metrics', nav: true, icon: 'info', load: () => import('./metrics/Metrics.svelte') },
];
