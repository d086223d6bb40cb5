import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { LogSection } from '../document.ts'
import { endOf } from '../source.ts'
import { both, joined, saidIn, say, textIn, wordsIn } from './cells.ts'
import { Occurrences, titleIn } from './occurrences.ts'
import type { Occurrence } from './occurrences.ts'
import type { Desk } from './paper.ts'
import { length, section, text, time } from './section.ts'

/** What the rules of some clauses found not done, or not done in time: their alarms, with who answered and what they said. */
export function missedSection(desk: Desk, isOfClause: (clause: string, rule: string) => boolean, title: Words): LogSection {
  const { names, source, question } = desk
  return section<Occurrence>({
    id: 'missed',
    title,
    columns: [
      time('at', '发现时间', 'Found', ({ raisedAt }) => raisedAt),
      text('equipment', '地点', 'Place', ({ equipment }) => (equipment === null ? null : names.place(equipment)), 20),
      text('title', '内容', 'What', one => titleIn(one), 26),
      text('why', '说明', 'Why', ({ alarm }) => wordsIn(alarm['because']), 36),
      text('clause', '条款', 'Clause', ({ data }) => names.clause(textIn(data['clause']) ?? ''), 22),
      time('cleared', '补上或恢复', 'Made good', ({ clearedAt }) => clearedAt ?? null),
      length('length', '持续', 'Length', ({ since, clearedAt }) => (clearedAt ?? endOf(source, question)) - since),
      text('answer', '处理', 'Answer', one => answerOf(desk, one), 24),
    ],
    *rows() {
      for (const one of new Occurrences(desk).all()) {
        if ('lost' in one || one.raisedAt < question.from) continue
        if (!isOfClause(textIn(one.data['clause']) ?? '', one.rule) || one.data['kind'] === 'stale') continue
        const remark = one.clearedAt === undefined ? say('尚未补上', 'not made good yet') : null
        yield { of: one, entries: one.entries, remark, tone: 'bad' }
      }
    },
    whenEmpty: say('本期没有遗漏', 'Nothing was missed in this period'),
  })
}

/** 王芳 08:31：已补巡 */
function answerOf({ names }: Desk, { events }: Occurrence): Words | null {
  return joined(
    events.flatMap(({ kind, by, at, data }): Words[] => {
      if (kind !== 'alarm.acknowledged' && kind !== 'alarm.confirmed') return []
      const alarm = saidIn(data['alarm'])
      const own = saidIn(kind === 'alarm.acknowledged' ? alarm['acknowledged'] : alarm['confirmed'])
      const text = textIn(own['comment']) ?? textIn(own['action']) ?? ''
      const [who, when] = [names.person(by), momentOf(names, at)]
      const words = both(text)
      return [
        say(`${who.zh} ${when}${text === '' ? '' : `：${words.zh}`}`, `${who.en} ${when}${text === '' ? '' : `: ${words.en}`}`),
      ]
    }),
  )
}
const momentOf = (names: Desk['names'], at: Instant): string => names.moment(at).slice(5)
