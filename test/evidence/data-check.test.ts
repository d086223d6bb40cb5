import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Given } from '../../gateway/evidence/verdict.ts'
import { checkData } from '../../gateway/evidence/data-check.ts'
import { makeKey, nodeProving, publicKeyOf, fingerprintOf, signed } from '../../gateway/evidence/signed.ts'
import type { SignedHead } from '../../gateway/evidence/signed.ts'
import { canonical } from '../../gateway/journal/canonical.ts'
import { leafOf } from '../../gateway/journal/leaf.ts'
import { openDatabase } from '../../gateway/store/database.ts'
import type { Database } from '../../gateway/store/database.ts'
import { instant } from '../../protocols/contract/time.ts'
import { emptyFolder } from '../store/folder.ts'
import { done, readings, stand } from './stand.ts'

const given: Given = { proving: nodeProving, key: undefined, heads: [] }
let original: string
let entries: number
let newest: SignedHead

/** Made once, by the first test that asks. */
let made: Promise<void> | undefined
async function make(): Promise<void> {
  const ground = await stand()
  ground.notary.start()
  await ground.store.historian.record(readings(1_300))
  const drafts = Array.from({ length: 40 }, (_, index) => ({ ...done, data: { value: index, word: `第 ${index} 次` } }))
  await ground.store.journal.append(drafts)
  await ground.notary.prove()
  await ground.store.journal.append(Array.from({ length: 20 }, () => done))
  await ground.store.historian.record(readings(30, 1_300))
  newest = (await ground.notary.prove()).head as SignedHead
  await ground.store.historian.record(readings(4, 1_330))
  entries = (await ground.store.stats()).entries
  await ground.store.close()
  original = mkdtempSync(join(tmpdir(), 'zhishou-evidence-'))
  cpSync(ground.folder, original, { recursive: true })
}
beforeEach(() => (made ??= make()))
afterAll(() => rmSync(original, { recursive: true, force: true }))

