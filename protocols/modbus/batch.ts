import type { DriverHost } from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import { readingsIn } from '../contract/reading.ts'
import type { PointId } from '../contract/reading.ts'
import type { Cancel, Instant } from '../contract/time.ts'
import { millis } from '../contract/time.ts'

/** Nobody waits longer than this for a reading that has come. */
const patience = millis(20)
const most = 1_000

/** Readings on their way to the gateway, in the order they came: many units answer within a few milliseconds, and are handed on together. */
export class Batch {
  readonly #host: DriverHost
  #points: PointId[] = []
  #at: Instant[] = []
  #value: number[] = []
  #faults = new Map<number, Fault>()
  #cancel: Cancel | undefined

  constructor(host: DriverHost) {
    this.#host = host
  }

  good(point: PointId, at: Instant, value: number): void {
    this.#add(point, at, value)
  }

  bad(point: PointId, at: Instant, why: Fault): void {
    this.#faults.set(this.#points.length, why)
    this.#add(point, at, Number.NaN)
  }

  flush(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#points.length === 0) return
    const columns = { points: this.#points, at: this.#at, value: this.#value, faults: this.#faults }
    this.#points = []
    this.#at = []
    this.#value = []
    this.#faults = new Map()
    if (this.#host.publishColumns) this.#host.publishColumns(columns)
    else this.#host.publish(readingsIn(columns))
  }

  #add(point: PointId, at: Instant, value: number): void {
    this.#points.push(point)
    this.#at.push(at)
    this.#value.push(value)
    if (this.#points.length >= most) this.flush()
    else this.#cancel ??= this.#host.wall.after(patience, () => this.flush())
  }
}
