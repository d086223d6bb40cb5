import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../gateway/clock.ts'
import { openDatabase } from '../../gateway/store/database.ts'
import { openStore } from '../../gateway/store/open.ts'
import { instant } from '../../protocols/contract/time.ts'
import { emptyFolder, forever, opened, reads, temperature, timesOf, walk } from './folder.ts'

async function usedFolder(): Promise<string> {
  const folder = emptyFolder()
  const store = await opened(folder)
  await store.journal.append(
    Array.from({ length: 300 }, (_, index) => ({ kind: 'round.done', at: instant(index), by: 'wang', data: { index } })),
  )
  await store.historian.record(walk(5000))
  await store.close()
  return folder
}
const has = async (folder: string): Promise<{ entries: number; readings: number; damaged: string[] }> => {
  const store = await opened(folder)
  const found = { entries: (await store.journal.page({ limit: 9999 })).entries.length, readings: (await timesOf(store)).length }
  const damaged = store.damage.map(({ file }) => file.replace(`${folder}/`, ''))
  // It works on: both take new data.
  await store.journal.append([{ kind: 'gateway.started', at: instant(0), by: 'system', data: {} }])
  await store.historian.record([reads(1e12, 4)])
  expect(store.trouble).toBeUndefined()
  await store.close()
  return { ...found, damaged }
}

const kinds: readonly { name: string; spoil: (file: string) => void }[] = [
  { name: 'emptied', spoil: file => truncateSync(file, 0) },
  { name: 'cut in the middle', spoil: file => truncateSync(file, Math.floor(readFileSync(file).length / 2 / 4096) * 4096) },
  { name: 'cut within a page', spoil: file => truncateSync(file, readFileSync(file).length - 1000) },
  { name: 'filled with zeros', spoil: file => writeFileSync(file, Buffer.alloc(readFileSync(file).length)) },
  { name: 'not a database', spoil: file => writeFileSync(file, '值守'.repeat(5000)) },
  { name: 'overwritten in the middle', spoil: file => writeFileSync(file, overwritten(readFileSync(file))) },
  { name: 'the database of something else', spoil: foreign },
]

describe.each(['ledger.db', 'history.db'])('a %s that is', name => {
  test.each(kinds)('$name is set aside, and the other file costs nothing', async ({ spoil }) => {
    const folder = await usedFolder()
    spoil(join(folder, name))
    const spoilt = readFileSync(join(folder, name))

    expect(await has(folder)).toEqual({
      entries: name === 'ledger.db' ? 0 : 300,
      readings: name === 'history.db' ? 0 : 5000,
      damaged: [name],
    })
    const aside = readdirSync(folder).filter(entry => entry.startsWith('damaged-'))
    expect(aside).toHaveLength(1)
    expect(readFileSync(join(folder, aside[0] ?? '', name)).equals(spoilt)).toBe(true)
    // The next start finds nothing wrong.
    expect((await has(folder)).damaged).toEqual([])
  })
})

test('a write-ahead log with a torn end loses only the transaction that was not finished', async () => {
  const folder = emptyFolder()
  const store = await opened(folder)
  for (let index = 0; index < 20; index++) await store.journal.append([{ kind: 'a', at: instant(index), by: 'system', data: {} }])
  // What a crash would leave: both files as they are while the gateway runs.
  const crashed = emptyFolder()
  for (const file of ['ledger.db', 'ledger.db-wal']) writeFileSync(join(crashed, file), readFileSync(join(folder, file)))
  truncateSync(join(crashed, 'ledger.db-wal'), readFileSync(join(crashed, 'ledger.db-wal')).length - 100)

  const again = await opened(crashed)
  const { entries } = await again.journal.page({ limit: 99 })

  expect(again.damage).toEqual([])
  expect(entries.map(entry => entry.seq)).toEqual(Array.from({ length: 19 }, (_, index) => index + 1))
  expect((await again.journal.append([{ kind: 'b', at: instant(0), by: 'system', data: {} }]))[0]?.seq).toBe(20)
})

test('data of a newer version is left alone, and the start is refused', async () => {
  const folder = await usedFolder()
  const database = openDatabase(join(folder, 'ledger.db'))
  database.exec('PRAGMA user_version = 99')
  database.close()

  await expect(opened(folder)).rejects.toThrow('newer version')
  expect(readdirSync(folder).filter(entry => entry.startsWith('damaged-'))).toEqual([])
})

test('a block with a wrong checksum is left out, counted and told; the rest is served', async () => {
  const folder = await usedFolder()
  const database = openDatabase(join(folder, 'history.db'))
  const block = database.prepare('SELECT id, rows, data FROM block ORDER BY first LIMIT 1').get()
  const data = Buffer.from(block?.['data'] as Uint8Array)
  data[100] = (data[100] ?? 0) ^ 4
  database.prepare('UPDATE block SET data = ? WHERE id = ?').run(data, Number(block?.['id']))
  database.close()
  const lost = Number(block?.['rows'])

  const store = await opened(folder)
  const buckets = await store.historian.buckets(temperature, ...forever, 1e9 as never)

  expect(await timesOf(store)).toHaveLength(5000 - lost)
  expect(buckets.reduce((sum, bucket) => sum + bucket.count, 0)).toBe(5000 - lost)
  expect(store.damage).toMatchObject([{ file: 'history.db', why: expect.stringContaining('1 block') }])
  expect(store.trouble).toContain('damaged')
  // The time of the lost readings takes new ones, and the bytes of the old are kept.
  await store.historian.record(walk(5000))
  await store.historian.record(walk(3000, 5000))
  expect(store.trouble).toBeUndefined()
  expect(await timesOf(store)).toEqual(walk(8000).map(({ reading }) => reading.at))
})

test('a damaged lock file keeps nobody out', async () => {
  const folder = await usedFolder()
  writeFileSync(join(folder, 'lock.db'), 'no lock at all'.repeat(1000))

  expect((await has(folder)).entries).toBe(300)
  expect(existsSync(join(folder, 'lock.db'))).toBe(true)
})

function overwritten(bytes: Buffer): Buffer {
  return Buffer.concat([
    bytes.subarray(0, 4096),
    Buffer.alloc(Math.min(40_960, bytes.length - 4096), 0xa5),
    bytes.subarray(4096 + 40_960),
  ])
}

function foreign(file: string): void {
  writeFileSync(file, '')
  const database = openDatabase(file)
  database.exec('CREATE TABLE songs (title TEXT)')
  database.close()
}

test('a data folder that cannot be made is refused at once', async () => {
  await expect(openStore('/proc/zhishou/data', { wall: systemClock })).rejects.toThrow(/\/proc/)
})
