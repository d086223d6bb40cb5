import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { build, defineConfig } from 'vite'
import { fileOf } from './first-build.ts'
import { growsWithTheGlass } from './glass-build.ts'
import { verifierPage } from './verifier-build.ts'
import { wordsFirst } from './words-first-build.ts'
import { serviceWorker } from './worker-build.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const pages = { index: `${here}index.html`, answer: `${here}answer.html` }

/** `vite --config dashboard/vite.config.ts` works on the pages with a gateway running beside it. */
const gateway = process.env['ZHISHOU_GATEWAY'] ?? 'http://127.0.0.1:8080'

export default defineConfig(({ command }) => {
  // Whoever starts the build, a test runner included, gets what is shipped: without the checks of development.
  if (command === 'build') process.env['NODE_ENV'] = 'production'
  return {
    root: here,
    css: growsWithTheGlass,
    plugins: [svelte({ configFile: false }), wordsFirst(), serviceWorker(build), verifierPage(build)],
    build: {
      outDir: 'dist',
      emptyOutDir: true,
      target: 'es2022',
      // The content security policy allows files of our own only: nothing inlined, not even small pictures.
      assetsInlineLimit: 0,
      // The page behind the link of a message is a small one of its own.
      rolldownOptions: {
        input: [pages.index, pages.answer],
        output: { codeSplitting: { groups: [{ name: fileOf(pages) }] } },
      },
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
    server: { proxy: { '/api': gateway, '/socket.io': { target: gateway, ws: true } } },
  }
})
