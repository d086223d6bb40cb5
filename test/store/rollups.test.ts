import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BadBytes } from '../../gateway/historian/bytes.ts'
import { edgesOf } from '../../gateway/historian/tiers.ts'
import { packRollup, unpackRollup } from '../../gateway/historian/rollup-codec.ts'
import { bucketsOf, timesOf } from '../../gateway/historian/rollup.ts'
import { atOnce } from '../../gateway/historian/turns.ts'
import type { StoredReading, Tier } from '../../gateway/store/store.ts'
import { instant, minutes } from '../../protocols/contract/time.ts'
import { fails, late, point, reads, temperature } from './folder.ts'
import { onDisk } from './table-on-disk.ts'

const second = 1_000
const lengths: Readonly<Record<Exclude<Tier, '1d'>, number>> = { '1min': 60_000, '15min': 900_000, '1h': 3_600_000 }

interface Said {
  readonly at: number
  readonly value: number | undefined
}
interface Limits {
  readonly since: number
  readonly max: number
  readonly staleAfter: number
  readonly silentAfter: number
}
const limits: readonly Limits[] = [
  { since: 0, max: 5, staleAfter: 40 * second, silentAfter: 65 * second },
  { since: 6_000 * second, max: -2, staleAfter: 90 * second, silentAfter: 30 * second },
]

type Figures = readonly [
  t: number,
  min: number | null,
  mean: number | null,
  max: number | null,
  count: number,
  outside: number,
  gap: number,
]

/** The rule as it is said in words, for one bucket after the other. */
function expected(said: readonly Said[], from: number, to: number, every: number): Figures[] {
  const times = said.map(({ at, value }, index) => {
    const { max, staleAfter, silentAfter } = limits.findLast(({ since }) => since <= at) ?? (limits[0] as Limits)
    const next = said[index + 1]?.at ?? Math.max(at, to)
    const isGap = value === undefined || next - at > silentAfter
    const holds = value !== undefined && value > max ? Math.min(next, at + staleAfter) : at
    return { at, next, gapTo: isGap ? next : at, outsideTo: holds }
  })
  const overlap = (a: number, b: number, start: number, end: number): number => Math.max(0, Math.min(b, end) - Math.max(a, start))
  const buckets: Figures[] = []
  for (let start = Math.floor(from / every) * every; start < to; start += every) {
    const [begin, end] = [Math.max(start, from), Math.min(start + every, to)]
    const values = said.flatMap(({ at, value }) => (at >= begin && at < end && value !== undefined ? [value] : []))
    const near = times.filter(({ at, next }) => at < end && next > begin)
    const outside = near.reduce((sum, { at, outsideTo }) => sum + overlap(at, outsideTo, begin, end), 0)
    const gap = near.reduce((sum, { at, gapTo }) => sum + overlap(at, gapTo, begin, end), 0)
    if (values.length === 0 && outside === 0 && gap === 0) continue
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    buckets.push(
      values.length === 0
        ? [start, null, null, null, 0, outside, gap]
        : [start, Math.min(...values), mean, Math.max(...values), values.length, outside, gap],
    )
  }
  return buckets
}

function found(figures: Float64Array): Figures[] {
  const buckets: Figures[] = []
  for (let index = 0; index < figures.length; index += 7) {
    const [t, min, mean, max, count, outside, gap] = figures.subarray(index, index + 7) as unknown as number[]
    const none = count === 0
    buckets.push([
      t ?? 0,
      none ? null : (min ?? 0),
      none ? null : (mean ?? 0),
      none ? null : (max ?? 0),
      count ?? 0,
      outside ?? 0,
      gap ?? 0,
    ])
  }
  return buckets
}

function expectSame(figures: Float64Array, wanted: readonly Figures[]): void {
  const is = found(figures)
  // Nought below nought is nought: which of the two comes first says nothing.
  const plain = (one: readonly (number | null)[]) =>
    one.filter((_, place) => place !== 2).map(figure => (figure === null ? null : figure + 0))
  expect(is.map(plain)).toEqual(wanted.map(plain))
  for (const [index, [, , mean]] of is.entries()) expect(mean ?? 0).toBeCloseTo(wanted[index]?.[2] ?? 0, 9)
}

const piece = fc.record({
  start: fc.integer({ min: 0, max: 12_000 }),
  count: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 8_000, max: 14_000 })),
  step: fc.constantFrom(1, 1, 2, 7, 50),
  faultEvery: fc.constantFrom(0, 0, 41, 997),
  reopen: fc.boolean(),
})
const question = fc.record({
  from: fc.integer({ min: 0, max: 20_000 }),
  length: fc.integer({ min: 1, max: 20_000 }),
  tier: fc.constantFrom<Exclude<Tier, '1d'>>('1min', '15min', '1h'),
})

