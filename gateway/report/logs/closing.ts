import type { Words } from '../../../protocols/contract/driver.ts'
import { instant } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { dayAt } from '../../policy/calendar-days.ts'
import { isOneOf, parseDays } from '../../policy/calendar.ts'
import type { LogDocument, LogSection } from '../document.ts'
import type { LogQuestion } from '../question.ts'
import type { LogSource } from '../source.ts'
import { both, joined, saidIn, say, textIn } from './cells.ts'
import { closingPlans, eveningsOf, stateAt } from './evenings.ts'
import type { Evening, Item, State } from './evenings.ts'
import { equipmentIn } from './names.ts'
import { Occurrences, titleIn } from './occurrences.ts'
import type { Occurrence } from './occurrences.ts'
import { deskOf, sheet } from './paper.ts'
import type { Desk } from './paper.ts'
import { section, text, time, verdict } from './section.ts'
import { stepsOf } from './steps.ts'
import { unwatched } from './watched.ts'

/** 收工检查记录 (CAN-11, PAT-5): each evening, what was off and shut, who looked, and what was left. */
export function closingLog(source: LogSource, question: LogQuestion): LogDocument {
  const desk = deskOf(source, question)
  return sheet('closing', desk, {
    title: say('收工检查记录', 'Closing checks'),
    sections: [closingSection(desk)],
    signatures: [say('检查人', 'Checked by'), say('主管', 'Supervisor')],
  })
}

interface Check {
  readonly at: Instant
  /** Absent: a button, which does not know who pressed it. */
  readonly by?: string
  readonly note?: string
  readonly isGood: boolean
  readonly entries: readonly number[]
}
interface Closed {
  readonly evening: Evening
  readonly states: ReadonlyMap<string, State>
  /** `undefined`: nobody has to look here. */
  readonly check: Check | 'missing' | undefined
  readonly left: readonly Occurrence[]
  readonly unwatched: Words | undefined
}

/** The columns of the paper form, by what a point is called. */
const items = [
  ['valve', say('燃气', 'Gas')],
  ['flow', say('用气', 'Gas used')],
  ['power', say('电', 'Power')],
  ['water', say('水', 'Water')],
  ['door', say('门', 'Door')],
  ['windows', say('门窗', 'Windows')],
] as const

function closingSection(desk: Desk): LogSection {
  const { names, source } = desk
  return section<Closed>({
    id: 'evenings',
    title: say('每日收工情况', 'Each evening'),
    columns: [
      time('closed', '收工时间', 'Closing time', ({ evening }) => evening.closed),
      text('place', '地点', 'Place', ({ evening }) => names.place(evening.plan.equipment), 20),
      ...items.map(([key, { zh, en }]) => verdict<Closed>(key, zh, en, ({ states }) => states.get(key) ?? null, 7)),
      time('checked', '检查时间', 'Checked', ({ check }) => (typeof check === 'object' ? check.at : null)),
      text('by', '检查人', 'By', ({ check }) =>
        typeof check !== 'object' ? null : check.by === undefined ? say('按钮', 'button') : names.person(check.by),
      ),
      verdict('verdict', '判定', 'Verdict', verdictOf),
      text('left', '遗留与处理', 'Left, and until when', ({ left }) => joined(left.map(one => leftInWords(desk, one))), 36),
    ],
    *rows() {
      const alarms = closingAlarms(desk)
      const checks = writtenChecks(desk)
      for (const plan of closingPlans(desk))
        for (const evening of eveningsOf(desk, plan)) {
          const { judged, closed, reopened } = evening
          const states = new Map<string, State>(plan.items.map(item => [item.point.key, stateOf(desk, item, judged)]))
          const left = alarms.filter(one => one.equipment === plan.equipment && one.raisedAt >= closed && one.raisedAt < reopened)
          const check = checkOf(desk, evening, checks)
          const one = { evening, states, check, left, unwatched: unwatched(source.past, closed, judged) }
          const seen = typeof check === 'object' ? check : undefined
          const entries = [...(seen?.entries ?? []), ...left.flatMap(alarm => alarm.entries)]
          const missing = check === 'missing' && !one.unwatched ? say('没有做收工检查', 'nobody checked') : null
          const state = verdictOf(one)
          const tone = state === 'bad' ? 'bad' : state === 'good' ? undefined : 'quiet'
          const remark = joined([missing, seen?.note === undefined ? null : both(seen.note)])
          yield { of: one, entries, remark, ...(tone ? { tone } : {}) }
        }
    },
    whenEmpty: say('本期没有收工检查的项目', 'Nothing is looked at when the day ends'),
    notes: [
      say(
        '各项是收工后宽限时间过完那一刻的读数；“遗留”是之后报过的警。没有读数的写“不明”，不算合格。',
        'Each item is what was read at the moment when the time to clear up was over; what was left is what alarmed after that. Without a reading it is not known, which is not good.',
      ),
    ],
  })
}

