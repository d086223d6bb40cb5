import { readFileSync, rmSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { openArchive } from '../../gateway/evidence/archive.ts'
import { makeKey, nodeProving, signed } from '../../gateway/evidence/signed.ts'
import type { SignedManifest } from '../../gateway/evidence/signed.ts'
import type { Given } from '../../gateway/evidence/verdict.ts'
import { textOf, Wrong } from '../../gateway/evidence/verdict.ts'
import { verifyFile } from '../../gateway/evidence/verify.ts'
import { writeZip } from '../../gateway/zip.ts'
import { instant } from '../../protocols/contract/time.ts'
import { emptyFolder } from '../store/folder.ts'
import { inMemory } from './log-files.ts'
import { packFile } from './pack-file.ts'

const given: Given = { proving: nodeProving, key: undefined, heads: [] }
const check = (bytes: Uint8Array, more = given) => verifyFile('pack.zip', inMemory(bytes), more)
const key = makeKey()
let made: Promise<Uint8Array> | undefined
let pack: Uint8Array
beforeEach(async () => {
  pack = await (made ??= packFile().then(({ file }) => Uint8Array.from(readFileSync(file))))
})

type Texts = Map<string, Buffer>
/** The pack taken apart, changed and put together again by somebody; `manifest`: he also makes the list anew and signs it with his own key. */
async function repacked(change: (texts: Texts) => void, resign = false): Promise<Uint8Array> {
  const archive = await openArchive(inMemory(pack))
  const texts: Texts = new Map()
  for (const name of archive.names) {
    const chunks: Uint8Array[] = []
    for await (const chunk of archive.read(name)) chunks.push(chunk)
    texts.set(name, Buffer.concat(chunks))
  }
  change(texts)
  if (resign) {
    const { publicKey: _, signature: __, ...manifest } = JSON.parse(String(texts.get('manifest.json'))) as SignedManifest
    const files = [...texts].flatMap(([name, bytes]) =>
      name === 'manifest.json' ? [] : [{ name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }],
    )
    texts.set('manifest.json', Buffer.from(`${JSON.stringify(signed({ ...manifest, files }, key), undefined, 1)}\n`))
  }
  const file = join(emptyFolder(), 'again.zip')
  rmSync(file, { force: true })
  await writeZip(
    file,
    [...texts].map(([name, bytes]) => ({ name, from: { bytes } })),
    instant(0),
  )
  return Uint8Array.from(readFileSync(file))
}
const edit = (texts: Texts, name: string, act: (text: string) => string): void => {
  const found = [...texts.keys()].find(one => one.endsWith(name)) ?? ''
  const before = String(texts.get(found))
  const after = act(before)
  if (after === before) throw new Error(`nothing changed in ${name}`)
  texts.set(found, Buffer.from(after))
}

describe('an inspector pack', () => {
  test('is as it was made: its list, each log, its entries under the head, its readings under the entries', async () => {
    const verdict = await check(pack)
    expect(verdict.finding).toBeUndefined()
    expect(verdict.members.map(({ what }) => what)).toEqual(expect.arrayContaining(['json', 'csv', 'xlsx', 'pdf']))
    expect(verdict.counts['entries']).toBeGreaterThan(3)
    expect(verdict.counts['readings']).toBeGreaterThan(100)
    expect(await textOf((await openArchive(inMemory(pack))).read('evidence/tree.json'), '')).toContain('zhishou-tree-1')
  })

  test('names the file and the record in it that was altered', async () => {
    const json = await repacked(texts => edit(texts, '报警记录.json', text => text.replace('"check":"', '"check":"0')))
    expect((await check(json)).finding).toMatchObject({ place: expect.stringContaining('报警记录.json: ') })
    const readMe = await repacked(texts => edit(texts, 'README.txt', text => `${text}.`))
    expect((await check(readMe)).finding).toMatchObject({ kind: 'altered', place: '读我 README.txt' })
  })

  test('says that the directory of the archive was altered, whichever length in it is another', async () => {
    const last = Buffer.from(pack).lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]))
    for (const [place, by] of [
      [28, 0xff_ff],
      [30, 8],
      [30, 0xff_ff],
      [32, 0xff_ff],
    ] as const) {
      const altered = Uint8Array.from(pack)
      new DataView(altered.buffer).setUint16(last + place, by, true)
      await expect(openArchive(inMemory(altered))).rejects.toThrow(Wrong)
    }
    // A size that is said elsewhere, and is not there either.
    const extra = Uint8Array.from(pack)
    const view = new DataView(extra.buffer)
    view.setUint32(last + 24, 0xff_ff_ff_ff, true)
    const held = await openArchive(inMemory(extra)).catch((error: unknown) => error)
    if (!(held instanceof Wrong)) expect((await check(extra)).finding).toBeDefined()
  })

  test('names what is missing and what was put in', async () => {
    const without = await repacked(texts => texts.delete('evidence/tree.json'))
    expect((await check(without)).finding).toMatchObject({ kind: 'missing', place: 'evidence/tree.json' })
    const more = await repacked(texts => texts.set('more.pdf', Buffer.from('%PDF-')))
    expect((await check(more)).finding).toMatchObject({ kind: 'inserted', place: 'more.pdf' })
    expect((await check(pack.subarray(0, pack.length - 30))).finding).toMatchObject({ kind: 'truncated' })
  })

  test('does not hide behind a list that was made anew', async () => {
    const other = await repacked(() => {}, true)
    expect((await check(other)).finding).toMatchObject({ kind: 'other-key' })
    const edited = await repacked(texts => edit(texts, 'manifest.json', text => text.replace('"by": "wang"', '"by": "li"')))
    expect((await check(edited)).finding).toMatchObject({ kind: 'wrong-signature' })
    const unsigned = await repacked(texts => edit(texts, 'manifest.json', text => text.replace(/,\n "signature": "[^"]*"/, '')))
    expect((await check(unsigned)).finding).toMatchObject({ kind: 'unsigned' })
  })

  test('of which the evidence was forged together with its list is found by the head that the gateway signed', async () => {
    // As if the forger had the key for lists, but not the past: heads stay as they were signed.
    const { checkEvidence } = await import('../../gateway/evidence/evidence-check.ts')
    const forged = async (name: string, act: (text: string) => string): Promise<string> => {
      const archive = await openArchive(inMemory(await repacked(texts => edit(texts, name, act))))
      const manifest = JSON.parse(await textOf(archive.read('manifest.json'), '')) as SignedManifest
      return checkEvidence(archive, manifest.head, given).then(
        () => 'nothing',
        (error: Error) => error.message,
      )
    }
    const line = (text: string, index: number): string => text.split('\n')[index] ?? ''
    expect(await forged('entries.ndjson', text => text.replace('"by":"system"', '"by":"nobody"'))).toContain(
      'an entry was altered',
    )
    expect(await forged('entries.ndjson', text => text.slice(text.indexOf('\n') + 1))).toContain('an entry was altered')
    expect(
      await forged('entries.ndjson', text =>
        text.replace(`${line(text, 0)}\n${line(text, 1)}`, `${line(text, 1)}\n${line(text, 0)}`),
      ),
    ).toContain('not in its place')
    expect(
      await forged('periods.ndjson', text =>
        text.replace(/"rows":\d+,"series"/, '"rows":1,"series"').replace(/"digest":"./, '"digest":"0'),
      ),
    ).toContain('not what the journal says')
    expect(await forged('cold-1.temperature.ndjson', text => text.replace('"good"', '"uncertain"'))).toMatch(
      /of the readings of cold-1.temperature .* some were altered/,
    )
    expect(await forged('cold-1.temperature.ndjson', text => text.slice(text.indexOf('\n') + 1))).toMatch(/altered|missing/)
    expect(await forged('cold-1.temperature.ndjson', text => `${text}${line(text, 3)}\n`)).toContain('was inserted')
    expect(await forged('tree.json', text => text.replace('"beside":["', '"beside":["00'))).toContain('altered')
    expect(await forged('heads.ndjson', text => text.replace('"size":', '"size":1'))).toContain('signature')
  })
})
