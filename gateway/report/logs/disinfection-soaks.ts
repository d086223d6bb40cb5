import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { Entry } from '../../journal/entry.ts'
import type { LogSection } from '../document.ts'
import { both, joined, numberIn, saidIn, say, textIn } from './cells.ts'
import type { Said } from './cells.ts'
import { disinfectionKinds, isCycle } from './disinfection-cycles.ts'
import { shown } from './lines.ts'
import type { Line } from './lines.ts'
import { equipmentIn } from './names.ts'
import type { Desk } from './paper.ts'
import { ofMinutes } from './paper.ts'
import { amount, length, section, text, time, verdict } from './section.ts'

interface Soak {
  readonly at: Instant
  readonly equipment: string
  readonly by: string
  readonly fields: Said
  readonly verdict: 'good' | 'bad'
}

/** Available chlorine for tableware, mg/L, and minutes under it (GB 14934 and its forms; standards §1.2). */
const required = { mgPerLitre: 250, minutes: 5 } as const

/** The names under which people write the same thing. */
const concentrationIn = (fields: Said): number | null =>
  numberIn(fields['mgPerLitre']) ?? numberIn(fields['concentration']) ?? numberIn(fields['chlorine'])
const soakedFor = (fields: Said): number | null => numberIn(fields['minutes'])

/** 化学浸泡及人工消毒: what people disinfected by hand and wrote down. */
export function soaksSection({ names, lines, question }: Desk): LogSection {
  return section<Soak>({
    id: 'by-hand',
    title: say('人工消毒记录（浸泡、擦拭等）', 'Disinfected by hand (soaked, wiped)'),
    columns: [
      time('at', '消毒时间', 'Time', ({ at }) => at),
      text('equipment', '地点或设备', 'Place', ({ equipment }) => names.place(equipment), 18),
      text('items', '消毒物品', 'What', ({ fields }) => textIn(fields['items']) ?? textIn(fields['what'])),
      text('method', '消毒方法', 'Method', ({ fields }) => joined([method(fields), product(fields)], ' ', ' '), 16),
      amount('concentration', '有效氯浓度', 'Available chlorine', ['mg/L', 0], ({ fields }) => concentrationIn(fields)),
      length('minutes', '作用时间', 'For', ({ fields }) => ofMinutes(soakedFor(fields))),
      verdict('verdict', '判定', 'Verdict', soak => soak.verdict),
      text('by', '消毒人', 'By', ({ by }) => names.person(by)),
      text('note', '说明', 'Note', ({ fields }) => textIn(fields['note']), 20),
    ],
    *rows() {
      const isWanted = (entry: Entry): boolean => !isCycle(entry) && names.wants(equipmentIn(entry) ?? '')
      for (const line of lines.of(disinfectionKinds, question.from, question.to, isWanted)) {
        const row = shown(line, soakOf)
        yield 'of' in row && row.of.verdict === 'bad' && !line.isStruck ? { ...row, tone: 'bad' } : row
      }
    },
    whenEmpty: say('本期没有人工消毒记录', 'Nothing was disinfected by hand in this period'),
    notes: [
      say(
        `含氯消毒液浸泡：有效氯 ${required.mgPerLitre} mg/L 以上，全部浸没 ${required.minutes} 分钟以上；写了浓度或时间而达不到的判为不合格。`,
        `Soaking in chlorine: ${required.mgPerLitre} mg/L or more, under it for ${required.minutes} minutes or more; what states less has failed.`,
      ),
    ],
  })
}

const method = (fields: Said): Words | null => said(textIn(fields['method'] ?? fields['how']))
const product = (fields: Said): Words | null => said(textIn(fields['product']))
const said = (text: string | null): Words | null => (text === null ? null : both(text))

function soakOf({ entry, at, data }: Line): Soak {
  const fields = saidIn(data['fields'])
  const [strong, long] = [concentrationIn(fields), soakedFor(fields)]
  const isShort = strong !== null && (strong < required.mgPerLitre || (long !== null && long < required.minutes))
  return {
    at,
    equipment: equipmentIn({ ...entry, data }) ?? '',
    by: entry.by,
    fields,
    verdict: data['verdict'] === 'passed' && !isShort ? 'good' : 'bad',
  }
}
