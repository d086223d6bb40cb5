import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { days, hours, minutes, seconds } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { alarmStates } from '../../gateway/alarm/alarm.ts'
import type { Alarm, AlarmId, AlarmState } from '../../gateway/alarm/alarm.ts'
import type { Passing } from '../../gateway/alarm/follow.ts'
import { AlarmPerformance, lookOn } from '../../gateway/alarm/kpi.ts'
import type { Figures } from '../../gateway/alarm/kpi.ts'
import { enoughCalls, measuresOf } from '../../gateway/alarm/kpi-targets.ts'
import { Spread } from '../../gateway/alarm/kpi-spread.ts'
import { priorities } from '../../gateway/policy/rule.ts'
import type { Priority, RuleId } from '../../gateway/policy/rule.ts'

const day = Date.UTC(2026, 8, 1) as Instant
const at = (hour: number, minute = 0, second = 0): Instant => (day + hours(hour) + minutes(minute) + seconds(second)) as Instant
const oneDay = {
  from: day,
  to: (day + days(1)) as Instant,
  days: [day],
  isWorking: (moment: Instant) => moment >= at(8) && moment < at(18),
}

const alarm = (id: string, more: Partial<Alarm> = {}): Alarm => ({
  id: id as AlarmId,
  rule: 'cold-1.warm' as RuleId,
  state: 'unacknowledged',
  priority: 'medium',
  active: true,
  since: day,
  raisedAt: day,
  times: 1,
  found: 'live',
  ...more,
})
const entry = (kind: string, moment: Instant, of: Alarm): Passing => ({
  kind: `alarm.${kind}`,
  at: moment,
  by: 'x',
  about: of.id,
  data: { alarm: of },
})
const raised = (id: string, moment: Instant, more: Partial<Alarm> = {}): Passing =>
  entry('raised', moment, alarm(id, { raisedAt: moment, since: moment, ...more }))
const cleared = (id: string, moment: Instant, more: Partial<Alarm> = {}): Passing =>
  entry('cleared', moment, alarm(id, { state: 'returned-unacknowledged', active: false, ...more }))
const acknowledged = (id: string, moment: Instant, more: Partial<Alarm> = {}): Passing =>
  entry('acknowledged', moment, alarm(id, { state: 'acknowledged', ...more }))

function figuresOf(entries: readonly Passing[], open: readonly Alarm[] = [], period = oneDay): Figures {
  const performance = new AlarmPerformance(period)
  for (const one of entries) performance.hear(one)
  return performance.figures(open)
}

