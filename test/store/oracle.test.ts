import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gapsOf } from '../../gateway/historian/gaps.ts'
import type { Stop, Word } from '../../gateway/historian/gaps.ts'
import { cuts, fullBlock, halfLarge, largeBlock, planJoining, planSeal, smallRun } from '../../gateway/historian/seal-plan.ts'
import type { Span } from '../../gateway/historian/seal-plan.ts'
import { Series } from '../../gateway/historian/series.ts'
import { ReadingTable } from '../../gateway/historian/table.ts'
import { openOrSetAside } from '../../gateway/store/damage.ts'
import { historyLayout } from '../../gateway/store/history.ts'
import { batchOf } from './table-on-disk.ts'
import type { Gap, StoredReading } from '../../gateway/store/store.ts'
import type { FaultCode } from '../../protocols/contract/fault.ts'
import { instant, millis } from '../../protocols/contract/time.ts'
import { fails, late, point, reads, temperature } from './folder.ts'
import './folder.ts'
import { times } from '../kit/thorough.ts'

interface Said {
  readonly at: number
  readonly value: number | undefined
  readonly fault: FaultCode | undefined
}

/** The table as the worker has it, on a real file but without the thread. */
function onDisk<T>(act: (table: ReadingTable, series: Series, reopen: () => [ReadingTable, Series]) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-oracle-'))
  const open = (): { close: () => void; table: ReadingTable; series: Series } => {
    const { database } = openOrSetAside(join(folder, 'history.db'), historyLayout, instant(0))
    const table = new ReadingTable(database)
    return { close: () => database.close(), table, series: new Series(database, table) }
  }
  let now = open()
  try {
    return act(now.table, now.series, () => {
      now.close()
      now = open()
      return [now.table, now.series]
    })
  } finally {
    now.close()
    rmSync(folder, { recursive: true })
  }
}

// Pieces of a series: a start, how many, how far apart, in what order, with what faults. Pieces overlap, repeat and come late.
const piece = fc.record({
  start: fc.integer({ min: 0, max: 6000 }),
  count: fc.integer({ min: 1, max: 1800 }),
  step: fc.constantFrom(1, 1, 1, 2, 7),
  backwards: fc.boolean(),
  faultEvery: fc.constantFrom(0, 0, 5, 97),
  reopen: fc.boolean(),
})
const questions = fc.array(
  fc.record({
    from: fc.integer({ min: -10, max: 9000 }),
    length: fc.integer({ min: 1, max: 9000 }),
    every: fc.constantFrom(1, 7, 60, 500, 2000, 100_000),
  }),
  { minLength: 4, maxLength: 8 },
)

test('raw readings and buckets are those of a plain list, however the readings came', () => {
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), questions, (pieces, asked) =>
      onDisk((firstTable, firstSeries, reopen) => {
        let [table, series] = [firstTable, firstSeries]
        const list = new Map<number, Said>()
        pieces.forEach(({ start, count, step, backwards, faultEvery, reopen: again }, turn) => {
          const batch: StoredReading[] = []
          for (let index = 0; index < count; index++) {
            const at = start + (backwards ? count - 1 - index : index) * step
            const bad = faultEvery > 0 && index % faultEvery === 0
            const value = Math.round(Math.sin(at) * 100 + turn) / 10
            if (!list.has(at)) list.set(at, { at, value: bad ? undefined : value, fault: bad ? 'timeout' : undefined })
            batch.push(late(bad ? fails(at, 'timeout') : reads(at, value)))
          }
          for (let index = 0; index < batch.length; index += 500) table.record([batchOf(batch.slice(index, index + 500))])
          while (table.sealingDue) table.sealSome()
          while (table.joiningDue) table.joinSome()
          if (again) [table, series] = reopen()
        })
        const plain = [...list.values()].toSorted((a, b) => a.at - b.at)
        for (const { from, length, every } of asked) {
          const inside = plain.filter(({ at }) => at >= from && at < from + length)
          const { samples } = series.raw(temperature, from, from + length, 1e9)
          expect(Array.from(samples)).toEqual(inside.flatMap(({ at, value }) => [at, value ?? 0, value === undefined ? 2 : 0]))
          const words = plain.map(({ at, fault }) => ({ at, fault }))
          for (const silentAfter of [1, 3, every]) {
            const holes = series.gaps(temperature, instant(from), instant(from + length), millis(silentAfter))
            expect(holes).toEqual(
              gapsOf(around(words, from, from + length), [], instant(from), instant(from + length), millis(silentAfter)),
            )
          }
          expectBuckets(series.buckets(temperature, from, from + length, every), inside, every)
        }
        expect([...table.points.all].reduce((sum, each) => sum + each.sealedRows + each.rows.length, 0)).toBe(plain.length)
      }),
    ),
    { numRuns: times(40) },
  )
})

