export const tables = ['holding', 'input', 'coil', 'discrete'] as const
export type Table = (typeof tables)[number]

export const wordTypes = [
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'float32',
  'float64',
  'bcd16',
  'bcd32',
  'bcd64',
  'string',
  'bit',
  'bits',
] as const
export type WordType = (typeof wordTypes)[number]

/** Registers a value takes; a string takes its own `length`. */
export const widths: Readonly<Record<WordType, number>> = {
  int16: 1,
  uint16: 1,
  bcd16: 1,
  bit: 1,
  bits: 1,
  string: 1,
  int32: 2,
  uint32: 2,
  float32: 2,
  bcd32: 2,
  int64: 4,
  uint64: 4,
  float64: 4,
  bcd64: 4,
}

export const isBitTable = (table: Table): boolean => table === 'coil' || table === 'discrete'
