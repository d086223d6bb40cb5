// Run once after an install: packs the heaviest libraries into a few files each. The OPC UA libraries are some 450 modules; read
// one by one they cost a second of start and 20 MB of memory more than the same code in one piece. Nothing of it is changed, and
// nothing depends on it: without the bundles (tests, other platforms) the packages are loaded as they were installed.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = process.argv[2] ?? join(root, 'node_modules', '.cache', 'zhishou', 'bundles')
const libraries = ['node-opcua-client', 'node-opcua-certificate-manager', 'node-opcua-server']
const fileOf = library => library.replaceAll(/[@/]/g, '_')

/** CommonJS has no list of exports; the bundle gets the one that the loaded package has. */
async function entryOf(library) {
  const loaded = await import(library)
  const names = Object.keys(loaded).filter(
    name => name !== 'default' && name !== 'module.exports' && /^[A-Za-z_$][\w$]*$/.test(name),
  )
  return `import * as all from '${library}'\nexport default all\n${names.map(name => `export const ${name} = all.${name}`).join('\n')}\n`
}

const entries = new Map(await Promise.all(libraries.map(async library => [`\0entry:${library}`, await entryOf(library)])))
const inPlace = {
  name: 'in-place',
  resolveId: id => (entries.has(id) ? id : undefined),
  load: id => entries.get(id),
  /** A module that looks for files beside itself must find them where it was installed. */
  transform(code, id) {
    if (!/\b__(dirname|filename)\b|import\.meta\.(url|dirname)/.test(code)) return undefined
    const here = `var __dirname = ${JSON.stringify(dirname(id))}, __filename = ${JSON.stringify(id)};\n`
    const placed = code
      .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
      .replaceAll('import.meta.dirname', JSON.stringify(dirname(id)))
    return { code: here + placed, map: null }
  },
}

await rm(folder, { recursive: true, force: true })
await mkdir(folder, { recursive: true })
const input = Object.fromEntries(libraries.map(library => [fileOf(library), `\0entry:${library}`]))
const bundle = await rolldown({ cwd: root, input, platform: 'node', logLevel: 'silent', plugins: [inPlace] })
await bundle.write({
  dir: folder,
  format: 'esm',
  minify: { compress: true, mangle: false },
  entryFileNames: '[name].mjs',
  chunkFileNames: 'part-[hash].mjs',
})
const where = Object.fromEntries(libraries.map(library => [library, pathToFileURL(join(folder, `${fileOf(library)}.mjs`)).href]))
// The list comes last: a bundle that was cut off half-way is not used.
await writeFile(join(folder, 'bundles.json'), JSON.stringify(where))
process.exit(0)
