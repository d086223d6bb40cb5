import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantOf, minuteIn } from '../../dashboard/src/live/logs/paper.ts'

describe('the minute on a clock at the site', () => {
  test.each([
    { zone: 'Asia/Shanghai', minute: '2026-11-23T17:05', at: '2026-11-23T09:05:00Z', name: 'in China' },
    { zone: 'America/New_York', minute: '2026-07-01T00:30', at: '2026-07-01T04:30:00Z', name: 'in summer' },
    { zone: 'Asia/Kolkata', minute: '2026-01-01T05:30', at: '2026-01-01T00:00:00Z', name: 'half an hour off' },
    { zone: 'Europe/Berlin', minute: '2026-10-25T02:30', at: '2026-10-25T00:30:00Z', name: 'that comes twice is the first' },
    { zone: 'Europe/Berlin', minute: '2026-03-29T02:30', at: '2026-03-29T01:30:00Z', name: 'that is left out is an hour on' },
  ])('$name', ({ zone, minute, at }) => {
    expect(new Date(instantOf(minute, zone)).toISOString()).toBe(at.replace('Z', '.000Z'))
  })

  test('that is none is no time', () => {
    expect(instantOf('', 'Asia/Shanghai')).toBeNaN()
  })

  test('is the same read back, in any zone and at any time, whatever the zone of the browser', () => {
    const zones = fc.constantFrom('Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC')
    const times = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2060, 0) })
    fc.assert(
      fc.property(zones, times, (zone, at) => {
        const minute = minuteIn(at, zone)
        expect(minuteIn(instantOf(minute, zone), zone)).toBe(minute)
      }),
    )
  })
})
