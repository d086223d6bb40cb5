import type { Server as NetServer, Socket } from 'node:net'
import type * as Library from 'node-opcua-client'
import type { OPCUAServer, ServerSession } from 'node-opcua-server'
import { seconds } from '../../../protocols/contract/time.ts'
import { wayOf } from './turnstile.ts'
import type { Turnstile } from './turnstile.ts'

export interface EntranceParts {
  readonly opcua: typeof Library
  readonly server: OPCUAServer
  readonly turnstile: Turnstile
  /** How many may be signed in at once. */
  readonly sessions: number
}

/** What the library keeps to itself (seen in 2.186.4). */
interface Inside {
  readonly endpoints: readonly { readonly _server: NetServer }[]
  _on_ActivateSessionRequest(message: Message, channel: Channel): void
}
interface Message {
  readonly request: { readonly requestHeader: { readonly authenticationToken: { toString(): string } } }
}
interface Channel {
  readonly remoteAddress: string
  readonly remotePort: number
  send_response(kind: string, response: unknown, message: Message): void
}

/**
 * Puts the turnstile in front of the library's server. Left to itself it counts those who never sign in among its sessions and connections,
 * so that they take the places of those who would, and keeps what they have opened for as long as they like.
 */
export class Entrance {
  readonly #parts: EntranceParts
  /** Signed in, with the connection over which it was seen last; in the order in which they came. */
  readonly #signedIn = new Map<ServerSession, string>()
  readonly #sockets = new Map<string, Socket>()
  /** Opened and not signed in: one for each connection. */
  readonly #pending = new Map<string, ServerSession>()

  constructor(parts: EntranceParts) {
    this.#parts = parts
  }

  /** Sessions somebody is signed in to. */
  get sessions(): number {
    return this.#signedIn.size
  }

  /** To be called once, when the endpoints are there and nobody has come yet. */
  guard(): void {
    const { server } = this.#parts
    const inside = server as unknown as Inside
    for (const { _server: door } of inside.endpoints) this.#watch(door)
    const activate = inside._on_ActivateSessionRequest.bind(server)
    inside._on_ActivateSessionRequest = (message, channel) => {
      const way = wayOfChannel(channel)
      if (!this.#parts.turnstile.mayTry(way)) return
      if (this.#isFull(message)) return this.#sayFull(message, channel)
      activate(message, channel)
    }
    server.on('create_session', session => this.#opened(session))
    server.on('session_activated', session => this.#entered(session))
    server.on('session_closed', session => this.#left(session))
  }

  #watch(door: NetServer): void {
    const { turnstile } = this.#parts
    const inherited = door.listeners('connection')
    door.removeAllListeners('connection')
    // Those whom the system itself turns away would be turned away whoever they are.
    door.maxConnections = 10_000
    door.on('connection', (socket: Socket) => {
      const { remoteAddress: address, remotePort: port } = socket
      if (address === undefined || port === undefined) return void socket.destroy()
      const way = wayOf({ address, port })
      socket.on('error', () => {})
      if (!turnstile.admits({ address, port, hangUp: () => socket.destroy() })) return void socket.destroy()
      this.#sockets.set(way, socket)
      socket.on('data', bytes => turnstile.says(way, bytes.length))
      socket.once('close', () => {
        turnstile.gone(way)
        this.#sockets.delete(way)
        this.#dropPending(way)
      })
      for (const listener of inherited) listener.call(door, socket)
    })
  }

  #opened(session: ServerSession): void {
    const way = wayOfChannel(session.channel)
    if (way === undefined) return
    this.#dropPending(way)
    this.#pending.set(way, session)
  }

  #entered(session: ServerSession): void {
    const way = wayOfChannel(session.channel)
    const before = this.#signedIn.get(session)
    if (way !== undefined) {
      if (this.#pending.get(way) === session) this.#pending.delete(way)
      this.#parts.turnstile.signedIn(way)
      // The library goes on to hang up after so long a silence as it allows for a handshake. A SCADA to which nothing changes is silent
      // for as long as its session may be; whether it is still there the session's own watch and TCP find out.
      this.#sockets.get(way)?.setTimeout(0).setKeepAlive(true, seconds(30))
    }
    this.#signedIn.set(session, way ?? '')
    if (before !== undefined && before !== way) this.#settle(before)
    this.#makeRoom()
  }

  #left(session: ServerSession): void {
    for (const [way, pending] of this.#pending) if (pending === session) this.#pending.delete(way)
    const way = this.#signedIn.get(session)
    this.#signedIn.delete(session)
    if (way !== undefined) this.#settle(way)
  }

  /** Nobody is signed in over it any more: whoever is there now stands in the queue again. */
  #settle(way: string): void {
    if (![...this.#signedIn.values()].includes(way)) this.#parts.turnstile.signedOut(way)
  }

  #dropPending(way: string): void {
    const session = this.#pending.get(way)
    this.#pending.delete(way)
    if (session?.status === 'new') this.#close(session)
  }

  /** Whoever lost his connection may come back to his session; of those there are no more than of the others. */
  #makeRoom(): void {
    const waiting = [...this.#signedIn.keys()].filter(({ aborted }) => aborted)
    for (const session of waiting.slice(0, Math.max(0, waiting.length - this.#parts.sessions))) this.#close(session)
  }

  #close(session: ServerSession): void {
    this.#parts.server.engine.closeSession(session.authenticationToken, false, 'Terminated')
  }

  #isFull({ request }: Message): boolean {
    const token = request.requestHeader.authenticationToken.toString()
    const present = [...this.#signedIn.keys()].filter(({ aborted }) => !aborted)
    return present.length >= this.#parts.sessions && !present.some(one => one.authenticationToken.toString() === token)
  }

  #sayFull(message: Message, channel: Channel): void {
    const { ServiceFault, StatusCodes } = this.#parts.opcua
    const serviceResult = StatusCodes.BadTooManySessions
    channel.send_response('MSG', new ServiceFault({ responseHeader: { serviceResult } }), message)
  }
}

function wayOfChannel(channel: Channel): string
function wayOfChannel(channel: Channel | undefined): string | undefined
function wayOfChannel(channel: Channel | undefined): string | undefined {
  return channel && wayOf({ address: channel.remoteAddress, port: channel.remotePort })
}
