import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTime } from '../../gateway/zone.ts'
import { plainCalendar, publishedMarks } from '../../gateway/policy/calendar.ts'
import type { Calendar } from '../../gateway/policy/calendar.ts'
import { parseDay } from '../../gateway/policy/calendar-days.ts'
import { due } from '../../gateway/policy/kinds/due.ts'
import type { Duty, Inputs, RuleRecord, Step, Transition } from '../../gateway/policy/kind.ts'
import type { Place } from '../../gateway/policy/place.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { listen, problemsOf, specOf } from './several.ts'

const china: Calendar = { ...plainCalendar('Asia/Shanghai'), country: 'CN', marks: publishedMarks('CN') }
const berlin = plainCalendar('Europe/Berlin')
const utc = plainCalendar('UTC')
const here = (calendar: Calendar): Place => ({ facts: {}, calendar })

/** One duty, driven as the evaluator drives it: a reading counts before a timer of the same instant. */
class Watch {
  readonly #spec: unknown
  readonly #zone: string
  readonly #inputs: Inputs
  #state: unknown
  #wakeAt: Instant | undefined
  readonly said: string[] = []
  readonly reasons: string[] = []
  readonly records: RuleRecord[] = []
  /** How often a reading or a timer changed something. */
  changes = 0

  constructor(settings: object, start: string, calendar: Calendar = china, inputs: readonly string[] = ['record']) {
    this.#zone = calendar.zone
    this.#spec = specOf(due, { kind: 'due', ...settings }, here(calendar))
    const at = this.time(start)
    const silent = { newestAt: undefined, value: undefined, lastWordBad: false, heardAt: at, staleAfter: undefined }
    this.#inputs = Object.fromEntries(inputs.map(name => [name, silent]))
    const step = due.begin(this.#spec, at, this.#inputs)
    this.#state = step.state
    this.#wakeAt = step.wakeAt
  }

  hears(time: string, input: string, value: number): this {
    const at = this.time(time)
    this.#passTo(at, false)
    this.#take(due.hear(this.#spec, this.#state, value, at, this.#inputs, input))
    return this
  }

  /** People wrote down that they did it. */
  isDone(...times: readonly string[]): this {
    for (const time of times) this.hears(time, 'record', 1)
    return this
  }

  until(time: string): readonly string[] {
    this.#passTo(this.time(time), true)
    return this.said
  }

  dutyAt(time: string): string {
    const now = this.time(time)
    this.#passTo(now, false)
    const duty = due.duty?.(this.#spec, this.#state, now) as (Duty & { missed: number }) | undefined
    if (!duty) return 'none'
    const said = (at: Instant | undefined): string => (at === undefined ? '–' : this.#local(at))
    const share = duty.of === undefined ? '' : ` ${duty.done}/${duty.of}`
    return `${duty.state}${share} done ${said(duty.doneAt)} warn ${said(duty.warnAt)} due ${said(duty.dueAt)} missed ${duty.missed}`
  }

  restarts(): this {
    this.#state = JSON.parse(JSON.stringify(this.#state))
    return this
  }

  time(text: string): Instant {
    const at = parseTime(text, this.#zone)
    if (at === undefined) throw new Error(text)
    return at
  }

  #passTo(at: Instant, including: boolean): void {
    while (this.#wakeAt !== undefined && (including ? this.#wakeAt <= at : this.#wakeAt < at)) {
      const asked = this.#wakeAt
      this.#wakeAt = undefined
      this.#take(due.wake(this.#spec, this.#state, asked, this.#inputs))
    }
  }

  #take(step: Step<unknown> | undefined): void {
    if (!step) return
    this.changes += 1
    this.#state = step.state
    this.#wakeAt = step.wakeAt
    if (step.record) this.records.push(step.record)
    if (step.transition) this.said.push(this.#say(step.transition))
  }

  #say(transition: Transition): string {
    if (transition.what === 'cleared') return `cleared ${this.#local(transition.at)}`
    expect(transition.since).toBe(transition.at)
    this.reasons.push(transition.because?.en ?? '', transition.because?.zh ?? '')
    return `missed ${this.#local(transition.at)}`
  }

  #local(at: Instant): string {
    return new Intl.DateTimeFormat('sv-SE', { timeZone: this.#zone, dateStyle: 'short', timeStyle: 'short' }).format(at)
  }
}

describe('a duty every so often', () => {
  test('has its whole time from when watching began, and says what was missed', () => {
    const watch = new Watch({ every: '10d' }, '2026-09-01 08:00')
    expect(watch.until('2026-09-11 07:59')).toEqual([])
    expect(watch.until('2026-09-30 00:00')).toEqual(['missed 2026-09-11 08:00'])
    expect(watch.reasons).toEqual([
      'Not done once in the 10 days from 2026-09-01 08:00 to 2026-09-11 08:00.',
      '从 2026-09-01 08:00 到 2026-09-11 08:00，10 天里一次也没有做。',
    ])
  })

  test('counts from the last time it was done', () => {
    const watch = new Watch({ every: '10d' }, '2026-09-01 08:00').isDone('2026-09-05 08:00', '2026-09-15 08:00', '2026-09-20 00:00')
    expect(watch.until('2026-10-01 00:00')).toEqual(['missed 2026-09-30 00:00'])
    expect(watch.reasons[0]).toBe('Last done 2026-09-20 00:00, and not again within 10 days.')
  })

  test('is cleared when it is done late, and starts again from there', () => {
    const watch = new Watch({ every: '1d' }, '2026-09-01 08:00').isDone('2026-09-03 10:00')
    expect(watch.until('2026-09-04 10:00')).toEqual([
      'missed 2026-09-02 08:00',
      'cleared 2026-09-03 10:00',
      'missed 2026-09-04 10:00',
    ])
  })

  test('is announced before it is due, without an alarm', () => {
    const watch = new Watch({ every: '10d', warn: '1d' }, '2026-09-01 08:00')
    expect(watch.dutyAt('2026-09-10 07:59')).toBe('open done – warn 2026-09-10 08:00 due 2026-09-11 08:00 missed 0')
    expect(watch.dutyAt('2026-09-10 08:00')).toBe('soon done – warn 2026-09-10 08:00 due 2026-09-11 08:00 missed 0')
    expect(watch.dutyAt('2026-09-11 08:00')).toBe('soon done – warn 2026-09-10 08:00 due 2026-09-11 08:00 missed 0')
    expect(watch.dutyAt('2026-09-11 08:01')).toBe('missed done – warn 2026-09-10 08:00 due 2026-09-11 08:00 missed 1')
  })
})