describe('a day whose figures were counted by hand', () => {
  const gas = { rule: 'gas.leak' as RuleId, priority: 'high' } as const
  const door = { rule: 'door.open' as RuleId, priority: 'low' } as const
  const entries: readonly Passing[] = [
    // Before the day: shelved for two hours that end at 01:00, and an alarm that has stood since the day before yesterday.
    entry(
      'shelved',
      at(-1),
      alarm('A1', { state: 'shelved', shelved: { by: 'li', at: at(-1), until: at(1), reason: 'x', oneShot: false } }),
    ),
    raised('A2', at(-30), { rule: 'tank.low' as RuleId }),
    acknowledged('A2', at(-29), { rule: 'tank.low' as RuleId, raisedAt: at(-30) }),
    entry('unshelved', at(1), alarm('A1', { state: 'normal', active: false })),
    // 09:00 one alarm, seen after 4 min, done after 30, over after 40.
    raised('A3', at(9), gas),
    acknowledged('A3', at(9, 4), gas),
    entry('confirmed', at(9, 30), alarm('A3', { ...gas, state: 'acknowledged', raisedAt: at(9) })),
    cleared('A3', at(9, 40), { ...gas, state: 'normal' }),
    // 10:00 a door that chatters: 3 times within 40 s, each over after 5 s, acknowledged once after all.
    ...[0, 20, 40].flatMap(second => [raised('A4', at(10, 0, second), door), cleared('A4', at(10, 0, second + 5), door)]),
    acknowledged('A4', at(10, 2), { ...door, state: 'normal' }),
    // 12:00 one that is over after 8 s and never comes again: fleeting. Nobody answers it.
    raised('A5', at(12), { rule: 'pump.trip' as RuleId }),
    cleared('A5', at(12, 0, 8), { rule: 'pump.trip' as RuleId }),
    // 20:00 a flood: 12 alarms in 11 s, when nobody is at work; put aside one by one.
    ...Array.from({ length: 12 }, (_, n) =>
      raised(`A${10 + n}`, at(20, 0, n), { rule: `room.${n}` as RuleId, priority: 'advisory' }),
    ),
    ...Array.from({ length: 12 }, (_, n) =>
      entry(
        'suppressed',
        at(20, 1),
        alarm(`A${10 + n}`, {
          rule: `room.${n}` as RuleId,
          priority: 'advisory',
          state: 'suppressed',
          suppressed: { at: at(20, 1), causes: [] },
        }),
      ),
    ),
    // 21:00 the condition of a suppressed one comes again: recorded, nobody called.
    raised('A10', at(21), { rule: 'room.0' as RuleId, state: 'suppressed' }),
    // 22:00 found in what a logger sent the day after.
    raised('A30', at(22), { rule: 'van.warm' as RuleId, found: 'late' }),
    { kind: 'notice.delivered', at: at(9), by: 'system', data: {} },
    { kind: 'notice.failed', at: at(9), by: 'system', data: {} },
    { kind: 'notice.delivered', at: at(25), by: 'system', data: {} },
    // The day after: not of this day, but an answer that belongs to it.
    acknowledged('A5', at(24, 30), { rule: 'pump.trip' as RuleId, state: 'normal', active: false }),
    raised('A31', at(25)),
  ]
  const figures = figuresOf(entries)

  test('counts 17 calls, the most in ten minutes and in an hour, and those out of hours', () => {
    const { load, byPriority } = figures
    expect(load.total).toBe(17)
    expect(load.perTenMinutes).toEqual({ mean: 17 / 144, max: 12, over: 1, of: 144 })
    expect(load.perHour).toEqual({ max: 12, over: 0, of: 24 })
    expect(load.outside).toEqual({ all: 12, urgent: 0 })
    expect(byPriority).toEqual({ high: 1, medium: 1, low: 3, advisory: 12 })
    expect(load.perDay).toEqual([{ from: day, calls: 17, isFlood: true }])
  })
  test('sees one flood, which ends when fewer than five are left in the last ten minutes', () => {
    const { count, alarms, length, shown } = figures.load.floods
    // The eighth last leaves at 20:00:07 + 10 min: then four are left.
    expect([count, alarms, length]).toEqual([1, 12, minutes(10) + seconds(7)])
    expect(shown).toEqual([{ from: at(20), to: at(20, 10, 7), alarms: 12, peak: 12 }])
  })
  test('knows the alarm that has stood since the day before yesterday', () => {
    expect(figures.stale).toEqual([{ alarm: 'A2', rule: 'tank.low', raisedAt: at(-30) }])
  })
  test('names the door that chatters once and the pump that was fleeting', () => {
    const rule = (id: string) => figures.rules.find(one => one.rule === id)
    expect(rule('door.open')).toMatchObject({ calls: 3, chatters: 1, fleeting: 0, ended: 3 })
    expect(rule('pump.trip')).toMatchObject({ calls: 1, chatters: 0, fleeting: 1 })
    expect(rule('gas.leak')?.shorter).toEqual([0, 0, 0, 0, 0, 0, 0])
    expect(figures.rules[0]?.rule).toBe('door.open')
  })
  test('says how long people waited, once for each wait, and who never got an answer', () => {
    const { high, low, medium, advisory } = figures.acknowledge
    expect(high).toEqual({ all: 1, answered: 1, otherwise: 0, unanswered: 0, median: minutes(4), p90: minutes(4) })
    expect(low).toEqual({ all: 1, answered: 1, otherwise: 0, unanswered: 0, median: minutes(2), p90: minutes(2) })
    expect(medium).toEqual({ all: 1, answered: 1, otherwise: 0, unanswered: 0, median: minutes(750), p90: minutes(750) })
    expect(advisory).toMatchObject({ all: 12, answered: 0, otherwise: 12, unanswered: 0 })
    expect(figures.confirm).toEqual({ count: 1, median: minutes(30), p90: minutes(30) })
  })
  test('counts apart what was quiet, what was found late and what was sent', () => {
    expect(figures.quiet.shelved).toEqual({ times: 0, length: hours(1), now: 0, came: 0 })
    expect(figures.quiet.suppressed).toEqual({ times: 12, length: 12 * (minutes(239) as number), now: 12, came: 1 })
    expect(figures.late).toBe(1)
    expect(figures.notices).toEqual({ delivered: 1, failed: 1 })
  })
  test('judges no share of so few alarms, and says of each target where it comes from', () => {
    const measures = new Map(measuresOf(figures).map(one => [one.id, one]))
    expect(measures.get('rate')).toMatchObject({ standing: 'good', basis: { verified: true } })
    expect(measures.get('top-ten')?.standing).toBe('few')
    expect(measures.get('mix')?.standing).toBe('few')
    expect(measures.get('chattering')).toMatchObject({ value: 1, standing: 'fair' })
    expect(measures.get('answer')).toMatchObject({
      value: minutes(750),
      standing: 'poor',
      basis: { kind: 'design', verified: false },
    })
    expect(measures.get('flood')?.basis.verified).toBe(false)
  })
})

