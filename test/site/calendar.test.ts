import { describe, expect, test } from 'vitest'
import { isSchoolDay, isWorkingDay, markOf } from '../../gateway/policy/calendar.ts'
import type { Calendar } from '../../gateway/policy/calendar.ts'
import { parseDay } from '../../gateway/policy/calendar-days.ts'
import type { Day } from '../../gateway/policy/calendar-days.ts'
import { stretchesOn } from '../../gateway/policy/calendar-hours.ts'
import { readCalendar, warnOfUnknownYears } from '../../gateway/site/calendar.ts'
import { parseYaml } from '../../gateway/site/document.ts'
import { below } from '../../gateway/site/reader.ts'
import { Report } from '../../gateway/site/report.ts'
import { isoInZone, parseTime } from '../../gateway/zone.ts'

function read(text: string, zone = 'Asia/Shanghai'): { readonly calendar: Calendar; readonly said: readonly string[] } {
  const document = parseYaml('site.yaml', text, () => undefined)
  const report = new Report()
  report.faults(document)
  const calendar = readCalendar(report, below({ document, path: [], value: document.value }, 'calendar'), zone)
  return { calendar, said: report.problems().map(({ line, column, code, path }) => `${line}:${column} ${code} ${path}`) }
}

const day = (text: string): Day => {
  const found = parseDay(text)
  if (found === undefined) throw new Error(text)
  return found
}
const hoursOn = (calendar: Calendar, name: string, text: string): readonly string[] =>
  stretchesOn(calendar, { name, days: 'all', hours: calendar.hours.get(name) ?? [] }, day(text)).map(
    ({ from, to }) => `${isoInZone(from, calendar.zone).slice(5, 16)}–${isoInZone(to, calendar.zone).slice(5, 16)}`,
  )

const whole = `calendar:
  country: CN
  weekend: [sat, sun]
  holidays: [{ on: '2026-12-24', name: 校庆 }, { from: '2026-07-13', to: '2026-08-28', name: { zh: 暑假, en: summer } }, '2026-11-02']
  workdays: ['2026-10-07']
  terms: [{ from: '2026-09-01', to: '2027-01-15', name: 第一学期 }, { from: '2027-02-22', to: '2027-07-09' }]
  hours:
    kitchen: '05:00-19:00'
    library: { sat: closed, working: ['08:00-12:00', '14:00-18:00'], sun: '10:00-16:00' }
    bar: '18:00-02:00'
`

