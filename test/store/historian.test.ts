import { describe, expect, test } from 'vitest'
import { openStoreReadOnly } from '../../gateway/store/open.ts'
import { instant, millis, minutes, seconds } from '../../protocols/contract/time.ts'
import { emptyFolder, fails, forever, late, opened, point, reads, temperature, timesOf, walk, wall } from './folder.ts'

const values = async (store: Awaited<ReturnType<typeof opened>>): Promise<unknown> =>
  (await store.historian.raw(temperature, ...forever, 100)).samples.map(({ t, v, q }) => [t, v, q])

describe('readings', () => {
  test('are given back in time order, good, uncertain and bad, before and after a restart', async () => {
    const folder = emptyFolder()
    const store = await opened(folder)
    const { reading } = reads(2000, 4.5)
    const uncertain = { reading: { ...reading, quality: 'uncertain' as const, value: -0.5 } }
    const expected = [
      [1000, 4.1, 'good'],
      [2000, -0.5, 'uncertain'],
      [3000, null, 'bad'],
    ]

    await store.historian.record([fails(3000, 'timeout'), reads(1000, 4.1)])
    await store.historian.record([uncertain])

    expect(await values(store)).toEqual(expected)
    await store.close()
    expect(await values(await opened(folder))).toEqual(expected)
  })

  test('are read in pages, from the beginning of the time asked until before its end', async () => {
    const store = await opened(emptyFolder())
    await store.historian.record(walk(3000))
    const page = async (from: number, to: number, limit: number): Promise<unknown> => {
      const { samples, more } = await store.historian.raw(temperature, instant(from), instant(to), limit)
      return [samples.map(({ t }) => t), more]
    }

    expect(await page(10_000, 40_000, 10)).toEqual([[10_000, 20_000, 30_000], false])
    expect(await page(10_000, 40_001, 3)).toEqual([[10_000, 20_000, 30_000], true])
    expect(await page(10_000, 40_000, 3)).toEqual([[10_000, 20_000, 30_000], false])
    expect(await page(29_980_000, 1e9, 10)).toEqual([[29_980_000, 29_990_000], false])
    expect(await page(40_000, 10_000, 10)).toEqual([[], false])
    expect(await store.historian.raw(point('unknown'), ...forever, 5)).toEqual({ samples: [], more: false })
  })

  test('keep their first word when the same time comes again: at once, later, sealed, after a restart, late', async () => {
    const folder = emptyFolder()
    const store = await opened(folder)
    const all = walk(2500)
    const again = all.map(({ reading }) => reads(reading.at, 99))

    await store.historian.record([...all.slice(0, 10), ...again.slice(0, 10)])
    await Promise.all([store.historian.record(all), store.historian.record(again)])
    await store.historian.record(again.map(late))
    await store.close()
    const reopened = await opened(folder)
    await reopened.historian.record(again.map(late).toReversed())

    const { samples } = await reopened.historian.raw(temperature, ...forever, 9999)
    expect(samples.map(({ t, v }) => [t, v])).toEqual(all.map(({ reading }) => [reading.at, reading.value]))
    expect((await reopened.stats()).readings).toBe(2500)
    expect((await reopened.stats()).openReadings).toBeLessThan(2500)
  })

  test('that come late stand where they belong, in sealed time too', async () => {
    const folder = emptyFolder()
    const store = await opened(folder)
    const all = walk(6000)
    const backlog = all.filter((_, index) => index % 7 === 3 || (index > 1200 && index < 1900))
    const live = all.filter(stored => !backlog.includes(stored))

    await store.historian.record(live)
    await store.historian.record(backlog.map(late).toReversed())
    await store.historian.record(walk(2000, 6000))

    expect(await timesOf(store)).toEqual(walk(8000).map(({ reading }) => reading.at))
    await store.close()
    expect(await timesOf(await opened(folder))).toEqual(walk(8000).map(({ reading }) => reading.at))
  })

  test('with a time that is none are a mistake of the caller', async () => {
    const store = await opened(emptyFolder())

    await expect(store.historian.record([reads(Number.NaN, 1)])).rejects.toThrow(RangeError)
    expect(store.trouble).toBeUndefined()
  })
})

test('the newest words of each point are there to start from', async () => {
  const folder = emptyFolder()
  const store = await opened(folder)
  const silent = point('door')
  await store.historian.record([...walk(1500), fails(99_000_000, 'unreachable'), fails(5, 'timeout', silent)])
  await store.historian.record([late(reads(7, 1))])
  const expected = new Map([
    [temperature, { good: walk(1, 1499)[0]?.reading, any: fails(99_000_000, 'unreachable').reading }],
    [silent, { any: fails(5, 'timeout', silent).reading }],
  ])

  expect(await store.historian.latest()).toEqual(expected)
  await store.close()
  expect(await (await opened(folder)).historian.latest()).toEqual(expected)
})

