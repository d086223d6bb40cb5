// Packs the gateway and the simulated equipment, each with its libraries, into a few files: read one by one, some 2,000 modules
// cost two seconds of start and 25 MB of memory more than the same code in a few pieces. Nothing of it is changed, and nothing depends
// on it: without the bundles (tests, an editor's debugger) Node runs the sources as they are.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('../..', import.meta.url))
// What else is packed with them, for a bench that starts the gateway in a site of its own: paths from the root.
const [folder, stamp = '', ...more] = process.argv.slice(2)
const entries = {
  gateway: 'gateway/cli/main.ts',
  store: 'gateway/store/worker.ts',
  backtest: 'gateway/backtest-worker.ts',
  log: 'gateway/report/log-worker.ts',
  backup: 'gateway/backup/backup-worker.ts',
  simulators: 'simulators/main.ts',
  ...Object.fromEntries(more.map(source => [basename(source, '.ts'), source])),
}

/** A module that looks for files beside itself must find them where it stands in the sources. */
const inPlace = {
  name: 'in-place',
  transform(code, id) {
    if (!/\b__(dirname|filename)\b|import\.meta\.(url|dirname)/.test(code)) return undefined
    const isCommon = /\b__(dirname|filename)\b/.test(code)
    const here = isCommon ? `var __dirname = ${JSON.stringify(dirname(id))}, __filename = ${JSON.stringify(id)};\n` : ''
    const placed = code
      .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
      .replaceAll('import.meta.dirname', JSON.stringify(dirname(id)))
    return { code: here + placed, map: null }
  },
}

/**
 * One character beyond Latin-1 makes V8 keep the whole file with two bytes a character, for as long as the process lives. An escape means the
 * same in a string, a template, a pattern and a name; after a backslash that escapes it (which says nothing) that backslash goes.
 */
const oneByte = {
  name: 'one-byte',
  generateBundle(_, files) {
    for (const file of Object.values(files)) {
      if (file.type !== 'chunk' || /String\.raw`[^`]*[^\0-\x7f]/.test(file.code)) continue
      file.code = file.code.replaceAll(/(\\*)([^\0-\x7f])/g, (_match, slashes, character) => {
        const escape = `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
        return (slashes.length % 2 === 1 ? slashes.slice(1) : slashes) + escape
      })
    }
  },
}

await rm(folder, { recursive: true, force: true })
await mkdir(folder, { recursive: true })
const bundle = await rolldown({ cwd: root, input: entries, platform: 'node', logLevel: 'silent', plugins: [inPlace, oneByte] })
await bundle.write({
  dir: folder,
  format: 'esm',
  // Names stay, so that an error's stack can still be read.
  minify: { compress: true, mangle: false },
  entryFileNames: '[name].mjs',
  chunkFileNames: 'part-[hash].mjs',
})
const where = Object.fromEntries(
  Object.entries(entries).map(([name, source]) => [
    pathToFileURL(join(root, source)).href,
    pathToFileURL(join(folder, `${name}.mjs`)).href,
  ]),
)
// The shipped YAML, parsed once, by the hash of its text.
const { parseYaml } = await import('../site/document.ts')
const { textKey } = await import('../site/shelf.ts')
const parsed = {}
for (const shelf of ['protocols/library', 'protocols/library/models', 'gateway/policy/packs']) {
  for (const name of await readdir(join(root, shelf))) {
    if (!name.endsWith('.yaml')) continue
    const text = await readFile(join(root, shelf, name), 'utf8')
    const { value, faults } = parseYaml(name, text, () => undefined)
    if (faults.length === 0) parsed[textKey(text)] = value
  }
}
await writeFile(join(folder, 'shelf.json'), JSON.stringify(parsed))
// The list comes last: a bundle that was cut off half-way is not used.
await writeFile(join(folder, 'bundles.json'), JSON.stringify({ stamp, where }))
process.exit(0)
