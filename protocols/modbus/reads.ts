import type { Words } from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import type { Clock, Instant, Millis } from '../contract/time.ts'
import { after, hours, millis, minutes, seconds } from '../contract/time.ts'
import type { UnitSettings } from './config.ts'
import type { PointReader } from './decode.ts'
import { readersOf } from './decode.ts'
import { exceptionFault, exceptionNames } from './frame.ts'
import type { ReadRequest } from './plan.ts'
import { planReads } from './plan.ts'
import type { ModbusPoint } from './points.ts'
import type { Table } from './types.ts'

/** A request with all that is known of it before its answer comes. */
export interface Read extends ReadRequest {
  readonly readers: readonly PointReader[]
}
export const readOf = (request: ReadRequest): Read => ({ ...request, readers: readersOf(request) })

interface Refusal {
  readonly point: ModbusPoint
  readonly code: number
  readonly times: number
  /** Real time; until then the answer is taken to be the same. */
  readonly again: Instant
}

interface Lesson {
  /** Addresses that no read may hold together with the one before. */
  readonly cuts: Map<Table, Set<number>>
  readonly refused: Map<ModbusPoint, Refusal>
  /** A device may get new firmware: then everything is tried once more as it was planned. */
  readonly forgetAt: Instant
  readonly times: number
}

const firstAgain = seconds(30)
const longestAgain = minutes(2)
/** Refusals that are about the address: a fault of the device (4) may be over the next time. */
const lasting = [1, 2, 3]
const firstForget = hours(1)
const longestForget = hours(24)

/** The reads of each unit, and what experience has taught about them. */
export class Reads {
  readonly #points: ReadonlyMap<number, readonly ModbusPoint[]>
  readonly #settingsOf: (unit: number) => UnitSettings
  readonly #wall: Clock
  readonly #plans = new Map<number, readonly Read[]>()
  readonly #lessons = new Map<number, Lesson>()
  readonly #lessonCount = new Map<number, number>()

  constructor(points: readonly ModbusPoint[], settingsOf: (unit: number) => UnitSettings, wall: Clock) {
    this.#points = Map.groupBy(points, point => point.unit)
    this.#settingsOf = settingsOf
    this.#wall = wall
  }

  get units(): readonly number[] {
    return [...this.#points.keys()].sort((a, b) => a - b)
  }

  of(unit: number): readonly Read[] {
    const lesson = this.#lessons.get(unit)
    if (lesson && this.#wall.now() >= lesson.forgetAt) {
      this.#lessons.delete(unit)
      this.#plans.delete(unit)
    }
    const known = this.#plans.get(unit)
    if (known) return known
    const plan = this.#plan(unit)
    this.#plans.set(unit, plan)
    return plan
  }

  /** Why this read is not worth asking now: it was refused, address by address, a short while ago. */
  refusal(read: ReadRequest): Fault | undefined {
    const refused = this.#lessons.get(read.unit)?.refused
    if (!refused) return undefined
    const now = this.#wall.now()
    let why: Refusal | undefined
    for (const point of read.points) {
      why = refused.get(point)
      if (!why || now >= why.again) return undefined
    }
    return why && exceptionFault(why.code)
  }

  /** The device refuses these points even by themselves. */
  wasRefused(read: ReadRequest, code: number): void {
    const { refused } = this.#lesson(read.unit)
    let fresh = false
    for (const point of read.points) {
      const times = (refused.get(point)?.times ?? 0) + 1
      fresh ||= times === 1
      // A word may be a whim; what is refused again and again is asked less and less often.
      const pause =
        times < 3 || !lasting.includes(code) ? millis(0) : millis(Math.min(longestAgain, firstAgain * 2 ** (times - 3)))
      refused.set(point, { point, code, times, again: after(this.#wall.now(), pause) })
    }
    if (fresh) this.#plans.delete(read.unit)
  }

  answered(read: ReadRequest): void {
    const lesson = this.#lessons.get(read.unit)
    if (!lesson || lesson.refused.size === 0) return
    const healed = read.points.filter(point => lesson.refused.delete(point))
    if (healed.length > 0) this.#plans.delete(read.unit)
  }

  /** Both halves of a refused read were answered: what lies between them must not be read along. */
  cutBefore(read: ReadRequest): void {
    const { cuts } = this.#lesson(read.unit)
    cuts.set(read.table, (cuts.get(read.table) ?? new Set()).add(read.start))
    this.#plans.delete(read.unit)
  }

  /** A device that comes back may be another one. */
  forget(): void {
    this.#lessons.clear()
    this.#lessonCount.clear()
    this.#plans.clear()
  }

  learned(unit: number): Words[] {
    const lesson = this.#lessons.get(unit)
    if (!lesson) return []
    const apart = [...lesson.cuts].flatMap(([table, starts]) => [...starts].map(start => readApart(table, start)))
    return [...apart, ...[...lesson.refused.values()].map(refusedAddress)]
  }

  #plan(unit: number): Read[] {
    const lesson = this.#lessons.get(unit)
    const settings = this.#settingsOf(unit)
    const limits = lesson
      ? {
          ...settings,
          cuts: (table: Table) => lesson.cuts.get(table) ?? [],
          alone: (point: ModbusPoint) => lesson.refused.has(point),
        }
      : settings
    return planReads(this.#points.get(unit) ?? [], () => limits).map(readOf)
  }

  #lesson(unit: number): Lesson {
    const known = this.#lessons.get(unit)
    if (known) return known
    const times = (this.#lessonCount.get(unit) ?? 0) + 1
    this.#lessonCount.set(unit, times)
    const keep: Millis = millis(Math.min(longestForget, firstForget * 2 ** (times - 1)))
    const lesson = { cuts: new Map(), refused: new Map(), forgetAt: after(this.#wall.now(), keep), times }
    this.#lessons.set(unit, lesson)
    return lesson
  }
}

const readApart = (table: Table, start: number): Words => ({
  zh: `${table} ${start} 之前必须断开读取：连在一起读时设备拒绝`,
  en: `${table} ${start} begins a read of its own: the device refuses it together with what lies before`,
})
const refusedAddress = ({ point, code }: Refusal): Words => ({
  zh: `设备拒绝 ${point.table} ${point.register}（${point.point}）：异常 ${code}`,
  en: `the device refuses ${point.table} ${point.register} (${point.point}): exception ${code} (${exceptionNames[code] ?? 'unknown'})`,
})
