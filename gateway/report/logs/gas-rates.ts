import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { cycleStart, dayAt, nextCycle } from '../../policy/calendar-days.ts'
import type { Equipment } from '../../site/site.ts'
import type { LogSection } from '../document.ts'
import { startOf } from '../period.ts'
import { endOf } from '../source.ts'
import { joined, numberIn, say } from './cells.ts'
import { isRead, meterLineOf, meterReadings } from './gas-readings.ts'
import { meterGroups, spanOf } from './meter-groups.ts'
import type { MeterGroup } from './meter-groups.ts'
import { firstReading } from './meters.ts'
import type { Desk } from './paper.ts'
import { count, day, section, share, text, verdict } from './section.ts'

interface Rate {
  readonly from: Instant
  readonly group: MeterGroup
  readonly meters: number
  readonly read: number
  readonly isOver: boolean
  readonly unread: readonly string[]
}

/** 月末汇总 (GAS-7): of each month and quarter that the period touches, how many meters were read. */
export function ratesSection(desk: Desk, meters: readonly Equipment[]): LogSection {
  const { names } = desk
  const required = ({ group }: Rate): number => requiredOf(desk, group)
  return section<Rate>({
    id: 'rates',
    title: say('抄表率汇总', 'Reading rates'),
    columns: [
      day('from', '月/季首日', 'Month or quarter from', ({ from }) => from),
      text('group', '用户', 'Customers', ({ group }) => group.name, 20),
      text('clause', '条款', 'Clause', ({ group }) => names.clause(group.clause), 24),
      count('meters', '应抄', 'Meters', rate => rate.meters),
      count('read', '已抄', 'Read', ({ read }) => read),
      share('rate', '抄表率', 'Rate', ({ read, meters: of }) => read / of),
      share('required', '要求', 'Required', required),
      verdict('verdict', '判定', 'Verdict', rate => verdictOf(rate, required(rate))),
    ],
    *rows() {
      for (const rate of ratesOf(desk, meters)) {
        const state = verdictOf(rate, required(rate))
        const some = rate.unread.slice(0, 20).map(id => names.equipment(id))
        const more =
          rate.unread.length > 20 ? say(`等 ${rate.unread.length} 只`, `and others, ${rate.unread.length} in all`) : null
        const list = joined([...some, more], '、', ', ')
        const remark = list && rate.unread.length > 0 ? say(`未抄：${list.zh}`, `not read: ${list.en}`) : null
        yield { of: rate, remark, ...(state === 'bad' ? { tone: 'bad' } : state === 'good' ? {} : { tone: 'quiet' }) }
      }
    },
    whenEmpty: say('没有登记类别的燃气表', 'There is no meter of a registered class'),
    notes: [
      say(
        '抄到：表自己传来的累计读数，或抄表员登记的读数；估抄不算。月、季按整月、整季统计，不截到所选日期。',
        'Read: the counter was heard from the meter itself, or a person read it; estimates do not count. Months and quarters are counted whole, whatever days were asked for.',
      ),
    ],
  })
}

function requiredOf({ source }: Desk, { clause, required }: MeterGroup): number {
  const rule = source.site.rules.find(one => one.clause === clause && one.kind === 'due')
  return numberIn(rule?.settings['share']) ?? required
}

function verdictOf({ read, meters, isOver }: Rate, required: number): 'good' | 'bad' | Words {
  if (read / meters >= required) return 'good'
  return isOver ? 'bad' : say('尚未到期', 'not due yet')
}

function* ratesOf(desk: Desk, meters: readonly Equipment[]): Generator<Rate> {
  const { source, question } = desk
  const zone = source.site.timeZone
  const end = endOf(source, question)
  for (const group of meterGroups) {
    const own = meters.filter(group.has)
    if (own.length === 0) continue
    for (
      let start = cycleStart(group.cycle, dayAt(question.from, zone));
      startOf(start, zone) < end;
      start = nextCycle(group.cycle, start)
    ) {
      const [from, to] = spanOf(group, start, zone)
      if (from >= end) continue
      const unread = unreadOf(desk, own, from, to)
      yield {
        from: startOf(start, zone),
        group,
        meters: own.length,
        read: own.length - unread.length,
        isOver: to <= source.now,
        unread,
      }
    }
  }
}

function unreadOf({ source, lines }: Desk, meters: readonly Equipment[], from: Instant, to: Instant): readonly string[] {
  const byHand = new Set<string>()
  for (const line of lines.valid(meterReadings, from, to, ({ by }) => by !== 'system')) {
    const one = meterLineOf(line)
    if (isRead(one)) byHand.add(one.meter)
  }
  return meters
    .map(({ id }) => id)
    .filter(id => {
      const point = source.site.points.find(({ equipment, key }) => equipment === id && key === 'total')
      return !byHand.has(id) && !(point && firstReading(source.past, point.id, from, to))
    })
}
