import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { days, instant } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { dayText } from '../../gateway/policy/calendar-days.ts'
import { daysOf, parseFrom, parseTo } from '../../gateway/report/period.ts'

const zone = 'Asia/Shanghai'
const iso = (at: Instant | undefined): string | undefined => (at === undefined ? undefined : new Date(at).toISOString())

describe('a period', () => {
  test('of days begins at midnight of the site and has its last day in it', () => {
    expect(iso(parseFrom('2026-11-01', zone))).toBe('2026-10-31T16:00:00.000Z')
    expect(iso(parseTo('2026-11-30', zone))).toBe('2026-11-30T16:00:00.000Z')
  })

  test('of times ends where it says', () => {
    expect(iso(parseTo('2026-11-30T08:00:00+08:00', zone))).toBe('2026-11-30T00:00:00.000Z')
    expect(iso(parseTo('2026-11-30 08:00', zone))).toBe('2026-11-30T00:00:00.000Z')
    expect(parseFrom('1795276800000', zone)).toBe(1_795_276_800_000)
  })

  test('is not guessed', () => {
    for (const text of ['', 'yesterday', '2026-02-31', '2026-13-01', '11/01/2026']) {
      expect(parseFrom(text, zone)).toBeUndefined()
      expect(parseTo(text, zone)).toBeUndefined()
    }
  })

  test('has a day of 23 hours and one of 25 where the clocks change', () => {
    const berlin = 'Europe/Berlin'
    const length = (day: string): number => ((parseTo(day, berlin) ?? 0) - (parseFrom(day, berlin) ?? 0)) / 3_600_000
    expect([length('2026-03-29'), length('2026-10-25'), length('2026-10-26')]).toEqual([23, 25, 24])
  })

  test('falls into days that meet and fill it, in any zone', () => {
    const zones = fc.constantFrom(
      zone,
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kathmandu',
      'Pacific/Apia',
      'Africa/Casablanca',
    )
    const start = fc.integer({ min: Date.UTC(2010, 0, 1), max: Date.UTC(2030, 0, 1) })
    fc.assert(
      fc.property(zones, start, fc.integer({ min: 1, max: 40 * 86_400_000 }), (place, from, length) => {
        const to = instant(from + length)
        const found = [...daysOf(instant(from), to, place)]
        expect(found[0]?.from).toBe(from)
        expect(found.at(-1)?.to).toBe(to)
        found.slice(1).forEach((day, index) => expect(day.from).toBe(found[index]?.to))
        expect(new Set(found.map(({ day }) => day)).size).toBe(found.length)
        for (const day of found) expect(day.to - day.from).toBeLessThanOrEqual(days(1) + 3_600_000)
        // A day is called what the zone's clocks call it.
        for (const { day, from: begin } of found)
          expect(dayText(day)).toBe(new Intl.DateTimeFormat('en-CA', { timeZone: place, dateStyle: 'short' }).format(begin))
      }),
      { numRuns: 150 },
    )
  })
})
