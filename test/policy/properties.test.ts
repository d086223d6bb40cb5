import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { after, hours } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import type { PointMemory } from '../../gateway/policy/kind.ts'
import { evaluatorOf, judgedInWords, pointOf, ruleId, said, specOf, toReading } from './oracle.ts'
import type { Row, Settings } from './oracle.ts'

/** What must hold of every kind that watches one point, whatever it judges. Times are in minutes, so that hours of checkpoints pass. */
const minute = 60_000
const duration = (most: number, least = 0): fc.Arbitrary<string> =>
  fc.integer({ min: least * 2, max: most * 2 }).map(n => `${n * 30}s`)
const op = fc.constantFrom('gt', 'ge', 'lt', 'le')
const bound = fc.integer({ min: -2, max: 2 })

const kinds: Readonly<Record<string, fc.Arbitrary<Settings>>> = {
  limit: fc.record({
    kind: fc.constant('limit'),
    op,
    value: bound,
    deadband: fc.integer({ min: 0, max: 2 }),
    onDelay: duration(20),
    offDelay: duration(20),
  }),
  'cumulative limit': fc.record({
    kind: fc.constant('limit'),
    count: fc.constant('cumulative'),
    op,
    value: bound,
    deadband: fc.integer({ min: 0, max: 2 }),
    onDelay: duration(30, 1),
    offDelay: duration(10),
    per: duration(90, 30),
    hold: duration(20, 1),
  }),
  stale: fc.record({ kind: fc.constant('stale'), after: duration(30, 1) }),
  rate: fc.record({ kind: fc.constant('rate'), perMinute: fc.integer({ min: 0, max: 3 }).map(n => n / 2) }),
  stuck: fc.record({ kind: fc.constant('stuck'), eps: fc.integer({ min: 0, max: 1 }), for: duration(200, 1) }),
  mean: fc.record({ kind: fc.constant('mean'), op, value: bound, window: duration(60, 1) }),
  state: fc.record({
    kind: fc.constant('state'),
    is: fc.uniqueArray(bound, { minLength: 1, maxLength: 3 }),
    for: duration(20),
    offDelay: duration(10),
  }),
}

/** Readings in the order of their time, some repeated, some bad; here and there a silence of hours. */
const rows: fc.Arbitrary<readonly Row[]> = fc
  .array(
    fc.record({
      step: fc.oneof(
        { weight: 12, arbitrary: fc.integer({ min: 0, max: 20 }) },
        { weight: 1, arbitrary: fc.integer({ min: 100, max: 400 }) },
      ),
      value: fc.option(fc.integer({ min: -4, max: 4 }), { nil: undefined, freq: 8 }),
    }),
    { maxLength: 80, size: 'max' },
  )
  .map(steps => {
    let at = 0
    return steps.map(({ step, value }) => ({ at: (at += step * 30_000), value }))
  })

const staleAfter = fc.constantFrom<number | undefined>(undefined, 9 * minute, 45 * minute)

/** What the store would give back after a stop: the newest good word, whether the last word was bad, and the accepted readings. */
function stored(heard: readonly Row[]) {
  let good: { at: Instant; value: number } | undefined
  let lastWordBad = false
  const accepted: Row[] = []
  for (const row of heard) {
    if (good && row.at <= good.at) continue
    if (row.value === undefined) lastWordBad = true
    else {
      good = { at: row.at as Instant, value: row.value }
      lastWordBad = false
      accepted.push(row)
    }
  }
  return { latest: { ...(good ? { good } : {}), lastWordBad }, accepted }
}

/** Begins again after a stop as the gateway does: from the last checkpoint, if there is one, and from what the store holds. */
function begunAgain(settings: Settings, memory: unknown, heard: readonly Row[], options: { staleAfter?: number }): Evaluator {
  const now = (heard.at(-1)?.at ?? 0) as Instant
  const again = evaluatorOf(settings, { ...options, startAt: memory === undefined ? 0 : now })
  if (memory !== undefined) again.restoreRule(ruleId, memory)
  const { latest, accepted } = stored(heard)
  again.restorePoint(pointOf(), latest)
  const from = again.replayFrom().get(pointOf())
  again.replay(from === undefined ? [] : accepted.filter(({ at }) => at >= from).map(toReading), now)
  again.rehear()
  return again
}

/** Takes what the gateway would have written down, and when: after each batch, the rules that changed. */
class Disk {
  memory: unknown = undefined
  save(evaluator: Evaluator): void {
    for (const { memory } of evaluator.takeChanges()) this.memory = JSON.parse(JSON.stringify(memory))
  }
}

