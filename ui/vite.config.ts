// Builds the staff application into ui/dist, which the binary embeds.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

const I18N = join(import.meta.dirname, 'src/i18n');

/**
 * `virtual:nav-labels` holds only the `nav.*` messages of every area and language,
 * so that the rail can name pages whose area has not been loaded yet.
 */
function navLabels(): Plugin {
  const id = 'virtual:nav-labels';
  return {
    name: 'peakend-nav-labels',
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    load(source) {
      if (source !== `\0${id}`) return undefined;
      const labels: Record<string, Record<string, string>> = {};
      for (const lang of readdirSync(I18N, { withFileTypes: true })) {
        if (!lang.isDirectory()) continue;
        const entries: Record<string, string> = (labels[lang.name] = {});
        for (const file of readdirSync(join(I18N, lang.name))) {
          const path = join(I18N, lang.name, file);
          this.addWatchFile(path);
          const area = file.replace(/\.json$/, '');
          const messages = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
          for (const [key, text] of Object.entries(messages)) {
            if (key.startsWith('nav.')) entries[`${area}.${key}`] = text;
          }
        }
      }
      return `export default ${JSON.stringify(labels)}`;
    },
  };
}

export default defineConfig({
  plugins: [svelte(), navLabels()],
  build: {
    target: 'es2022',
    cssTarget: ['chrome111', 'safari16.4', 'firefox113'],
    manifest: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 400,
  },
  server: {
    // What the server itself answers: the API, intake, respondents' pages, the demo bank.
    proxy: Object.fromEntries(
      ['^/api/', '^/v1/', '^/s/', '^/w/', '^/demo-bank'].map((path) => [path, process.env.PEAKEND_URL ?? 'http://127.0.0.1:8080']),
    ),
  },
});
