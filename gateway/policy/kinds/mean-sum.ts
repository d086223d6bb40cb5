/**
 * The exact sum of numbers that come and go: a list of parts that do not overlap, whose sum is what was added, to the last bit
 * (J. R. Shewchuk, Adaptive Precision Floating-Point Arithmetic, 1997, grow-expansion; the `fsum` of Python). Taking a number away again leaves
 * nothing behind, so the sum of a sliding window does not drift. Exact for numbers of 1e-250 to 1e300, either sign, and 0.
 */
export class ExactSum {
  readonly #parts: number[] = []

  add(value: number): void {
    grow(this.#parts, value * scale)
  }

  take(value: number): void {
    grow(this.#parts, -value * scale)
  }

  /** The sum divided by `count`, rounded once, half to even. */
  dividedBy(count: number): number {
    const parts = this.#parts
    // One part is one number, and its division is rounded once already.
    if (parts.length < 2) return (parts[0] ?? 0) / count / scale
    let quotient = 0
    for (let index = 0; index < parts.length; index += 1) quotient += parts[index] as number
    quotient /= count
    for (let turn = 0; turn < 16; turn += 1) {
      const rest = minusProduct(parts, quotient, count)
      const side = sign(rest)
      if (side === 0) return quotient / scale
      // The remainder, divided, moves the quotient to where it belongs in one step, or two after heavy cancelling.
      const better = quotient + total(rest) / count
      if (better !== quotient && Math.abs(better - quotient) > 2 * Math.abs(neighbour(quotient, side) - quotient)) {
        quotient = better
        continue
      }
      const next = neighbour(quotient, side)
      const beyond = sign(
        minusProduct(
          minusProduct(
            parts.map(part => 2 * part),
            quotient,
            count,
          ),
          next,
          count,
        ),
      )
      if (beyond === side) quotient = next
      else return (beyond === 0 && isOdd(quotient) ? next : quotient) / scale
    }
    return quotient / scale
  }
}

/** Keeps sums of the largest numbers finite; a power of two changes no digit. */
const scale = 2 ** -64

/** Adds a number to parts of growing size that do not overlap. */
function grow(parts: number[], added: number): void {
  let carry = added
  let kept = 0
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index] as number
    const sum = carry + part
    const virtual = sum - carry
    const lost = carry - (sum - virtual) + (part - virtual)
    if (lost !== 0) {
      parts[kept] = lost
      kept += 1
    }
    carry = sum
  }
  parts.length = kept
  if (carry !== 0) parts.push(carry)
}

/** parts − a·b, exactly (Dekker's product). */
function minusProduct(parts: readonly number[], a: number, b: number): number[] {
  const rest = [...parts]
  const product = a * b
  const [aHigh, bHigh] = [highHalf(a), highHalf(b)]
  const [aLow, bLow] = [a - aHigh, b - bHigh]
  const lost = aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow)
  grow(rest, -lost)
  grow(rest, -product)
  return rest
}

function highHalf(value: number): number {
  const split = value * 134_217_729
  return split - (split - value)
}

/** The largest part outweighs all others together. */
const sign = (parts: readonly number[]): number => Math.sign(parts.at(-1) ?? 0)

const total = (parts: readonly number[]): number => parts.reduce((sum, part) => sum + part, 0)

const double = new Float64Array(1)
const bits = new BigInt64Array(double.buffer)

/** The next number in the direction of `side`. */
function neighbour(value: number, side: number): number {
  if (value === 0) return side * Number.MIN_VALUE
  double[0] = value
  bits[0] = (bits[0] as bigint) + (value > 0 === side > 0 ? 1n : -1n)
  return double[0]
}

function isOdd(value: number): boolean {
  double[0] = value
  return ((bits[0] as bigint) & 1n) === 1n
}
