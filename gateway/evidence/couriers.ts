import { days, hours, minutes } from '../../protocols/contract/time.ts'
import type { Cancel, Clock, Instant, Millis } from '../../protocols/contract/time.ts'
import type { Store } from '../store/store.ts'
import type { OutsidePlace } from './places.ts'
import { askForStamp } from './timestamp.ts'

export interface CourierState {
  readonly place: string
  readonly is: 'copy' | 'timestamp'
  /** When the other side last had everything. */
  readonly at: number | undefined
  /** Since when it fails, and why. */
  readonly failing: { readonly since: Instant; readonly why: string } | undefined
  /** Failing for longer than a day: somebody should look. */
  readonly isTrouble: boolean
}

const firstPause = minutes(1)
const longestPause = hours(1)
const atOnce = 100

type Kept = Pick<Store['evidence'], 'heads' | 'copied' | 'attest'>

/** Brings something outside, again and again until the other side has it. */
abstract class Courier {
  readonly wall: Clock
  readonly #name: string
  readonly #is: CourierState['is']
  #running: Promise<void> | undefined
  #again = false
  #pause: Millis = firstPause
  #cancel: Cancel = () => {}
  #failing: { since: Instant; why: string } | undefined
  #at: number | undefined
  #stopped = false

  constructor(name: string, is: CourierState['is'], wall: Clock) {
    this.#name = name
    this.#is = is
    this.wall = wall
  }

  get state(): CourierState {
    const failing = this.#failing
    return {
      place: this.#name,
      is: this.#is,
      at: this.#at,
      failing,
      isTrouble: failing !== undefined && this.wall.now() - failing.since >= days(1),
    }
  }

  /** There may be something to bring. */
  wake(): void {
    if (this.#stopped) return
    if (this.#running) {
      this.#again = true
      return
    }
    this.#cancel()
    this.#running = this.#go().finally(() => {
      this.#running = undefined
      if (this.#again && !this.#failing) {
        this.#again = false
        this.wake()
      }
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#running
  }

  /** Resolves when the other side has everything there is; with when, where that is known. */
  protected abstract bring(): Promise<number | undefined>

  async #go(): Promise<void> {
    try {
      this.#at = (await this.bring()) ?? this.#at
      this.#failing = undefined
      this.#pause = firstPause
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#failing = { since: this.#failing?.since ?? this.wall.now(), why }
      const pause = this.#pause
      this.#pause = Math.min(pause * 2, longestPause) as Millis
      if (!this.#stopped) this.#cancel = this.wall.after(pause, () => this.wake())
    }
  }
}

/** Brings every signed head to one place, in order; where it stands is kept, so that a restart goes on from there. */
export class HeadCourier extends Courier {
  readonly #place: OutsidePlace
  readonly #kept: Kept

  constructor(place: OutsidePlace, kept: Kept, wall: Clock) {
    super(place.name, 'copy', wall)
    this.#place = place
    this.#kept = kept
  }

  protected override async bring(): Promise<number | undefined> {
    const { name: place } = this.#place
    const before = (await this.#kept.copied()).find(one => one.place === place)
    let after = before?.head ?? 0
    let at = before?.at
    for (;;) {
      const heads = await this.#kept.heads({ after, limit: atOnce })
      const last = heads.at(-1)
      if (!last) return at
      await this.#place.take(heads.map(({ json }) => json))
      at = this.wall.now()
      after = last.id
      await this.#kept.attest({ is: 'copied', place, head: after, at })
    }
  }
}

/** Has the newest head stamped by an authority: what is older is its beginning, so that one stamp serves for all. */
export class StampCourier extends Courier {
  readonly #url: string
  readonly #kept: Kept

  constructor(url: string, kept: Kept, wall: Clock) {
    super(new URL(url).origin, 'timestamp', wall)
    this.#url = url
    this.#kept = kept
  }

  protected override async bring(): Promise<number | undefined> {
    const [newest] = await this.#kept.heads({ limit: 1, newestFirst: true })
    if (!newest || newest.stamp) return undefined
    const { token, at } = await askForStamp(this.#url, newest.json, this.wall)
    await this.#kept.attest({ is: 'stamp', head: newest.id, at, token })
    return at
  }
}
