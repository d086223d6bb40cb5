/** How the bytes of a value lie on the wire, as manuals print it: A is the most significant byte. Of a longer value the whole is turned. */
export const orders = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const
/** The orders of four registers that four letters cannot say: halves turned, words turned within the halves, and both with bytes turned. */
export const longOrders = [
  'ABCDEFGH',
  'GHEFCDAB',
  'BADCFEHG',
  'HGFEDCBA',
  'CDABGHEF',
  'EFGHABCD',
  'DCBAHGFE',
  'FEHGBADC',
] as const
export type Order = (typeof orders)[number] | (typeof longOrders)[number]

/** For each byte of a value of `words` registers, the most significant first: where on the wire it stands. */
export function layout(words: number, order: Order): readonly number[] {
  const bytes = Array.from({ length: words * 2 }, (_, index) => index)
  if (order.length === words * 2) return bytes.map(index => order.indexOf(String.fromCharCode(65 + index)))
  const turnsWords = order === 'CDAB' || order === 'DCBA'
  const turnsBytes = order === 'BADC' || order === 'DCBA'
  return bytes.map(index => {
    const word = index >> 1
    return (turnsWords ? words - 1 - word : word) * 2 + (turnsBytes ? 1 - (index & 1) : index & 1)
  })
}

export const guessable = [
  'int16',
  'uint16',
  'int32',
  'uint32',
  'float32',
  'bcd32',
  'int64',
  'uint64',
  'float64',
  'bcd64',
] as const
export type Guessable = (typeof guessable)[number]

/** One way to read the bytes, and what it would give. */
export interface Candidate {
  readonly type: Guessable
  readonly order: Order
  readonly scale: number
  readonly value: number
  /** Whether a sensor of this kind can give that value. */
  readonly fits: boolean
}

export interface Expected {
  readonly plausible?: { readonly min: number; readonly max: number } | undefined
  /** What it was last, or what a person reads off the device: the nearest is the likeliest. */
  readonly about?: number | undefined
  /** The factor as it is bound; without it whole numbers are tried in steps of 1, 0.1, 0.01 and 0.001. */
  readonly scale?: number | undefined
  readonly offset?: number | undefined
}

const usualSteps = [1, 0.1, 0.01, 0.001]

/**
 * Every value that two, four or eight bytes can mean, the likeliest first: "CDAB gives 4.1 °C, ABCD gives 1.6e-38". Bytes of another
 * length mean nothing.
 */
export function candidates(raw: Uint8Array, { plausible, about, scale, offset = 0 }: Expected = {}): readonly Candidate[] {
  const found: { readonly candidate: Candidate; readonly odds: number }[] = []
  for (const type of guessable) {
    if (bytesOf(type) !== raw.length) continue
    for (const order of ordersOf(raw.length)) {
      const plain = readAs(type, raw, order)
      if (plain === undefined || !Number.isFinite(plain)) continue
      const steps = scale !== undefined ? [scale] : type.startsWith('float') ? [1] : usualSteps
      for (const step of steps) {
        const value = Number((plain * step + offset).toPrecision(type === 'float32' ? 7 : 12))
        const fits = !plausible || (value >= plausible.min && value <= plausible.max)
        const candidate = { type, order, scale: step, value, fits }
        found.push({ candidate, odds: oddsOf(candidate, plain, about) })
      }
    }
  }
  return found.toSorted((a, b) => b.odds - a.odds).map(({ candidate }) => candidate)
}

const bytesOf = (type: Guessable): number => Number(type.replace(/\D+/, '')) / 8

const ordersOf = (length: number): readonly Order[] => (length === 2 ? ['ABCD', 'BADC'] : length === 8 ? longOrders : orders)

function readAs(type: Guessable, raw: Uint8Array, order: Order): number | undefined {
  const bytes = Uint8Array.from(layout(raw.length / 2, order), from => raw[from] ?? 0)
  const view = new DataView(bytes.buffer)
  switch (type) {
    case 'int16':
      return view.getInt16(0)
    case 'uint16':
      return view.getUint16(0)
    case 'int32':
      return view.getInt32(0)
    case 'uint32':
      return view.getUint32(0)
    case 'float32':
      return view.getFloat32(0)
    case 'int64':
      return Number(view.getBigInt64(0))
    case 'uint64':
      return Number(view.getBigUint64(0))
    case 'float64':
      return view.getFloat64(0)
    case 'bcd32':
    case 'bcd64':
      return readBcd(bytes)
  }
}

/** Two decimal digits a byte; undefined where a half byte is no digit. */
export function readBcd(bytes: Uint8Array): number | undefined {
  let value = 0
  for (const byte of bytes) {
    const [high, low] = [byte >> 4, byte & 15]
    if (high > 9 || low > 9) return undefined
    value = value * 100 + high * 10 + low
  }
  return value
}

/** Any number at all looks like an integer; a wrong float gives itself away by its size. What is usual in manuals wins where nothing else speaks. */
function oddsOf({ type, order, scale, value, fits }: Candidate, plain: number, about: number | undefined): number {
  const size = Math.abs(value)
  const floats = type.startsWith('float')
  const sane = plain === 0 || (Math.abs(plain) >= 1e-4 && Math.abs(plain) < (floats ? 1e7 : 1e9))
  const brief = floats && sane && plain !== 0 && briefly(plain, type === 'float32' ? 5 : 10)
  const near = about === undefined ? 0 : 40 / (1 + (10 * Math.abs(value - about)) / (Math.abs(about) + 1))
  const usual = order === 'ABCD' || order === 'ABCDEFGH' ? 3 : order === 'CDAB' || order === 'GHEFCDAB' ? 2 : 0
  const kind = floats ? (sane ? 8 : -30) : type.startsWith('bcd') ? -4 : type.startsWith('uint') ? 0 : 1
  const step = scale === 1 ? 1 : scale === 0.1 ? 0.8 : 0
  return (fits ? 100 : 0) + near + usual + kind + step + (brief ? 6 : 0) + (sane ? 4 : -10) - (size > 1e6 ? 3 : 0)
}

/** Whether the number is one that a person or a sensor's converter would write: few digits. */
const briefly = (value: number, digits: number): boolean => Math.fround(Number(value.toPrecision(digits))) === Math.fround(value)