describe('figures', () => {
  test('of a day without alarms are all zero, and nothing is divided by nothing', () => {
    const figures = figuresOf([])
    expect(figures.load.perTenMinutes).toEqual({ mean: 0, max: 0, over: 0, of: 144 })
    for (const { value } of measuresOf(figures)) expect(Number.isNaN(value)).toBe(false)
    expect(measuresOf(figures).find(({ id }) => id === 'answer')).toMatchObject({ value: null, standing: 'few' })
  })
  test('leave out an entry that a failing disk has changed', () => {
    const damaged = [undefined, 7, {}, { id: 'A1', rule: 'x', state: 'unacknowledged', priority: 'loud' }]
    expect(figuresOf(damaged.map(of => ({ ...raised('A1', at(9)), data: { alarm: of } }))).load.total).toBe(0)
  })
  test('know of an alarm that stands and that the pass never met, because it is older than what is read', () => {
    const old = alarm('A1', { raisedAt: (day - days(50)) as Instant })
    const quiet = alarm('A2', {
      state: 'out-of-service',
      outOfService: { by: 'li', at: (day - days(31)) as Instant, until: at(30), reason: 'x', substitute: 'y' },
    })
    const young = alarm('A3', { raisedAt: at(-26) })
    const figures = figuresOf([], [old, quiet, young])
    expect(figures.stale.map(one => one.alarm)).toEqual(['A1'])
    expect(figures.quiet['out-of-service']).toEqual({ times: 0, length: days(1), now: 1, came: 0 })
  })
  test('measure a wait from its first call, however often it came again before the answer', () => {
    const { medium } = figuresOf([
      raised('A1', at(9)),
      cleared('A1', at(9, 1)),
      raised('A1', at(9, 5), { times: 2 }),
      acknowledged('A1', at(9, 10)),
      // Called again by itself after an hour: a wait of its own.
      entry('re-alarmed', at(10), alarm('A1', { times: 3 })),
      acknowledged('A1', at(10, 2)),
    ]).acknowledge
    expect(medium).toEqual({ all: 2, answered: 2, otherwise: 0, unanswered: 0, median: minutes(2), p90: minutes(10) })
  })
  test('count a call that somebody took out of service as answered otherwise, and one that still calls as unanswered', () => {
    const { medium } = figuresOf([
      raised('A1', at(9)),
      entry('out-of-service', at(9, 5), alarm('A1', { state: 'out-of-service' })),
      raised('A2', at(10), { rule: 'b' as RuleId }),
      cleared('A2', at(11), { rule: 'b' as RuleId }),
    ]).acknowledge
    expect(medium).toMatchObject({ all: 2, answered: 0, otherwise: 1, unanswered: 1 })
  })
  test('judge shares once there are enough alarms', () => {
    const many = Array.from({ length: enoughCalls }, (_, n) =>
      raised(`A${n}`, at(0, n * 14), { rule: `r${n}` as RuleId, priority: n < 80 ? 'low' : n < 95 ? 'medium' : 'high' }),
    )
    const measures = new Map(measuresOf(figuresOf(many)).map(one => [one.id, one]))
    expect(measures.get('mix')).toMatchObject({ standing: 'good' })
    expect(measures.get('mix')?.value).toBeCloseTo(0)
    expect(measures.get('top-ten')).toMatchObject({ value: 0.1, standing: 'fair' })
  })
})

