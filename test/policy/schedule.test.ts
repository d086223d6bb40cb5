import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainCalendar } from '../../gateway/policy/calendar.ts'
import type { Calendar } from '../../gateway/policy/calendar.ts'
import type { Inputs, Step, Transition } from '../../gateway/policy/kind.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import type { Place } from '../../gateway/policy/place.ts'
import { schedule } from '../../gateway/policy/kinds/schedule.ts'
import { parseTime } from '../../gateway/zone.ts'
import { hours, minutes } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'

const shanghai = plainCalendar('Asia/Shanghai')
const here = (calendar: Calendar): Place => ({ facts: {}, calendar })

function specOf(settings: object, place: Place = here(shanghai)): unknown {
  const parsed = schedule.parse({ kind: 'schedule', ...settings }, place)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.spec
}

/** One point watched by one schedule rule, driven as the evaluator drives it: a reading counts before a timer of the same instant. */
class Watch {
  readonly #spec: unknown
  readonly #zone: string
  readonly point: { newestAt?: Instant; value?: number; lastWordBad: boolean; heardAt: Instant; staleAfter: Millis | undefined }
  #state: unknown
  #wakeAt: Instant | undefined
  readonly said: string[] = []

  constructor(spec: unknown, start: string, { zone = 'Asia/Shanghai', staleAfter }: { zone?: string; staleAfter?: Millis } = {}) {
    this.#spec = spec
    this.#zone = zone
    const at = this.#time(start)
    this.point = { lastWordBad: false, heardAt: at, staleAfter }
    const step = schedule.begin(spec, at, this.#inputs())
    this.#state = step.state
    this.#wakeAt = step.wakeAt
  }

  /** `2026-09-01 20:00` */
  reads(time: string, value: number): this {
    const at = this.#time(time)
    this.#passTo(at, false)
    Object.assign(this.point, { newestAt: at, value, lastWordBad: false, heardAt: at })
    this.#take(schedule.hear(this.#spec, this.#state, value, at, this.#inputs(), 'value'))
    return this
  }

  fails(time: string): this {
    this.#passTo(this.#time(time), false)
    this.point.lastWordBad = true
    return this
  }

  /** The gateway listens again: silence before was its own. */
  listensFrom(time: string): this {
    this.point.heardAt = this.#time(time)
    return this
  }

  get band(): { readonly above: number; readonly below: number } | undefined {
    return schedule.quiet?.(this.#spec, this.#state)
  }

  until(time: string): readonly string[] {
    this.#passTo(this.#time(time), true)
    return this.said
  }

  /** Written down and read again. */
  restarts(): this {
    this.#state = JSON.parse(JSON.stringify(this.#state))
    return this
  }

  #inputs(): Inputs {
    return { value: this.point as Inputs['value'] & object }
  }

  #passTo(at: Instant, including: boolean): void {
    while (this.#wakeAt !== undefined && (including ? this.#wakeAt <= at : this.#wakeAt < at)) {
      const due = this.#wakeAt
      this.#wakeAt = undefined
      this.#take(schedule.wake(this.#spec, this.#state, due, this.#inputs()))
    }
  }

  #take(step: Step<unknown> | undefined): void {
    if (!step) return
    this.#state = step.state
    this.#wakeAt = step.wakeAt
    if (step.transition) this.said.push(this.#say(step.transition))
  }

