/** Linear units a device may speak: base = value × scale + offset. The simulators' own table, not the gateway's. */
const units: ReadonlyMap<string, { readonly base: string; readonly scale: number; readonly offset: number }> = new Map([
  ['°C', { base: 'K', scale: 1, offset: 273.15 }],
  ['K', { base: 'K', scale: 1, offset: 0 }],
  ['°F', { base: 'K', scale: 5 / 9, offset: 273.15 - (32 * 5) / 9 }],
  ['Pa', { base: 'Pa', scale: 1, offset: 0 }],
  ['kPa', { base: 'Pa', scale: 1e3, offset: 0 }],
  ['MPa', { base: 'Pa', scale: 1e6, offset: 0 }],
  ['bar', { base: 'Pa', scale: 1e5, offset: 0 }],
  ['m', { base: 'm', scale: 1, offset: 0 }],
  ['cm', { base: 'm', scale: 0.01, offset: 0 }],
  ['mm', { base: 'm', scale: 0.001, offset: 0 }],
  ['m³', { base: 'm³', scale: 1, offset: 0 }],
  ['L', { base: 'm³', scale: 0.001, offset: 0 }],
  ['m³/h', { base: 'm³/h', scale: 1, offset: 0 }],
  ['L/h', { base: 'm³/h', scale: 0.001, offset: 0 }],
  ['L/min', { base: 'm³/h', scale: 0.06, offset: 0 }],
  ['W', { base: 'W', scale: 1, offset: 0 }],
  ['kW', { base: 'W', scale: 1e3, offset: 0 }],
])

/** `value` in unit `from`, said in unit `to`. Throws when the two do not measure the same. */
export function convert(value: number, from: string, to: string): number {
  if (from === to) return value
  const a = units.get(from)
  const b = units.get(to)
  if (!a || !b || a.base !== b.base) throw new Error(`a simulated device cannot say ${from} in ${to}`)
  return (value * a.scale + a.offset - b.offset) / b.scale
}
