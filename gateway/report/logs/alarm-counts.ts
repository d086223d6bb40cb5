import type { Words } from '../../../protocols/contract/driver.ts'
import type { LogSection } from '../document.ts'
import { endOf } from '../source.ts'
import { both, say, textIn, wordsIn } from './cells.ts'
import { responseOf } from './alarm-tables.ts'
import { Occurrences } from './occurrences.ts'
import type { Occurrence } from './occurrences.ts'
import type { Desk } from './paper.ts'
import { count, length, section, text } from './section.ts'
import type { Column, Shown } from './section.ts'

interface Tally {
  readonly name: Words
  times: number
  open: number
  length: number
  longest: number
  answered: number
  response: number
}

/** 按条款、按设备汇总: how often, how long, how fast it was answered. */
export function alarmCountsSection(desk: Desk): readonly LogSection[] {
  const clauseOf = ({ data }: Occurrence): Words => {
    const [id, title] = [textIn(data['clause']) ?? '—', wordsIn(data['clauseTitle'])]
    return title ? say(`${id} ${title.zh}`, `${id} ${title.en}`) : both(id)
  }
  const placeOf = ({ equipment }: Occurrence): Words =>
    equipment === null ? say('网关', 'gateway') : desk.names.place(equipment)
  return [
    counted(desk, 'by-clause', [say('按条款汇总', 'By clause'), '条款', 'Clause'], clauseOf),
    counted(desk, 'by-equipment', [say('按设备汇总', 'By equipment'), '设备', 'Equipment'], placeOf),
  ]
}

function counted(
  desk: Desk,
  id: string,
  [title, zh, en]: readonly [Words, string, string],
  nameOf: (one: Occurrence) => Words,
): LogSection {
  const columns: readonly Column<Tally>[] = [
    text('name', zh, en, ({ name }) => name, 30),
    count('times', '次数', 'Times', ({ times }) => times),
    count('open', '未恢复', 'Not over', ({ open }) => open),
    length('length', '合计时长', 'Length in all', tally => tally.length),
    length('longest', '最长', 'Longest', ({ longest }) => longest),
    count('answered', '已确认', 'Acknowledged', ({ answered }) => answered),
    length('response', '平均响应', 'Mean response', ({ answered, response }) =>
      answered === 0 ? null : Math.round(response / answered),
    ),
  ]
  return section<Tally>({
    id,
    title,
    columns,
    *rows() {
      const tallies = tallied(desk, nameOf)
      const sorted = [...tallies.values()].toSorted((a, b) => b.times - a.times)
      for (const of of sorted) yield { of } satisfies Shown<Tally>
      if (sorted.length > 1) yield { of: sorted.reduce(added, empty(say('合计', 'In all'))), tone: 'total' }
    },
    whenEmpty: say('本期没有报警', 'There was no alarm in this period'),
  })
}

const empty = (name: Words): Tally => ({ name, times: 0, open: 0, length: 0, longest: 0, answered: 0, response: 0 })

function tallied(desk: Desk, nameOf: (one: Occurrence) => Words): ReadonlyMap<string, Tally> {
  const tallies = new Map<string, Tally>()
  for (const one of new Occurrences(desk).all()) {
    if ('lost' in one) continue
    const name = nameOf(one)
    const lasted = (one.clearedAt ?? endOf(desk.source, desk.question)) - one.since
    const response = responseOf(one)
    const single = {
      name,
      times: 1,
      open: one.clearedAt === undefined ? 1 : 0,
      length: lasted,
      longest: lasted,
      answered: response === null ? 0 : 1,
      response: response ?? 0,
    }
    tallies.set(name.zh, added(tallies.get(name.zh) ?? empty(name), single))
  }
  return tallies
}

const added = (a: Tally, b: Tally): Tally => ({
  name: a.name,
  times: a.times + b.times,
  open: a.open + b.open,
  length: a.length + b.length,
  longest: Math.max(a.longest, b.longest),
  answered: a.answered + b.answered,
  response: a.response + b.response,
})
