// Retakes the pictures of docs/screens from the demo bank of `cargo xtask demo`, in their sizes.
//
// `PEAKEND_BIN=../target/release/peakend npm run screens` makes a bank of its own; PEAKEND_URL and
// PEAKEND_LINK name a running one. Words after it retake only pictures whose name holds one of them.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { call, launch, open, settled, signIn, startServer } from './lib.mjs';

const FOLDER = join(import.meta.dirname, '../../docs/screens');
const CUSTOMERS = 50_000;
const WIDE = { width: 1280, height: 800 };

/** The first of a list that fits; the pictures show something, or are not taken. */
async function first(page, path, fits = () => true) {
  const found = (await call(page, 'GET', path)).items.find(fits);
  assert.ok(found, `nothing that fits at ${path}`);
  return found;
}

/** Name of the file: where it is taken, how large (or as high as the page) and in which dress. */
const PICTURES = {
  home: { at: () => '/', whole: true },
  'home-dark-390': { at: () => '/', size: { width: 390, height: 844 }, dress: { theme: 'dark', viewport: 'phone' } },
  insight: { at: () => '/insight' },
  voices: {
    async at(page) {
      const filter = 'touchpoint=fund-redeem&tone=negative&attribute=years_with_us:2,years_with_us:3';
      const voice = await first(page, `/voices?limit=50&${filter}`, (one) => one.text);
      return `/insight/voices?${filter}&voice=${voice.id}`;
    },
  },
  cases: {
    async at(page) {
      const one = await first(page, '/cases?view=team&limit=50', (found) => found.title && found.phase === 'contacted');
      return `/act/cases?case=${one.id}`;
    },
  },
  'survey-editor': {
    at: async (page) => `/sense/surveys/${(await first(page, '/surveys', (one) => one.code === 'fund-redemption')).id}`,
    // The preview is the respondents' page in a frame of its own.
    ready: (page) => page.frameLocator('iframe').getByRole('radio').first().waitFor(),
  },
  initiative: {
    at: async (page) => `/act/initiatives/${(await first(page, '/initiatives', (one) => one.touchpoint === 'fund-redeem')).id}`,
  },
  evaluation: {
    async at(page) {
      const gain = (one) => one.subject.kind === 'initiative' && one.verdict === 'gain';
      return `/prove/evaluations/${(await first(page, '/evaluations', gain)).id}`;
    },
  },
  ledger: { at: () => '/prove/ledger' },
};

const words = process.argv.slice(2);
const names = Object.keys(PICTURES).filter((name) => words.length === 0 || words.some((word) => name.includes(word)));
const server = await startServer({ customers: CUSTOMERS });
const browser = await launch();
try {
  const state = await signIn(browser, server.link);
  const asked = await open(browser, server.url, '/', { state });
  for (const name of names) {
    const { at, size = WIDE, whole = false, dress = {}, ready } = PICTURES[name];
    const page = await open(browser, server.url, await at(asked), { state, ...dress });
    const height = whole ? await page.evaluate(() => document.documentElement.scrollHeight) : size.height;
    await page.setViewportSize({ ...size, height });
    await ready?.(page);
    await settled(page);
    // Nothing is pointed at, and what grows on its way in has come.
    await page.mouse.move(0, 0);
    await page.waitForTimeout(500);
    assert.deepEqual(page.faults, [], name);
    await page.screenshot({ path: join(FOLDER, `${name}.png`) });
    console.log(`${name}.png ${size.width} × ${height}`);
    await page.context().close();
  }
} finally {
  await browser.close();
  await server.stop();
}
