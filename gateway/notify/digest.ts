import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Alarm } from '../alarm/alarm.ts'
import { priorities } from '../policy/rule.ts'
import type { Priority } from '../policy/rule.ts'
import type { Pending } from './call.ts'
import { clockWords, lines, priorityWords, say } from './wording.ts'
import type { Text } from './wording.ts'

export interface DigestLine {
  readonly alarm: Alarm
  readonly occasions: readonly Pending['occasion'][]
  /** What happened; where its own words cannot be made, the plain ones. */
  readonly sentence: Words
  readonly area?: Words
  /** Gas, smoke: before everything else, whatever its priority. */
  readonly lifeSafety: boolean
}

export type DigestReason = 'flood' | 'flood-over' | 'late'

/** How many are told with their sentence. */
export const mostSentences = 5

const urgencyOf = ({ alarm: { priority, active }, lifeSafety }: DigestLine): number =>
  (lifeSafety ? priorities.length * 2 : 0) + priorities.indexOf(priority) * 2 + (active ? 1 : 0)

/** One message in place of many: how many of which kind and where, the most urgent in full; none is lost, all are named by their ids. */
export function digestText(all: readonly DigestLine[], reason: DigestReason, at: Instant, zone: string): Text {
  const inOrder = all.toSorted((a, b) => urgencyOf(b) - urgencyOf(a) || a.alarm.raisedAt - b.alarm.raisedAt)
  const shown = inOrder.slice(0, mostSentences)
  const rest = inOrder.length - shown.length
  return {
    title: titleOf(all, reason),
    text: lines([
      introduction[reason],
      all.length === 0 ? undefined : counted(all),
      placed(all),
      ...shown.map(line => sentenceLine(line, at, zone)),
      rest > 0 ? say(`其余 ${rest} 条请看页面。`, `${rest} more on the page.`) : undefined,
    ]),
  }
}

const introduction: Readonly<Record<DigestReason, Words>> = {
  flood: {
    zh: '短时间内报警很多，已合并成一条，之后每分钟最多一条。',
    en: 'Many alarms at once: put together here, and at most one such message a minute from now on.',
  },
  'flood-over': { zh: '报警已平息，恢复逐条通知。', en: 'The flood of alarms is over; alarms are told one by one again.' },
  late: {
    zh: '设备断线期间的数据补传后才发现，发生在过去：',
    en: 'Found late, in data that came after a line was back; these happened in the past:',
  },
}

function titleOf(all: readonly DigestLine[], reason: DigestReason): Words {
  const count = all.length
  if (reason === 'late') return say(`补报 ${count} 条报警`, `${count} ${count === 1 ? 'alarm' : 'alarms'} found late`)
  const urgent = all.filter(({ alarm }) => alarm.priority === 'high').length
  const over = reason === 'flood-over'
  if (count === 0) return say('报警已平息', 'The flood of alarms is over')
  const high = urgent > 0 ? say(`，严重 ${urgent} 条`, `, ${urgent} high`) : say('', '')
  return over
    ? say(`报警已平息：另有 ${count} 条${high.zh}`, `Flood over: ${count} more${high.en}`)
    : say(`报警 ${count} 条${high.zh}`, `${count} alarms${high.en}`)
}

function counted(all: readonly DigestLine[]): Words {
  const by = Map.groupBy(all, ({ alarm }) => alarm.priority)
  const parts = priorities.toReversed().flatMap((priority: Priority) => {
    const count = by.get(priority)?.length ?? 0
    return count === 0 ? [] : [{ words: priorityWords[priority], count }]
  })
  const standing = all.filter(({ alarm }) => alarm.active).length
  return say(
    `共 ${all.length} 条：${parts.map(({ words, count }) => `${words.zh} ${count}`).join('，')}；仍在报警 ${standing} 条。`,
    `${all.length} in all: ${parts.map(({ words, count }) => `${words.en.toLowerCase()} ${count}`).join(', ')}; ${standing} still standing.`,
  )
}

function placed(all: readonly DigestLine[]): Words | undefined {
  const areas = [...Map.groupBy(all, ({ area }) => area?.zh ?? '').values()]
    .flatMap(some => (some[0]?.area ? [{ area: some[0].area, count: some.length }] : []))
    .toSorted((a, b) => b.count - a.count)
  if (areas.length === 0) return undefined
  const shown = areas.slice(0, 8)
  const more = areas.length - shown.length
  return say(
    `区域：${shown.map(({ area, count }) => `${area.zh} ${count}`).join('，')}${more > 0 ? `，另有 ${more} 个区域` : ''}。`,
    `Areas: ${shown.map(({ area, count }) => `${area.en} ${count}`).join(', ')}${more > 0 ? `, and ${more} more` : ''}.`,
  )
}

const occasionWords: Readonly<Record<Pending['occasion'], Words | undefined>> = {
  raised: undefined,
  cleared: say('已恢复', 'back to normal'),
  escalated: say('无人应答', 'unanswered'),
  answered: say('已有人处理', 'answered'),
}

function sentenceLine({ alarm, occasions, sentence }: DigestLine, at: Instant, zone: string): Words {
  const since = clockWords(alarm.since, at, zone)
  const priority = priorityWords[alarm.priority]
  const notes = [...new Set(occasions)].flatMap(occasion => occasionWords[occasion] ?? [])
  const note = say(notes.map(({ zh }) => `，${zh}`).join(''), notes.map(({ en }) => `, ${en}`).join(''))
  return say(
    `· 【${priority.zh}】${sentence.zh}（${since.zh} 起${note.zh}）`,
    `· [${priority.en}] ${sentence.en} (since ${since.en}${note.en})`,
  )
}