test('the log stays short: what is sealed leaves it, and a point that seldom speaks does not hold it', () => {
  onDisk(table => {
    const slow = point('door')
    table.record([batchOf([reads(0, 1, slow)])])
    for (let turn = 0; turn < 70; turn++) {
      const batch = Array.from({ length: 10_000 }, (_, index) =>
        reads(turn * 1000 + Math.floor(index / 10), 4, point(`p${index % 10}`)),
      )
      table.record([batchOf(batch)])
      while (table.sealingDue) table.sealSome()
      expect(table.points.loggedRows).toBeLessThanOrEqual(610_000)
    }
    expect(table.points.get(slow)?.rows.length).toBe(0)
    expect(table.blocks.has(table.points.get(slow)?.id ?? 0, 0)).toBe(true)
  })
})

describe('the plan of sealing', () => {
  const layout = fc
    .array(
      fc.record({
        gap: fc.integer({ min: 1, max: 40 }),
        length: fc.integer({ min: 0, max: 60 }),
        rows: fc.integer({ min: 1, max: fullBlock }),
      }),
      { maxLength: 12 },
    )
    .map(parts => {
      const spans: Span[] = []
      let at = 0
      parts.forEach(({ gap, length, rows }, index) => {
        at += gap
        spans.push({ id: index + 1, first: at, last: at + length, rows })
        at += length
      })
      return spans
    })
  test('places every row once, in order, and blocks never overlap', () => {
    fc.assert(
      fc.property(
        layout,
        fc.uniqueArray(fc.integer({ min: -5, max: 900 }), { minLength: 1, maxLength: 60 }),
        (spans, unsorted) => {
          const times = unsorted.toSorted((a, b) => a - b)
          const pieces = planSeal(times, spans)
          expect(pieces.flatMap(({ start, end }) => times.slice(start, end))).toEqual(times)
          const used = new Set(pieces.map(({ into }) => into).filter(into => into !== undefined))
          expect(pieces.filter(({ into }) => into).length).toBe(used.size)
          const made = pieces.map(({ start, end, into }) => {
            const first = times[start] ?? 0
            const last = times[end - 1] ?? 0
            return into ? { first: Math.min(first, into.first), last: Math.max(last, into.last) } : { first, last }
          })
          const all = [...made, ...spans.filter(span => !used.has(span))].toSorted((a, b) => a.first - b.first)
          for (let index = 1; index < all.length; index++) expect(all[index]?.first).toBeGreaterThan(all[index - 1]?.last ?? 0)
        },
      ),
      { numRuns: times(1000) },
    )
  })

  test.each([1, 500, 16_384, 24_576, 24_577, 100_000])('%i rows are cut without a crumb', rows => {
    const made = cuts(rows)

    expect(made[0]?.[0]).toBe(0)
    expect(made.at(-1)?.[1]).toBe(rows)
    for (const [index, [start, end]] of made.entries()) {
      expect(start).toBe(made[index - 1]?.[1] ?? 0)
      expect(end - start).toBeLessThanOrEqual(largeBlock + halfLarge)
      if (made.length > 1) expect(end - start).toBeGreaterThan(halfLarge)
    }
  })
})

describe('crumbs that are packed one after the other', () => {
  /** Rows written anew in all, and the blocks that stand in the end. */
  function packed(
    crumb: number,
    count: number,
  ): { readonly written: number; readonly blocks: readonly Span[]; readonly most: number } {
    let blocks: readonly Span[] = []
    let [written, most] = [0, 0]
    for (let n = 0; n < count; n++) {
      const at = Array.from({ length: crumb }, (_, index) => n * crumb + index)
      const last = blocks.at(-1)
      const [piece, ...others] = planSeal(at, last ? [last] : [])
      if (!piece) return expect.fail('nothing was planned')
      expect(others).toEqual([])
      const before = (time: number): Span | undefined => blocks.findLast(({ first }) => first < time)
      const run = piece.into ? smallRun(piece.into, crumb, before) : []
      // Those that are taken out are the last ones, without one left between.
      expect(run).toEqual(run.length === 0 ? [] : blocks.slice(-run.length))
      const rows = crumb + run.reduce((sum, span) => sum + span.rows, 0)
      const first = run[0]?.first ?? n * crumb
      blocks = [...blocks.slice(0, blocks.length - run.length), { id: n, first, last: (n + 1) * crumb - 1, rows }]
      written += rows
      most = Math.max(most, blocks.filter(span => span.rows < fullBlock / 2).length)
    }
    return { written, blocks, most }
  }

  test.each([1, 7, 15, 30, 100, 400])('are written anew a few times only, and few stay small (%d at a time)', crumb => {
    const count = Math.ceil(20_000 / crumb)
    const { written, blocks, most } = packed(crumb, count)

    const levels = Math.ceil(Math.log2(fullBlock / 2 / crumb)) + 1
    expect(blocks.reduce((sum, { rows }) => sum + rows, 0)).toBe(crumb * count)
    expect(written / (crumb * count)).toBeLessThanOrEqual(levels + 1)
    expect(most).toBeLessThanOrEqual(levels)
    expect(Math.max(...blocks.map(({ rows }) => rows))).toBeLessThanOrEqual(fullBlock)
  })
})

