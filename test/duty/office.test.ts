import { describe, expect, test } from 'vitest'
import type { AlarmEvent } from '../../gateway/alarm/alarm.ts'
import { AlarmDesk } from '../../gateway/alarm/desk.ts'
import type { Following } from '../../gateway/alarm/follow.ts'
import { ownRule } from '../../gateway/alarm/own.ts'
import { nobody } from '../../gateway/duty/duty.ts'
import type { Duty, Line } from '../../gateway/duty/duty.ts'
import { Office } from '../../gateway/duty/office.ts'
import { plainCalendar } from '../../gateway/policy/calendar.ts'
import { parseDay } from '../../gateway/policy/calendar-days.ts'
import type { Day } from '../../gateway/policy/calendar-days.ts'
import { RuleBook } from '../../gateway/policy/rule-book.ts'
import type { Decision } from '../../gateway/turn.ts'
import type { Words } from '../../protocols/contract/driver.ts'
import { hours } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'

const day = (text: string): Day => parseDay(text) as Day
const at = (text: string): Instant => Date.parse(`${text}+08:00`) as Instant
const said = (zh: string): Words => ({ zh, en: zh })
const calendar = plainCalendar('Asia/Shanghai')
const people = new Map(
  ['wang', 'li', 'zhao', 'chen'].map(id => [
    id,
    { id, name: said(id), roles: [], language: 'zh' as const, channels: [], handles: {} },
  ]),
)
const dutyOf = (lines: readonly Line[]): Duty => ({
  ...nobody,
  people,
  rosters: new Map([
    [
      'guard',
      {
        id: 'guard',
        name: { zh: '保安值班', en: 'Guard' },
        shifts: [
          { id: 'day', name: said('白班'), span: { from: 450, to: 1_170 } },
          { id: 'night', name: said('夜班'), span: { from: 1_170, to: 1_890 } },
        ],
        rotation: { from: day('2026-09-01'), lines },
        swaps: [],
      },
    ],
  ]),
})
const full = dutyOf([{ day: 'wang', night: 'li' }])
/** The third night of every four has nobody. */
const holed = dutyOf([{ day: 'wang', night: 'li' }, { day: 'wang', night: 'li' }, { day: 'wang' }, { day: 'wang', night: 'li' }])

/** An office with the desk and the disk that the pipeline would give it: checkpoints, entries, alarms. */
class Desk {
  office: Office
  desk: AlarmDesk
  readonly disk = new Map<string, unknown>()
  readonly entries: string[] = []
  readonly events: AlarmEvent[] = []
  readonly #duty: Duty

  constructor(duty: Duty, now: Instant) {
    this.#duty = duty
    ;[this.office, this.desk] = this.#made()
    this.obey(this.office.begin(now), now)
  }

