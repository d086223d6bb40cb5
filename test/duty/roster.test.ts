import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Line, Roster, Shift, Swap } from '../../gateway/duty/duty.ts'
import { latestOf, Rota } from '../../gateway/duty/roster.ts'
import { plainCalendar, publishedMarks } from '../../gateway/policy/calendar.ts'
import type { Calendar } from '../../gateway/policy/calendar.ts'
import { dayText, parseDay } from '../../gateway/policy/calendar-days.ts'
import type { Day } from '../../gateway/policy/calendar-days.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { schoolSite } from '../simulators/school.ts'

const china: Calendar = { ...plainCalendar('Asia/Shanghai'), country: 'CN', marks: publishedMarks('CN') }
const day = (text: string): Day => parseDay(text) as Day
const at = (text: string): Instant => Date.parse(text) as Instant
const shift = (id: string, from: number, to: number): Shift => ({ id, name: { zh: id, en: id }, span: { from, to } })
const three = [shift('day', 450, 930), shift('evening', 930, 1_410), shift('night', 1_410, 1_890)]
const roster = (more: Partial<Roster> = {}): Roster => ({
  id: 'guard',
  name: { zh: '保安值班', en: 'Guard' },
  shifts: three,
  rotation: { from: day('2026-09-01'), lines: [{ day: 'wang', evening: 'li', night: 'zhao' }] },
  swaps: [],
  ...more,
})
const hour = 3_600_000

/**
 * The year 2026 as the State Council's notice has it, typed in here a second time, and the two rosters of the demo facility as a plain
 * table of strings: no code of the gateway takes part in it.
 */
const daysOff2026 = new Set(
  [
    ['2026-01-01', 3],
    ['2026-02-15', 9],
    ['2026-04-04', 3],
    ['2026-05-01', 5],
    ['2026-06-19', 3],
    ['2026-09-25', 3],
    ['2026-10-01', 7],
  ].flatMap(([first, count]) =>
    Array.from({ length: Number(count) }, (_, index) =>
      new Date(Date.parse(String(first)) + index * 24 * hour).toISOString().slice(0, 10),
    ),
  ),
)
const makeUpDays2026 = new Set(['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'])
const isOff = (date: string): boolean => {
  if (daysOff2026.has(date)) return true
  if (makeUpDays2026.has(date)) return false
  return [0, 6].includes(new Date(date).getUTCDay())
}
const dayBefore = (date: string): string => new Date(Date.parse(date) - 24 * hour).toISOString().slice(0, 10)

const guards = ['zhao', 'chen', 'liu', 'sun', 'zhou']
/** Who guards at an hour of Beijing time: each has early, late, night and two days off, and day 0 of the round is 1 September. */
function guardAt(date: string, minute: number): string {
  const [on, turn] = minute < 450 ? [dayBefore(date), 2] : [date, minute < 930 ? 0 : minute < 1_410 ? 1 : 2]
  if (on === '2026-10-03' && turn === 2) return 'sun'
  const round = Math.round((Date.parse(on) - Date.parse('2026-09-01')) / (24 * hour))
  return guards[(((round - turn) % 5) + 5) % 5] ?? ''
}

