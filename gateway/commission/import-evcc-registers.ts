import type { LeftOuts, ImportedPoint } from './import-shape.ts'
import { listOf, recordOf, textOf, wholeOf } from './import-shape.ts'

type Settings = Readonly<Record<string, unknown>>
type Place = (path: readonly (string | number)[]) => number

/** evcc's quantities of a meter: what they are in is fixed there (docs.evcc.io, meters). */
const quantities: Readonly<Record<string, { readonly unit: string; readonly name: string; readonly phases?: boolean }>> = {
  power: { unit: 'W', name: 'power' },
  energy: { unit: 'kWh', name: 'energy' },
  returnenergy: { unit: 'kWh', name: 'exported' },
  currents: { unit: 'A', name: 'current', phases: true },
  voltages: { unit: 'V', name: 'voltage', phases: true },
  powers: { unit: 'W', name: 'power', phases: true },
  soc: { unit: '%', name: 'charge' },
}
const immaterial = new Set([
  'name',
  'type',
  'usage',
  'icon',
  'capacity',
  'maxacpower',
  'minsoc',
  'maxsoc',
  'product',
  'deviceTitle',
])

/** evcc's decodings, in ours; `s` at the end turns the words, `nan` names codes that are no value. */
const decodings: Readonly<Record<string, Settings>> = {
  int16: { type: 'int16' },
  int16nan: { type: 'int16', sentinel: [-32_768, 32_767] },
  uint16: { type: 'uint16' },
  uint16nan: { type: 'uint16', sentinel: [65_535] },
  int32: { type: 'int32' },
  int32nan: { type: 'int32', sentinel: [-2_147_483_648, 2_147_483_647] },
  int32s: { type: 'int32', order: 'CDAB' },
  uint32: { type: 'uint32' },
  uint32nan: { type: 'uint32', sentinel: [4_294_967_295] },
  uint32s: { type: 'uint32', order: 'CDAB' },
  float32: { type: 'float32' },
  ieee754: { type: 'float32' },
  float32s: { type: 'float32', order: 'CDAB' },
  ieee754s: { type: 'float32', order: 'CDAB' },
  // A float that is not a number is never a good value here: its code needs no naming.
  float32nans: { type: 'float32', order: 'CDAB' },
  int64: { type: 'int64' },
  uint64: { type: 'uint64' },
  uint64s: { type: 'uint64', order: 'CDAB' },
  float64: { type: 'float64' },
}

/** A group of points that are read from one device. */
export interface Group {
  readonly reach: Settings
  readonly points: readonly ImportedPoint[]
}

/** Reads a `type: custom` meter: its Modbus registers by the device they are on, and what is no register left out by name. */
export function readQuantities(entry: Settings, name: string, place: Place, leftOut: LeftOuts): readonly Group[] {
  const groups = new Map<string, { reach: Settings; points: ImportedPoint[] }>()
  for (const [key, value] of Object.entries(entry)) {
    const quantity = Object.hasOwn(quantities, key) ? quantities[key] : undefined
    if (!quantity) {
      if (!immaterial.has(key)) leftOut.add(place([key]), `${name}: ${key}`, '没有对应的量', 'nothing corresponds to it')
      continue
    }
    const several = quantity.phases === true ? listOf(value) : [value]
    several.forEach((source, index) => {
      const called = quantity.phases === true ? `${quantity.name}-l${index + 1}` : quantity.name
      const line = place(quantity.phases === true ? [key, index] : [key])
      const made = readSource(recordOf(source) ?? {})
      if ('zh' in made) return leftOut.add(line, `${name}: ${called}`, made.zh, made.en)
      const { reach, settings } = made
      const id = JSON.stringify(reach)
      const group = groups.get(id) ?? { reach, points: [] }
      groups.set(id, group)
      group.points.push({ name: called, unit: quantity.unit, settings, line })
    })
  }
  return [...groups.values()]
}

const reachKeys = ['uri', 'device', 'id', 'rtu', 'baudrate', 'comset', 'modbus'] as const

/** `{ source: modbus, uri, id, register: { address, type, decode }, scale }`. */
function readSource(
  source: Settings,
): { readonly reach: Settings; readonly settings: Settings } | { readonly zh: string; readonly en: string } {
  const kind = textOf(source['source']) ?? ''
  if (kind !== 'modbus') return { zh: `不读 source: ${kind || '（空）'}`, en: `source: ${kind || '(none)'} is not read here` }
  const written = recordOf(source['register'])
  if (!written) return { zh: '没有 register', en: 'it has no register' }
  const register = wholeOf(written['address'])
  const table = textOf(written['type']) ?? ''
  const decode = (textOf(written['decode']) ?? textOf(written['encoding']) ?? '').toLowerCase()
  if (register === undefined) return { zh: '地址不对', en: 'that is no address' }
  if (/^write/i.test(table)) return { zh: '那是写入，这里只读', en: 'that writes: only reading is done here' }
  if (table !== 'holding' && table !== 'input' && table !== 'coil')
    return { zh: `没有 ${table || '（空）'} 这种寄存器`, en: `there is no register type ${table || '(none)'}` }
  const read = table === 'coil' ? {} : decodingOf(decode, written['bitmask'])
  if (!read) return { zh: `不支持 ${decode || '（空）'}`, en: `${decode || '(none)'} is not read here` }
  const scale = source['scale'] ?? 1
  if (typeof scale !== 'number' || !Number.isFinite(scale) || scale === 0) return { zh: 'scale 不是数', en: 'scale is no number' }
  const reach = Object.fromEntries(reachKeys.flatMap(key => (source[key] === undefined ? [] : [[key, source[key]]])))
  return { reach, settings: { table, register, ...read, ...(scale !== 1 && { scale }) } }
}

function decodingOf(decode: string, mask: unknown): Settings | undefined {
  if (decode !== 'bool16') return Object.hasOwn(decodings, decode) ? decodings[decode] : undefined
  const bits = wholeOf(mask)
  const bit = bits === undefined ? Number.NaN : Math.log2(bits)
  return Number.isInteger(bit) ? { type: 'bit', bit } : undefined
}
