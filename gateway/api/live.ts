import type { IncomingMessage, Server as HttpServer } from 'node:http'
import { Server } from 'socket.io'
import type { Socket } from 'socket.io'
import { millis, seconds } from '../../protocols/contract/time.ts'
import type { Cancel, Instant } from '../../protocols/contract/time.ts'
import type { Accounts, Who } from '../accounts/accounts.ts'
import { isForeign, secretsOf } from './caller.ts'
import type { House } from './house.ts'
import { News } from './news.ts'
import { Screen } from './screen.ts'
import { Views } from './views.ts'
import type { BrowserToServer, ServerToBrowser } from './wire.ts'

type Line = Socket<BrowserToServer, ServerToBrowser, Record<string, never>, { who: Who }>

/** Changes are gathered for so long, so that a thousand readings are one message; well below any poll, so that a steady one never waits its turn. */
const gather = millis(50)
/** A change of role, password or standing reaches every socket within two of these. */
const recheck = seconds(2)
/** Sockets at once; more are refused before they cost anything. */
const mostScreens = 500
/** From so many bytes on a message is packed. */
const worthPacking = 64 * 1024
/** What may wait for one slow reader, and how old it may become on the way, before its changes are dropped for a later snapshot. */
const budget = { bytes: 1024 * 1024, packets: 8, unheard: seconds(8) }

