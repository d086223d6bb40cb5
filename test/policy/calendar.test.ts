import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isOneOf,
  isSchoolDay,
  isWorkingDay,
  knowsYear,
  markOf,
  parseDays,
  plainCalendar,
  publishedMarks,
  unknownYears,
} from '../../gateway/policy/calendar.ts'
import type { Calendar } from '../../gateway/policy/calendar.ts'
import {
  cycleStart,
  cycles,
  dayAt,
  dayOf,
  dayText,
  nextCycle,
  nextDay,
  parseDay,
  weekdayOf,
} from '../../gateway/policy/calendar-days.ts'
import type { Day } from '../../gateway/policy/calendar-days.ts'
import { lastEnd, stretchAfter, stretchesOn, stretchOf, wallTime } from '../../gateway/policy/calendar-hours.ts'
import { doOverlap, parseClock, parseSpan } from '../../gateway/policy/calendar-span.ts'
import { hours } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'

const china: Calendar = { ...plainCalendar('Asia/Shanghai'), country: 'CN', marks: publishedMarks('CN') }

const day = (text: string): Day => {
  const found = parseDay(text)
  if (found === undefined) throw new Error(text)
  return found
}

/**
 * The notices of the State Council's General Office in their own words (official documents, free of copyright): what the calendar says
 * of a year is read out of them once more, weekdays and lengths included, which the calendar itself does not know.
 */
const notices: Readonly<Record<number, string>> = {
  // 国办发明电〔2023〕7号
  2024: `一、元旦：1月1日放假，与周末连休。
二、春节：2月10日至17日放假调休，共8天。2月4日（星期日）、2月18日（星期日）上班。鼓励各单位结合带薪年休假等制度落实，安排职工在除夕（2月9日）休息。
三、清明节：4月4日至6日放假调休，共3天。4月7日（星期日）上班。
四、劳动节：5月1日至5日放假调休，共5天。4月28日（星期日）、5月11日（星期六）上班。
五、端午节：6月10日放假，与周末连休。
六、中秋节：9月15日至17日放假调休，共3天。9月14日（星期六）上班。
七、国庆节：10月1日至7日放假调休，共7天。9月29日（星期日）、10月12日（星期六）上班。`,
  // 国办发明电〔2024〕12号
  2025: `一、元旦：1月1日（周三）放假1天，不调休。
二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。1月26日（周日）、2月8日（周六）上班。
三、清明节：4月4日（周五）至6日（周日）放假，共3天。
四、劳动节：5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。
五、端午节：5月31日（周六）至6月2日（周一）放假，共3天。
六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。`,
  // 2025-11-04
  2026: `一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。`,
}

interface Told {
  readonly off: readonly string[]
  readonly worked: readonly string[]
}

/** Reads one line of a notice: `4月4日（周六）至6日（周一）放假，共3天。…上班`. */
function readNotice(year: number, line: string): Told {
  const iso = (month: string, date: string): string => `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`
  const weekdays = '日一二三四五六'
  for (const [, month = '', date = '', said = ''] of line.matchAll(/(\d+)月(\d+)日（(?:[^（）]*、)?(?:周|星期)(.)）/g)) {
    const shown = new Intl.DateTimeFormat('zh-CN', { weekday: 'narrow', timeZone: 'UTC' }).format(new Date(iso(month, date)))
    expect(`${date} ${weekdays[weekdays.indexOf(said)]}`).toBe(`${date} ${shown}`)
  }
  const plain = line.replaceAll(/（[^（）]*）/g, '')
  const [, from = '', first = '', to, last = first] = /：(\d+)月(\d+)日(?:至(?:(\d+)月)?(\d+)日)?放假/.exec(plain) ?? []
  const off: string[] = []
  for (let at = Date.parse(iso(from, first)); at <= Date.parse(iso(to ?? from, last)); at += 86_400_000)
    off.push(new Date(at).toISOString().slice(0, 10))
  const length = /共(\d+)天/.exec(plain)?.[1]
  if (length !== undefined) expect(off).toHaveLength(Number(length))
  const working = /。([^。]*)上班/.exec(plain)?.[1] ?? ''
  return { off, worked: [...working.matchAll(/(\d+)月(\d+)日/g)].map(([, month = '', date = '']) => iso(month, date)) }
}

