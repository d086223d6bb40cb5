import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WireAlarm, WireForecast, WirePoint } from '../../gateway/api/wire.ts'
import { differenceOf, shifted, shifts } from '../../dashboard/src/live/trend/compare.ts'
import { aheadOf, fanOf } from '../../dashboard/src/live/trend/fan.ts'
import type { Fan } from '../../dashboard/src/live/trend/fan.ts'
import { laneOf, pieceAt, placed } from '../../dashboard/src/live/trend/lanes.ts'
import { hasChanged, limitsAt, marginOf, sideOf, validLimits } from '../../dashboard/src/live/trend/limits.ts'
import { marksIn, mostRows } from '../../dashboard/src/live/trend/marks.ts'
import { labelOf, rowsOf, sheetOf, thinned } from '../../dashboard/src/live/trend/rows.ts'
import {
  dayOf,
  everyOf,
  lengths,
  pickedFrom,
  rangeNames,
  scaled,
  shortest,
  shownOf,
} from '../../dashboard/src/live/trend/span.ts'
import { statesOf, summaryOf } from '../../dashboard/src/live/trend/summary.ts'
import { columnsOf } from '../../dashboard/src/live/trend.ts'
import type { Curve, Dot } from '../../dashboard/src/live/trend.ts'
import { equipmentWords } from '../../dashboard/src/pages/equipment-words.ts'
import { sayAhead, sayDifference, sayMargin, sayStates, saySummary } from '../../dashboard/src/parts/trend-say.ts'
import { alarmOf, alarmSketches, school } from './school.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const dot = (t: number, value: number | null, spread = 0): Dot =>
  value === null
    ? { t, min: null, mean: null, max: null, count: 0 }
    : { t, min: value - spread, mean: value, max: value + spread, count: 1 }
const curve = (dots: readonly Dot[], every?: number, holes: Curve['holes'] = []): Curve => ({ every, dots, holes })
const point = school().equipment[0]?.points[0] as WirePoint
const door = school().equipment[0]?.points[1] as WirePoint
const { zh, en } = equipmentWords
const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, ' ')

describe('the time that is shown', () => {
  test.each(rangeNames)('of the last %s ends now, and is never more than a few hundred buckets', range => {
    const shown = shownOf({ last: range }, undefined, 50 * day, 'Asia/Shanghai')

    expect(shown).toMatchObject({ from: 50 * day - lengths[range], to: 50 * day, follows: true })
    expect((shown.to - shown.from) / (shown.every ?? 10_000)).toBeLessThanOrEqual(360)
  })

  test('of a day is that day there, also where clocks are changed', () => {
    const length = (date: string, zone: string) => (dayOf(date, zone).to - dayOf(date, zone).from) / hour

    expect(dayOf('2026-11-22', 'Asia/Shanghai').from).toBe(Date.parse('2026-11-22T00:00:00+08:00'))
    expect(length('2026-03-29', 'Europe/Berlin')).toBe(23)
    expect(length('2026-10-25', 'Europe/Berlin')).toBe(25)
    expect(shownOf({ day: '2026-11-22' }, undefined, 0, 'UTC')).toMatchObject({ follows: false, every: 5 * minute })
  })

  test('days follow each other without a gap or an overlap, in any zone', () => {
    const zones = fc.constantFrom('Asia/Shanghai', 'Europe/London', 'America/St_Johns', 'Australia/Lord_Howe', 'UTC')
    fc.assert(
      fc.property(zones, fc.integer({ min: 0, max: 3650 }), (zone, n) => {
        const date = (by: number) => new Date(Date.UTC(2020, 0, 1) + (n + by) * day).toISOString().slice(0, 10)
        const length = dayOf(date(0), zone).to - dayOf(date(0), zone).from
        expect(dayOf(date(0), zone).to).toBe(dayOf(date(1), zone).from)
        expect(Math.abs(length - day)).toBeLessThanOrEqual(hour)
      }),
    )
  })

  test('of a part that was picked stands still', () => {
    expect(shownOf({ last: '7d' }, { from: 5, to: 5 + hour }, 99 * day, 'UTC')).toEqual({
      from: 5,
      to: 5 + hour,
      follows: false,
      every: undefined,
    })
    expect(everyOf({ from: 0, to: 3 * day })).toBe(30 * minute)
  })

  test('a part that is picked lies inside, in order, and is never too short', () => {
    const within = { from: 0, to: day }
    fc.assert(
      fc.property(
        fc.double({ min: -day, max: 2 * day, noNaN: true }),
        fc.double({ min: -day, max: 2 * day, noNaN: true }),
        (a, b) => {
          const picked = pickedFrom(a, b, within)
          if (!picked) return
          expect(picked.from).toBeGreaterThanOrEqual(0)
          expect(picked.to).toBeLessThanOrEqual(day)
          expect(picked.to - picked.from).toBeGreaterThanOrEqual(shortest)
        },
      ),
    )
    expect(pickedFrom(5 * minute, 5 * minute + 10, within)).toBeUndefined()
  })

  test('zooming keeps the moment under the cursor where it is, and ends at the whole', () => {
    const within = { from: 0, to: day }

    expect(scaled(within, 6 * hour, 0.5, within)).toEqual({ from: 3 * hour, to: 15 * hour })
    expect(scaled({ from: 3 * hour, to: 15 * hour }, 6 * hour, 2, within)).toBeUndefined()
    expect(scaled({ from: 0, to: 2 * minute }, minute, 0.1, within)).toEqual({ from: minute / 2, to: 1.5 * minute })
  })
})