/** The live channel: snapshots and numbered changes, as `wire.ts` has them. The only file that knows socket.io. */
export class Live {
  #house: House
  readonly #accounts: Accounts
  #views: Views
  readonly #io: Server<BrowserToServer, ServerToBrowser, Record<string, never>, { who: Who }>
  readonly #screens = new Map<Line, Screen>()
  #news = new News()
  #unlisten: Cancel = () => {}
  #cancelFlush: Cancel | undefined
  #cancelRecheck: Cancel = () => {}
  #flushedAt = 0 as Instant
  #counts = {
    live_changes_total: 0,
    live_snapshots_total: 0,
    live_slow_total: 0,
    live_refused_total: 0,
    live_signed_out_total: 0,
  }

  constructor(house: House, accounts: Accounts) {
    this.#house = house
    this.#accounts = accounts
    this.#views = new Views(house)
    this.#io = new Server({
      serveClient: false,
      transports: ['websocket', 'polling'],
      // What a browser says is a list of points; nothing it may send is longer.
      maxHttpBufferSize: 64 * 1024,
      // Two seconds each way and a page that is still being loaded over the same line: that is no stranger who does not speak.
      connectTimeout: 20_000,
      pingInterval: 20_000,
      pingTimeout: 20_000,
      // The first picture of a large site is megabytes that say the same again and again: on a thin line it would not arrive before the line is
      // given up. What comes later is small, and is not worth its processor time. Nothing of it is kept between messages, which would be memory
      // for every screen.
      perMessageDeflate: {
        threshold: worthPacking,
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
        zlibDeflateOptions: { level: 4 },
      },
      httpCompression: { threshold: 4_096 },
      allowRequest: (request, answer) => answer(...this.#mayKnock(request)),
    })
  }

  /** Before the server listens, so that no request of ours reaches the routes. */
  attach(server: HttpServer): void {
    this.#io.attach(server)
    this.#io.use((socket, next) => void this.#admit(socket, next))
    this.#io.on('connection', socket => this.#welcome(socket))
  }

  start(): void {
    this.#listen()
    this.#scheduleRecheck()
  }

  /** Another house from now on: every screen is told so, and gets a fresh picture of it. */
  goOn(house: House): void {
    this.#unlisten()
    this.#house = house
    this.#views = new Views(house)
    this.#news = new News()
    this.#listen()
    for (const [socket, screen] of this.#screens) {
      socket.emit('siteChanged')
      screen.goOn(house, this.#views)
    }
    this.#schedule(millis(0))
  }

  #listen(): void {
    const stops = [
      this.#house.state.listen({
        readings: readings => this.#gather(news => news.readings(readings)),
        wantsReadings: () => this.#screens.size > 0,
        alarm: alarm => this.#gather(news => news.alarms.set(alarm.id, alarm)),
        lockOuts: () => this.#gather(news => (news.lockOuts = true)),
        plans: () => this.#gather(news => (news.plans = true)),
        link: link => this.#gather(news => news.links.set(link.connection, link)),
        troubles: () => this.#gather(news => (news.health = true)),
        faults: () => this.#gather(news => (news.faults = true)),
        speed: () => this.#gather(news => (news.clock = true)),
      }),
      this.#accounts.onEnded(() => void this.#dismissEnded()),
    ]
    this.#unlisten = () => stops.forEach(stop => stop())
  }

  async stop(): Promise<void> {
    this.#unlisten()
    this.#cancelRecheck()
    this.#cancelFlush?.()
    this.#io.disconnectSockets(true)
    this.#io.engine?.close()
  }

  /** For `/metrics`. */
  figures(): Readonly<Record<string, number>> {
    const slow = [...this.#screens.values()].filter(screen => screen.isBehind).length
    return { ...this.#counts, live_sockets: this.#screens.size, live_sockets_slow: slow }
  }

  #mayKnock(request: IncomingMessage): [string | null | undefined, boolean] {
    const isWelcome = !isForeign(request.headers, request.headers.host ?? '') && this.#io.engine.clientsCount < mostScreens
    if (!isWelcome) this.#counts.live_refused_total += 1
    return [isWelcome ? undefined : 'refused', isWelcome]
  }

  async #admit(socket: Line, next: (error?: Error) => void): Promise<void> {
    const who = await this.#whoIs(socket.handshake.headers, socket.handshake.auth).catch(() => undefined)
    if (who === undefined) {
      this.#counts.live_refused_total += 1
      return next(new Error('not-signed-in'))
    }
    socket.data.who = who
    next()
  }

  async #whoIs(headers: IncomingMessage['headers'], auth: Readonly<Record<string, unknown>>): Promise<Who | undefined> {
    const { session, bearer } = secretsOf(headers)
    const token = bearer ?? (typeof auth['token'] === 'string' ? auth['token'] : undefined)
    if (token !== undefined) return this.#accounts.byBearer(token)
    return session === undefined ? undefined : this.#accounts.bySession(session)
  }

  #welcome(socket: Line): void {
    // The request with its headers is not needed any more, and holds memory for as long as the screen is open.
    Reflect.deleteProperty(socket.conn, 'request')
    const screen = new Screen(this.#house, this.#views, {
      waiting: () => waitingOf(socket),
      snapshot: state => {
        this.#counts.live_snapshots_total += 1
        socket.emit('snapshot', state)
      },
      change: change => {
        this.#counts.live_changes_total += 1
        socket.emit('change', change)
      },
    })
    this.#screens.set(socket, screen)
    socket.on('watch', what => {
      if (screen.watch(what)) this.#schedule(millis(0))
      else socket.disconnect(true)
    })
    socket.on('heard', seq => {
      if (!screen.heard(seq)) socket.disconnect(true)
    })
    socket.on('disconnect', () => this.#screens.delete(socket))
    // What a browser sends may be anything; nothing it sends ends the process.
    socket.on('error', () => socket.disconnect(true))
  }

  #gather(add: (news: News) => void): void {
    if (this.#screens.size === 0) return
    add(this.#news)
    this.#schedule(gather)
  }

  #schedule(delay: number): void {
    if (this.#cancelFlush !== undefined) return
    const sinceLast = this.#house.wall.now() - this.#flushedAt
    // After a quiet spell the first change goes out nearly at once; only a busy stream is gathered.
    const wait = sinceLast >= gather || sinceLast < 0 ? Math.min(delay, 10) : gather - sinceLast
    this.#cancelFlush = this.#house.wall.after(millis(wait), () => this.#flush())
  }

  #flush(): void {
    this.#cancelFlush = undefined
    this.#flushedAt = this.#house.wall.now()
    const news = this.#news
    this.#news = new News()
    const told = news.tell(this.#house, this.#views)
    for (const screen of this.#screens.values()) {
      const wasBehind = screen.isBehind
      screen.tell(told, budget)
      if (screen.isBehind && !wasBehind) this.#counts.live_slow_total += 1
    }
    if ([...this.#screens.values()].some(screen => screen.isOwed)) this.#schedule(gather)
  }

  #scheduleRecheck(): void {
    this.#cancelRecheck = this.#house.wall.after(recheck, () => {
      // Where nothing happens the time still goes on: a screen must be able to tell quiet from dead.
      if (this.#house.wall.now() - this.#flushedAt >= recheck) this.#gather(news => (news.clock = true))
      void this.#dismissEnded().finally(() => this.#scheduleRecheck())
    })
  }

  async #dismissEnded(): Promise<void> {
    for (const socket of Array.from(this.#screens.keys())) {
      // A store that cannot answer ends nobody's watch: the next check will know.
      if (await this.#accounts.isCurrent(socket.data.who).catch(() => true)) continue
      this.#counts.live_signed_out_total += 1
      this.#screens.delete(socket)
      socket.emit('signedOut')
      socket.disconnect(true)
    }
  }
}

/** What socket.io and the WebSocket below it still hold for this reader. Neither says so in its types. */
function waitingOf({ conn }: Line): { readonly packets: number; readonly bytes: number } {
  const { writeBuffer, transport } = conn as unknown as {
    readonly writeBuffer: readonly unknown[]
    readonly transport: { readonly socket?: { readonly bufferedAmount?: number } }
  }
  return { packets: writeBuffer.length, bytes: transport.socket?.bufferedAmount ?? 0 }
}
