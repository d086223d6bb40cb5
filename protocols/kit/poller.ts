import type { Cancel, Clock, Instant, Millis } from '../contract/time.ts'
import { after, between, millis } from '../contract/time.ts'

export interface PollerParts {
  /** The domain clock: polls live by its rhythm. */
  readonly clock: Clock
  readonly every: Millis
  /** One look at the equipment. It deals with every field fault itself; if it rejects, that is a bug and ends the process. */
  readonly sweep: () => Promise<void>
  readonly random?: () => number
}

/** Sweeps in a fixed rhythm that never overlap. A sweep that is still running when the next is due costs that next one, and is counted. */
export class Poller {
  readonly #parts: PollerParts
  #cancel: Cancel = () => {}
  #due: Instant | undefined
  #running: Promise<void> | undefined
  #stopped = true
  #missed = 0

  constructor(parts: PollerParts) {
    this.#parts = parts
  }

  /** Sweeps that fell out because the one before had not ended. */
  get missed(): number {
    return this.#missed
  }

  /** The first sweep comes soon, a little spread so that many connections do not all ask in the same instant. */
  start(): void {
    if (!this.#stopped) return
    this.#stopped = false
    const { clock, every, random = Math.random } = this.#parts
    this.#due = after(clock.now(), millis(random() * Math.min(every / 4, 1_000)))
    this.#arm()
  }

  /** There is news worth a look (a connection came up): sweeps at once unless one is under way, and keeps the rhythm from here. */
  soon(): void {
    if (this.#stopped || this.#running) return
    const { clock, every } = this.#parts
    this.#cancel()
    this.#sweep()
    this.#due = after(clock.now(), every)
    this.#arm()
  }

  /** Resolves when the sweep under way, if any, has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#running
  }

  #arm(): void {
    const { clock } = this.#parts
    if (this.#due !== undefined) this.#cancel = clock.after(between(clock.now(), this.#due), () => this.#tick())
  }

  #tick(): void {
    if (this.#stopped || this.#due === undefined) return
    if (this.#running) this.#missed += 1
    else this.#sweep()
    this.#plan(this.#due)
    this.#arm()
  }

  /** The next due time keeps the rhythm; what the machine slept through (or a clock that jumped) is counted, not made up for. */
  #plan(last: Instant): void {
    const { clock, every } = this.#parts
    const behind = Math.max(0, Math.floor((clock.now() - last) / every))
    this.#missed += behind
    this.#due = after(last, millis((behind + 1) * every))
  }

  #sweep(): void {
    const sweep = this.#parts.sweep()
    this.#running = sweep
      .catch((bug: unknown) => {
        queueMicrotask(() => {
          throw bug
        })
      })
      .finally(() => {
        this.#running = undefined
      })
  }
}
