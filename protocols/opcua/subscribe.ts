import type * as Library from 'node-opcua-client'
import type { Clock, Millis } from '../contract/time.ts'

/** The services of a session, without the library's own subscriptions on top. */
export type Raw = Library.ClientSessionRawSubscriptionService & Library.ClientSessionPublishService

/** One value as the server sent it, for the node at `index` of those subscribed to. */
export interface Item {
  readonly index: number
  readonly value: Library.DataValue
}
export interface SubscriptionParts {
  readonly opcua: typeof Library
  readonly wall: Clock
  readonly nodes: readonly string[]
  readonly publishEvery: Millis
  /** The longest loss of the link the server is asked to bridge: it keeps the subscription and queues samples for so long. */
  readonly bridge: Millis
  /** In the server's order, message by message. `kept`: told before the link was lost, or while it was away. */
  readonly heard: (items: readonly Item[], kept: boolean) => void
  /** Once: the subscription is of no more use on the session it is on. */
  readonly ended: (why: string) => void
}

/** A subscription that is silent for this many publishing intervals still sends a keep-alive. */
export const keepAlives = 5
const itemsPerCall = 1_000
/** Of all samples that wait at the server. */
const queueBudget = 200_000

/**
 * Asks the server for a subscription on every node, with queues long enough for the loss of the link that is to be bridged. What it does not
 * accept is handed to `refuse` as values with its status. `interval` is what the server made of ours, in ms.
 */
export async function askFor(
  { opcua, nodes, publishEvery, bridge }: SubscriptionParts,
  session: Raw,
  refuse: (items: readonly Item[]) => void,
): Promise<{ readonly id: number; readonly interval: number }> {
  const made = await session.createSubscription({
    requestedPublishingInterval: publishEvery,
    requestedMaxKeepAliveCount: keepAlives,
    requestedLifetimeCount: Math.max(keepAlives * 12, Math.ceil(bridge / publishEvery)),
    maxNotificationsPerPublish: 1_000,
    publishingEnabled: true,
    priority: 1,
  })
  const id = made.subscriptionId
  const fair = Math.floor(queueBudget / Math.max(1, nodes.length))
  const queueSize = Math.max(10, Math.min(1_000, Math.ceil(bridge / publishEvery), fair))
  for (let from = 0; from < nodes.length; from += itemsPerCall) {
    const part = nodes.slice(from, from + itemsPerCall)
    const answer = await session.createMonitoredItems({
      subscriptionId: id,
      timestampsToReturn: opcua.TimestampsToReturn.Both,
      itemsToCreate: part.map((nodeId, at) => ({
        itemToMonitor: { nodeId, attributeId: opcua.AttributeIds.Value },
        monitoringMode: opcua.MonitoringMode.Reporting,
        requestedParameters: { clientHandle: from + at + 1, samplingInterval: publishEvery, queueSize, discardOldest: true },
      })),
    })
    const refused = (answer.results ?? []).flatMap(({ statusCode }, at) =>
      statusCode.isNotGood() ? [{ index: from + at, value: new opcua.DataValue({ statusCode }) }] : [],
    )
    if (refused.length > 0) refuse(refused)
  }
  return { id, interval: Math.max(publishEvery, made.revisedPublishingInterval) }
}
