import type { WireCheckPoint, WireRound, WireRounds } from '../../../../gateway/api/wire-rounds.ts'
import { codeIn, markOf, newId } from './code.ts'
import { KeptBook } from './kept-book.ts'
import type { KeptList, KeptVisit } from './kept-book.ts'
import { sendWaiting } from './send.ts'
import type { SendingEnd } from './send.ts'
import { rememberKept, walkerHere } from './walker.ts'

/** How long somebody has to say that something is wrong at a check-point before its visit is sent. */
const hold = 60_000
/** The same tag read again at once is one visit: a phone that reads it twice, a page that is loaded again. */
const again = 60_000
const keptDelivered = 7 * 86_400_000
const pauses = [3_000, 5_000, 10_000, 20_000, 30_000, 60_000]
const listEvery = 60_000

/** Where a check-point is on which round. */
export interface Found {
  readonly round: WireRound
  readonly point: WireCheckPoint
}

/** What came of scanning or typing a code. */
export type Marked =
  | { readonly is: 'marked' | 'again'; readonly visit: KeptVisit; readonly found: Found | undefined }
  /** A code no check-point in the list has; `insist` notes it down all the same. */
  | { readonly is: 'unknown' }
  | { readonly is: 'no-code' }
  /** The browser keeps nothing, and nothing was noted down. */
  | { readonly is: 'not-kept' }

/**
 * The rounds on this phone: the list as it was last seen, what was noted down, and the sending of it. One for the page; other tabs share
 * what is kept. Real time is the phone's, since that is what goes on record.
 */