describe.each(Object.entries(kinds))('%s', (_name, settingsOf) => {
  test('says the same of readings that come one by one and in batches, however often it is told the time', () => {
    fc.assert(
      fc.property(
        settingsOf,
        rows,
        fc.array(fc.integer({ min: 1, max: 9 })),
        fc.boolean(),
        staleAfter,
        (settings, all, sizes, ticks, stale) => {
          const options = stale === undefined ? {} : { staleAfter: stale }
          const oneByOne = evaluatorOf(settings, options)
          const single = all.flatMap(row => said(oneByOne.hear([toReading(row)], row.at as Instant)))

          const inBatches = evaluatorOf(settings, options)
          const batched: string[] = []
          for (let from = 0, turn = 0; from < all.length; turn += 1) {
            // Only good readings carry their time with them: a bad one comes when it comes, and stands first in its batch.
            const size = sizes[turn] ?? 1
            const bad = all.findIndex(({ value }, index) => value === undefined && index > from && index < from + size)
            const batch = all.slice(from, bad < 0 ? from + size : bad)
            from += batch.length
            // What arrives with its first reading has not yet let the timers between its readings fire: its own time moves them.
            const now = (batch[0]?.at ?? 0) as Instant
            if (ticks) batched.push(...said(inBatches.advance(now)))
            batched.push(...said(inBatches.hear(batch.map(toReading), now)))
          }

          expect(batched).toEqual(single)
        },
      ),
      { numRuns: 150 },
    )
  })

  test('says the same when it is stopped after any reading and begins again from what was written down', () => {
    fc.assert(
      fc.property(settingsOf, rows, fc.nat(80), staleAfter, (settings, all, cut, stale) => {
        const options = stale === undefined ? {} : { staleAfter: stale }
        const through = evaluatorOf(settings, options)
        const whole = all.flatMap(row => said(through.hear([toReading(row)], row.at as Instant)))

        const before = evaluatorOf(settings, options)
        const disk = new Disk()
        const first = all.slice(0, cut).flatMap(row => {
          const words = said(before.hear([toReading(row)], row.at as Instant))
          disk.save(before)
          return words
        })
        // As on a disk: the checkpoint is that of the last change, not of the last reading.
        const again = begunAgain(settings, disk.memory, all.slice(0, cut), options)
        const rest = all.slice(cut).flatMap(row => said(again.hear([toReading(row)], row.at as Instant)))

        expect([...first, ...rest]).toEqual(whole)
      }),
      { numRuns: 400 },
    )
  })

  test('neither raises nor clears on a bad reading, wherever it comes', () => {
    fc.assert(
      fc.property(settingsOf, rows, (settings, all) => {
        const evaluator = evaluatorOf(settings)
        for (const row of all) {
          const now = row.at as Instant
          // What was due before is not the bad reading's doing.
          evaluator.advance(now)
          evaluator.hear([toReading({ at: row.at, value: row.value })], now)
          expect(evaluator.hear([toReading({ at: row.at + 1 })], now)).toEqual([])
        }
      }),
      { numRuns: 100 },
    )
  })

  test('is not cleared by silence while its last word was bad, nor once its point is stale', () => {
    fc.assert(
      fc.property(settingsOf, rows, fc.boolean(), (settings, all, isBad) => {
        const evaluator = evaluatorOf(settings, { staleAfter: isBad ? 10_000 * minute : 1 })
        const words = all.flatMap(row => said(evaluator.hear([toReading(row)], row.at as Instant)))
        const end = (all.at(-1)?.at ?? 0) as Instant
        if (isBad) words.push(...said(evaluator.hear([toReading({ at: end + 1 })], (end + 1) as Instant)))
        const later = said(evaluator.advance(after(end, hours(1_000))))
        // A return that was due at the very last reading was confirmed by it.
        expect(later.filter(word => word.startsWith('cleared') && word !== `cleared ${end}`)).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  test('is honest about its quiet band: nothing in it changes anything', () => {
    fc.assert(
      fc.property(settingsOf, rows, fc.array(fc.double({ min: -5, max: 5, noNaN: true })), (settings, all, values) => {
        const kind = ruleKinds.get(settings.kind)
        const spec = specOf(settings)
        const evaluator = evaluatorOf(settings)
        for (const row of all) {
          evaluator.hear([toReading(row)], row.at as Instant)
          const { state } = evaluator.memoryOf(ruleId) ?? {}
          const band = kind?.quiet?.(spec, state)
          if (!band) continue
          for (const value of values.filter(v => v > band.above && v < band.below)) {
            const at = (row.at + 1) as Instant
            const point: PointMemory = { newestAt: at, value, lastWordBad: false, heardAt: at, staleAfter: undefined }
            expect(kind?.hear(spec, state, value, at, { value: point }, 'value')).toBeUndefined()
          }
        }
      }),
      { numRuns: 100 },
    )
  })

  test('comes out the same in any order of arrival within the lateness', () => {
    fc.assert(
      fc.property(settingsOf, rows, fc.array(fc.nat(19)), (settings, all, delays) => {
        const lateness = (20 * 30_000) as Millis
        const good = all.filter(({ at }, index) => index === 0 || at > (all[index - 1]?.at ?? 0))
        const make = (): Evaluator =>
          new Evaluator({
            rules: [{ id: ruleId, kind: settings.kind, spec: specOf(settings), point: pointOf() }],
            kinds: ruleKinds,
            staleAfter: () => undefined,
            lateness: () => lateness,
            startAt: 0 as Instant,
          })
        const hear = (arrivals: readonly { readonly row: Row; readonly now: number }[]): readonly string[] => {
          const evaluator = make()
          const words = arrivals.flatMap(({ row, now }) => said(evaluator.hear([toReading(row)], now as Instant)))
          const end = (good.at(-1)?.at ?? 0) + 3 * lateness
          return [...words, ...said(evaluator.finish(end as Instant))]
        }
        const shuffled = good
          .map((row, index) => ({ row, now: row.at + (delays[index] ?? 0) * 30_000 }))
          .sort((a, b) => a.now - b.now)

        const inOrder = good.map(row => ({ row, now: row.at + 19 * 30_000 }))
        expect(hear(shuffled)).toEqual(hear(inOrder))
      }),
      { numRuns: 150 },
    )
  })
})

test('a reading that is told twice changes nothing', () => {
  fc.assert(
    fc.property(fc.oneof(...Object.values(kinds)), rows, (settings, all) => {
      const twice = all.flatMap(row => [row, row])
      expect(judgedInWords(settings, twice)).toEqual(judgedInWords(settings, all))
    }),
  )
})
