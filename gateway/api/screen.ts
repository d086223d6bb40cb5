import { z } from 'zod'
import type { PointId } from '../../protocols/contract/reading.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { House } from './house.ts'
import { wireClock, wireFaults, wireHealth, wireLink, wireLockOuts, wirePlans } from './news.ts'
import type { Told } from './news.ts'
import type { Views } from './views.ts'
import type { WireChange, WireReading, WireSnapshot } from './wire.ts'

/** The way to one browser. */
export interface Door {
  /** What was sent and has not left yet. */
  waiting(): { readonly packets: number; readonly bytes: number }
  snapshot(state: WireSnapshot): void
  change(change: WireChange): void
}
export interface Budget {
  readonly packets: number
  readonly bytes: number
  /** How old the oldest message may be that has not arrived, where the browser says what has. */
  readonly unheard: Millis
}

const wish = z.object({ points: z.union([z.literal('all'), z.array(z.string().max(200)).max(20_000)]) })

/**
 * What one browser shows and how far it has been told. A reader that is too slow is told nothing more until it has caught up, and then
 * gets one fresh snapshot: its memory here stays bounded and it never shows an old value as new.
 */
export class Screen {
  #house: House
  #views: Views
  readonly #door: Door
  #watched: ReadonlySet<string> | 'all' | undefined
  #seq = 0
  /** What was sent and has not arrived, oldest first; nothing is known of that until the browser speaks of it. */
  #unheard: { readonly seq: number; readonly at: Instant }[] | undefined
  /** Of the snapshot on its way, bytes: a large one is not what a slow reader leaves lying. */
  #onItsWay = 0
  #owed: 'nothing' | 'snapshot' | 'after-catching-up' = 'nothing'

  constructor(house: House, views: Views, door: Door) {
    this.#house = house
    this.#views = views
    this.#door = door
  }

  get isBehind(): boolean {
    return this.#owed === 'after-catching-up'
  }
  get isOwed(): boolean {
    return this.#owed !== 'nothing'
  }

  /** Takes a wish as it came from the network; false when it makes no sense. The snapshot follows with the next message. */
  watch(raw: unknown): boolean {
    const read = wish.safeParse(raw)
    if (!read.success) return false
    const { points } = read.data
    this.#watched = points === 'all' ? 'all' : new Set(points.filter(point => this.#views.point(point) !== undefined))
    if (this.#owed === 'nothing') this.#owed = 'snapshot'
    return true
  }

  /** What the browser says has arrived; false when it makes no sense. */
  heard(raw: unknown): boolean {
    if (typeof raw !== 'number') return false
    this.#unheard = (this.#unheard ?? []).filter(({ seq }) => seq > raw)
    return true
  }

  /** Another house: what it shows of the one before is over. */
  goOn(house: House, views: Views): void {
    this.#house = house
    this.#views = views
    if (this.#watched === undefined) return
    if (this.#watched !== 'all') this.#watched = new Set([...this.#watched].filter(point => views.point(point) !== undefined))
    if (this.#owed === 'nothing') this.#owed = 'snapshot'
  }

  tell(told: Told, budget: Budget): void {
    if (this.#watched === undefined) return
    const { packets, bytes } = this.#door.waiting()
    const [oldest] = this.#unheard ?? []
    if (this.isBehind && (packets + bytes > 0 || oldest)) return
    // The network between holds more than we see of it: only what the browser says tells how far behind it is.
    const isLate = oldest !== undefined && this.#house.wall.now() - oldest.at > budget.unheard
    if (bytes <= budget.bytes) this.#onItsWay = 0
    if (packets > budget.packets || bytes > budget.bytes + this.#onItsWay || isLate) {
      this.#owed = 'after-catching-up'
      return
    }
    if (this.#owed !== 'nothing') {
      this.#owed = 'nothing'
      this.#count()
      this.#door.snapshot(this.#snapshot())
      this.#onItsWay = this.#door.waiting().bytes
      return
    }
    this.#tellChange(told)
  }

  #tellChange({ clock, readings, alarms, links, faults, lockOuts, plans, health, isPace }: Told): void {
    const shown = this.#shown(readings)
    const isEmpty =
      shown.length + alarms.length + links.length === 0 && [faults, lockOuts, plans, health].every(one => one === undefined)
    if (isEmpty && !isPace) return
    this.#count()
    this.#door.change({
      seq: this.#seq,
      clock,
      ...(shown.length === 0 ? {} : { readings: shown }),
      ...(alarms.length === 0 ? {} : { alarms }),
      ...(links.length === 0 ? {} : { links }),
      ...(faults === undefined ? {} : { faults }),
      ...(lockOuts === undefined ? {} : { lockOuts }),
      ...(plans === undefined ? {} : { plans }),
      ...(health === undefined ? {} : { health }),
    })
  }

  #count(): void {
    this.#seq += 1
    this.#unheard?.push({ seq: this.#seq, at: this.#house.wall.now() })
  }

  #shown(readings: ReadonlyMap<string, WireReading>): readonly WireReading[] {
    const watched = this.#watched
    if (watched === 'all') return [...readings.values()]
    return [...readings].flatMap(([point, reading]) => (watched?.has(point) ? [reading] : []))
  }

  #snapshot(): WireSnapshot {
    const { site, state } = this.#house
    const points = this.#watched === 'all' ? site.points.map(({ id }) => id) : [...(this.#watched ?? [])]
    return {
      seq: this.#seq,
      clock: wireClock(this.#house),
      readings: points.flatMap(point => {
        const latest = state.latest(point as PointId)
        return latest === undefined ? [] : [this.#views.reading(latest)]
      }),
      alarms: this.#views.openAlarms(),
      links: state.links().map(wireLink),
      faults: wireFaults(this.#house),
      lockOuts: wireLockOuts(this.#house),
      plans: wirePlans(this.#house),
      health: wireHealth(this.#house),
    }
  }
}
