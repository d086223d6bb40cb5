import { describe, expect, test } from 'vitest'
import type { WireAlarm, WireChange, WirePoint, WireSnapshot } from '../../gateway/api/wire.ts'
import { applyChange, domainNow, fromSnapshot } from '../../dashboard/src/live/apply.ts'
import { allowedBand, ghost, place } from '../../dashboard/src/live/band.ts'
import { addToPast } from '../../dashboard/src/live/past.ts'
import { columnsOf, curveOf, withReading } from '../../dashboard/src/live/trend.ts'
import { mostUrgentFirst } from '../../dashboard/src/live/urgency.ts'
import { abnormalFirst, qualityOf, viewEquipment } from '../../dashboard/src/live/views.ts'
import { alarmOf, alarmSketches, school } from './school.ts'

const clock = { now: 1_000_000, speed: 60 }
const quiet = { ready: true, troubles: [] }
const alarms = alarmSketches.map(sketch => alarmOf(sketch, clock.now))
const snapshot: WireSnapshot = {
  seq: 7,
  clock,
  readings: [['cold-1.temperature', 900_000, 900_100, 4.2, 'good']],
  alarms,
  links: [],
  faults: [],
  lockOuts: [],
  health: quiet,
}
const change = (seq: number, more: Partial<WireChange> = {}): WireChange => ({ seq, clock, ...more })

describe('the live picture', () => {
  test('takes a change that carries the next number', () => {
    const facility = applyChange(
      fromSnapshot(snapshot, 0),
      change(8, { readings: [['cold-1.temperature', 950_000, 950_100, 4.4, 'good']] }),
      10,
    )

    expect(facility?.seq).toBe(8)
    expect(facility?.readings.get('cold-1.temperature')?.value).toBe(4.4)
  })

  test.each([6, 7, 9, 20])('refuses change %i after 7, because something is missing', seq => {
    expect(applyChange(fromSnapshot(snapshot, 0), change(seq), 10)).toBeUndefined()
  })

  test('keeps the newer reading when an older one comes late', () => {
    const facility = applyChange(
      fromSnapshot(snapshot, 0),
      change(8, { readings: [['cold-1.temperature', 100_000, 960_000, 19, 'good']] }),
      10,
    )

    expect(facility?.readings.get('cold-1.temperature')?.value).toBe(4.2)
  })

  test('takes an alarm that became normal off the board and keeps the others', () => {
    const [first] = alarms
    const facility = applyChange(
      fromSnapshot(snapshot, 0),
      change(8, { alarms: [{ ...(first as WireAlarm), state: 'normal' }] }),
      10,
    )

    expect([...(facility?.alarms.keys() ?? [])]).toEqual(alarms.slice(1).map(alarm => alarm.id))
  })

  test('leaves what it came from untouched', () => {
    const before = fromSnapshot(snapshot, 0)
    applyChange(before, change(8, { readings: [['cold-1.temperature', 950_000, 950_100, 4.4, 'good']], alarms: [] }), 10)

    expect(before.readings.get('cold-1.temperature')?.value).toBe(4.2)
  })

  test('runs the domain clock at the pace of the demo', () => {
    expect(domainNow({ ...clock, heardAt: 5_000 }, 7_000)).toBe(1_000_000 + 60 * 2_000)
  })
})

const point = school().equipment[0]?.points[0] as WirePoint
const reading = (quality: 'good' | 'bad', at: number, goodAt?: number) => ({
  at,
  receivedAt: at,
  value: quality === 'bad' ? null : 4,
  quality,
  ...(goodAt === undefined ? {} : { goodAt }),
})

describe('how far a value may be trusted', () => {
  test('is good up to the very end of its time and stale after it', () => {
    expect(qualityOf(point, reading('good', 0, 0), point.staleAfterMs)).toBe('good')
    expect(qualityOf(point, reading('good', 0, 0), point.staleAfterMs + 1)).toBe('stale')
  })

  test('is bad while the last word is bad, and none before the first word', () => {
    expect(qualityOf(point, reading('bad', 500, 0), 600)).toBe('bad')
    expect(qualityOf(point, undefined, 600)).toBe('none')
  })
})

