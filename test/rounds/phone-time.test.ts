import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { days, hours, instant, minutes, seconds } from '../../protocols/contract/time.ts'
import { oldestVisit, phoneTime } from '../../gateway/rounds/phone-time.ts'

const now = instant(Date.UTC(2026, 8, 1, 15))
const arrival = { wall: now, at: now, speed: 1 }

describe('the time of a phone', () => {
  test('stands as it is while its clock is right to the minute', () => {
    const said = instant(now - hours(3))
    expect(phoneTime(said, instant(now + seconds(40)), arrival)).toEqual({
      ok: true,
      time: { at: said, phoneAt: said, sentAt: now + seconds(40) },
    })
  })

  test('is never after its arrival, though the clock is a little fast', () => {
    const said = instant(now + seconds(30))
    expect(phoneTime(said, said, arrival)).toMatchObject({ ok: true, time: { at: now } })
  })

  test('is corrected by what the clock is off, and both are on record', () => {
    const slow = instant(now - days(3650))
    const said = instant(slow - minutes(20))
    expect(phoneTime(said, slow, arrival)).toEqual({
      ok: true,
      time: { at: now - minutes(20), phoneAt: said, sentAt: slow, correctedAt: now - minutes(20) },
    })
  })

  test('counts back at the pace of the domain', () => {
    const demo = { wall: now, at: instant(now + days(9)), speed: 60 }
    expect(phoneTime(instant(now - minutes(2)), now, demo)).toMatchObject({
      ok: true,
      time: { at: demo.at - hours(2) },
    })
  })

  test('is refused when it was put back between visit and sending, or when a week has gone by', () => {
    expect(phoneTime(instant(now + minutes(5)), now, arrival)).toEqual({ ok: false, why: 'after-now' })
    expect(phoneTime(instant(now - oldestVisit - 1), now, arrival)).toEqual({ ok: false, why: 'too-old' })
    expect(phoneTime(instant(now - oldestVisit), now, arrival)).toMatchObject({ ok: true })
  })

  test('comes out the same by any clock, right or wrong, as long as it is one clock', () => {
    const offset = fc.integer({ min: -4e11, max: 4e11 }).filter(ms => Math.abs(ms) > 60_000)
    fc.assert(
      fc.property(offset, fc.integer({ min: 0, max: oldestVisit }), (off, age) => {
        const result = phoneTime(instant(now + off - age), instant(now + off), arrival)
        expect(result).toMatchObject({ ok: true, time: { at: now - age, correctedAt: now - age } })
      }),
    )
  })
})