describe('lanes', () => {
  test('hold a state until the next word, and end it where silence was too long', () => {
    const read = curve([dot(0, 0), dot(minute, 1), dot(2 * minute, 1), dot(60 * minute, 0)])

    expect(laneOf(read, 10 * minute, 62 * minute)).toEqual([
      { from: 0, to: minute, code: 0 },
      { from: minute, to: 2 * minute, code: 1 },
      { from: 60 * minute, to: 62 * minute, code: 0 },
    ])
  })

  test('are not drawn further than anything can be known, nor into a hole', () => {
    const holes = [{ from: 3 * minute, to: 9 * minute, cause: 'timeout' }]

    expect(laneOf(curve([dot(0, 1), dot(9 * minute, null)], undefined, holes), 10 * minute, hour)).toEqual([
      { from: 0, to: 3 * minute, code: 1 },
    ])
    expect(laneOf(curve([dot(0, 1)]), 10 * minute, hour)).toEqual([{ from: 0, to: 10 * minute, code: 1 }])
  })

  test('say of a bucket in which it changed that it changed', () => {
    const read = curve([dot(0, 0), { t: 5 * minute, min: 0, mean: 0.2, max: 1, count: 9 }, dot(10 * minute, 1)], 5 * minute)
    const pieces = laneOf(read, 10 * minute, hour)

    expect(pieces.map(({ code }) => code)).toEqual([0, 'mixed', 1])
    expect(pieceAt(pieces, 6 * minute)?.code).toBe('mixed')
    expect(pieceAt(pieces, 50 * minute)).toBeUndefined()
  })

  test('never overlap and never leave what is known', () => {
    const step = fc.record({ by: fc.integer({ min: 1, max: 30 }), code: fc.constantFrom(0, 1, null) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        let t = 0
        const dots = steps.map(({ by, code }) => dot((t += by * minute), code))
        const until = t + 5 * minute
        const pieces = laneOf(curve(dots), 10 * minute, until)
        for (const [index, { from, to }] of pieces.entries()) {
          expect(from).toBeLessThan(to)
          expect(to).toBeLessThanOrEqual(Math.min(pieces[index + 1]?.from ?? until, until))
        }
      }),
    )
  })

  test('stand on the axis in per cent, as far as they are in sight', () => {
    expect(placed({ from: -50, to: 50 }, { from: 0, to: 200 })).toEqual({ left: 0, width: 25 })
    expect(placed({ from: 300, to: 400 }, { from: 0, to: 200 })).toBeUndefined()
    expect(placed({ from: 0, to: 1 }, { from: 5, to: 5 })).toBeUndefined()
  })
})

