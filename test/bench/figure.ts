/** One measured number. What is compared carries its peer, measured in the same run on the same machine. */
export interface Figure {
  /** The bench it comes from. */
  readonly id: string
  readonly metric: string
  readonly value: number
  readonly unit: string
  readonly peer: string | null
  /** Product divided by peer, the median of the pairs; `null` where nothing comparable was measured. */
  readonly ratio: number | null
  readonly peerValue?: number
  /** Least and most of the ratio over the pairs; of the value itself where there is no peer. */
  readonly range?: readonly [least: number, most: number]
  /** What has to be known to read it: durability, load, window. */
  readonly note?: string
}

export interface Pace {
  /** Shorter windows and fewer repetitions, the same checks. */
  readonly quick: boolean
}

export interface Bench {
  readonly id: string
  readonly title: string
  /** Whether `--quick` runs it too. */
  readonly quick: boolean
  /** Rejects with `Wrong` when a result is not right: then there is no figure. */
  run(pace: Pace): Promise<readonly Figure[]>
}

/** A wrong or missing value has no speed. */
export class Wrong extends Error {
  override readonly name = 'Wrong'
}

/** The gate before every figure. */
export function gate(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Wrong(what)
}

/** The value below which the share `part` (0 to 1) of them lies; nearest rank. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

const rangeOf = (values: readonly number[]): readonly [number, number] => [Math.min(...values), Math.max(...values)]

export interface Pairs<T> {
  readonly product: readonly T[]
  readonly peer: readonly T[]
}

/** Product and peer take turns, A B A B; the first pair warms both up and is thrown away, unless something before has done that. */
export async function alternate<T>(
  pairs: number,
  product: () => Promise<T>,
  peer: () => Promise<T>,
  warmUps = 1,
): Promise<Pairs<T>> {
  const all: Pairs<T> & { product: T[]; peer: T[] } = { product: [], peer: [] }
  for (let pair = -warmUps; pair < pairs; pair++) {
    const [a, b] = [await product(), await peer()]
    if (pair < 0) continue
    all.product.push(a)
    all.peer.push(b)
  }
  return all
}

type Label = Pick<Figure, 'id' | 'metric' | 'unit'> & { readonly note?: string }

/** A figure of what was measured in turns. */
export function compared<T>(
  label: Label & { readonly peer: string },
  { product, peer }: Pairs<T>,
  of: (measured: T) => number,
): Figure {
  const values = product.map(of)
  const peerValues = peer.map(of)
  const ratios = values.map((value, index) => value / (peerValues[index] ?? Number.NaN))
  return { ...label, value: median(values), peerValue: median(peerValues), ratio: median(ratios), range: rangeOf(ratios) }
}

/** A figure that has nothing to be compared with. */
export function alone(label: Label, values: readonly number[]): Figure {
  const range = values.length > 1 ? { range: rangeOf(values) } : {}
  return { ...label, value: median(values), peer: null, ratio: null, ...range }
}
