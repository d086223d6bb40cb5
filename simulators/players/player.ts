import type { Settings } from '../binding.ts'
import type { SimulatedEquipment } from '../equipment.ts'
import type { Conversion } from '../sight.ts'

/** One point of a piece of equipment and where the site file says it is found. */
export interface WiredPoint {
  readonly equipment: SimulatedEquipment
  readonly key: string
  /** The point's own unit; the device may speak another. */
  readonly unit: string
  /** From what the device says to the point's unit, where the binding does not name the device's unit itself. */
  readonly convert?: Conversion
  readonly contact: boolean
  readonly binding: Settings
  /** Keys of the equipment entry (`unit: 3`, `device: tank-1`). */
  readonly device: Settings
  /** For messages: `cold-1.temperature`. */
  readonly where: string
}

/** The devices of one connection, on real sockets. */
export interface Player {
  start(): Promise<void>
  stop(): Promise<void>
  /** The world moved on: `now` on its own clock, `real` ms on the wall's. Devices that speak by themselves do it here. */
  tell(now: number, real: number): void
}
