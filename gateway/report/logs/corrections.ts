import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { Entry } from '../../journal/entry.ts'
import type { LogSection } from '../document.ts'
import { both, joined, numberIn, saidIn, say, textIn, timeIn } from './cells.ts'
import type { Said } from './cells.ts'
import { goneOf } from './lines.ts'
import { equipmentIn } from './names.ts'
import type { Desk } from './paper.ts'
import { count, section, text, time } from './section.ts'

interface Correction {
  readonly entry: Entry
  readonly equipment: string | null
  readonly was: Said
  readonly is: Said
}

/** 更正记录: what a record said, what it says now, who changed it and why. The old one is still there. */
export function correctionsSection({ source, question, names }: Desk): LogSection {
  return section<Correction>({
    id: 'corrections',
    title: say('更正', 'Corrections'),
    columns: [
      time('at', '更正时间', 'Corrected', ({ entry }) => entry.at),
      text('by', '更正人', 'By', ({ entry }) => names.person(entry.by)),
      count('record', '原记录序号', 'Record no.', ({ entry }) => numberIn(entry.data['seq'])),
      text('kind', '种类', 'Kind', ({ entry }) => textIn(entry.data['kind']), 12),
      text('equipment', '设备', 'Equipment', ({ equipment }) => (equipment === null ? null : names.place(equipment)), 18),
      text('changes', '原值 → 新值', 'Old → new', one => changesIn(one, at => names.moment(at)), 40),
      text('reason', '更正原因', 'Reason', ({ entry }) => textIn(entry.data['reason']), 26),
    ],
    *rows() {
      for (const entry of source.past.entries(['record.corrected'], question.from, question.to)) {
        const equipment = equipmentIn(entry)
        if (!names.isAll && !(equipment !== null && names.wants(equipment))) continue
        const gone = goneOf(entry)
        const { seq, data } = entry
        const old = numberIn(data['seq'])
        if (gone) yield { gone: entry.at, entries: [seq], remark: gone }
        else yield { of: { entry, equipment, was: saidIn(data['before']), is: data }, entries: old === null ? [seq] : [old, seq] }
      }
    },
    whenEmpty: say('本期没有更正', 'Nothing was corrected'),
  })
}

/** `grams: 24 → 23.4`; where the correction does not say what stood before, the new value alone. */
function changesIn({ was, is }: Correction, moment: (at: Instant) => string): Words | null {
  const [before, after] = [saidIn(was['fields']), saidIn(is['fields'])]
  const isWhole = 'fields' in was
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  const fields = [...keys].flatMap(key => {
    if (isWhole && before[key] === after[key]) return []
    return [both(isWhole ? `${key}: ${told(before[key])} → ${told(after[key])}` : `${key}: ${told(after[key])}`)]
  })
  const [wasAt, isAt] = [timeIn(was['at']), timeIn(is['at'])]
  const moved = wasAt !== null && isAt !== null && wasAt !== isAt
  const judged = was['verdict'] !== undefined && is['verdict'] !== undefined && was['verdict'] !== is['verdict']
  return joined([
    moved ? say(`时间：${moment(wasAt)} → ${moment(isAt)}`, `time: ${moment(wasAt)} → ${moment(isAt)}`) : null,
    judged
      ? say(`判定：${told(was['verdict'])} → ${told(is['verdict'])}`, `verdict: ${told(was['verdict'])} → ${told(is['verdict'])}`)
      : null,
    ...fields,
  ])
}

const told = (value: unknown): string => (value === undefined ? '—' : String(value))