describe('what needs a person', () => {
  test('comes in order: unanswered first, then by priority', () => {
    expect(alarms.toSorted(mostUrgentFirst).map(alarm => alarm.id)).toEqual(['A21', 'A20', 'A19', 'A18', 'A17'])
  })

  test('puts a danger to life before whatever is newer or of a higher priority', () => {
    const [some] = alarms.filter(({ state }) => state === 'unacknowledged')
    if (!some) throw new Error('nothing is unanswered')
    const gas = { ...some, id: 'gas', priority: 'medium', lifeSafety: true, raisedAt: 1 } as const
    const door = { ...some, id: 'door', priority: 'high', lifeSafety: false, raisedAt: 2 } as const
    expect([door, gas].toSorted(mostUrgentFirst).map(({ id }) => id)).toEqual(['gas', 'door'])
  })

  test('puts abnormal equipment first and keeps the order of the site file among equals', () => {
    const site = school()
    const views = site.equipment
      .slice(0, 4)
      .map(one => viewEquipment(one, new Map(), one.id === 'cold-3' ? alarms.slice(0, 1) : [], 0))

    expect(abnormalFirst(views).map(view => view.equipment.id)).toEqual(['cold-3', 'cold-1', 'cold-2', 'cold-4'])
  })

  test('leaves equipment without colour once its alarm is over, though it still waits for an answer', () => {
    const [one] = school().equipment
    const over = alarms.find(alarm => alarm.state === 'returned-unacknowledged')
    if (!one || !over) throw new Error('nothing to look at')
    const view = viewEquipment(one, new Map([[one.mainPoint, reading('good', 10, 10)]]), [over], 20)

    expect(view.tone).toBe('calm')
    expect(view.returned).toBe(over)
  })

  test('counts equipment that cannot be read as unknown, never as normal', () => {
    const [one] = school().equipment
    if (!one) throw new Error('no equipment')
    const view = viewEquipment(one, new Map([[one.mainPoint, reading('bad', 10)]]), [], 20)

    expect(view.tone).toBe('unknown')
  })
})

describe('the band', () => {
  const scale = { min: -5, max: 20 }

  test.each([
    { name: 'inside', value: 7.5, at: 50, off: undefined },
    { name: 'at the lower end', value: -5, at: 0, off: undefined },
    { name: 'below the scale', value: -9, at: 0, off: 'below' },
    { name: 'above the scale', value: 30, at: 100, off: 'above' },
  ])('places a value $name', ({ value, at, off }) => {
    expect(place(scale, value)).toEqual({ at, off })
  })

  test('spans both limits, runs to the end where one side is open, and is absent without limits', () => {
    expect(allowedBand(scale, { min: 0, max: 7.5 })).toEqual({ from: 20, to: 50 })
    expect(allowedBand(scale, { max: 7.5 })).toEqual({ from: 0, to: 50 })
    expect(allowedBand(scale, { min: 7.5 })).toEqual({ from: 50, to: 100 })
    expect(allowedBand(scale, {})).toBeUndefined()
  })

  test('survives a scale without length', () => {
    expect(place({ min: 3, max: 3 }, 3)).toEqual({ at: 50, off: undefined })
  })

  test('leaves a visible ghost of a value that never moved', () => {
    const [mark] = ghost(scale, [{ min: 7.5, max: 7.5 }])
    expect(mark).toEqual({ from: 49.5, to: 50.5 })
  })

  test('remembers an hour and forgets what is older', () => {
    let past = addToPast([], 0, 4)
    past = addToPast(past, 60_000, 6)
    past = addToPast(past, 3_600_000, 5)

    expect(past).toEqual([{ t: 3_600_000, min: 5, max: 5 }])
  })
})

describe('the trend', () => {
  const at = (minute: number) => new Date(minute * 60_000).toISOString()
  const bucket = (minute: number, mean: number) => ({ t: at(minute), min: mean - 1, mean, max: mean + 1, count: 4 })

  test('breaks the line where data is missing and nowhere else', () => {
    const curve = curveOf(
      { items: [bucket(0, 4), bucket(1, 4), bucket(60, 5)], next: null, gaps: [{ from: at(2), to: at(59), cause: 'timeout' }] },
      60_000,
    )

    expect(columnsOf(curve, 600_000)[1]).toEqual([4, 4, null, 5])
  })

  test('folds a live reading into its bucket and begins the next one', () => {
    const curve = curveOf({ items: [{ ...bucket(10, 4), count: 1 }], next: null, gaps: [] }, 60_000)
    const folded = withReading(curve, 10 * 60_000 + 30_000, 8, 0)
    const grown = withReading(folded, 11 * 60_000, 5, 0)

    expect(folded.dots.at(-1)).toEqual({ t: 600_000, min: 3, mean: 6, max: 8, count: 2 })
    expect(grown.dots).toHaveLength(2)
  })

  test('ends an open gap with the first good word, not with a bad one', () => {
    const curve = curveOf({ items: [bucket(0, 4)], next: null, gaps: [{ from: at(1), to: null, cause: 'timeout' }] }, 60_000)

    expect(withReading(curve, 300_000, null, 0).holes[0]?.to).toBeUndefined()
    expect(withReading(curve, 300_000, 4, 0).holes[0]?.to).toBe(300_000)
  })

  test('draws bad readings as nothing, never as a number', () => {
    const curve = curveOf({ items: [{ t: at(0), v: 99, q: 'bad' }], next: null, gaps: [] }, undefined)

    expect(columnsOf(curve, 1000)[1]).toEqual([null])
  })
})
