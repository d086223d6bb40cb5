import { isDeepStrictEqual } from 'node:util'

/**
 * Where each item of a list comes from when it has become another: the place of the item it was, the same or changed, or `undefined` of a
 * new one. Pure.
 */
export function origins(before: readonly unknown[], after: readonly unknown[]): readonly (number | undefined)[] {
  const from = new Map<number, number>()
  const left = new Set(before.keys())
  const pair = (index: number, old: number): void => {
    from.set(index, old)
    left.delete(old)
  }
  const isSame = (index: number, old: number): boolean => isDeepStrictEqual(after[index], before[old])
  // From both ends first: of items that are alike the one that did not move is the one.
  let head = 0
  while (head < before.length && head < after.length && isSame(head, head)) pair(head, head++)
  for (let tail = 1; tail <= Math.min(before.length, after.length) - head; tail += 1) {
    if (!isSame(after.length - tail, before.length - tail)) break
    pair(after.length - tail, before.length - tail)
  }
  const open = (): readonly number[] => [...after.keys()].filter(index => !from.has(index))
  for (const index of open()) {
    const old = [...left].find(one => isSame(index, one))
    if (old !== undefined) pair(index, old)
  }
  for (const index of open()) {
    const likest = [...left]
      .map(old => ({ old, likeness: likeness(before[old], after[index]), far: Math.abs(old - index) }))
      .filter(({ old, likeness: shared }) => shared > 0 || (old === index && before.length === after.length))
      .toSorted((a, b) => b.likeness - a.likeness || a.far - b.far)[0]
    if (likest) pair(index, likest.old)
  }
  return [...after.keys()].map(index => from.get(index))
}

type Mapping = Readonly<Record<string, unknown>>
const mappingOf = (value: unknown): Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : {}

/** How much two mappings say the same. */
function likeness(before: unknown, after: unknown): number {
  const [was, now] = [mappingOf(before), mappingOf(after)]
  return Object.keys(was).filter(key => Object.hasOwn(now, key) && isDeepStrictEqual(was[key], now[key])).length
}
