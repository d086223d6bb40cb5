import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arrivals } from '../../gateway/historian/arrivals.ts'
import { good, noRows, push } from '../../gateway/historian/rows.ts'
import type { Rows } from '../../gateway/historian/rows.ts'
import { Backtest, touchedBy } from '../../gateway/policy/backtest.ts'
import type { BacktestParts, BacktestResult } from '../../gateway/policy/backtest.ts'
import { unmatched } from '../../gateway/policy/episodes.ts'
import type { Episode } from '../../gateway/policy/episodes.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import { floodsOf } from '../../gateway/policy/floods.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import type { Rule, RuleId } from '../../gateway/policy/rule.ts'
import { lookBack } from '../../gateway/store/past.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import { fault } from '../../protocols/contract/fault.ts'
import { instant, minutes } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { emptyFolder, opened } from '../store/folder.ts'

const minute = 60_000
const temperature = 'cold-1.temperature' as PointId

function rule(name: string, settings: object, point = temperature, watches: readonly PointId[] = [point]): Rule {
  const { kind } = settings as { kind: string }
  const parsed = ruleKinds.get(kind)?.parse(settings, nowhere)
  if (!parsed?.ok) throw new Error(JSON.stringify(parsed))
  const words = { zh: name, en: name }
  return {
    id: `${point}.${name}` as RuleId,
    kind,
    spec: parsed.spec,
    settings: settings as Rule['settings'],
    point,
    watches,
    equipment: point.split('.')[0] ?? '',
    clause: 'CAN-1',
    title: words,
    priority: 'medium',
    alarmBasis: { kind: 'design', source: words, verified: false },
    advice: words,
    policy: { id: 'canteen', version: '1.0' },
  }
}
const warm = (more: object = {}): Rule => rule('too-warm', { kind: 'limit', op: 'gt', value: 8, onDelay: '10m', ...more })
const silent = rule('silent', { kind: 'stale', after: '10m' })

const reads = (at: number, value: number, point = temperature, receivedAt = at): Reading => ({
  point,
  at: instant(at),
  receivedAt: instant(receivedAt),
  value,
  quality: 'good',
})

function tried(parts: Partial<BacktestParts>, readings: readonly Reading[], act?: (backtest: Backtest) => void): BacktestResult {
  const backtest = new Backtest({
    before: [warm()],
    after: [warm()],
    kinds: ruleKinds,
    staleAfter: () => minutes(10),
    firstAt: () => instant(0),
    startAt: instant(0),
    from: instant(0),
    to: instant(1_000 * minute),
    ...parts,
  })
  for (const reading of readings) backtest.hear([reading])
  act?.(backtest)
  return backtest.finish()
}

/** One value a minute: 4, and warm in the stated minutes. */
const day = (length: number, ...hot: readonly (readonly [from: number, until: number])[]): Reading[] =>
  Array.from({ length }, (_, index) => reads(index * minute, hot.some(([from, until]) => index >= from && index < until) ? 9 : 4))