test('buckets are aligned to the epoch, count good readings only, and leave out what is empty', async () => {
  const store = await opened(emptyFolder())
  await store.historian.record([
    reads(59_999, 1),
    reads(60_000, 2),
    reads(90_000, 4),
    fails(95_000, 'timeout'),
    fails(130_000, 'garbled'),
    reads(200_000, 7),
  ])

  expect(await store.historian.buckets(temperature, instant(0), instant(200_000), minutes(1))).toEqual([
    { t: 0, min: 1, mean: 1, max: 1, count: 1 },
    { t: 60_000, min: 2, mean: 3, max: 4, count: 2 },
  ])
  await expect(store.historian.buckets(temperature, ...forever, millis(0))).rejects.toThrow('length')
})

describe('gaps', () => {
  test('name the fault of a run of bad readings, a silence, and what is still open', async () => {
    const store = await opened(emptyFolder())
    await store.historian.record([
      reads(0, 4),
      reads(10_000, 4),
      reads(20_000, 4),
      fails(30_000, 'timeout'),
      fails(40_000, 'timeout'),
      fails(50_000, 'garbled'),
      reads(60_000, 4),
      reads(70_000, 4),
      reads(170_000, 4),
      reads(180_000, 4),
    ])
    const gaps = (to: number): Promise<unknown> => store.historian.gaps(temperature, instant(0), instant(to), seconds(30))

    expect(await gaps(200_000)).toEqual([
      { from: 30_000, to: 50_000, cause: 'timeout' },
      { from: 50_000, to: 60_000, cause: 'garbled' },
      { from: 70_000, to: 170_000, cause: 'silent' },
    ])
    expect(await gaps(300_000)).toContainEqual({ from: 180_000, to: null, cause: 'silent' })
    expect(await gaps(100_000)).toContainEqual({ from: 70_000, to: 100_000, cause: 'silent' })
    expect(await gaps(45_000)).toEqual([{ from: 30_000, to: 45_000, cause: 'timeout' }])
  })

  test('know when the gateway itself did not listen', async () => {
    const folder = emptyFolder()
    let store = await opened(folder)
    await store.historian.listening(instant(0))
    await store.historian.record([reads(0, 4), reads(10_000, 4)])
    await store.close()
    store = await opened(folder)
    await store.historian.listening(instant(500_000))
    await store.historian.record([reads(510_000, 4), reads(700_000, 4)])

    expect(await store.historian.gaps(temperature, ...([instant(0), instant(700_000)] as const), seconds(30))).toEqual([
      { from: 10_000, to: 510_000, cause: 'gateway-stopped' },
      { from: 510_000, to: 700_000, cause: 'silent' },
    ])
    // A device that remembered fills the hole.
    await store.historian.record(Array.from({ length: 49 }, (_, index) => late(reads(20_000 + index * 10_000, 4))))
    expect(await store.historian.gaps(temperature, instant(0), instant(600_000), seconds(30))).toEqual([
      { from: 510_000, to: 600_000, cause: 'silent' },
    ])
  })
})

test('a reader beside the running gateway follows what is recorded and sealed', async () => {
  const folder = emptyFolder()
  const store = await opened(folder)
  await store.historian.record(walk(100))
  const reader = await openStoreReadOnly(folder, { wall })

  for (let step = 1; step <= 5; step++) {
    await store.historian.record(walk(900, step * 900 - 800))
    expect(await timesOf(reader)).toHaveLength(100 + step * 900)
  }
  await reader.close()
})

test('what is too much to wait is refused, counted and told, and the journal goes on', async () => {
  const store = await opened(emptyFolder())
  const batches = Array.from({ length: 30 }, (_, index) => store.historian.record(walk(5000, index * 5000)))
  const append = store.journal.append([{ kind: 'a', at: instant(1), by: 'system', data: {} }])

  const outcomes = await Promise.allSettled(batches)
  const refused = outcomes.filter(outcome => outcome.status === 'rejected')

  expect(refused.length).toBeGreaterThan(0)
  for (const { reason } of refused)
    expect(reason).toMatchObject({ name: 'StoreTrouble', message: expect.stringContaining('shed') })
  expect(await append).toHaveLength(1)
  expect(await store.stats()).toMatchObject({ shed: refused.length * 5000, readings: (30 - refused.length) * 5000 })
})
