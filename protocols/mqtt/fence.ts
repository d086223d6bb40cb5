import { covers, filterMistake, matches, topicMistake } from './topic.ts'

/** Who is at the other end of a broker connection: a named account, or somebody on this machine without a name. */
export type Who = { readonly account: string } | { readonly account?: never }

/** The topics that the site file gives to a device beyond its own tree. */
export type NamedTopics = ReadonlyMap<string, readonly string[]>

/** A device may speak below `devices/ID/` and on the topics its site-file entry names; nobody speaks for the gateway or the broker. */
export function maySay(who: Who, topic: string, named: NamedTopics): boolean {
  if (topicMistake(topic) !== undefined || topic.startsWith('$') || /^zhishou(\/|$)/.test(topic)) return false
  if (who.account === undefined) return true
  return topic.startsWith(`devices/${who.account}/`) || (named.get(who.account) ?? []).some(filter => matches(filter, topic))
}

/**
 * A device may hear its own tree, whether the gateway is there, and what its account is given beyond that. `$share` is refused: without
 * load sharing it would be a plain topic.
 */
export function mayHear(who: Who, filter: string, given: readonly string[] = []): boolean {
  if (filterMistake(filter) !== undefined || filter.startsWith('$share/')) return false
  if (given.some(allowed => covers(allowed, filter))) return true
  if (filter.startsWith('$')) return false
  if (/^zhishou\/[^/+#]+\/status$/.test(filter)) return true
  if (who.account === undefined) return filter.startsWith('devices/')
  return filter.startsWith(`devices/${who.account}/`)
}