describe('a spread of lengths', () => {
  test('is right to its step, whatever was added', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 3 * 86_400_000 }), { minLength: 1 })
    fc.assert(
      fc.property(lengths, fc.double({ min: 0, max: 1, noNaN: true }), (all, part) => {
        const spread = new Spread()
        for (const length of all) spread.add(length as ReturnType<typeof minutes>)
        const sorted = all.toSorted((a, b) => a - b)
        const exact = sorted[Math.max(1, Math.ceil(all.length * part)) - 1] as number
        const step = exact <= 3_600_000 ? 1_000 : exact <= 172_800_000 ? 60_000 : 3_600_000
        const found = spread.percentile(part) as number
        expect(found).toBeGreaterThanOrEqual(exact)
        expect(found - exact).toBeLessThan(step)
      }),
    )
  })
  test('of nothing has no middle', () => {
    expect(new Spread().percentile(0.5)).toBeUndefined()
  })
})

/** A life of alarms that could have been: entries of a few rules in order of time, over three days of which the middle one is looked at. */
interface Happening {
  readonly rule: number
  readonly after: number
  readonly what: number
}
const happening = fc.record({
  rule: fc.integer({ min: 0, max: 3 }),
  after: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 40_000 }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 900_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 8 * 3_600_000 }) },
  ),
  what: fc.integer({ min: 0, max: 9 }),
})

function journalOf(happenings: readonly Happening[]): readonly Passing[] {
  const open = new Map<number, Alarm>()
  const entries: Passing[] = []
  let now = day - days(1)
  let counter = 0
  for (const { rule, after, what } of happenings) {
    now += after
    const moment = now as Instant
    const known = open.get(rule)
    const say = (kind: string, next: Alarm): void => {
      entries.push(entry(kind, moment, next))
      if (next.state === 'normal') open.delete(rule)
      else open.set(rule, next)
    }
    if (!known) {
      counter += 1
      const quiet = what === 9
      say(
        'raised',
        alarm(`A${counter}`, {
          rule: `r${rule}` as RuleId,
          priority: priorities[rule] as Priority,
          raisedAt: moment,
          state: quiet ? 'suppressed' : 'unacknowledged',
          ...(quiet ? { suppressed: { at: moment, causes: [] } } : {}),
        }),
      )
      continue
    }
    const { shelved: _, suppressed: _s, ...rest } = known
    const isQuiet = known.state === 'shelved' || known.state === 'suppressed'
    if (isQuiet) {
      if (what < 4) say(known.state === 'shelved' ? 'unshelved' : 'released', { ...rest, state: 'normal' })
      else if (what < 7) say('cleared', { ...known, active: false })
      else say('raised', { ...known, active: true, raisedAt: moment })
    } else if (what < 4 && known.active) {
      say('cleared', { ...known, active: false, state: known.state === 'acknowledged' ? 'normal' : 'returned-unacknowledged' })
    } else if (what < 6 && !known.active) say('raised', { ...known, active: true, raisedAt: moment, state: 'unacknowledged' })
    else if (what < 8 && known.state !== 'acknowledged')
      say('acknowledged', { ...known, state: known.active ? 'acknowledged' : 'normal' })
    else if (what === 8)
      say('shelved', { ...known, state: 'shelved', shelved: { by: 'x', at: moment, until: moment, reason: '', oneShot: false } })
    else if (known.state === 'acknowledged') say('re-alarmed', { ...known, state: 'unacknowledged' })
  }
  return entries
}

