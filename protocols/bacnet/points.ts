import type { Binding, PreparedProblem } from '../contract/driver.ts'
import type { PointId } from '../contract/reading.ts'
import type { Scaling } from '../kit/number.ts'
import { SettingReader } from '../kit/settings.ts'
import type { Property } from './answers.ts'
import { keyOfProperty } from './answers.ts'
import type { ObjectId } from './names.ts'
import { objectName, properties, propertyName, readObject, readProperty } from './names.ts'

export interface BacnetPoint extends Scaling, Property {
  readonly point: PointId
  /** One bit of a bit string, from 0. */
  readonly bit?: number
  /** What each code or text of the device means here. */
  readonly map?: ReadonlyMap<string, number>
  /** What the value is taken to be in; `said`: the site file says so itself, for this point. */
  readonly unit?: { readonly symbol: string; readonly said: boolean }
}

/** As people read it: `analog-input:1`, `analog-input:1 status-flags`, `device:12 object-list[1]`. */
export const labelOf = ({ object, property, index }: Property): string =>
  `${objectName(object)}${property === properties['present-value'] ? '' : ` ${propertyName(property)}`}${index === undefined ? '' : `[${index}]`}`

export function parsePoint(binding: Binding, problems: PreparedProblem[]): BacnetPoint {
  const reader = new SettingReader(binding.settings, { point: binding.point }, problems)
  const object = readObjectSetting(reader)
  const property = readPropertySetting(reader)
  const index = reader.has('index') ? reader.integer('index', 0, 0, 65_535) : undefined
  const bit = reader.has('bit') ? reader.integer('bit', 0, 0, 511) : undefined
  const map = readMap(reader)
  const point: BacnetPoint = {
    point: binding.point,
    object,
    property,
    ...(index === undefined ? {} : { index }),
    ...(bit === undefined ? {} : { bit }),
    ...(map && { map }),
    ...(binding.unit && { unit: binding.unit }),
    ...reader.scaling(binding),
  }
  reader.done()
  return point
}

function readObjectSetting(reader: SettingReader): ObjectId {
  const written = reader.requiredText('object', 'analog-input:1')
  const object = readObject(written)
  if (written !== '' && !object)
    reader.problem(
      ['object'],
      { zh: `${written.slice(0, 60)} 不是 BACnet 对象`, en: `${written.slice(0, 60)} is no BACnet object` },
      {
        zh: '例如 object: analog-input:1（或 AI1），类型不认识时写号码 object: 128:1',
        en: 'write for example object: analog-input:1 (or AI1); a type without a name by its number, object: 128:1',
      },
      'bad-value',
    )
  return object ?? { type: 0, instance: 0 }
}

function readPropertySetting(reader: SettingReader): number {
  const written = reader.raw('property') ?? 'present-value'
  const property = readProperty(written)
  if (property === undefined)
    reader.problem(
      ['property'],
      { zh: `不认识属性 ${String(written).slice(0, 60)}`, en: `the property ${String(written).slice(0, 60)} is not known` },
      {
        zh: `写号码，或 ${Object.keys(properties).slice(0, 8).join('、')} 等名字`,
        en: `write its number, or a name such as ${Object.keys(properties).slice(0, 8).join(', ')}`,
      },
      'bad-value',
    )
  return property ?? properties['present-value']
}

function readMap(reader: SettingReader): BacnetPoint['map'] {
  const value = reader.raw('map')
  if (value === undefined) return undefined
  const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
  const map = new Map(entries.flatMap(([said, code]): [string, number][] => (typeof code === 'number' ? [[said, code]] : [])))
  if (map.size > 0 && map.size === entries.length) return map
  reader.problem(
    ['map'],
    { zh: 'map 说明设备的每个代码是我们的哪个数', en: 'map says which of our numbers each code of the device means' },
    { zh: '例如 map: { 1: 0, 2: 1, 3: 1 }', en: 'write for example map: { 1: 0, 2: 1, 3: 1 }' },
    'bad-value',
  )
  return undefined
}

export function findTaken(points: readonly BacnetPoint[], problems: PreparedProblem[]): void {
  for (const twins of Map.groupBy(points, point => `${keyOfProperty(point)} ${point.bit ?? ''}`).values()) {
    if (twins.length < 2) continue
    for (const twin of twins) {
      const others = twins.filter(other => other !== twin).map(({ point }) => point)
      problems.push({
        in: { point: twin.point },
        path: ['object'],
        code: 'register-taken',
        wrong: {
          zh: `${labelOf(twin)} 已被 ${others.join('、')} 占用`,
          en: `${labelOf(twin)} is also bound to ${others.join(', ')}`,
        },
        write: { zh: '给其中一个点写上它自己的对象', en: 'give one of them its own object' },
      })
    }
  }
}
