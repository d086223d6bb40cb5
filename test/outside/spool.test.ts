import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { spansOf } from '../../gateway/historian/spool-page.ts'
import type { SpoolPage } from '../../gateway/historian/spool-page.ts'
import type { EmbeddedStore } from '../../gateway/store/open.ts'
import type { StoredReading } from '../../gateway/store/store.ts'
import { instant } from '../../protocols/contract/time.ts'
import { emptyFolder, fails, late, opened, point, reads, temperature } from '../store/folder.ts'

const door = point('door')
const told = (page: SpoolPage | undefined): string[] =>
  (page?.which ?? []).map((place, index) => `${page?.points[place]}@${page?.rows.at[index]}=${page?.rows.value[index]}`)

/** Takes everything that waits, page by page, and acknowledges each. */
async function takeAll(store: EmbeddedStore, name: string, most: number, from: 'next' | 'refill' = 'next'): Promise<string[]> {
  const all: string[] = []
  for (;;) {
    const page = await store.spool[from](name, most)
    if (!page) return all
    all.push(...told(page))
    await store.spool.sent(name, page.place)
  }
}
const waiting = async (store: EmbeddedStore, name: string) => {
  const { rows, oldest, refused, refills } = await store.spool.state(name)
  return { rows, oldest, refused, refills }
}

test('nothing waits where nobody is to be told', async () => {
  const store = await opened(emptyFolder())
  await store.historian.record([reads(0, 1)])
  await expect(store.spool.state('nobody')).rejects.toThrow(/nobody called nobody/)
})

test('what is recorded waits in the order in which it came, through a restart, until it is acknowledged', async () => {
  const folder = emptyFolder()
  const before = await opened(folder)
  await before.spool.begin(['influx'])
  await before.historian.record([reads(20_000, 2), reads(10_000, 1, door)])
  await before.historian.record([late(reads(5_000, 0.5)), fails(30_000, 'timeout')])
  // Known already: stored once, told once.
  await before.historian.record([reads(20_000, 9)])
  await before.close()

  const store = await opened(folder)
  await store.spool.begin(['influx'])
  expect(await waiting(store, 'influx')).toEqual({ rows: 4, oldest: 20_020, refused: 0, refills: 0 })
  const first = await store.spool.next('influx', 3)
  expect(told(first)).toEqual(['cold-1.temperature@20000=2', 'cold-1.door@10000=1', 'cold-1.temperature@5000=0.5'])
  // Not acknowledged: the same again.
  expect(await store.spool.next('influx', 3)).toEqual(first)
  await store.spool.sent('influx', first?.place as SpoolPage['place'])
  expect((await waiting(store, 'influx')).rows).toBe(1)
  expect(await takeAll(store, 'influx', 100)).toEqual(['cold-1.temperature@30000=0'])
  expect(await waiting(store, 'influx')).toEqual({ rows: 0, oldest: undefined, refused: 0, refills: 0 })
})

test('each of two is told by itself, and one that is named no more is forgotten', async () => {
  const store = await opened(emptyFolder())
  await store.spool.begin(['a', 'b'])
  await store.historian.record([reads(1_000, 1)])
  expect(await takeAll(store, 'a', 10)).toEqual(['cold-1.temperature@1000=1'])
  expect((await waiting(store, 'b')).rows).toBe(1)
  await store.historian.record([reads(2_000, 2)])
  await store.spool.begin(['a'])
  expect(await takeAll(store, 'a', 10)).toEqual(['cold-1.temperature@2000=2'])
  await expect(store.spool.next('b', 10)).rejects.toThrow(/nobody called b/)
})

test('one that is new hears of everything that is stored, point after point', async () => {
  const store = await opened(emptyFolder())
  await store.historian.listening(instant(0))
  for (let part = 0; part < 3; part++)
    await store.historian.record(
      Array.from({ length: 1_000 }, (_, index) => reads((part * 1_000 + index) * 1_000, index, index % 2 ? door : temperature)),
    )
  await store.spool.begin(['new'])
  await store.historian.record([reads(9_000_000, 7)])
  expect(await takeAll(store, 'new', 400)).toEqual(['cold-1.temperature@9000000=7'])
  const again = await takeAll(store, 'new', 271, 'refill')
  expect(again.length).toBe(new Set(again).size)
  expect(again.length).toBe(3_001)
  expect((await waiting(store, 'new')).refills).toBe(0)
})

test('over the budget the oldest goes, and its times are sent again from the history', async () => {
  const store = await opened(emptyFolder())
  await store.spool.begin(['slow'])
  for (let minute = 0; minute < 60; minute++)
    await store.historian.record(Array.from({ length: 60 }, (_, index) => reads((minute * 60 + index) * 1_000, index / 10)))
  const { bytes } = await store.spool.state('slow')
  expect(await store.spool.excess('slow', bytes)).toBe(undefined)
  const excess = await store.spool.excess('slow', Math.floor(bytes / 2))
  expect(excess?.from).toBe(59_020)
  await store.spool.drop('slow', excess?.upTo ?? 0)
  const left = await store.spool.state('slow')
  expect(left.bytes).toBeLessThanOrEqual(bytes / 2)
  expect(left.bytes).toBeGreaterThan(bytes / 2 - bytes / 30)
  expect(left.refills).toBe(1)
  const rest = await takeAll(store, 'slow', 100)
  const again = await takeAll(store, 'slow', 100, 'refill')
  expect(new Set([...rest, ...again]).size).toBe(3_600)
})