function readingsOf(
  { start, count, step, faultEvery }: { start: number; count: number; step: number; faultEvery: number },
  turn: number,
): StoredReading[] {
  return Array.from({ length: count }, (_, index) => {
    const at = (start + index * step) * second
    const value = Math.round(80 * Math.sin(at / 400_000) + (index % 3) + turn) / 10
    return late(faultEvery > 0 && index % faultEvery === 0 ? fails(at, 'timeout') : reads(at, value))
  })
}

test('a rollup is what the readings say, however they came, also when they have gone', () => {
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 5 }),
      fc.array(question, { minLength: 3, maxLength: 6 }),
      fc.integer({ min: 0, max: 25_000 }),
      (pieces, questions, trimmedUpTo) =>
        onDisk(disk => {
          for (const { since, max, staleAfter, silentAfter } of limits)
            disk.table.limit(since, 'Asia/Shanghai', [{ point: temperature, min: undefined, max, staleAfter, silentAfter }])
          const list = new Map<number, Said>()
          pieces.forEach((each, turn) => {
            const readings = readingsOf(each, turn)
            for (const { reading } of readings)
              if (!list.has(reading.at))
                list.set(reading.at, { at: reading.at, value: reading.quality === 'bad' ? undefined : reading.value })
            disk.record(readings)
            disk.settle()
            if (each.reopen) disk.reopen()
          })
          const said = [...list.values()].toSorted((a, b) => a.at - b.at)
          for (const { from, length, tier } of questions) {
            const [start, end] = [from * second, (from + length) * second]
            expectSame(disk.series.rollup(temperature, start, end, tier), expected(said, start, end, lengths[tier]))
          }
          // The oldest go; what is asked by whole buckets stays the same.
          const before = instant(trimmedUpTo * second)
          const plan = atOnce(disk.trimming.plan({ keep: [{ point: temperature, before }], holds: [] }, 0))
          const gone = atOnce(disk.trimming.trim(plan))
          expect(gone).toEqual(plan)
          disk.reopen()
          for (const { from, length, tier } of questions) {
            const every = lengths[tier]
            const start = Math.floor((from * second) / every) * every
            const end = start + Math.ceil((length * second) / every) * every
            expectSame(disk.series.rollup(temperature, start, end, tier), expected(said, start, end, every))
          }
          const left = disk.series.raw(temperature, -1e15, 1e15, 1e9).samples.length / 3
          expect(left + gone.reduce((sum, { rows }) => sum + rows, 0)).toBe(said.length)
        }),
    ),
    { numRuns: 6 },
  )
})

test('a block that begins in the quarter in which one begins to ask counts from its first reading', () => {
  onDisk(disk => {
    disk.table.limit(0, 'UTC', [{ point: temperature, min: undefined, max: 5, staleAfter: minutes(1), silentAfter: minutes(1) }])
    disk.record(Array.from({ length: 8_192 }, (_, index) => reads((1 + index) * second, 4)))
    disk.settle()
    const counts = [3_599, 3_600, 993]
    expect(found(disk.series.rollup(temperature, second, 8_193 * second, '1h')).map(bucket => bucket[4])).toEqual(counts)
    const buckets = disk.series.buckets(temperature, second, 8_193 * second, 3_600 * second)
    expect([4, 9, 14].map(place => buckets[place])).toEqual(counts)
  })
})

test('blocks that lie in each other leave the same times when they go', () => {
  onDisk(disk => {
    disk.table.limit(0, 'UTC', [
      { point: temperature, min: undefined, max: 5, staleAfter: 40 * second, silentAfter: 65 * second },
    ])
    const run = (start: number, count: number, step: number, value: number) => {
      disk.record(Array.from({ length: count }, (_, index) => late(reads((start + index * step) * second, value))))
      disk.settle()
    }
    run(2_801, 8_000, 1, 4)
    run(0, 8_000, 50, 6)
    run(1_060, 245, 7, 6)
    const ask = () => found(disk.series.rollup(temperature, 0, 3_600 * second, '15min'))
    const before = ask()
    const keep = [{ point: temperature, before: instant(2_801 * second) }]
    expect(atOnce(disk.trimming.trim(atOnce(disk.trimming.plan({ keep, holds: [] }, 0)))).length).toBeGreaterThan(0)
    expect(ask()).toEqual(before)
  })
})

test('limits that change leave what was counted by the old ones', () => {
  onDisk(disk => {
    const set = (at: number, max: number) =>
      disk.table.limit(at, 'UTC', [
        { point: temperature, min: undefined, max, staleAfter: minutes(10), silentAfter: minutes(10) },
      ])
    set(0, 5)
    set(0, 5)
    disk.record(Array.from({ length: 120 }, (_, index) => reads(index * 60_000, 6)))
    set(3_600_000, 8)

    const [first, second] = found(disk.series.rollup(temperature, 0, 7_200_000, '1h'))

    expect([first?.[5], second?.[5]]).toEqual([3_600_000, 0])
    expect(disk.database.prepare('SELECT count(*) AS rows FROM point_limits').get()).toEqual({ rows: 2 })
  })
})

