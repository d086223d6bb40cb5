/** Packed decimals, the low byte first. Undefined where a half-byte is no decimal. */
export function fromBcd(bytes: Uint8Array): number | undefined {
  let value = 0
  for (const byte of bytes.toReversed()) {
    const [high, low] = [byte >> 4, byte & 15]
    if (high > 9 || low > 9) return undefined
    value = value * 100 + high * 10 + low
  }
  return value
}

/** `000000000001` → `01 00 00 00 00 00`: two digits a byte, the low ones first, as addresses and data identifiers travel. */
export const bytesOfDigits = (digits: string): Uint8Array =>
  Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(digits.length - 2 * index - 2, digits.length - 2 * index), 16),
  )

/** The same the other way round. What is no decimal is shown as it is: `AA`. */
export const digitsOf = (bytes: Uint8Array): string => [...bytes].toReversed().map(hexOf).join('')

export const hexOf = (byte: number): string => byte.toString(16).padStart(2, '0').toUpperCase()
export const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, at) => byte === b[at])

/** Bytes AA of the address that was asked for fit every meter. */
export function fitsAddress(wanted: string, address: string): boolean {
  for (let at = 0; at < wanted.length; at += 2) {
    const byte = wanted.slice(at, at + 2)
    if (byte !== 'AA' && byte !== address.slice(at, at + 2)) return false
  }
  return wanted.length === address.length
}

/** All the bytes together, mod 256: the checksum of both meter protocols. */
export function sumOf(bytes: Uint8Array): number {
  let sum = 0
  for (const byte of bytes) sum = (sum + byte) & 255
  return sum
}