describe('the calendar of a site', () => {
  test('is the country’s holidays and the usual hours where nothing is written', () => {
    const { calendar, said } = read('site: { id: a }')
    expect(said).toEqual([])
    expect([calendar.country, isWorkingDay(calendar, day('2026-10-01')), isWorkingDay(calendar, day('2026-10-10'))]).toEqual([
      'CN',
      false,
      true,
    ])
    expect(hoursOn(calendar, 'night', '2026-09-01')).toEqual(['09-01T22:00–09-02T06:00'])
  })

  test('keeps no Chinese holidays where the clocks are of another country, unless it says so', () => {
    expect(read('site: {}', 'Europe/Berlin').calendar.country).toBe('none')
    expect(isWorkingDay(read('site: {}', 'Europe/Berlin').calendar, day('2026-10-01'))).toBe(true)
    expect(isWorkingDay(read('calendar: { country: CN }', 'Europe/Berlin').calendar, day('2026-10-01'))).toBe(false)
    expect(isWorkingDay(read('calendar: { country: none }').calendar, day('2026-10-01'))).toBe(true)
  })

  test('takes holidays, workdays and terms of the site’s own, which count more than what was published', () => {
    const { calendar, said } = read(whole)
    expect(said).toEqual([])
    expect(isWorkingDay(calendar, day('2026-12-24'))).toBe(false)
    expect(markOf(calendar, day('2026-12-24'))?.name.zh).toBe('校庆')
    expect(isWorkingDay(calendar, day('2026-07-13'))).toBe(false)
    expect(isWorkingDay(calendar, day('2026-08-28'))).toBe(false)
    expect(isWorkingDay(calendar, day('2026-11-02'))).toBe(false)
    expect(isWorkingDay(calendar, day('2026-10-07'))).toBe(true)
    expect(isSchoolDay(calendar, day('2026-09-01'))).toBe(true)
    expect(isSchoolDay(calendar, day('2027-01-15'))).toBe(true)
    expect(isSchoolDay(calendar, day('2027-01-18'))).toBe(false)
    expect(isSchoolDay(calendar, day('2027-02-22'))).toBe(true)
    expect(isSchoolDay(calendar, day('2026-10-03'))).toBe(false)
    expect(isSchoolDay(calendar, day('2026-10-10'))).toBe(true)
  })

  test('has hours that differ by day, the first line that is about a day counting', () => {
    const { calendar } = read(whole)
    expect(hoursOn(calendar, 'kitchen', '2026-09-01')).toEqual(['09-01T05:00–09-01T19:00'])
    expect(hoursOn(calendar, 'library', '2026-09-01')).toEqual(['09-01T08:00–09-01T12:00', '09-01T14:00–09-01T18:00'])
    expect(hoursOn(calendar, 'library', '2026-10-10')).toEqual([])
    expect(hoursOn(calendar, 'library', '2026-09-20')).toEqual(['09-20T08:00–09-20T12:00', '09-20T14:00–09-20T18:00'])
    expect(hoursOn(calendar, 'library', '2026-09-13')).toEqual(['09-13T10:00–09-13T16:00'])
    expect(hoursOn(calendar, 'library', '2026-10-01')).toEqual([])
    expect(hoursOn(calendar, 'bar', '2026-09-01')).toEqual(['09-01T18:00–09-02T02:00'])
    expect(hoursOn(calendar, 'gate', '2026-09-01')).toEqual(['09-01T07:30–09-02T00:00'])
  })

  test('may have other days off, or none', () => {
    const friday = read('calendar: { country: none, weekend: [fri] }').calendar
    expect([day('2026-09-04'), day('2026-09-05')].map(one => isWorkingDay(friday, one))).toEqual([false, true])
    expect(isWorkingDay(read('calendar: { country: none, weekend: [] }').calendar, day('2026-09-06'))).toBe(true)
  })
})

/** Each row is one mistake; ▸ stands where the problem must point. */
const rows: readonly [name: string, written: string, code: string, path: string][] = [
  ['an unknown key', '▸holiday: []', 'unknown-key', 'calendar.holiday'],
  ['an unknown country', 'country: ▸CH', 'unknown-country', 'calendar.country'],
  ['a weekend of no days', 'weekend: ▸[funday]', 'bad-value', 'calendar.weekend'],
  ['a weekend of all days', 'weekend: ▸mon-sun', 'bad-value', 'calendar.weekend'],
  ['a weekend by nature', 'weekend: ▸working', 'bad-value', 'calendar.weekend'],
  ['holidays that are no list', 'holidays: ▸2026-10-01', 'wrong-type', 'calendar.holidays'],
  ['a holiday that is no day', "holidays: [▸'2026-02-29']", 'bad-value', 'calendar.holidays.0'],
  ['a holiday on no day', 'holidays: [{ on: ▸1. October }]', 'bad-value', 'calendar.holidays.0.on'],
  ['a holiday without an end', "holidays: [▸{ from: '2026-07-01' }]", 'missing', 'calendar.holidays.0'],
  [
    'a holiday on one day and several',
    "holidays: [▸{ on: '2026-07-01', from: '2026-07-01' }]",
    'bad-value',
    'calendar.holidays.0',
  ],
  [
    'a holiday that ends before it begins',
    "holidays: [{ from: '2026-07-02', to: ▸'2026-07-01' }]",
    'bad-value',
    'calendar.holidays.0.to',
  ],
  ['a holiday of years', "holidays: [{ from: '2026-07-01', to: ▸'2027-07-01' }]", 'bad-value', 'calendar.holidays.0.to'],
  ['a mistyped key of a holiday', "holidays: [{ ▸day: '2026-07-01' }]", 'unknown-key', 'calendar.holidays.0.day'],
  ['a holiday with a name only', 'holidays: [▸{ name: 校庆 }]', 'missing', 'calendar.holidays.0'],
  ['one day twice', "holidays: ['2026-07-01', ▸'2026-07-01']", 'duplicate-day', 'calendar.holidays.1'],
  ['a holiday that is worked', "holidays: ['2026-07-01']\n  workdays: [▸'2026-07-01']", 'duplicate-day', 'calendar.workdays.0'],
  ['a workday that is no day', 'workdays: [▸7]', 'bad-value', 'calendar.workdays.0'],
  ['a term that ends before it begins', "terms: [{ from: '2026-09-01', to: ▸'2026-01-15' }]", 'bad-value', 'calendar.terms.0.to'],
  ['a term without a beginning', "terms: [▸{ to: '2026-01-15' }]", 'missing', 'calendar.terms.0'],
  [
    'terms that overlap',
    "terms: [{ from: '2026-09-01', to: '2026-12-01' }, ▸{ from: '2026-12-01', to: '2027-01-15' }]",
    'bad-value',
    'calendar.terms.1',
  ],
  ['hours that are none', "hours: { kitchen: ▸'5-19' }", 'bad-value', 'calendar.hours.kitchen'],
  ['hours beyond the day', "hours: { kitchen: ▸'05:30-25:00' }", 'bad-value', 'calendar.hours.kitchen'],
  ['hours as a number', 'hours: { kitchen: ▸530 }', 'wrong-type', 'calendar.hours.kitchen'],
  ['hours over one another', "hours: { kitchen: ▸['05:30-12:00', '11:00-19:00'] }", 'bad-value', 'calendar.hours.kitchen'],
  ['hours over the next day’s', "hours: { night: ▸['05:00-07:00', '22:00-06:00'] }", 'bad-value', 'calendar.hours.night'],
  ['hours of no day', "hours: { kitchen: { ▸someday: '05:30-19:30' } }", 'bad-value', 'calendar.hours.kitchen.someday'],
  ['hours of a day that are none', 'hours: { kitchen: { sat: ▸shut } }', 'bad-value', 'calendar.hours.kitchen.sat'],
  ['hours with a capital name', "hours: { ▸Kitchen: '05:30-19:30' }", 'bad-id', 'calendar.hours.Kitchen'],
]