describe('alarms on the axis', () => {
  const base = alarmOf(alarmSketches[1] as (typeof alarmSketches)[number], day)
  const alarm = (id: string, raisedAt: number, more: Partial<WireAlarm> = {}): WireAlarm => {
    const { clearedAt: _, acknowledged: __, ...rest } = base
    return { ...rest, id, since: raisedAt - minute, raisedAt, active: false, clearedAt: raisedAt + 10 * minute, ...more }
  }

  test('are there once each, with their raise, their answer and their end', () => {
    const answered = { by: 'li', at: 3 * hour + minute, comment: '' }
    const { clearedAt: _, ...standing } = alarm('B', 5 * hour, { active: true })
    const marks = marksIn([standing, alarm('A', 3 * hour, { acknowledged: answered }), standing], { from: 0, to: day }, day, 0)

    expect(marks).toMatchObject([
      {
        from: 3 * hour - minute,
        to: 3 * hour + 10 * minute,
        acknowledgedAt: 3 * hour + minute,
        clearedAt: 3 * hour + 10 * minute,
        row: 0,
      },
      { raisedAt: 5 * hour, to: day, acknowledgedAt: undefined, clearedAt: undefined, row: 0 },
    ])
  })

  test('leave out what is out of sight, and one that was over before it was heard of is a moment', () => {
    const { clearedAt: _, ...over } = alarm('B', 2 * hour)
    expect(marksIn([alarm('A', 30 * hour), over], { from: hour, to: day }, day, 0)).toMatchObject([{ to: 2 * hour }])
  })

  test('stand below each other where they would cover each other, in three rows at most', () => {
    const rows = (room: number) =>
      marksIn(
        [0, 1, 2, 3].map(n => alarm(`A${n}`, hour + n * 5 * minute)),
        { from: 0, to: day },
        day,
        room,
      ).map(({ row }) => row)

    expect(rows(hour)).toEqual([0, 1, 2, mostRows - 1])
    expect(rows(0)).toEqual([0, 1, 2, 0])
  })
})

describe('limits', () => {
  const basis = { kind: 'house-rule' as const, source: { zh: '', en: '' }, verified: true }
  const iso = (at: number) => new Date(at).toISOString()
  const limits = [
    { from: iso(0), to: iso(hour), max: 8, sources: [{ side: 'max' as const, clause: 'A', clauseTitle: basis.source, basis }] },
    { from: iso(hour), to: iso(2 * hour), min: 0, max: 10, sources: [] },
  ]

  test('are those that were valid then; the last one goes on', () => {
    const valid = validLimits({ limits }, day)

    expect(valid).toEqual([
      { from: 0, to: hour, max: 8 },
      { from: hour, to: day, min: 0, max: 10 },
    ])
    expect(limitsAt(valid, hour)).toMatchObject({ max: 10 })
    expect(limitsAt(valid, -1)).toEqual({})
    expect(hasChanged(valid, { from: 0, to: day })).toBe(true)
    expect(hasChanged(valid, { from: 2 * hour, to: day })).toBe(false)
    // From before anybody knows the same is taken for granted, and that is no change.
    const assumed = limits.map(one => ({ ...one, min: 0, max: 8 }))
    expect(hasChanged(validLimits({ limits: assumed }, day), { from: 0, to: day })).toBe(false)
  })

  test('the nearer one is told, and one that is broken before all', () => {
    expect(marginOf(6, { min: 0, max: 8 })).toEqual({ side: 'max', limit: 8, left: 2 })
    expect(marginOf(1, { min: 0, max: 8 })).toEqual({ side: 'min', limit: 0, left: 1 })
    expect(marginOf(9, { min: 0, max: 8 })).toEqual({ side: 'max', limit: 8, left: -1 })
    expect(marginOf(9, {})).toBeUndefined()
    fc.assert(
      fc.property(fc.double({ min: -50, max: 50, noNaN: true }), value => {
        const margin = marginOf(value, { min: -10, max: 10 })
        expect((margin?.left ?? 0) < 0).toBe(value < -10 || value > 10)
      }),
    )
  })

  test('are upper ones for what must not be above', () => {
    expect((['gt', 'ge', 'lt', 'le'] as const).map(sideOf)).toEqual(['max', 'max', 'min', 'min'])
  })

  test.each([
    { value: 5.9, said: '离上限 8 °C 还有 2.1 °C', english: '2.1 °C below its upper limit of 8 °C' },
    { value: 1.25, said: '离下限 0 °C 还有 1.3 °C', english: '1.3 °C above its lower limit of 0 °C' },
    {
      value: 9,
      said: '已超过上限 8 °C 1.0 °C，还没到报警的时间',
      english: '1.0 °C above its upper limit of 8 °C, not yet long enough for an alarm',
    },
    {
      value: -2,
      said: '已低于下限 0 °C 2.0 °C，还没到报警的时间',
      english: '2.0 °C below its lower limit of 0 °C, not yet long enough for an alarm',
    },
    { value: 8.01, said: '正好在限值 8 °C', english: 'Exactly at its limit of 8 °C' },
  ])('at $value it says: $said', ({ value, said, english }) => {
    const margin = marginOf(value, { min: 0, max: 8 })
    if (!margin) throw new Error('no limit')
    expect([sayMargin(margin, point, zh), sayMargin(margin, point, en)].map(plain)).toEqual([said, english])
  })
})