export class FieldBook {
  #visits = $state.raw<readonly KeptVisit[]>([])
  #list = $state.raw<KeptList>()
  #now = $state(Date.now())
  #last = $state<SendingEnd>('nothing')
  #sending = $state(false)
  #broken = $state(false)
  #reached = $state(0)
  #marked = $state<string>()
  #failures = 0
  #book: Promise<KeptBook> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #listedAt = 0
  #started = false
  readonly #channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('zhishou-rounds')
  readonly waiting = $derived(this.#visits.filter(({ state }) => state === 'waiting'))

  /** Newest first. */
  get visits(): readonly KeptVisit[] {
    return this.#visits
  }
  get list(): KeptList | undefined {
    return this.#list
  }
  /** The phone's clock, moved once a second. */
  get now(): number {
    return this.#now
  }
  get last(): SendingEnd {
    return this.#last
  }
  get sending(): boolean {
    return this.#sending
  }
  /** The browser keeps nothing. */
  get broken(): boolean {
    return this.#broken
  }
  /** Counts the answers of the gateway: one more tells that it can be reached. */
  get reached(): number {
    return this.#reached
  }
  /** The visit that was noted down last, to be shown large. */
  get marked(): KeptVisit | undefined {
    return this.#visits.find(({ id }) => id === this.#marked)
  }

  /** Called by every page that shows it; only the first call does anything. */
  start(): void {
    if (this.#started) return
    this.#started = true
    const tick = (): void => {
      this.#now = Date.now()
      setTimeout(tick, 1_000)
    }
    tick()
    addEventListener('online', () => this.#hurry())
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.#hurry())
    this.#channel?.addEventListener('message', () => void this.#read())
    navigator.serviceWorker?.addEventListener('message', () => void this.#read())
    void this.#read().then(() => this.#hurry())
    // Kept even where the phone is short of room, if the browser lets us ask.
    void navigator.storage?.persist?.().catch(() => false)
  }

  /** Somebody signed in or out: what waited for that is tried again. */
  signedIn(): void {
    this.#hurry()
  }

  /** Notes a check-point down. It is on the phone's disk when this resolves; the network is not asked. */
  async mark(text: string, { insist = true } = {}): Promise<Marked> {
    const code = codeIn(text)
    if (code === undefined) return { is: 'no-code' }
    try {
      await this.#read()
      const found = await this.find(code)
      if (!insist && found === 'unknown') return { is: 'unknown' }
      const at = Date.now()
      const place = typeof found === 'object' ? found : undefined
      const walker = walkerHere()
      const by = walker?.username ?? null
      const before = this.#visits.find(one => one.code === code && one.by === by && Math.abs(at - one.at) < again)
      if (before) {
        this.#marked = before.id
        return { is: 'again', visit: before, found: place }
      }
      const asks = (place?.point.checks.length ?? 0) > 0
      const visit: KeptVisit = {
        id: newId(),
        code,
        at,
        by,
        byName: walker?.displayName ?? '',
        failed: [],
        verdict: 'passed',
        note: '',
        offline: !navigator.onLine,
        holdUntil: asks ? at + hold : 0,
        state: 'waiting',
        ...(place ? { round: place.round.id, checkPoint: place.point.id } : {}),
      }
      await (await this.#open()).add(visit)
      this.#marked = visit.id
      await this.#tell()
      this.#hurry()
      void askBackgroundSync()
      return { is: 'marked', visit, found: place }
    } catch {
      this.#broken = true
      return { is: 'not-kept' }
    }
  }

  /** The check-point of a code, from the kept list; `unknown` where the list has none such, nothing where that cannot be said here. */
  async find(code: string): Promise<Found | 'unknown' | undefined> {
    const rounds = this.#list?.items ?? []
    if (rounds.every(({ checkPoints }) => checkPoints.every(({ mark }) => mark === undefined))) return undefined
    const mark = await markOf(code)
    if (mark === undefined) return undefined
    for (const round of rounds) for (const point of round.checkPoints) if (point.mark === mark) return { round, point }
    return 'unknown'
  }

  placeOf({ round: of, checkPoint }: Pick<KeptVisit, 'round' | 'checkPoint'>): Found | undefined {
    const round = this.#list?.items.find(({ id }) => id === of)
    const point = round?.checkPoints.find(({ id }) => id === checkPoint)
    return round && point && { round, point }
  }

  /** What was found there; only until it is sent. `settle` sends it at once. */
  async say(id: string, what: Pick<KeptVisit, 'failed' | 'note'>, settle: boolean): Promise<void> {
    const book = await this.#open()
    await book.change(id, visit => {
      if (visit.state !== 'waiting' || visit.holdUntil === 0) return undefined
      const verdict = what.failed.length > 0 || what.note.trim() !== '' ? 'failed' : 'passed'
      return { ...visit, ...what, verdict, holdUntil: settle ? 0 : Date.now() + hold }
    })
    await this.#tell()
    if (settle) this.#hurry()
  }

  /** Whoever is signed in says that these nameless visits are theirs. */
  async claim(walker: { readonly username: string; readonly displayName: string }): Promise<void> {
    const book = await this.#open()
    for (const { id, by } of this.waiting)
      if (by === null) await book.change(id, visit => ({ ...visit, by: walker.username, byName: walker.displayName }))
    await this.#tell()
    this.#hurry()
  }

  /** Takes a refused visit off the phone: the only way one goes without having been delivered. */
  async dismiss(id: string): Promise<void> {
    if (this.#visits.find(visit => visit.id === id)?.state !== 'refused') return
    await (await this.#open()).remove(id)
    await this.#tell()
  }

  forgetMarked(): void {
    this.#marked = undefined
  }

  /** Now, also what somebody might still have said something of; with patience from then on. */
  async sendNow(): Promise<void> {
    const book = await this.#open()
    for (const { id } of this.waiting) await book.change(id, visit => ({ ...visit, holdUntil: 0 }))
    await this.#tell()
    this.#hurry()
  }

  #open(): Promise<KeptBook> {
    const book = (this.#book ??= KeptBook.open())
    book.catch(() => (this.#book = undefined))
    return book
  }

  async #read(): Promise<void> {
    try {
      const book = await this.#open()
      this.#list = (await book.list()) ?? this.#list
      const visits = await book.visits()
      const old = visits.filter(({ state, deliveredAt = 0 }) => state === 'delivered' && deliveredAt < Date.now() - keptDelivered)
      for (const { id } of old) await book.remove(id)
      this.#visits = visits.filter(visit => !old.includes(visit))
      rememberKept(this.waiting.length)
    } catch {
      this.#broken = true
    }
  }

  async #tell(): Promise<void> {
    await this.#read()
    this.#channel?.postMessage('rounds')
  }

  #hurry(): void {
    this.#failures = 0
    this.#schedule(0)
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#work(), ms)
  }

  async #work(): Promise<void> {
    if (this.#sending) return this.#schedule(500)
    this.#sending = true
    try {
      const book = await this.#open()
      this.#last = await alone(() => sendWaiting(book, () => Date.now(), fetch))
      if (this.#last === 'delivered') await this.#tell()
      else if (this.#last !== 'nothing') await this.#read()
      if (Date.now() - this.#listedAt > listEvery || this.#last === 'delivered') await this.#refresh(book)
    } catch {
      this.#broken = true
    } finally {
      this.#sending = false
    }
    const isFine = this.#last === 'delivered' || this.#last === 'nothing'
    this.#failures = isFine ? 0 : this.#failures + 1
    const held = this.waiting.flatMap(({ holdUntil }) => (holdUntil > Date.now() ? holdUntil - Date.now() : []))
    const pause = isFine ? listEvery : (pauses[Math.min(this.#failures, pauses.length) - 1] ?? listEvery)
    this.#schedule(Math.min(pause, ...held.map(ms => ms + 50)))
  }

  async #refresh(book: KeptBook): Promise<void> {
    try {
      const response = await fetch('/api/v1/rounds', { credentials: 'same-origin' })
      if (response.status !== 502 && response.status !== 504) this.#reached += 1
      if (!response.ok) return
      const { items } = (await response.json()) as WireRounds
      this.#listedAt = Date.now()
      this.#list = { items, at: this.#listedAt }
      await book.keepList(this.#list)
    } catch {
      if (this.#last === 'nothing') this.#last = 'offline'
    }
  }
}

/** One tab at a time, where the browser can see to that; the gateway takes each visit once in any case. */
async function alone(send: () => Promise<SendingEnd>): Promise<SendingEnd> {
  const locks = navigator.locks as LockManager | undefined
  if (!locks) return send()
  return locks.request('zhishou-rounds', send)
}

/** Where the browser has it, what waits is sent even after the page was closed. */
async function askBackgroundSync(): Promise<void> {
  try {
    const registration = await navigator.serviceWorker?.getRegistration()
    const sync = (registration as { readonly sync?: { register(tag: string): Promise<void> } } | undefined)?.sync
    await sync?.register('rounds')
  } catch {
    // Not allowed here: the page sends it itself.
  }
}

export const fieldBook = new FieldBook()
