import type { PointId } from '../../../protocols/contract/reading.ts'
import type { Words } from '../../../protocols/contract/driver.ts'
import { instant } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { bad, qualityOf } from '../../historian/rows.ts'
import type { Entry } from '../../journal/entry.ts'
import type { LogSection } from '../document.ts'
import { endOf } from '../source.ts'
import { both, joined, numberIn, rounded, saidIn, say, textIn, timeIn, wordsIn } from './cells.ts'
import type { Said } from './cells.ts'
import { goneOf } from './lines.ts'
import { equipmentIn } from './names.ts'
import { limitIn, Occurrences, titleIn } from './occurrences.ts'
import type { Occurrence, Told } from './occurrences.ts'
import type { Desk } from './paper.ts'
import { length, section, text, time } from './section.ts'
import type { Shown, Stub } from './section.ts'

export const priorityWords: Readonly<Record<string, Words>> = {
  high: say('紧急', 'high'),
  medium: say('重要', 'medium'),
  low: say('一般', 'low'),
  advisory: say('提示', 'advisory'),
}

/** 报警记录: one line for each time an alarm came. */
export function alarmsSection(desk: Desk): LogSection {
  const { names, source, question } = desk
  const occurrences = new Occurrences(desk)
  const eventOf = ({ events }: Occurrence, kind: string): Entry | undefined => events.findLast(one => one.kind === kind)
  const answer = (one: Occurrence): Entry | undefined => one.events.find(({ kind }) => kind === 'alarm.acknowledged')
  const done = (one: Occurrence): Entry | undefined => eventOf(one, 'alarm.confirmed')
  return section<Occurrence>({
    id: 'alarms',
    title: say('报警经过', 'Alarms'),
    columns: [
      text(
        'id',
        '编号',
        'No.',
        ({ id, alarm }) => `${id}${(numberIn(alarm['times']) ?? 1) > 1 ? `/${numberIn(alarm['times'])}` : ''}`,
        8,
      ),
      time('raised', '报警时间', 'Raised', ({ raisedAt }) => raisedAt),
      time('cleared', '恢复时间', 'Cleared', ({ clearedAt }) => clearedAt ?? null),
      length('length', '持续', 'Length', ({ since, clearedAt }) => (clearedAt ?? endOf(source, question)) - since),
      text('equipment', '设备', 'Equipment', ({ equipment }) => (equipment === null ? null : names.place(equipment)), 18),
      text('title', '报警内容', 'What', one => joined([titleIn(one), wordsIn(one.alarm['because'])], '：', ': '), 30),
      text('priority', '级别', 'Priority', ({ alarm }) => priorityWords[textIn(alarm['priority']) ?? ''] ?? null, 8),
      text('clause', '条款', 'Clause', ({ data }) => clauseIn(data), 20),
      text('limit', '限值', 'Limit', one => limitIn(one, unitOf(desk, one)), 10),
      text('extreme', '最严重值', 'Worst value', one => extremeOf(desk, one), 10),
      text('basis', '依据与规程版本', 'Basis and policy', ({ data }) => basisIn(data), 24),
      text('told', '通知了谁', 'Who was told', ({ told }) => joined(told.map(one => toldInWords(desk, one))), 30),
      time('answered', '确认时间', 'Acknowledged', one => answer(one)?.at ?? null),
      text('answeredBy', '确认人', 'By', one => byOf(desk, answer(one))),
      length('response', '响应用时', 'Response', one => responseOf(one)),
      text('done', '处理情况', 'What was done', one => joined([commentOf(answer(one)), doneOf(desk, done(one))]), 28),
    ],
    *rows() {
      for (const one of occurrences.all())
        yield 'lost' in one ? { gone: one.lost.at, entries: [one.lost.seq], remark: one.why } : rowOf(desk, one)
    },
    whenEmpty: say('本期没有报警', 'There was no alarm in this period'),
    notes: [
      say(
        '同一编号多次出现（如 A17/2）是报警未确认前又来。“持续”从超限开始算到恢复；期初还没恢复的也列出。依据注“未核”的，本产品没有对照标准原文。',
        'The same number again (A17/2): it came again before it was acknowledged. The length runs from the beginning of the breach. Those that stood when the period began are listed too. A basis that is not verified was not compared with the original text.',
      ),
    ],
  })
}

function rowOf(desk: Desk, one: Occurrence): Shown<Occurrence> {
  const { alarm, events, clearedAt, raisedAt } = one
  const remarks = [
    raisedAt < desk.question.from ? say('期初已在', 'stood when the period began') : null,
    alarm['found'] === 'late' ? say('事后从补传数据中发现', 'found afterwards in data that came late') : null,
    clearedAt === undefined ? say('尚未恢复', 'not over yet') : null,
    events.some(({ kind }) => kind === 'alarm.withdrawn') ? say('规则已从现场文件删除', 'its rule left the site file') : null,
    ...events.flatMap(event => silenceOf(desk, event) ?? []),
  ]
  const isUrgent = alarm['priority'] === 'high' || alarm['priority'] === 'medium'
  return { of: one, entries: one.entries, remark: joined(remarks), ...(isUrgent ? { tone: 'bad' } : {}) }
}