describe('a roster over the year 2026', () => {
  test('names at every hour whom the plain table names, holidays and make-up days included', async () => {
    const { duty, calendar } = await schoolSite()
    const guard = new Rota(duty.rosters.get('guard') as Roster, calendar)
    const network = new Rota(duty.rosters.get('network') as Roster, calendar)
    // Days off in turn from 5 September: Wu Jing has the first, Zheng Tao the second. Before it the turns run backwards.
    const offInYear = Array.from({ length: 365 }, (_, index) =>
      new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10),
    ).filter(isOff)
    const first = offInYear.indexOf('2026-09-05')
    const networkOn = new Map(offInYear.map((date, index) => [date, (index - first) % 2 === 0 ? 'wu' : 'zheng']))

    const wrong: string[] = []
    for (let now = Date.UTC(2026, 0, 1, 16); now < Date.UTC(2026, 11, 31, 16); now += hour) {
      const beijing = new Date(now + 8 * hour).toISOString()
      const [date, minute] = [beijing.slice(0, 10), Number(beijing.slice(11, 13)) * 60]
      const began = minute < 480 ? dayBefore(date) : date
      const expected = [guardAt(date, minute), networkOn.get(began) ?? 'zheng']
      const found = [guard.at(now as Instant)?.person, network.at(now as Instant)?.person]
      if (String(found) !== String(expected)) wrong.push(`${beijing}: ${String(found)}, not ${String(expected)}`)
    }
    expect(wrong).toEqual([])
    expect(offInYear).toHaveLength(117)
  })

  test('gives a night to the evening it begins on', () => {
    const rota = new Rota(roster(), china)
    const night = rota.at(at('2026-09-02T03:00:00+08:00'))
    expect(night).toMatchObject({ shift: { id: 'night' }, person: 'zhao', day: day('2026-09-01') })
    expect(night?.from).toBe(at('2026-09-01T23:30:00+08:00'))
    expect(night?.to).toBe(at('2026-09-02T07:30:00+08:00'))
  })

  test('says when somebody next comes on', () => {
    const rota = new Rota(roster(), china)
    expect(rota.nextChange(at('2026-09-02T03:00:00+08:00'))).toBe(at('2026-09-02T07:30:00+08:00'))
    expect(rota.nextChange(at('2026-09-02T07:30:00+08:00'))).toBe(at('2026-09-02T15:30:00+08:00'))
  })

  test('has no answer in hours that no shift covers, and says when the next begins', () => {
    const rota = new Rota(roster({ shifts: [shift('day', 480, 1_080)] }), china)
    expect(rota.at(at('2026-09-02T18:00:00+08:00'))).toBeUndefined()
    expect(rota.nextChange(at('2026-09-02T18:00:00+08:00'))).toBe(at('2026-09-03T08:00:00+08:00'))
  })

  test('has a hole where the line names nobody', () => {
    const rota = new Rota(roster({ rotation: { from: day('2026-09-01'), lines: [{ day: 'wang' }] } }), china)
    const evening = rota.at(at('2026-09-01T20:00:00+08:00'))
    expect(evening?.shift.id).toBe('evening')
    expect(evening && 'person' in evening).toBe(false)
  })

  test('goes round backwards before its first day', () => {
    const lines: Line[] = [{ day: 'a' }, { day: 'b' }, { day: 'c' }]
    const rota = new Rota(roster({ rotation: { from: day('2026-09-01'), lines } }), china)
    const names = ['2026-08-29', '2026-08-30', '2026-08-31', '2026-09-01'].map(text => rota.plannedFor(day(text), 'day'))
    expect(names).toEqual(['a', 'b', 'c', 'a'])
  })

  test('counts only days off in the rotation of days off, and begins on the first of them', () => {
    const nonWorking = { from: day('2026-09-29'), lines: [{ day: 'x' }, { day: 'y' }, { day: 'z' }] }
    const rota = new Rota(roster({ nonWorking }), china)
    // 29 and 30 September are worked; the seven days of October are off; the 10th is worked though a Saturday; the 11th is a Sunday.
    const names = ['09-29', '09-30', '10-01', '10-02', '10-03', '10-04', '10-07', '10-08', '10-10', '10-11'].map(text =>
      rota.plannedFor(day(`2026-${text}`), 'day'),
    )
    expect(names).toEqual(['wang', 'wang', 'x', 'y', 'z', 'x', 'x', 'wang', 'wang', 'y'])
    // Backwards: Sunday 27 September is the last day off before the beginning.
    expect(['09-27', '09-26', '09-25', '09-20'].map(text => rota.plannedFor(day(`2026-${text}`), 'day'))).toEqual([
      'z',
      'y',
      'x',
      'wang',
    ])
  })
})

