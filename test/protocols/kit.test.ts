import { describe, expect, test } from 'vitest'
import type { Fault } from '../../protocols/contract/fault.ts'
import { fault } from '../../protocols/contract/fault.ts'
import { hours, millis, minutes, seconds } from '../../protocols/contract/time.ts'
import type { Answer } from '../../protocols/kit/answer.ts'
import { answered, failed } from '../../protocols/kit/answer.ts'
import type { Session } from '../../protocols/kit/link.ts'
import { backOff, Link } from '../../protocols/kit/link.ts'
import { toValue } from '../../protocols/kit/number.ts'
import { Poller } from '../../protocols/kit/poller.ts'
import { parseDuration } from '../../protocols/contract/duration.ts'
import { FakeClock, settled } from './kit.ts'

describe('the rhythm of a poller', () => {
  const rhythm = (sweep: () => Promise<void>): { clock: FakeClock; poller: Poller } => {
    const clock = new FakeClock()
    const poller = new Poller({ clock, every: seconds(10), sweep, random: () => 0.5 })
    poller.start()
    return { clock, poller }
  }

  test('begins soon and then keeps its beat', async () => {
    const begun: number[] = []
    const { clock } = rhythm(async () => void begun.push(clock.now()))
    const start = clock.now()

    await clock.passes(seconds(31))

    expect(begun.map(at => at - start)).toEqual([500, 10_500, 20_500, 30_500])
  })

  test('never overlaps; what falls out is counted and not made up for', async () => {
    let finish: () => void = () => {}
    let begun = 0
    const { clock, poller } = rhythm(() => {
      begun += 1
      return new Promise(resolve => (finish = resolve))
    })

    await clock.passes(seconds(35))
    expect([begun, poller.missed]).toEqual([1, 3])
    finish()
    await settled()
    await clock.passes(seconds(10))
    expect([begun, poller.missed]).toEqual([2, 3])
  })

  test('looks at once when there is news, and keeps its beat from there', async () => {
    const begun: number[] = []
    const { clock, poller } = rhythm(async () => void begun.push(clock.now()))
    const start = clock.now()

    await clock.passes(seconds(3))
    poller.soon()
    // The look itself must have ended before the next beat, as it has in any second of real time.
    for (let second = 0; second < 21; second += 1) await clock.passes(seconds(1))

    expect(begun.map(at => at - start)).toEqual([500, 3_000, 13_000, 23_000])
  })

  test('ends when stopped, after the sweep under way, and leaves no timer', async () => {
    let finish: () => void = () => {}
    const { clock, poller } = rhythm(() => new Promise(resolve => (finish = resolve)))
    await clock.passes(seconds(1))

    let stopped = false
    const stopping = poller.stop().then(() => (stopped = true))
    await settled()
    expect(stopped).toBe(false)
    finish()
    await stopping

    expect(clock.timers).toBe(0)
  })
})

/** A line whose dials succeed or fail as the test says. */
class Line {
  readonly clock = new FakeClock()
  readonly said: string[] = []
  works = true
  dials = 0
  #end: (why: Fault) => void = () => {}
  closed = 0
  readonly link = new Link<Session>({
    wall: this.clock,
    dial: () => this.#dial(),
    patience: seconds(3),
    up: () => this.said.push('up'),
    down: ({ code }) => this.said.push(code),
    random: () => 1,
  })