describe('what a curve says in numbers', () => {
  const span = { from: 0, to: 10 * minute }
  const valid = [{ from: 0, to: day, min: 0, max: 8 }]

  test('weighs readings by how long they stood', () => {
    const read = curve([dot(0, 2), dot(9 * minute, 10)])

    expect(summaryOf(read, valid, span, hour)).toEqual({
      min: 2,
      mean: 2.8,
      max: 10,
      known: 10 * minute,
      outside: minute,
      holes: 0,
      missing: 0,
    })
  })

  test('takes of a bucket that reaches over a limit the part that does', () => {
    const read = curve([dot(0, 8, 2), dot(5 * minute, -1), dot(15 * minute, 50)], 5 * minute)

    expect(summaryOf(read, valid, span, hour)).toMatchObject({ outside: 7.5 * minute, max: 10, min: -1 })
  })

  test('counts no time of which nothing is known, and tells how long that was', () => {
    const holes = [
      { from: -minute, to: minute, cause: 'timeout' },
      { from: 8 * minute, to: undefined, cause: 'silent' },
      { from: hour, to: day, cause: 'silent' },
    ]
    const read = curve([dot(minute, 4), dot(2 * minute, null), dot(3 * minute, 20), dot(9 * minute, 4)], undefined, holes)

    expect(summaryOf(read, [], span, 2 * minute)).toEqual({
      min: 4,
      mean: 4,
      max: 20,
      known: 2 * minute,
      outside: 0,
      holes: 2,
      missing: 3 * minute,
    })
    expect(summaryOf(curve([]), valid, span, hour)).toBeUndefined()
    expect(summaryOf(curve([dot(0, 3)]), valid, span, minute)).toMatchObject({ known: 0, mean: 3 })
  })

  test('its mean lies between its extremes and its time outside within what is known', () => {
    const values = fc.array(fc.double({ min: -20, max: 30, noNaN: true }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(values, fc.boolean(), (all, isBucketed) => {
        const dots = all.map((value, index) => dot(index * minute, value, isBucketed ? 0.5 : 0))
        const found = summaryOf(curve(dots, isBucketed ? minute : undefined), valid, { from: 0, to: 30 * minute }, 5 * minute)
        if (!found) throw new Error('nothing known')
        expect(found.mean).toBeGreaterThanOrEqual(found.min - 1e-9)
        expect(found.mean).toBeLessThanOrEqual(found.max + 1e-9)
        expect(found.outside).toBeLessThanOrEqual(found.known)
        expect(found.known).toBeLessThanOrEqual(30 * minute)
      }),
    )
  })

  test('is said in one sentence', () => {
    const summary = summaryOf(curve([dot(0, 2), dot(9 * minute, 10)]), valid, span, hour)
    if (!summary) throw new Error('nothing known')
    const length = (ms: number) => `${ms / minute} min`
    const sayIt = (more: object, isLimited = true, isNear = false) =>
      plain(saySummary({ ...summary, ...more }, { point, isLimited, isNear }, en, ', ', length))

    expect(sayIt({})).toBe('Lowest 2.0 °C, mean 2.8 °C, highest 10.0 °C, outside its limits for 1 min, no gaps')
    expect(sayIt({ outside: 0, holes: 1, missing: minute })).toContain('never outside its limits, 1 gap of 1 min in all')
    expect(sayIt({ holes: 2 }, false)).not.toContain('outside')
    expect(sayIt({}, true, true)).toContain('outside its limits for about 1 min')
  })
})

test('of a door it is told how long it was what', () => {
  const read = curve([dot(0, 0), dot(4 * minute, 1), dot(5 * minute, 0)], undefined)
  const states = statesOf(laneOf(read, hour, 10 * minute), { from: minute, to: 10 * minute })
  const summary = summaryOf(read, [], { from: minute, to: 10 * minute }, hour)
  if (!summary) throw new Error('nothing known')

  expect(states).toEqual([
    { code: 0, length: 8 * minute },
    { code: 1, length: minute },
  ])
  expect(statesOf([{ from: 0, to: minute, code: 'mixed' }], { from: 2 * minute, to: hour })).toEqual([])
  const telling = {
    duration: (ms: number) => `${ms / minute} min`,
    label: (code: number | 'mixed') => (code === 1 ? 'open' : 'closed'),
  }
  expect(sayStates(states, summary, en, ', ', telling)).toBe('closed for 8 min, open for 1 min, no gaps')
})

describe('comparing with before', () => {
  const span = { from: 0, to: hour }
  const line = (value: number, from = 0) => curve(Array.from({ length: 60 }, (_, n) => dot(from + n * minute, value)))

  test('moves what was a week ago under this week, holes too', () => {
    const old = curve([dot(0, 1)], undefined, [
      { from: 1, to: 2, cause: 'timeout' },
      { from: 3, to: undefined, cause: 'timeout' },
    ])

    expect(shifted(old, shifts['last-week'])).toEqual(
      curve([dot(7 * day, 1)], undefined, [
        { from: 7 * day + 1, to: 7 * day + 2, cause: 'timeout' },
        { from: 7 * day + 3, to: undefined, cause: 'timeout' },
      ]),
    )
  })

  test('tells by how much it is higher, over the time both are known', () => {
    const gap = curve(line(4).dots.slice(30))

    expect(differenceOf(line(4.6), line(4), span, hour)?.mean).toBeCloseTo(0.6)
    expect(differenceOf(line(4.6), gap, span, hour)).toMatchObject({ share: 0.25 })
    expect(differenceOf(line(4.6), curve([]), span, hour)).toBeUndefined()
    expect(differenceOf(line(4.6), line(4), span, -hour)).toBeUndefined()
  })

  test('does not depend on where the readings of either lie, and turns its sign when they change places', () => {
    const shape = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 60, maxLength: 60 })
    fc.assert(
      fc.property(shape, fc.double({ min: -5, max: 5, noNaN: true }), (values, by) => {
        const a = curve(
          values.map((value, n) => dot(n * minute, value)),
          minute,
        )
        const b = curve(
          values.map((value, n) => dot(n * minute, value - by)),
          minute,
        )
        expect(differenceOf(a, b, span, hour)).toEqual({ mean: expect.closeTo(by, 6), share: 1 })
        expect(differenceOf(b, a, span, hour)?.mean).toBeCloseTo(-by, 6)
      }),
    )
  })

  test.each([
    { difference: { mean: 0.6, share: 1 }, said: '比上周同期平均高 0.6 °C' },
    { difference: { mean: -1.24, share: 1 }, said: '比上周同期平均低 1.2 °C' },
    { difference: { mean: 0.02, share: 1 }, said: '与上周同期平均持平' },
    { difference: { mean: 0.6, share: 0.4 }, said: '比上周同期平均高 0.6 °C（只有 40 % 的时间可比）' },
    { difference: undefined, said: '上周同期没有可比的数据' },
  ])('says: $said', ({ difference, said }) => {
    expect(plain(sayDifference(difference, 'last-week', point, zh))).toBe(said)
  })
})

