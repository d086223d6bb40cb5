import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, test } from 'vitest'
import { lookBack } from '../../gateway/store/past.ts'
import { openZip } from '../../gateway/zip.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { instant, minutes } from '../../protocols/contract/time.ts'
import { emptyFolder, opened } from './folder.ts'

/** A data directory as the first version wrote it: 1,500 readings each of three points, with bad and late ones, and 25 entries. */
let folder: string
const began = Date.UTC(2026, 8, 1)
const end = began + 15_000_000
const cold = 'cold-1.temperature' as PointId

beforeEach(async () => {
  folder = emptyFolder()
  const zip = await openZip(join(import.meta.dirname, 'version-1.zip'))
  for (const name of zip.names) await pipeline(await zip.read(name), createWriteStream(join(folder, name)))
  zip.close()
})

const versionOf = (name: string): unknown => {
  const database = new DatabaseSync(join(folder, name), { readOnly: true })
  const { user_version: version } = database.prepare('PRAGMA user_version').get() ?? {}
  database.close()
  return version
}

describe('data of the first version', () => {
  test('are brought to this version when they are opened, and nothing of them is different', async () => {
    expect([versionOf('ledger.db'), versionOf('history.db')]).toEqual([1, 1])
    const store = await opened(folder)
    expect(store.damage).toEqual([])
    const { samples } = await store.historian.raw(cold, instant(began), instant(end), 10_000)
    expect(samples).toHaveLength(1_500)
    samples.forEach(({ t, v, q }, index) => {
      expect(t).toBe(began + index * 10_000)
      expect(q).toBe('good')
      expect(v).toBe(Math.round(40 + 30 * Math.sin(index / 40)) / 10)
    })
    const gaps = await store.historian.gaps('cold-2.temperature' as PointId, instant(began), instant(end), minutes(5))
    expect(gaps.filter(({ cause }) => cause === 'device-silent')).toHaveLength(30)
    const { entries } = await store.journal.page({ limit: 100 })
    expect(entries.map(({ data }) => data['n'])).toEqual(Array.from({ length: 25 }, (_, index) => index + 1))
    expect(entries.every(({ data }) => !('damaged' in data))).toBe(true)
    expect(await store.accounts.get('account', 'li')).toEqual({ name: 'li' })
    await store.close()
    expect([versionOf('ledger.db'), versionOf('history.db')]).toEqual([2, 2])
  })

  test('go on where they were: what is recorded now stands behind them and is sealed; what was read before there were periods belongs to none', async () => {
    const store = await opened(folder)
    const at = instant(end + 60_000)
    await store.historian.listening(at)
    await store.historian.record([{ reading: { point: cold, at, receivedAt: at, value: 4.4, quality: 'good' } }])
    while (await store.evidence.closePeriod(at, 0)) {
      // One after the other, until there is none.
    }
    const closed = await store.evidence.closedPeriods(-1, 10)
    expect(closed.map(({ rows }) => rows)).toEqual([1])
    await store.close()
    const again = await opened(folder)
    expect((await again.stats()).readings).toBe(4_501)
    await again.close()
  })

  test('are read by a command only after a gateway has opened them, and that is said', async () => {
    const before = await readFile(join(folder, 'history.db'))
    expect(() => lookBack(folder, () => 0)).toThrow(/older version.*Start the gateway once/)
    expect(before.equals(await readFile(join(folder, 'history.db')))).toBe(true)
    await (await opened(folder)).close()
    expect(lookBack(folder, past => past.firstAt(cold))).toBe(began)
  })
})
