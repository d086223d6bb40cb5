import type { Words } from '../../../protocols/contract/driver.ts'
import { minutes } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { RoundRoute } from '../../rounds/route.ts'
import type { Point } from '../../site/site.ts'
import type { LogSection } from '../document.ts'
import { endOf } from '../source.ts'
import { both, joined, listIn, numberIn, saidIn, say, textIn, textsIn, timeIn, wordsIn } from './cells.ts'
import { shown } from './lines.ts'
import type { Line } from './lines.ts'
import { equipmentIn } from './names.ts'
import type { Desk } from './paper.ts'
import { count, length, section, text, time, verdict } from './section.ts'
import { stepsOf } from './steps.ts'

const routeOf = ({ source }: Desk, id: string | undefined): RoundRoute | undefined =>
  source.site.rounds.find(route => route.id === id)

/** A walk as its entry has it: whole, or missed. */
const walkKinds = ['round.completed', 'round.missed'] as const
const isMissed = ({ entry }: Line): boolean => entry.kind === 'round.missed'

/** 巡查路线完成情况: one line for each walk. */
export function walksSection(desk: Desk): LogSection {
  const { names, lines, question } = desk
  const began = ({ data, at }: Line): Instant => timeIn(data['beganAt']) ?? at
  const passed = ({ data }: Line): readonly unknown[] => listIn(data['passed'])
  return section<Line>({
    id: 'walks',
    title: say('巡查完成情况', 'Walks'),
    columns: [
      text('route', '路线', 'Route', ({ entry }) => routeOf(desk, entry.about)?.name ?? both(entry.about ?? ''), 20),
      text('by', '巡查人', 'By', line => peopleOf(desk, line)),
      time('began', '开始', 'Began', began),
      time('ended', '结束', 'Ended', line => (isMissed(line) ? null : line.at)),
      length('length', '用时', 'Took', line => (isMissed(line) ? null : line.at - began(line))),
      length('within', '规定用时', 'Allowed', ({ entry }) => routeOf(desk, entry.about)?.within ?? null),
      count('points', '到点', 'Points passed', line => new Set(passed(line).map(one => saidIn(one)['checkPoint'])).size),
      count('of', '应到', 'Of', line => allOf(desk, line)),
      text('missing', '未到', 'Not passed', ({ data }) => joined(listIn(data['missingNames']).map(wordsIn), '、', ', '), 20),
      count('defects', '发现问题', 'Found wrong', ({ data }) => numberIn(data['defects'])),
      text('times', '到点时间', 'Times', line => timesOf(desk, line), 36),
      verdict('verdict', '判定', 'Verdict', line => (isMissed(line) ? 'bad' : 'good')),
    ],
    *rows() {
      const isWanted = (entry: Line['entry']): boolean => names.wants(equipmentIn(entry) ?? '')
      for (const line of lines.of(walkKinds, question.from, question.to, isWanted)) {
        const row = shown(line, one => one, isMissed(line) ? 'bad' : undefined)
        const lateBy = (timeIn(line.data['receivedAt']) ?? line.at) - line.at
        const late = lateBy > minutes(10) ? say('手机离线，后来上传', 'from a phone that had no network') : null
        yield 'of' in row
          ? { ...row, remark: joined([row.remark, late, isMissed(line) ? say('没有按时走完', 'not finished in time') : null]) }
          : row
      }
    },
    whenEmpty: say('本期没有按路线巡查', 'No route was walked in this period'),
  })
}

function peopleOf({ names }: Desk, { entry, data }: Line): Words | null {
  const people = textsIn(data['people'])
  return people.length > 0
    ? joined(
        people.map(one => names.person(one)),
        '、',
        ', ',
      )
    : entry.by === 'system'
      ? null
      : names.person(entry.by)
}

function allOf(desk: Desk, { entry, data }: Line): number | null {
  const passed = new Set(listIn(data['passed']).map(one => saidIn(one)['checkPoint'])).size
  return entry.kind === 'round.completed'
    ? passed
    : passed + listIn(data['missing']).length || (routeOf(desk, entry.about)?.checkPoints.length ?? null)
}

function timesOf(desk: Desk, { entry, data }: Line): Words | null {
  const points = routeOf(desk, entry.about)?.checkPoints ?? []
  return joined(
    listIn(data['passed']).map(one => {
      const { checkPoint, at } = saidIn(one)
      const name = points.find(({ id }) => id === checkPoint)?.name ?? both(String(checkPoint))
      const when = desk.names.moment(timeIn(at) ?? entry.at).slice(11)
      return say(`${name.zh} ${when}`, `${name.en} ${when}`)
    }),
  )
}

