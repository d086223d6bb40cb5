import type { UnitSettings } from './config.ts'
import type { ModbusPoint } from './points.ts'
import type { Table } from './types.ts'
import { isBitTable } from './types.ts'

/** One read on the wire and the points it answers. */
export interface ReadRequest {
  readonly unit: number
  readonly table: Table
  /** Zero-based. */
  readonly start: number
  /** Registers or bits. */
  readonly quantity: number
  readonly points: readonly ModbusPoint[]
}

export type PlanLimits = Pick<UnitSettings, 'gap' | 'most' | 'exact' | 'forbidden'> & {
  /** Learned: no read holds points from both sides of such an address. */
  readonly cuts?: (table: Table) => Iterable<number>
  /** Learned: points that are read by themselves, and over whose addresses nobody reads. */
  readonly alone?: (point: ModbusPoint) => boolean
}

/** What the Modbus application protocol allows at most in one request. */
export const legal = { registers: 125, bits: 2_000 } as const

/**
 * The fewest legal reads that cover all points: per unit and table, from the lowest address as far as a read may reach, a value never
 * cut in two. Every part of an allowed read is allowed too, so reaching as far as possible each time is the fewest.
 */
export function planReads(points: readonly ModbusPoint[], limitsOf: (unit: number) => PlanLimits): ReadRequest[] {
  const requests: ReadRequest[] = []
  for (const [unit, ofUnit] of Map.groupBy(points, point => point.unit)) {
    const limits = limitsOf(unit)
    for (const [table, group] of Map.groupBy(ofUnit, point => point.table)) requests.push(...planTable(table, group, limits))
  }
  return requests.sort((a, b) => a.unit - b.unit || (a.table < b.table ? -1 : a.table > b.table ? 1 : 0) || a.start - b.start)
}

function planTable(table: Table, points: readonly ModbusPoint[], limits: PlanLimits): ReadRequest[] {
  const { gap, most, exact, forbidden, cuts, alone } = limits
  const requests: ReadRequest[] = []
  const together = alone ? points.filter(point => !alone(point)) : points
  const apart = alone ? points.filter(alone) : []
  for (const group of Map.groupBy(apart, ({ start, end }) => `${start} ${end}`).values()) requests.push(readOf(group))
  const closed = [...forbidden, ...apart.map(({ start, end }) => [start, end - 1] as const)]
  const borders = [...(cuts?.(table) ?? [])]
  const reachMost = isBitTable(table) ? Math.min(legal.bits, most * 16) : Math.min(legal.registers, most)
  let open: ModbusPoint[] = []
  let [start, end] = [0, 0]
  for (const point of byAddress(together)) {
    const reach = Math.max(end, point.end)
    const joins =
      open.length > 0 &&
      (exact
        ? // An exact device answers only the spans of its own values, but two bits of one register are one span.
          point.start === start && reach === end
        : point.start - end <= gap &&
          (reach === end || reach - start <= reachMost) &&
          !closed.some(([from, to]) => from < reach && to >= start) &&
          !borders.some(border => border > start && border <= point.start))
    if (joins) {
      open.push(point)
      end = reach
    } else {
      if (open.length > 0) requests.push(readOf(open))
      open = [point]
      start = point.start
      end = point.end
    }
  }
  if (open.length > 0) requests.push(readOf(open))
  return requests
}

/** The two halves of a read that was refused, each tight around its own points; empty where it cannot be read in parts. */
export function splitRead(request: ReadRequest): readonly [ReadRequest, ReadRequest] | undefined {
  const sorted = byAddress(request.points)
  const starts = [...new Set(sorted.map(point => point.start))]
  if (starts.length < 2) return undefined
  const middle = starts[Math.ceil(starts.length / 2)] ?? 0
  const halves = [
    readOf(sorted.filter(point => point.start < middle)),
    readOf(sorted.filter(point => point.start >= middle)),
  ] as const
  return halves.some(half => half.quantity < request.quantity) ? halves : undefined
}

const byAddress = (points: readonly ModbusPoint[]): ModbusPoint[] => points.toSorted((a, b) => a.start - b.start || b.end - a.end)

function readOf(points: readonly ModbusPoint[]): ReadRequest {
  const first = points[0]
  if (!first) throw new RangeError('A read needs a point.')
  let [start, end] = [first.start, first.end]
  for (const point of points) {
    if (point.start < start) start = point.start
    if (point.end > end) end = point.end
  }
  return { unit: first.unit, table: first.table, start, quantity: end - start, points }
}
