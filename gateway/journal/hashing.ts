/**
 * SHA-256 as whoever runs this code has it: `node:crypto` in the gateway and its commands, a library in the page that verifies without us.
 * What is proved must be proved by the same lines in both places.
 */
export interface Hashing {
  /** Over the parts, one after the other; 32 bytes. */
  of(...parts: readonly Uint8Array[]): Uint8Array
  begin(): RunningHash
}

/** A hash over more than is at hand at once. */
export interface RunningHash {
  add(bytes: Uint8Array): void
  /** Ends it. */
  end(): Uint8Array
}

const digits = '0123456789abcdef'

export function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += `${digits[byte >>> 4]}${digits[byte & 15]}`
  return text
}

/** The bytes that a text in lower-case hex says; `undefined` for any other text. */
export function bytesOfHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return undefined
  return Uint8Array.from({ length: text.length / 2 }, (_, index) => Number.parseInt(text.slice(index * 2, index * 2 + 2), 16))
}

const utf8 = new TextEncoder()
export const bytesOf = (text: string): Uint8Array => utf8.encode(text)

export function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
