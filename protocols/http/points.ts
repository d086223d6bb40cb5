import type { Binding, PreparedProblem } from '../contract/driver.ts'
import type { PointId } from '../contract/reading.ts'
import type { Scaling } from '../kit/number.ts'
import { keyOf, SettingReader } from '../kit/settings.ts'

/** A point whose readings are sent to the gateway. */
export interface SentPoint extends Scaling {
  readonly point: PointId
  readonly equipment: string
  /** The series it is, where the site file names one; else it is meant by its own id. */
  readonly series?: NamedSeries
  readonly words: ReadonlyMap<string, number>
}
/** A series as the site file names it: with at least these tags, and any others. */
export interface NamedSeries {
  readonly measurement: string
  readonly tags: ReadonlyMap<string, string>
  readonly field: string
}

/** Reads one binding; what is wrong with it goes into `problems`. */
export function parsePoint(binding: Binding, problems: PreparedProblem[]): SentPoint {
  const equipment = new SettingReader(binding.device, { point: binding.point }, problems)
  const reader = new SettingReader(binding.settings, { point: binding.point }, problems)
  const common = equipment.text('measurement')
  const measurement = reader.text('measurement', common ?? '')
  const commonTags = tagsOf(equipment)
  const ownTags = tagsOf(reader)
  const field = reader.text('field', keyOf(binding))
  const wantsSeries = commonTags !== undefined || ownTags !== undefined || reader.has('field')
  if (measurement === '' && wantsSeries) {
    reader.problem(
      ['measurement'],
      { zh: '有 tags 或 field 就要有 measurement', en: 'tags and field belong to a measurement, and none is named' },
      { zh: '写上，例如 measurement: modbus', en: 'write it, for example measurement: modbus' },
      'missing',
    )
  }
  const tags = new Map([...(commonTags ?? []), ...(ownTags ?? [])])
  const point = {
    point: binding.point,
    equipment: binding.equipment,
    ...(measurement === '' ? {} : { series: { measurement, tags, field } }),
    words: wordsOf(reader),
    ...reader.scaling(binding),
  }
  reader.done()
  return point
}

function tagsOf(reader: SettingReader): ReadonlyMap<string, string> | undefined {
  const written = reader.raw('tags')
  if (written === undefined) return undefined
  const entries = entriesOf(written)
  const known = entries.flatMap(([tag, value]): [string, string][] =>
    isTagValue(value) && tag !== '' ? [[tag, String(value)]] : [],
  )
  if (entries.length === 0 || known.length < entries.length) {
    reader.problem(
      ['tags'],
      { zh: 'tags 应写出各标签的值，小数要加引号', en: 'tags says which tag has which value, decimals in quotes' },
      { zh: '例如 tags: { slave_id: 3, host: kitchen }', en: 'write for example tags: { slave_id: 3, host: kitchen }' },
      'bad-value',
    )
  }
  return new Map(known)
}

/** `1.10` would arrive here as 1.1: only what is the same in YAML and on the wire may go without quotes. */
const isTagValue = (value: unknown): boolean =>
  (typeof value === 'string' && value !== '') || typeof value === 'boolean' || Number.isSafeInteger(value)

function wordsOf(reader: SettingReader): ReadonlyMap<string, number> {
  const written = reader.raw('map')
  if (written === undefined) return new Map()
  const entries = entriesOf(written)
  const known = entries.flatMap(([word, code]): [string, number][] =>
    typeof code === 'number' && Number.isFinite(code) ? [[word, code]] : [],
  )
  if (entries.length === 0 || known.length < entries.length) {
    reader.problem(
      ['map'],
      { zh: 'map 应把每个词对应到一个数', en: 'map gives each word a number' },
      { zh: '例如 map: { open: 1, closed: 0 }', en: 'write for example map: { open: 1, closed: 0 }' },
      'bad-value',
    )
  }
  return new Map(known)
}

const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
