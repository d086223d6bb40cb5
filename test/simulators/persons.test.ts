import { describe, expect, test } from 'vitest'
import type { Model } from '../../simulators/physics/model.ts'
import { dayOfMonth } from '../../simulators/physics/model.ts'
import { longest, modelOf, play, until, worldAt } from './world.ts'

/** Local times of the day (hours since Monday 00:00) at which a counter went up. */
function counted(model: Model, key: string, hours: number, faults: readonly string[] = [], seed = 5): number[] {
  const times: number[] = []
  let last: number | undefined
  for (const { hours: at, points } of play(model, { seed, hours, faults })) {
    const value = points[key] ?? NaN
    for (let n = last ?? value; n < value; n++) times.push(at)
    expect(value, 'a counter never goes back').toBeGreaterThanOrEqual(last ?? value)
    last = value
  }
  return times
}

const DAYS = 14

describe('what people do comes at its time, every day of a fortnight', () => {
  const daily: readonly (readonly [type: string, key: string, from: number, to: number, fault: string])[] = [
    ['fire-exit', 'checks', 7, 8, 'check-skipped'],
    ['records-keeper', 'checks', 2.5, 3, 'check-skipped'],
    ['guest-room', 'cups', 9, 12, 'cups-skipped'],
    ['guest-room', 'basins', 9, 12, 'basins-skipped'],
    ['guest-room', 'toilets', 9, 12, 'toilets-skipped'],
    ['gas-report', 'daily', 17, 18, 'daily-report-missed'],
    ['gas-report', 'sales', 17, 18.5, 'sales-summary-missed'],
    ['reading-sheet', 'entries', 16, 18, 'entries-skipped'],
    ['database-backup', 'logs', 1, 2, 'log-backup-failed'],
    ['server-room', 'inspections', 9.5, 10, 'inspection-skipped'],
  ]
  test.each(daily)('%s: %s', (type, key, from, to, fault) => {
    const times = counted(modelOf(type), key, DAYS * 24)
    expect(times.map(at => Math.floor(at / 24))).toEqual(Array.from({ length: DAYS }, (_, day) => day))
    for (const at of times) {
      expect(at % 24).toBeGreaterThanOrEqual(from)
      expect(at % 24).toBeLessThan(to)
    }
    expect(counted(modelOf(type), key, DAYS * 24, [fault])).toEqual([])
  })

  test('the guards hand over within half an hour of every shift change', () => {
    const times = counted(modelOf('duty-desk'), 'handovers', DAYS * 24)
    expect(times).toHaveLength(DAYS * 3)
    for (const at of times) expect(Math.min(...[7.5, 15.5, 23.5].map(change => Math.abs((at % 24) - change)))).toBeLessThan(0.5)
    expect(counted(modelOf('duty-desk'), 'handovers', 48, ['handover-skipped'])).toEqual([])
  })

  test('an off-site copy is carried away every Saturday', () => {
    const times = counted(modelOf('database-backup'), 'offsite', 28 * 24)
    expect(times.map(at => Math.floor(at / 24) % 7)).toEqual([5, 5, 5, 5])
    expect(counted(modelOf('database-backup'), 'offsite', 8 * 24, ['offsite-forgotten'])).toEqual([])
  })

  test.each([
    ['database-backup', 'verified', 'restore-not-verified'],
    ['gas-report', 'monthly', 'month-end-missed'],
  ])('%s: %s once in every calendar month', (type, key, fault) => {
    const times = counted(modelOf(type), key, 100 * 24)
    // From Monday, 23 November to 2 March.
    expect(times.length).toBeGreaterThanOrEqual(3)
    expect(new Set(times.map(at => dayOfMonth(worldAt(at, 0)))).size).toBe(1)
    expect(counted(modelOf(type), key, 40 * 24, [fault])).toEqual([])
  })
})