  #say(transition: Transition): string {
    const local = (at: Instant): string =>
      new Intl.DateTimeFormat('sv-SE', { timeZone: this.#zone, dateStyle: 'short', timeStyle: 'short' }).format(at)
    return transition.what === 'raised'
      ? `raised ${local(transition.at)} since ${local(transition.since)}`
      : `cleared ${local(transition.at)}`
  }

  #time(text: string): Instant {
    const at = parseTime(text, this.#zone)
    if (at === undefined) throw new Error(text)
    return at
  }
}

const gas = { op: 'gt', value: 0.1, onDelay: '10m', outside: 'kitchen' } as const

describe('a limit outside opening hours', () => {
  test('says nothing while the kitchen is open', () => {
    const watch = new Watch(specOf(gas), '2026-09-01 06:00')
    for (let hour = 7; hour < 19; hour++) watch.reads(`2026-09-01 ${String(hour).padStart(2, '0')}:00`, 3)
    expect(watch.until('2026-09-01 19:39')).toEqual([])
  })

  test('counts the delay from closing where what was last said already breaks it', () => {
    const watch = new Watch(specOf(gas), '2026-09-01 06:00').reads('2026-09-01 19:25', 3)
    expect(watch.until('2026-09-01 23:00')).toEqual(['raised 2026-09-01 19:40 since 2026-09-01 19:30'])
  })

  test('counts the delay from closing and grace', () => {
    const watch = new Watch(specOf({ ...gas, grace: '30m' }), '2026-09-01 06:00').reads('2026-09-01 19:25', 3)
    expect(watch.until('2026-09-01 23:00')).toEqual(['raised 2026-09-01 20:10 since 2026-09-01 20:00'])
  })

  test('counts from the first reading that breaks it', () => {
    const watch = new Watch(specOf(gas), '2026-09-01 06:00').reads('2026-09-01 19:25', 0).reads('2026-09-01 21:00', 3)
    expect(watch.until('2026-09-01 23:00')).toEqual(['raised 2026-09-01 21:10 since 2026-09-01 21:00'])
  })

  test('is cleared at opening, for the limit forbids nothing then', () => {
    const watch = new Watch(specOf(gas), '2026-09-01 06:00').reads('2026-09-01 21:00', 3).reads('2026-09-02 05:00', 3)
    expect(watch.until('2026-09-02 12:00')).toEqual([
      'raised 2026-09-01 21:10 since 2026-09-01 21:00',
      'cleared 2026-09-02 05:30',
    ])
  })

  test('is cleared by the return and its delay as any limit', () => {
    const spec = specOf({ ...gas, deadband: 0.05, offDelay: '5m' })
    const watch = new Watch(spec, '2026-09-01 06:00')
      .reads('2026-09-01 21:00', 3)
      .reads('2026-09-01 22:00', 0.08)
      .reads('2026-09-01 22:10', 0.05)
      .reads('2026-09-01 22:12', 0.2)
      .reads('2026-09-01 22:20', 0)
    expect(watch.until('2026-09-01 23:00')).toEqual([
      'raised 2026-09-01 21:10 since 2026-09-01 21:00',
      'cleared 2026-09-01 22:25',
    ])
  })

  test('does not raise what would only be due at the very opening', () => {
    const watch = new Watch(specOf(gas), '2026-09-01 06:00').reads('2026-09-02 05:20', 3)
    expect(watch.until('2026-09-02 06:00')).toEqual([])
  })

  test('does not judge a reading of the very opening', () => {
    const watch = new Watch(specOf({ ...gas, onDelay: '0s' }), '2026-09-01 22:00').reads('2026-09-02 05:30', 3)
    expect(watch.until('2026-09-02 06:00')).toEqual([])
  })

  test('stays raised at opening while the point is silent, and the next good reading clears it', () => {
    const watch = new Watch(specOf(gas), '2026-09-01 06:00', { staleAfter: minutes(10) }).reads('2026-09-01 21:00', 3)
    watch.reads('2026-09-01 21:05', 3)
    expect(watch.until('2026-09-02 08:00')).toEqual(['raised 2026-09-01 21:10 since 2026-09-01 21:00'])
    expect(watch.reads('2026-09-02 08:30', 3).until('2026-09-02 09:00')).toEqual([
      'raised 2026-09-01 21:10 since 2026-09-01 21:00',
      'cleared 2026-09-02 08:30',
    ])
  })

  test('stays raised through a whole day of bad readings and goes on at the next closing', () => {
    const watch = new Watch(specOf(gas), '2026-09-01 06:00').reads('2026-09-01 21:00', 3).fails('2026-09-02 04:00')
    expect(watch.until('2026-09-02 21:00')).toHaveLength(1)
    expect(watch.reads('2026-09-02 21:30', 0).until('2026-09-02 22:00')).toEqual([
      'raised 2026-09-01 21:10 since 2026-09-01 21:00',
      'cleared 2026-09-02 21:30',
    ])
  })

  test('begins nothing at closing where the last word is old or was bad', () => {
    const old = new Watch(specOf(gas), '2026-09-01 06:00', { staleAfter: minutes(10) }).reads('2026-09-01 19:00', 3)
    const bad = new Watch(specOf(gas), '2026-09-01 06:00').reads('2026-09-01 19:29', 3).fails('2026-09-01 19:29')
    expect([...old.until('2026-09-02 05:00'), ...bad.until('2026-09-02 05:00')]).toEqual([])
  })

  test('begins nothing at closing by a word from before the gateway stopped', () => {
    const watch = new Watch(specOf(gas), '2026-09-01 06:00', { staleAfter: minutes(10) }).reads('2026-09-01 19:00', 3)
    expect(watch.listensFrom('2026-09-01 23:00').until('2026-09-02 05:00')).toEqual([])
  })

  test('ends at the very opening, whatever its own delays', () => {
    const spec = specOf({ ...gas, offDelay: '1h' })
    const watch = new Watch(spec, '2026-09-01 06:00').reads('2026-09-01 21:00', 3).reads('2026-09-02 05:00', 0)
    expect(watch.until('2026-09-02 05:30')).toEqual([
      'raised 2026-09-01 21:10 since 2026-09-01 21:00',
      'cleared 2026-09-02 05:30',
    ])
  })

  test('is not cleared by timer while the point is silent; the next good reading that is back clears it', () => {
    const spec = specOf({ ...gas, offDelay: '30m' })
    const begun = (): Watch =>
      new Watch(spec, '2026-09-01 06:00', { staleAfter: minutes(10) })
        .reads('2026-09-01 21:00', 3)
        .reads('2026-09-01 21:09', 3)
        .reads('2026-09-01 21:20', 0)
    expect(begun().until('2026-09-01 23:00')).toEqual(['raised 2026-09-01 21:10 since 2026-09-01 21:00'])
    expect(begun().reads('2026-09-01 23:00', 0).said.at(-1)).toBe('cleared 2026-09-01 23:00')
    expect(begun().reads('2026-09-01 23:00', 3).reads('2026-09-01 23:05', 0).until('2026-09-01 23:10')).toHaveLength(1)
  })

  test('is cleared no earlier than it was raised by what is told late', () => {
    const watch = new Watch(specOf(gas), '2026-09-01 06:00').reads('2026-09-01 21:00', 3)
    expect(watch.until('2026-09-01 21:30')).toHaveLength(1)
    expect(watch.reads('2026-09-01 21:05', 0).said.at(-1)).toBe('cleared 2026-09-01 21:10')
  })

  test('says which values it has nothing to say to', () => {
    const watch = new Watch(specOf({ ...gas, value: 0.1 }), '2026-09-01 06:00')
    expect(watch.band).toEqual({ above: Number.NEGATIVE_INFINITY, below: Number.POSITIVE_INFINITY })
    watch.reads('2026-09-01 20:00', 0)
    expect(watch.band).toEqual({ above: Number.NEGATIVE_INFINITY, below: 0.1 })
    expect(watch.reads('2026-09-01 20:01', 3).band).toBeUndefined()
    const below = new Watch(specOf({ op: 'le', value: 2, outside: 'kitchen' }), '2026-09-01 22:00')
    expect(below.band).toEqual({ above: 2, below: Number.POSITIVE_INFINITY })
  })

  test('holds the whole weekend where the hours are those of working days', () => {
    const spec = specOf({ op: 'gt', value: 5, outside: 'office', days: 'working', grace: '30m' })
    const watch = new Watch(spec, '2026-09-04 17:00').reads('2026-09-04 17:50', 9).reads('2026-09-05 10:00', 9)
    expect(watch.reads('2026-09-06 10:00', 9).until('2026-09-07 09:00')).toEqual([
      'raised 2026-09-04 18:30 since 2026-09-04 18:30',
      'cleared 2026-09-07 07:30',
    ])
  })
})

describe('a limit inside hours', () => {
  const night = { op: 'ge', value: 1, onDelay: '5m', inside: 'night' } as const

  test('is judged over midnight without a break', () => {
    const watch = new Watch(specOf(night), '2026-09-01 12:00').reads('2026-09-01 23:58', 1)
    expect(watch.until('2026-09-02 07:00')).toEqual([
      'raised 2026-09-02 00:03 since 2026-09-01 23:58',
      'cleared 2026-09-02 06:00',
    ])
  })

  test('belongs to the day it began on', () => {
    const spec = specOf({ ...night, days: ['fri'] })
    const friday = new Watch(spec, '2026-09-04 12:00').reads('2026-09-05 02:00', 1)
    const saturday = new Watch(spec, '2026-09-05 12:00').reads('2026-09-05 23:00', 1).reads('2026-09-06 02:00', 1)
    expect(friday.until('2026-09-05 07:00')).toHaveLength(2)
    expect(saturday.until('2026-09-07 00:00')).toEqual([])
  })

  test('goes on over hours that meet, as over midnight all day long', () => {
    const spec = specOf({ op: 'gt', value: 8, onDelay: '2h', inside: ['00:00-12:00', '12:00-24:00'] })
    const watch = new Watch(spec, '2026-09-01 06:00').reads('2026-09-01 23:00', 9).reads('2026-09-02 14:00', 9)
    expect(watch.until('2026-09-03 00:00')).toEqual(['raised 2026-09-02 01:00 since 2026-09-01 23:00'])
  })

  test('lasts seven hours on the night the clocks are set forward and nine when they are set back', () => {
    const berlin = { zone: 'Europe/Berlin' }
    const spec = specOf({ ...night, onDelay: '7h' }, here(plainCalendar('Europe/Berlin')))
    const spring = new Watch(spec, '2026-03-28 12:00', berlin).reads('2026-03-28 22:00', 1)
    const autumn = new Watch(spec, '2026-10-24 12:00', berlin).reads('2026-10-24 22:00', 1)
    expect(spring.until('2026-03-29 12:00')).toEqual([])
    expect(autumn.until('2026-10-25 12:00')).toEqual([
      'raised 2026-10-25 04:00 since 2026-10-24 22:00',
      'cleared 2026-10-25 06:00',
    ])
  })
})

/** The rule once more, minute by minute and from the whole past at each: no state machine, no timers. */
function byHand(readings: ReadonlyMap<number, number>, onDelay: number, offDelay: number, end: number): readonly string[] {
  const said: string[] = []
  const isJudged = (minute: number): boolean => minute % 1_440 < 330 || minute % 1_440 >= 1_170
  let since: number | undefined
  let raised = false
  let back: number | undefined
  let value: number | undefined
  for (let minute = 0; minute <= end; minute++) {
    const fresh = readings.get(minute)
    value = fresh ?? value
    if (!isJudged(minute)) {
      if (raised) said.push(`cleared ${minute}`)
      since = back = undefined
      raised = false
      continue
    }
    if (!raised) {
      const begins = fresh !== undefined || !isJudged(minute - 1)
      if (fresh !== undefined && fresh <= 0) since = undefined
      else if (begins && value !== undefined && value > 0) since ??= minute
      if (since !== undefined && minute === since + onDelay) {
        said.push(`raised ${minute}`)
        raised = true
        since = undefined
      }
    } else {
      if (fresh !== undefined) back = fresh > 0 ? undefined : (back ?? minute)
      if (back !== undefined && minute === back + offDelay) {
        said.push(`cleared ${minute}`)
        raised = false
        back = undefined
      }
    }
  }
  return said
}

describe('a schedule on any readings', () => {
  const stories = fc.record({
    readings: fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 4_300 }), fc.integer({ min: 0, max: 1 })), {
      selector: ([minute]) => minute,
      maxLength: 60,
    }),
    onDelay: fc.integer({ min: 1, max: 90 }),
    offDelay: fc.integer({ min: 1, max: 90 }),
    restartAt: fc.nat(60),
  })

  test('says what a walk through the minutes says, restarted anywhere', () => {
    fc.assert(
      fc.property(stories, ({ readings, onDelay, offDelay, restartAt }) => {
        const spec = specOf(
          { op: 'gt', value: 0, onDelay: `${onDelay}m`, offDelay: `${offDelay}m`, outside: 'kitchen' },
          here(plainCalendar('UTC')),
        )
        const inOrder = readings.toSorted(([a], [b]) => a - b)
        const text = (minute: number): string => new Date(Date.UTC(2026, 8, 1) + minute * 60_000).toISOString()
        // A day of the first minute: watching begins in the off-hours with nothing heard.
        const watch = new Watch(spec, text(0), { zone: 'UTC' })
        for (const [index, [minute, value]] of inOrder.entries()) {
          watch.reads(text(minute), value)
          if (index === restartAt) watch.restarts()
        }
        const minuteOf = (line: string): string =>
          line.replace(
            /^(\w+) (\d+-\d+-\d+ \d+:\d+).*$/,
            (_, what: string, at: string) =>
              `${what} ${(Date.parse(`${at.replace(' ', 'T')}Z`) - Date.UTC(2026, 8, 1)) / 60_000}`,
          )
        expect(watch.until(text(4_320)).map(minuteOf)).toEqual(byHand(new Map(inOrder), onDelay, offDelay, 4_320))
      }),
      { numRuns: 500 },
    )
  })

  test('says nothing on bad words and never ends an alarm in silence', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 20 }), steps => {
        const watch = new Watch(specOf({ ...gas, onDelay: '0s' }), '2026-09-01 12:00', { staleAfter: hours(1) })
        watch.reads('2026-09-01 20:00', 3)
        let at = Date.parse('2026-09-01T20:00:00+08:00')
        for (const step of steps) watch.fails(new Date((at += step * 60_000)).toISOString())
        return watch.until('2026-10-01 00:00').length === 1
      }),
    )
  })
})

