import type { Fault } from '../../protocols/contract/fault.ts'
import type { PointId, ReadingColumns } from '../../protocols/contract/reading.ts'
import { bad, good, lateBit, markOf, uncertain } from '../historian/rows.ts'
import type { Gathered } from '../historian/batch.ts'
import type { StoredReading } from './store.ts'

/** Bytes of one reading: three numbers and two short ones. */
const width = 32
const smallest = 256

/** Columns over one piece of memory with room for so many readings. */
class Sheet {
  readonly at: Float64Array
  readonly receivedAt: Float64Array
  readonly value: Float64Array
  readonly mark: Uint32Array
  readonly which: Uint32Array

  constructor(room: number) {
    const memory = new ArrayBuffer(room * width)
    this.at = new Float64Array(memory, 0, room)
    this.receivedAt = new Float64Array(memory, room * 8, room)
    this.value = new Float64Array(memory, room * 16, room)
    this.mark = new Uint32Array(memory, room * 24, room)
    this.which = new Uint32Array(memory, room * 28, room)
  }

  /** The first so many of them in memory of their own. */
  copy(room: number, count: number): Sheet {
    const copy = new Sheet(room)
    copy.at.set(this.at.subarray(0, count))
    copy.receivedAt.set(this.receivedAt.subarray(0, count))
    copy.value.set(this.value.subarray(0, count))
    copy.mark.set(this.mark.subarray(0, count))
    copy.which.set(this.which.subarray(0, count))
    return copy
  }
}

/**
 * Readings on their way to the worker, as columns in the order in which they came. A point is named once; from then on it goes by its number,
 * as long as the same worker lives.
 */
export class Gathering {
  readonly #places = new Map<string, number>()
  readonly #names: string[] = []
  /** So many names the worker knows. */
  #told = 0
  #sheet = new Sheet(smallest)
  #faults: Fault[] = []
  #last = -1
  count = 0

  /** Throws RangeError for a time that is no time: that is a bug of the caller, not a fault of the field. Then none of them is taken. */
  add(readings: readonly StoredReading[]): void {
    for (const { reading } of readings) check(reading.point, reading.at, reading.receivedAt)
    this.#reserve(readings.length)
    for (const { reading, mark } of readings) {
      const { at, receivedAt, quality } = reading
      const late = mark === 'late' ? lateBit : 0
      const place = this.#placeOf(reading.point)
      if (quality === 'bad') this.#put(place, at, receivedAt, 0, markOf(bad + late, reading.fault, this.#faults))
      else this.#put(place, at, receivedAt, reading.value, (quality === 'good' ? good : uncertain) + late)
    }
  }

  addColumns({ points, at: times, value: values, faults }: ReadingColumns): void {
    for (let index = 0; index < points.length; index++) check(points[index], times[index], times[index])
    this.#reserve(points.length)
    for (let index = 0; index < points.length; index++) {
      const place = this.#placeOf(points[index] as PointId)
      const at = times[index] as number
      const why = faults.size > 0 ? faults.get(index) : undefined
      if (why) this.#put(place, at, at, 0, markOf(bad, why, this.#faults))
      else this.#put(place, at, at, values[index] as number, good)
    }
  }

  /** All that was gathered, in memory that may be handed over. */
  take(): { readonly batch: Gathered; readonly memory: ArrayBuffer } {
    const { at, receivedAt, value, mark, which } = this.#sheet.copy(this.count, this.count)
    const names = this.#names.slice(this.#told)
    this.#told = this.#names.length
    const batch = { names, which, at, receivedAt, value, mark, faults: this.#faults }
    this.count = 0
    this.#faults = []
    return { batch, memory: at.buffer as ArrayBuffer }
  }

  /** Another worker, which knows no names; what was gathered is gone with the one before. */
  beginAnew(): void {
    this.count = 0
    this.#faults = []
    this.#told = 0
  }

  #put(place: number, at: number, receivedAt: number, value: number, mark: number): void {
    const sheet = this.#sheet
    const row = this.count++
    sheet.which[row] = place
    sheet.at[row] = at
    sheet.receivedAt[row] = receivedAt
    sheet.value[row] = value
    sheet.mark[row] = mark
  }

  /** Sweeps come in the same order again: looking behind the last point is cheaper than looking the next one up. */
  #placeOf(point: string): number {
    const expected = this.#last + 1
    if (this.#names[expected] === point) return (this.#last = expected)
    let place = this.#places.get(point)
    if (place === undefined) {
      this.#places.set(point, (place = this.#names.length))
      this.#names.push(point)
    }
    return (this.#last = place)
  }

  #reserve(more: number): void {
    const { length } = this.#sheet.at
    if (this.count + more > length) this.#sheet = this.#sheet.copy(Math.max(2 * length, this.count + more), this.count)
  }
}

function check(point: string | undefined, at: number | undefined, receivedAt: number | undefined): void {
  if (!Number.isFinite(at) || !Number.isFinite(receivedAt)) throw new RangeError(`${point} has no time`)
}
