import type { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import type * as Library from 'node-opcua-client'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed, whatWentWrong } from '../kit/answer.ts'
import type { Session } from '../kit/link.ts'
import type { OpcuaConnection, Security } from './config.ts'
import type { DataValue } from './decode.ts'

export interface OpcuaSession extends Session {
  /** All nodes at once, in the order given. A rejected read is a fault of the session. */
  read(nodes: readonly string[]): Promise<Answer<readonly DataValue[]>>
}

export interface OpcuaCall {
  readonly connection: OpcuaConnection
  /** For certificates: the gateway's own and those it met. Never the working directory. */
  readonly folder: string
  readonly nodes: readonly string[]
  /** A change, or the first word after subscribing; `index` counts in `nodes`. */
  readonly changed: (index: number, data: DataValue) => void
}

/** What is asked of the server for each item: enough to bridge a slow publish, the oldest dropped first. */
const queueSize = 10
/** A subscription that is silent for this many publishing intervals still sends a keep-alive. */
const keepAliveCount = 5

/** Loads the library ahead of the first call: it takes most of a second. */
export const loadLibrary = (): Promise<unknown> =>
  Promise.all([import('node-opcua-client'), import('node-opcua-certificate-manager')])

/**
 * Connects, logs in and subscribes. The library weighs some 100 MB, so it is loaded at the first call and a site without OPC UA
 * never pays for it. Its own reconnecting is off: a lost session is told and made anew by the link, subscriptions included,
 * because repaired sessions were seen to stay silent (node-opcua issues 474, 1059, 1334).
 */
export async function callServer(call: OpcuaCall, signal: AbortSignal): Promise<Answer<OpcuaSession>> {
  const opcua = await import('node-opcua-client')
  const { connection } = call
  // The library prints what it thinks; what matters of it is in our faults.
  opcua.setWarningLogger(() => {})
  opcua.setErrorLogger(() => {})
  const certificates = await import('node-opcua-certificate-manager')
  const manager = new certificates.OPCUACertificateManager({
    rootFolder: call.folder,
    automaticallyAcceptUnknownCertificate: true,
  })
  await manager.initialize()
  const client = opcua.OPCUAClient.create({
    applicationName: 'Zhishou',
    clientCertificateManager: manager,
    securityMode: modeOf(opcua, connection.security),
    securityPolicy: connection.security === 'none' ? opcua.SecurityPolicy.None : opcua.SecurityPolicy.Basic256Sha256,
    endpointMustExist: false,
    keepSessionAlive: true,
    requestedSessionTimeout: 60_000,
    connectionStrategy: { maxRetry: 0, initialDelay: 500, maxDelay: 1_000 },
  })
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= hangUp(client, manager))
  signal.addEventListener('abort', () => void close(), { once: true })
  const ended = endOf(client)
  try {
    if (signal.aborted) throw new Error('The call was given up.')
    await client.connect(connection.endpoint)
    const session = await client.createSession(identityOf(opcua, connection))
    session.on('session_closed', () => client.emit('close', new Error('The server closed the session.')))
    const subscription = await session.createSubscription2({
      requestedPublishingInterval: connection.publishEvery,
      requestedMaxKeepAliveCount: keepAliveCount,
      requestedLifetimeCount: keepAliveCount * 12,
      maxNotificationsPerPublish: 1_000,
      publishingEnabled: true,
      priority: 1,
    })
    subscription.on('terminated', () => client.emit('close', new Error('The server ended the subscription.')))
    subscription.on('internal_error', () => {})
    await watch(opcua, subscription, call)
    return answered({
      ended,
      close,
      async read(nodes) {
        try {
          const values = await session.read(nodes.map(nodeId => ({ nodeId, attributeId: opcua.AttributeIds.Value })))
          return answered(values.map(value => toData(opcua, value)))
        } catch (error) {
          return failed(fault('disconnected', whatWentWrong(error)))
        }
      },
    })
  } catch (error) {
    await close()
    return failed(refusalOf(error, connection.endpoint))
  }
}

/** Subscribes to every node; those the server does not accept are told as a data value with its status. */
async function watch(
  opcua: typeof Library,
  subscription: Library.ClientSubscription,
  { nodes, connection, changed }: OpcuaCall,
): Promise<void> {
  if (nodes.length === 0) return
  const items = nodes.map(nodeId => ({ nodeId, attributeId: opcua.AttributeIds.Value }))
  const parameters = { samplingInterval: connection.publishEvery, queueSize, discardOldest: true }
  const group = opcua.ClientMonitoredItemGroup.create(subscription, items, parameters, opcua.TimestampsToReturn.Both)
  group.on('changed', (_item, value, index) => changed(index, toData(opcua, value)))
  await new Promise<void>((resolve, reject) => {
    group.on('initialized', () => resolve())
    group.on('terminated', () => reject(new Error('The server did not accept the subscription.')))
    group.on('err', message => reject(new Error(message)))
  })
  for (const [index, item] of group.monitoredItems.entries()) {
    const { statusCode } = item
    if (statusCode.isNotGood()) {
      changed(index, { status: statusCode.value, statusName: statusCode.name, type: '', isArray: false, value: undefined })
    }
  }
}

function toData(opcua: typeof Library, { statusCode, value, sourceTimestamp }: Library.DataValue): DataValue {
  return {
    status: statusCode.value,
    statusName: statusCode.name,
    type: opcua.DataType[value.dataType] ?? '',
    isArray: value.arrayType !== opcua.VariantArrayType.Scalar,
    value: value.value as unknown,
    ...(sourceTimestamp ? { sourceTime: sourceTimestamp.getTime() } : {}),
  }
}

function endOf(client: Library.OPCUAClient): Promise<Fault> {
  return new Promise(resolve => {
    const tell = (detail: string) => (): void => resolve(fault('disconnected', detail))
    client.on('connection_lost', tell('The connection to the server was lost.'))
    client.on('start_reconnection', tell('The connection to the server was lost.'))
    client.on('close', (error?: Error | null) =>
      resolve(fault('disconnected', error ? whatWentWrong(error) : 'The session has ended.')),
    )
  })
}

async function hangUp(client: Library.OPCUAClient, manager: OPCUACertificateManager): Promise<void> {
  try {
    await client.disconnect()
  } catch {
    // It was already gone; that is what was wanted.
  }
  await manager.dispose()
}

function modeOf({ MessageSecurityMode }: typeof Library, security: Security): Library.MessageSecurityMode {
  if (security === 'none') return MessageSecurityMode.None
  return security === 'sign' ? MessageSecurityMode.Sign : MessageSecurityMode.SignAndEncrypt
}

const identityOf = ({ UserTokenType }: typeof Library, { username, password = '' }: OpcuaConnection): Library.UserIdentityInfo =>
  username === undefined ? { type: UserTokenType.Anonymous } : { type: UserTokenType.UserName, userName: username, password }

function refusalOf(error: unknown, endpoint: string): Fault {
  const what = whatWentWrong(error)
  const refused = /BadUserAccessDenied|BadIdentityToken|BadSecurity|BadCertificate|cannot find an Endpoint/i.test(what)
  return fault(refused ? 'refused' : 'unreachable', `${endpoint}: ${what}`)
}
