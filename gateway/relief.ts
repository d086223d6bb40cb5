import { seconds } from '../protocols/contract/time.ts'
import type { Served } from './api/serve.ts'
import type { Draft } from './journal/entry.ts'
import type { LineChanges, Lines } from './lines.ts'
import type { Site } from './site/site.ts'
import type { Store } from './store/store.ts'
import { openWatch } from './watch.ts'
import type { Watch, WatchParts } from './watch.ts'

export interface ReliefParts {
  readonly watch: WatchParts
  readonly http: Pick<Served, 'hold' | 'goOn'>
  readonly lines: Lines
  readonly store: Store
  /** What looks at the machine's clock; it must not set the time while nobody counts it. */
  readonly clockWatch: { start(): void; stop(): void } | undefined
  readonly complain: (line: string) => void
}

export type RelievedTo =
  | { readonly ok: true; readonly lines: LineChanges }
  /** The disk takes nothing, or the gateway is being stopped: nothing was touched. `failed`: the watch of before stands again. */
  | { readonly ok: false; readonly why: 'disk' | 'stopping' | 'failed'; readonly detail: string }

/** Requests that are under way when the watch changes are given so long to come to their end. */
const grace = seconds(2)

/**
 * The change of the guard: another watch takes the place of the one that stands, over another site. The store, the address with its sessions
 * and every line that stays as it is go on; what the lines say and what people ask meanwhile waits its turn and is then heard in its order.
 */
export class Relief {
  readonly #parts: ReliefParts
  #watch: Watch
  #last: Promise<unknown> = Promise.resolve()
  #isStopping = false

  constructor(watch: Watch, parts: ReliefParts) {
    this.#watch = watch
    this.#parts = parts
  }

  get watch(): Watch {
    return this.#watch
  }

  /** One at a time, in the order in which they were asked for. */
  relieve(site: Site, entry: Omit<Draft, 'at'>): Promise<RelievedTo> {
    const turn = this.#last.then(() => this.#relieve(site, entry))
    this.#last = turn.catch(() => {})
    return turn
  }

  /** Resolves when no change is under way; none begins after it. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#last
  }

  async #relieve(site: Site, entry: Omit<Draft, 'at'>): Promise<RelievedTo> {
    const { lines, http, store, clockWatch } = this.#parts
    const before = this.#watch
    if (this.#isStopping) return { ok: false, why: 'stopping', detail: 'the gateway is being stopped' }
    const trouble = store.trouble ?? (before.pipeline.unrecorded > 0 ? 'entries wait for the disk' : undefined)
    if (trouble !== undefined) return { ok: false, why: 'disk', detail: trouble }
    const changes = lines.compare(site)
    const isNew = (id: string): boolean => changes.begun.includes(id)
    try {
      await Promise.all(site.connections.filter(({ id }) => isNew(id)).map(({ driver }) => driver.preload?.()))
    } catch (error) {
      return { ok: false, why: 'failed', detail: error instanceof Error ? error.message : String(error) }
    }
    // Their last words are still judged by the site they belong to.
    await lines.retire(site)
    await http.hold(grace)
    clockWatch?.stop()
    await before.windDown()
    lines.hold()
    const at = this.#parts.watch.clock.now()
    await before.close()
    const { next, outcome } = await this.#open(site, before, { at, entry })
    this.#watch = next
    try {
      lines.begin(next.site)
    } catch (error) {
      this.#parts.complain(`a connection could not be opened: ${error instanceof Error ? error.stack : String(error)}`)
    }
    next.mqtt.online()
    next.mqtt.forget(before.site)
    lines.goOn(next.hearer)
    next.lookAtTroubles()
    http.goOn(next.house)
    clockWatch?.start()
    return outcome.ok ? { ok: true, lines: changes } : outcome
  }

  /** Where the new one cannot take over the old one stands again. That it cannot either is a mistake of ours, and ends the process. */
  async #open(
    site: Site,
    before: Watch,
    { at, entry }: Pick<NonNullable<WatchParts['relieves']>, 'at' | 'entry'>,
  ): Promise<{ readonly next: Watch; readonly outcome: RelievedTo | { readonly ok: true } }> {
    const { watch: parts, complain } = this.#parts
    const relieves = { at, entry, heard: before.heard(), counts: before.counts() }
    try {
      return { next: await openWatch(site, { ...parts, relieves }), outcome: { ok: true } }
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      complain(`the site could not be changed, the one of before goes on: ${error instanceof Error ? error.stack : detail}`)
      const data = { ...entry.data, digest: before.site.digest, policies: before.site.policies, refused: detail }
      const again = { ...parts, relieves: { ...relieves, entry: { ...entry, data } } }
      const next = await openWatch(before.site, again).catch(endProcess)
      return { next, outcome: { ok: false, why: 'failed', detail } }
    }
  }
}

/** Nobody stands watch any more: whoever keeps the process running starts it again from what is on disk. */
function endProcess(error: unknown): never {
  queueMicrotask(() => {
    throw error
  })
  throw error
}
