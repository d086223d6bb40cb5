/** One value of ASN.1 in DER (X.690): what it is, its bytes, and for a constructed one what it is made of. */
export interface Der {
  /** The identifier octet: class, form and number (below 31). */
  readonly tag: number
  /** With tag and length. */
  readonly whole: Uint8Array
  readonly content: Uint8Array
}

export class BadDer extends Error {
  override readonly name = 'BadDer'
}

/** The value at the beginning of the bytes. Throws BadDer for what is cut off or no DER. */
export function readDer(bytes: Uint8Array): Der {
  const [tag, length] = [bytes[0], bytes[1]]
  if (tag === undefined || length === undefined) throw new BadDer('cut off')
  if ((tag & 31) === 31) throw new BadDer('a tag that is not used here')
  let [start, size] = [2, length]
  if (length >= 128) {
    const count = length & 127
    if (count === 0 || count > 4) throw new BadDer('a length that is not used here')
    size = 0
    for (let index = 0; index < count; index++) size = size * 256 + (bytes[2 + index] ?? 0)
    start = 2 + count
  }
  if (start + size > bytes.length) throw new BadDer('cut off')
  return { tag, whole: bytes.subarray(0, start + size), content: bytes.subarray(start, start + size) }
}

/** What a constructed value is made of. Throws BadDer. */
export function partsOf({ content }: Pick<Der, 'content'>): Der[] {
  const parts: Der[] = []
  for (let rest = content; rest.length > 0;) {
    const part = readDer(rest)
    parts.push(part)
    rest = rest.subarray(part.whole.length)
  }
  return parts
}

/** A value with its tag and length. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const size = contents.reduce((sum, { length }) => sum + length, 0)
  const digits: number[] = []
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256)
  const head = size < 128 ? [tag, size] : [tag, 128 + digits.length, ...digits]
  const whole = new Uint8Array(head.length + size)
  whole.set(head)
  let at = head.length
  for (const content of contents) {
    whole.set(content, at)
    at += content.length
  }
  return whole
}

export const sequence = (...contents: readonly Uint8Array[]): Uint8Array => der(0x30, ...contents)

/** A whole number that is not negative, from its bytes. */
export function unsigned(bytes: Uint8Array): Uint8Array {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1
  const digits = bytes.subarray(start)
  return (digits[0] ?? 0) >= 128
    ? der(0x02, Uint8Array.of(0), digits)
    : der(0x02, digits.length === 0 ? Uint8Array.of(0) : digits)
}

/** `1.2.840.…` to its bytes. */
export function objectId(text: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const bytes: number[] = []
  for (const arc of [first * 40 + second, ...rest]) {
    const digits = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift(128 + (left % 128))
    bytes.push(...digits)
  }
  return der(0x06, Uint8Array.from(bytes))
}

/** And back. */
export function objectIdOf({ tag, content }: Der): string {
  if (tag !== 0x06 || content.length === 0) throw new BadDer('no object identifier')
  const arcs: number[] = []
  let arc = 0
  for (const byte of content) {
    arc = arc * 128 + (byte & 127)
    if (byte >= 128) continue
    arcs.push(arc)
    arc = 0
  }
  const [first = 0, ...rest] = arcs
  const top = Math.min(2, Math.floor(first / 40))
  return [top, first - top * 40, ...rest].join('.')
}