describe('a backtest', () => {
  test('says which alarms would go and which would come', () => {
    const readings = day(1_000, [100, 115], [300, 340], [600, 608])

    const result = tried({ after: [warm({ onDelay: '20m' })] }, readings)
    const sooner = tried({ after: [warm({ onDelay: '5m' })] }, readings)

    expect(result.before).toMatchObject({ alarms: 2, standing: 0, hours: 35 / 60 })
    expect(result.after).toMatchObject({ alarms: 1, hours: 20 / 60 })
    expect(result.goes).toMatchObject([{ raisedAt: 110 * minute, clearedAt: 115 * minute, value: 9 }])
    expect(result.comes).toEqual([])
    expect(sooner.goes).toEqual([])
    expect(sooner.comes).toMatchObject([{ since: 600 * minute, raisedAt: 605 * minute }])
    expect(sooner.rules).toMatchObject([{ change: 'settings', goes: 0, comes: 1 }])
  })

  test('counts what stood when it began apart, and cuts the hours off at both ends', () => {
    const times = { from: instant(120 * minute), to: instant(320 * minute) }

    const result = tried(times, day(1_000, [100, 150], [300, 400]))

    expect(result.before).toMatchObject({ alarms: 1, standing: 1, hours: (30 + 10) / 60 })
    // What was over before it began is nobody's business here.
    expect(tried({ from: instant(200 * minute) }, day(1_000, [100, 150])).before).toMatchObject({
      alarms: 0,
      standing: 0,
      hours: 0,
    })
  })

  test('tells rules that are new, gone, changed and unchanged apart', () => {
    const frost = rule('too-cold', { kind: 'limit', op: 'lt', value: 5, onDelay: '1m' })

    const { rules, before, after } = tried({ before: [warm(), silent], after: [frost, silent] }, day(60))

    expect(rules.map(({ rule: id, change }) => [id, change])).toEqual([
      ['cold-1.temperature.too-warm', 'removed'],
      ['cold-1.temperature.silent', 'none'],
      ['cold-1.temperature.too-cold', 'added'],
    ])
    expect([before.alarms, after.alarms]).toEqual([1, 2])
    expect(tried({}, day(60)).rules).toEqual([])
  })

  test('hears no silence while no gateway was running', () => {
    const readings = day(500).filter(({ at }) => at < 100 * minute || at >= 200 * minute)
    const heard = (stops: readonly (readonly [number, number])[]): number => {
      const backtest = new Backtest({
        before: [silent],
        after: [silent],
        kinds: ruleKinds,
        staleAfter: () => minutes(10),
        firstAt: () => instant(0),
        startAt: instant(0),
        from: instant(0),
        to: instant(499 * minute),
      })
      for (const reading of readings) {
        if (reading.at === 200 * minute)
          for (const [from, to] of stops) backtest.stopped(instant(from * minute), instant(to * minute))
        backtest.hear([reading])
      }
      return backtest.finish().before.alarms
    }

    expect(heard([])).toBe(1)
    expect(heard([[99, 200]])).toBe(0)
  })

  test('blames nobody for the time before the first word of a point, nor where there is none', () => {
    const late = day(500).filter(({ at }) => at >= 300 * minute)
    const parts = { before: [silent], after: [silent], to: instant(499 * minute) }

    expect(tried({ ...parts, firstAt: () => instant(0) }, late).before.alarms).toBe(1)
    expect(tried({ ...parts, firstAt: () => instant(300 * minute) }, late).before.alarms).toBe(0)
    expect(tried({ ...parts, firstAt: () => undefined }, []).before.alarms).toBe(0)
  })

  test('counts late, repeated and bad readings, which judge nothing', () => {
    const bad: Reading = { ...reads(12 * minute, 0), quality: 'bad', fault: fault('timeout', ''), value: undefined as never }
    const readings = [reads(10 * minute, 4), reads(10 * minute, 9), reads(5 * minute, 9), bad, reads(30 * minute, 4)]

    const result = tried({}, readings)

    expect(result.readings).toEqual({ accepted: 2, bad: 1, late: 1, duplicate: 1 })
    expect(result.before.alarms).toBe(0)
  })

  test('runs twice only what a change can reach, records included', () => {
    const record = 'cold-1.record:disinfection' as PointId
    const onRecord = rule('due', { kind: 'limit', op: 'lt', value: 1 }, temperature, [record])
    const elsewhere = rule('due', { kind: 'limit', op: 'lt', value: 1 }, 'cold-2.temperature' as PointId)
    const before = [warm(), onRecord, silent, elsewhere]

    expect([...touchedBy(before, [warm({ value: 9 }), onRecord, silent, elsewhere])].toSorted()).toEqual([
      'cold-1.temperature.due',
      'cold-1.temperature.too-warm',
    ])
    expect(touchedBy(before, before).size).toBe(0)
  })
})

describe('floods', () => {
  test('begin with more than ten alarms in ten minutes and end with fewer than five', () => {
    const every = (count: number, seconds: number): Instant[] =>
      Array.from({ length: count }, (_, index) => instant(index * seconds * 1_000))

    expect(floodsOf(every(10, 50))).toEqual([])
    expect(floodsOf(every(11, 60))).toEqual([])
    // The eleventh within ten minutes begins it; the ninth of the twelve leaves the window last but four.
    expect(floodsOf(every(12, 50))).toEqual([{ from: 0, to: 7 * 50_000 + 600_000, alarms: 12, peak: 12 }])
  })

  test('agree with looking at every second', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 150 }), { maxLength: 80 }), gaps => {
        let at = 0
        const times = gaps.map(gap => (at += gap))
        const found: object[] = []
        let open: { from: number; to: number; alarms: number; peak: number } | undefined
        const within = (now: number, upTo: number): number => times.filter(time => time > now - 600 && time <= upTo).length
        for (let now = 0; now <= at + 601; now++) {
          if (open && within(now, now - 1) < 5) {
            found.push({
              ...open,
              to: now * 1_000,
              alarms: times.filter(time => time * 1_000 >= (open?.from ?? 0) && time < now).length,
            })
            open = undefined
          }
          if (!times.includes(now)) continue
          const count = within(now, now)
          if (open) open.peak = Math.max(open.peak, count)
          else if (count > 10) open = { from: (times.find(time => time > now - 600) ?? 0) * 1_000, to: 0, alarms: 0, peak: count }
        }
        expect(floodsOf(times.map(time => instant(time * 1_000)))).toEqual(found)
      }),
    )
  })
})

