import type { Binding, PreparedProblem } from '../contract/driver.ts'
import type { PointId } from '../contract/reading.ts'
import type { Scaling } from '../kit/number.ts'
import { SettingReader } from '../kit/settings.ts'
import { likeliest, namedAs, objectAt } from './names.ts'
import { parseOid } from './oid.ts'

/** What is made of the rows of a column. */
export const rowsWords = ['one', 'first', 'highest', 'lowest', 'sum', 'mean'] as const
export type Rows = (typeof rowsWords)[number]

export interface SnmpPoint extends Scaling {
  readonly point: PointId
  /** What is asked for; with `rows` the column, whose rows the agent says. */
  readonly oid: string
  readonly rows?: Rows
  /** What texts and codes mean. */
  readonly map?: ReadonlyMap<string, number>
  readonly sentinels: readonly number[]
  /** What stands behind the number in a text. */
  readonly suffix?: string
  /** Of a counter: how much it grows in a second. */
  readonly rate: boolean
}

export function parsePoint(binding: Binding, problems: PreparedProblem[]): SnmpPoint {
  const reader = new SettingReader(binding.settings, { point: binding.point }, problems)
  const { oid, scale, isColumn } = readOid(reader)
  const rows = readRows(reader, isColumn)
  const map = readMap(reader)
  const suffix = reader.text('suffix')
  const rate = reader.flag('rate', false)
  if (rate && (map || rows !== undefined || suffix !== undefined))
    reader.problem(
      ['rate'],
      {
        zh: 'rate 只用于单个计数器，不能和 map、rows、suffix 一起写',
        en: 'rate is of one counter, without map, rows and suffix',
      },
      { zh: '删去其中一个', en: 'remove one of them' },
      'bad-value',
    )
  const scaling = reader.scaling(binding)
  const point: SnmpPoint = {
    point: binding.point,
    oid,
    ...(rows !== undefined && { rows }),
    ...(map && { map }),
    sentinels: readSentinels(reader),
    ...(suffix !== undefined && { suffix }),
    rate,
    ...scaling,
    scale: reader.has('scale') ? scaling.scale : scale,
  }
  reader.done()
  return point
}

interface Place {
  readonly oid: string
  /** What the name promises; an OID is taken as it is sent. */
  readonly scale: number
  readonly isColumn: boolean
}

function readOid(reader: SettingReader): Place {
  const written = reader.requiredText('oid', 'upsEstimatedChargeRemaining')
  const nowhere: Place = { oid: '', scale: 1, isColumn: false }
  if (written === '') return nowhere
  const [, name = '', index] = /^([A-Za-z][A-Za-z0-9]*)((?:\.\d+)*)$/.exec(written.replace(/^[A-Z][A-Z0-9-]*-MIB::/, '')) ?? []
  if (name !== '') {
    const found = namedAs(name)
    if (found && index === '')
      return { oid: found.isColumn ? found.oid : `${found.oid}.0`, scale: found.scale, isColumn: found.isColumn }
    const oid = found && parseOid(`${found.oid}${index}`)
    if (found && oid !== undefined) return { oid, scale: found.scale, isColumn: false }
    const like = likeliest(name)
    reader.problem(
      ['oid'],
      { zh: `不认识名字 ${name.slice(0, 60)}`, en: `the name ${name.slice(0, 60)} is not known` },
      {
        zh: `${like.length > 0 ? `是 ${like.join('、')} 吗？` : ''}别的 MIB 请写数字 OID`,
        en: `${like.length > 0 ? `is it ${like.join(', ')}? ` : ''}objects of other MIBs are written as numbers`,
      },
      'bad-value',
    )
    return nowhere
  }
  const oid = parseOid(written)
  if (oid === undefined) {
    reader.problem(
      ['oid'],
      { zh: `${written.slice(0, 60)} 不是 OID`, en: `${written.slice(0, 60)} is no OID` },
      {
        zh: "例如 '1.3.6.1.2.1.33.1.2.4.0'（加引号），或 upsEstimatedChargeRemaining",
        en: "write for example '1.3.6.1.2.1.33.1.2.4.0' (in quotes), or upsEstimatedChargeRemaining",
      },
      'bad-value',
    )
    return nowhere
  }
  const object = objectAt(oid)
  if (object && !object.isColumn)
    reader.problem(
      ['oid'],
      { zh: `${oid} 少了末尾的 .0`, en: `${oid} lacks the .0 at its end` },
      { zh: `写 '${oid}.0' 或 ${object.name}`, en: `write '${oid}.0' or ${object.name}` },
      'bad-value',
    )
  return { oid, scale: 1, isColumn: object?.isColumn ?? false }
}

/** A column has no value of its own: its rows do. */
function readRows(reader: SettingReader, isColumn: boolean): Rows | undefined {
  const rows = reader.choice('rows', rowsWords, 'one')
  return reader.has('rows') || isColumn ? rows : undefined
}

function readMap(reader: SettingReader): SnmpPoint['map'] {
  const value = reader.raw('map')
  if (value === undefined) return undefined
  const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
  const map = new Map(entries.flatMap(([text, code]): [string, number][] => (typeof code === 'number' ? [[text, code]] : [])))
  if (map.size === 0 || map.size !== entries.length)
    reader.problem(
      ['map'],
      { zh: 'map 说明设备给的每个代码或文字是什么数', en: 'map says which number each code or text of the device means' },
      { zh: '例如 map: { 3: 0, 5: 1 }', en: 'write for example map: { 3: 0, 5: 1 }' },
      'bad-value',
    )
  return map
}

function readSentinels(reader: SettingReader): number[] {
  const value = reader.raw('sentinel')
  if (value === undefined) return []
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  const numbers = list.filter(item => typeof item === 'number')
  if (numbers.length !== list.length)
    reader.problem(
      ['sentinel'],
      { zh: 'sentinel 应是原始代码的列表', en: 'sentinel is a list of raw codes' },
      { zh: '例如 sentinel: [65535]', en: 'write for example sentinel: [65535]' },
      'bad-value',
    )
  return numbers
}

/** One object may serve two points (the source and whether it is the battery), but not in the same way: that is a slip of the pen. */
export function findTaken(points: readonly SnmpPoint[], problems: PreparedProblem[]): void {
  const way = ({ oid, rows, map, rate, suffix, scale, offset }: SnmpPoint): string =>
    JSON.stringify([oid, rows, map && [...map], rate, suffix, scale, offset])
  for (const twins of Map.groupBy(points, way).values()) {
    if (twins.length < 2 || twins[0]?.oid === '') continue
    for (const { point, oid } of twins) {
      const others = twins.filter(twin => twin.point !== point).map(twin => twin.point)
      problems.push({
        in: { point },
        path: ['oid'],
        code: 'register-taken',
        wrong: { zh: `${oid} 已被 ${others.join('、')} 占用`, en: `${oid} is also bound to ${others.join(', ')}` },
        write: { zh: '给其中一个点写上它自己的 OID', en: 'give one of them its own OID' },
      })
    }
  }
}
