import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import { leafOf } from '../../gateway/journal/leaf.ts'
import { openDatabase } from '../../gateway/store/database.ts'
import type { EmbeddedStore } from '../../gateway/store/open.ts'
import { emptyFolder, opened } from '../store/folder.ts'

const draft = (kind: string, at: number, data: object = { secret: `what ${kind} said` }) => ({
  kind,
  at: instant(at),
  by: 'wang',
  about: 'cold-1',
  data: data as Readonly<Record<string, unknown>>,
})
const all = async (store: EmbeddedStore) => (await store.journal.page({ limit: 100 })).entries

async function journalWithStub(folder = emptyFolder()): Promise<{ store: EmbeddedStore; folder: string }> {
  const store = await opened(folder)
  await store.journal.append(
    ['record.dosing', 'record.defrost', 'account.created', 'record.round'].map(kind => draft(kind, 1_000)),
  )
  await store.journal.append([draft('retention.removed', 2_000, { seqs: [[1, 2]] })])
  return { store, folder }
}

test('the data of named entries go, everything else of them stays, and readers see the stub', async () => {
  const { store } = await journalWithStub()
  const before = await all(store)

  expect(await store.archive.strike(5, [[1, 2]])).toBe(2)

  const after = await all(store)
  expect(after.map(({ data }) => data)).toEqual([
    { removed: 5 },
    { removed: 5 },
    before[2]?.data,
    before[3]?.data,
    before[4]?.data,
  ])
  expect(after.map(entry => ({ ...entry, data: '' }))).toEqual(before.map(entry => ({ ...entry, data: '' })))
  expect(after.slice(2).every(entry => leafOf(entry) === entry.leaf)).toBe(true)
})

test('done twice it changes nothing more', async () => {
  const { store } = await journalWithStub()
  await store.archive.strike(5, [[1, 2]])

  expect(await store.archive.strike(5, [[1, 2]])).toBe(0)
})

test.each([
  ['without a stub', 4, [[1, 1]]],
  ['by a stub that is none', 3, [[1, 1]]],
  ['for what comes after its stub', 5, [[5, 5]]],
  ['of an account', 5, [[3, 3]]],
  ['of an inverted range', 5, [[2, 1]]],
] as const)('nothing is removed %s', async (_, stub, ranges) => {
  const { store } = await journalWithStub()
  const before = await all(store)

  await expect(store.archive.strike(stub, ranges)).rejects.toThrow()

  expect(await all(store)).toEqual(before)
  // The refusal costs nobody else's write.
  expect(await store.journal.append([draft('record.round', 3_000)])).toHaveLength(1)
})

test('any other change of the journal is refused by the database itself, also while something is being removed', async () => {
  const { store, folder } = await journalWithStub()
  await store.close()
  const database = openDatabase(join(folder, 'ledger.db'))
  const refused = (sql: string): void => expect(() => database.exec(sql), sql).toThrow(/append-only|without its stub|holes/)

  refused(`UPDATE entry SET data = '{"removed":5}' WHERE seq = 1`)
  refused(`INSERT INTO removing VALUES (1, 2, 4)`)
  refused(`INSERT INTO removing VALUES (1, 9, 5)`)
  database.exec('BEGIN')
  database.exec('INSERT INTO removing VALUES (1, 2, 5)')
  refused(`UPDATE entry SET data = '{"removed":6}' WHERE seq = 1`)
  refused(`UPDATE entry SET data = '{}' WHERE seq = 1`)
  refused(`UPDATE entry SET data = '{"removed":5}', kind = 'x' WHERE seq = 1`)
  refused(`UPDATE entry SET data = '{"removed":5}', by = 'li' WHERE seq = 1`)
  refused(`UPDATE entry SET data = '{"removed":5}', at = 5 WHERE seq = 1`)
  refused(`UPDATE entry SET data = '{"removed":5}', about = NULL WHERE seq = 1`)
  refused(`UPDATE entry SET data = '{"removed":5}', leaf = 'f' WHERE seq = 1`)
  refused(`UPDATE entry SET data = '{"removed":5}', seq = 99 WHERE seq = 1`)
  refused(`UPDATE entry SET data = '{"removed":5}' WHERE seq = 3`)
  refused(`UPDATE entry SET data = '{"removed":5}' WHERE seq = 4`)
  refused('DELETE FROM entry WHERE seq = 1')
  refused(`REPLACE INTO entry SELECT seq, at, written_at, kind, by, about, '{"removed":5}', leaf FROM entry WHERE seq = 1`)
  database.exec(`UPDATE entry SET data = '{"removed":5}' WHERE seq = 1`)
  database.exec('ROLLBACK')
  database.close()
})

test('what was removed is in no byte of the file any more', async () => {
  const { store, folder } = await journalWithStub()
  await store.archive.strike(5, [[1, 2]])
  await store.close()

  const bytes = readFileSync(join(folder, 'ledger.db')).toString('latin1')
  expect(bytes).not.toContain('what record.dosing said')
  expect(bytes).toContain('what record.round said')
})

test('aged entries come in windows, with what their data name, without those that are gone', async () => {
  const { store } = await journalWithStub()
  await store.journal.append([
    draft('alarm.raised', 1_000, { equipment: 'cold-1', retention: '2y', clause: 'CAN-1' }),
    draft('alarm.raised', 9_000, {}),
  ])
  await store.archive.strike(5, [[1, 2]])

  const { entries, next } = await store.archive.aged({ after: 0, before: instant(5_000) })

  expect(next).toBeUndefined()
  expect(entries.map(({ seq }) => seq)).toEqual([3, 4, 5, 6])
  expect(entries.at(-1)).toMatchObject({ kind: 'alarm.raised', equipment: 'cold-1', retention: '2y', clause: 'CAN-1' })
})

test('a ledger of the version before gets the new rules when it is opened', async () => {
  const folder = emptyFolder()
  await (await opened(folder)).close()
  const old = openDatabase(join(folder, 'ledger.db'))
  const { ledgerLayout } = await import('../../gateway/store/ledger.ts')
  for (const row of old.prepare("SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%'").all())
    old.exec(`DROP ${String(row['type'])} IF EXISTS ${String(row['name'])}`)
  old.exec(ledgerLayout.schema)
  old.exec('PRAGMA user_version = 1')
  old.close()

  const { store } = await journalWithStub(folder)

  expect(await store.archive.strike(5, [[1, 1]])).toBe(1)
  expect(store.damage).toEqual([])
})
