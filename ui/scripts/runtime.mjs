// Builds the respondent's script and the loader into ui/dist/runtime, each one file
// without imports, and weighs them. Runs after the app's build, which empties ui/dist.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const root = join(import.meta.dirname, '..');
/** Largest script in bytes after gzip; the whole page is weighed by a test of the server. */
const LIMITS = { survey: 12_000, loader: 5_000 };

for (const [name, limit] of Object.entries(LIMITS)) {
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    build: {
      outDir: 'dist/runtime',
      emptyOutDir: false,
      target: 'es2020',
      lib: { entry: join(root, `runtime/${name}.ts`), formats: ['iife'], name: `peakend_${name}`, fileName: () => `${name}.js` },
    },
  });
  const bytes = gzipSync(readFileSync(join(root, `dist/runtime/${name}.js`)), { level: 9 }).length;
  console.log(`${(bytes / 1000).toFixed(1).padStart(7)} KB  runtime/${name}.js`);
  if (bytes > limit) {
    console.error(`runtime/${name}.js is over ${limit} bytes`);
    process.exit(1);
  }
}
