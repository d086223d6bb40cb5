import type { Words } from '../../../protocols/contract/driver.ts'
import { instant } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { LogSection } from '../document.ts'
import { both, joined, listIn, numberIn, saidIn, say, textIn, textsIn, timeIn, wordsIn } from './cells.ts'
import type { Said } from './cells.ts'
import type { Desk } from './paper.ts'
import { count, section, text, time, verdict } from './section.ts'

const kinds = ['opened', 'answered', 'assigned', 'acted', 'verified', 'rejected', 'told', 'closed', 'commented', 'cancelled'].map(
  step => `case.${step}`,
)

interface Told {
  readonly id: string
  /** The whole of it as it last stood. */
  readonly whole: Said
  readonly entries: readonly number[]
}

/** 报修跟踪 (DUT-3, GAS-9): every case with which something was done in the period, as it stood at its end or later. */
export function casesSection(desk: Desk): LogSection {
  const { names } = desk
  const at =
    (step: string) =>
    ({ whole }: Told): Instant | null =>
      timeIn(saidIn(whole[step])['at'])
  const signed =
    (step: string, field: string) =>
    (told: Told): Words | null => {
      const said = saidIn(told.whole[step])
      const [by, words] = [textIn(said['by']), textIn(said[field])]
      return by === null ? null : joined([words === null ? null : both(words), bracketed(names.person(by))], '', ' ')
    }
  return section<Told>({
    id: 'cases',
    title: say('报修与处理跟踪', 'Repairs and their follow-up'),
    columns: [
      text('id', '编号', 'No.', ({ id }) => id, 7),
      time('opened', '报修时间', 'Reported', ({ whole }) => timeIn(whole['openedAt'])),
      text('what', '内容', 'What', ({ whole }) => wordsIn(whole['what']), 26),
      text('place', '地点或设备', 'Place', ({ whole }) => placeOf(desk, whole), 18),
      text('reporter', '报修人', 'Reported by', ({ whole }) => reporterOf(desk, whole)),
      text('alarm', '报警编号', 'Alarm', ({ whole }) => textIn(whole['alarm']), 8),
      time('answered', '答复时间', 'Answered', at('answered')),
      text('answer', '答复内容', 'Answer', signed('answered', 'said'), 20),
      text('assigned', '派给', 'Given to', ({ whole }) => wordsIn(saidIn(whole['assigned'])['name'])),
      text(
        'done',
        '处理情况',
        'What was done',
        ({ whole }) => joined(listIn(whole['actions']).map(action => actionOf(desk, saidIn(action)))),
        30,
      ),
      count('photos', '照片', 'Photos', ({ whole }) => photosOf(whole).length),
      text('verified', '核实', 'Verified', signed('verified', 'note'), 16),
      time('closed', '办结时间', 'Closed', told => at('closed')(told) ?? at('cancelled')(told)),
      verdict('verdict', '是否按期', 'In time', told => inTimeOf(desk, told)),
    ],
    *rows() {
      for (const told of casesOf(desk)) {
        const state = inTimeOf(desk, told)
        const cancelled = saidIn(told.whole['cancelled'])
        const why = textIn(cancelled['reason'])
        const remark = joined([
          why === null ? null : say(`撤销：${why}`, `cancelled: ${why}`),
          ...photosOf(told.whole).map(id => say(`照片 ${id.slice(0, 64)}`, `photo ${id.slice(0, 64)}`)),
        ])
        yield { of: told, entries: told.entries, remark, ...(state === 'bad' ? { tone: 'bad' } : {}) }
      }
    },
    whenEmpty: say('本期没有报修', 'There was no case in this period'),
    notes: [
      say(
        '按期：24 小时内答复报修人，七天内办结。照片以 SHA-256 标明。',
        'In time: the reporter answered within 24 hours, closed within seven days. Photos are named by their SHA-256.',
      ),
    ],
  })
}

function casesOf({ source, question, names }: Desk): readonly Told[] {
  const found = new Map<string, Told>()
  for (const { seq, data, about } of source.past.entries(kinds, question.from, question.to)) {
    const id = textIn(data['case']) ?? about ?? ''
    const whole = saidIn(data['whole'])
    if (!names.wantsPlace(textIn(whole['equipment']), textIn(whole['area']))) continue
    found.set(id, { id, whole, entries: [...(found.get(id)?.entries ?? []), seq] })
  }
  return [...found.values()].toSorted((a, b) => (numberIn(a.whole['openedAt']) ?? 0) - (numberIn(b.whole['openedAt']) ?? 0))
}

const bracketed = (who: Words): Words => say(`（${who.zh}）`, `(${who.en})`)

function placeOf({ names }: Desk, { equipment, area, place }: Said): Words | null {
  const [id, part, said] = [textIn(equipment), textIn(area), textIn(place)]
  return joined(
    [id === null ? (part === null ? null : names.area(part)) : names.place(id), said === null ? null : both(said)],
    ' · ',
    ' · ',
  )
}

function reporterOf({ names }: Desk, { reporter, openedBy, alarm }: Said): Words | null {
  const name = textIn(saidIn(reporter)['name'])
  if (name !== null) return both(name)
  if (textIn(alarm) !== null) return say('报警', 'alarm')
  const by = textIn(openedBy)
  return by === null ? null : names.person(by)
}

function actionOf({ names }: Desk, { what, by, at, parts }: Said): Words | null {
  const [said, who, when] = [textIn(what), textIn(by), timeIn(at)]
  if (said === null) return null
  const used = listIn(parts).map(part => `${String(saidIn(part)['name'])}×${String(saidIn(part)['count'])}`)
  const items = used.length === 0 ? '' : `［${used.join('、')}］`
  const name = names.person(who ?? '')
  const moment = names.moment(when ?? instant(0))
  return say(`${said}${items}（${name.zh} ${moment}）`, `${said}${items} (${name.en} ${moment})`)
}

const photosOf = ({ photos, actions }: Said): readonly string[] => [
  ...new Set([...textsIn(photos), ...listIn(actions).flatMap(action => textsIn(saidIn(action)['photos']))]),
]

function inTimeOf({ source }: Desk, { whole }: Told): 'good' | 'bad' | Words {
  if (saidIn(whole['cancelled'])['at'] !== undefined) return say('已撤销', 'cancelled')
  const end = source.now
  const answered = timeIn(saidIn(whole['answered'])['at']) ?? timeIn(saidIn(whole['told'])['at'])
  const closed = timeIn(saidIn(whole['closed'])['at'])
  const [answerBy, closeBy] = [timeIn(whole['answerBy']), timeIn(whole['closeBy'])]
  const isLate = (done: number | null, by: number | null): boolean => by !== null && (done ?? end) > by
  if (isLate(answered, answerBy) || isLate(closed, closeBy)) return 'bad'
  return closed === null ? say('办理中', 'under way') : 'good'
}
