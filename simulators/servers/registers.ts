/** How a simulated device lays a value out in 16-bit registers: written from the Modbus documents, sharing nothing with the gateway. */
export const registerTypes = ['int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', 'float32', 'float64', 'bit'] as const
export type RegisterType = (typeof registerTypes)[number]

export const byteOrders = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const
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
  bit: 1,
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
    case 'bit':
      bytes.writeUInt16BE(value ? 1 << bit : 0)
  }
  return arrange(bytes, order)
}

function whole(value: number, min: number, max: number): number {
  return Number.isNaN(value) ? 0 : Math.min(max, Math.max(min, Math.round(value)))
}

/** A is the most significant byte. CDAB turns the words round, BADC the bytes in each word, DCBA both. */
function arrange(bytes: Buffer, order: ByteOrder): number[] {
  const words: number[] = []
  const swapBytes = order === 'BADC' || order === 'DCBA'
  for (let at = 0; at < bytes.length; at += 2) words.push(swapBytes ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))
  return order === 'CDAB' || order === 'DCBA' ? words.toReversed() : words
}
