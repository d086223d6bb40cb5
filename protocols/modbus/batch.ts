import type { DriverHost } from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import { readingsIn } from '../contract/reading.ts'
import type { PointId, ReadingColumns } from '../contract/reading.ts'
import type { Cancel, Instant } from '../contract/time.ts'
import { millis } from '../contract/time.ts'

/** Nobody waits longer than this for a reading that has come. */
const patience = millis(20)
const most = 1_000
const fewest = 16

/** Room for so many readings. Numbers stand side by side in one piece of memory: a hundred thousand a second must not be objects. */
class Sheet {
  readonly points: PointId[] = []
  readonly at: Float64Array
  readonly value: Float64Array
  readonly faults = new Map<number, Fault>()
  count = 0

  constructor(room: number) {
    const memory = new ArrayBuffer(room * 16)
    this.points.length = room
    this.at = new Float64Array(memory, 0, room)
    this.value = new Float64Array(memory, room * 8, room)
  }

  get isFull(): boolean {
    return this.count === this.at.length
  }

  add(point: PointId, at: Instant, value: number): void {
    const row = this.count++
    this.points[row] = point
    this.at[row] = at
    this.value[row] = value
  }

  done(): ReadingColumns {
    const { count, points, faults } = this
    points.length = count
    return { points, at: this.at.subarray(0, count), value: this.value.subarray(0, count), faults }
  }
}

/** Readings on their way to the gateway, in the order they came: many units answer within a few milliseconds, and are handed on together. */
export class Batch {
  readonly #host: DriverHost
  #sheet: Sheet | undefined
  /** As much as came together the last time. */
  #room = fewest
  #cancel: Cancel | undefined

  constructor(host: DriverHost) {
    this.#host = host
  }

  good(point: PointId, at: Instant, value: number): void {
    this.#place().add(point, at, value)
  }

  bad(point: PointId, at: Instant, why: Fault): void {
    const sheet = this.#place()
    sheet.faults.set(sheet.count, why)
    sheet.add(point, at, Number.NaN)
  }

  flush(): void {
    this.#cancel?.()
    this.#cancel = undefined
    const sheet = this.#sheet
    if (!sheet) return
    this.#sheet = undefined
    this.#room = Math.max(fewest, sheet.count)
    const columns = sheet.done()
    if (this.#host.publishColumns) this.#host.publishColumns(columns)
    else this.#host.publish(readingsIn(columns))
  }

  /** Where the next one goes. What is full is handed on first, or gets more room. */
  #place(): Sheet {
    if (this.#sheet?.isFull) this.#makeRoom(this.#sheet)
    this.#cancel ??= this.#host.wall.after(patience, () => this.flush())
    return (this.#sheet ??= new Sheet(this.#room))
  }

  #makeRoom(full: Sheet): void {
    if (full.count >= most) return this.flush()
    const larger = new Sheet(Math.min(most, full.count * 2))
    for (let row = 0; row < full.count; row++)
      larger.add(full.points[row] as PointId, full.at[row] as Instant, full.value[row] as number)
    for (const [row, why] of full.faults) larger.faults.set(row, why)
    this.#sheet = larger
  }
}
