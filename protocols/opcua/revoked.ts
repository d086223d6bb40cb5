/** One value of DER: what it is and where its content lies. */
interface Part {
  readonly tag: number
  readonly from: number
  readonly to: number
}

const sequence = 0x30
const integer = 0x02
const times: ReadonlySet<number> = new Set([0x17, 0x18])

/**
 * The serial numbers (lower-case hex without leading noughts) of a certificate revocation list in DER or PEM, RFC 5280 §5.1;
 * `undefined` where the bytes are none. Its signature is not checked: it lies in the administrator's own folder.
 */
export function revokedBy(file: Uint8Array): readonly string[] | undefined {
  const bytes = unwrap(file)
  const [list] = partsOf(bytes, 0, bytes.length)
  const [signed] = list?.tag === sequence ? partsOf(bytes, list.from, list.to) : []
  if (signed?.tag !== sequence) return undefined
  const fields = partsOf(bytes, signed.from, signed.to)
  const lastTime = fields.findLastIndex(({ tag }) => times.has(tag))
  if (lastTime < 0) return undefined
  const entries = fields[lastTime + 1]
  if (entries?.tag !== sequence) return []
  return partsOf(bytes, entries.from, entries.to).flatMap(entry => {
    const [serial] = partsOf(bytes, entry.from, entry.to)
    return serial?.tag === integer ? [hexOf(bytes.subarray(serial.from, serial.to))] : []
  })
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').replace(/^0+/, '')

function unwrap(file: Uint8Array): Uint8Array {
  const body = /-----BEGIN X509 CRL-----([\s\S]+?)-----END X509 CRL-----/.exec(Buffer.from(file).toString('latin1'))?.[1]
  return body === undefined ? file : Buffer.from(body, 'base64')
}

/** The values that follow each other between two places; as far as they make sense. */
function partsOf(bytes: Uint8Array, from: number, to: number): readonly Part[] {
  const parts: Part[] = []
  let at = from
  while (at + 2 <= to) {
    const tag = bytes[at] ?? 0
    const first = bytes[at + 1] ?? 0
    const more = first & 0x80 ? first & 0x7f : 0
    if (more > 4 || (first === 0x80 && more === 0)) return parts
    let length = more === 0 ? first : 0
    for (let digit = 0; digit < more; digit++) length = length * 256 + (bytes[at + 2 + digit] ?? 0)
    const begin = at + 2 + more
    if (begin + length > to) return parts
    parts.push({ tag, from: begin, to: begin + length })
    at = begin + length
  }
  return parts
}
