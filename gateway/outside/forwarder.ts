import { millis, minutes, seconds } from '../../protocols/contract/time.ts'
import type { Cancel, Clock, Instant, Millis } from '../../protocols/contract/time.ts'
import type { SpoolPage } from '../historian/spool-page.ts'
import type { Journal, Store } from '../store/store.ts'
import { holding, shownUrl } from './holding.ts'
import type { OutsideState } from './holding.ts'
import { linesOf } from './lines.ts'
import { sendApart } from './peer.ts'
import type { Peer } from './peer.ts'
import type { OutsideSettings } from './settings.ts'

export const behindKind = 'outside.behind'
export const caughtUpKind = 'outside.caught-up'
export const droppedKind = 'outside.dropped'

const mostLines = 5_000
const idle = seconds(1)
const firstPause = 500
const longestPause = 60_000
const longestAsked = minutes(5)
/** Nothing acknowledged for so long while something waits: somebody has to look. */
const behindAfter = minutes(15)
/** Over the budget so much is kept, so that the next reading is not over it again. */
const keepShare = 0.9

/** What the journal is told. */
export interface OutsideNote {
  readonly kind: string
  readonly by: string
  readonly about: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface ForwarderParts {
  readonly settings: OutsideSettings
  readonly peer: Peer
  readonly spool: Store['spool']
  readonly journal: Pick<Journal, 'page'>
  readonly clock: Clock
  readonly wall: Clock
  /** Measurement and tags of a point. */
  readonly keyOf: (point: string) => string
  /** A line that is right whatever the readings are. `at`: ms. */
  readonly canary: (at: number) => string
  readonly note: (note: OutsideNote) => Promise<unknown>
  /** From 0 to below 1; so that many gateways do not knock at once. */
  readonly chance?: () => number
}

/**
 * Tells one outside historian of everything that waits for it: in the order in which it came, then what is to be sent again. Nothing is taken
 * from the spool before the other side has acknowledged it; what is sent twice is the same point there. By real time, because the network is.
 */
export class Forwarder {
  readonly #parts: ForwarderParts
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #pause = firstPause
  #progressAt: Instant
  #behindSince: Instant | undefined
  #why: string | undefined
  #isWell = false

  constructor(parts: ForwarderParts) {
    this.#parts = parts
    this.#progressAt = parts.wall.now()
  }

  start(): void {
    this.#progressAt = this.#parts.wall.now()
    this.#running ??= this.#run()
  }

