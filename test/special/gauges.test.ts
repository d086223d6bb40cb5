import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  calendarOf,
  daysLeft,
  isBad,
  mostPressing,
  placeIn,
  soonestOf,
  toneOfDays,
} from '../../dashboard/src/live/special/expiry.ts'
import type { WireGauge } from '../../gateway/api/wire-gauges.ts'
import { needleOf } from '../../gateway/records/needle.ts'
import { noon, SpecialGround } from './special-ground.ts'

const [minute, day] = [60_000, 86_400_000]
let ground: SpecialGround
beforeAll(async () => {
  ground = await SpecialGround.make()
  const bottle = (id: string, mpa: number, celsius: number, place = 1) => [
    { point: `${id}.pressure`, t: noon - minute, v: mpa },
    { point: `${id}.temperature`, t: noon - minute, v: celsius },
    { point: `${id}.in-place`, t: noon - minute, v: place },
  ]
  // (0.9 + 0.1) × 293.15 ÷ 263.15 − 0.1 = 1.014 MPa at 20 °C: in the green although it reads 0.9 in the frost.
  await ground.reads([...bottle('bottle-1', 0.9, -10), ...bottle('bottle-2', 0.9, 20), ...bottle('bottle-3', 1.5, 20, 0)])
  await ground.reads([{ point: 'hydrant-1.pressure', t: noon - minute, v: 0.32 }])
  const record = (kind: string, equipment: string, at: number, more: object) =>
    ground.send('li', 'POST', `/records/${kind}`, { equipment, at, ...more })
  await record('inspection', 'bottle-1', noon - 9 * day, { fields: { what: '外观' } })
  await record('inspection', 'bottle-1', noon - 3 * day, { verdict: 'failed', fields: { note: '铅封断了' } })
  await record('expiry', 'bottle-3', noon - day, { fields: { expires: '2028-02', item: '瓶体' } })
}, 120_000)
afterAll(() => ground?.remove())

describe('fire equipment', () => {
  test('is judged by what the gauge would read at 20 °C, hydrants as they read, and what is silent is not known', async () => {
    const { items } = (await ground.send('li', 'GET', '/gauges')).body as { items: readonly WireGauge[] }
    expect(items.map(({ equipment, needle, inPlace }) => [equipment, needle, inPlace])).toEqual([
      ['bottle-1', 'green', true],
      ['bottle-2', 'low', true],
      ['bottle-3', 'high', false],
      ['bottle-4', 'unknown', null],
      ['hydrant-1', 'green', null],
    ])
    expect(items[0]).toMatchObject({
      pressure: { value: 0.9, at20: 1.014 },
      green: { min: 1, max: 1.4 },
      clause: 'FIR-1',
      kind: { zh: '灭火器（ABC powder 4 kg）' },
    })
    expect(items[4]).toMatchObject({ pressure: { value: 0.32, at20: null }, clause: 'FIR-2', expiries: [], unregistered: false })
    expect(items[3]).toMatchObject({ pressure: null, expiries: [], unregistered: true })
  })
  test('has its newest check, and its date by the newest record before its entry', async () => {
    const { items } = (await ground.send('li', 'GET', '/gauges')).body as { items: readonly WireGauge[] }
    expect(items[0]?.check).toMatchObject({
      at: '2026-11-20T12:00:00.000+08:00',
      by: '李强',
      verdict: 'failed',
      note: '铅封断了',
    })
    expect(items[1]?.check).toBeNull()
    expect(items[0]?.expiries).toEqual([{ lastDay: '2026-09-30', from: 'facts' }])
    expect(items[2]?.expiries).toEqual([{ item: '瓶体', lastDay: '2028-02-29', from: 'record' }])
  })
  test('is not for who may only look', async () => {
    expect((await ground.send('guest', 'GET', '/gauges')).status).toBe(403)
  })
  test.each([
    [undefined, { min: 1 }, 'unknown'],
    [1.2, {}, 'unknown'],
    [0.999, { min: 1, max: 1.4 }, 'low'],
    [1, { min: 1, max: 1.4 }, 'green'],
    [1.4, { min: 1, max: 1.4 }, 'green'],
    [1.401, { min: 1, max: 1.4 }, 'high'],
    [9, { min: 1 }, 'green'],
    [0, { max: 1.4 }, 'green'],
  ] as const)('with %s MPa in %o the needle is %s', (value, zone, needle) => {
    expect(needleOf(value, zone)).toBe(needle)
  })
})