describe('the public holidays', () => {
  test.each(Object.entries(notices))('of %s are as the notice says, day by day', (year, text) => {
    const told = text.split('\n').map(line => readNotice(Number(year), line))
    const off = new Set(told.flatMap(one => one.off))
    const worked = new Set(told.flatMap(one => one.worked))
    expect(off.size).toBeGreaterThan(20)
    for (let one = dayOf(Number(year), 1, 1); one < dayOf(Number(year) + 1, 1, 1); one = nextDay(one)) {
      const name = dayText(one)
      const isWeekend = [0, 6].includes(new Date(name).getUTCDay())
      expect(`${name} ${isWorkingDay(china, one)}`).toBe(`${name} ${worked.has(name) || (!off.has(name) && !isWeekend)}`)
    }
  })

  test('say their names', () => {
    expect(markOf(china, day('2026-10-01'))?.name.zh).toBe('国庆节')
    expect(markOf(china, day('2026-10-10'))?.name.zh).toBe('调休上班')
    expect(markOf(china, day('2026-10-12'))).toBeUndefined()
  })

  test('of a year without a notice are those with a fixed date, and the year is told to be unknown', () => {
    expect([2023, 2024, 2025, 2026, 2027].map(year => knowsYear(china, year))).toEqual([false, true, true, true, false])
    const fixed = ['2027-01-01', '2027-05-01', '2027-05-02', '2027-10-01', '2027-10-02', '2027-10-03']
    expect(fixed.map(text => isWorkingDay(china, day(text)))).toEqual(fixed.map(() => false))
    expect(isWorkingDay(china, day('2027-10-04'))).toBe(true)
    expect(isWorkingDay(china, day('2027-02-08'))).toBe(true)
    expect(isWorkingDay(plainCalendar('Asia/Shanghai'), day('2027-01-01'))).toBe(true)
  })

  test('are asked for in time: this year always, the next from December on', () => {
    const at = (text: string): Instant => Date.parse(`${text}+08:00`) as Instant
    expect(unknownYears(china, at('2026-11-30T23:59'))).toEqual([])
    expect(unknownYears(china, at('2026-12-01T00:00'))).toEqual([2027])
    expect(unknownYears(china, at('2027-06-01T00:00'))).toEqual([2027])
    expect(unknownYears(china, at('2027-12-01T00:00'))).toEqual([2027, 2028])
    expect(unknownYears(plainCalendar('Asia/Shanghai'), at('2030-01-01T00:00'))).toEqual([])
  })
})

describe('days', () => {
  test('are school days when they are worked and lie in a term', () => {
    const name = { zh: '学期', en: 'term' }
    const school = { ...china, terms: [{ from: day('2026-09-01'), to: day('2027-01-15'), name }] }
    const asked = ['2026-08-31', '2026-09-01', '2026-09-20', '2026-10-01', '2026-10-10', '2027-01-15', '2027-01-18']
    expect(asked.map(text => isSchoolDay(school, day(text)))).toEqual([false, true, true, false, true, true, false])
    expect(isSchoolDay(china, day('2026-08-31'))).toBe(true)
  })

  test('are chosen by nature or by name', () => {
    const saturday = day('2026-10-10')
    const chosen = ['all', 'working', 'non-working', 'school', 'sat', 'fri-mon', 'mon-fri', ['sun', 'sat']].map(raw => {
      const days = parseDays(raw)
      return days !== undefined && isOneOf(china, days, saturday)
    })
    expect(chosen).toEqual([true, true, false, true, true, true, false, true])
    for (const raw of ['', 'monday', 'mon-', '-mon', 'mon-fri-sat', 5, null, undefined, {}, []])
      expect(parseDays(raw)).toBeUndefined()
  })

  test('are read as they are written, and refused where they do not exist', () => {
    expect(dayText(day('2024-02-29'))).toBe('2024-02-29')
    for (const raw of ['2026-02-29', '2026-13-01', '2026-00-10', '2026-1-1', '20260101', 20_260_101, undefined])
      expect(parseDay(raw)).toBeUndefined()
  })

  test('lie in weeks, months, quarters and years that follow one another without a gap', () => {
    fc.assert(
      fc.property(fc.constantFrom(...cycles), fc.integer({ min: 10_000, max: 40_000 }), (cycle, number) => {
        const start = cycleStart(cycle, number as Day)
        const next = nextCycle(cycle, start)
        expect(start <= number && number < next).toBe(true)
        expect(cycleStart(cycle, nextDay(next, -1))).toBe(start)
        expect(cycleStart(cycle, next)).toBe(next)
        if (cycle === 'week') expect(weekdayOf(start)).toBe(1)
        if (cycle === 'quarter') expect(dayText(start)).toMatch(/-(01|04|07|10)-01$/)
      }),
    )
  })
})

