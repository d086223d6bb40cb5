import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTime } from '../../gateway/zone.ts'
import { plainCalendar, publishedMarks } from '../../gateway/policy/calendar.ts'
import type { Calendar } from '../../gateway/policy/calendar.ts'
import { parseDay } from '../../gateway/policy/calendar-days.ts'
import { due } from '../../gateway/policy/kinds/due.ts'
import type { Duty, Inputs, RuleRecord, Step, Transition } from '../../gateway/policy/kind.ts'
import type { Place } from '../../gateway/policy/place.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'
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

  /** As it is checkpointed. */
  get kept(): string {
    return JSON.stringify(this.#state)
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
    const watch = new Watch({ every: '10d' }, '2026-09-01 08:00').isDone(
      '2026-09-05 08:00',
      '2026-09-15 08:00',
      '2026-09-20 00:00',
    )
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

  test('writes a late time down once, as missed', () => {
    const watch = new Watch({ every: '1d', writes: true }, '2026-09-01 08:00').isDone('2026-09-01 20:00', '2026-09-03 10:00')
    watch.isDone('2026-09-04 09:00')
    expect(watch.records.map(({ verdict, figures }) => [verdict, figures['minutesToSpare']])).toEqual([
      ['passed', 720],
      ['failed', null],
      ['passed', 60],
    ])
  })

  test('is cleared no earlier than it was raised by what is told late', () => {
    const watch = new Watch({ every: '1d' }, '2026-09-01 08:00')
    expect(watch.until('2026-09-02 09:00')).toEqual(['missed 2026-09-02 08:00'])
    watch.isDone('2026-09-02 07:00')
    expect(watch.until('2026-09-03 07:00')).toEqual([
      'missed 2026-09-02 08:00',
      'cleared 2026-09-02 08:00',
      'missed 2026-09-03 07:00',
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

describe('a duty in each window of the calendar', () => {
  test('is missed at the end of the day, and stays missed until it is done', () => {
    const watch = new Watch({ each: 'day' }, '2026-09-01 00:00').isDone(
      '2026-09-01 23:59',
      '2026-09-04 09:00',
      '2026-09-05 09:00',
    )
    expect(watch.until('2026-09-05 23:00')).toEqual(['missed 2026-09-03 00:00', 'cleared 2026-09-04 09:00'])
    expect(watch.reasons[0]).toBe('Not done from 2026-09-02 00:00 to 2026-09-03 00:00.')
  })

  test('counts no window that was already open when watching began', () => {
    expect(new Watch({ each: 'day' }, '2026-09-01 00:01').until('2026-09-02 23:59')).toEqual([])
    expect(new Watch({ each: 'day' }, '2026-09-01 00:01').until('2026-09-03 00:00')).toEqual(['missed 2026-09-03 00:00'])
    expect(new Watch({ each: 'month' }, '2026-09-02 00:00').until('2026-10-31 00:00')).toEqual([])
  })

  test('counts what was done at the very last instant, and not what came before the window', () => {
    const early = new Watch({ each: 'day', from: '08:00', to: '18:00' }, '2026-09-01 00:00').isDone('2026-09-01 07:59')
    const late = new Watch({ each: 'day', from: '08:00', to: '18:00' }, '2026-09-01 00:00').isDone('2026-09-01 18:00')
    expect(early.until('2026-09-01 20:00')).toEqual(['missed 2026-09-01 18:00'])
    expect(late.until('2026-09-01 20:00')).toEqual([])
  })

  test('does not count one time for two windows that meet', () => {
    const watch = new Watch({ each: 'day' }, '2026-09-01 00:00').isDone('2026-09-02 00:00')
    expect(watch.until('2026-09-03 00:00')).toEqual(['missed 2026-09-03 00:00'])
  })

  test('says how many were missed in a row', () => {
    const watch = new Watch({ each: 'day', writes: true }, '2026-09-01 00:00')
    expect(watch.dutyAt('2026-09-04 12:00')).toBe('missed done – warn – due 2026-09-02 00:00 missed 3')
    watch.isDone('2026-09-04 13:00')
    expect(watch.dutyAt('2026-09-04 14:00')).toBe('not-now done 2026-09-04 13:00 warn – due 2026-09-06 00:00 missed 0')
    expect(
      watch.records.map(
        ({ verdict, figures }) => `${verdict} ${String(figures['missedInARow'])} ${String(figures['minutesToSpare'])}`,
      ),
    ).toEqual(['failed 1 null', 'failed 2 null', 'failed 3 null', 'passed 0 660'])
    expect(watch.until('2026-09-05 00:00')).toEqual(['missed 2026-09-02 00:00', 'cleared 2026-09-04 13:00'])
  })

  test('is cleared late between two windows without counting for the next', () => {
    const watch = new Watch({ windows: ['06:00-11:00', '12:00-18:00'] }, '2026-09-01 00:00').isDone('2026-09-01 11:30')
    expect(watch.until('2026-09-01 19:00')).toEqual([
      'missed 2026-09-01 11:00',
      'cleared 2026-09-01 11:30',
      'missed 2026-09-01 18:00',
    ])
  })

  test('clears what was missed by what is done in the next window, which is then done too', () => {
    const watch = new Watch({ windows: ['06:00-11:00', '12:00-18:00'] }, '2026-09-01 00:00').isDone('2026-09-01 12:30')
    expect(watch.until('2026-09-02 06:00')).toEqual(['missed 2026-09-01 11:00', 'cleared 2026-09-01 12:30'])
  })

  test('asks at each shift change, one over midnight', () => {
    const settings = { windows: ['07:00-08:00', '15:00-16:00', '23:30-00:30'] }
    const watch = new Watch(settings, '2026-09-01 06:00').isDone('2026-09-01 07:30', '2026-09-01 15:30', '2026-09-02 00:10')
    expect(watch.until('2026-09-02 08:00')).toEqual(['missed 2026-09-02 08:00'])
  })

  test('asks for readings at least six hours apart, so that one too soon does not count', () => {
    const twice = { windows: ['06:00-12:00', '12:00-18:00'], apart: '6h' }
    const close = new Watch(twice, '2026-09-01 00:00').isDone('2026-09-01 11:00', '2026-09-01 13:00')
    const apart = new Watch(twice, '2026-09-01 00:00').isDone('2026-09-01 11:00', '2026-09-01 13:00', '2026-09-01 17:00')
    expect(close.until('2026-09-01 20:00')).toEqual(['missed 2026-09-01 18:00'])
    expect(close.reasons).toEqual([
      'Not done from 2026-09-01 12:00 to 2026-09-01 18:00. It was done 2026-09-01 13:00, but less than 6 hours after 2026-09-01 11:00, which does not count.',
      '2026-09-01 12:00 到 2026-09-01 18:00 没有做。2026-09-01 13:00 做过一次，离上次（2026-09-01 11:00）不到 6 小时，不算。',
    ])
    expect(apart.until('2026-09-01 20:00')).toEqual([])
  })

  test('does not speak of a reading too soon that was of another window', () => {
    const twice = { windows: ['06:00-12:00', '12:00-18:00'], apart: '6h' }
    const watch = new Watch(twice, '2026-09-01 00:00').isDone('2026-09-01 11:00', '2026-09-01 13:00', '2026-09-01 17:00')
    expect(watch.until('2026-09-02 12:00')).toHaveLength(1)
    expect(watch.reasons[0]).toBe('Not done from 2026-09-02 06:00 to 2026-09-02 12:00.')
  })

  test('takes a further reading in a window that is done for none that keeps the next one away', () => {
    const watch = new Watch({ windows: ['00:00-12:00', '12:00-18:00'], apart: '6h' }, '2026-09-01 00:00')
    watch.isDone('2026-09-01 01:00', '2026-09-01 11:50', '2026-09-01 12:10')
    expect(watch.until('2026-09-01 20:00')).toEqual([])
  })

  test('asks on non-working days only, holidays among them and make-up days not', () => {
    const watch = new Watch({ each: 'day', days: 'non-working', writes: true }, '2026-09-24 12:00')
    watch.until('2026-10-12 00:00')
    expect(watch.records.map(({ from }) => new Date(from + 8 * 3_600_000).toISOString().slice(5, 10))).toEqual(
      '09-25 09-26 09-27 10-01 10-02 10-03 10-04 10-05 10-06 10-07 10-11'.split(' '),
    )
  })

  test('asks in the cycle’s own days: the 22nd and 23rd of each month', () => {
    const settings = { each: 'month', from: 22, to: 23, writes: true }
    const watch = new Watch(settings, '2024-01-01 00:00').isDone('2024-01-22 00:00', '2024-02-23 23:59', '2024-03-21 23:59')
    expect(watch.until('2024-04-01 00:00')).toEqual(['missed 2024-03-24 00:00'])
    expect(watch.records.map(({ verdict }) => verdict)).toEqual(['passed', 'passed', 'failed'])
  })

  test('takes days beyond the end of a short month for its last', () => {
    const ends = (settings: object, start: string, end: string): readonly string[] => {
      const watch = new Watch({ ...settings, writes: true }, start, utc)
      watch.until(end)
      return watch.records.map(
        ({ from, to }) => `${new Date(from).toISOString().slice(5, 10)}/${new Date(to).toISOString().slice(5, 10)}`,
      )
    }
    expect(ends({ each: 'month', from: 30, to: 31 }, '2024-01-01', '2024-04-01')).toEqual([
      '01-30/02-01',
      '02-29/03-01',
      '03-30/04-01',
    ])
    expect(ends({ each: 'month', from: 30, to: 31 }, '2025-02-01', '2025-03-01')).toEqual(['02-28/03-01'])
    expect(ends({ each: 'quarter' }, '2024-01-01', '2024-10-01')).toEqual(['01-01/04-01', '04-01/07-01', '07-01/10-01'])
    expect(ends({ each: 'week', from: 'mon', to: 'fri' }, '2026-08-31', '2026-09-13')).toEqual(['08-31/09-05', '09-07/09-12'])
    expect(ends({ each: 'year' }, '2024-01-01', '2026-01-01')).toEqual(['01-01/01-01', '01-01/01-01'])
  })

  test('asks nothing in weeks without one of the days', () => {
    const term = {
      from: parseDay('2026-09-01') ?? 0,
      to: parseDay('2026-09-30') ?? 0,
      name: { zh: '', en: '' },
    } as Calendar['terms'][number]
    const watch = new Watch({ each: 'week', days: 'school', writes: true }, '2026-08-10 00:00', { ...china, terms: [term] })
    expect(watch.until('2027-06-01 00:00')).toHaveLength(1)
    expect(watch.records).toHaveLength(5)
    expect(watch.dutyAt('2027-06-01 00:00')).toContain('missed 5')
  })
})

describe('a window where the clocks are moved', () => {
  const lengths = (settings: object, start: string, end: string): readonly string[] => {
    const watch = new Watch({ ...settings, writes: true }, start, berlin)
    watch.until(end)
    return watch.records.map(({ from, to }) => `${new Date(from).toISOString().slice(5, 16)} ${(to - from) / 60_000}`)
  }

  test('is neither lost nor doubled when its time is skipped', () => {
    expect(lengths({ each: 'day', from: '02:15', to: '02:45' }, '2026-03-27 12:00', '2026-03-30 12:00')).toEqual([
      '03-28T01:15 30',
      '03-29T01:00 30',
      '03-30T00:15 30',
    ])
    expect(lengths({ windows: ['02:15-02:45', '02:45-03:15', '03:15-04:00'] }, '2026-03-28 12:00', '2026-03-29 12:00')).toEqual([
      '03-29T01:00 30',
      '03-29T01:30 30',
      '03-29T02:00 45',
    ])
  })

  test('is neither lost nor doubled when its time comes twice', () => {
    expect(lengths({ each: 'day', from: '02:15', to: '02:45' }, '2026-10-23 12:00', '2026-10-26 12:00')).toEqual([
      '10-24T00:15 30',
      '10-25T00:15 30',
      '10-26T01:15 30',
    ])
    expect(lengths({ windows: ['02:00-02:30', '02:30-03:00'] }, '2026-10-24 12:00', '2026-10-25 12:00')).toEqual([
      '10-25T00:00 30',
      '10-25T00:30 90',
    ])
  })

  test('is the same for a whole year as Intl’s clocks show it', () => {
    const [from, to] = [7, 13]
    const watch = new Watch({ each: 'day', from: '07:00', to: '13:00', writes: true }, '2024-01-01 00:00', berlin)
    watch.until('2025-01-01 00:00')
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', hour: 'numeric', hourCycle: 'h23' })
    const windows: string[] = []
    let begun: number | undefined
    for (let at = Date.UTC(2023, 11, 31, 23); at <= Date.UTC(2024, 11, 31, 23); at += 3_600_000) {
      const hour = Number(clock.format(at))
      const isInside = hour >= from && hour < to
      if (isInside) begun ??= at
      else if (begun !== undefined) {
        windows.push(`${begun} ${at}`)
        begun = undefined
      }
    }
    expect(windows).toHaveLength(366)
    expect(watch.records.map(record => `${record.from} ${record.to}`)).toEqual(windows)
    expect(watch.records.at(-1)?.figures['missedInARow']).toBe(366)
    expect(watch.said).toHaveLength(1)
  })
})

describe('a round within the night', () => {
  const round = { every: '2h', inside: 'night', writes: true } as const

  test('is due every two hours from the beginning of the night, and not by day', () => {
    const watch = new Watch(round, '2026-09-01 12:00')
    expect(watch.until('2026-09-02 21:00')).toEqual(['missed 2026-09-02 00:00'])
    expect(watch.records.map(({ to }) => new Date(to + 8 * 3_600_000).toISOString().slice(11, 16))).toEqual([
      '00:00',
      '02:00',
      '04:00',
      '06:00',
    ])
    expect(watch.reasons[1]).toBe('2026-09-01 22:00 到 2026-09-02 00:00 没有做。夜间内最多隔 2 小时要做一次。')
  })

  test('counts from the round before it, and asks for none that would end after the night', () => {
    const watch = new Watch(round, '2026-09-01 12:00').isDone(
      '2026-09-01 23:30',
      '2026-09-02 01:20',
      '2026-09-02 03:20',
      '2026-09-02 04:10',
    )
    expect(watch.until('2026-09-02 23:59')).toEqual([])
    expect(watch.until('2026-09-03 00:00')).toEqual(['missed 2026-09-03 00:00'])
  })

  test('takes a round at noon for none, unless one was missed', () => {
    const early = new Watch(round, '2026-09-01 12:00').isDone('2026-09-01 21:59')
    expect(early.until('2026-09-02 00:00')).toEqual(['missed 2026-09-02 00:00'])
    expect(early.isDone('2026-09-02 09:00').until('2026-09-02 12:00')).toEqual([
      'missed 2026-09-02 00:00',
      'cleared 2026-09-02 09:00',
    ])
  })

  test('gives its whole time to a night that watching began in', () => {
    expect(new Watch(round, '2026-09-01 23:00').until('2026-09-02 00:59')).toEqual([])
    expect(new Watch(round, '2026-09-01 23:00').until('2026-09-02 01:00')).toEqual(['missed 2026-09-02 01:00'])
    expect(new Watch(round, '2026-09-02 04:30').until('2026-09-02 23:59')).toEqual([])
    expect(new Watch(round, '2026-09-01 22:00').until('2026-09-02 00:00')).toEqual(['missed 2026-09-02 00:00'])
  })

  test.each([[['00:00-24:00']], [['00:00-20:00', '20:00-24:00']], [['20:00-24:00', '00:00-20:00']], ['00:00-24:00']])(
    'goes on over midnight where the hours of two days meet: %j',
    inside => {
      const watch = new Watch({ every: '2h', inside, writes: true }, '2026-09-01 23:10').isDone('2026-09-02 00:30')
      expect(watch.until('2026-09-02 02:29')).toEqual([])
      expect(watch.until('2026-09-02 02:30')).toEqual(['missed 2026-09-02 02:30'])
      expect(new Watch({ every: '2h', inside }, '2026-09-01 23:10').until('2026-09-02 01:10')).toEqual([
        'missed 2026-09-02 01:10',
      ])
    },
  )

  test('asks for one round in hours shorter than its time', () => {
    const short = new Watch({ every: '2h', inside: '12:00-13:00' }, '2026-09-01 10:00')
    expect(short.until('2026-09-01 13:00')).toEqual(['missed 2026-09-01 13:00'])
    expect(new Watch({ every: '2h', inside: '12:00-13:00' }, '2026-09-01 12:00').until('2026-09-01 13:00')).toEqual([
      'missed 2026-09-01 13:00',
    ])
    expect(short.isDone('2026-09-02 12:30').until('2026-09-03 12:59')).toEqual([
      'missed 2026-09-01 13:00',
      'cleared 2026-09-02 12:30',
    ])
  })

  test('asks on the nights of the days that are named', () => {
    const watch = new Watch({ ...round, days: 'non-working' }, '2026-09-04 12:00')
    watch.until('2026-09-08 00:00')
    expect(watch.records.map(({ from }) => new Date(from + 8 * 3_600_000).toISOString().slice(5, 13))).toEqual(
      '09-05T22 09-06T00 09-06T02 09-06T04 09-06T22 09-07T00 09-07T02 09-07T04'.split(' '),
    )
  })

  test('asks for three in a night of seven hours and four in one of nine', () => {
    const inNight = (start: string, end: string): number => {
      const watch = new Watch(round, start, berlin)
      watch.until(end)
      return watch.records.length
    }
    expect(inNight('2026-03-28 12:00', '2026-03-29 12:00')).toBe(3)
    expect(inNight('2026-10-24 12:00', '2026-10-25 12:00')).toBe(4)
  })
})

describe('a share of many', () => {
  const meters = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `members/meter-${index}.total`)

  test('is missed when too few were read by then, and says how many', () => {
    const watch = new Watch({ each: 'month', share: 0.98 }, '2026-09-01 00:00', china, meters(123))
    for (let index = 0; index < 118; index++)
      watch.hears(`2026-09-10 08:00:${String(index % 60).padStart(2, '0')}`, `members/meter-${index}.total`, 500 + index)
    expect(watch.dutyAt('2026-09-20 00:00')).toBe('open 118/123 done – warn – due 2026-10-01 00:00 missed 0')
    expect(watch.until('2026-10-01 00:00')).toEqual(['missed 2026-10-01 00:00'])
    expect(watch.reasons).toEqual([
      'From 2026-09-01 00:00 to 2026-10-01 00:00 118 of 123 were done (95.9%); 98% are asked for, 3 more.',
      '2026-09-01 00:00 到 2026-10-01 00:00：123 个里完成 118 个（95.9%），要求 98%，还差 3 个。',
    ])
  })

  test('is done with the member that makes the share; each counts once in a period', () => {
    const watch = new Watch({ each: 'quarter', share: 0.7, writes: true }, '2026-07-01 00:00', china, meters(10))
    for (const index of [0, 1, 2, 3, 4, 5, 5, 5, 0])
      watch.hears(`2026-08-0${index + 1} 0${watch.changes}:00`, `members/meter-${index}.total`, 1)
    expect(watch.dutyAt('2026-08-20 00:00')).toContain('open 6/10')
    watch.hears('2026-08-21 00:00', 'members/meter-9.total', 1)
    expect(watch.dutyAt('2026-08-22 00:00')).toBe('not-now 0/10 done 2026-08-21 00:00 warn – due 2027-01-01 00:00 missed 0')
    expect(watch.records).toMatchObject([{ verdict: 'passed', figures: { done: 7, of: 10 } }])
  })

  test('asks for no more than the fraction says, and says no more than was reached', () => {
    const share = (of: number, share: number, read: number): Watch => {
      const watch = new Watch({ each: 'month', share }, '2026-09-01 00:00', china, meters(of))
      for (let index = 0; index < read; index++) watch.hears('2026-09-02 00:00', `members/meter-${index}.total`, 1)
      watch.until('2026-10-01 00:00')
      return watch
    }
    expect(share(25, 0.28, 7).said).toEqual([])
    expect(share(49, 0.98, 48).reasons[0]).toContain('48 of 49 were done (97.9%); 98% are asked for, 1 more.')
  })

  test('costs nothing for members that were read already', () => {
    const watch = new Watch({ each: 'month' }, '2026-09-01 00:00', china, meters(2))
    for (let minute = 0; minute < 60; minute++)
      watch.hears(`2026-09-02 00:${String(minute).padStart(2, '0')}`, 'members/meter-0.total', minute)
    expect(watch.changes).toBe(1)
  })

  test('costs nothing for members between two windows when nothing was missed', () => {
    const watch = new Watch({ each: 'month', from: 22, to: 23 }, '2026-09-01 00:00', china, meters(2))
    for (let date = 10; date < 20; date++) watch.hears(`2026-09-${date} 08:00`, 'members/meter-0.total', date)
    expect(watch.changes).toBe(0)
  })

  test('is cleared when the last ones are read after the window', () => {
    const watch = new Watch({ each: 'month', from: 22, to: 23 }, '2026-09-01 00:00', china, meters(3))
    watch.hears('2026-09-20 08:00', 'members/meter-2.total', 1)
    watch.hears('2026-09-22 08:00', 'members/meter-0.total', 1).hears('2026-09-23 08:00', 'members/meter-1.total', 1)
    watch.hears('2026-09-24 08:00', 'members/meter-0.total', 1).restarts().hears('2026-09-25 08:00', 'members/meter-2.total', 1)
    expect(watch.until('2026-10-21 00:00')).toEqual(['missed 2026-09-24 00:00', 'cleared 2026-09-25 08:00'])
  })

  test('begins anew with each period, also when what was missed is caught up with', () => {
    const watch = new Watch({ each: 'month', from: 22, to: 23 }, '2026-09-01 00:00', china, meters(2))
    watch.hears('2026-09-24 08:00', 'members/meter-0.total', 1).hears('2026-10-24 08:00', 'members/meter-1.total', 1)
    expect(watch.until('2026-10-25 00:00')).toEqual(['missed 2026-09-24 00:00'])
    watch.hears('2026-10-25 08:00', 'members/meter-0.total', 1)
    expect(watch.until('2026-10-26 00:00')).toEqual(['missed 2026-09-24 00:00', 'cleared 2026-10-25 08:00'])
  })

  test('may be asked for so often since it was last complete', () => {
    const watch = new Watch({ every: '10d' }, '2026-09-01 00:00', china, meters(2))
    watch.hears('2026-09-05 00:00', 'members/meter-0.total', 1).hears('2026-09-06 00:00', 'members/meter-1.total', 1)
    watch.hears('2026-09-10 00:00', 'members/meter-0.total', 1)
    expect(watch.until('2026-09-16 00:00')).toEqual(['missed 2026-09-16 00:00'])
    expect(watch.reasons[0]).toContain('1 of 2 were done (50%)')
    expect(watch.hears('2026-09-17 00:00', 'members/meter-1.total', 1).said.at(-1)).toBe('cleared 2026-09-17 00:00')
  })
})

describe('a duty that counts what a point says', () => {
  test('takes an increase for an event, and neither the first reading nor a reset', () => {
    const watch = new Watch({ each: 'day' }, '2026-09-01 00:00', china, ['done'])
    watch.hears('2026-09-01 08:00', 'done', 7).hears('2026-09-01 09:00', 'done', 7).hears('2026-09-01 10:00', 'done', 0)
    expect(watch.until('2026-09-02 00:00')).toEqual(['missed 2026-09-02 00:00'])
    expect(watch.hears('2026-09-02 08:00', 'done', 1).until('2026-09-03 23:00')).toEqual([
      'missed 2026-09-02 00:00',
      'cleared 2026-09-02 08:00',
    ])
  })

  test('does not take a failed record for one', () => {
    const watch = new Watch({ each: 'day' }, '2026-09-01 00:00').hears('2026-09-01 08:00', 'record', 0)
    expect(watch.until('2026-09-02 00:00')).toHaveLength(1)
  })

  test('costs nothing while the counter stands', () => {
    const watch = new Watch({ every: '1d' }, '2026-09-01 00:00', china, ['done'])
    for (let minute = 0; minute < 60; minute++) watch.hears(`2026-09-01 08:${String(minute).padStart(2, '0')}`, 'done', 3)
    expect(watch.changes).toBe(1)
  })

  test('says nothing where nothing could tell that it was done', () => {
    expect(new Watch({ every: '1d' }, '2026-09-01 00:00', china, []).until('2026-10-01 00:00')).toEqual([])
    expect(new Watch({ every: '1d' }, '2026-09-01 00:00', china, ['trigger']).dutyAt('2026-10-01 00:00')).toBe('none')
  })
})

describe('what must follow something else', () => {
  const answer = { follows: 'trigger', within: '24h', warn: '4h', writes: true } as const
  const both = ['trigger', 'done'] as const
  const begun = (settings: object = answer): Watch =>
    new Watch(settings, '2026-09-01 00:00', china, both)
      .hears('2026-09-01 00:10', 'trigger', 0)
      .hears('2026-09-01 00:10', 'done', 0)

  test('is missed when it has not come in time, and cleared when it comes', () => {
    const watch = begun().hears('2026-09-01 08:00', 'trigger', 1)
    expect(watch.dutyAt('2026-09-01 09:00')).toBe('open done – warn 2026-09-02 04:00 due 2026-09-02 08:00 missed 0')
    expect(watch.dutyAt('2026-09-02 05:00')).toContain('soon')
    expect(watch.until('2026-09-02 08:00')).toEqual(['missed 2026-09-02 08:00'])
    expect(watch.reasons).toEqual([
      'What happened at 2026-09-01 08:00 was not followed up within 1 day.',
      '2026-09-01 08:00 发生的一次，1 天内没有跟着做。',
    ])
    expect(watch.dutyAt('2026-09-02 09:00')).toContain('missed')
    watch.hears('2026-09-02 10:00', 'done', 1)
    expect(watch.said.at(-1)).toBe('cleared 2026-09-02 10:00')
    expect(watch.dutyAt('2026-09-02 10:00')).toBe('not-now done 2026-09-02 10:00 warn – due – missed 0')
    expect(watch.records.map(({ verdict }) => verdict)).toEqual(['failed'])
  })

  test('is answered oldest first, and in time at the very last instant', () => {
    const watch = begun().hears('2026-09-01 08:00', 'trigger', 1).hears('2026-09-01 12:00', 'trigger', 2)
    watch.hears('2026-09-02 08:00', 'done', 1)
    expect(watch.until('2026-09-02 11:59')).toEqual([])
    expect(watch.until('2026-09-02 12:00')).toEqual(['missed 2026-09-02 12:00'])
    expect(watch.records.map(({ verdict, figures }) => [verdict, figures['minutesToFollow']])).toEqual([
      ['passed', 1_440],
      ['failed', null],
    ])
  })

  test('stays missed until all that waited too long are answered', () => {
    const watch = begun()
      .hears('2026-09-01 08:00', 'trigger', 1)
      .hears('2026-09-01 12:00', 'trigger', 2)
      .hears('2026-09-03 07:00', 'trigger', 3)
    watch.hears('2026-09-03 08:00', 'done', 1)
    expect(watch.said).toEqual(['missed 2026-09-02 08:00'])
    watch.hears('2026-09-03 09:00', 'done', 2)
    expect(watch.until('2026-09-04 07:00')).toEqual([
      'missed 2026-09-02 08:00',
      'cleared 2026-09-03 09:00',
      'missed 2026-09-04 07:00',
    ])
  })

  test('is answered for everything that waits, and for what belongs to it afterwards, where one answer stands for all', () => {
    const report = { follows: 'trigger', within: '24h', before: '24h', answers: 'all', writes: true }
    const watch = begun(report).hears('2026-09-01 08:00', 'trigger', 1).hears('2026-09-01 08:05', 'trigger', 2)
    watch.hears('2026-09-02 09:00', 'done', 1).hears('2026-09-02 10:00', 'trigger', 3).hears('2026-09-02 11:00', 'trigger', 4)
    expect(watch.until('2026-09-04 00:00')).toEqual(['missed 2026-09-02 08:00', 'cleared 2026-09-02 09:00'])
    expect(watch.records.map(({ verdict }) => verdict)).toEqual(['failed', 'failed', 'passed', 'passed'])
    watch.hears('2026-09-04 08:00', 'trigger', 5).hears('2026-09-04 09:00', 'done', 2)
    expect(watch.until('2026-09-06 00:00')).toHaveLength(2)
    expect(watch.records.at(-1)).toMatchObject({ verdict: 'passed', figures: { minutesToFollow: 60 } })
  })

  test('may come a moment before: a badge is shown, then the door opens', () => {
    const badge = { follows: 'trigger', within: '1m', before: '1m', writes: true }
    const watch = begun(badge).hears('2026-09-01 08:00:00', 'done', 1).hears('2026-09-01 08:00:10', 'trigger', 1)
    watch.hears('2026-09-01 08:30:00', 'done', 2).hears('2026-09-01 08:31:01', 'trigger', 2)
    expect(watch.until('2026-09-01 09:00')).toEqual(['missed 2026-09-01 08:32'])
    expect(watch.records).toMatchObject([
      { verdict: 'passed', figures: { minutesToFollow: 0 } },
      { verdict: 'failed', figures: { minutesToFollow: null } },
    ])
  })

  test('does not let one badge stand for two doors', () => {
    const badge = { follows: 'trigger', within: '1m', before: '1m' }
    const watch = begun(badge).hears('2026-09-01 08:00:00', 'done', 1).hears('2026-09-01 08:00:10', 'trigger', 1)
    watch.hears('2026-09-01 08:00:15', 'trigger', 0).hears('2026-09-01 08:00:20', 'trigger', 1)
    expect(watch.until('2026-09-01 09:00')).toEqual(['missed 2026-09-01 08:01'])
  })

  test('takes two words of one instant for one time', () => {
    const watch = new Watch(answer, '2026-09-01 00:00', china, ['trigger', 'done', 'record'])
    watch.hears('2026-09-01 00:10', 'done', 0).hears('2026-09-01 00:10', 'trigger', 0)
    watch.hears('2026-09-01 08:00', 'trigger', 1).hears('2026-09-01 09:00', 'trigger', 2)
    watch.hears('2026-09-01 10:00', 'done', 1).hears('2026-09-01 10:00', 'record', 1)
    expect(watch.until('2026-09-02 09:00')).toEqual(['missed 2026-09-02 09:00'])
  })

  test('keeps a hundred with their times and counts the rest', () => {
    const watch = begun({ ...answer, writes: false })
    for (let count = 1; count <= 130; count++)
      watch.hears(
        `2026-09-01 08:${String(Math.floor(count / 60)).padStart(2, '0')}:${String(count % 60).padStart(2, '0')}`,
        'trigger',
        count,
      )
    expect(watch.kept).toMatch(/^.{1,1800}"more":30.{1,200}$/)
    expect(watch.until('2026-09-03 00:00')).toHaveLength(1)
    for (let count = 1; count <= 129; count++)
      watch.hears(
        `2026-09-03 08:${String(Math.floor(count / 60)).padStart(2, '0')}:${String(count % 60).padStart(2, '0')}`,
        'done',
        count,
      )
    expect(watch.restarts().said).toHaveLength(1)
    watch.hears('2026-09-03 09:00', 'done', 130)
    expect(watch.said.at(-1)).toBe('cleared 2026-09-03 09:00')
  })

  test('may be written down by people', () => {
    const watch = new Watch(answer, '2026-09-01 00:00', china, ['trigger', 'record'])
    watch.hears('2026-09-01 00:10', 'trigger', 0).hears('2026-09-01 08:00', 'trigger', 5).hears('2026-09-01 12:00', 'record', 1)
    expect(watch.until('2026-09-03 00:00')).toEqual([])
  })
})

const second = 1_000
const say = (transition: Transition): string => `${transition.what} ${transition.at / second}`

/** Rows of both inputs, a reading every few seconds; `undefined` is a bad one. */
const rows = (inputs: readonly string[]) =>
  fc
    .array(
      fc.record({
        step: fc.integer({ min: 0, max: 6 }),
        input: fc.constantFrom(...inputs),
        value: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined, freq: 5 }),
      }),
      { maxLength: 50 },
    )
    .map(steps => {
      const newest = new Map<string, number>()
      let at = 0
      return steps.flatMap(({ step, input, value }) => {
        at += step * second
        if (newest.get(input) === at || at === 0) return []
        newest.set(input, at)
        return [{ at, input, value }]
      })
    })

type Rows = readonly { readonly at: number; readonly input: string; readonly value: number | undefined }[]

/** `every` once more, looking at all that was done instead of keeping a state. */
function everyByHand(heard: Rows, every: number, end: number): readonly string[] {
  const done = heard.filter(({ value }) => value !== undefined && value >= 1).map(({ at }) => at / second)
  const said: string[] = []
  for (const [index, from] of [0, ...done].entries()) {
    const next = done[index]
    const dueAt = from + every
    if (dueAt > end || (next !== undefined && next <= dueAt)) continue
    said.push(`raised ${dueAt}`)
    if (next !== undefined) said.push(`cleared ${next}`)
  }
  return said
}

/** `follows` once more: each trigger is paired with a time it was done, first come first served; intervals of guilt are then joined. */
function followsByHand(heard: Rows, within: number, before: number, end: number): readonly string[] {
  const events = (input: string): readonly { readonly at: number; readonly order: number }[] => {
    let last: number | undefined
    return heard.flatMap(({ at, input: one, value }, order) => {
      if (one !== input || value === undefined) return []
      const isEvent = last !== undefined && value > last
      last = value
      return isEvent ? [{ at: at / second, order }] : []
    })
  }
  const triggers = events('trigger').map(({ at, order }) => ({ at, order, answer: undefined as number | undefined }))
  const unused: { at: number; order: number }[] = []
  const inOrder = [...triggers, ...events('done').map(one => ({ ...one, isDone: true as const }))].toSorted(
    (a, b) => a.order - b.order,
  )
  for (const event of inOrder) {
    if ('isDone' in event) {
      const waiting = triggers.find(({ order, answer }) => order < event.order && answer === undefined)
      if (waiting) waiting.answer = event.at
      else unused.push(event)
    } else {
      const early = unused.findIndex(({ at }) => event.at - at <= before)
      if (early >= 0) event.answer = unused.splice(early, 1)[0]?.at
    }
  }
  const guilt = triggers
    .map(({ at, answer }) => ({ from: at + within, to: answer ?? Number.POSITIVE_INFINITY }))
    .filter(({ from, to }) => to > from && from <= end)
  const joined: { from: number; to: number }[] = []
  for (const { from, to } of guilt) {
    const last = joined.at(-1)
    if (last && from < last.to) last.to = Math.max(last.to, to)
    else joined.push({ from, to })
  }
  return joined.flatMap(({ from, to }) => [`raised ${from}`, ...(to <= end ? [`cleared ${to}`] : [])])
}

describe('any duty on any readings, on the gateway’s own evaluator', () => {
  const end = 400
  const stops = fc.array(fc.nat(50), { maxLength: 4 })

  test('every: says what the whole past says, however often the gateway stops', () => {
    fc.assert(
      fc.property(rows(['record']), fc.integer({ min: 1, max: 15 }), stops, (heard, every, stopsBefore) => {
        const told = listen(due, { every: `${every}s` }, heard, {
          inputs: ['record'],
          startAt: 0,
          stopsBefore,
          until: end * second,
          place: here(utc),
        })
        expect(told.transitions.map(say)).toEqual(everyByHand(heard, every, end))
      }),
      { numRuns: 500 },
    )
  })

  test('follows: says what pairing them off says, however often the gateway stops', () => {
    fc.assert(
      fc.property(
        rows(['trigger', 'done']),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 6 }),
        stops,
        (heard, within, before, stopsBefore) => {
          const settings = { follows: 'trigger', within: `${within}s`, before: `${before}s` }
          const told = listen(due, settings, heard, {
            inputs: ['trigger', 'done'],
            startAt: 0,
            stopsBefore,
            until: end * second,
            place: here(utc),
          })
          expect(told.transitions.map(say)).toEqual(followsByHand(heard, within, before, end))
        },
      ),
      { numRuns: 500 },
    )
  })

  test('tells the same after stops at any row, whatever the plan', () => {
    const plans = fc.constantFrom<object>(
      { windows: ['00:00-00:01', '00:02-00:03'], apart: '5s', writes: true },
      { each: 'day', from: '00:00', to: '00:02', share: 0.5, writes: true },
      { every: '20s', inside: ['00:00-00:02', '00:03-00:04'], writes: true },
      { every: '30s', share: 1, writes: true },
      { follows: 'trigger', within: '7s', before: '2s', writes: true },
    )
    const inputs = ['done', 'record', 'members/a.total', 'members/b.total', 'trigger']
    fc.assert(
      fc.property(plans, rows(inputs), stops, (plan, heard, stopsBefore) => {
        const listening = { inputs, startAt: 0, until: end * second, place: here(utc) }
        expect(listen(due, plan, heard, { ...listening, stopsBefore })).toEqual(listen(due, plan, heard, listening))
      }),
      { numRuns: 500 },
    )
  })

  test('never ends in silence, and bad readings end, begin and restart nothing', () => {
    fc.assert(
      fc.property(rows(['record']), fc.integer({ min: 1, max: 15 }), (heard, every) => {
        const listening = { inputs: ['record'], startAt: 0, until: end * second, place: here(utc) }
        const good = heard.filter(({ value }) => value !== undefined)
        expect(listen(due, { every: `${every}s` }, heard, listening)).toEqual(
          listen(due, { every: `${every}s` }, good, listening),
        )
      }),
    )
  })
})

describe('a duty while the clock is wrong', () => {
  const evaluator = (settings: object): Evaluator =>
    new Evaluator({
      rules: [
        {
          id: 'r' as RuleId,
          kind: 'due',
          spec: specOf(due, { kind: 'due', ...settings }, here(utc)),
          point: 'p.done' as PointId,
          inputs: [{ name: 'record', point: 'p.done' as PointId }],
        },
      ],
      kinds: new Map([['due', due]]),
      staleAfter: () => undefined,
      startAt: at('2026-09-01T00:00'),
    })
  const at = (text: string): Instant => Date.parse(`${text}Z`) as Instant
  const done = (text: string) => [
    { point: 'p.done' as PointId, at: at(text), receivedAt: at(text), value: 1, quality: 'good' as const },
  ]

  test('misses once what a step forward skipped, window by window', () => {
    const watch = evaluator({ each: 'day', writes: true })
    expect(watch.advance(at('2026-09-08T12:00')).map(({ transition }) => transition.at)).toEqual([at('2026-09-02T00:00')])
    expect(watch.takeFindings()).toHaveLength(7)
  })

  test('repeats nothing after a step back', () => {
    const watch = evaluator({ each: 'day', writes: true })
    expect(watch.advance(at('2026-09-02T00:01'))).toHaveLength(1)
    expect(watch.hear(done('2026-09-02T08:00'), at('2026-09-02T08:00'))).toHaveLength(1)
    expect(watch.advance(at('2026-09-01T08:00'))).toEqual([])
    expect(watch.advance(at('2026-09-03T08:00'))).toEqual([])
    expect(watch.advance(at('2026-09-04T00:01'))).toHaveLength(1)
    expect(watch.takeFindings().map(finding => ('record' in finding ? finding.record.verdict : ''))).toEqual([
      'failed',
      'passed',
      'failed',
    ])
  })
})

describe('a year of duties', () => {
  test('leaves out no school day from leap day to leap day’s eve', () => {
    const term = (from: string, to: string): Calendar['terms'][number] =>
      ({ from: parseDay(from) ?? 0, to: parseDay(to) ?? 0, name: { zh: '', en: '' } }) as Calendar['terms'][number]
    const school = { ...china, terms: [term('2024-02-19', '2024-07-05'), term('2024-09-02', '2025-01-17')] }
    const watch = new Watch({ each: 'day', days: 'school', writes: true }, '2024-02-01 00:00', school)
    watch.until('2025-02-01 00:00')
    const asked = watch.records.map(({ from }) => new Date(from + 8 * 3_600_000).toISOString().slice(0, 10))
    expect(new Set(asked).size).toBe(asked.length)
    expect([asked[0], asked.at(-1)]).toEqual(['2024-02-19', '2025-01-17'])
    expect(asked).toContain('2024-02-29')
    const around = (from: string, to: string): readonly string[] => asked.filter(date => date >= from && date <= to)
    expect(around('2024-04-03', '2024-04-08')).toEqual(['2024-04-03', '2024-04-07', '2024-04-08'])
    expect(around('2024-04-27', '2024-05-12')).toEqual(
      '28 29 30 06 07 08 09 10 11'.split(' ').map((date, index) => `2024-0${index < 3 ? 4 : 5}-${date}`),
    )
    expect(around('2024-07-05', '2024-09-02')).toEqual(['2024-07-05', '2024-09-02'])
  })

  test('goes through ten thousand rounds in a blink', () => {
    const watch = new Watch({ every: '1h', inside: 'night', writes: true }, '2023-01-01 12:00', berlin)
    watch.until('2026-06-01 12:00')
    const nights = (Date.UTC(2026, 5, 1) - Date.UTC(2023, 0, 1)) / 86_400_000
    // Four nights in spring are an hour short and three in autumn an hour long.
    expect(watch.records).toHaveLength(nights * 8 - 4 + 3)
  })
})

describe('the settings of a duty', () => {
  const wrong = (settings: object): readonly string[] =>
    problemsOf(due, { kind: 'due', ...settings }, here(china)).map(({ path, write }) => `${path.join('.')}: ${write.en}`)
  const senseless = (settings: object): readonly string[] =>
    (due.sense?.(specOf(due, { kind: 'due', ...settings }, here(china))) ?? []).map(({ path }) => path.join('.'))

  test('say one way of being due', () => {
    expect(wrong({})).toEqual([': for example `every: 10d`, `each: month` or `follows: trigger`'])
    expect(wrong({ every: '1d', each: 'day' })).toHaveLength(1)
    expect(wrong({ follows: 'trigger', within: '1h', windows: ['06:00-07:00'] })).toHaveLength(1)
    expect(wrong({ every: '1d' })).toEqual([])
  })

  test.each([
    ['a time of nothing', { every: '0s' }, 'every'],
    ['a bare number', { every: 10 }, 'every'],
    ['an unknown cycle', { each: 'fortnight' }, 'each'],
    ['windows that are no list', { windows: '06:00-07:00' }, 'windows'],
    ['no windows', { windows: [] }, 'windows'],
    ['a window that is none', { windows: ['06:00-07:00', '8-9'] }, 'windows'],
    ['windows over one another', { windows: ['06:00-08:00', '07:00-09:00'] }, 'windows'],
    ['a time of day that is none', { each: 'day', from: 6 }, 'from'],
    ['an end that is none', { each: 'day', from: '06:00', to: '25:00' }, 'to'],
    ['a day beyond the month', { each: 'month', from: 22, to: 32 }, 'to'],
    ['half a day', { each: 'month', from: 1.5 }, 'from'],
    ['an end before the beginning', { each: 'month', from: 23, to: 22 }, 'to'],
    ['a weekday that is none', { each: 'week', from: 'funday' }, 'from'],
    ['a weekday of a month', { each: 'month', from: 'mon' }, 'from'],
    ['days that are none', { each: 'day', days: 'sunny' }, 'days'],
    ['hours that are none', { every: '2h', inside: 'knight' }, 'inside'],
    ['a share of nothing', { each: 'month', share: 0 }, 'share'],
    ['more than all', { each: 'month', share: 98 }, 'share'],
    ['a share in words', { each: 'month', share: 'all' }, 'share'],
    ['something else to follow', { follows: 'sound', within: '1h' }, 'follows'],
    ['no time to follow in', { follows: 'trigger' }, 'within'],
    ['a length to write that is none', { every: '1d', writes: 'yes' }, 'writes'],
    ['days of a mere length of time', { every: '1d', days: 'working' }, 'days'],
    ['a share of what follows', { follows: 'trigger', within: '1h', from: '06:00' }, 'from'],
  ])('refuse %s', (_name, settings, path) => {
    expect(wrong(settings).map(line => line.split(':')[0])).toEqual([path])
  })

  test('take weekdays by name or number', () => {
    expect(specOf(due, { kind: 'due', each: 'week', from: 'tue', to: 'sun' }, here(china))).toMatchObject({
      plan: { first: 2, last: 7 },
    })
    expect(specOf(due, { kind: 'due', each: 'week', from: 2, to: 7 }, here(china))).toMatchObject({ plan: { first: 2, last: 7 } })
  })

  test('that fit no time are found out', () => {
    expect(senseless({ every: '6h', apart: '8h' })).toEqual(['apart'])
    expect(senseless({ every: '6h', warn: '6h' })).toEqual(['warn'])
    expect(senseless({ follows: 'trigger', within: '1h', warn: '2h' })).toEqual(['warn'])
    expect(senseless({ every: '6h', apart: '6h', warn: '1h' })).toEqual([])
    expect(senseless({ each: 'day', apart: '6h', warn: '6h' })).toEqual([])
  })
})
