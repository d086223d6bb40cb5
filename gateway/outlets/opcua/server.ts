import type { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import type * as Library from 'node-opcua-client'
import type { OPCUAServer } from 'node-opcua-server'
import { mendTransport } from '../../../protocols/opcua/mend.ts'
import type { Face } from './face.ts'
import type { Doorkeeper } from './doorkeeper.ts'
import { Entrance } from './entrance.ts'
import { isRepeating, limits, services } from './guard.ts'
import { Space } from './space.ts'
import type { FaceCounts, FaceOrders } from './talk.ts'
import type { Turnstile } from './turnstile.ts'

export type Opcua = typeof Library

interface FaceServerParts {
  readonly opcua: Opcua
  readonly server: OPCUAServer
  readonly certificates: OPCUACertificateManager
  readonly turnstile: Turnstile
  readonly sessions: number
}

/** The server a SCADA connects to: it shows a space and lets nobody change anything. Lives in a process of its own. */
export class FaceServer {
  readonly #server: OPCUAServer
  readonly #certificates: OPCUACertificateManager
  readonly #opcua: Opcua
  readonly #turnstile: Turnstile
  readonly #entrance: Entrance
  readonly #counts = { refusedWrites: 0, refusedCalls: 0 }

  private constructor({ opcua, server, certificates, turnstile, sessions }: FaceServerParts) {
    this.#opcua = opcua
    this.#server = server
    this.#certificates = certificates
    this.#turnstile = turnstile
    this.#entrance = new Entrance({ opcua, server, turnstile, sessions })
  }

  /** Makes key and certificate where there are none yet, and loads the standard's own nodes. Nothing listens before `listen`. */
  static async make(orders: FaceOrders, door: Doorkeeper, turnstile: Turnstile): Promise<FaceServer> {
    const [opcua, { OPCUAServer }, { OPCUACertificateManager }] = await Promise.all([
      import('node-opcua-client'),
      import('node-opcua-server'),
      import('node-opcua-certificate-manager'),
    ])
    await mendTransport()
    opcua.setWarningLogger(() => {})
    opcua.setErrorLogger(() => {})
    const { MessageSecurityMode, SecurityPolicy, StatusCodes } = opcua
    /** The library files every certificate it ever met in a folder, so that strangers could fill the disk; ours only looks. */
    class Certificates extends OPCUACertificateManager {
      override checkCertificate(chain: Buffer | Buffer[], callback?: unknown): Promise<Library.StatusCode> {
        const status = door.knows(Array.isArray(chain) ? chain[0] : chain)
          ? StatusCodes.Good
          : StatusCodes.BadCertificateUntrusted
        if (typeof callback === 'function') (callback as (error: null, status: Library.StatusCode) => void)(null, status)
        return Promise.resolve(status)
      }
    }
    const certificates = new Certificates({ rootFolder: orders.folder })
    await certificates.initialize()
    const { sessions: places } = orders
    const server = new OPCUAServer({
      host: orders.host,
      hostname: orders.host === '0.0.0.0' || orders.host === '::' ? undefined! : orders.host,
      port: orders.port,
      resourcePath: '/zhishou',
      serverCertificateManager: certificates,
      userCertificateManager: certificates,
      // A channel without security may ask where the endpoints are and nothing else; sessions cannot be made on it.
      securityPolicies: orders.policies.map(policy => SecurityPolicy[policy]),
      securityModes: [MessageSecurityMode.SignAndEncrypt, ...(orders.signOnly ? [MessageSecurityMode.Sign] : [])],
      allowAnonymous: false,
      userManager: {
        isValidUserAsync(account, password, answer) {
          const from = this.channel?.remoteAddress ?? ''
          void door.opensFor(account, password, from).then(is => answer(null, is))
        },
      },
      timeout: limits.handshake,
      // The turnstile counts those who come; the library has to have room for all whom it lets in.
      maxConnectionsPerEndpoint: 2 * (limits.strangers + places),
      transportSettings: {
        adjustTransportLimits: hello => ({
          receiveBufferSize: Math.min(hello.receiveBufferSize || limits.chunkSize, limits.chunkSize),
          sendBufferSize: Math.min(hello.sendBufferSize || limits.chunkSize, limits.chunkSize),
          maxMessageSize: limits.messageSize,
          maxChunkCount: limits.chunks,
        }),
      },
      serverCapabilities: {
        maxSessions: limits.strangers + 2 * places,
        maxSubscriptionsPerSession: limits.subscriptionsPerSession,
        maxSubscriptions: limits.subscriptionsPerSession * places,
        maxMonitoredItems: limits.items,
        maxMonitoredItemsPerSubscription: limits.items,
        maxBrowseContinuationPoints: 10,
        // Whoever asks for everything (a sampling interval of 0) hears of every change and not of one in each tenth of a second.
        minSupportedSampleRate: 0,
        operationLimits: {
          maxNodesPerRead: limits.nodesPerRead,
          maxNodesPerBrowse: limits.nodesPerBrowse,
          maxNodesPerWrite: 100,
          maxNodesPerMethodCall: limits.methodsPerCall,
          maxMonitoredItemsPerCall: limits.itemsPerCall,
          maxNodesPerTranslateBrowsePathsToNodeIds: limits.nodesPerBrowse,
          maxNodesPerRegisterNodes: limits.nodesPerBrowse,
        },
      },
      serverInfo: {
        applicationUri: 'urn:zhishou:gateway',
        productUri: 'urn:zhishou',
        applicationName: { text: 'Zhishou 值守' },
      },
      buildInfo: { productName: 'Zhishou', manufacturerName: 'Zhishou', softwareVersion: orders.version },
    })
    return new FaceServer({ opcua, server, certificates, turnstile, sessions: places })
  }

  /** Builds what is to be seen and opens the port. Rejects when the port is taken. */
  async listen(face: Face): Promise<Space> {
    const server = this.#server
    await server.initialize()
    const space = new Space(this.#opcua, server, face)
    this.#bar()
    this.#entrance.guard()
    await server.start()
    return space
  }

  get address(): string {
    return this.#server.getEndpointUrl()
  }

  get certificate(): Uint8Array {
    return this.#server.getCertificate()
  }

  get counts(): FaceCounts {
    return { sessions: this.#entrance.sessions, turnedAway: this.#turnstile.turnedAway, ...this.#counts }
  }

  async stop(): Promise<void> {
    await this.#server.shutdown(0)
    await this.#certificates.dispose()
  }

  /** Closes every way by which something could be changed. */
  #bar(): void {
    const { StatusCodes, CallMethodResult } = this.#opcua
    const server = this.#server as unknown as Record<string, unknown>
    for (const name of handlersOf(server)) if (!services.has(name.slice('_on_'.length))) server[name] = undefined
    const engine = this.#server.engine as unknown as Engine
    engine.write = async (_, nodes) => {
      this.#counts.refusedWrites += nodes.length
      return nodes.map(() => StatusCodes.BadUserAccessDenied)
    }
    const call = engine.call.bind(engine)
    engine.call = async (context, methods) => {
      const answers = methods.map(async method => {
        const { objectId, methodId } = method
        if (isRepeating(String(objectId), String(methodId))) return (await call(context, [method]))[0]
        this.#counts.refusedCalls += 1
        return new CallMethodResult({ statusCode: StatusCodes.BadUserAccessDenied })
      })
      return Promise.all(answers)
    }
  }
}

interface Engine {
  write(context: unknown, nodes: readonly unknown[]): Promise<readonly Library.StatusCode[]>
  call(context: unknown, methods: readonly Library.CallMethodRequest[]): Promise<readonly unknown[]>
}

/** The names of everything the library would answer a request by. */
function handlersOf(server: object): readonly string[] {
  const names = new Set<string>()
  for (let layer: object | null = server; layer !== null; layer = Object.getPrototypeOf(layer) as object | null)
    for (const name of Object.getOwnPropertyNames(layer)) if (name.startsWith('_on_')) names.add(name)
  return [...names]
}