function clauseIn({ clause, clauseTitle }: Said): Words | null {
  const [id, title] = [textIn(clause), wordsIn(clauseTitle)]
  if (id === null) return null
  return title ? say(`${id} ${title.zh}`, `${id} ${title.en}`) : both(id)
}

function basisIn({ limitBasis, alarmBasis, policy }: Said): Words | null {
  const basis = saidIn(limitBasis ?? alarmBasis)
  const source = wordsIn(basis['source'])
  const unverified = basis['verified'] === false ? say('（未核）', ' (not verified)') : say('', '')
  const { id, version } = saidIn(policy)
  const pack = textIn(id) === null ? null : both(`${String(id)} ${String(version)}`)
  return joined([source && say(`${source.zh}${unverified.zh}`, `${source.en}${unverified.en}`), pack])
}

const unitOf = ({ source }: Desk, { data }: Occurrence): string =>
  source.site.points.find(({ id }) => id === data['point'])?.unit ?? ''

/** The furthest reading on the wrong side while it lasted; what was judged at the raise where readings are gone. */
function extremeOf(desk: Desk, one: Occurrence): string | null {
  const { source, question } = desk
  const { data, alarm, since, clearedAt } = one
  const op = textIn(saidIn(data['limit'])['op']) ?? textIn(saidIn(data['spec'])['op'])
  const judged = numberIn(alarm['value'])
  const point = source.site.points.find(({ id }) => id === data['point'])
  const sign = op?.startsWith('g') ? 1 : op?.startsWith('l') ? -1 : undefined
  let worst = judged
  if (point && sign !== undefined)
    for (const rows of source.past.columns(point.id as PointId, since, instant((clearedAt ?? endOf(source, question)) + 1)))
      for (let index = 0; index < rows.at.length; index++) {
        const value = rows.value[index] ?? Number.NaN
        if (qualityOf(rows.mark[index] ?? bad) !== bad && (worst === null || sign * value > sign * worst)) worst = value
      }
  if (worst === null) return null
  return `${rounded(worst, point?.decimals ?? 2)}${point && point.unit !== '' ? ` ${point.unit}` : ''}`
}

const outcomes: Readonly<Record<Told['outcome'], Words>> = {
  delivered: say('已送达', 'delivered'),
  failed: say('未送达', 'not delivered'),
  'not-needed': say('已无需', 'no longer needed'),
  waiting: say('等待发送', 'waiting'),
}

/** 王芳 短信 08:31 已送达 */
function toldInWords({ names }: Desk, { person, channel, deliveredAt, at, outcome, level }: Told): Words {
  const who = names.person(person)
  const how = channel === undefined ? '' : ` ${channel}`
  const when = names.moment(deliveredAt ?? at).slice(11)
  const up = level > 0 ? say(`（上报第 ${level} 级）`, ` (level ${level})`) : say('', '')
  return say(`${who.zh}${up.zh}${how} ${when} ${outcomes[outcome].zh}`, `${who.en}${up.en}${how} ${when} ${outcomes[outcome].en}`)
}

const byOf = ({ names }: Desk, entry: Entry | undefined): Words | null => (entry ? names.person(entry.by) : null)
const commentOf = (entry: Entry | undefined): Words | null => {
  const comment = textIn(entry?.data['comment']) ?? textIn(saidIn(saidIn(entry?.data['alarm'])['acknowledged'])['comment'])
  return comment === null ? null : both(comment)
}
function doneOf({ names }: Desk, entry: Entry | undefined): Words | null {
  const action = textIn(entry?.data['action']) ?? textIn(saidIn(saidIn(entry?.data['alarm'])['confirmed'])['action'])
  if (!entry || action === null) return null
  const who = names.person(entry.by)
  return say(`${action}（${who.zh} ${names.moment(entry.at)}）`, `${action} (${who.en} ${names.moment(entry.at)})`)
}

export function responseOf({ events, raisedAt }: Pick<Occurrence, 'events' | 'raisedAt'>): number | null {
  const answered = events.find(({ kind }) => kind === 'alarm.acknowledged')
  return answered ? answered.at - raisedAt : null
}

