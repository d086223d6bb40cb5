/** Engineering units of ASHRAE 135 by their number: the standard's word, and our symbol where the product knows the unit. */
const units: Readonly<Record<number, readonly [name: string, symbol?: string]>> = {
  2: ['milliamperes', 'mA'],
  3: ['amperes', 'A'],
  4: ['ohms'],
  5: ['volts', 'V'],
  6: ['kilovolts'],
  8: ['volt-amperes'],
  9: ['kilovolt-amperes'],
  12: ['kilovolt-amperes-reactive'],
  15: ['power-factor', 'cos φ'],
  17: ['kilojoules', 'kJ'],
  18: ['watt-hours', 'Wh'],
  19: ['kilowatt-hours', 'kWh'],
  20: ['btus'],
  27: ['hertz', 'Hz'],
  28: ['grams-of-water-per-kilogram-dry-air'],
  29: ['percent-relative-humidity', '%RH'],
  30: ['millimeters', 'mm'],
  31: ['meters', 'm'],
  32: ['inches'],
  33: ['feet'],
  37: ['luxes', 'lx'],
  38: ['foot-candles'],
  39: ['kilograms', 'kg'],
  47: ['watts', 'W'],
  48: ['kilowatts', 'kW'],
  49: ['megawatts', 'MW'],
  50: ['btus-per-hour'],
  51: ['horsepower'],
  52: ['tons-refrigeration'],
  53: ['pascals', 'Pa'],
  54: ['kilopascals', 'kPa'],
  55: ['bars', 'bar'],
  56: ['pounds-force-per-square-inch'],
  58: ['inches-of-water'],
  62: ['degrees-celsius', '°C'],
  63: ['degrees-kelvin', 'K'],
  64: ['degrees-fahrenheit', '°F'],
  70: ['days', 'd'],
  71: ['hours', 'h'],
  72: ['minutes', 'min'],
  73: ['seconds', 's'],
  74: ['meters-per-second', 'm/s'],
  76: ['feet-per-second'],
  77: ['feet-per-minute'],
  79: ['cubic-feet'],
  80: ['cubic-meters', 'm³'],
  82: ['liters', 'L'],
  83: ['us-gallons'],
  84: ['cubic-feet-per-minute'],
  85: ['cubic-meters-per-second'],
  87: ['liters-per-second', 'L/s'],
  88: ['liters-per-minute', 'L/min'],
  89: ['us-gallons-per-minute'],
  96: ['parts-per-million', 'ppm'],
  97: ['parts-per-billion'],
  98: ['percent', '%'],
  118: ['centimeters', 'cm'],
  120: ['delta-degrees-fahrenheit'],
  121: ['delta-degrees-kelvin'],
  124: ['millivolts', 'mV'],
  126: ['megajoules', 'MJ'],
  129: ['kilohertz'],
  133: ['hectopascals', 'hPa'],
  134: ['millibars', 'mbar'],
  135: ['cubic-meters-per-hour', 'm³/h'],
  136: ['liters-per-hour', 'L/h'],
  146: ['megawatt-hours', 'MWh'],
  161: ['millimeters-per-second', 'mm/s'],
  195: ['grams', 'g'],
  215: ['milligrams-per-liter', 'mg/L'],
  218: ['milligrams-per-cubic-meter', 'mg/m³'],
  219: ['micrograms-per-cubic-meter', 'µg/m³'],
  233: ['nephelometric-turbidity-unit', 'NTU'],
  234: ['ph', 'pH'],
  47909: ['microsiemens-per-centimeter', 'µS/cm'],
  47910: ['millisiemens-per-centimeter', 'mS/cm'],
  47925: ['gigajoules', 'GJ'],
}
/** What a device writes that has no unit, or of whom nobody ever set it: it says nothing. */
const noUnits = 95

/** Our symbol, else the standard's word; undefined where the device says that there is none. */
export const unitOf = (code: number): string | undefined =>
  code === noUnits ? undefined : (units[code]?.[1] ?? units[code]?.[0] ?? `unit ${code}`)

/** Spellings of one and the same: nobody distinguishes them when he sets up a controller. */
const alike: Readonly<Record<string, string>> = { '%RH': '%', mbar: 'hPa' }
const plain = (symbol: string): string => alike[symbol] ?? symbol

/** Whether a value in the device's unit would be taken for one in another. What the device does not say contradicts nothing. */
export function contradicts(code: number | undefined, expected: string): boolean {
  const says = code === undefined ? undefined : unitOf(code)
  // A contact or a bare number has no unit to contradict.
  if (says === undefined || expected === '' || expected === 'count') return false
  return plain(says) !== plain(expected)
}
