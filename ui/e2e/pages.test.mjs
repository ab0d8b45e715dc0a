// Every page of the rail, in a light and a dark dress, wide and narrow.
import assert from 'node:assert/strict';
import { go } from './lib.mjs';

const DRESSES = [
  { lang: 'zh-Hans', theme: 'light', viewport: 'desktop' },
];

export default async function pages(t) {
  const first = await t.open('/');
  const links = await first.locator('nav .item[href]').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
  const paths = [...new Set(links.map((href) => new URL(href, t.url).pathname))];
  await t.step('the rail leads to pages', () => assert.ok(paths.length > 1, 'the rail is empty'));
  for (const dress of DRESSES) {
    const page = await t.open('/', dress);
    for (const path of paths) {
      await t.step(`${path} is sound in ${dress.lang}, ${dress.theme}, ${dress.viewport}`, async () => {
        await go(page, path);
        await t.shot(page, `page${path.replaceAll('/', '-')}-${dress.lang}-${dress.theme}-${dress.viewport}`);
        await t.sound(page, { lang: dress.lang });
        const raw = await page.evaluate(() => {
          // A message key on screen means that a text is missing.
          const found = document.body.innerText.match(/\b(frame|home|sense|insight|act|value|admin)\.[a-z_]+(\.[a-z_]+)*\b/g);
          return (found ?? []).filter((key) => !/\.v\d/.test(key));
        });
        assert.deepEqual(raw, []);
      });
    }
  }
}