describe('the plan of joining', () => {
  const spansOf = (sizes: readonly number[]): Span[] =>
    sizes.map((rows, index) => ({ id: index, first: index * 10, last: index * 10 + 5, rows }))

  test('takes neighbours only, small ones only, and no more than one block shall hold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 20_000 })), { maxLength: 60 }),
        sizes => {
          const spans = spansOf(sizes)
          const plan = planJoining(spans)
          if (!plan) return
          expect(plan.length).toBeGreaterThan(1)
          expect(spans.slice(plan[0]?.id, (plan.at(-1)?.id ?? 0) + 1)).toEqual(plan)
          for (const { rows } of plan) expect(rows).toBeLessThan(halfLarge)
          expect(plan.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThanOrEqual(largeBlock)
        },
      ),
      { numRuns: times(2000) },
    )
  })

  test('leaves what still grows, and what is large already', () => {
    expect(planJoining(spansOf([]))).toBeUndefined()
    expect(planJoining(spansOf(Array.from({ length: 16 }, () => fullBlock)))).toBeUndefined()
    expect(planJoining(spansOf(Array.from({ length: 17 }, () => fullBlock)))).toHaveLength(16)
    expect(planJoining(spansOf([16_384, 5, 16_384, 9]))).toBeUndefined()
    expect(planJoining(spansOf([16_384, ...Array.from({ length: 8 }, () => 5), 16_384]))).toHaveLength(8)
  })
})

describe('gaps', () => {
  const words = fc
    .uniqueArray(
      fc.record({
        at: fc.integer({ min: 0, max: 300 }),
        fault: fc.constantFrom<FaultCode | undefined>(undefined, undefined, 'timeout', 'garbled'),
      }),
      {
        selector: word => word.at,
        maxLength: 25,
      },
    )
    .map(list => list.toSorted((a, b) => a.at - b.at))
  const stops = fc.uniqueArray(fc.integer({ min: 0, max: 300 }), { maxLength: 6 }).map(times => {
    const inOrder = times.toSorted((a, b) => a - b)
    return inOrder.flatMap((from, index): Stop[] =>
      index % 2 === 0 && inOrder[index + 1] !== undefined ? [{ from, to: inOrder[index + 1] ?? 0 }] : [],
    )
  })

  test('are what a look at every moment finds', () => {
    fc.assert(
      fc.property(
        words,
        stops,
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 0, max: 40 }),
        (said, stopped, from, length, silentAfter) => {
          const to = from + length
          const gaps = gapsOf(around(said, from, to), stopped, instant(from), instant(to), millis(silentAfter))
          for (let moment = from; moment < to; moment++) {
            const cause = gaps.filter(gap => gap.from <= moment && (gap.to ?? Infinity) > moment).map(gap => gap.cause)
            expect(cause).toEqual(causeAt(moment, said, stopped, silentAfter, to))
          }
          for (const gap of gaps) {
            expect(gap.from).toBeGreaterThanOrEqual(from)
            expect(gap.to ?? Infinity).toBeGreaterThan(gap.from)
            expect(gap.to === null ? said.every(word => word.at <= gap.from || word.at < to) : gap.to <= to).toBe(true)
          }
        },
      ),
      { numRuns: times(2000) },
    )
  })
})

/** The words inside, and one on either side. */
function around(words: readonly Word[], from: number, to: number): Word[] {
  const before = words.findLast(word => word.at < from)
  const next = words.find(word => word.at >= to)
  return [before, ...words.filter(word => word.at >= from && word.at < to), next].filter(word => word !== undefined)
}

/** The same rule said of one moment: which word spoke last, what comes next, who listened. */
function causeAt(
  moment: number,
  words: readonly Word[],
  stops: readonly Stop[],
  silentAfter: number,
  to: number,
): Gap['cause'][] {
  const last = words.findLast(word => word.at <= moment)
  if (!last) return []
  const next = words.find(word => word.at > moment)
  const end = next?.at ?? to
  if (end - last.at <= silentAfter) return last.fault ? [last.fault] : []
  const inside = stops
    .map(stop => ({ from: Math.max(stop.from, last.at), to: Math.min(stop.to, end) }))
    .filter(stop => stop.from < stop.to)
  if (inside.some(stop => stop.from <= moment && moment < stop.to)) return ['gateway-stopped']
  const before = inside.findLast(stop => stop.to <= moment)
  const after = inside.find(stop => stop.from > moment)
  if (!before && last.fault) return [last.fault]
  const quiet = (after?.from ?? end) - (before?.to ?? last.at)
  return [(before || after) && quiet <= silentAfter ? 'gateway-stopped' : 'silent']
}

function expectBuckets(figures: Float64Array, readings: readonly Said[], every: number): void {
  const expected = new Map<number, number[]>()
  for (const { at, value } of readings) {
    if (value === undefined) continue
    const start = Math.floor(at / every) * every
    expected.set(start, [...(expected.get(start) ?? []), value])
  }
  expect(figures.length).toBe(expected.size * 5)
  let index = 0
  for (const [start, values] of [...expected].toSorted(([a], [b]) => a - b)) {
    const [t, min, mean = Number.NaN, max, count] = figures.subarray(index, (index += 5))
    expect([t, min, max, count]).toEqual([start, Math.min(...values), Math.max(...values), values.length])
    expect(mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 9)
  }
}
