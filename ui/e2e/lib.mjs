// What the browser tests share: the server, the browser, pages in every dress, axe.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const VIEWPORTS = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };

// Pictures are taken only where SHOTS names a folder for them.
const { SHOTS } = process.env;

/**
 * Starts `$PEAKEND_BIN demo` on a free port with a fresh data folder; resolves once it listens.
 * Where PEAKEND_URL and PEAKEND_LINK name a running server, that one is used instead.
 */
export async function startServer({ customers = 2000, patience = 900_000 } = {}) {
  const { PEAKEND_BIN, PEAKEND_URL, PEAKEND_LINK } = process.env;
  if (PEAKEND_URL && PEAKEND_LINK) return { url: PEAKEND_URL, link: PEAKEND_LINK, stop: async () => {} };
  if (!PEAKEND_BIN) throw new Error('set PEAKEND_BIN to the peakend binary');
  const data = mkdtempSync(join(tmpdir(), 'peakend-e2e-'));
  const args = ['demo', '--customers', String(customers), '--port', '0', '--data', data];
  const child = spawn(PEAKEND_BIN, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const found = {};
  await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the server did not start in time\n${log.slice(-4000)}`)), patience);
    const read = (chunk) => {
      log = (log + chunk).slice(-100_000);
      found.url ??= /listening on (http:\/\/\S+)/.exec(log)?.[1];
      found.link ??= /sign in: (http:\/\/\S+)/.exec(log)?.[1];
      if (found.url && found.link) {
        clearTimeout(late);
        resolve();
      }
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}\n${log.slice(-4000)}`)));
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  return {
    ...found,
    log: () => log,
    async stop() {
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(kill);
      rmSync(data, { recursive: true, force: true });
    },
  };
}

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Signs in through the one-time link; gives the cookies for further contexts. */
export async function signIn(browser, link) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(link);
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'), { timeout: 30_000 });
  await page.locator('main h1').waitFor();
  const state = await context.storageState();
  await context.close();
  return { cookies: state.cookies, origins: [] };
}

/**
 * Opens a page of the app in a language, theme and size; resolves once its heading stands and
 * nothing is loading. Console errors and failed requests are collected in `page.faults`.
 */
export async function open(browser, url, path, { state, lang = 'en', theme = 'light', viewport = 'desktop' } = {}) {
  const context = await browser.newContext({
    viewport: VIEWPORTS[viewport],
    hasTouch: viewport === 'phone',
    locale: lang === 'en' ? 'en-GB' : lang === 'zh-Hans' ? 'zh-CN' : 'zh-TW',
    colorScheme: theme,
    storageState: state,
    reducedMotion: 'reduce',
  });
  await context.addInitScript(
    ([l, t]) => {
      localStorage.setItem('peakend.lang', l);
      localStorage.setItem('peakend.theme', t);
    },
    [lang, theme],
  );
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 401/.test(message.text())) page.faults.push(`console: ${message.text()}`);
  });
  await page.goto(new URL(path, url).href);
  await settled(page);
  return page;
}

/** Goes to another page in the same tab. */
export async function go(page, path) {
  page.faults.length = 0;
  await page.goto(new URL(path, page.url()).href);
  await settled(page);
}

/** Goes to another path without loading the app again. */
export async function move(page, path) {
  page.faults.length = 0;
  await page.evaluate((to) => {
    document.querySelector('main h1')?.setAttribute('data-left', '');
    history.pushState(null, '', to);
    dispatchEvent(new PopStateEvent('popstate'));
  }, path);
  await page.locator('main h1:not([data-left])').first().waitFor({ timeout: 20_000 });
  await settled(page);
}

/** Calls the staff API with the session and CSRF token of a signed-in page. */
export async function call(page, method, path, body) {
  const answer = await page.evaluate(
    async ([verb, url, sent]) => {
      const { csrf } = await (await fetch('/api/v1/session')).json();
      const headers = { 'content-type': 'application/json', 'x-csrf-token': csrf };
      const response = await fetch(url, { method: verb, headers, body: sent && JSON.stringify(sent) });
      return { status: response.status, body: await response.json().catch(() => null) };
    },
    [method, `/api/v1${path}`, body],
  );
  assert.ok(answer.status < 300, `${method} ${path} gave ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** Waits until the heading stands and nothing on the page says that it is loading. */
export async function settled(page) {
  await page.locator('main h1').first().waitFor({ timeout: 20_000 });
  await page.waitForFunction(() => !document.querySelector('main .skeleton, main [aria-busy=true]'), undefined, {
    timeout: 30_000,
  });
}

/** Serious and critical findings of axe, as readable lines. */
export async function axe(page) {
  await page.evaluate(AXE);
  const result = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  return result.violations
    .filter((violation) => ['serious', 'critical'].includes(violation.impact))
    .flatMap((violation) =>
      violation.nodes.slice(0, 3).map((node) => {
        const why = node.any[0]?.message ?? node.all[0]?.message ?? violation.help;
        return `${violation.id}: ${node.target.join(' ')} (${why})`;
      }),
    );
}

/** Fails on serious axe findings, errors in the console, sideways scrolling or a wrong `lang`. */
export async function sound(page, { lang } = {}) {
  // News from the server may load a page again and dim it meanwhile: such a look is taken
  // once more. Whatever a look at a page at rest finds is a fault.
  let found = [];
  for (let look = 0; look < 5; look += 1) {
    await settled(page);
    await page.evaluate(() => {
      const busy = () => document.querySelector('main [aria-busy=true], main .skeleton') !== null;
      globalThis.wasBusy = busy();
      globalThis.busyWatch?.disconnect();
      globalThis.busyWatch = new MutationObserver((changes) => {
        globalThis.wasBusy ||= busy() || changes.some((one) => one.attributeName === 'aria-busy');
      });
      const what = { subtree: true, childList: true, attributes: true, attributeFilter: ['aria-busy', 'class'] };
      globalThis.busyWatch.observe(document.body, what);
    });
    found = await axe(page);
    if (found.length === 0 || !(await page.evaluate(() => globalThis.wasBusy))) break;
  }
  const faults = [...page.faults, ...found];
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) faults.push(`the page is ${wide} px wider than the screen`);
  if (lang) assert.equal(await page.evaluate(() => document.documentElement.lang), lang);
  assert.deepEqual(faults, []);
}

export async function shot(page, name, fullPage = true) {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage });
}