  #made(): [Office, AlarmDesk] {
    const rules = new RuleBook([], id => ownRule(id, (_kind, name) => this.#duty.rosters.get(name)?.name))
    return [new Office({ duty: this.#duty, calendar }), new AlarmDesk(rules)]
  }

  /** Killed and started again. */
  restart(now: Instant): void {
    const open = this.desk.openAlarms()
    ;[this.office, this.desk] = this.#made()
    this.desk.restore({ open, counter: 9 })
    this.office.restore(structuredClone(this.disk))
    this.obey(this.office.begin(now), now)
  }

  obey(following: Following | undefined, now: Instant): void {
    for (const { key, value } of following?.checkpoints ?? []) this.#write(key, value)
    for (const { kind, data } of following?.drafts ?? [])
      this.entries.push(`${kind} ${String(data['on'])} ${String(data['shift'])}`)
    for (const { rule, transition } of following?.own ?? [])
      this.events.push(...this.desk.hear({ rule, transition, receivedAt: now }))
  }

  act<T>(decision: Decision<T>, taken = true): T {
    if (!taken) decision.undo?.()
    else for (const { key, value } of decision.checkpoints ?? []) this.#write(key, value)
    return decision.answer([])
  }

  /** Lets the time pass from due to due. */
  until(end: Instant): void {
    for (let due = this.office.nextWake(); due !== undefined && due <= end; due = this.office.nextWake()) {
      const now = Math.max(due, 0) as Instant
      this.obey(this.office.wake(now === 0 ? end : now), now)
    }
  }

  #write(key: string, value: unknown): void {
    if (value === undefined) this.disk.delete(key)
    else this.disk.set(key, structuredClone(value))
  }

  get told(): readonly string[] {
    return this.events.map(
      ({ kind, at: when, alarm }) => `${new Date(when + 8 * 3_600_000).toISOString().slice(5, 16)} ${kind} ${alarm.state}`,
    )
  }
}
const swapOf = (on: string, person: string, shift = 'night') => ({ roster: 'guard', on: day(on), shift, person, reason: '顶班' })

describe('a shift that nobody has', () => {
  test('is told a day ahead, once more when it begins, and is over with the shift', () => {
    const desk = new Desk(holed, at('2026-09-01T08:00:00'))
    desk.until(at('2026-09-04T12:00:00'))
    expect(desk.told).toEqual([
      '09-02T19:30 alarm.raised unacknowledged',
      '09-03T19:30 alarm.cleared returned-unacknowledged',
      '09-03T19:30 alarm.raised unacknowledged',
      '09-04T07:30 alarm.cleared returned-unacknowledged',
    ])
    expect(desk.entries).toEqual(['roster.hole 2026-09-03 night', 'roster.hole 2026-09-03 night'])
    expect(desk.events[0]?.alarm).toMatchObject({
      rule: 'gateway.roster:guard',
      priority: 'medium',
      because: { zh: '9月3日夜班（19:30–07:30）还没有人值班，不到 24 小时就要开始' },
    })
    expect(desk.events[2]?.alarm.because?.zh).toBe('9月3日夜班（19:30–07:30）现在没有人值班')
    expect(desk.disk.size).toBe(0)
  })

  test('is no alarm any more once somebody has it', () => {
    const desk = new Desk(holed, at('2026-09-03T08:00:00'))
    const now = at('2026-09-03T12:00:00')
    expect(desk.act(desk.office.swap(swapOf('2026-09-03', 'chen'), 'admin', now))).toMatchObject({
      ok: true,
      shift: { person: 'chen', swap: { by: 'admin', at: now, reason: '顶班' } },
    })
    desk.until(now)
    expect(desk.told.at(-1)).toBe('09-03T12:00 alarm.cleared returned-unacknowledged')
    expect(desk.entries).toEqual(['roster.hole 2026-09-03 night', 'roster.filled 2026-09-03 night'])
    desk.until(at('2026-09-05T00:00:00'))
    expect(desk.told).toHaveLength(2)
  })

  test('is found at a start in the middle of it, and told since it began', () => {
    const desk = new Desk(holed, at('2026-09-04T02:00:00'))
    expect(desk.events[0]?.alarm).toMatchObject({ since: at('2026-09-03T19:30:00'), raisedAt: at('2026-09-04T02:00:00') })
  })

  test('is told once, however often the gateway is killed', () => {
    const desk = new Desk(holed, at('2026-09-03T08:00:00'))
    for (let hour = 9; hour < 19; hour++) desk.restart(at(`2026-09-03T${String(hour).padStart(2, '0')}:00:00`))
    expect(desk.told).toEqual(['09-03T08:00 alarm.raised unacknowledged'])
    desk.restart(at('2026-09-03T21:00:00'))
    expect(desk.told.slice(1)).toEqual([
      '09-03T21:00 alarm.cleared returned-unacknowledged',
      '09-03T21:00 alarm.raised unacknowledged',
    ])
    desk.restart(at('2026-09-04T09:00:00'))
    expect(desk.told.at(-1)).toBe('09-04T09:00 alarm.cleared returned-unacknowledged')
  })

  test('that follows another at once is an alarm of its own', () => {
    const desk = new Desk(dutyOf([{}]), at('2026-09-01T08:00:00'))
    desk.until(at('2026-09-01T20:00:00'))
    expect(desk.events.map(({ alarm }) => alarm.because?.zh.slice(0, 6))).toEqual(['9月1日白班', '9月1日白班', '9月1日夜班'])
  })

  test('comes back into sight when the clock is set back', () => {
    const desk = new Desk(holed, at('2026-09-04T12:00:00'))
    expect(desk.told).toEqual([])
    desk.office.clockSet()
    desk.until(at('2026-09-03T12:00:00'))
    expect(desk.told).toEqual(['09-03T12:00 alarm.raised unacknowledged'])
  })

  test('is not looked for where there is no roster, nor told where nothing is missing', () => {
    expect(new Office({ duty: nobody, calendar }).nextWake()).toBeUndefined()
    const desk = new Desk(full, at('2026-09-01T08:00:00'))
    desk.until(at('2026-09-30T08:00:00'))
    expect([desk.told, desk.entries, desk.disk.size]).toEqual([[], [], 0])
  })
})

describe('a swap', () => {
  const now = at('2026-09-03T12:00:00')
  test.each([
    ['an unknown roster', { roster: 'guards' }, 'unknown-roster'],
    ['an unknown shift', { shift: 'noon' }, 'unknown-shift'],
    ['an unknown person', { person: 'nobody' }, 'unknown-person'],
    ['a shift that is over', { on: day('2026-09-02'), shift: 'day' }, 'past'],
    ['a shift more than 400 days ahead', { on: day('2027-10-10') }, 'too-far'],
    ['whoever has it already', { person: 'li' }, 'has-it'],
  ])('is refused for %s', (_what, change, why) => {
    const office = new Office({ duty: full, calendar })
    const decision = office.swap({ ...swapOf('2026-09-03', 'chen'), ...change }, 'admin', now)
    expect(decision.answer([])).toEqual({ ok: false, why })
    expect([decision.drafts, decision.checkpoints]).toEqual([undefined, undefined])
  })

  test('is taken for the shift that runs now', () => {
    const office = new Office({ duty: full, calendar })
    const running = at('2026-09-03T20:00:00')
    expect(office.onDuty('guard', running)?.person).toBe('li')
    office.swap(swapOf('2026-09-03', 'chen'), 'admin', running)
    expect(office.onDuty('guard', running)?.person).toBe('chen')
  })

  test('is in the journal with who had the shift before, and the latest counts', () => {
    const desk = new Desk(full, now)
    desk.act(desk.office.swap(swapOf('2026-09-03', 'chen'), 'admin', now))
    const second = desk.office.swap(swapOf('2026-09-03', 'zhao'), 'heyong', now)
    expect(second.drafts).toEqual([
      {
        kind: 'roster.swapped',
        at: now,
        by: 'heyong',
        about: 'guard',
        data: {
          roster: 'guard',
          on: '2026-09-03',
          shift: 'night',
          person: 'zhao',
          from: at('2026-09-03T19:30:00'),
          to: at('2026-09-04T07:30:00'),
          instead: 'chen',
          reason: '顶班',
        },
      },
    ])
    desk.act(second)
    expect([...desk.disk.keys()]).toEqual(['swap:1', 'swap:2'])
    expect(desk.office.onDuty('guard', at('2026-09-03T20:00:00'))?.person).toBe('zhao')
  })

  test('that could not be written never happened', () => {
    const desk = new Desk(holed, now)
    desk.act(desk.office.swap(swapOf('2026-09-03', 'chen'), 'admin', now), false)
    desk.until(now)
    expect(desk.office.onDuty('guard', at('2026-09-03T20:00:00'))?.person).toBeUndefined()
    expect(desk.told).toEqual(['09-03T12:00 alarm.raised unacknowledged'])
    expect([...desk.disk.keys()]).toEqual(['roster:guard'])
  })

  test('comes through a restart, and no number is given twice', () => {
    const desk = new Desk(full, now)
    for (const person of ['chen', 'zhao']) desk.act(desk.office.swap(swapOf('2026-09-03', person), 'admin', now))
    desk.restart(now)
    expect(desk.office.onDuty('guard', at('2026-09-03T20:00:00'))).toMatchObject({
      person: 'zhao',
      swap: { by: 'admin', at: now },
    })
    desk.act(desk.office.swap(swapOf('2026-09-04', 'chen'), 'admin', now))
    expect([...desk.disk.keys()]).toEqual(['swap:1', 'swap:2', 'swap:3'])
  })

  test('is forgotten 400 days after its day', () => {
    const desk = new Desk(full, now)
    desk.act(desk.office.swap(swapOf('2026-09-03', 'chen'), 'admin', now))
    desk.restart((now + hours(24 * 399)) as Instant)
    expect(desk.disk.size).toBe(1)
    desk.restart((now + hours(24 * 402)) as Instant)
    expect(desk.disk.size).toBe(0)
  })

  test('for somebody who has left the site file counts for nothing', () => {
    const office = new Office({ duty: full, calendar })
    office.restore(new Map([['swap:1', { roster: 'guard', on: '2026-09-03', shift: 'night', person: 'gone', reason: '' }]]))
    expect(office.onDuty('guard', at('2026-09-03T20:00:00'))?.person).toBe('li')
  })

  test('whose row the disk has spoiled is left out', () => {
    const office = new Office({ duty: full, calendar })
    const rows = [
      null,
      7,
      'x',
      {},
      { roster: 'guard', on: '2026-13-01', shift: 'night', person: 'chen', reason: '' },
      { on: '2026-09-03' },
    ]
    office.restore(
      new Map<string, unknown>([...rows.map((row, index): [string, unknown] => [`swap:${index}`, row]), ['roster:guard', 5]]),
    )
    expect(office.onDuty('guard', at('2026-09-03T20:00:00'))?.person).toBe('li')
    expect(office.begin(now)?.own).toEqual([])
  })
})

describe('who is on', () => {
  test('leaves no row behind for a roster that has left the site file', () => {
    const office = new Office({ duty: full, calendar })
    office.restore(new Map([['roster:old', { day: '2026-09-03', shift: 'night', when: 'now' }]]))
    const at3 = at('2026-09-03T12:00:00')
    expect(office.begin(at3)?.checkpoints).toEqual([{ key: 'roster:old', value: undefined }])
    expect(office.begin(at3)?.checkpoints).toEqual([])
  })

  test('is asked by roster, and the next change by roster or of any', () => {
    const office = new Office({ duty: full, calendar })
    const now = at('2026-09-03T12:00:00')
    expect(office.onDuty('guard', now)).toMatchObject({ person: 'wang', shift: { id: 'day' }, to: at('2026-09-03T19:30:00') })
    expect(office.onDuty('nobody', now)).toBeUndefined()
    expect(office.nextChange(now)).toBe(at('2026-09-03T19:30:00'))
    expect(office.nextChange(now, 'nobody')).toBeUndefined()
    expect(office.shifts('guard', now, at('2026-09-04T08:00:00')).map(({ person }) => person)).toEqual(['wang', 'li', 'wang'])
    expect(office.shifts('nobody', now, now)).toEqual([])
  })
})