/** What the clocks of a zone show, asked of Intl and of nothing here. */
const clocks = new Map<string, Intl.DateTimeFormat>()
function shows(at: number, zone: string): string {
  const format =
    clocks.get(zone) ??
    new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short', numberingSystem: 'latn' })
  clocks.set(zone, format)
  return format.format(at)
}

const zones = [
  'Asia/Shanghai',
  'Europe/Berlin',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'America/Santiago',
  'Asia/Kathmandu',
]

describe('the clock on the wall', () => {
  test('is shown first at the instant that is found, in any zone', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 19_000, max: 21_500 }),
        fc.integer({ min: 0, max: 95 }),
        (zone, number, quarter) => {
          const date = number as Day
          const minute = quarter * 15
          const at = wallTime(date, minute, zone)
          const two = (n: number): string => String(n).padStart(2, '0')
          const wanted = `${dayText(date)} ${two(Math.floor(minute / 60))}:${two(minute % 60)}`
          const shown = shows(at, zone)
          // Where the clocks skip it, it is the jump: a moment before they show less, at it they show more.
          if (shown !== wanted) expect(shown > wanted && shows(at - 1, zone) < wanted).toBe(true)
          // Nothing earlier shows it: offsets move by three hours at most.
          for (let before = at - 900_000; before >= at - 3 * 3_600_000; before -= 900_000)
            expect(shows(before, zone) < wanted).toBe(true)
        },
      ),
      { numRuns: 400 },
    )
  })

  test('never goes back: spans that meet on it meet in time', () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: 19_000, max: 21_500 }), (zone, number) => {
        const times = Array.from({ length: 98 }, (_, quarter) => wallTime(number as Day, quarter * 15, zone))
        expect(times.every((time, index) => index === 0 || time >= (times[index - 1] ?? 0))).toBe(true)
        expect(wallTime(number as Day, 1_440, zone)).toBe(wallTime(nextDay(number as Day), 0, zone))
      }),
    )
  })

  test('skips a span as a whole: it has its written length from the jump on', () => {
    const jump = Date.parse('2026-03-29T01:00Z')
    const inGap = stretchOf(day('2026-03-29'), { from: 135, to: 165 }, 'Europe/Berlin')
    expect(inGap).toEqual({ from: jump, to: jump + 30 * 60_000 })
    const half = stretchOf(day('2026-03-29'), { from: 150, to: 240 }, 'Europe/Berlin')
    expect(half).toEqual({ from: jump, to: Date.parse('2026-03-29T02:00Z') })
  })

  test('shows an hour twice: spans in it are those of the first time', () => {
    const span = stretchOf(day('2026-10-25'), { from: 135, to: 165 }, 'Europe/Berlin')
    expect(span).toEqual({ from: Date.parse('2026-10-25T00:15Z'), to: Date.parse('2026-10-25T00:45Z') })
    const over = stretchOf(day('2026-10-25'), { from: 150, to: 180 }, 'Europe/Berlin')
    expect(over).toEqual({ from: Date.parse('2026-10-25T00:30Z'), to: Date.parse('2026-10-25T02:00Z') })
  })

  test('leaves out a whole day where the date line moved', () => {
    expect(stretchOf(day('2011-12-30'), { from: 480, to: 600 }, 'Pacific/Apia')).toBeUndefined()
    expect(stretchOf(day('2011-12-29'), { from: 480, to: 600 }, 'Pacific/Apia')).toBeDefined()
  })
})

