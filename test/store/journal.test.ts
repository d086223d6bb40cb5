import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openDatabase } from '../../gateway/store/database.ts'
import { openStoreReadOnly } from '../../gateway/store/open.ts'
import { leafOf } from '../../gateway/journal/leaf.ts'
import type { Draft } from '../../gateway/journal/entry.ts'
import { instant } from '../../protocols/contract/time.ts'
import { emptyFolder, opened, wall } from './folder.ts'

const raised = (at: number, about = 'cold-1.high'): Draft => ({
  kind: 'alarm.raised',
  at: instant(at),
  by: 'system',
  about,
  data: { value: 9.5, unit: '°C' },
})
const signedIn = (at: number): Draft => ({ kind: 'account.signed-in', at: instant(at), by: 'wang', data: {} })

describe('the journal', () => {
  test('gives each entry its place and its leaf, and has them after a restart', async () => {
    const folder = emptyFolder()
    const store = await opened(folder)

    const written = [...(await store.journal.append([raised(1), signedIn(2)])), ...(await store.journal.append([raised(3)]))]
    await store.close()
    const again = await opened(folder)
    const { entries } = await again.journal.page({ limit: 10 })

    expect(entries).toEqual(written)
    expect(entries.map(entry => entry.seq)).toEqual([1, 2, 3])
    for (const { leaf, ...rest } of entries) expect(leafOf(rest)).toBe(leaf)
    expect(entries[1]).not.toHaveProperty('about')
    expect((await again.journal.append([raised(4)]))[0]?.seq).toBe(4)
  })

  test('keeps the order in which appends were asked, however many wait together', async () => {
    const store = await opened(emptyFolder())

    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, index) => store.journal.append([raised(index), raised(index)])),
    )

    expect(answers.flat().map(entry => entry.seq)).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1))
    expect(answers.flat().map(entry => entry.at)).toEqual(Array.from({ length: 1000 }, (_, index) => index >> 1))
  })

  test('writes what waits together with one commit', async () => {
    const folder = emptyFolder()
    const store = await opened(folder)
    await store.journal.append([raised(0)])
    const frames = (): Promise<number> => store.stats().then(stats => stats.bytes)

    const before = await frames()
    await Promise.all(Array.from({ length: 200 }, (_, index) => store.journal.append([raised(index)])))
    const together = (await frames()) - before
    for (let index = 0; index < 200; index++) await store.journal.append([raised(index)])
    const oneByOne = (await frames()) - before - together

    // Each commit writes whole pages to the write-ahead log, so shared commits write far less.
    expect(together * 5).toBeLessThan(oneByOne)
  })

  test('refuses an append that JSON cannot say, and only that one', async () => {
    const store = await opened(emptyFolder())

    const [first, wrong, last] = await Promise.allSettled([
      store.journal.append([raised(1)]),
      store.journal.append([raised(2), { ...raised(3), data: { value: Number.NaN } }], [{ key: 'k', value: 1 }]),
      store.journal.append([raised(4)]),
    ])

    expect([first?.status, wrong?.status, last?.status]).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((await store.journal.page({ limit: 10 })).entries.map(entry => [entry.seq, entry.at])).toEqual([
      [1, 1],
      [2, 4],
    ])
    expect((await store.journal.checkpoints()).size).toBe(0)
  })

  test('keeps checkpoints with the entries they led to', async () => {
    const folder = emptyFolder()
    const store = await opened(folder)

    await store.journal.append(
      [raised(1)],
      [
        { key: 'rule-1', value: { since: 5, note: '冷' } },
        { key: 'rule-2', value: null },
      ],
    )
    await store.journal.append([], [{ key: 'rule-1', value: { since: 6 } }])
    await store.journal.append([], [{ key: 'rule-2', value: undefined }])
    await store.close()

    expect(await (await opened(folder)).journal.checkpoints()).toEqual(new Map([['rule-1', { since: 6 }]]))
  })

  test('is read page by page from either end, by kind, subject and time', async () => {
    const store = await opened(emptyFolder())
    await store.journal.append([raised(10), signedIn(20), raised(30, 'tank.low'), raised(40), signedIn(50)])
    const seqs = async (query: Parameters<typeof store.journal.page>[0]): Promise<unknown> => {
      const { entries, next } = await store.journal.page(query)
      return [entries.map(entry => entry.seq), next]
    }

    expect(await seqs({ limit: 2 })).toEqual([[1, 2], 2])
    expect(await seqs({ limit: 3, after: 2 })).toEqual([[3, 4, 5], undefined])
    expect(await seqs({ limit: 2, newestFirst: true })).toEqual([[5, 4], 4])
    expect(await seqs({ limit: 9, newestFirst: true, after: 4 })).toEqual([[3, 2, 1], undefined])
    expect(await seqs({ limit: 9, kinds: ['alarm.raised'], about: 'cold-1.high' })).toEqual([[1, 4], undefined])
    expect(await seqs({ limit: 9, kinds: ['nothing', 'account.signed-in'] })).toEqual([[2, 5], undefined])
    expect(await seqs({ limit: 9, kinds: [] })).toEqual([[], undefined])
    expect(await seqs({ limit: 9, from: instant(20), to: instant(40) })).toEqual([[2, 3], undefined])
  })

  test('cannot be changed, shortened, replaced or left with a hole, not even with SQL', async () => {
    const folder = emptyFolder()
    const store = await opened(folder)
    await store.journal.append([raised(1), raised(2)])
    await store.close()
    const database = openDatabase(join(folder, 'ledger.db'))

    for (const sql of [
      "UPDATE entry SET data = '{}' WHERE seq = 1",
      'DELETE FROM entry WHERE seq = 2',
      'DELETE FROM entry',
      'INSERT OR REPLACE INTO entry SELECT * FROM entry WHERE seq = 1',
      'INSERT INTO entry SELECT seq + 9, at, written_at, kind, by, about, data, leaf FROM entry WHERE seq = 1',
    ]) {
      expect(() => database.exec(sql)).toThrow(/journal/)
    }
    database.close()
  })
})

