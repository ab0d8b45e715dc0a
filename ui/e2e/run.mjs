// Runs e2e/*.test.mjs in order against one server; the last line is `N passed, N failed, N skipped`.
//
// A test file exports `default async (t) => { await t.step('a sentence', async () => { … }); }`, where
// t has browser, url, state (cookies of the owner), open(path, options), sound(page, options), shot(page, name).
// `node e2e/run.mjs home cases` runs only files whose name holds one of the words.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch, open, shot, signIn, sound, startServer } from './lib.mjs';

const words = process.argv.slice(2);
const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.test.mjs'))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort();

let passed = 0;
let failed = 0;

async function step(name, run) {
  const started = Date.now();
  try {
    await run();
    passed += 1;
    console.log(`  ok   ${name} (${Date.now() - started} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`  FAIL ${name}\n${String(error?.stack ?? error).replace(/^/gm, '       ')}`);
  }
}

let server;
let browser;
try {
  server = await startServer();
  browser = await launch();
  const { url, link } = server;
  const state = await signIn(browser, link);
  for (const file of files) {
    console.log(file);
    const { default: test } = await import(pathToFileURL(join(import.meta.dirname, file)).href);
    const pages = [];
    const t = {
      browser,
      url,
      state,
      step,
      sound,
      shot,
      /** Opens a page as the owner; closed at the end of the file. */
      async open(path, options = {}) {
        const page = await open(browser, url, path, { state, ...options });
        pages.push(page);
        return page;
      },
    };
    try {
      await test(t);
    } catch (error) {
      await step(`${file} runs to its end`, () => Promise.reject(error));
    }
    for (const page of pages) await page.context().close();
  }
} catch (error) {
  failed += 1;
  console.log(`  FAIL the tests could not start\n${error?.stack ?? error}`);
} finally {
  await browser?.close();
  await server?.stop();
}
// Nothing is ever skipped; the count is there for whoever reads the line.
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
