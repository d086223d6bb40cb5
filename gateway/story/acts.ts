import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { PointId } from '../../protocols/contract/reading.ts'
import { later } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { readCsv } from '../cli/csv.ts'
import { noTime, readJsonLines, timeIn } from './lines.ts'
import type { StoryReport } from './lines.ts'
import type { Act, Expected, Line } from './story.ts'

const columns = ['timestamp', 'point', 'value', 'quality', 'arrived'] as const
type Column = (typeof columns)[number]

/**
 * `readings.csv`: `timestamp,point,value`, and where needed `quality` (`good`, `uncertain`, `bad`) and `arrived`, when the gateway got
 * it. Without `arrived` a reading arrives at its own time, or with the one above it where that was later: a backlog.
 */
export async function readActs(folder: string, report: StoryReport): Promise<readonly Act[]> {
  const file = join(folder, 'readings.csv')
  if (!existsSync(file)) return []
  const acts: Act[] = []
  let places: ReadonlyMap<Column, number> | undefined
  let now = Number.NEGATIVE_INFINITY as Instant
  for await (const { line, cells } of readCsv(file, ',')) {
    const at: Line = { file, line }
    if (!places) {
      places = placesOf(cells, at, report)
      if (!places) return []
      continue
    }
    const cell = (column: Column): string => cells[places?.get(column) ?? -1]?.trim() ?? ''
    const taken = timeIn(cell('timestamp'))
    const arrived = cell('arrived') === '' ? taken : timeIn(cell('arrived'))
    if (taken === undefined || arrived === undefined) {
      const { wrong, write } = noTime(taken === undefined ? cell('timestamp') : cell('arrived'))
      report.wrong(at, wrong, write)
      continue
    }
    now = later(now, arrived)
    const act = readingOf(cell, at, report)
    if (act) acts.push({ ...act, at: now, taken, line: at })
  }
  return acts
}

function placesOf(header: readonly string[], at: Line, report: StoryReport): ReadonlyMap<Column, number> | undefined {
  const names = header.map(name => name.trim())
  const unknown = names.filter(name => !columns.some(column => column === name))
  const missing = columns.slice(0, 3).filter(column => !names.includes(column))
  if (unknown.length === 0 && missing.length === 0) {
    return new Map(columns.flatMap(column => (names.includes(column) ? [[column, names.indexOf(column)] as const] : [])))
  }
  return report.wrong(
    at,
    { zh: `列名不对：${[...missing, ...unknown].join('、')}`, en: `wrong columns: ${[...missing, ...unknown].join(', ')}` },
    {
      zh: '第一行写 timestamp,point,value[,quality][,arrived]',
      en: 'let the first line be timestamp,point,value[,quality][,arrived]',
    },
  )
}

type Said =
  Omit<Extract<Act, { do: 'reads' }>, 'at' | 'taken' | 'line'> | Omit<Extract<Act, { do: 'fails' }>, 'at' | 'taken' | 'line'>

function readingOf(cell: (column: Column) => string, at: Line, report: StoryReport): Said | undefined {
  const point = cell('point') as PointId
  const quality = cell('quality') === '' ? 'good' : cell('quality')
  if (quality !== 'good' && quality !== 'uncertain' && quality !== 'bad') {
    return report.wrong(
      at,
      { zh: `质量“${quality}”不认识`, en: `quality "${quality}" is unknown` },
      { zh: '写 good、uncertain 或 bad', en: 'write good, uncertain or bad' },
    )
  }
  if (quality === 'bad' || cell('value') === '') return { do: 'fails', point }
  const value = Number(cell('value'))
  if (Number.isFinite(value)) return { do: 'reads', point, value, quality }
  return report.wrong(
    at,
    { zh: `“${cell('value')}”不是数`, en: `"${cell('value')}" is no number` },
    { zh: '写一个数；读不到就留空', en: 'write a number, or nothing where it could not be read' },
  )
}

/**
 * `people.ndjson`: `{"at", "by", "record": "dosing", "equipment", "verdict", "fields"}` (and `entered`, where it was written down later), or
 * `{"at", "by", "acknowledge": RULE, "comment"}`.
 */
export async function readPeople(folder: string, report: StoryReport): Promise<readonly Act[]> {
  const lines = await readJsonLines(join(folder, 'people.ndjson'), report)
  return lines.flatMap(line => personActs(line, report) ?? [])
}

function personActs({ line, fields }: Expected, report: StoryReport): Act | undefined {
  const { at: when, entered, by, record, equipment, verdict = 'passed', fields: said = {}, acknowledge, comment = '' } = fields
  const at = timeIn(when)
  const enteredAt = entered === undefined ? at : timeIn(entered)
  if (at === undefined || enteredAt === undefined) {
    const { wrong, write } = noTime(at === undefined ? when : entered)
    return report.wrong(line, wrong, write)
  }
  const who = typeof by === 'string' ? by : 'somebody'
  if (typeof acknowledge === 'string') {
    return { do: 'acknowledges', at: enteredAt, line, rule: acknowledge, by: who, comment: String(comment) }
  }
  const isVerdict = verdict === 'passed' || verdict === 'failed'
  if (typeof record === 'string' && typeof equipment === 'string' && isVerdict && isFields(said)) {
    return { do: 'records', at: enteredAt, line, record: { kind: record, equipment, at, by: who, verdict, fields: said } }
  }
  return report.wrong(
    line,
    { zh: '看不懂这个人做了什么', en: 'what this person did is not clear' },
    {
      zh: '写 {"at", "by", "record": "dosing", "equipment": "tank-1", "fields": {…}} 或 {"at", "by", "acknowledge": 规则}',
      en: 'write {"at", "by", "record": "dosing", "equipment": "tank-1", "fields": {…}} or {"at", "by", "acknowledge": RULE}',
    },
  )
}

const isFields = (raw: unknown): raw is Readonly<Record<string, string | number | boolean>> =>
  typeof raw === 'object' &&
  raw !== null &&
  !Array.isArray(raw) &&
  Object.values(raw).every(value => ['string', 'number', 'boolean'].includes(typeof value))
