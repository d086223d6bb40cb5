import { seconds } from '../../../protocols/contract/time.ts'

/**
 * What a client may ask of the server: to look. Every other service of Part 4 does not exist here, whatever the library brings along,
 * so that a way to change anything cannot come in with its next version.
 */
export const services: ReadonlySet<string> = new Set([
  'GetEndpointsRequest',
  'FindServersRequest',
  'CreateSessionRequest',
  'ActivateSessionRequest',
  'CloseSessionRequest',
  'BrowseRequest',
  'BrowseNextRequest',
  'TranslateBrowsePathsToNodeIdsRequest',
  'RegisterNodesRequest',
  'UnregisterNodesRequest',
  'ReadRequest',
  'CreateSubscriptionRequest',
  'ModifySubscriptionRequest',
  'SetPublishingModeRequest',
  'DeleteSubscriptionsRequest',
  'TransferSubscriptionsRequest',
  'CreateMonitoredItemsRequest',
  'ModifyMonitoredItemsRequest',
  'SetMonitoringModeRequest',
  'SetTriggeringRequest',
  'DeleteMonitoredItemsRequest',
  'PublishRequest',
  'RepublishRequest',
  // These two are answered and nothing of them is done: each node and each method is refused by name.
  'WriteRequest',
  'CallRequest',
])

/** Methods that only repeat what is: ConditionRefresh, ConditionRefresh2, Server.GetMonitoredItems, Server.ResendData. */
const repeating: ReadonlySet<string> = new Set(['ns=0;i=3875', 'ns=0;i=12912', 'ns=0;i=11492', 'ns=0;i=12873'])
const conditionType = 'ns=0;i=2782'
const serverObject = 'ns=0;i=2253'

/** Whether the method may be called on the object: the four above, on the types and the server they belong to, and nothing else. */
export const isRepeating = (object: string, method: string): boolean =>
  repeating.has(method) && (object === conditionType || object === serverObject)

/**
 * Bounds that hold before anybody has said who he is (CVE-2022-21208, -25231, -24375: chunks without end; CVE-2026-54156: sessions that
 * are never activated).
 */
export const limits = {
  /** In bytes. A request of a SCADA is some kilobytes. */
  messageSize: 1_048_576,
  chunkSize: 65_536,
  chunks: 16,
  /** Milliseconds in which a connection must have become a channel. */
  handshake: 5_000,
  /** Connections on which nobody has signed in yet: all together, and of one address. */
  strangers: 32,
  strangersOfAddress: 8,
  /** New connections. An opened channel costs some milliseconds of RSA, which all who are signed in would wait for. */
  comings: { atOnce: 100, perSecond: 50 },
  comingsOfAddress: { atOnce: 20, perSecond: 2 },
  /** What a connection may say, and how long it may stay, before somebody has signed in. A client needs some 20 kB and one second. */
  bytesBefore: 262_144,
  patience: seconds(20),
  /** To sign in over one connection. */
  tries: 3,
  /** Ways by which an account got in before: nobody else's guesses keep it waiting there. */
  knownWays: 1_000,
  nodesPerRead: 5_000,
  nodesPerBrowse: 1_000,
  itemsPerCall: 5_000,
  items: 50_000,
  subscriptionsPerSession: 10,
  methodsPerCall: 20,
  /** Passwords that are being checked or wait for it: each check costs 19 MiB and some 50 ms. */
  checks: 8,
} as const