test('a time that grows while it is sent again is sent whole', async () => {
  const store = await opened(emptyFolder())
  await store.spool.begin(['slow'])
  for (let minute = 0; minute < 4; minute++)
    await store.historian.record(Array.from({ length: 60 }, (_, index) => reads((minute * 60 + index) * 1_000, index)))
  await store.spool.drop('slow', 1)
  const page = await store.spool.refill('slow', 1_000)
  await store.spool.drop('slow', 2)
  await store.spool.sent('slow', page?.place as SpoolPage['place'])
  expect(new Set(await takeAll(store, 'slow', 50, 'refill')).size).toBe(120)
})

test('lines that are not taken are kept to look at and counted; of very many the newest', async () => {
  const store = await opened(emptyFolder())
  await store.spool.begin(['picky'])
  const lines = Array.from({ length: 1_500 }, (_, index) => ({ line: `reading value=${index}`, why: 'no' }))
  await store.spool.setAside('picky', 5, lines)
  expect((await waiting(store, 'picky')).refused).toBe(1_500)
  const kept = await store.spool.refused('picky')
  expect([kept.length, kept[0], kept.at(-1)?.line]).toEqual([
    1_000,
    { at: 5, line: 'reading value=500', why: 'no' },
    'reading value=1499',
  ])
})

test('says how much comes in an hour, once there are some minutes to speak of', async () => {
  const store = await opened(emptyFolder())
  await store.spool.begin(['influx'])
  await store.historian.record([reads(0, 1)])
  expect((await store.spool.state('influx')).perHour).toBe(undefined)
  for (let minute = 1; minute <= 120; minute++)
    await store.historian.record([reads(minute * 60_000, 1), reads(minute * 60_000 + 1, 2)])
  expect((await store.spool.state('influx')).perHour?.rows).toBeCloseTo(120.5, 0)
})

test('times are put together to spans that hold them all and are apart', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40_000_000 })), times => {
      const spans = spansOf(times)
      for (const at of times) expect(spans.filter(({ from, to }) => from <= at && at <= to).length).toBe(1)
      for (const [index, { from }] of spans.entries())
        if (index > 0) expect(from - (spans[index - 1]?.to ?? 0)).toBeGreaterThan(600_000)
      for (const { from, to } of spans) expect(times.includes(from) && times.includes(to)).toBe(true)
    }),
  )
})

test('whatever is recorded, taken, let go and sent again, each target has heard of every reading in the end', async () => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('record' as const),
        from: fc.integer({ min: 0, max: 500 }),
        count: fc.integer({ min: 1, max: 40 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('take' as const),
        name: fc.constantFrom('a', 'b'),
        most: fc.integer({ min: 1, max: 60 }),
        isLost: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('drop' as const),
        name: fc.constantFrom('a', 'b'),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('refill' as const),
        name: fc.constantFrom('a', 'b'),
        most: fc.integer({ min: 1, max: 60 }),
      }),
    },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
      const store = await opened(emptyFolder())
      await store.spool.begin(['a', 'b'])
      const stored = new Set<string>()
      const heard = { a: new Set<string>(), b: new Set<string>() }
      for (const one of steps) {
        if (one.do === 'record') {
          const readings: StoredReading[] = Array.from({ length: one.count }, (_, index) =>
            reads((one.from + index) * 60_000, one.from + index, index % 3 ? door : temperature),
          )
          for (const { reading } of readings)
            stored.add(`${reading.point}@${reading.at}=${reading.quality === 'good' ? reading.value : ''}`)
          await store.historian.record(readings)
        } else if (one.do === 'drop') {
          const { bytes } = await store.spool.state(one.name)
          const excess = await store.spool.excess(one.name, Math.floor(bytes * one.share))
          if (excess) await store.spool.drop(one.name, excess.upTo)
        } else {
          const page = await store.spool[one.do === 'take' ? 'next' : 'refill'](one.name, one.most)
          for (const line of told(page)) heard[one.name as 'a' | 'b'].add(line)
          // The acknowledgement may be lost: then it comes again.
          if (page && !(one.do === 'take' && one.isLost)) await store.spool.sent(one.name, page.place)
        }
      }
      for (const name of ['a', 'b'] as const) {
        for (const line of await takeAll(store, name, 37)) heard[name].add(line)
        for (const line of await takeAll(store, name, 37, 'refill')) heard[name].add(line)
        expect([...heard[name]].toSorted()).toEqual([...stored].toSorted())
        expect(await waiting(store, name)).toMatchObject({ rows: 0, refills: 0 })
      }
      await store.close()
    }),
    { numRuns: 25 },
  )
})