test('accounts, sessions and tokens are put, found, listed and removed, and survive a restart', async () => {
  const folder = emptyFolder()
  const store = await opened(folder)
  await store.accounts.put('account', 'wang', { role: 'operator', 名: '王' })
  await store.accounts.put('account', 'li', { role: 'viewer' })
  await store.accounts.put('account', 'li', { role: 'admin' })
  await store.accounts.put('session', 'li', { until: 5 })
  await store.accounts.remove('session', 'li')
  await store.close()

  const again = await opened(folder)

  expect(await again.accounts.get('account', 'wang')).toEqual({ role: 'operator', 名: '王' })
  expect(await again.accounts.get('token', 'wang')).toBeUndefined()
  expect(await again.accounts.all('session')).toEqual([])
  expect(await again.accounts.all('account')).toEqual([
    { key: 'li', value: { role: 'admin' } },
    { key: 'wang', value: { role: 'operator', 名: '王' } },
  ])
})

test('a reader beside the running gateway sees what is written, and writes nothing', async () => {
  const folder = emptyFolder()
  const store = await opened(folder)
  await store.journal.append([raised(1)])
  const reader = await openStoreReadOnly(folder, { wall })

  await store.journal.append([raised(2)])

  expect((await reader.journal.page({ limit: 9 })).entries).toHaveLength(2)
  await expect(reader.journal.append([raised(3)])).rejects.toThrow('reading only')
  await reader.close()
  expect((await store.journal.append([raised(3)]))[0]?.seq).toBe(3)
})

test('a folder without data is not opened for reading', async () => {
  await expect(openStoreReadOnly(emptyFolder(), { wall })).rejects.toMatchObject({ name: 'StoreTrouble' })
})

test('gives pages of several kinds as a plain filter of the whole would, whichever way and whatever else is asked', async () => {
  const store = await opened(emptyFolder())
  const kinds: readonly string[] = ['a.one', 'a.two', 'b.one', 'rare']
  const drafts = Array.from({ length: 300 }, (_, index): Draft => {
    const kind = index === 150 ? 'rare' : (kinds[(index * 7) % 3] ?? 'a.one')
    return { kind, at: instant((index * 37) % 300), by: 'system', ...(index % 4 === 0 ? { about: 'x' } : {}), data: { index } }
  })
  await store.journal.append(drafts)
  const { entries: all } = await store.journal.page({ limit: 1_000 })

  for (const wanted of [['a.one', 'rare'], ['b.one', 'a.two', 'b.one'], kinds, ['none', 'rare'], ['none', 'other']])
    for (const newestFirst of [false, true])
      for (const more of [{}, { about: 'x' }, { from: instant(40), to: instant(200) }] as const) {
        const whole = all.filter(
          ({ kind, about, at }) =>
            wanted.includes(kind) &&
            (!('about' in more) || about === more.about) &&
            (more.from === undefined || more.to === undefined || (at >= more.from && at < more.to)),
        )
        const expected = newestFirst ? whole.toReversed() : whole
        const found: number[] = []
        for (let after: number | undefined; ;) {
          const query = { kinds: wanted, limit: 17, newestFirst, ...more, ...(after === undefined ? {} : { after }) }
          const { entries, next } = await store.journal.page(query)
          found.push(...entries.map(({ seq }) => seq))
          if (next === undefined) break
          after = next
        }
        expect(found).toEqual(expected.map(({ seq }) => seq))
      }
})
