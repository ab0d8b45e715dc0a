// Every page of the rail and one of each kind behind it, in two dresses; the app is loaded once per dress.
import assert from 'node:assert/strict';
import { call, move } from './lib.mjs';

const DRESSES = [
  { lang: 'zh-Hans', theme: 'light', viewport: 'desktop' },
  { lang: 'zh-Hant', theme: 'dark', viewport: 'phone' },
];

/** One address of each page that shows a single thing. */
async function details(page) {
  const first = async (path, make) => {
    const { items } = await call(page, 'GET', path);
    return items[0] ? [make(items[0].id)] : [];
  };
  return [
    ...(await first('/cases?view=all&limit=1', (id) => `/act/cases/${id}`)),
    ...(await first('/initiatives?limit=1', (id) => `/act/initiatives/${id}`)),
    '/act/initiatives/new',
    ...(await first('/findings', (id) => `/insight/findings/${id}`)),
    ...(await first('/people?limit=1', (id) => `/sense/people/${id}`)),
    ...(await first('/surveys', (id) => `/sense/surveys/${id}`)),
    '/sense/imports/new',
    ...(await first('/evaluations', (id) => `/prove/evaluations/${id}`)),
    '/prove/evaluations/new',
  ];
}

/** What no reader should see: keys of messages, codes of the server, ids. */
function raw(page) {
  return page.evaluate(() => {
    const text = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const inside = node.parentElement;
      // Code, addresses and what people wrote are theirs; hidden texts are nobody's.
      if (!inside?.checkVisibility() || inside.closest('code, pre, kbd, textarea, blockquote, .hint, [lang]:not(html)')) continue;
      text.push(node.data);
    }
    const whole = text.join('\n');
    const keys = whole.match(/\b(frame|home|sense|insight|act|value|admin)\.[a-z_]+(\.[a-z_]+)*\b/g) ?? [];
    // Definitions carry their id on purpose.
    const codes = whole.match(/\b[a-z]+(_[a-z]+)+\b(?!\.v\d)/g) ?? [];
    const ids = whole.match(/\b[a-z]{3}_[0-9a-z]{26}\b/g) ?? [];
    return [...new Set([...keys.filter((key) => !/\.v\d/.test(key)), ...codes, ...ids])];
  });
}

export default async function pages(t) {
  const first = await t.open('/');
  const links = await first.locator('nav .item[href]').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
  const rail = [...new Set(links.map((href) => new URL(href, t.url).pathname))];
  await t.step('the rail leads to pages', () => assert.ok(rail.length > 1, 'the rail is empty'));
  const single = await details(first);
  for (const dress of DRESSES) {
    const page = await t.open('/', dress);
    // Home has a test of its own, and a walk begins there.
    for (const path of [...rail.filter((one) => one !== '/'), ...single]) {
      const name = path.replace(/\/[a-z]{3}_[0-9a-z]{26}$/, '/one');
      await t.step(`${name} is sound in ${dress.lang}, ${dress.theme}, ${dress.viewport}`, async () => {
        await move(page, path);
        await t.shot(page, `page${name.replaceAll('/', '-')}-${dress.lang}-${dress.theme}-${dress.viewport}`);
        await t.sound(page, { lang: dress.lang });
        assert.deepEqual(await raw(page), []);
      });
    }
  }
}
