import type { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import type * as Library from 'node-opcua-client'
import type { Words } from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Cancel, Clock } from '../contract/time.ts'
import { seconds } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed, whatWentWrong } from '../kit/answer.ts'
import type { Session } from '../kit/link.ts'
import type { OpcuaConnection } from './config.ts'
import type { DataValue } from './decode.ts'
import { certificatesFor, loadCertificates } from './certificates.ts'
import { samplesSince } from './history.ts'
import { identityOf, modeOf, refusalOf } from './identity.ts'
import { mendTransport } from './mend.ts'
import type { Item, Raw } from './subscribe.ts'
import { Subscription } from './subscription.ts'
import type { Judged } from './trust.ts'

export interface OpcuaSession extends Session {
  /** All nodes at once, in the order given. A rejected read is a fault of the session. */
  read(nodes: readonly string[]): Promise<Answer<readonly DataValue[]>>
  readonly opcua: typeof Library
  /** For looking around; never for writing. */
  readonly looking: Pick<Library.ClientSession, 'browse' | 'browseNext' | 'read'>
}

/** One value that was told, of the node at `index`. */
export interface Told {
  readonly index: number
  readonly data: DataValue
}

/** What outlives a loss of the link: the conversation as it stood, and what was told last. One per driver. */
export interface Memory {
  kept?: Kept
  /** Source times of the last word of each node, in ms. */
  readonly lastTold: Map<number, number>
  /** What was found out about the server's certificate. */
  advice: readonly Words[]
  /** How losses ended. */
  readonly bridged: { resumed: number; fromHistory: number; gaps: number; lostMessages: number }
}
interface Kept {
  readonly client: Library.OPCUAClient
  readonly manager: OPCUACertificateManager
  readonly session: Library.ClientSession
  readonly subscription: Subscription
}
export const emptyMemory = (): Memory => ({
  lastTold: new Map(),
  advice: [],
  bridged: { resumed: 0, fromHistory: 0, gaps: 0, lostMessages: 0 },
})

export interface OpcuaCall {
  readonly connection: OpcuaConnection
  /** For certificates: the gateway's own and those it met. Never the working directory. */
  readonly folder: string
  /** What to subscribe to; none: nothing. */
  readonly nodes: readonly string[]
  readonly wall: Clock
  readonly memory: Memory
  /** In the server's order. `kept`: it is from the time before the link was back. */
  readonly changed: (told: readonly Told[], kept: boolean) => void
  /** The bytes of each chunk, for whoever looks. */
  readonly frame?: (way: 'sent' | 'heard', chunk: Uint8Array) => void
}

/** Loads the library ahead of the first call: it takes most of a second. */
export const loadLibrary = (): Promise<unknown> => Promise.all([import('node-opcua-client'), loadCertificates()])

const nodesPerRead = 500

/**
 * Connects, looks at the server's certificate, logs in and subscribes, or goes on with what was there before the link was lost. The
 * library weighs some 100 MB, so it is loaded at the first call and a site without OPC UA never pays for it. Its own reconnecting is off:
 * sessions it repaired were seen to stay silent (node-opcua issues 474, 1059, 1334).
 */
export async function callServer(call: OpcuaCall, signal: AbortSignal): Promise<Answer<OpcuaSession>> {
  const { connection, memory } = call
  const opcua = await import('node-opcua-client')
  await mendTransport()
  // The library prints what it thinks; what matters of it is in our faults.
  opcua.setWarningLogger(() => {})
  opcua.setErrorLogger(() => {})
  const verdict: { judged?: Judged } = {}
  const manager = await certificatesFor(call, opcua, judged => {
    verdict.judged = judged
    memory.advice = judged.advice
  })
  const client = opcua.OPCUAClient.create({
    applicationName: 'Zhishou',
    clientCertificateManager: manager,
    securityMode: modeOf(opcua, connection.security),
    securityPolicy: connection.security === 'none' ? opcua.SecurityPolicy.None : opcua.SecurityPolicy[connection.policy],
    endpointMustExist: false,
    keepSessionAlive: true,
    requestedSessionTimeout: Math.min(3_600_000, Math.max(60_000, connection.bridge)),
    connectionStrategy: { maxRetry: 0, initialDelay: 500, maxDelay: 1_000 },
    transportSettings: { maxChunkCount: 256, maxMessageSize: 16 * 1_048_576 },
  })
  if (call.frame) {
    client.on('send_chunk', (chunk: Buffer) => call.frame?.('sent', chunk))
    client.on('receive_chunk', (chunk: Buffer) => call.frame?.('heard', chunk))
  }
  const ending = Promise.withResolvers<Fault>()
  const end = (detail: string): void => ending.resolve(fault('disconnected', detail))
  let closing: Promise<void> | undefined
  let subscription: Subscription | undefined
  let session: Library.ClientSession | undefined
  const close = (): Promise<void> => {
    subscription?.pause()
    return (closing ??= hangUp(client, manager, call.wall))
  }
  signal.addEventListener('abort', () => void close(), { once: true })
  client.on('connection_lost', () => end('The connection to the server was lost.'))
  client.on('start_reconnection', () => end('The connection to the server was lost.'))
  client.on('close', (error?: Error | null) => end(error ? whatWentWrong(error) : 'The session has ended.'))
  // Not closed by us: what the server keeps may be gone on with.
  const ended = ending.promise.then(why => {
    subscription?.pause()
    if (subscription && session && !closing) memory.kept = { client, manager, session, subscription }
    return why
  })
  try {
    if (signal.aborted) throw new Error('The call was given up.')
    await unless(signal, client.connect(connection.endpoint))
    const before = memory.kept
    delete memory.kept
    const again = before && (await isActiveAgain(client, before))
    session = again ? before.session : await unless(signal, client.createSession(await identityOf(opcua, connection)))
    session.on('session_closed', () => end('The server closed the session.'))
    if (call.nodes.length > 0) subscription = await subscribe(call, { opcua, session, end, before, isSame: again === true })
    if (before) void hangUp(before.client, before.manager, call.wall)
    return answered({ opcua, looking: session, ended, close, read: reading(opcua, session) })
  } catch (error) {
    await close()
    if (verdict.judged?.trusted === false) return failed(verdict.judged.fault)
    return failed(refusalOf(error, connection.endpoint))
  }
}

