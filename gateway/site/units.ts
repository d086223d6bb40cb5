/** A linear way from one unit to another of the same quantity: `value × scale + offset`. */
export interface Conversion {
  readonly scale: number
  readonly offset: number
}

/**
 * Every unit, by quantity, with its way to the quantity's first unit. Factors are exact by definition (SI brochure, 9th edition)
 * unless said otherwise.
 */
const quantities = {
  temperature: { '°C': [1, 0], '°F': [5 / 9, -160 / 9], K: [1, -273.15] },
  humidity: { '%RH': [1, 0] },
  pressure: { MPa: [1, 0], kPa: [1e-3, 0], Pa: [1e-6, 0], bar: [0.1, 0], mbar: [1e-4, 0], hPa: [1e-4, 0] },
  concentration: { 'mg/L': [1, 0] },
  dust: { 'µg/m³': [1, 0], 'mg/m³': [1e3, 0] },
  turbidity: { NTU: [1, 0] },
  acidity: { pH: [1, 0] },
  length: { m: [1, 0], cm: [1e-2, 0], mm: [1e-3, 0] },
  volume: { 'm³': [1, 0], L: [1e-3, 0] },
  flow: { 'm³/h': [1, 0], 'L/min': [0.06, 0], 'L/h': [1e-3, 0], 'L/s': [3.6, 0] },
  power: { W: [1, 0], kW: [1e3, 0], MW: [1e6, 0] },
  energy: { kWh: [1, 0], Wh: [1e-3, 0], MWh: [1e3, 0], kJ: [1 / 3_600, 0], MJ: [1 / 3.6, 0], GJ: [1e3 / 3.6, 0] },
  current: { A: [1, 0], mA: [1e-3, 0] },
  mass: { g: [1, 0], kg: [1e3, 0] },
  velocity: { 'mm/s': [1, 0], 'm/s': [1e3, 0] },
  voltage: { V: [1, 0], mV: [1e-3, 0] },
  frequency: { Hz: [1, 0] },
  explosiveness: { '%LEL': [1, 0] },
  illuminance: { lx: [1, 0] },
  fraction: { ppm: [1, 0], '%': [1e4, 0] },
  time: { s: [1, 0], min: [60, 0], h: [3_600, 0], d: [86_400, 0] },
  conductivity: { 'µS/cm': [1, 0], 'mS/cm': [1e3, 0] },
  ratio: { 'cos φ': [1, 0] },
  count: { count: [1, 0] },
} as const satisfies Readonly<Record<string, Readonly<Record<string, readonly [scale: number, offset: number]>>>>

export type Quantity = keyof typeof quantities
export const quantityNames = Object.keys(quantities) as readonly Quantity[]

/** Spellings that people and device manuals use, besides ours. */
const spellings: ReadonlyMap<string, string> = new Map([
  ['℃', '°C'],
  ['C', '°C'],
  ['degC', '°C'],
  ['℉', '°F'],
  ['F', '°F'],
  ['degF', '°F'],
  ['%rh', '%RH'],
  ['RH', '%RH'],
  ['mpa', 'MPa'],
  ['Mpa', 'MPa'],
  ['kpa', 'kPa'],
  ['mg/l', 'mg/L'],
  ['ug/m3', 'µg/m³'],
  ['μg/m³', 'µg/m³'],
  ['mg/m3', 'mg/m³'],
  ['m3', 'm³'],
  ['l', 'L'],
  ['m3/h', 'm³/h'],
  ['l/min', 'L/min'],
  ['ph', 'pH'],
  ['uS/cm', 'µS/cm'],
  ['μS/cm', 'µS/cm'],
  ['kwh', 'kWh'],
  ['Lux', 'lx'],
  ['lux', 'lx'],
])

interface Known {
  readonly quantity: Quantity
  readonly scale: number
  readonly offset: number
}

const units: ReadonlyMap<string, Known> = new Map(
  Object.entries(quantities).flatMap(([quantity, members]) =>
    Object.entries(members).map(([symbol, [scale, offset]]): [string, Known] => [
      symbol,
      { quantity: quantity as Quantity, scale, offset },
    ]),
  ),
)

/** Every symbol, as printed. */
export const unitNames: readonly string[] = [...units.keys()]

/** The symbol as we print it: `℃` and `degC` are `°C`. Undefined where no such unit is known. */
export function unitSymbol(written: string): string | undefined {
  const symbol = spellings.get(written) ?? written
  return units.has(symbol) ? symbol : undefined
}

/** What a unit measures. */
export const quantityOf = (symbol: string): Quantity | undefined => units.get(symbol)?.quantity

/** The symbols of one quantity. */
export const unitsOf = (quantity: Quantity): readonly string[] => Object.keys(quantities[quantity])

/** The way from one unit to another: both must be symbols of one quantity, else undefined. */
export function conversion(from: string, to: string): Conversion | undefined {
  const [source, target] = [units.get(from), units.get(to)]
  if (!source || !target || source.quantity !== target.quantity) return undefined
  if (from === to) return { scale: 1, offset: 0 }
  return { scale: source.scale / target.scale, offset: (source.offset - target.offset) / target.scale }
}