describe('what may come', () => {
  const iso = (at: number) => new Date(at).toISOString()
  const wire = (more: Partial<WireForecast>): WireForecast => ({
    rule: 'r',
    clause: 'CAN-1',
    clauseTitle: { zh: '', en: '' },
    op: 'gt',
    value: 8,
    confidence: 0.9,
    at: iso(0),
    heardAt: iso(0),
    earlyAt: iso(30 * minute),
    likelyAt: iso(40 * minute),
    lateAt: iso(60 * minute),
    fan: [{ t: iso(0), low: 1, mean: 2, high: 3 }],
    ...more,
  })
  const telling = { duration: (ms: number) => `${ms / minute} 分钟`, moment: (at: number) => `${at / minute}` }

  test('is the soonest of what the gateway says, and nothing where it says nothing', () => {
    const fan = fanOf({ forecasts: [wire({ likelyAt: iso(day), lateAt: null }), wire({ rule: 'soon' })] })

    expect(fan).toMatchObject({ rule: 'soon', likely: 40 * minute, late: 60 * minute, dots: [{ t: 0, mean: 2 }] })
    expect(fanOf({ forecasts: [wire({ lateAt: null })] })?.late).toBeUndefined()
    expect(fanOf({ forecasts: [] })).toBeUndefined()
  })

  test('takes no more of the axis than leaves the past in sight', () => {
    const fan = fanOf({ forecasts: [wire({})] }) as Fan

    expect(aheadOf(fan, 0, 6 * hour)).toBeCloseTo(46 * minute)
    expect(aheadOf(fan, 0, hour)).toBeCloseTo(24 * minute)
    expect(aheadOf(fan, hour, hour)).toBe(0)
    expect(aheadOf(undefined, 0, hour)).toBe(0)
  })

  test('is said with its band, and without an end where it may never be', () => {
    const fan = fanOf({ forecasts: [wire({})] }) as Fan
    const low = fanOf({ forecasts: [wire({ op: 'le', value: 0.3, lateAt: null, earlyAt: iso(-minute) })] }) as Fan

    expect(plain(sayAhead(fan, 0, point, zh, telling).what)).toBe('按现在的走势，约 40 分钟后超过 8 °C')
    expect(sayAhead(fan, 0, point, zh, telling).band).toBe('最早 30，最晚 60（把握 90 %）')
    expect(plain(sayAhead(low, 0, point, zh, telling).what)).toBe('按现在的走势，约 40 分钟后低于 0.3 °C')
    expect(sayAhead(low, 0, point, zh, telling).band).toBe('最早 随时，也可能不会（把握 90 %）')
  })
})