/** 到点记录: one line for each check-point that was passed, with the phone's own time. */
export function pointsSection(desk: Desk): LogSection {
  const { names, lines, question } = desk
  return section<Line>({
    id: 'points',
    title: say('到点记录', 'Check-points passed'),
    columns: [
      time('at', '到点时间', 'Time', ({ at }) => at),
      text('route', '路线', 'Route', ({ entry }) => routeOf(desk, entry.about)?.name ?? both(entry.about ?? ''), 18),
      text('point', '巡查点', 'Check-point', ({ data }) => wordsIn(data['checkPointName']) ?? textIn(data['checkPoint'])),
      text('by', '巡查人', 'By', ({ entry }) => names.person(entry.by)),
      time('phone', '手机时间', "Phone's time", ({ data }) => timeIn(data['phoneAt'])),
      time('corrected', '校正后', 'Corrected', ({ data }) => timeIn(data['correctedAt'])),
      time('received', '收到时间', 'Received', ({ data }) => timeIn(data['receivedReal'])),
      verdict('verdict', '情况', 'Verdict', ({ data }) => (data['verdict'] === 'failed' ? 'bad' : 'good')),
      text('failed', '不符合项', 'Found wrong', ({ data }) => joined(listIn(data['failed']).map(wordsIn)), 24),
      text('note', '说明', 'Note', ({ data }) => textIn(data['note']), 20),
    ],
    *rows() {
      const isWanted = (entry: Line['entry']): boolean => names.wants(equipmentIn(entry) ?? '')
      for (const line of lines.of(['round.visited'], question.from, question.to, isWanted)) {
        const row = shown(line, one => one, line.data['verdict'] === 'failed' ? 'bad' : undefined)
        const offline = line.data['offline'] === true ? say('离线登记', 'without network') : null
        const wrong =
          timeIn(line.data['correctedAt']) === null
            ? null
            : say('手机时钟不准，已校正', "the phone's clock was wrong and was corrected")
        yield 'of' in row ? { ...row, remark: joined([row.remark, offline, wrong, photosIn(line)]) } : row
      }
    },
    whenEmpty: say('本期没有到点记录', 'No check-point was passed in this period'),
  })
}

const photosIn = ({ data }: Line): Words | null =>
  joined(textsIn(data['photos']).map(id => say(`照片 ${id.slice(0, 64)}`, `photo ${id.slice(0, 64)}`)))

interface Press {
  readonly at: Instant
  readonly point: Point
}
const buttons: ReadonlySet<string> = new Set([
  'patrol-point visits',
  'key-point visits',
  'monitoring-check checks',
  'grid-round rounds',
  'fire-exit checks',
  'server-room inspections',
])

/** 巡更按钮: what buttons and badges at the place itself counted. They do not know who pressed them. */
export function buttonsSection(desk: Desk): LogSection {
  const { names, source, question } = desk
  return section<Press>({
    id: 'buttons',
    title: say('巡更按钮记录', 'Buttons at the place'),
    columns: [
      time('at', '时间', 'Time', ({ at }) => at),
      text('place', '地点', 'Place', ({ point }) => names.place(point.equipment), 22),
      text('point', '信号', 'Signal', ({ point }) => point.name),
    ],
    *rows() {
      for (const { id, type } of source.site.equipment) {
        if (!names.wants(id)) continue
        for (const point of source.site.points)
          if (point.equipment === id && buttons.has(`${type} ${point.key}`))
            for (const at of stepsOf(source.past, point.id, question.from, endOf(source, question))) yield { of: { at, point } }
      }
    },
    whenEmpty: say('本期没有按钮记录', 'No button was pressed in this period'),
    notes: [
      say(
        '按钮只证明有人到过，不知道是谁；按地点排列。',
        'A button proves that somebody was there, not who; in the order of the places.',
      ),
    ],
  })
}

/** 检查登记 (PAT-3, FIR-3, SRV-2): inspections and rounds that people wrote down. */
export function inspectionsSection(desk: Desk): LogSection {
  const { names, lines, question } = desk
  return section<Line>({
    id: 'inspections',
    title: say('检查登记', 'Checks written down'),
    columns: [
      time('at', '检查时间', 'Time', ({ at }) => at),
      text('place', '地点或设备', 'Place', ({ entry }) => names.place(equipmentIn(entry) ?? ''), 20),
      text(
        'kind',
        '种类',
        'Kind',
        ({ entry }) => (entry.kind === 'record.round' ? say('巡查', 'round') : say('检查', 'check')),
        8,
      ),
      text('by', '检查人', 'By', ({ entry }) => names.person(entry.by)),
      verdict('verdict', '情况', 'Verdict', ({ data }) => (data['verdict'] === 'failed' ? 'bad' : 'good')),
      text('what', '内容', 'What', ({ data }) => whatOf(saidIn(data['fields'])), 36),
    ],
    *rows() {
      const isWanted = (entry: Line['entry']): boolean => entry.by !== 'system' && names.wants(equipmentIn(entry) ?? '')
      for (const line of lines.of(['record.inspection', 'record.round'], question.from, question.to, isWanted)) {
        const row = shown(line, one => one, line.data['verdict'] === 'failed' ? 'bad' : undefined)
        yield 'of' in row ? { ...row, remark: joined([row.remark, photosIn(line)]) } : row
      }
    },
    whenEmpty: say('本期没有检查登记', 'No check was written down in this period'),
  })
}

/** What stands in a record, in the order in which it was said; keys of ours are left out. */
function whatOf(fields: Readonly<Record<string, unknown>>): Words | null {
  const { checkPoint, found, what, note, point } = fields
  const told = [checkPoint, point, what, found, note].map(textIn).filter(part => part !== null)
  return told.length === 0 ? null : both(told.join('；'))
}
