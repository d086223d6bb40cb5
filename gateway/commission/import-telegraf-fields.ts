import type { Words } from '../../protocols/contract/driver.ts'
import { listOf, textOf, wholeOf } from './import-shape.ts'

type Settings = Readonly<Record<string, unknown>>
export type Table = 'coil' | 'discrete' | 'holding' | 'input'
type Answer = { readonly settings: Settings } | { readonly why: Words }

/** Telegraf's names of byte orders, in ours: four letters say it for every width. */
const orders: Readonly<Record<string, string>> = {
  AB: 'ABCD',
  BA: 'BADC',
  ABCD: 'ABCD',
  CDAB: 'CDAB',
  BADC: 'BADC',
  DCBA: 'DCBA',
  ABCDEFGH: 'ABCD',
  GHEFCDAB: 'CDAB',
  BADCFEHG: 'BADC',
  HGFEDCBA: 'DCBA',
}
export const isOrder = (word: string): boolean => Object.hasOwn(orders, word)

const types: Readonly<Record<string, { readonly type: string; readonly width: number }>> = {
  INT16: { type: 'int16', width: 1 },
  UINT16: { type: 'uint16', width: 1 },
  INT32: { type: 'int32', width: 2 },
  UINT32: { type: 'uint32', width: 2 },
  INT64: { type: 'int64', width: 4 },
  UINT64: { type: 'uint64', width: 4 },
  FLOAT32: { type: 'float32', width: 2 },
  'FLOAT32-IEEE': { type: 'float32', width: 2 },
  FLOAT64: { type: 'float64', width: 4 },
  'FLOAT64-IEEE': { type: 'float64', width: 4 },
}

/** A field of the newer styles: one address, the order of its block. */
export function fieldOf(field: Settings, table: Table, order: string): Answer {
  const register = wholeOf(field['address'])
  if (register === undefined) return no('地址不对', 'that is no address')
  if (table === 'coil' || table === 'discrete') return { settings: { table, register } }
  const name = textOf(field['type']) ?? ''
  if (name === 'BIT') return bitOf(field, table, register)
  const known = Object.hasOwn(types, name) ? types[name] : undefined
  if (!known) return noType(name)
  return settingsOf(field, table, register, known, turned(order, known.width))
}

/**
 * With single registers, `CDAB` turns nothing and `DCBA` turns the two bytes, as in Telegraf's request and metric styles; ours says the
 * same, so the word can stay. What means nothing here is left out.
 */
const turned = (order: string, width: number): string => {
  const ours = orders[order] ?? 'ABCD'
  if (width > 1) return ours
  return ours === 'BADC' || ours === 'DCBA' ? 'BADC' : 'ABCD'
}

/** A field of the old style: a list of addresses, the order by name, and fixed-point types. */
export function registersOf(field: Settings, table: Table): Answer {
  const addresses = listOf(field['address']).map(address => wholeOf(address))
  const register = addresses[0]
  if (register === undefined || addresses.includes(undefined)) return no('地址不对', 'that is no address')
  if (table === 'coil' || table === 'discrete')
    return addresses.length === 1 ? { settings: { table, register } } : no('一个开关量只有一个地址', 'a contact has one address')
  if (addresses.some((address, index) => address !== register + index))
    return no('地址不连续，或次序颠倒', 'its registers do not follow each other')
  const name = textOf(field['data_type']) ?? ''
  if (name === 'BIT') return bitOf(field, table, register)
  const order = textOf(field['byte_order']) ?? ''
  const known = fixed(name, addresses.length) ?? (Object.hasOwn(types, name) ? types[name] : undefined)
  if (!known) return noType(name)
  if (known.width !== addresses.length)
    return no(
      `${name} 占 ${known.width} 个寄存器，写了 ${addresses.length} 个`,
      `${name} takes ${known.width} registers, not ${addresses.length}`,
    )
  if (!isOrder(order)) return no(`没有 ${order || '（空）'} 这种字节次序`, `there is no byte order ${order || '(none)'}`)
  return settingsOf(field, table, register, known, turned(order, known.width))
}

/** Fixed point is an integer of as many registers as it has addresses; the old FLOAT32 was one without a sign. */
function fixed(name: string, width: number): { readonly type: string; readonly width: number } | undefined {
  if (name !== 'FIXED' && name !== 'UFIXED' && name !== 'FLOAT32') return undefined
  const sign = name === 'FIXED' ? '' : 'u'
  return width === 1 || width === 2 || width === 4 ? { type: `${sign}int${width * 16}`, width } : undefined
}

function bitOf(field: Settings, table: Table, register: number): Answer {
  const bit = wholeOf(field['bit'] ?? 0, 15)
  return bit === undefined ? no('bit 应是 0 到 15', 'bit is 0 to 15') : { settings: { table, register, type: 'bit', bit } }
}

function settingsOf(
  field: Settings,
  table: Table,
  register: number,
  { type, width }: { type: string; width: number },
  order: string,
): Answer {
  if (register + width > 65_536) return no('超出了 65535', 'it goes beyond 65535')
  const written = field['scale']
  const scale = typeof written === 'bigint' ? Number(written) : (written ?? 1)
  // Nought stands for "no scale" in Telegraf.
  if (typeof scale !== 'number' || !Number.isFinite(scale)) return no('scale 不是数', 'scale is no number')
  return {
    settings: {
      table,
      register,
      type,
      ...(order !== 'ABCD' && { order }),
      ...(scale !== 1 && scale !== 0 && { scale }),
    },
  }
}

const no = (zh: string, en: string): { readonly why: Words } => ({ why: { zh, en } })
const noType = (name: string) =>
  name === 'STRING'
    ? no('文字不是读数', 'a text is no reading')
    : no(`不支持类型 ${name || '（空）'}`, `the type ${name || '(none)'} is not read here`)