/** The same figures, counted slowly in another way: everything in lists, each figure by its own definition. */
function recount(entries: readonly Passing[], { from, to }: { readonly from: number; readonly to: number }) {
  const alarmOf = (one: Passing): Alarm => one.data['alarm'] as Alarm
  const inside = entries.filter(one => one.at >= from && one.at < to)
  const isCall = (one: Passing): boolean =>
    ['alarm.raised', 'alarm.re-alarmed'].includes(one.kind) && alarmOf(one).state === 'unacknowledged'
  const called = inside.filter(isCall)
  const times = called.map(one => one.at as number)
  const countIn = (start: number, length: number): number => times.filter(t => t >= start && t < start + length).length
  const slots = Array.from({ length: (to - from) / 600_000 }, (_, n) => countIn(from + n * 600_000, 600_000))
  const hoursOf = Array.from({ length: (to - from) / 3_600_000 }, (_, n) => countIn(from + n * 3_600_000, 3_600_000))
  const rules = new Map<string, { calls: number; chatters: number; fleeting: number }>()
  for (const id of new Set(called.map(one => alarmOf(one).rule as string))) {
    const mine = called.filter(one => alarmOf(one).rule === id)
    const came = mine.filter(one => one.kind === 'alarm.raised').map(one => one.at as number)
    const third = came.map((t, n) => n >= 2 && t - (came[n - 2] as number) <= 60_000)
    const fleeting = came.filter((t, n) => {
      const isAlone = t - (came[n - 1] ?? -Infinity) > 60_000 && (came[n + 1] ?? Infinity) - t > 60_000
      const mineAll = inside.filter(one => alarmOf(one).rule === id)
      const start = mineAll.findIndex(one => one.at === t && isCall(one) && one.kind === 'alarm.raised')
      const end = mineAll.slice(start + 1).find(one => one.kind !== 'alarm.acknowledged' && one.kind !== 'alarm.re-alarmed')
      return isAlone && end?.kind === 'alarm.cleared' && end.at - t <= 10_000
    })
    rules.set(id, {
      calls: mine.length,
      chatters: third.filter((is, n) => is && !third[n - 1]).length,
      fleeting: fleeting.length,
    })
  }
  // A wait: from a call while nobody was waiting until the first entry of that alarm after which nobody waits.
  const waiting = ['unacknowledged', 'returned-unacknowledged']
  const lengths: number[] = []
  let [waits, otherwise, unanswered] = [0, 0, 0]
  for (const id of new Set(entries.map(one => one.about))) {
    const story = entries.filter(one => one.about === id && one.at < to + 86_400_000)
    let since: number | undefined
    for (const one of story) {
      const isOver = !waiting.includes(alarmOf(one).state)
      if (since !== undefined && isOver) {
        if (one.kind === 'alarm.acknowledged') lengths.push(one.at - since)
        else otherwise += 1
        since = undefined
      }
      if (since === undefined && isCall(one) && one.at >= from && one.at < to) {
        since = one.at
        waits += 1
      }
    }
    if (since !== undefined) unanswered += 1
  }
  // Milliseconds in a quiet state: every alarm, looked at between each two of its entries.
  const quiet = { shelved: 0, suppressed: 0 }
  const stale: string[] = []
  for (const id of new Set(entries.map(one => one.about))) {
    const story = entries.filter(one => one.about === id && one.at < to)
    story.forEach((one, n) => {
      const end = story[n + 1]?.at ?? to
      const { state } = alarmOf(one)
      if (state === 'shelved' || state === 'suppressed') quiet[state] += Math.max(0, Math.min(end, to) - Math.max(one.at, from))
    })
    const last = story.at(-1)
    const standing = last && alarmOf(last)
    if (standing?.active && ['unacknowledged', 'acknowledged'].includes(standing.state) && to - standing.raisedAt > 86_400_000)
      stale.push(standing.id)
  }
  return { times, slots, hoursOf, rules, waits, otherwise, unanswered, lengths, quiet, stale }
}

