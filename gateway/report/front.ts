import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { daysOf } from './period.ts'
import { dayText, offsetText, say, shareText, timeText } from './cell-text.ts'
import type { Reader } from './cell-text.ts'
import type { Basis } from '../policy/rule.ts'
import type { LogColumn, LogDocument, LogHead, LogSection } from './document.ts'
import type { Seal } from './seal.ts'

/** One line of the block above a log. */
export interface Fact {
  readonly label: string
  readonly text: string
}

/** What stands above a log, line by line, in one language. */
export function factsOf({ head }: LogDocument, { about }: Pick<Seal, 'about'>, reader: Reader): readonly Fact[] {
  const fact = (zh: string, en: string, text: string): Fact => ({ label: say({ zh, en }, reader), text })
  const { site, scope, clock, completeness, policies, remarks } = head
  const both = (words: Words): string => say(words, reader)
  const listed = reader.language === 'zh' ? '、' : ', '
  return [
    fact('单位', 'Site', `${both(site.name)} (${site.id})`),
    fact('时段', 'Period', periodText(head, reader)),
    fact('时区', 'Time zone', zoneText(head)),
    fact('范围', 'Scope', scope.length > 0 ? scope.map(both).join(listed) : say({ zh: '全部', en: 'everything' }, reader)),
    ...clock.map(words => fact('时钟', 'Clock', both(words))),
    ...(completeness === undefined ? [] : [fact('数据完整率', 'Completeness', shareText(completeness))]),
    ...(policies.length > 0
      ? [
          fact(
            '适用制度',
            'Rules in force',
            policies.map(({ id, version, name }) => `${name ? `${both(name)} ` : ''}${id} ${version}`).join(listed),
          ),
        ]
      : []),
    fact(
      '导出',
      'Exported',
      `${timeText(about.madeAt as Instant, reader.zone)} ${offsetText(about.madeAt as Instant, reader.zone)}, ${about.by}`,
    ),
    fact('导出编号', 'Export number', about.export),
    ...remarks.map(words => fact('备注', 'Remark', both(words))),
  ]
}

/** `2026-11-01 至 2026-11-30（30 天）` where whole days were asked for; else both times. */
export function periodText({ from, to, timeZone }: Pick<LogHead, 'from' | 'to' | 'timeZone'>, { language }: Reader): string {
  const to_ = language === 'zh' ? ' 至 ' : ' to '
  const isMidnight = (at: Instant): boolean => timeText(at, timeZone).endsWith(' 00:00')
  if (!isMidnight(from) || !isMidnight(to)) return `${timeText(from, timeZone)}${to_}${timeText(to, timeZone)}`
  const [first, last] = [dayText(from, timeZone), dayText((to - 1) as Instant, timeZone)]
  if (first === last) return first
  let count = 0
  for (const _ of daysOf(from, to, timeZone)) count += 1
  return language === 'zh' ? `${first} 至 ${last}（${count} 天）` : `${first} to ${last} (${count} days)`
}

function zoneText({ from, to, timeZone }: LogHead): string {
  const offsets = new Set([offsetText(from, timeZone), offsetText(to, timeZone)])
  return `${timeZone} (${[...offsets].join(' / ')})`
}

const text = (key: string, zh: string, en: string, width?: number): LogColumn => ({
  key,
  name: { zh, en },
  holds: 'text',
  ...(width === undefined ? {} : { width }),
})

const basisNames: Readonly<Record<Basis['kind'], Words>> = {
  'house-rule': { zh: '本单位制度', en: 'house rule' },
  standard: { zh: '标准', en: 'standard' },
  design: { zh: '设计值', en: 'design' },
}
const both = ({ zh, en }: Words, ...more: readonly Words[]): Words => ({
  zh: [zh, ...more.map(one => one.zh)].join(''),
  en: [en, ...more.map(one => one.en)].join(''),
})
const plain = (same: string): Words => ({ zh: same, en: same })

function basisText({ kind, source, verified }: Basis): Words {
  const unchecked: Words = verified ? plain('') : { zh: '（未核对原文）', en: ' (text not checked)' }
  return both(basisNames[kind], { zh: '：', en: ': ' }, source, unchecked)
}

/** The limits as a table like every other one; none where the log has no limits. */
export function limitsSection({ limits }: LogHead): LogSection | undefined {
  if (limits.length === 0) return undefined
  const changed = limits.some(({ from, to }) => from !== undefined || to !== undefined)
  return {
    id: 'limits',
    title: { zh: '限值与依据', en: 'Limits and what they rest on' },
    columns: [
      text('equipment', '设备', 'Equipment'),
      text('point', '测点', 'Point'),
      { key: 'min', name: { zh: '下限', en: 'Min' }, holds: 'number' },
      { key: 'max', name: { zh: '上限', en: 'Max' }, holds: 'number' },
      text('unit', '单位', 'Unit', 6),
      text('clause', '条款', 'Clause'),
      text('basis', '依据', 'Basis'),
      text('policy', '制度版本', 'Version'),
      ...(changed
        ? [
            { key: 'from', name: { zh: '起', en: 'From' }, holds: 'time' } as const,
            { key: 'to', name: { zh: '止', en: 'Until' }, holds: 'time' } as const,
          ]
        : []),
    ],
    *rows() {
      for (const { equipment, point, min, max, unit, clause, title, basis, policy, from, to } of limits)
        yield {
          cells: [
            equipment,
            point,
            min ?? null,
            max ?? null,
            unit,
            both(plain(clause === '' ? '' : `${clause} `), title),
            basisText(basis),
            `${policy.id} ${policy.version}`,
            ...(changed ? [from ?? null, to ?? null] : []),
          ],
        }
    },
    whenEmpty: plain(''),
  }
}

/** The sensors as a table; one that is due is marked. */
export function sensorsSection({ sensors }: LogHead): LogSection | undefined {
  if (sensors.length === 0) return undefined
  return {
    id: 'sensors',
    title: { zh: '传感器与校准', en: 'Sensors and calibration' },
    columns: [
      text('equipment', '设备', 'Equipment'),
      text('point', '测点', 'Point'),
      text('serial', '编号', 'Serial number'),
      { key: 'calibrated', name: { zh: '校准日期', en: 'Calibrated' }, holds: 'day' },
      { key: 'due', name: { zh: '有效期至', en: 'Due' }, holds: 'day' },
      text('state', '状态', 'State', 16),
    ],
    *rows() {
      for (const { equipment, point, serial, calibratedAt, dueAt, isDue } of sensors)
        yield {
          cells: [equipment, point, serial ?? null, calibratedAt ?? null, dueAt ?? null, stateOf(isDue, calibratedAt)],
          ...(isDue ? { tone: 'bad' as const } : {}),
        }
    },
    whenEmpty: plain(''),
  }
}

function stateOf(isDue: boolean, calibratedAt: Instant | undefined): Words {
  if (!isDue) return { zh: '有效', en: 'valid' }
  return calibratedAt === undefined ? { zh: '没有校准记录', en: 'no calibration on record' } : { zh: '已过期', en: 'overdue' }
}

/** Everything of a log that is a table, in the order of the sheet. */
export const tablesOf = ({ head, sections }: LogDocument): readonly LogSection[] => [
  ...[limitsSection(head), sensorsSection(head)].filter(section => section !== undefined),
  ...sections,
]
