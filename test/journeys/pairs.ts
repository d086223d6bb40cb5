/** Which of all combinations are tried: few, and yet every value of one factor meets every value of each other. */
export type Factors = Readonly<Record<string, readonly unknown[]>>
export type Row<F extends Factors> = { readonly [K in keyof F]: F[K][number] }

export function everyRow<F extends Factors>(factors: F): readonly Row<F>[] {
  return Object.entries(factors).reduce<readonly Record<string, unknown>[]>(
    (rows, [name, values]) => rows.flatMap(row => values.map(value => ({ ...row, [name]: value }))),
    [{}],
  ) as readonly Row<F>[]
}

/** Every two values that stand in one row, as one word each. */
export function pairsOf(row: Readonly<Record<string, unknown>>): readonly string[] {
  const said = Object.entries(row).map(([name, value]) => `${name}=${String(value)}`)
  return said.flatMap((one, place) => said.slice(place + 1).map(other => `${one} ${other}`))
}

/** Greedy: the row that brings most pairs not met so far, the first of equals, until none is left. */
export function everyPair<F extends Factors>(factors: F): readonly Row<F>[] {
  const rows = everyRow(factors).map(row => ({ row, pairs: pairsOf(row) }))
  const left = new Set(rows.flatMap(({ pairs }) => pairs))
  const chosen: Row<F>[] = []
  while (left.size > 0) {
    const newOf = (pairs: readonly string[]) => pairs.filter(pair => left.has(pair)).length
    const best = rows.reduce((most, one) => (newOf(one.pairs) > newOf(most.pairs) ? one : most))
    for (const pair of best.pairs) left.delete(pair)
    chosen.push(best.row)
  }
  return chosen
}