describe('a random journal', () => {
  test('gives the figures that a slow recount gives', () => {
    const met = new Set<AlarmState | string>()
    fc.assert(
      fc.property(fc.array(happening, { minLength: 20, maxLength: 250, size: 'max' }), happenings => {
        // As far as the route reads on after the period.
        const entries = journalOf(happenings).filter(one => one.at < oneDay.to + lookOn)
        for (const one of entries) met.add((one.data['alarm'] as Alarm).state)
        const figures = figuresOf(entries)
        const slow = recount(entries, oneDay)
        const { load } = figures
        expect(load.total).toBe(slow.times.length)
        expect(load.perTenMinutes.max).toBe(Math.max(0, ...slow.slots))
        expect(load.perTenMinutes.over).toBe(slow.slots.filter(n => n > 10).length)
        expect(load.perHour).toEqual({ max: Math.max(0, ...slow.hoursOf), over: slow.hoursOf.filter(n => n > 30).length, of: 24 })
        expect(
          new Map(figures.rules.map(({ rule, calls, chatters, fleeting }) => [rule as string, { calls, chatters, fleeting }])),
        ).toEqual(slow.rules)
        const waits = priorities.map(priority => figures.acknowledge[priority])
        const sum = (of: 'all' | 'answered' | 'otherwise' | 'unanswered'): number => waits.reduce((all, one) => all + one[of], 0)
        expect([sum('all'), sum('answered'), sum('otherwise'), sum('unanswered')]).toEqual([
          slow.waits,
          slow.lengths.length,
          slow.otherwise,
          slow.unanswered,
        ])
        expect([figures.quiet.shelved.length, figures.quiet.suppressed.length]).toEqual([
          slow.quiet.shelved,
          slow.quiet.suppressed,
        ])
        expect(figures.stale.map(one => one.alarm).toSorted()).toEqual(slow.stale.toSorted())
        // A flood, by its definition: it begins at a moment with more than ten in the ten minutes before.
        const isFlood = slow.times.some((t, n) => slow.times.slice(0, n + 1).filter(one => t - one < 600_000).length > 10)
        expect(load.floods.count > 0).toBe(isFlood)
      }),
      { numRuns: 80, endOnFailure: true },
    )
    expect([...met].every(state => (alarmStates as readonly string[]).includes(state))).toBe(true)
    expect(met.size).toBeGreaterThanOrEqual(5)
  })

  test('of live calls that are written down a little out of order gives the same floods as in order', () => {
    const moments = fc.array(fc.integer({ min: 0, max: 5 * 3_600_000 }), { minLength: 1, maxLength: 120, size: 'max' })
    fc.assert(
      fc.property(moments, fc.array(fc.integer({ min: 0, max: 14 * 60_000 })), (all, lag) => {
        const entries = all.map((ms, n) => ({
          ...raised(`A${n}`, (day + ms) as Instant, { rule: `r${n}` as RuleId }),
          writtenAt: ms + (lag[n] ?? 0),
        }))
        const inOrder = figuresOf(entries.toSorted((a, b) => a.at - b.at))
        const asWritten = figuresOf(entries.toSorted((a, b) => a.writtenAt - b.writtenAt))
        expect(asWritten.load).toEqual(inOrder.load)
      }),
    )
  })
})

describe('a year of 100,000 alarm entries', () => {
  test('is counted in less than two seconds of the processor', () => {
    const from = (day - days(365)) as Instant
    const starts = Array.from({ length: 365 }, (_, n) => (from + days(n)) as Instant)
    const performance = new AlarmPerformance({ from, to: day, days: starts, isWorking: () => true })
    const gap = days(365) / 100_000
    const began = process.cpuUsage()
    for (let n = 0; n < 50_000; n += 1) {
      const moment = (from + 2 * n * gap) as Instant
      const rule = `r${n % 500}` as RuleId
      performance.hear(raised(`A${n}`, moment, { rule }))
      performance.hear(acknowledged(`A${n}`, (moment + gap) as Instant, { rule, state: 'normal', active: false }))
    }
    const figures = performance.figures([])
    const { user, system } = process.cpuUsage(began)
    expect(figures.load.total).toBe(50_000)
    expect(figures.acknowledge.medium.answered).toBe(50_000)
    expect((user + system) / 1_000).toBeLessThan(2_000)
  })
})
