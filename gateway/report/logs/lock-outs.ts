import type { Words } from '../../../protocols/contract/driver.ts'
import { instant } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { LogSection } from '../document.ts'
import { endOf } from '../source.ts'
import { say, textIn, timeIn, wordsIn } from './cells.ts'
import { equipmentIn } from './names.ts'
import type { Desk } from './paper.ts'
import { length, section, text, time } from './section.ts'
import type { Shown } from './section.ts'

/** A time in which equipment was not to be used (CAN-2, CAN-9). */
export interface OutOfUse {
  readonly equipment: string
  readonly alarm: string
  readonly from: Instant
  /** Absent: not mended yet. */
  readonly to?: Instant
  readonly by?: string
  readonly why: Words | null
  readonly entries: readonly number[]
}

const kinds = ['equipment.locked-out', 'equipment.released'] as const

/** Every time out of use that touches the period, of what is wanted, in the order in which they began. Few: a cabinet breaks some times a year. */
export function timesOutOfUse({ source, question, names }: Desk, isWanted: (equipment: string) => boolean): readonly OutOfUse[] {
  const open = new Map<string, OutOfUse>()
  const found: OutOfUse[] = []
  for (const entry of source.past.entries(kinds, instant(-8e15), instant(8e15))) {
    const { kind, at, by, seq, data } = entry
    const equipment = equipmentIn(entry)
    if (equipment === null || !names.wants(equipment) || !isWanted(equipment)) continue
    const alarm = textIn(data['alarm']) ?? ''
    if (kind === 'equipment.locked-out') {
      const why = titleOf(source.site.rules.find(({ id }) => id === data['rule'])?.title)
      open.set(equipment, { equipment, alarm, from: at, why, entries: [seq] })
      continue
    }
    const begun = open.get(equipment) ?? { equipment, alarm, from: timeIn(data['since']) ?? at, why: null, entries: [] }
    open.delete(equipment)
    found.push({ ...begun, to: at, by, entries: [...begun.entries, seq] })
  }
  return [...found, ...open.values()]
    .filter(({ from, to }) => from < question.to && (to === undefined || to > question.from))
    .toSorted((a, b) => a.from - b.from)
}

const titleOf = (title: unknown): Words | null => wordsIn(title)

/** 停用与修复 */
export function outOfUseSection(desk: Desk, isWanted: (equipment: string) => boolean): LogSection {
  const { names, source, question } = desk
  return section<OutOfUse>({
    id: 'out-of-use',
    title: say('停用与修复', 'Out of use, and mended'),
    columns: [
      text('equipment', '设备', 'Equipment', ({ equipment }) => names.place(equipment), 20),
      time('from', '停用时间', 'Out of use from', ({ from }) => from),
      text('why', '故障', 'Fault', ({ why }) => why, 24),
      text('alarm', '报警', 'Alarm', ({ alarm }) => alarm, 8),
      time('to', '修复时间', 'Mended', ({ to }) => to ?? null),
      length('length', '停用时长', 'Length', ({ from, to }) => (to ?? endOf(source, question)) - from),
      text('by', '修复确认人', 'Confirmed by', ({ by }) => (by === undefined ? null : names.person(by))),
    ],
    *rows() {
      for (const one of timesOutOfUse(desk, isWanted)) {
        const open: Partial<Shown<OutOfUse>> =
          one.to === undefined ? { tone: 'bad', remark: say('尚未修复', 'not mended yet') } : {}
        yield { of: one, entries: one.entries, ...open }
      }
    },
    whenEmpty: say('本期没有停用', 'Nothing was out of use in this period'),
  })
}
