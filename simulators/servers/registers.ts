/** How a simulated device lays a value out in 16-bit registers: written from the Modbus documents, sharing nothing with the gateway. */
export const registerTypes = [
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
  'bit',
  'bits',
] as const
export type RegisterType = (typeof registerTypes)[number]

export const byteOrders = [
  'ABCD',
  'CDAB',
  'BADC',
  'DCBA',
  'ABCDEFGH',
  'GHEFCDAB',
  'BADCFEHG',
  'HGFEDCBA',
  'CDABGHEF',
  'EFGHABCD',
  'DCBAHGFE',
  'FEHGBADC',
] as const
export type ByteOrder = (typeof byteOrders)[number]

const sizes: Readonly<Record<RegisterType, number>> = {
  int16: 1,
  uint16: 1,
  int32: 2,
  uint32: 2,
  int64: 4,
  uint64: 4,
  float32: 2,
  float64: 4,
  bcd16: 1,
  bcd32: 2,
  bcd64: 4,
  bit: 1,
  bits: 1,
}
export const wordsOf = (type: RegisterType): number => sizes[type]

/** The registers of `value`, as they go over the wire. A whole-number type rounds and stays within its bounds, as a device does. */
export function encode(value: number, type: RegisterType, order: ByteOrder = 'ABCD', bit = 0): readonly number[] {
  const bytes = Buffer.alloc(sizes[type] * 2)
  switch (type) {
    case 'int16':
      bytes.writeInt16BE(whole(value, -0x8000, 0x7fff))
      break
    case 'uint16':
      bytes.writeUInt16BE(whole(value, 0, 0xffff))
      break
    case 'int32':
      bytes.writeInt32BE(whole(value, -0x8000_0000, 0x7fff_ffff))
      break
    case 'uint32':
      bytes.writeUInt32BE(whole(value, 0, 0xffff_ffff))
      break
    case 'int64':
      bytes.writeBigInt64BE(BigInt(whole(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)))
      break
    case 'uint64':
      bytes.writeBigUInt64BE(BigInt(whole(value, 0, Number.MAX_SAFE_INTEGER)))
      break
    case 'float32':
      bytes.writeFloatBE(value)
      break
    case 'float64':
      bytes.writeDoubleBE(value)
      break
    case 'bcd16':
    case 'bcd32':
    case 'bcd64': {
      const digits = sizes[type] * 4
      bytes.write(String(whole(value, 0, Math.min(10 ** digits - 1, Number.MAX_SAFE_INTEGER))).padStart(digits, '0'), 'hex')
      break
    }
    case 'bit':
      bytes.writeUInt16BE(value ? 1 << bit : 0)
      break
    case 'bits':
      bytes.writeUInt16BE((whole(value, 0, 0xffff) << bit) & 0xffff)
  }
  return arrange(bytes, order)
}

function whole(value: number, min: number, max: number): number {
  return Number.isNaN(value) ? 0 : Math.min(max, Math.max(min, Math.round(value)))
}

/** A is the most significant byte. Eight letters say the place of each byte; of four letters CDAB turns the words round, BADC the bytes in each word, DCBA both. */
function arrange(bytes: Buffer, order: ByteOrder): number[] {
  if (order.length === bytes.length) {
    const turned = Buffer.from([...order].map(letter => bytes[letter.charCodeAt(0) - 65] ?? 0))
    return Array.from({ length: turned.length / 2 }, (_, word) => turned.readUInt16BE(word * 2))
  }
  const words: number[] = []
  const swapBytes = order === 'BADC' || order === 'DCBA'
  for (let at = 0; at < bytes.length; at += 2) words.push(swapBytes ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))
  return order === 'CDAB' || order === 'DCBA' ? words.toReversed() : words
}