describe('a case', () => {
  const flows: readonly (readonly [type: string, opens: string, stages: readonly (readonly [string, string, number])[]])[] = [
    [
      'duty-desk',
      'reports',
      [
        ['answers', 'report-unanswered', 9],
        ['closings', 'case-not-closed', 69],
      ],
    ],
    [
      'gas-hotline',
      'reports',
      [
        ['answers', 'repair-unanswered', 3],
        ['closings', 'no-follow-up', 73],
      ],
    ],
    ['ledger', 'changes', [['prints', 'paper-not-renewed', 8]]],
  ]
  test.each(flows)('of %s is dealt with in order and in time', (type, opens, stages) => {
    const opened = counted(modelOf(type), opens, 60 * 24)
    expect(opened.length).toBeGreaterThan(8)
    for (const [stage, , most] of stages) {
      const done = counted(modelOf(type), stage, 60 * 24)
      for (const [index, at] of done.entries()) {
        const since = opened[index] ?? NaN
        expect(at).toBeGreaterThan(since)
        expect(at - since).toBeLessThanOrEqual(most + 0.02)
      }
    }
  })

  test.each(flows)(
    'of %s opens at once and stays where its fault holds it up, and goes on when it is mended',
    (type, opens, stages) => {
      for (const [stage, fault] of stages) {
        const moments = [...play(modelOf(type), { hours: 240, stepSeconds: 60, faults: at => (at < 200 ? [fault] : []) })]
        const start = moments[0]?.points ?? {}
        const held = moments.filter(({ hours }) => hours >= 150 && hours < 200)
        expect(new Set(held.map(({ points }) => points[stage])).size).toBe(1)
        for (const { points } of held) {
          expect(points[opens]).toBeGreaterThan(points[stage] ?? NaN)
          expect(points[opens]).toBe((points[stage] ?? NaN) + 1)
        }
        expect(until(moments, points => (points[opens] ?? 0) >= (start[opens] ?? NaN))).toBeLessThan(0.1)
        expect(moments.at(-1)?.points[stage]).toBeGreaterThan(held[0]?.points[stage] ?? NaN)
      }
    },
  )
})

describe('a contact', () => {
  test.each([
    ['fire-exit', 'clear', 'blocked', 1, 0],
    ['fire-exit', 'sign', 'sign-dark', 1, 0],
    ['smoke-detector', 'smoke', 'smoke', 0, 1],
    ['smoke-detector', 'trouble', 'detector-trouble', 0, 1],
    ['records-keeper', 'intact', 'record-altered', 1, 0],
    ['records-keeper', 'missing', 'deleted-early', 0, 2],
    ['reading-sheet', 'estimated', 'readings-estimated', 0, 3],
    ['extinguisher', 'in-place', 'taken-away', 1, 0],
  ])('%s: %s tells of %s at once, and never by itself', (type, key, fault, right, wrong) => {
    for (const { points } of play(modelOf(type), { hours: 48, stepSeconds: 600 })) expect(points[key]).toBe(right)
    const [first] = [...play(modelOf(type), { hours: 0.01, faults: [fault] })]
    expect(first?.points[key]).toBe(wrong)
    expect([...play(modelOf(type), { hours: 0.02, faults: at => (at < 0.01 ? [fault] : []) })].at(-1)?.points[key]).toBe(right)
  })
})

describe('the server room', () => {
  /** Openings of the door for which nobody held a badge to the reader within a minute. */
  function past(faults: readonly string[], hours: number): number {
    const opened: number[] = []
    const badges: number[] = []
    let last: Readonly<Record<string, number>> | undefined
    for (const { hours: at, points } of play(modelOf('server-room'), { from: 8, hours, stepSeconds: 10, faults })) {
      if (last && points['door'] === 1 && last['door'] === 0) opened.push(at)
      if (last && (points['badge'] ?? 0) > (last['badge'] ?? 0)) badges.push(at)
      last = points
    }
    expect(opened.length).toBeGreaterThan(0)
    return opened.filter(at => !badges.some(badge => Math.abs(badge - at) <= 1 / 60)).length
  }

  test('opens to nobody without a badge, but for its fault', () => {
    expect(past([], 14 * 24)).toBe(0)
    expect(past(['entered-without-badge'], 0.2)).toBeGreaterThan(0)
  })

  test('records a leaving for every entering, within the hour, but for its fault', () => {
    const entries = counted(modelOf('server-room'), 'entries', 14 * 24)
    const exits = counted(modelOf('server-room'), 'exits', 14 * 24)
    expect(entries.length).toBeGreaterThan(20)
    for (const [index, at] of exits.entries()) {
      expect(at).toBeGreaterThan(entries[index] ?? NaN)
      expect(at - (entries[index] ?? NaN)).toBeLessThan(1)
    }
    expect(counted(modelOf('server-room'), 'exits', 48, ['exit-not-recorded'])).toEqual([])
  })

  test('is clean until it is dusty', () => {
    const dusty = (limit: number) => (points: Readonly<Record<string, number>>) => (points['dust'] ?? NaN) > limit
    expect(until(play(modelOf('server-room'), { hours: 14 * 24 }), dusty(100))).toBe(Infinity)
    expect(until(play(modelOf('server-room'), { hours: 2, faults: ['dusty'] }), dusty(150))).toBeLessThan(0.5)
  })
})

