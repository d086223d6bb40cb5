import { createContext } from 'svelte'
import type { WireEquipment, WireSession, WireSite } from '../../gateway/api/wire.ts'
import { Http } from './http.ts'
import type { Answer } from './http.ts'
import { isWall, takeKey } from './live/wall/key.ts'
import { LiveBoard } from './live/live-board.svelte.ts'
import { PastBoard } from './live/past-board.svelte.ts'
import { Look } from './look.svelte.ts'
import { Router } from './router.svelte.ts'
import { BrowserTime } from './time.svelte.ts'
import type { Words } from './words/words.svelte.ts'

export type Phase = 'opening' | 'signed-out' | 'loading' | 'ready' | 'failed'
/** Real ms until a gateway that could not be reached is asked again. */
const tryAgain = 5000

/** Why nobody is signed in: a session that was there has ended, perhaps with something undone. */
export type Ended = 'over' | 'undone'
export type May = WireSession['may'][number]

/** Where the person sits: who they are, the facility's structure, and the boards. Made once, in `main.ts`, and handed down by context. */
export class Desk {
  readonly time = new BrowserTime()
  readonly words: Words
  readonly look = Look.ofBrowser()
  readonly router = new Router()
  readonly #key = takeKey()
  readonly http = new Http(
    undone => this.#forget(undone ? 'undone' : 'over'),
    { inScript: said => this.words.inScript(said), slow: () => this.words.t.error.slow },
    this.#key,
  )
  readonly live = new LiveBoard(this.time, {
    signedOut: () => this.#forget('over'),
    siteChanged: () => void this.#seeSiteAnew(),
    // Whether that is for good, an answer over HTTP tells.
    refused: () => void this.http.ask('GET', '/session'),
    key: this.#key,
  })
  readonly past = new PastBoard(this.http, this.live)
  #phase = $state<Phase>('opening')
  #session = $state.raw<WireSession>()
  #site = $state.raw<WireSite>()
  #ended = $state<Ended>()
  #cancelTrying: () => void = () => {}
  /** Where to go after signing in. */
  #wanted = '/'
  readonly equipment = $derived(new Map((this.#site?.equipment ?? []).map(one => [one.id, one])))
  readonly clauses = $derived(new Map((this.#site?.clauses ?? []).map(one => [one.id, one])))
  readonly areas = $derived(new Map((this.#site?.areas ?? []).map(one => [one.id, one])))

  constructor(words: Words) {
    this.words = words
  }

  get phase(): Phase {
    return this.#phase
  }
  get session(): WireSession | undefined {
    return this.#session
  }
  get site(): WireSite | undefined {
    return this.#site
  }
  /** A session was there and has ended, which the sign-in page explains. */
  get ended(): Ended | undefined {
    return this.#ended
  }

  /** A wall that shows a key instead of somebody signed in. */
  get hasKey(): boolean {
    return this.#key !== undefined
  }

  may(what: May): boolean {
    return this.#session?.may.includes(what) ?? false
  }

  nameOf(equipment: string): string {
    const found: WireEquipment | undefined = this.equipment.get(equipment)
    return found ? this.words.say(found.name) : equipment
  }

  async start(): Promise<void> {
    this.time.start()
    this.router.start()
    // Whoever opens the link of a message need not be known here, and is not asked to sign in.
    if (this.router.place.page === 'answer') return
    // While it was away a part of what is on the screen may have become another.
    this.live.onCaughtUp(() => void this.#seeSiteAnew())
    await this.#knock()
  }

  async retry(): Promise<void> {
    this.#phase = 'opening'
    await this.#knock()
  }

  async #knock(): Promise<void> {
    this.#cancelTrying()
    const session = await this.http.session()
    if (session.ok) await this.#enter(session.value)
    else if (session.why === 'offline' || session.why === 'server' || session.why === 'slow') this.#fail()
    else this.#forget('never')
  }

  /** Nobody need press a button for it to go on. */
  #fail(): void {
    this.#phase = 'failed'
    this.#cancelTrying = this.time.after(tryAgain, () => void this.#knock())
  }

  async signIn(username: string, password: string): Promise<Answer<WireSession>> {
    const answer = await this.http.signIn(username, password)
    if (answer.ok) {
      this.router.go(this.#wanted, 'replace')
      await this.#enter(answer.value)
    }
    return answer
  }

  async signOut(): Promise<void> {
    await this.http.signOut()
    this.#forget('left')
  }

  async #enter(session: WireSession): Promise<void> {
    this.#session = session
    this.#ended = undefined
    this.#phase = 'loading'
    const site = await this.http.site()
    if (!site.ok) {
      if (site.why !== 'signed-out') this.#fail()
      return
    }
    this.#site = site.value
    this.words.useTimeZone(site.value.timeZone)
    if (this.router.place.page === 'sign-in') this.router.go('/', 'replace')
    this.live.start()
    this.past.start(site.value)
    this.#phase = 'ready'
  }

  /** What is being written down on a page stays as it is; only names, equipment and points are the new ones. */
  async #seeSiteAnew(): Promise<void> {
    const site = await this.http.site()
    if (!site.ok || this.#phase !== 'ready') return
    this.#site = site.value
    this.words.useTimeZone(site.value.timeZone)
    this.past.stop()
    this.past.start(site.value)
  }

  #forget(why: 'never' | Ended | 'left'): void {
    this.live.stop()
    this.past.stop()
    this.#cancelTrying()
    // Whoever tells of it first, what was not done stays said.
    if (why === 'left') this.#ended = undefined
    else if (why !== 'never' && this.#session !== undefined) this.#ended = why
    else if (why === 'undone' && this.#ended === 'over') this.#ended = why
    this.#session = undefined
    this.#site = undefined
    this.#phase = 'signed-out'
    // A wall says itself that nobody let it in.
    if (isWall(this.router.path)) return
    const here = this.router.path
    this.#wanted = here === '/sign-in' || why === 'left' ? '/' : here
    this.router.go('/sign-in', 'replace')
  }
}

export const [useDesk, putDesk] = createContext<Desk>()
