import type * as Library from 'node-opcua-client'
import type { Item } from './subscribe.ts'

/** Per node and per question. */
const samplesPerNode = 5_000
const nodesPerCall = 20
/** A node that was silent for longer before the loss is not asked about the time before it. */
const furthest = 24 * 3_600_000

/**
 * What the server's own history has of each node since the last value it told, oldest first. A server without history, or a node that is
 * not recorded, gives nothing: `complete` says whether every node was answered.
 */
export async function samplesSince(
  opcua: typeof Library,
  session: Library.ClientSession,
  nodes: readonly string[],
  lastTold: ReadonlyMap<number, number>,
  until: number,
): Promise<{ readonly items: readonly Item[]; readonly complete: boolean }> {
  const items: Item[] = []
  const asked = [...lastTold].filter(([index]) => nodes[index] !== undefined)
  let complete = asked.length > 0
  for (let from = 0; from < asked.length; from += nodesPerCall) {
    const part = asked.slice(from, from + nodesPerCall)
    const since = Math.max(until - furthest, Math.min(...part.map(([, at]) => at)))
    const results = await session
      .readHistoryValue(
        part.map(([index]) => nodes[index] ?? ''),
        new Date(since),
        new Date(until),
        { numValuesPerNode: samplesPerNode, returnBounds: false, isReadModified: false },
      )
      .catch(() => [])
    for (const [at, [index, told]] of part.entries()) {
      const result = results[at]
      const data = result?.statusCode.isGood() && result.historyData instanceof opcua.HistoryData ? result.historyData : undefined
      complete &&= data !== undefined
      for (const value of data?.dataValues ?? []) {
        if ((value.sourceTimestamp?.getTime() ?? 0) > told) items.push({ index, value })
      }
    }
    // The first answers say whether there is any history at all; a thousand refusals would teach nothing more.
    if (from === 0 && items.length === 0 && !complete) break
  }
  items.sort((a, b) => (a.value.sourceTimestamp?.getTime() ?? 0) - (b.value.sourceTimestamp?.getTime() ?? 0))
  return { items, complete }
}