describe('computers', () => {
  test('a standby follows within seconds and falls behind by a second a second', () => {
    const behind = (limit: number) => (points: Readonly<Record<string, number>>) => (points['lag'] ?? NaN) > limit
    expect(until(play(modelOf('database-backup'), { hours: 14 * 24 }), behind(10))).toBe(Infinity)
    const stopped = [...play(modelOf('database-backup'), { hours: 1, faults: ['replication-stopped'] })].at(-1)
    expect(stopped?.points['lag'] ?? NaN).toBeGreaterThan(3590)
  })

  test('a clock keeps within a fiftieth of a second, drifts, or is turned back', () => {
    const off = (limit: number) => (points: Readonly<Record<string, number>>) => Math.abs(points['offset'] ?? NaN) > limit
    expect(until(play(modelOf('server-clock'), { hours: 14 * 24 }), off(0.02))).toBe(Infinity)
    expect(until(play(modelOf('server-clock'), { hours: 2, faults: ['clock-drifts'] }), off(1))).toBeLessThan(0.2)
    expect(until(play(modelOf('server-clock'), { hours: 2, faults: ['clock-turned-back'] }), off(3000))).toBeLessThan(0.02)
  })

  test('a rack breathes the cold aisle, until its inlet is blocked', () => {
    const hot = (limit: number) => (points: Readonly<Record<string, number>>) => (points['temperature'] ?? NaN) > limit
    expect(longest(play(modelOf('rack-sensor'), { hours: 14 * 24 }), hot(26))).toBe(0)
    expect(until(play(modelOf('rack-sensor'), { hours: 2, faults: ['inlet-blocked'] }), hot(30))).toBeLessThan(0.7)
  })
})

describe('a household meter', () => {
  const readings = (faults: readonly string[]) => {
    const model = modelOf('residential-meter')
    const taken = new Map<number, number>()
    for (const { state, points } of play(model, { hours: 65 * 24, stepSeconds: 60, faults }))
      taken.set(model.taken?.(state)['total'] ?? NaN, points['total'] ?? NaN)
    return [...taken]
  }

  test('says what it stood at when it was read: once a month, and more each time', () => {
    // 23 November to 26 January: when it was put up, in December and in January.
    const [first, second, third, ...more] = readings([])
    expect(more).toEqual([])
    expect(second?.[1] ?? NaN).toBeGreaterThan((first?.[1] ?? NaN) + 5)
    expect(((third?.[0] ?? NaN) - (second?.[0] ?? NaN)) / 86_400_000).toBe(31)
  })

  test('is not read when nobody is at home, and stands still when it hangs', () => {
    expect(readings(['not-read'])).toHaveLength(1)
    expect(new Set(readings(['meter-hung-up']).map(([, total]) => total)).size).toBe(1)
    const [first, wrong] = readings(['misread'])
    expect(wrong?.[1] ?? NaN).toBeLessThan((first?.[1] ?? NaN) / 9)
  })
})

describe('the kitchen meter', () => {
  const used = (key: string, faults: readonly string[]) => {
    const moments = [...play(modelOf('gas-meter'), { from: 10.5, hours: 1, stepSeconds: 10, faults })]
    return (moments.at(-1)?.points[key] ?? NaN) - (moments[0]?.points[key] ?? NaN)
  }

  test('counts what flows and takes it off the balance, each unless it has its fault', () => {
    const right = used('total', [])
    expect(right).toBeGreaterThan(4)
    expect(used('balance', [])).toBeCloseTo(-right, 6)
    expect(used('total', ['meter-fast'])).toBeCloseTo(2.6 * right, 6)
    expect(used('total', ['meter-slow'])).toBeCloseTo(0.3 * right, 6)
    expect(used('total', ['meter-reversed'])).toBeCloseTo(-right, 6)
    expect(used('total', ['meter-hung-up'])).toBe(0)
    expect(used('total', ['pulse-noise'])).toBeGreaterThan(90)
    expect(used('balance', ['balance-wrong'])).toBeCloseTo(-1.6 * right, 6)
  })
})