  /** What is under way is let go; it is not acknowledged and comes again. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#parts.peer.close()
    await this.#running
  }

  get isBehind(): boolean {
    return this.#behindSince !== undefined
  }

  async state(): Promise<OutsideState> {
    const { settings, spool } = this.#parts
    const { id, kind, url, budget } = settings
    const found = await spool.state(id)
    const { rows, bytes, oldest, refused, refills } = found
    const told = this.#isWell && rows === 0 && refills === 0
    return {
      id,
      kind,
      url: shownUrl(url),
      state: this.isBehind ? 'behind' : told ? 'well' : 'telling',
      ...(this.#why === undefined ? {} : { why: this.#why }),
      rows,
      bytes,
      budget,
      ...(oldest === undefined ? {} : { oldest }),
      ...holding(found, budget),
      refused,
      refills,
    }
  }

  async #run(): Promise<void> {
    await this.#recall()
    while (!this.#isStopping) {
      const pause = await this.#step().catch((error: unknown) => {
        // The store takes or gives nothing now: it says so itself, and this waits for it.
        this.#why = error instanceof Error ? error.message : String(error)
        return this.#nextPause()
      })
      if (!this.#isStopping && pause > 0) await this.#sleep(millis(pause))
    }
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted
  }

  /** Whether it was behind when the gateway was stopped: then the journal still has to hear that it has caught up. */
  async #recall(): Promise<void> {
    try {
      const { entries } = await this.#parts.journal.page({
        kinds: [behindKind, caughtUpKind],
        about: this.#parts.settings.id,
        limit: 1,
        newestFirst: true,
      })
      if (entries[0]?.kind === behindKind) this.#behindSince = this.#parts.wall.now()
    } catch {
      // Then it is not known, and at worst said twice.
    }
  }

  /** One page. Returns how long to wait for the next. */
  async #step(): Promise<number> {
    const { settings, spool } = this.#parts
    await this.#keepBudget()
    const page = (await spool.next(settings.id, mostLines)) ?? (await spool.refill(settings.id, mostLines))
    if (!page) {
      await this.#progress()
      this.#isWell = true
      return idle
    }
    const began = this.#parts.wall.now()
    const sent = await this.#send(page)
    if (sent.is === 'trouble') {
      this.#why = sent.why
      this.#isWell = false
      await this.#judge()
      return Math.max(this.#nextPause(), Math.min(sent.retryAfter ?? 0, longestAsked))
    }
    await spool.sent(settings.id, page.place)
    await this.#progress()
    const took = this.#parts.wall.now() - began
    return Math.max(0, (sent.backfilled / settings.backfill) * 1_000 - took)
  }

  async #send(
    page: SpoolPage,
  ): Promise<
    | { readonly is: 'taken'; readonly backfilled: number }
    | { readonly is: 'trouble'; readonly why: string; readonly retryAfter?: number }
  > {
    const { settings, peer, spool, clock, keyOf, canary } = this.#parts
    const now = clock.now()
    const { lines, backfilled } = linesOf(page, keyOf, now)
    if (lines.length === 0) return { is: 'taken', backfilled: 0 }
    const sent = await peer.write(lines)
    if (sent.is === 'trouble') return sent
    if (sent.is === 'taken') return { is: 'taken', backfilled }
    const { refused, trouble } = await sendApart(peer, lines, canary(now))
    if (trouble) return trouble
    if (refused.length > 0) await spool.setAside(settings.id, now, refused)
    return { is: 'taken', backfilled }
  }

  async #progress(): Promise<void> {
    this.#progressAt = this.#parts.wall.now()
    this.#pause = firstPause
    this.#why = undefined
    if (this.#behindSince === undefined) return
    const { settings, note } = this.#parts
    await note({ kind: caughtUpKind, by: 'system', about: settings.id, data: { name: settings.id } })
    this.#behindSince = undefined
  }

  async #judge(): Promise<void> {
    const { settings, spool, wall, note } = this.#parts
    if (this.#behindSince !== undefined || wall.now() - this.#progressAt < behindAfter) return
    const { rows, bytes, oldest } = await spool.state(settings.id)
    const data = { name: settings.id, rows, bytes, oldest, why: this.#why }
    await note({ kind: behindKind, by: 'system', about: settings.id, data })
    this.#behindSince = this.#progressAt
  }

  /** Over the budget the oldest goes, after the journal has said so; it stays in the history and is sent again from there. */
  async #keepBudget(): Promise<void> {
    const { settings, spool, note } = this.#parts
    const { id, budget } = settings
    if (!(await spool.excess(id, budget))) return
    const keep = Math.floor(budget * keepShare)
    const excess = await spool.excess(id, keep)
    if (!excess) return
    const { upTo, from, to } = excess
    await note({ kind: droppedKind, by: 'system', about: id, data: { name: id, from, to } })
    // A turn of the store carries only a part. What came meanwhile stays: it is looked at before the next page, when the journal has been told of it.
    for (let rest: typeof excess | undefined = excess; rest && rest.first <= upTo && !this.#isStopping;) {
      await spool.drop(id, upTo)
      rest = await spool.excess(id, keep)
    }
  }

  /** Longer each time, and each time by chance a little shorter. */
  #nextPause(): number {
    const pause = this.#pause
    this.#pause = Math.min(pause * 2, longestPause)
    return pause * (0.5 + (this.#parts.chance ?? Math.random)() / 2)
  }

  #sleep(length: Millis): Promise<void> {
    const { signal } = this.#stopping
    if (signal.aborted) return Promise.resolve()
    return new Promise(resolve => {
      let cancel: Cancel = () => {}
      const wake = (): void => {
        cancel()
        signal.removeEventListener('abort', wake)
        resolve()
      }
      cancel = this.#parts.wall.after(length, wake)
      signal.addEventListener('abort', wake)
    })
  }
}
