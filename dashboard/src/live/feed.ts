import { io } from 'socket.io-client'
import type { Socket } from 'socket.io-client'
import type { BrowserToServer, ServerToBrowser, WireChange, WireSnapshot } from '../../../gateway/api/wire.ts'

export interface FeedListener {
  readonly snapshot: (snapshot: WireSnapshot) => void
  readonly change: (change: WireChange) => void
  /** False while there is no connection. */
  readonly connected: (is: boolean) => void
  readonly signedOut: () => void
  /** The gateway would not let this browser in: its session is over, or nobody could say just then. Nothing more comes until `knock`. */
  readonly refused: () => void
  /** The site file is another: names and equipment are asked for anew. */
  readonly siteChanged: () => void
  /** Shown instead of somebody signed in; a wall screen has one. */
  readonly key?: string | undefined
}

/** The live channel in words of ours: the only file that knows socket.io. It reconnects by itself and asks for everything anew each time. */
export class Feed {
  readonly #listener: FeedListener
  #socket: Socket<ServerToBrowser, BrowserToServer> | undefined

  constructor(listener: FeedListener) {
    this.#listener = listener
  }

  start(): void {
    const socket: Socket<ServerToBrowser, BrowserToServer> = io({
      transports: ['websocket', 'polling'],
      reconnectionDelay: 500,
      reconnectionDelayMax: 5000,
      randomizationFactor: 0.5,
      // On a thin line the first word waits behind what is loaded beside it.
      timeout: 30_000,
      ...(this.#listener.key === undefined ? {} : { auth: { token: this.#listener.key } }),
    })
    socket.on('connect', () => {
      this.#listener.connected(true)
      this.watch()
    })
    socket.on('snapshot', this.#listener.snapshot)
    socket.on('change', this.#listener.change)
    socket.on('signedOut', this.#listener.signedOut)
    socket.on('siteChanged', this.#listener.siteChanged)
    socket.on('disconnect', reason => {
      this.#listener.connected(false)
      // The library takes a goodbye from the server for final; for a watch it never is, and a refused sign-in is told by `signedOut`.
      if (reason === 'io server disconnect') socket.connect()
    })
    socket.on('connect_error', () => {
      this.#listener.connected(false)
      // What failed on the way the library tries again by itself; a refusal it takes for final.
      if (!socket.active) this.#listener.refused()
    })
    this.#socket = socket
  }

  knock(): void {
    this.#socket?.connect()
  }

  watch(): void {
    this.#socket?.emit('watch', { points: 'all' })
  }

  heard(seq: number): void {
    this.#socket?.emit('heard', seq)
  }

  stop(): void {
    this.#socket?.removeAllListeners()
    this.#socket?.disconnect()
    this.#socket = undefined
  }
}