describe('the settings of a schedule', () => {
  const wrong = (settings: object, place: Place = here(shanghai)): readonly string[] => {
    const parsed = schedule.parse({ kind: 'schedule', op: 'gt', value: 1, ...settings }, place)
    return parsed.ok ? [] : parsed.problems.map(({ path, write }) => `${path.join('.')}: ${write.en}`)
  }

  test('name hours that exist', () => {
    expect(wrong({ inside: 'knight' })).toEqual([
      "inside: write hours of the calendar (kitchen, office, night, gate) or times such as '22:00-06:00'",
    ])
    expect(wrong({ inside: 'knight' }, nowhere)).toEqual([])
    for (const inside of ['25:00-26:00', '24:00-06:00', '6-7', 7, [], ['night', '06:00-07:00']])
      expect(wrong({ inside })).toHaveLength(1)
  })

  test('take inside or outside, not both and not neither', () => {
    expect(wrong({})).toHaveLength(1)
    expect(wrong({ inside: 'night', outside: 'kitchen' })).toHaveLength(1)
  })

  test('say days as the calendar knows them', () => {
    for (const days of ['working', 'non-working', 'school', 'all', 'mon-fri', 'fri-mon', ['sat', 'sun'], ['mon-wed', 'fri']])
      expect(wrong({ inside: 'night', days })).toEqual([])
    for (const days of ['someday', [], ['mon', 'moon'], 3, 'mon-tue-wed'])
      expect(wrong({ inside: 'night', days })).toHaveLength(1)
  })

  test('that leave no time to judge are found out', () => {
    const senseless = (settings: object): boolean =>
      (schedule.sense?.(specOf({ op: 'gt', value: 1, ...settings })) ?? []).length > 0
    expect(senseless({ outside: '00:00-24:00' })).toBe(true)
    expect(senseless({ outside: ['00:00-12:00', '12:00-24:00'] })).toBe(true)
    expect(senseless({ inside: '12:00-13:00', grace: '1h' })).toBe(true)
    expect(senseless({ outside: '00:00-24:00', days: 'working' })).toBe(false)
    expect(senseless({ inside: '12:00-13:00', grace: '59m' })).toBe(false)
    expect(senseless({ outside: 'kitchen' })).toBe(false)
  })
})
