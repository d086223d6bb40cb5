import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { loadSite } from '../../gateway/site/load.ts'
import { bacnet } from '../../protocols/bacnet/driver.ts'
import { fireUnits } from '../../protocols/fire/driver.ts'
import { cjt188 } from '../../protocols/meters/cjt188-driver.ts'
import { dlt645 } from '../../protocols/meters/dlt645-driver.ts'
import { protocols } from '../../protocols/registry.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

const pageOf = (name: string): Promise<string> => readFile(new URL(`../../docs/protocols/${name}.md`, import.meta.url), 'utf8')

describe.each([
  ['meters', [cjt188, dlt645]],
  ['fire', [fireUnits]],
  ['bacnet', [bacnet]],
] as const)('docs/protocols/%s.md', (name, kinds) => {
  test('has an example that is a right site file', async () => {
    const page = await pageOf(name)
    const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
    const folder = await mkdtemp(join(tmpdir(), 'docs-'))
    folders.push(folder)
    await writeFile(join(folder, 'site.yaml'), `site: { id: example, name: Example, timeZone: Asia/Shanghai }\n${named(example)}`)
    const loaded = await loadSite(join(folder, 'site.yaml'), {}, protocols)
    expect(
      loaded.problems.filter(({ severity }) => severity === 'error').map(({ path, wrong }) => `${path}: ${wrong.en}`),
    ).toEqual([])
  })

  test('names every setting in both languages', async () => {
    const page = await pageOf(name)
    const [zh = '', en = ''] = page.split('## English')
    for (const { kind, schema } of kinds) {
      for (const part of [schema.connection, schema.equipment]) {
        for (const key of Object.keys((part as { properties: object }).properties)) {
          expect(zh, `${kind} ${key}`).toContain(`\`${key}`)
          expect(en, `${kind} ${key}`).toContain(`\`${key}`)
        }
      }
    }
  })
})

/** An area needs a name; the example leaves it out. */
const named = (yaml: string): string => yaml.replace(/^( {2}(?:canteen|hall|plant):\n)/m, '$1    name: Place\n')
