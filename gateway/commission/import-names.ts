/** What other programs call the points that our equipment types have, word by word. */
const words: Readonly<Record<string, string>> = {
  volt: 'voltage',
  volts: 'voltage',
  voltage: 'voltage',
  u: 'voltage',
  v: 'voltage',
  amp: 'current',
  amps: 'current',
  current: 'current',
  i: 'current',
  watt: 'power',
  watts: 'power',
  power: 'power',
  p: 'power',
  energy: 'energy',
  kwh: 'energy',
  wh: 'energy',
  frequency: 'frequency',
  freq: 'frequency',
  hz: 'frequency',
  cosphi: 'power-factor',
  cos: 'power-factor',
  pf: 'power-factor',
  temperature: 'temperature',
  temp: 'temperature',
  humidity: 'humidity',
  humid: 'humidity',
  hum: 'humidity',
  rh: 'humidity',
  co2: 'co2',
  illuminance: 'illuminance',
  lux: 'illuminance',
  pressure: 'pressure',
  level: 'level',
  flow: 'flow',
  total: 'total',
  volume: 'volume',
  chlorine: 'chlorine',
  turbidity: 'turbidity',
  ph: 'ph',
  moisture: 'moisture',
  conductivity: 'conductivity',
  ec: 'conductivity',
  door: 'door',
  leak: 'leak',
  smoke: 'smoke',
  setpoint: 'setpoint',
  charge: 'charge',
  soc: 'charge',
  load: 'load',
  vibration: 'vibration',
  running: 'running',
  frost: 'frost',
}
const phases: Readonly<Record<string, string>> = {
  l1: 'l1',
  l2: 'l2',
  l3: 'l3',
  a: 'l1',
  b: 'l2',
  c: 'l3',
  phase1: 'l1',
  phase2: 'l2',
  phase3: 'l3',
  ua: 'voltage l1',
  ub: 'voltage l2',
  uc: 'voltage l3',
  ia: 'current l1',
  ib: 'current l2',
  ic: 'current l3',
  pa: 'power l1',
  pb: 'power l2',
  pc: 'power l3',
}
/** With these in its name it is another quantity than the words beside say. */
const others =
  /^(reactive|apparent|var|va|kvar|kvarh|thd|max|min|maximum|minimum|demand|peak|avg|average|alarm|limit|l12|l23|l31|nominal|rated|raw)$/
const backwards = /^(export|exported|reverse|return|returned|negative|feed)$/

/** The key a point of this name would have in one of our types: `Voltage_L1` and `phase1Voltage` are `voltage-l1`. */
export function keyMeant(name: string): string | undefined {
  const parts = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .join(' ')
    .replace(/\bphase (\d)\b/g, 'phase$1')
    .replace(/\b(power|cos) (factor|phi)\b/g, 'cosphi')
    .replace(/\bpm ?2 ?5\b/g, 'pm25')
    .split(' ')
    .flatMap(part => (Object.hasOwn(phases, part) ? (phases[part] ?? '').split(' ') : [part]))
    .filter(part => part !== '')
  if (parts.some(part => others.test(part))) return undefined
  if (parts.includes('pm25')) return 'pm2-5'
  const found = parts.flatMap(part => (Object.hasOwn(words, part) ? [words[part] ?? part] : []))
  const back = parts.some(part => backwards.test(part))
  const quantity = found.includes('power-factor') ? 'power-factor' : found.includes('energy') ? 'energy' : plainest(found)
  if (quantity === undefined) return back ? 'exported' : parts.includes('import') ? 'energy' : undefined
  if (back) return quantity === 'energy' ? 'exported' : undefined
  const phase = parts.find(part => /^l[123]$/.test(part))
  return phase !== undefined && /^(voltage|current|power)$/.test(quantity)
    ? `${quantity}-${phase}`
    : phase === undefined
      ? quantity
      : undefined
}

/** A total of a flow or a volume is a meter's reading; of anything else it is the sum over the phases. */
function plainest(found: readonly string[]): string | undefined {
  const others = found.filter(word => word !== 'total')
  const isReading = found.length > others.length && /^(flow|volume)$/.test(others[0] ?? 'volume')
  return isReading ? 'total' : others[0]
}

/** A unit in the name's last word (`power_w`, `temp_c`); undefined where it says none. */
export function unitMeant(name: string): string | undefined {
  const last = /[^A-Za-z0-9]([A-Za-z]{1,3})$/.exec(name)?.[1]?.toLowerCase()
  const units: Readonly<Record<string, string>> = {
    w: 'W',
    kw: 'kW',
    kwh: 'kWh',
    wh: 'Wh',
    v: 'V',
    ma: 'mA',
    hz: 'Hz',
    mpa: 'MPa',
    kpa: 'kPa',
    bar: 'bar',
    ppm: 'ppm',
  }
  return last === undefined || !Object.hasOwn(units, last) ? undefined : units[last]
}

/** What a quantity is nearly always given in, where a file does not say. */
export const usualUnits: Readonly<Record<string, string>> = { power: 'W', 'power-l1': 'W', 'power-l2': 'W', 'power-l3': 'W' }