/** Why nobody was called for a while. */
function silenceOf({ names }: Desk, { kind, at, by, data }: Entry): Words | undefined {
  const alarm = saidIn(data['alarm'])
  const { reason } = saidIn(kind === 'alarm.shelved' ? alarm['shelved'] : alarm['outOfService'])
  const why = textIn(reason) ?? '—'
  const [who, when] = [names.person(by), names.moment(at)]
  if (kind === 'alarm.shelved') return say(`${when} ${who.zh} 搁置：${why}`, `${when} shelved by ${who.en}: ${why}`)
  if (kind === 'alarm.out-of-service')
    return say(`${when} ${who.zh} 停用报警：${why}`, `${when} taken out of service by ${who.en}: ${why}`)
  return kind === 'alarm.suppressed' ? say(`${when} 因上级原因不单独通知`, `${when} kept quiet by its cause`) : undefined
}

interface Silence {
  readonly what: Words
  readonly id: string
  readonly equipment: string | null
  readonly title: Words | null
  readonly from: Instant
  readonly until: Instant | null
  readonly ended: Instant | null
  readonly by: string
  readonly reason: string | null
  readonly second: string | null
}

const quiets = ['alarm.shelved', 'alarm.out-of-service', 'mode.began'] as const
const ends: Readonly<Record<string, string>> = {
  'alarm.shelved': 'alarm.unshelved',
  'alarm.out-of-service': 'alarm.returned-to-service',
  'mode.began': 'mode.ended',
}
const modes: Readonly<Record<string, Words>> = {
  defrost: say('除霜', 'defrost'),
  cleaning: say('清洗', 'cleaning'),
  maintenance: say('检修', 'maintenance'),
}

/** 报警搁置与停用: what people kept quiet, until when, and why. */
export function silencesSection(desk: Desk): LogSection {
  const { names, source, question } = desk
  return section<Silence>({
    id: 'silences',
    title: say('报警搁置、停用与作业方式', 'Kept quiet by people'),
    columns: [
      time('from', '开始', 'From', ({ from }) => from),
      text('what', '方式', 'How', ({ what }) => what, 12),
      text('equipment', '设备', 'Equipment', ({ equipment }) => (equipment === null ? null : names.place(equipment)), 18),
      text('id', '报警编号', 'Alarm', ({ id }) => id, 8),
      text('title', '报警内容', 'What', ({ title }) => title, 24),
      text('by', '批准人', 'By', ({ by }) => names.person(by)),
      text('second', '复核人', 'Second person', ({ second }) => (second === null ? null : names.person(second))),
      text('reason', '原因与替代措施', 'Reason, and what watches instead', ({ reason }) => reason, 28),
      time('until', '批准到', 'Until', ({ until }) => until),
      time('ended', '实际结束', 'Ended', ({ ended }) => ended),
    ],
    *rows() {
      for (const entry of source.past.entries(quiets, question.from, question.to)) {
        const why = goneOf(entry)
        const equipment = equipmentIn(entry) ?? (entry.kind === 'mode.began' ? (entry.about ?? null) : null)
        if (!names.isAll && !(equipment !== null && names.wants(equipment))) continue
        yield why ? ({ gone: entry.at, entries: [entry.seq], remark: why } satisfies Stub) : silenceRow(desk, entry, equipment)
      }
    },
    whenEmpty: say('本期没有搁置、停用报警', 'Nothing was kept quiet in this period'),
  })
}

function silenceRow({ source }: Desk, entry: Entry, equipment: string | null): Shown<Silence> {
  const { kind, at, by, seq, data, about = '' } = entry
  const alarm = saidIn(data['alarm'])
  const own = kind === 'mode.began' ? data : saidIn(kind === 'alarm.shelved' ? alarm['shelved'] : alarm['outOfService'])
  const mode = textIn(data['mode']) ?? ''
  const end = firstOf(
    source.past.about(about, seq),
    one => one.kind === ends[kind] && (kind !== 'mode.began' || one.data['mode'] === mode),
  )
  const what =
    kind === 'mode.began'
      ? (modes[mode] ?? both(mode))
      : kind === 'alarm.shelved'
        ? say('搁置', 'shelved')
        : say('停用报警', 'out of service')
  const reasons = [textIn(own['reason']), textIn(own['substitute'])].filter(part => part !== null)
  const silence = {
    what,
    id: kind === 'mode.began' ? '' : about,
    equipment,
    title: kind === 'mode.began' ? null : wordsIn(data['title']),
    from: timeIn(data['since']) ?? at,
    until: timeIn(own['until']),
    ended: timeIn(end?.data['ended']) ?? end?.at ?? null,
    by,
    reason: reasons.length === 0 ? null : reasons.join('；'),
    second: textIn(own['second']),
  }
  return { of: silence, entries: end ? [seq, end.seq] : [seq] }
}

function firstOf<T>(items: Iterable<T>, isIt: (item: T) => boolean): T | undefined {
  for (const item of items) if (isIt(item)) return item
  return undefined
}
