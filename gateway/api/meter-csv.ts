import type { Words } from '../../protocols/contract/driver.ts'
import { guarded } from '../report/forms/csv.ts'
import type { WireMeterRow, WireMeterSheet } from './wire-meters.ts'

type Language = 'zh' | 'en'

const titles: readonly Words[] = [
  { zh: '区域', en: 'Area' },
  { zh: '表', en: 'Meter' },
  { zh: '表号', en: 'Number' },
  { zh: '条款', en: 'Clause' },
  { zh: '上次读数时间', en: 'Last read at' },
  { zh: '上次读数 (m³)', en: 'Last reading (m³)' },
  { zh: '本次读数时间', en: 'Read at' },
  { zh: '本次读数 (m³)', en: 'Reading (m³)' },
  { zh: '用量 (m³)', en: 'Used (m³)' },
  { zh: '疑点', en: 'Suspect' },
  { zh: '状态', en: 'State' },
  { zh: '抄表员', en: 'Read by' },
  { zh: '原因', en: 'Why' },
]
const states: Readonly<Record<WireMeterRow['state'], Words>> = {
  wire: { zh: '远传', en: 'by wire' },
  hand: { zh: '人工抄表', en: 'by hand' },
  photo: { zh: '人工抄表，有照片', en: 'by hand, with a photo' },
  late: { zh: '过期才抄', en: 'read late' },
  missing: { zh: '未抄', en: 'not read' },
  'not-begun': { zh: '未到抄表日', en: 'not yet due' },
}
const marks: Readonly<Record<NonNullable<WireMeterRow['mark']>, Words>> = {
  fell: { zh: '读数变小', en: 'it fell' },
  impossible: { zh: '超过表的最大流量', en: 'more than the meter lets through' },
  jump: { zh: '用量突增', en: 'far more than before' },
  stands: { zh: '没有走字', en: 'it stands' },
}

/** UTF-8 with a byte order mark, CRLF, RFC 4180; what a spreadsheet would take for a formula stays text. */
export function sheetText({ items }: WireMeterSheet, areas: ReadonlyMap<string, Words>, language: Language): string {
  const say = (words: Words | undefined): string => words?.[language] ?? ''
  const rows = items.map(({ area, name, serial, clause, last, now, used, mark, state, by, why }) => [
    say(areas.get(area)),
    say(name),
    serial,
    clause,
    last?.at ?? '',
    last?.value ?? '',
    now?.at ?? '',
    now?.value ?? '',
    used ?? '',
    mark === null ? '' : say(marks[mark]),
    say(states[state]),
    by ?? '',
    say(why),
  ])
  return `\uFEFF${[titles.map(say), ...rows].map(row => `${row.map(cell => quoted(guarded(String(cell)))).join(',')}\r\n`).join('')}`
}

const quoted = (field: string): string => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)