test('what comes late for a time that is trimmed is stored and counted, and changes no time', () => {
  onDisk(disk => {
    disk.table.limit(0, 'UTC', [
      { point: temperature, min: undefined, max: 5, staleAfter: minutes(10), silentAfter: minutes(10) },
    ])
    disk.record(Array.from({ length: 2_000 }, (_, index) => reads(index * 10_000, index < 1_000 ? 4 : 6)))
    disk.settle()
    const before = found(disk.series.rollup(temperature, 0, 36_000_000, '1h'))
    atOnce(disk.trimming.trim(atOnce(disk.trimming.plan({ keep: [{ point: temperature, before: instant(1e9) }], holds: [] }, 0))))
    disk.record([late(reads(5_000, 9))])
    const check = (): void => {
      const after = found(disk.series.rollup(temperature, 0, 36_000_000, '1h'))
      expect(after[0]).toEqual([0, 4, expect.closeTo((360 * 4 + 9) / 361, 9), 9, 361, before[0]?.[5], before[0]?.[6]])
      expect(after.slice(1)).toEqual(before.slice(1))
      expect(disk.series.buckets(temperature, 0, 3_600_000, 3_600_000)[4]).toBe(361)
    }
    check()
    // Sealed, and trimmed in its turn.
    disk.record(Array.from({ length: 1_100 }, (_, index) => late(reads(1e8 + index, 1))))
    disk.settle()
    check()
    atOnce(disk.trimming.trim(atOnce(disk.trimming.plan({ keep: [{ point: temperature, before: instant(1e9) }], holds: [] }, 0))))
    disk.reopen()
    check()
    expect(disk.series.firstAt(temperature)).toBe(0)
  })
})

describe('days', () => {
  const edges = (from: string, to: string, zone: string): string[] =>
    Array.from(edgesOf('1d', Date.parse(from), Date.parse(to), zone), at => new Date(at).toISOString())

  test('are those of the site', () => {
    expect(edges('2026-11-20T12:00Z', '2026-11-21T16:00Z', 'Asia/Shanghai')).toEqual([
      '2026-11-19T16:00:00.000Z',
      '2026-11-20T16:00:00.000Z',
      '2026-11-21T16:00:00.000Z',
    ])
  })

  test('are as long as the clocks make them', () => {
    const spring = edgesOf('1d', Date.parse('2026-03-29T01:30Z'), Date.parse('2026-03-29T02:00Z'), 'Europe/Berlin')
    expect((spring[1] ?? 0) - (spring[0] ?? 0)).toBe(23 * 3_600_000)
    const autumn = edgesOf('1d', Date.parse('2026-10-25T01:30Z'), Date.parse('2026-10-25T02:00Z'), 'Europe/Berlin')
    expect((autumn[1] ?? 0) - (autumn[0] ?? 0)).toBe(25 * 3_600_000)
  })

  test('and shorter buckets are refused when there are too many of them', () => {
    expect(() => edgesOf('1min', 0, 1e15, 'UTC')).toThrow(RangeError)
    expect(() => edgesOf('1d', 0, 8e15, 'UTC')).toThrow(RangeError)
    expect(edgesOf('1h', 5, 5, 'UTC')).toHaveLength(0)
  })
})

describe('a rollup on disk', () => {
  const rows = (values: readonly number[]) => ({
    at: values.map((_, index) => index * 7_000),
    value: values,
    mark: values.map((_, index) => (index % 13 === 5 ? 2 : 0)),
    faults: [{ code: 'timeout' as const, detail: '' }],
  })
  const valid = [{ since: 0, min: -3, max: 4, staleAfter: 20_000, silentAfter: 6_000 }]

  test('comes back bit by bit', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.integer({ min: -90, max: 90 }).map(value => value / 10),
            fc.double({ noNaN: true, noDefaultInfinity: true }),
          ),
          { minLength: 1, maxLength: 400 },
        ),
        values => {
          const rollup = { buckets: bucketsOf(rows(values), 60_000), ...timesOf(rows(values), valid) }
          expect(unpackRollup(packRollup(rollup))).toEqual(rollup)
        },
      ),
    )
  })

  test('is refused when one bit is different', () => {
    const values = Array.from({ length: 200 }, (_, index) => (index % 17) / 10)
    const bytes = packRollup({ buckets: bucketsOf(rows(values), 60_000), ...timesOf(rows(values), valid) })
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => unpackRollup(flipped)).toThrow(BadBytes)
    }
  })
})

test('a point of which nothing was ever said has no rollup', () => {
  onDisk(disk => expect(disk.series.rollup(point('unknown'), 0, 1e9, '1h')).toHaveLength(0))
})