/** A copy of the directory with somebody's hand in it: the triggers are no obstacle to whoever has the file. */
async function tampered(file: 'ledger' | 'history', act: (database: Database) => void, more = given) {
  const folder = emptyFolder()
  cpSync(original, folder, { recursive: true })
  const database = openDatabase(join(folder, `${file}.db`))
  const triggers = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all()
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${String(name)}`)
  act(database)
  for (const { sql } of triggers) database.exec(String(sql))
  database.close()
  return checkData(folder, more)
}
const renumber = (database: Database, from: number, by: number): void => {
  database.exec(`UPDATE entry SET seq = -(seq + ${by}) WHERE seq >= ${from}`)
  database.exec('UPDATE entry SET seq = -seq WHERE seq < 0')
}

describe('a data directory', () => {
  test('that nobody touched is as it was made, also on another machine', async () => {
    const verdict = await checkData(original, given)
    expect(verdict.finding).toBeUndefined()
    expect(verdict.counts).toMatchObject({ entries, heads: 3, readings: 4_002, unsealed: 12, periods: 2, removed: 0 })
    expect(verdict.fingerprint).toMatch(/^[0-9a-f]{4}(-[0-9a-f]{4}){3}$/)
  })

  test('names an altered entry, whichever of its columns it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom('at', 'written_at', 'kind', 'by', 'about', 'data', 'leaf'),
        async (seq, column) => {
          const change =
            column === 'at' || column === 'written_at'
              ? `${column} + 1`
              : column === 'data'
                ? `replace(data, '}', ',"x":1}')`
                : `coalesce(${column}, '') || 'x'`
          const { finding } = await tampered('ledger', database =>
            database.exec(`UPDATE entry SET ${column} = ${change} WHERE seq = ${seq}`),
          )
          expect(finding).toMatchObject({ kind: 'altered', place: `entry ${seq}` })
        },
      ),
      { numRuns: 12 },
    )
  })

  test('names a missing entry, with a hole and with the rest numbered anew', async () => {
    const hole = await tampered('ledger', database => database.exec('DELETE FROM entry WHERE seq = 17'))
    expect(hole.finding).toMatchObject({ kind: 'missing', place: 'entry 17' })
    const closed = await tampered('ledger', database => {
      database.exec('DELETE FROM entry WHERE seq = 17')
      renumber(database, 18, -1)
    })
    expect(closed.finding).toMatchObject({ kind: 'missing', place: 'entry 17' })
  })

  test('names an inserted entry and two that were swapped', async () => {
    const inserted = await tampered('ledger', database => {
      renumber(database, 20, 1)
      const entry = { ...done, seq: 20, writtenAt: instant(7) }
      database
        .prepare('INSERT INTO entry VALUES (20, 5, 7, ?, ?, ?, ?, ?)')
        .run(entry.kind, entry.by, 'cold-1.high', canonical(entry.data), leafOf(entry))
    })
    expect(inserted.finding).toMatchObject({ kind: 'inserted', place: 'entry 20' })
    const swapped = await tampered('ledger', database =>
      database.exec(
        'UPDATE entry SET seq = -1 WHERE seq = 30; UPDATE entry SET seq = 30 WHERE seq = 31; UPDATE entry SET seq = 31 WHERE seq = -1',
      ),
    )
    expect(swapped.finding).toMatchObject({ kind: 'swapped', place: 'entry 30' })
  })

  test('names the stretch in which an entry was rewritten with its leaf', async () => {
    const { finding } = await tampered('ledger', database => {
      const row = database.prepare('SELECT * FROM entry WHERE seq = 25').get() as Record<string, never>
      const entry = {
        seq: 25,
        at: row['at'],
        writtenAt: row['written_at'],
        kind: row['kind'],
        by: 'somebody',
        about: row['about'],
        data: JSON.parse(String(row['data'])) as never,
      }
      database.prepare("UPDATE entry SET by = 'somebody', leaf = ? WHERE seq = 25").run(leafOf(entry as never))
    })
    expect(finding).toMatchObject({ kind: 'altered' })
    const [, from, to] = /entries (\d+) to (\d+)/.exec(finding?.place ?? '') ?? []
    expect(Number(from)).toBeLessThanOrEqual(25)
    expect(Number(to)).toBeGreaterThanOrEqual(25)
    expect(Number(to)).toBeLessThan(entries)
  })

  test('tells that the end was cut off: by its own heads, and without them by those kept outside', async () => {
    const cut = `DELETE FROM entry WHERE seq > ${newest.size - 5}`
    expect((await tampered('ledger', database => database.exec(cut))).finding).toMatchObject({
      kind: 'truncated',
      place: `entry ${newest.size - 4}`,
    })
    const both = (database: Database): void => database.exec(`${cut}; DELETE FROM head WHERE size > ${newest.size - 5}`)
    expect((await tampered('ledger', both)).finding?.kind).not.toBe('truncated')
    expect((await tampered('ledger', both, { ...given, heads: [newest] })).finding).toMatchObject({
      kind: 'truncated',
      place: `entry ${newest.size - 4}`,
    })
  })

  test('names a forged head and another key', async () => {
    const forged = await tampered('ledger', database =>
      database.exec(`UPDATE head SET json = replace(json, '"size":${newest.size}', '"size":${newest.size - 1}')`),
    )
    expect(forged.finding?.kind).toBe('wrong-signature')
    const key = makeKey()
    const others = fingerprintOf(publicKeyOf(key))
    const resigned = (database: Database): void => {
      const { publicKey: _, signature: __, ...head } = newest
      database.prepare('UPDATE head SET json = ? WHERE size = ?').run(JSON.stringify(signed(head, key)), newest.size)
    }
    const ours = (await checkData(original, given)).fingerprint
    expect((await tampered('ledger', resigned, { ...given, key: ours as string | undefined })).finding).toMatchObject({
      kind: 'other-key',
    })
    expect((await tampered('ledger', resigned)).notes.map(({ en }) => en).join()).toContain(others)
  })

  test('names the point and the time of readings that were altered, removed or put in', async () => {
    const digest = await tampered('history', database =>
      database.exec("UPDATE sealed_series SET digest = x'00' WHERE period = 1 AND point = 1"),
    )
    expect(digest.finding).toMatchObject({ kind: 'altered', place: 'readings period 1' })
    const gone = await tampered('history', database => database.exec('DELETE FROM block WHERE id = (SELECT min(id) FROM block)'))
    expect(gone.finding).toMatchObject({
      kind: 'missing',
      place: expect.stringMatching(/^readings of (cold-1.temperature|cold-2.temperature|tank.level), period 1$/),
    })
    expect(gone.finding?.say.en).toContain('2026-09-01T00:00')
    const period = await tampered('history', database =>
      database.exec('DELETE FROM sealed_period WHERE id = 2; DELETE FROM sealed_series WHERE period = 2'),
    )
    expect(period.finding).toMatchObject({ kind: 'missing', place: 'readings period 2' })
    const damaged = await tampered('history', database =>
      database.exec('UPDATE block SET data = zeroblob(400) WHERE id = (SELECT min(id) FROM block)'),
    )
    expect(damaged.finding?.kind).toBe('missing')
  })

  test('with entries removed after their time is as it was made; without a stub it is not', async () => {
    const removed = await tampered('ledger', database => database.exec(`UPDATE entry SET data = '{"removed":66}' WHERE seq = 10`))
    expect(removed.finding).toMatchObject({ kind: 'altered', place: 'entry 10' })
    const ground = await stand()
    await ground.store.journal.append(Array.from({ length: 10 }, () => done))
    const page = await ground.store.journal.page({ limit: 10 })
    const leaves = createHash('sha256')
    for (const { leaf } of page.entries.slice(2, 5)) leaves.update(Buffer.from(leaf, 'hex'))
    const stub = await ground.note({
      kind: 'retention.removed',
      by: 'system',
      data: { seqs: [[3, 5]], count: 3, leaves: leaves.digest('hex') },
    })
    await ground.store.archive.strike(stub.seq, [[3, 5]])
    await ground.notary.prove()
    const verdict = await checkData(ground.folder, given)
    expect(verdict.finding).toBeUndefined()
    expect(verdict.counts['removed']).toBe(3)
    expect(verdict.notes.map(({ zh }) => zh).join()).toContain('3 条记录已按保存期限清除')
  })
})
