import { Locale } from 'opencc-js'
import { openCC } from '../../dashboard/hant-build.ts'

export type Leaf = readonly [path: string, value: unknown]

/** Everything a dictionary says, with its place. */
export const leaves = (value: unknown, path = ''): Leaf[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`))
    : [[path, value]]
export const spoken = (value: unknown) => String(typeof value === 'function' ? value('「1」', '「2」', 3) : value)

/** Characters of 简体 that 繁體 never has, as OpenCC's lists have it: 门, 设, 报, but not 后, 里, 台, which are in both. */
export const onlySimplified: ReadonlySet<string> = (() => {
  const lists = (Locale.configs['s2hk']?.conversionChain ?? []).flat() as readonly string[]
  const entries = lists.flatMap(list => list.split('|')).map(entry => entry.split(' ') as [string, string])
  const shown = new Set(entries.flatMap(([, to]) => [...openCC(to)]))
  return new Set(
    entries.map(([from]) => from).filter(from => [...from].length === 1 && openCC(from) !== from && !shown.has(from)),
  )
})()