describe('a mistake in the calendar', () => {
  test.each(rows)('%s is told with its place', (_name, written, code, path) => {
    const marked = `calendar:\n  ${written}\n`
    const before = marked.slice(0, marked.indexOf('▸')).split('\n')
    const place = `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`
    expect(read(marked.replace('▸', '')).said).toEqual([`${place} ${code} ${path}`])
  })

  test('leaves the rest as it stands', () => {
    const { calendar, said } = read(
      "calendar: { weekend: 3, workdays: ['2026-10-01', x], hours: { office: 8, bar: '18:00-23:00' } }",
    )
    expect(said).toHaveLength(3)
    expect(isWorkingDay(calendar, day('2026-10-01'))).toBe(true)
    expect(hoursOn(calendar, 'office', '2026-09-01')).toEqual(['09-01T07:30–09-01T18:00'])
    expect(hoursOn(calendar, 'bar', '2026-09-01')).toEqual(['09-01T18:00–09-01T23:00'])
  })
})

describe('a year whose holidays are not known', () => {
  const warned = (now: string, country: string): readonly string[] => {
    const document = parseYaml('site.yaml', `calendar: { country: ${country} }`, () => undefined)
    const item = { document, path: ['calendar'], value: (document.value as { calendar: unknown }).calendar }
    const report = new Report()
    const calendar = readCalendar(report, item, 'Asia/Shanghai')
    const at = parseTime(now, 'Asia/Shanghai')
    if (at === undefined) throw new Error(now)
    warnOfUnknownYears(report, item, calendar, at)
    return report.problems().map(({ severity, code, wrong }) => `${severity} ${code} ${/\d{4}/.exec(wrong.en)?.[0]}`)
  }

  test('is warned of when it is this one, and in December when it is the next', () => {
    expect(warned('2026-11-30', 'CN')).toEqual([])
    expect(warned('2026-12-01', 'CN')).toEqual(['warning holidays-unknown 2027'])
    expect(warned('2027-01-01', 'CN')).toEqual(['warning holidays-unknown 2027'])
    expect(warned('2023-12-31', 'CN')).toEqual(['warning holidays-unknown 2023'])
    expect(warned('2027-01-01', 'none')).toEqual([])
  })
})