describe('hours', () => {
  const night = { name: 'night', days: 'all' as const, hours: china.hours.get('night') ?? [] }

  test('are read as they are written', () => {
    expect(parseSpan('05:30-19:30')).toEqual({ from: 330, to: 1_170 })
    expect(parseSpan(' 22:00 - 06:00 ')).toEqual({ from: 1_320, to: 1_800 })
    expect(parseSpan('07:30-24:00')).toEqual({ from: 450, to: 1_440 })
    expect(parseSpan('22:00-00:00')).toEqual({ from: 1_320, to: 1_440 })
    expect(parseSpan('05:30-05:30')).toEqual({ from: 330, to: 1_770 })
    expect(parseSpan('00:00-24:00')).toEqual({ from: 0, to: 1_440 })
    for (const raw of ['24:00-06:00', '05:60-06:00', '5-6', '05:30', '05:30-19:30-20:00', '', 5, null])
      expect(parseSpan(raw)).toBeUndefined()
    expect([parseClock('24:00'), parseClock('24:01'), parseClock('7:05')]).toEqual([1_440, undefined, 425])
  })

  test('lie over one another, or do not', () => {
    const spans = (...texts: readonly string[]) => texts.flatMap(text => parseSpan(text) ?? [])
    expect(doOverlap(spans('06:00-11:00', '11:00-18:00'))).toBe(false)
    expect(doOverlap(spans('11:00-18:00', '06:00-11:01'))).toBe(true)
    expect(doOverlap(spans('22:00-06:00', '06:00-08:00'))).toBe(false)
    expect(doOverlap(spans('22:00-06:00', '05:00-08:00'))).toBe(true)
    expect(doOverlap(spans('00:00-24:00'))).toBe(false)
  })

  test('over midnight belong to the day they begin on', () => {
    const friday = { ...night, days: parseDays('fri') ?? ('all' as const) }
    expect(stretchesOn(china, friday, day('2026-09-04'))).toEqual([
      { from: Date.parse('2026-09-04T22:00+08:00'), to: Date.parse('2026-09-05T06:00+08:00') },
    ])
    expect(stretchesOn(china, friday, day('2026-09-05'))).toEqual([])
  })

  test('are seven hours of night in spring and nine in autumn', () => {
    const berlin = plainCalendar('Europe/Berlin')
    const length = (text: string): number =>
      stretchesOn(berlin, night, day(text)).reduce((sum, { from, to }) => sum + to - from, 0)
    expect([length('2026-03-28'), length('2026-06-01'), length('2026-10-24')]).toEqual([hours(7), hours(8), hours(9)])
  })

  test('hold at an instant when the clock of that moment is inside them, by Intl’s own word', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 300_000 }),
        fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 23 })).filter(([a, b]) => a !== b),
        (zone, quarter, [from, to]) => {
          const at = (Date.UTC(2023, 0, 1) + quarter * 900_000) as Instant
          const calendar = plainCalendar(zone)
          const two = (n: number): string => `${String(n).padStart(2, '0')}:00`
          const span = parseSpan(`${two(from)}-${two(to)}`)
          const named = { name: '', days: 'all' as const, hours: [{ days: 'all' as const, spans: span ? [span] : [] }] }
          const found = stretchAfter(calendar, named, at)
          const isInside = found !== undefined && found.from <= at
          const clock = shows(at, zone).slice(11)
          const byClock = from < to ? clock >= two(from) && clock < two(to) : clock >= two(from) || clock < two(to)
          // On the day of a change the second showing of an hour and the rest of a skipped span go by instants, which is what is meant.
          const isPlain = shows(at - 86_400_000, zone).slice(11) === clock && shows(at + 86_400_000, zone).slice(11) === clock
          if (isPlain) expect(isInside).toBe(byClock)
        },
      ),
      { numRuns: 1_000 },
    )
  })

  test('have ended when one asks after their last end', () => {
    const at = Date.parse('2026-09-04T12:00+08:00') as Instant
    expect(lastEnd(china, night, at, hours(8))).toBe(Date.parse('2026-09-04T06:00+08:00'))
    const never = { ...night, hours: [] }
    expect([lastEnd(china, never, at, hours(8)), stretchAfter(china, never, at)]).toEqual([undefined, undefined])
  })

  test('tell the day by the zone’s clocks', () => {
    const at = Date.parse('2026-09-01T16:30Z') as Instant
    expect([dayText(dayAt(at, 'Asia/Shanghai')), dayText(dayAt(at, 'Europe/Berlin'))]).toEqual(['2026-09-02', '2026-09-01'])
  })
})
