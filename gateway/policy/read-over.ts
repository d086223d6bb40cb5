import type { PointId } from '../../protocols/contract/reading.ts'
import type { Rule } from './rule.ts'

/** The rules that watch nothing but what is read over one connection, by that connection. */
export function readOver<R extends Pick<Rule, 'watches'>>(
  connections: readonly { readonly id: string; readonly points: readonly PointId[] }[],
  rules: readonly R[],
): ReadonlyMap<string, readonly R[]> {
  const lineOf = new Map(connections.flatMap(({ id, points }) => points.map(point => [point, id] as const)))
  const over = new Map<string, R[]>()
  for (const rule of rules) {
    const [first, ...others] = rule.watches.map(point => lineOf.get(point))
    if (first === undefined || others.some(line => line !== first)) continue
    const known = over.get(first)
    if (known) known.push(rule)
    else over.set(first, [rule])
  }
  return over
}
