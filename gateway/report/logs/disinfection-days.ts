import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { dayAt } from '../../policy/calendar-days.ts'
import type { Day } from '../../policy/calendar-days.ts'
import { isOneOf, parseDays } from '../../policy/calendar.ts'
import type { Equipment } from '../../site/site.ts'
import type { LogSection } from '../document.ts'
import { daysOf } from '../period.ts'
import { endOf } from '../source.ts'
import { say } from './cells.ts'
import { disinfectionKinds } from './disinfection-cycles.ts'
import { timesOutOfUse } from './lock-outs.ts'
import type { OutOfUse } from './lock-outs.ts'
import { equipmentIn } from './names.ts'
import type { Desk } from './paper.ts'
import { count, day, section, text, verdict } from './section.ts'
import { unwatched } from './watched.ts'
import type { Shown } from './section.ts'

interface Tally {
  passed: number
  others: number
  readonly entries: number[]
}
interface CabinetDay {
  readonly from: Instant
  readonly equipment: string
  readonly passed: number
  readonly others: number
  readonly state: 'good' | 'bad' | Words
}

const notAsked = say('不要求（非上学日）', 'not asked for (no school day)')
const outOfUse = say('停用', 'out of use')
const today = say('当天未完', 'the day is not over')

/** 每日消毒情况 (CAN-6): for each cabinet and day whether one cycle passed, where the house rule asks for one. */
export function daysSection(desk: Desk, cabinets: readonly Equipment[]): LogSection {
  const { source, question, names } = desk
  return section<CabinetDay>({
    id: 'days',
    title: say('每日消毒情况', 'Day by day'),
    columns: [
      day('day', '日期', 'Day', ({ from }) => from),
      text('equipment', '消毒柜', 'Cabinet', ({ equipment }) => names.equipment(equipment)),
      count('passed', '合格次数', 'Passed', ({ passed }) => passed),
      count('others', '不合格或不明', 'Failed or not known', ({ others }) => others),
      verdict('state', '当天', 'The day', ({ state }) => state),
    ],
    *rows() {
      const outs = timesOutOfUse(desk, id => cabinets.some(cabinet => cabinet.id === id))
      const tallies = tallied(desk)
      for (const one of daysOf(question.from, endOf(source, question), source.site.timeZone))
        for (const { id } of cabinets) yield rowOf(desk, id, one, tallies.get(`${one.day} ${id}`), outs)
    },
    whenEmpty: say('没有消毒柜', 'There is no disinfection cabinet'),
  })
}

/** Of each day and cabinet how often it was disinfected: two numbers and the places that say so. */
function tallied({ source, question, lines, names }: Desk): ReadonlyMap<string, Tally> {
  const tallies = new Map<string, Tally>()
  for (const { entry, data, at, entries } of lines.valid(disinfectionKinds, question.from, question.to)) {
    const equipment = equipmentIn({ ...entry, data }) ?? ''
    if (!names.wants(equipment)) continue
    const key = `${dayAt(at, source.site.timeZone)} ${equipment}`
    const tally = tallies.get(key) ?? { passed: 0, others: 0, entries: [] }
    tally[data['verdict'] === 'passed' ? 'passed' : 'others'] += 1
    tally.entries.push(...entries)
    tallies.set(key, tally)
  }
  return tallies
}

function rowOf(
  desk: Desk,
  equipment: string,
  { day: date, from, to }: { readonly day: Day; readonly from: Instant; readonly to: Instant },
  tally: Tally | undefined,
  outs: readonly OutOfUse[],
): Shown<CabinetDay> {
  const { passed = 0, others = 0, entries = [] } = tally ?? {}
  const isOut = outs.some(out => out.equipment === equipment && out.from <= from && (out.to ?? to) >= to)
  const isOpen = to >= desk.source.now
  const state =
    passed > 0
      ? 'good'
      : isOut
        ? outOfUse
        : !isAsked(desk, equipment, date)
          ? notAsked
          : isOpen
            ? today
            : (unwatched(desk.source.past, from, to) ?? 'bad')
  const remark = state === 'bad' ? say('当天没有一次合格的消毒', 'not one cycle of this day passed') : null
  const tone = state === 'bad' ? 'bad' : state === 'good' ? undefined : 'quiet'
  return { of: { from, equipment, passed, others, state }, entries, remark, ...(tone ? { tone } : {}) }
}

/** By the site's own duty, as it is configured; without one every school day. */
function isAsked({ source: { site } }: Desk, equipment: string, date: Day): boolean {
  const duty = site.rules.find(
    rule =>
      rule.equipment === equipment &&
      rule.kind === 'due' &&
      rule.inputs?.some(({ point }) => point.endsWith('.record:disinfection')),
  )
  return isOneOf(site.calendar, parseDays(duty ? (duty.settings['days'] ?? 'all') : 'school') ?? 'all', date)
}