describe('alarms without a counterpart', () => {
  const episodes = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 9 })), {
      maxLength: 12,
    })
    .map(pieces => {
      let now = 0
      return pieces.map(([pause, delay, stands], index): Episode => {
        const since = (now += pause)
        const clearedAt = (now += delay + stands)
        const isOpen = index === pieces.length - 1 && stands === 9
        return {
          rule: 'a' as RuleId,
          since: instant(since),
          raisedAt: instant(since + delay),
          clearedAt: isOpen ? undefined : instant(clearedAt),
          value: undefined,
        }
      })
    })

  test('are those that meet none of the others, whatever the two look like', () => {
    const end = ({ clearedAt }: Episode): number => clearedAt ?? Infinity
    fc.assert(
      fc.property(episodes, episodes, (some, others) => {
        const alone = some.filter(one => !others.some(other => one.since <= end(other) && other.since <= end(one)))
        expect(unmatched(some, others)).toEqual(alone)
      }),
    )
  })
})

describe('arrivals', () => {
  const stored = fc.array(
    fc.array(fc.record({ step: fc.integer({ min: 1, max: 20 }), late: fc.constantFrom(0, 0, 0, 3, 50, 200) }), { maxLength: 40 }),
    { minLength: 1, maxLength: 4 },
  )

  test('give every row of every point once, in the order in which they came', () => {
    fc.assert(
      fc.property(stored, fc.integer({ min: 1, max: 7 }), (points, blockSize) => {
        const all: { point: string; at: number; receivedAt: number }[] = []
        const named = points.map((steps, index) => {
          const point = `p.${index}` as PointId
          let at = 0
          const rows = steps.map(({ step, late }) => ({ point, at: (at += step), receivedAt: at + late }))
          all.push(...rows)
          const blocks: Rows[] = []
          for (let from = 0; from < rows.length; from += blockSize) {
            const block = noRows()
            for (const one of rows.slice(from, from + blockSize))
              push(block, { ...one, value: 1, mark: good, period: 1, fault: undefined })
            blocks.push(block)
          }
          return { point, rows: blocks }
        })
        const order = (a: (typeof all)[number], b: (typeof all)[number]): number =>
          a.receivedAt - b.receivedAt || a.point.localeCompare(b.point) || a.at - b.at
        const given: typeof all = []
        const sizes: number[] = []
        for (const together of arrivals(named)) {
          sizes.push(together.length)
          expect(new Set(together.map(({ receivedAt }) => receivedAt)).size).toBe(1)
          given.push(...together.map(({ point, at, receivedAt }) => ({ point, at, receivedAt })))
        }
        expect(given).toEqual(all.toSorted(order))
        expect(sizes.length).toBe(new Set(all.map(({ receivedAt }) => receivedAt)).size)
      }),
    )
  })
})