describe('the calendar of expiry', () => {
  const today = '2026-11-23'
  const gauge = (more: Partial<WireGauge> = {}, ...days: readonly string[]): WireGauge => ({
    equipment: 'e',
    name: { zh: '瓶', en: 'bottle' },
    area: 'a',
    kind: { zh: '瓶', en: 'bottle' },
    icon: 'extinguisher',
    needle: 'green',
    pressure: null,
    green: {},
    clause: null,
    inPlace: true,
    check: null,
    expiries: days.map(lastDay => ({ lastDay, from: 'facts' as const })),
    unregistered: false,
    ...more,
  })
  test.each([
    [[], 'free'],
    [['2026-11-22'], 'overdue'],
    // The last good day is still good.
    [['2026-11-23'], '2026-11'],
    [['2027-10-31'], '2027-10'],
    [['2027-11-01'], 'later'],
    [['2029-01-01', '2027-02-28'], '2027-02'],
  ])('puts %j under %s', (days, place) => {
    expect(placeIn(gauge({}, ...days), today)).toBe(place)
  })
  test('asks for a date only where a rule does', () => {
    expect(placeIn(gauge({ unregistered: true }), today)).toBe('none')
  })
  test('has twelve months from this one on, over the year, with the tone of the soonest', () => {
    const calendar = calendarOf(
      [
        gauge({}, '2026-11-30'),
        gauge({}, '2027-01-31'),
        gauge({}, '2027-01-10'),
        gauge({}, '2027-06-30'),
        gauge({}, '2026-01-01'),
        gauge({ unregistered: true }),
        gauge(),
      ],
      today,
    )
    expect(calendar.months.map(({ month }) => month)).toEqual([
      '2026-11',
      '2026-12',
      ...Array.from({ length: 10 }, (_, index) => `2027-${String(index + 1).padStart(2, '0')}`),
    ])
    expect(calendar.months.filter(({ count }) => count > 0)).toEqual([
      { month: '2026-11', count: 1, tone: 'low' },
      { month: '2027-01', count: 2, tone: 'advisory' },
      { month: '2027-06', count: 1, tone: 'calm' },
    ])
    expect([calendar.overdue, calendar.none, calendar.later]).toEqual([1, 1, 0])
  })
  test('loses nobody, whatever the dates', () => {
    const anyDay = fc
      .date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })
      .map(at => at.toISOString().slice(0, 10))
    fc.assert(
      fc.property(fc.array(fc.array(anyDay, { maxLength: 3 }), { maxLength: 60 }), anyDay, (all, on) => {
        const { overdue, none, later, months } = calendarOf(
          all.map(days => gauge({ unregistered: true }, ...days)),
          on,
        )
        expect(overdue + none + later + months.reduce((sum, { count }) => sum + count, 0)).toBe(all.length)
        expect(months).toHaveLength(12)
      }),
    )
  })
  test('counts days whole, and has a tone by them', () => {
    expect([daysLeft('2026-11-23', today), daysLeft('2026-11-22', today), daysLeft('2027-11-23', today)]).toEqual([0, -1, 365])
    expect([-1, 0, 29, 30, 89, 90].map(toneOfDays)).toEqual(['medium', 'low', 'low', 'advisory', 'advisory', 'calm'])
    expect(soonestOf(gauge({}, '2030-01-01', '2027-01-01'))).toBe('2027-01-01')
    expect(soonestOf(gauge())).toBeUndefined()
  })
  test('puts overdue first, then what is wrong, then the soonest; a missing date before what is good for years', () => {
    const failed = { seq: 1, at: '', by: '', verdict: 'failed' } as const
    const pieces = [
      gauge({ equipment: 'years' }, '2031-01-01'),
      gauge({ equipment: 'hydrant' }),
      gauge({ equipment: 'unregistered', unregistered: true }),
      gauge({ equipment: 'soon' }, '2026-12-01'),
      gauge({ equipment: 'low', needle: 'low' }, '2031-01-01'),
      gauge({ equipment: 'overdue' }, '2026-01-01'),
    ]
    expect(pieces.toSorted(mostPressing(today)).map(({ equipment }) => equipment)).toEqual([
      'overdue',
      'low',
      'soon',
      'unregistered',
      'years',
      'hydrant',
    ])
    expect(
      [
        gauge(),
        gauge({ needle: 'high' }),
        gauge({ inPlace: false }),
        gauge({ check: failed }),
        gauge({ inPlace: null, needle: 'unknown' }),
      ].map(isBad),
    ).toEqual([false, true, true, true, false])
  })
})
