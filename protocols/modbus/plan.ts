import type { ModbusPoint, Table } from './config.ts'
import { isBitTable } from './config.ts'

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

export interface PlanLimits {
  /** Unbound addresses that may be read along to save a request. */
  readonly gap: number
  /** Registers a request; sixteen times as many bits. */
  readonly most: number
  /** Never read an address that no point asked for. */
  readonly exact: boolean
}

/** What the Modbus application protocol allows at most in one request. */
export const legal = { registers: 125, bits: 2_000 } as const

/** The fewest legal reads that cover all points: per unit and table, from the lowest address, a value never cut in two. */
export function planReads(points: readonly ModbusPoint[], limits: PlanLimits): ReadRequest[] {
  const groups = Map.groupBy(points, point => `${point.unit} ${point.table}`)
  const requests = [...groups.values()].flatMap(group => planTable(group, limits))
  return requests.toSorted((a, b) => a.unit - b.unit || a.table.localeCompare(b.table) || a.start - b.start)
}

/** Halves the points of a read, for when the device refuses the whole. Each half is tight around its own points. */
export function splitRead(request: ReadRequest): ReadRequest[] {
  const sorted = byAddress(request.points)
  const middle = Math.ceil(sorted.length / 2)
  return [sorted.slice(0, middle), sorted.slice(middle)].filter(half => half.length > 0).map(readOf)
}

function planTable(points: readonly ModbusPoint[], { gap, most, exact }: PlanLimits): ReadRequest[] {
  const requests: ReadRequest[] = []
  let open: ModbusPoint[] = []
  let start = 0
  let end = 0
  for (const point of byAddress(points)) {
    const bits = isBitTable(point.table)
    const widest = bits ? Math.min(legal.bits, most * 16) : Math.min(legal.registers, Math.max(most, point.width))
    const reach = Math.max(end, point.register + point.width)
    // An exact device answers only the spans of its own values, but two bits of one register are one span.
    const joins = exact ? point.register === start && reach === end : point.register - end <= gap && reach - start <= widest
    if (open.length > 0 && joins) {
      open.push(point)
      end = reach
    } else {
      if (open.length > 0) requests.push(readOf(open))
      open = [point]
      start = point.register
      end = point.register + point.width
    }
  }
  if (open.length > 0) requests.push(readOf(open))
  return requests
}

const byAddress = (points: readonly ModbusPoint[]): ModbusPoint[] =>
  points.toSorted((a, b) => a.register - b.register || a.width - b.width)

function readOf(points: readonly ModbusPoint[]): ReadRequest {
  const first = points[0]
  if (!first) throw new RangeError('A read needs a point.')
  const start = Math.min(...points.map(point => point.register))
  const end = Math.max(...points.map(point => point.register + point.width))
  return { unit: first.unit, table: first.table, start, quantity: end - start, points }
}
