import { days } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { dayOf, nextDay, parseDay } from '../../policy/calendar-days.ts'
import type { Day } from '../../policy/calendar-days.ts'
import type { Equipment } from '../../site/site.ts'
import type { LogSection } from '../document.ts'
import { startOf } from '../period.ts'
import type { LogQuestion } from '../question.ts'
import { equipmentOf } from '../source.ts'
import type { LogSource } from '../source.ts'
import { both, saidIn, say, textIn } from './cells.ts'
import type { Words } from '../../../protocols/contract/driver.ts'
import { Lines } from './lines.ts'
import type { Names } from './names.ts'
import { count, day, section, text } from './section.ts'

/** Until when something is good, and who says so. */
export interface Expiry {
  readonly equipment: Equipment
  readonly item: Words
  /** The last good day; null where nobody has written it down. */
  readonly lastDay: Day | null
  readonly from: Words
  readonly entries: readonly number[]
}

const untilWhen = say('有效期', 'good until')

/** `2031-03-15`, or `2031-03` as labels print it: then the month's last day. */
export function lastDayOf(value: unknown): Day | undefined {
  const text_ = typeof value === 'string' ? value.trim() : ''
  const [, year, month] = /^(\d{4})-(\d{2})$/.exec(text_) ?? []
  if (year === undefined || month === undefined) return parseDay(text_)
  return Number(month) >= 1 && Number(month) <= 12 ? nextDay(dayOf(Number(year), Number(month) + 1, 1), -1) : undefined
}

/** Of each piece of equipment with a last day: the newest record that people made until the end of the period, else what its entry says. */
export function expiriesOf(source: LogSource, question: LogQuestion, names: Names): readonly Expiry[] {
  const { site, past } = source
  const recorded = new Map<string, Map<string, Expiry>>()
  const wanted = new Map(equipmentOf(source, question).map(one => [one.id, one]))
  for (const line of new Lines(past, names).valid(['record.expiry'], -8e15 as Instant, question.to)) {
    const equipment = wanted.get(String(line.data['equipment']))
    const fields = saidIn(line.data['fields'])
    const lastDay = lastDayOf(fields['expires'])
    if (!equipment || lastDay === undefined) continue
    const item = textIn(fields['item']) ?? ''
    const said = recorded.get(equipment.id) ?? new Map<string, Expiry>()
    recorded.set(equipment.id, said)
    const who = names.person(line.entry.by)
    const from = say(`${names.moment(line.at)} ${who.zh} 登记`, `recorded ${names.moment(line.at)} by ${who.en}`)
    said.set(item, { equipment, item: item === '' ? untilWhen : both(item), lastDay, from, entries: line.entries })
  }
  const registered = new Set(
    site.rules
      .filter(({ kind, settings }) => kind === 'register' && settings['expires'] === 'expires')
      .map(({ equipment }) => equipment),
  )
  return [...wanted.values()].flatMap((equipment): readonly Expiry[] => {
    const said = recorded.get(equipment.id)
    if (said) return [...said.values()]
    const lastDay = lastDayOf(equipment.facts['expires'])
    if (lastDay !== undefined) return [{ equipment, item: untilWhen, lastDay, from: say('设备资料', 'its entry'), entries: [] }]
    if (!registered.has(equipment.id)) return []
    return [{ equipment, item: untilWhen, lastDay: null, from: say('没有登记', 'not written down'), entries: [] }]
  })
}

/** What is overdue at the end of the period, what falls due within 30 and 90 days, and what nobody has written down. */
export function expirySection(source: LogSource, question: LogQuestion, names: Names): LogSection {
  const { timeZone } = source.site
  const asOf = Math.min(question.to, Math.max(source.now, question.from)) as Instant
  const overAt = (lastDay: Day): Instant => startOf(nextDay(lastDay), timeZone)
  const leftOf = ({ lastDay }: Expiry): number | null =>
    lastDay === null ? null : Math.floor((overAt(lastDay) - asOf) / days(1))
  const order = (one: Expiry): number => leftOf(one) ?? Number.NEGATIVE_INFINITY
  return section<Expiry>({
    id: 'expiry',
    title: say('有效期', 'Expiry dates'),
    columns: [
      text('equipment', '设备', 'Equipment', ({ equipment }) => names.place(equipment.id), 24),
      text('serial', '编号', 'Serial', ({ equipment }) => textIn(equipment.facts['serial']), 12),
      text('item', '项目', 'Item', ({ item }) => item, 14),
      day('last', '有效至', 'Good until', ({ lastDay }) => (lastDay === null ? null : startOf(lastDay, timeZone))),
      count('left', '剩余天数', 'Days left', leftOf),
      text('state', '状态', 'State', one => stateOf(leftOf(one)), 12),
      text('from', '依据', 'Known from', ({ from }) => from, 26),
    ],
    *rows() {
      for (const one of expiriesOf(source, question, names).toSorted((a, b) => order(a) - order(b)))
        yield { of: one, entries: one.entries, ...((leftOf(one) ?? -1) < 0 && { tone: 'bad' as const }) }
    },
    whenEmpty: say('没有登记有效期的设备', 'No equipment with an expiry date'),
    notes: [say(`截至 ${names.moment(asOf)}`, `As of ${names.moment(asOf)}`)],
  })
}

export function stateOf(left: number | null): Words {
  if (left === null) return say('未登记', 'not written down')
  if (left < 0) return say('已过期', 'overdue')
  if (left < 30) return say('30 天内到期', 'due within 30 days')
  return left < 90 ? say('90 天内到期', 'due within 90 days') : say('有效', 'in date')
}