describe('what a gateway said', () => {
  const rules = [
    warm({ deadband: 0.5, offDelay: '3m' }),
    silent,
    rule('too-cold', { kind: 'limit', op: 'le', value: 2 }),
    rule('too-warm', { kind: 'limit', op: 'gt', value: 8, onDelay: '4m' }, 'cold-2.temperature' as PointId),
    rule('silent', { kind: 'stale', after: '6m' }, 'cold-2.temperature' as PointId),
  ]
  const parts = { rules, kinds: ruleKinds, staleAfter: () => minutes(8) }
  /** A word from one of two cabinets: how long after the one before, and whether it was sent at once or had to wait. */
  const word = fc.record({
    cabinet: fc.constantFrom('cold-1.temperature', 'cold-2.temperature'),
    pause: fc.constantFrom(20, 60, 60, 60, 61, 240, 900),
    delay: fc.constantFrom(0, 0, 0, 0, 1, 400, 1_500),
    value: fc.constantFrom<number | null>(4, 4, 7.6, 8, 8.5, 9, 2, null),
  })
  const runs = fc.array(fc.array(word, { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 3 })

  test('is what the backtest says of it, over a real store, through stops, backlogs, gaps and bad readings', async () => {
    await fc.assert(
      fc.asyncProperty(runs, async words => {
        const folder = emptyFolder()
        const store = await opened(folder)
        const said: object[] = []
        let now = 1_700_000_000_000
        const startAt = instant(now)
        let evaluator = new Evaluator({ ...parts, startAt })
        const keep = (verdicts: ReturnType<Evaluator['hear']>): void => {
          for (const { rule: id, transition } of verdicts) said.push({ rule: id, what: transition.what, at: transition.at })
        }
        const latest = new Map<PointId, { good?: { at: Instant; value: number }; lastWordBad: boolean }>()
        const seen = new Set<string>()
        for (const [index, run] of words.entries()) {
          if (index > 0) {
            // Stopped and started again, as the gateway does it: from its checkpoints and the newest word of each point.
            now += 2_000_000
            const memories = rules.map(({ id }) => [id, evaluator.memoryOf(id)] as const)
            evaluator = new Evaluator({ ...parts, startAt: instant(now) })
            for (const [id, memory] of memories) if (memory) evaluator.restoreRule(id, structuredClone(memory))
            for (const [point, word] of latest) evaluator.restorePoint(point, word)
            evaluator.rehear()
            evaluator.resume(instant(now))
          }
          await store.historian.listening(instant(now))
          keep(evaluator.advance(instant(now)))
          const coming = run.map(({ cabinet, pause, delay, value }) => {
            const at = (now += pause * 1_000)
            return { point: cabinet as PointId, at, receivedAt: at + delay * 1_000, value }
          })
          for (const { point, at, receivedAt, value } of coming.toSorted((a, b) => a.receivedAt - b.receivedAt)) {
            if (seen.has(`${point} ${at}`)) continue
            seen.add(`${point} ${at}`)
            const head = { point, at: instant(at), receivedAt: instant(receivedAt) }
            const reading: Reading =
              value === null ? { ...head, quality: 'bad', fault: fault('timeout', '') } : { ...head, value, quality: 'good' }
            const fates: ('accepted' | 'bad' | 'late' | 'duplicate')[] = []
            keep(evaluator.hear([reading], instant(receivedAt), fates))
            await store.historian.record([{ reading, ...(fates[0] === 'late' ? { mark: 'late' } : {}) }])
            const before = latest.get(point)
            if (fates[0] === 'accepted') latest.set(point, { good: { at: instant(at), value: value ?? 0 }, lastWordBad: false })
            if (fates[0] === 'bad') latest.set(point, { ...before, lastWordBad: true })
            now = Math.max(now, receivedAt)
          }
        }
        const end = instant(now)
        keep(evaluator.finish(end))

        const backtest = lookBack(folder, past => {
          const trial = new Backtest({
            ...parts,
            before: rules,
            after: rules,
            firstAt: () => startAt,
            startAt,
            from: startAt,
            to: instant(end + 1),
          })
          const stops = [...past.stops]
          for (const readings of past.arrivals(trial.points, startAt, instant(end + 1))) {
            while (stops[0] && stops[0].to <= (readings[0]?.receivedAt ?? 0)) {
              trial.stopped(stops[0].from, stops[0].to)
              stops.shift()
            }
            trial.hear(readings)
          }
          return trial
        })
        const { before } = backtest.finish()
        expect(before.alarms).toBe(said.filter(one => (one as { what: string }).what === 'raised').length)
        expect(backtest.episodes().flatMap(transitionsOf).toSorted(byText)).toEqual(
          said.map(one => JSON.stringify(one)).toSorted(byText),
        )
        await store.close()
      }),
      { numRuns: 12 },
    )
  })

  const byText = (a: string, b: string): number => (a < b ? -1 : 1)
  const transitionsOf = ({ rule: id, raisedAt, clearedAt }: Episode): string[] => [
    JSON.stringify({ rule: id, what: 'raised', at: raisedAt }),
    ...(clearedAt === undefined ? [] : [JSON.stringify({ rule: id, what: 'cleared', at: clearedAt })]),
  ]
})
