/** As on the wire, without a leading dot: two parts at least, none beyond 32 bits. Undefined where the text is none. */
export function parseOid(text: string): string | undefined {
  const plain = text.startsWith('.') ? text.slice(1) : text
  if (!/^[0-2](\.(0|[1-9]\d{0,9})){1,127}$/.test(plain)) return undefined
  const parts = plain.split('.').map(Number)
  const [root = 0, second = 0] = parts
  return (root < 2 && second > 39) || second > 0xffff_ff00 || parts.some(part => part > 0xffff_ffff) ? undefined : plain
}

/** In the order in which an agent walks. */
export function compareOids(one: string, other: string): number {
  const [a, b] = [one.split('.'), other.split('.')]
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const difference = Number(a[at]) - Number(b[at])
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

export const isBelow = (oid: string, place: string): boolean => oid.startsWith(`${place}.`)
