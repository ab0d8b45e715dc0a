// Weighs what each page loads. Fails when a first page exceeds its gate.
//
// First route: everything a reader fetches to see Home in one language. Any other route: what it adds.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const FIRST_KB = 120;
const OTHER_KB = 60;
const dist = join(import.meta.dirname, '../dist');
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'));

const weighed = new Map();
function weigh(file) {
  if (!weighed.has(file)) weighed.set(file, gzipSync(readFileSync(join(dist, file)), { level: 9 }).length);
  return weighed.get(file);
}

/** A chunk's files with everything it imports statically. */
function closure(key, seen = new Set()) {
  const chunk = manifest[key];
  if (!chunk || seen.has(key)) return new Set();
  seen.add(key);
  const files = new Set([chunk.file, ...(chunk.css ?? [])]);
  for (const other of chunk.imports ?? []) for (const file of closure(other, seen)) files.add(file);
  return files;
}

const total = (files) => [...files].reduce((sum, file) => sum + weigh(file), 0);
const heaviest = (area) =>
  Math.max(0, ...['en', 'zh-Hans', 'zh-Hant'].map((lang) => total(closure(`src/i18n/${lang}/${area}.json`))));
const kb = (bytes) => (bytes / 1000).toFixed(1).padStart(7);

const shell = closure('index.html');
const routes = Object.keys(manifest).filter((key) => /^src\/routes\/.*\.svelte$/.test(key) && manifest[key].isDynamicEntry);
const shellBytes = weigh('index.html') + total(shell) + heaviest('frame');
let faults = 0;
console.log(`${kb(shellBytes)} KB  frame (html, scripts, styles, one language)`);
for (const key of routes.sort()) {
  const own = [...closure(key)].filter((file) => !shell.has(file));
  const area = key.split('/')[2];
  const added = total(own) + heaviest(area);
  const first = area === 'home';
  const bytes = first ? shellBytes + added : added;
  const limit = first ? FIRST_KB : OTHER_KB;
  const over = bytes > limit * 1000;
  if (over) faults += 1;
  console.log(`${kb(bytes)} KB  ${first ? '' : '+ '}${key.replace('src/routes/', '')}${over ? `  OVER ${limit} KB` : ''}`);
}
if (faults > 0) {
  console.error(`${faults} page(s) over the gate`);
  process.exit(1);
}