describe('a swap', () => {
  const swap = (more: Partial<Swap> = {}): Swap => ({
    roster: 'guard',
    on: day('2026-10-03'),
    shift: 'night',
    person: 'chen',
    reason: '换班',
    ...more,
  })
  test('puts somebody else on, and still says whose shift it was', () => {
    const rota = new Rota(roster({ swaps: [swap()] }), china)
    expect(rota.at(at('2026-10-04T01:00:00+08:00'))).toMatchObject({
      person: 'chen',
      planned: 'zhao',
      swap: { reason: '换班' },
    })
    expect(rota.at(at('2026-10-03T23:29:59+08:00'))?.person).toBe('li')
    expect(rota.at(at('2026-10-04T07:30:00+08:00'))?.person).toBe('wang')
  })
  test('counts as the latest entered', () => {
    const swapOf = latestOf([swap(), swap({ person: 'liu' })])
    expect(new Rota(roster(), china, swapOf).at(at('2026-10-04T01:00:00+08:00'))?.person).toBe('liu')
  })
  test('fills a hole', () => {
    const rotation = { from: day('2026-09-01'), lines: [{ day: 'wang', evening: 'li' }] }
    const rota = new Rota(roster({ rotation, swaps: [swap()] }), china)
    const filled = rota.at(at('2026-10-04T01:00:00+08:00'))
    expect(filled?.person).toBe('chen')
    expect(filled && 'planned' in filled).toBe(false)
  })
})

describe('a night on which the clocks are set', () => {
  const berlin = plainCalendar('Europe/Berlin')
  const night = new Rota(roster({ shifts: [shift('night', 1_320, 1_800)] }), berlin)
  const length = (text: string): number => {
    const found = night.beginningOn(day(text))[0]
    return found ? (found.to - found.from) / hour : 0
  }
  test('is an hour shorter in March and an hour longer in October', () => {
    expect(['2026-03-27', '2026-03-28', '2026-10-24', '2026-10-25'].map(length)).toEqual([8, 7, 9, 8])
  })
  test('begins and ends when the clocks on the wall say so', () => {
    const found = night.beginningOn(day('2026-10-24'))[0]
    expect(found?.from).toBe(at('2026-10-24T22:00:00+02:00'))
    expect(found?.to).toBe(at('2026-10-25T06:00:00+01:00'))
  })
  test('is no shift where the clocks skip it whole', () => {
    const short = new Rota(roster({ shifts: [shift('short', 135, 165), shift('rest', 165, 1_575)] }), berlin)
    expect(short.beginningOn(day('2026-03-29')).map(one => one.shift.id)).toEqual(['rest'])
    expect(short.beginningOn(day('2026-03-30')).map(one => one.shift.id)).toEqual(['short', 'rest'])
  })
})

const zones = ['Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia', 'America/Sao_Paulo']
/** Shifts that cover the day: cut anywhere into pieces, the last going over midnight. */
const cuts = fc.uniqueArray(fc.integer({ min: 0, max: 1_439 }), { minLength: 1, maxLength: 6 }).map(minutes => {
  const sorted = minutes.toSorted((a, b) => a - b)
  return sorted.map((from, index) => shift(`s${index}`, from, sorted[index + 1] ?? (sorted[0] ?? 0) + 1_440))
})
const people = ['a', 'b', 'c', 'd', 'e']
const somebody = fc.option(fc.constantFrom(...people), { nil: undefined, freq: 4 })
const someDay = fc.integer({ min: Number(day('2024-01-01')), max: Number(day('2027-12-31')) }).map(number => number as Day)
const linesOf = (shifts: readonly Shift[]): fc.Arbitrary<readonly Line[]> =>
  fc.array(fc.record(Object.fromEntries(shifts.map(({ id }) => [id, somebody]))) as fc.Arbitrary<Line>, {
    minLength: 1,
    maxLength: 6,
  })