const stateOf = ({ source }: Desk, item: Item, at: Instant): State => stateAt(source.past, item, at)

function verdictOf({ states, check, left, unwatched: why }: Closed): State | Words {
  const all = [...states.values()]
  if (all.includes('bad') || left.length > 0) return 'bad'
  if (why) return why
  if (check === 'missing' || (typeof check === 'object' && !check.isGood)) return 'bad'
  return all.includes('unknown') ? 'unknown' : 'good'
}

/** 20:05 燃气总阀没关，20:41 恢复 */
function leftInWords({ names }: Desk, one: Occurrence): Words {
  const title = titleIn(one)
  const from = names.moment(one.raisedAt).slice(11)
  const to = one.clearedAt === undefined ? say('，尚未恢复', ', not over') : untilWords(names.moment(one.clearedAt).slice(5))
  return say(`${from} ${title.zh}${to.zh}`, `${from} ${title.en}${to.en}`)
}
const untilWords = (when: string): Words => say(`，${when} 恢复`, `, over ${when}`)

/** Few: what is left open at night is an alarm each time. */
function closingAlarms(desk: Desk): readonly Occurrence[] {
  const rules = new Set<string>(closingPlans(desk).flatMap(({ items: own }) => own.map(({ rule }) => rule.id)))
  const found: Occurrence[] = []
  for (const one of new Occurrences(desk).all()) if (!('lost' in one) && rules.has(one.rule)) found.push(one)
  return found
}

interface Written extends Check {
  readonly equipment: string
}
function writtenChecks({ lines, names, question }: Desk): readonly Written[] {
  const found: Written[] = []
  // What was checked before midnight may be written down for an evening that ends after the period, and the other way round.
  for (const { entry, at, data, entries } of lines.valid(['record.closing'], question.from, instant(question.to + 86_400_000))) {
    const equipment = equipmentIn({ ...entry, data }) ?? ''
    if (entry.by === 'system' || !names.wants(equipment)) continue
    const { what, note } = saidIn(data['fields'])
    const said = [textIn(what), textIn(note)].filter(part => part !== null).join('；')
    found.push({
      equipment,
      at,
      by: entry.by,
      isGood: data['verdict'] !== 'failed',
      entries,
      ...(said === '' ? {} : { note: said }),
    })
  }
  return found
}

/** The last look of the evening: what a person wrote down, else the button by the door. */
function checkOf({ source }: Desk, evening: Evening, checks: readonly Written[]): Closed['check'] {
  const { plan, opened, reopened } = evening
  const { site, past } = source
  const written = checks.findLast(({ equipment, at }) => equipment === plan.equipment && at >= opened && at < reopened)
  if (written) return written
  const button = site.points.find(({ equipment, key }) => equipment === plan.equipment && key === 'checks')
  const duty = site.rules.find(
    ({ equipment, kind, inputs }) =>
      equipment === plan.equipment && kind === 'due' && inputs?.some(({ point }) => point.endsWith('.record:closing')),
  )
  const pressed = button ? [...stepsOf(past, button.id, opened, reopened)].at(-1) : undefined
  if (pressed !== undefined) return { at: pressed, isGood: true, entries: [] }
  const isAsked =
    duty && isOneOf(site.calendar, parseDays(duty.settings['days'] ?? 'all') ?? 'all', dayAt(evening.closed, site.timeZone))
  return isAsked ? 'missing' : undefined
}
