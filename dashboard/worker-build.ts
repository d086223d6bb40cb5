import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { build as viteBuild, Plugin } from 'vite'

const here = fileURLToPath(new URL('.', import.meta.url))

/**
 * Builds the service worker beside the page, as one plain file at the root, and tells it which files make this version. The version is a
 * hash over all of them: a new build is a new version, the same build is none.
 */
export function serviceWorker(build: typeof viteBuild): Plugin {
  return {
    name: 'zhishou-service-worker',
    apply: 'build',
    enforce: 'post',
    async generateBundle(_options, bundle) {
      const all = Object.keys(bundle).filter(name => !name.endsWith('.map') && name !== 'index.html')
      // The characters of 繁體中文 come to those who read them.
      const hant = all.find(name => /\btable-[^/]*\.txt$/.test(name))
      if (hant === undefined) throw new Error('the table of characters was not built')
      const built = all.filter(name => name !== hant)
      const still = await readdir(join(here, 'public'))
      const hash = createHash('sha256')
      for (const name of all.toSorted()) hash.update(name)
      hash.update(await readFile(join(here, 'index.html')))
      for (const name of still.toSorted()) hash.update(name).update(await readFile(join(here, 'public', name)))
      const files = ['index.html', ...built, ...still].map(name => `/${name}`).toSorted()
      const source = await workerCode(build, {
        shellFiles: JSON.stringify(files),
        hantTable: JSON.stringify(`/${hant}`),
        shellVersion: JSON.stringify(hash.digest('hex').slice(0, 16)),
      })
      this.emitFile({ type: 'asset', fileName: 'sw.js', source })
    },
  }
}

async function workerCode(build: typeof viteBuild, define: Readonly<Record<string, string>>): Promise<string> {
  const result = await build({
    configFile: false,
    root: here,
    logLevel: 'error',
    define,
    publicDir: false,
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      lib: { entry: join(here, 'src/worker/worker.ts'), formats: ['iife'], name: 'worker', fileName: () => 'sw.js' },
    },
  })
  const [output] = Array.isArray(result) ? result : [result]
  const chunk = output && 'output' in output ? output.output[0] : undefined
  if (chunk?.type !== 'chunk') throw new Error('the service worker was not built')
  return chunk.code
}
