import { describe, expect, test } from 'vitest'
import { DemoClock } from '../gateway/clock.ts'
import { instant, seconds } from '../protocols/contract/time.ts'
import { instantOf, isoInZone, localTime, offsetAt, parseTime } from '../gateway/zone.ts'
import { FakeClock } from './kit/fake-clock.ts'

/** A demo clock over a wall that the test moves; what it asks the wall to wait for is listed. */
function demo(speed: number, start = 0) {
  const waits: number[] = []
  let ticked = 0
  const wall = { now: () => instant(0), after: (delay: number) => (waits.push(delay), () => {}) }
  const clock = new DemoClock(wall, instant(start), speed, () => ticked)
  return { clock, waits, pass: (ms: number) => (ticked += ms) }
}

describe('the demo clock', () => {
  test('starts where it is told, runs at its speed and goes on from there when the speed changes', () => {
    const { clock, pass } = demo(60, 1_000_000)
    expect(clock.now()).toBe(1_000_000)
    pass(1_000)
    expect(clock.now()).toBe(1_060_000)
    clock.setSpeed(1)
    expect(clock.now()).toBe(1_060_000)
    pass(500)
    clock.setSpeed(600)
    pass(1)
    expect(clock.now()).toBe(1_061_100)
  })

  test('takes real time from the machine when nobody gives it another', () => {
    const clock = new DemoClock(new FakeClock(), instant(1_000_000), 60)
    const first = clock.now()

    expect(first).toBeGreaterThanOrEqual(1_000_000)
    expect(clock.now()).toBeGreaterThanOrEqual(first)
  })

  test('asks the wall clock for a shorter wait the faster it runs, and for what is left when the speed changes', () => {
    const { clock, waits, pass } = demo(60)

    clock.after(seconds(600), () => {})
    clock.setSpeed(10)
    pass(6_000)
    clock.setSpeed(1)

    expect(waits).toEqual([10_000, 60_000, 540_000])
  })

  test('forgets what was cancelled', () => {
    const { clock, waits } = demo(1)

    clock.after(seconds(5), () => {})()
    clock.setSpeed(2)

    expect(waits).toHaveLength(1)
  })
})

describe('a time zone', () => {
  const shanghai = 'Asia/Shanghai'
  const berlin = 'Europe/Berlin'
  const at = (iso: string) => instant(Date.parse(iso))

  test.each([
    ['a plain instant', '2026-09-01T00:30:00Z', shanghai, '2026-09-01T08:30:00.000+08:00'],
    ['summer time', '2026-07-01T12:00:00Z', berlin, '2026-07-01T14:00:00.000+02:00'],
    ['winter time', '2026-01-01T12:00:00.250Z', berlin, '2026-01-01T13:00:00.250+01:00'],
    ['a half-hour zone', '2026-01-01T12:00:00Z', 'Asia/Kolkata', '2026-01-01T17:30:00.000+05:30'],
    ['west of Greenwich', '2026-01-01T02:00:00Z', 'America/New_York', '2025-12-31T21:00:00.000-05:00'],
  ])('writes %s with its offset', (_name, utc, zone, expected) => {
    expect(isoInZone(at(utc), zone)).toBe(expected)
    expect(parseTime(expected, 'UTC')).toBe(at(utc))
  })

  test.each([
    ['naive in the zone', '2026-09-01 08:30', shanghai, '2026-09-01T00:30:00Z'],
    ['a date alone', '2026-09-01', shanghai, '2026-08-31T16:00:00Z'],
    ['the hour that happens twice: the first', '2026-10-25 02:30', berlin, '2026-10-25T00:30:00Z'],
    ['the hour that does not happen: as before the change', '2026-03-29 02:30', berlin, '2026-03-29T01:30:00Z'],
    ['a negative offset', '2026-09-01T00:30:00-0330', 'UTC', '2026-09-01T04:00:00Z'],
    ['milliseconds since 1970', '1767225600000', 'UTC', '2026-01-01T00:00:00Z'],
    ['seconds since 1970', '1767225600', 'UTC', '2026-01-01T00:00:00Z'],
  ])('reads %s', (_name, text, zone, utc) => {
    expect(parseTime(text, zone)).toBe(at(utc))
  })

  test.each(['', 'yesterday', '2026-02-30', '2026-13-01', '2026-01-01T25:00', '2026-01-01T10:61:00Z', '08:30'])(
    'refuses %j',
    text => {
      expect(parseTime(text, 'UTC')).toBeUndefined()
    },
  )

  test('knows its own hours: local fields and instant are each other’s way back', () => {
    for (let day = 0; day < 366; day += 7) {
      const moment = instant(Date.UTC(2026, 0, 1, 11, 17) + day * 86_400_000)
      expect(instantOf(localTime(moment, berlin), berlin)).toBe(moment)
      expect([1, 2]).toContain(offsetAt(moment, berlin) / 3_600_000)
    }
  })
})
