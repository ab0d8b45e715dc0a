// Every page of the app. Areas list their own pages in `routes/<area>/index.ts`.
import type { Area, MessageKey } from '../i18n/index.svelte.ts';
import type { IconName } from '../kit/icons.ts';
import { routes as act } from '../routes/act/index.ts';
import { routes as admin } from '../routes/admin/index.ts';
import { routes as insight } from '../routes/insight/index.ts';
import { routes as sense } from '../routes/sense/index.ts';
import { routes as value } from '../routes/value/index.ts';
import type { PlacedRoute, Route } from './route.ts';

export interface Group {
  area: Area;
  label: MessageKey;
  icon: IconName;
  /** Second key of the `g …` shortcut. */
  key: string;
  routes: PlacedRoute[];
}

const place = (area: Area, routes: readonly Route[]): PlacedRoute[] =>
  routes.map((route) => ({ ...route, area }));

const own: PlacedRoute[] = place('home', [
  { path: '/', label: 'frame.nav.home', icon: 'home', load: () => import('../routes/home/Home.svelte') },
]).concat(
  place('admin', [
    { path: '/setup', label: 'frame.nav.setup', bare: true, load: () => import('../routes/admin/setup/Setup.svelte') },
    { path: '/sign-in', label: 'frame.nav.sign_in', bare: true, load: () => import('../routes/admin/sign-in/SignIn.svelte') },
    { path: '/sign-in/link', label: 'frame.nav.sign_in', bare: true, load: () => import('../routes/admin/sign-in/Link.svelte') },
  ]),
);

/** The four steps of the loop, in order. */
export const LOOP: Group[] = [
  { area: 'sense', label: 'frame.area.sense', icon: 'sense', key: 's', routes: place('sense', sense) },
  { area: 'insight', label: 'frame.area.insight', icon: 'insight', key: 'i', routes: place('insight', insight) },
  { area: 'act', label: 'frame.area.act', icon: 'act', key: 'a', routes: place('act', act) },
  { area: 'value', label: 'frame.area.value', icon: 'prove', key: 'v', routes: place('value', value) },
];

export const SETTINGS: Group = {
  area: 'admin',
  label: 'frame.area.admin',
  icon: 'settings',
  key: ',',
  routes: place('admin', admin),
};

export const ROUTES: PlacedRoute[] = [...own, ...LOOP.flatMap((group) => group.routes), ...SETTINGS.routes];
