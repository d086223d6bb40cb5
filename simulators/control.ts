import type { Words } from '../protocols/contract/driver.ts'

/**
 * How a running set of simulated equipment is steered: one JSON object a line, over the IPC channel of the process that started it
 * or over its local socket (`zhishou simulate` hands a fault to a simulator that already runs). Every request gets one answer with its `id`.
 */
export type ControlRequest =
  | { readonly id: number; readonly do: 'list' }
  | { readonly id: number; readonly do: 'fault'; readonly equipment: string; readonly fault: string; readonly on: boolean }
  /** The domain clock: at real time `wall` (ms) it shows `domain` (ms) and runs `speed` times as fast. */
  | { readonly id: number; readonly do: 'clock'; readonly wall: number; readonly domain: number; readonly speed: number }
  | { readonly id: number; readonly do: 'stop' }

export type ControlAnswer =
  | { readonly id: number; readonly ok: true; readonly faults: readonly SimulatedFault[] }
  | {
      readonly id: number
      readonly ok: false
      readonly why: 'no-such-equipment' | 'no-such-fault'
      readonly known: readonly string[]
    }

/** Sent once by itself when every simulated device is listening, and again whenever a fault changes. */
export type ControlNews =
  { readonly ready: true; readonly faults: readonly SimulatedFault[] } | { readonly faults: readonly SimulatedFault[] }

export interface SimulatedFault {
  readonly equipment: string
  readonly fault: string
  readonly name: Words
  readonly active: boolean
}