describe('the curve as rows', () => {
  const lane = { point: door, pieces: [{ from: 0, to: 2 * minute, code: 1 }] }
  const hole = { from: -minute, to: 30_000, cause: 'timeout' }
  const read = curve([dot(-hour, 1), dot(minute, 4), dot(3 * minute, null), dot(5 * minute, 5)], undefined, [hole])
  const span = { from: 0, to: 10 * minute }
  const rows = rowsOf(read, [lane], span)

  test('come in the order of time, holes among them, with what the lanes say', () => {
    expect(rows).toEqual([
      { t: 0, hole },
      { t: minute, min: 4, mean: 4, max: 4, lanes: [1] },
      { t: 5 * minute, min: 5, mean: 5, max: 5, lanes: [undefined] },
    ])
    expect(rowsOf(curve([], undefined, [{ ...hole, to: undefined }]), [], span)).toHaveLength(1)
  })

  test('are thinned without losing a hole', () => {
    const many = rowsOf(
      curve(
        Array.from({ length: 500 }, (_, n) => dot(n, n)),
        undefined,
        [hole],
      ),
      [],
      span,
    )

    expect(thinned(many, 100).length).toBeLessThanOrEqual(102)
    expect(thinned(many, 100)).toContainEqual({ t: 0, hole })
    expect(thinned(many, 1000)).toBe(many)
  })

  test('make a file that no spreadsheet runs', () => {
    const text = sheetOf(rows, [lane], {
      heads: ['time', '=cmd|1', 'say "a", b', '＝1', '门', 'cause'],
      time: at => `${at / minute}`,
      lane: (_lane, code) => (code === 1 ? '-open' : ''),
      cause: ({ cause }) => cause,
    })

    expect(text).toBe(`\uFEFFtime,'=cmd|1,"say ""a"", b",'＝1,门,cause\r\n0,,,,,timeout\r\n1,4,4,4,'-open,\r\n5,5,5,5,,\r\n`)
  })

  test('know what a code is called', () => {
    expect(labelOf(door, 1)?.en).toBe('open')
    expect(labelOf(door, 7)).toBeUndefined()
  })
})

test('a curve of single readings has no columns of extremes', () => {
  expect(columnsOf(curve([dot(0, 1)]), hour)).toEqual([[0], [1]])
  expect(columnsOf(curve([dot(0, 1, 1)], minute), hour)).toEqual([[0], [1], [2], [0]])
})
