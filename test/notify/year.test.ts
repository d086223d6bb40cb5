import { describe, expect, test } from 'vitest'
import { hours, instant, minutes } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { chinaYears } from '../../gateway/policy/calendars/cn.ts'
import { publishedMarks } from '../../gateway/policy/calendar.ts'
import type { Duty } from '../../gateway/duty/duty.ts'
import { parseDay } from '../../gateway/policy/calendar-days.ts'
import type { Day } from '../../gateway/policy/calendar-days.ts'
import { duty, person } from './small-site.ts'
import { Stand } from './stand.ts'

const staff = ['an', 'bo', 'ce', 'da'] as const
const day = (text: string): Day => parseDay(text) as Day
/** A day shift and a night shift over midnight, four people in turn; on days off one of two others has both. */
const rostered: Duty = {
  ...duty,
  people: new Map([...staff, 'xu', 'yu', 'li', 'zhao'].map(id => [id, person(id)])),
  rosters: new Map([
    [
      'guard',
      {
        id: 'guard',
        name: { zh: '值班', en: 'Guard' },
        shifts: [
          { id: 'day', name: { zh: '白班', en: 'Day' }, span: { from: 8 * 60, to: 20 * 60 } },
          { id: 'night', name: { zh: '夜班', en: 'Night' }, span: { from: 20 * 60, to: 32 * 60 } },
        ],
        rotation: { from: day('2026-01-01'), lines: staff.map((id, index) => ({ day: id, night: staff[(index + 1) % 4] })) },
        nonWorking: {
          from: day('2026-01-01'),
          lines: [
            { day: 'xu', night: 'xu' },
            { day: 'yu', night: 'yu' },
          ],
        },
        swaps: [{ roster: 'guard', on: day('2026-06-03'), shift: 'night', person: 'da', reason: '换班' }],
      },
    ],
  ]),
  roles: new Map([['食堂主管', ['guard']]]),
  quiet: { span: { from: 22 * 60, to: 31 * 60 }, priorities: ['low'] },
}

/** An independent table: who is on at a Shanghai hour of 2026, counted day by day from the published list. */
function onDutyTable(): (at: Instant) => string {
  const year = chinaYears.find(one => one.year === 2026)
  if (!year) throw new Error('the year 2026 is not published')
  const off = new Set<string>()
  for (let date = Date.UTC(2025, 11, 31); date < Date.UTC(2027, 0, 2); date += 86_400_000) {
    const text = new Date(date).toISOString().slice(0, 10)
    const weekend = [0, 6].includes(new Date(date).getUTCDay())
    const holiday = year.holidays.some(({ from, to }) => from <= text && text <= to)
    if ((weekend && !year.workdays.includes(text)) || holiday) off.add(text)
  }
  const nightOf = new Map<string, string>()
  const dayOf = new Map<string, string>()
  let offs = 0
  for (let date = Date.UTC(2026, 0, 1), count = 0; date < Date.UTC(2027, 0, 1); date += 86_400_000, count++) {
    const text = new Date(date).toISOString().slice(0, 10)
    const isOff = off.has(text)
    const who = isOff ? (['xu', 'yu'][offs++ % 2] ?? '') : (staff[count % 4] ?? '')
    dayOf.set(text, who)
    nightOf.set(text, isOff ? who : (staff[(count + 1) % 4] ?? ''))
  }
  nightOf.set('2026-06-03', 'da')
  return at => {
    const local = new Date(at + 8 * 3_600_000)
    const hour = local.getUTCHours()
    if (hour >= 8 && hour < 20) return dayOf.get(local.toISOString().slice(0, 10)) ?? ''
    return nightOf.get(new Date(at + (hour < 8 ? -16 : 8) * 3_600_000).toISOString().slice(0, 10)) ?? ''
  }
}

describe('a year of alarms, with its holidays and make-up days', () => {
  test('each is told to whoever is on, climbs to the station and the centre on time, and is held in quiet hours when it is low', () => {
    const from = instant(Date.UTC(2026, 0, 2, 0, 30))
    const stand = new Stand(
      {
        equipment: [
          ['urgent', 'high'],
          ['minor', 'low'],
        ],
        duty: rostered,
        calendar: publishedMarks('CN'),
      },
      from,
    )
    const whoIsOn = onDutyTable()
    const step = 23 * 3_600_000 + 7 * 60_000
    let told = 0
    for (let at = from as number; at < Date.UTC(2026, 11, 30); at += step) {
      stand.passes(hours(Math.max(0, at - stand.at) / 3_600_000))
      stand.drafts.length = 0
      const on = whoIsOn(stand.at)
      const hour = new Date(stand.at + 8 * 3_600_000).getUTCHours()
      stand.raise('urgent')
      stand.raise('minor')
      const queued = stand.drafts.filter(({ kind }) => kind === 'notice.queued')
      expect([new Date(stand.at).toISOString(), queued.map(({ data }) => data['person'])]).toEqual([
        new Date(stand.at).toISOString(),
        [on, on],
      ])
      const isQuiet = hour >= 22 || hour < 7
      const held = queued.map(({ data }) => data['notBefore'])
      expect(held[0]).toBeUndefined()
      expect(held[1] !== undefined).toBe(isQuiet)
      if (isQuiet) expect(new Date(Number(held[1]) + 8 * 3_600_000).toISOString().slice(11, 16)).toBe('07:00')
      stand.deliver()
      stand.drafts.length = 0
      stand.passes(minutes(5))
      stand.passes(minutes(10))
      const climbed = stand.drafts.filter(({ kind }) => kind === 'notice.queued')
      expect(climbed.map(({ data, at: when }) => `${data['person']} ${(when - at) / 60_000}`)).toEqual(['li 5', 'zhao 15'])
      told += queued.length + climbed.length
      stand.acknowledge('urgent', 'admin')
      stand.acknowledge('minor', 'admin')
      stand.clear('urgent')
      stand.clear('minor')
      stand.deliver()
    }
    expect(told).toBeGreaterThan(1_400)
    // A year leaves nothing behind but the last day.
    expect([...stand.checkpoints.keys()].filter(key => key.startsWith('told:')).length).toBeLessThan(40)
    expect(stand.notices()).toEqual([])
  })
})