  async #dial(): Promise<Answer<Session>> {
    this.dials += 1
    if (!this.works) return failed(fault('unreachable', 'nobody there'))
    const ended = new Promise<Fault>(resolve => (this.#end = resolve))
    const close = (): void => {
      this.closed += 1
      this.#end(fault('disconnected', 'closed'))
    }
    return answered({ ended, close })
  }

  breaks(): Promise<void> {
    this.#end(fault('disconnected', 'gone'))
    return settled()
  }
}

describe('a link', () => {
  test('says up and down once per change, however many dials fail between', async () => {
    const line = new Line()
    line.link.start()
    await settled()
    line.works = false
    await line.breaks()
    await line.clock.passes(minutes(10))
    const during = line.dials
    line.works = true
    await line.clock.passes(minutes(2))

    expect(line.said).toEqual(['up', 'disconnected', 'up'])
    expect(during).toBeGreaterThan(8)
  })

  test('tells of a first call that fails, once', async () => {
    const line = new Line()
    line.works = false
    line.link.start()
    await line.clock.passes(minutes(5))

    expect(line.said).toEqual(['unreachable'])
  })

  test('pauses grow to a minute at most', async () => {
    const line = new Line()
    line.works = false
    line.link.start()
    await line.clock.passes(hours(1))

    // 1 + 2 + 4 + 8 + 16 + 32 s, then every 60 s.
    expect(line.dials).toBe(1 + 6 + Math.floor((3_600 - 63) / 60))
    expect([0, 3, 20].map(failures => backOff(failures, () => 0))).toEqual([0, 0, 0])
  })

  test('renewing a session is no loss unless the new call fails', async () => {
    const line = new Line()
    line.link.start()
    await settled()
    await line.link.renew()
    expect([line.said, line.closed]).toEqual([['up'], 1])

    line.works = false
    await line.link.renew()
    expect(line.said).toEqual(['up', 'unreachable'])
  })

  test('a dial that never ends is given up, and its late session is hung up on', async () => {
    const clock = new FakeClock()
    const said: string[] = []
    let late: (answer: Answer<Session>) => void = () => {}
    let closed = 0
    const link = new Link<Session>({
      wall: clock,
      dial: () => new Promise(resolve => (late = resolve)),
      patience: seconds(3),
      up: () => said.push('up'),
      down: ({ detail }) => said.push(detail),
      random: () => 1,
    })
    link.start()

    await clock.passes(seconds(3))
    late(answered({ ended: new Promise(() => {}), close: () => void (closed += 1) }))
    await settled()

    expect(said).toEqual(['No connection within 3000 ms.'])
    expect(closed).toBe(1)
  })

  test('leaves no timer and no session when stopped', async () => {
    const line = new Line()
    line.link.start()
    await settled()
    await line.link.stop()
    expect([line.clock.timers, line.closed, line.said]).toEqual([0, 1, ['up']])

    line.works = false
    line.link.start()
    await settled()
    await line.link.stop()
    expect(line.clock.timers).toBe(0)
  })
})

describe('a raw number becomes a value', () => {
  const plain = { scale: 1, offset: 0 }
  test.each([
    { name: 'a tenth without binary dust', raw: 3, by: { scale: 0.1, offset: 0 }, value: 0.3 },
    { name: 'a hundredth', raw: 2_007, by: { scale: 0.01, offset: 0 }, value: 20.07 },
    { name: 'an offset after the scale', raw: 100, by: { scale: 0.5, offset: -10 }, value: 40 },
    { name: 'Fahrenheit to Celsius', raw: 50, by: { ...plain, convert: { scale: 5 / 9, offset: -160 / 9 } }, value: 10 },
    { name: 'no minus zero', raw: -0, by: plain, value: 0 },
  ])('$name', ({ raw, by, value }) => {
    const answer = toValue(raw, by)
    expect(answer.ok && answer.value).toBeCloseTo(value, 12)
    expect(answer.ok && Object.is(answer.value, -0)).toBe(false)
  })

  test('a tenth is exactly the decimal that was meant', () => {
    expect(toValue(3, { scale: 0.1, offset: 0 })).toEqual({ ok: true, value: 0.3 })
  })

  test.each([
    [Number.NaN, 'not-a-number'],
    [Number.POSITIVE_INFINITY, 'not-a-number'],
    [151, 'out-of-range'],
    [-61, 'out-of-range'],
  ])('%d is a fault', (raw, code) => {
    expect(toValue(raw, { ...plain, plausible: { min: -60, max: 150 } })).toMatchObject({ ok: false, fault: { code } })
  })
})

test('durations are written with their unit', () => {
  expect(['5s', '10m', '6h', '1d', '250ms', '1.5s', '5', 5, 's', '-1s'].map(parseDuration)).toEqual([
    seconds(5),
    minutes(10),
    hours(6),
    hours(24),
    millis(250),
    millis(1_500),
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})
