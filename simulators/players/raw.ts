import type { Settings } from '../binding.ts'
import { CannotPlay, numberOf, textOf } from '../binding.ts'
import { convert } from '../units.ts'
import type { WiredPoint } from './player.ts'

/** The number a device sends so that `raw × scale + offset`, read in the binding's unit, is the point's value. */
export function rawOf({
  binding,
  unit,
  convert: shown,
  where,
}: Pick<WiredPoint, 'binding' | 'unit' | 'convert' | 'where'>): (value: number) => number {
  const spoken = textOf(binding, 'unit') ?? unit
  const scale = numberOf(binding, 'scale') ?? 1
  const offset = numberOf(binding, 'offset') ?? 0
  if (scale === 0) throw new CannotPlay(`${where}: scale 0 不能模拟 · cannot be played, write the factor between raw and value`)
  try {
    convert(0, unit, spoken)
  } catch {
    throw new CannotPlay(`${where}: ${spoken} 不能由 ${unit} 换算 · ${spoken} cannot be made of ${unit}`)
  }
  if (spoken === unit && shown) return value => ((value - shown.offset) / shown.scale - offset) / scale
  return value => (convert(value, unit, spoken) - offset) / scale
}

/** Sets the place a JSON pointer names, making the objects on the way. */
export function place(into: Record<string, unknown>, pointer: string, value: unknown): void {
  const keys = pointer
    .split('/')
    .slice(1)
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  let at = into
  for (const key of keys.slice(0, -1)) {
    const below = at[key]
    const next = isObject(below) ? below : {}
    at[key] = next
    at = next
  }
  const last = keys.at(-1)
  if (last !== undefined) at[last] = value
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The word that stands for a number in `map: {open: 1, closed: 0}`. */
export function wordFor(binding: Settings, value: number): string | undefined {
  const map = binding['map']
  return isObject(map) ? Object.keys(map).find(word => Number(map[word]) === value) : undefined
}
