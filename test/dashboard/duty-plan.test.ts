import { describe, expect, test } from 'vitest'
import type { WireCell, WireDutyPlan, WireRoster, WireShift } from '../../gateway/api/wire-duty.ts'
import {
  daysOf,
  holesOf,
  monthAfter,
  nearby,
  sayDate,
  sayMonth,
  slotKey,
  swapsOf,
  treeOf,
  weeksOf,
} from '../../dashboard/src/live/duty-plan.ts'

const at = (text: string) => `${text}:00.000+08:00`
const shift = (on: string, person: string | null, more: Partial<WireShift> = {}): WireShift => ({
  roster: 'guard',
  on,
  shift: 'day',
  from: at(`${on}T08:00`),
  to: at(`${on}T16:00`),
  person,
  ...more,
})
const roster = (items: readonly WireShift[]): WireRoster => ({
  id: 'guard',
  name: { zh: '保安', en: 'Guard' },
  shifts: [],
  now: null,
  next: null,
  items,
})
const dates = Array.from({ length: 30 }, (_, index) => `2026-11-${String(index + 1).padStart(2, '0')}`)
const plan: WireDutyPlan = {
  from: at('2026-11-01T00:00'),
  to: at('2026-12-01T00:00'),
  today: '2026-11-22',
  days: dates.map(date => ({ date, working: true })),
  rosters: [],
  cells: [],
  escalate: { high: [], medium: [], low: [], advisory: [] },
  quiet: null,
}

describe('a month on the page', () => {
  test('has weeks from Monday on, and leaves empty what belongs to other months', () => {
    // 1 November 2026 is a Sunday, 30 November a Monday.
    const weeks = weeksOf(daysOf(plan, roster([])))
    expect(weeks).toHaveLength(6)
    expect(weeks[0]?.map(day => day?.date)).toEqual([...Array.from({ length: 6 }, () => undefined), '2026-11-01'])
    expect(weeks[5]?.map(day => day?.date)).toEqual(['2026-11-30', ...Array.from({ length: 6 }, () => undefined)])
    expect(weeks.flat().filter(day => day !== undefined)).toHaveLength(30)
    expect(weeksOf([])).toEqual([])
  })
  test('gives each day the shifts that begin on it, and knows today', () => {
    const items = [shift('2026-10-31', 'sun'), shift('2026-11-21', 'li'), shift('2026-11-22', 'wang')]
    const days = daysOf(plan, roster(items))
    expect(days.filter(({ shifts }) => shifts.length > 0).map(({ date }) => date)).toEqual(['2026-11-21', '2026-11-22'])
    expect(days.find(({ isToday }) => isToday)?.date).toBe('2026-11-22')
    expect(days.filter(({ isPast }) => isPast)).toHaveLength(21)
  })
  test('counts the holes that are not over, and the swaps', () => {
    const swapped = shift('2026-11-23', 'li', { swap: { reason: '换班' } })
    const items = [shift('2026-11-21', null), shift('2026-11-22', null), swapped]
    const now = Date.parse(at('2026-11-22T12:00'))
    expect(holesOf(roster(items), now).map(({ on }) => on)).toEqual(['2026-11-22'])
    expect(swapsOf(roster(items))).toEqual([swapped])
  })
  test('turns over the year', () => {
    expect([monthAfter('2026-12', 1), monthAfter('2026-01', -1), monthAfter('2026-11', 0)]).toEqual([
      '2027-01',
      '2025-12',
      '2026-11',
    ])
  })
  test('is said in either language, whatever the zone of the browser', () => {
    expect([sayMonth('2026-11', 'zh'), sayMonth('2026-11', 'en')]).toEqual(['2026年11月', 'November 2026'])
    expect([sayDate('2026-11-22', 'zh'), sayDate('2026-11-22', 'en')]).toEqual(['11月22日周日', 'Sun 22 Nov'])
  })
})

describe('somebody asked to stand in', () => {
  const wanted = shift('2026-11-22', 'wang')
  const of = (from: string, to: string, person = 'li') =>
    shift('2026-11-22', person, { shift: 'other', from: at(from), to: at(to) })
  test('has another shift too near when there is less than eight hours between', () => {
    const near = [
      of('2026-11-22T16:00', '2026-11-22T23:00'),
      of('2026-11-21T20:00', '2026-11-22T00:30'),
      of('2026-11-22T10:00', '2026-11-22T12:00'),
    ]
    const far = [of('2026-11-23T00:00', '2026-11-23T08:00'), of('2026-11-21T16:00', '2026-11-22T00:00')]
    expect(nearby([roster([wanted, ...near, ...far])], wanted, 'li')).toEqual(near)
  })
  test('is not told of the shift itself, nor of the shifts of others', () => {
    const items = [wanted, of('2026-11-22T16:00', '2026-11-22T23:00', 'zhao')]
    expect(nearby([roster(items)], wanted, 'wang')).toEqual([])
    expect(slotKey(wanted)).toBe('guard 2026-11-22 day')
  })
})

describe('the grid', () => {
  const cell = (id: string, above: string | null): WireCell => ({
    id,
    name: { zh: id, en: id },
    head: 'wang',
    person: 'wang',
    areas: [],
    above,
  })
  test('is a tree from the centre down', () => {
    const tree = treeOf([cell('canteen', 'station'), cell('centre', null), cell('station', 'centre'), cell('gate', 'station')])
    const said = (nodes: typeof tree): unknown => nodes.map(({ cell: { id }, below }) => [id, said(below)])
    expect(said(tree)).toEqual([
      [
        'centre',
        [
          [
            'station',
            [
              ['canteen', []],
              ['gate', []],
            ],
          ],
        ],
      ],
    ])
  })
})