/** Ends what was kept for a call that never comes. */
export async function forget(memory: Memory, wall: Clock): Promise<void> {
  const { kept } = memory
  delete memory.kept
  kept?.subscription.pause()
  if (kept) await hangUp(kept.client, kept.manager, wall)
}

/** The session of before, on the new channel: even a server that does not know who we are lets us go on with it. */
async function isActiveAgain(client: Library.OPCUAClient, { session }: Kept): Promise<boolean> {
  try {
    await client.reactivateSession(session)
    return true
  } catch {
    return false
  }
}

interface Ground {
  readonly opcua: typeof Library
  readonly session: Library.ClientSession
  readonly end: (why: string) => void
  readonly before: Kept | undefined
  readonly isSame: boolean
}

/** Goes on with the subscription of before; where the server has it no more, begins another and asks the server's history for the rest. */
async function subscribe(call: OpcuaCall, { opcua, session, end, before, isSame }: Ground): Promise<Subscription> {
  const { memory, nodes, connection, wall } = call
  const tell = (items: readonly Item[], kept: boolean): void => {
    for (const { index, value } of items) {
      const at = value.sourceTimestamp?.getTime()
      if (at !== undefined) memory.lastTold.set(index, Math.max(at, memory.lastTold.get(index) ?? 0))
    }
    call.changed(
      items.map(({ index, value }) => ({ index, data: toData(opcua, value) })),
      kept,
    )
  }
  const old = before?.subscription
  if (old) {
    old.moveTo({ heard: tell, ended: end })
    if (await old.resume(rawOf(session), isSame)) {
      memory.bridged.resumed += 1
      memory.bridged.lostMessages += old.takeLost()
      return old
    }
  }
  const told = new Map(memory.lastTold)
  let early: (readonly [readonly Item[], boolean])[] | undefined = told.size > 0 ? [] : undefined
  const heard = (items: readonly Item[], kept: boolean): void => void (early?.push([items, kept]) ?? tell(items, kept))
  const parts = { opcua, wall, nodes, publishEvery: connection.publishEvery, bridge: connection.bridge, heard, ended: end }
  const subscription = await Subscription.begin(parts, rawOf(session))
  if (told.size > 0) {
    // What is told from here on waits behind what the history has of the time before.
    const { items, complete } = await samplesSince(opcua, session, nodes, told, wall.now())
    if (complete) memory.bridged.fromHistory += 1
    else memory.bridged.gaps += 1
    if (items.length > 0) tell(items, true)
    const waiting = early ?? []
    early = undefined
    for (const [late, kept] of waiting) tell(late, kept)
  }
  return subscription
}

/** The library declares them apart from its session, which has them all the same. */
const rawOf = (session: Library.ClientSession): Raw => session as unknown as Raw

const reading =
  (opcua: typeof Library, session: Library.ClientSession): OpcuaSession['read'] =>
  async nodes => {
    try {
      const values: DataValue[] = []
      for (let from = 0; from < nodes.length; from += nodesPerRead) {
        const part = nodes.slice(from, from + nodesPerRead)
        const read = await session.read(part.map(nodeId => ({ nodeId, attributeId: opcua.AttributeIds.Value })))
        values.push(...read.map(value => toData(opcua, value)))
      }
      return answered(values)
    } catch (error) {
      return failed(fault('disconnected', whatWentWrong(error)))
    }
  }

export function toData(opcua: typeof Library, { statusCode, value, sourceTimestamp }: Library.DataValue): DataValue {
  return {
    status: statusCode.value,
    statusName: statusCode.name,
    type: value ? (opcua.DataType[value.dataType] ?? '') : '',
    isArray: value ? value.arrayType !== opcua.VariantArrayType.Scalar : false,
    value: value?.value as unknown,
    ...(sourceTimestamp ? { sourceTime: sourceTimestamp.getTime() } : {}),
  }
}

/** The library waits for ever on a server that acknowledges with buffers of nothing; we do not. */
function unless<T>(signal: AbortSignal, what: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('The call was given up.')), { once: true })
    what.then(resolve, reject)
  })
}

async function hangUp(client: Library.OPCUAClient, manager: OPCUACertificateManager, wall: Clock): Promise<void> {
  let cancel: Cancel = () => {}
  const enough = new Promise<void>(resolve => {
    cancel = wall.after(seconds(3), resolve)
  })
  try {
    await Promise.race([client.disconnect(), enough])
  } catch {
    // It was already gone; that is what was wanted.
  }
  cancel()
  await manager.dispose()
}