const rosters = cuts.chain(shifts =>
  fc.record({
    shifts: fc.constant(shifts),
    rotation: fc.record({ from: someDay, lines: linesOf(shifts) }),
    nonWorking: fc.option(fc.record({ from: someDay, lines: linesOf(shifts) }), { nil: undefined }),
    swaps: fc.array(
      fc.record({
        roster: fc.constant('guard'),
        on: someDay,
        shift: fc.constantFrom(...shifts.map(({ id }) => id)),
        person: fc.constantFrom(...people),
        reason: fc.constant(''),
      }),
      { maxLength: 4 },
    ),
  }),
)
const made = ({ nonWorking, ...rest }: typeof rosters extends fc.Arbitrary<infer T> ? T : never): Roster =>
  roster({ ...rest, ...(nonWorking ? { nonWorking } : {}) })
const calendars = fc.constantFrom(...zones).map((zone): Calendar => ({ ...china, zone }))
const moments = fc
  .integer({ min: Date.UTC(2011, 11, 20) / 60_000, max: Date.UTC(2027, 11, 31) / 60_000 })
  .map(minute => (minute * 60_000) as Instant)

describe('any roster', () => {
  test('has exactly one shift at every instant where its shifts cover the day', () => {
    fc.assert(
      fc.property(rosters, calendars, moments, (raw, calendar, now) => {
        const rota = new Rota(made(raw), calendar)
        const found = rota.at(now)
        expect(found).toBeDefined()
        expect(rota.between(now, (now + 1) as Instant)).toEqual([found])
      }),
      { numRuns: 400 },
    )
  })

  test('tiles the time: each shift begins when the one before ends', () => {
    fc.assert(
      fc.property(rosters, calendars, moments, (raw, calendar, now) => {
        const rota = new Rota(made(raw), calendar)
        const end = (now + 4 * 24 * hour) as Instant
        const shifts = rota.between(now, end)
        expect(shifts[0]?.from).toBeLessThanOrEqual(now)
        expect(shifts.at(-1)?.to).toBeGreaterThanOrEqual(end)
        for (const [index, one] of shifts.entries()) {
          expect(one.to).toBeGreaterThan(one.from)
          if (index > 0) expect(one.from).toBe(shifts[index - 1]?.to)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('changes at no other instant than it says', () => {
    fc.assert(
      fc.property(rosters, calendars, moments, (raw, calendar, now) => {
        const rota = new Rota(made(raw), calendar)
        const next = rota.nextChange(now)
        expect(next).toBeGreaterThan(now)
        expect(next).toBe(rota.at(now)?.to)
        expect(rota.at(((next ?? 0) - 1) as Instant)).toEqual(rota.at(now))
        expect(rota.at(next as Instant)?.from).toBe(next)
      }),
      { numRuns: 300 },
    )
  })

  test('is changed by a swap in its own shift and nowhere else', () => {
    fc.assert(
      fc.property(rosters, calendars, someDay, fc.nat(), fc.constantFrom(...people), (raw, calendar, on, which, person) => {
        const before = made(raw)
        const of = before.shifts[which % before.shifts.length]?.id ?? ''
        const after: Roster = { ...before, swaps: [...before.swaps, { roster: 'guard', on, shift: of, person, reason: '' }] }
        const [old, fresh] = [new Rota(before, calendar), new Rota(after, calendar)]
        const middle = Date.parse(dayText(on)) as Instant
        const [from, to] = [(middle - 3 * 24 * hour) as Instant, (middle + 3 * 24 * hour) as Instant]
        const [olds, freshes] = [old.between(from, to), fresh.between(from, to)]
        expect(freshes).toHaveLength(olds.length)
        for (const [index, one] of freshes.entries()) {
          const isIts = one.day === on && one.shift.id === of
          expect(one.person).toBe(isIts ? person : olds[index]?.person)
          expect([one.from, one.to, one.planned]).toEqual([olds[index]?.from, olds[index]?.to, olds[index]?.planned])
        }
      }),
      { numRuns: 300 },
    )
  })
})
