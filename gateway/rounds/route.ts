import type { Words } from '../../protocols/contract/driver.ts'
import type { Millis } from '../../protocols/contract/time.ts'

/** A place that is passed on a round. */
export interface CheckPoint {
  readonly id: string
  readonly name: Words
  readonly area?: string
  /** In its QR code and NFC tag; random enough that nobody guesses it at the desk. */
  readonly code: string
  /** What is looked at there: 通道畅通, 标志完好. */
  readonly checks: readonly Words[]
}

/** A round that people walk (PAT-*). */
export interface RoundRoute {
  readonly id: string
  readonly name: Words
  /** The equipment whose duty a complete round fulfils: it hears `record:round`. */
  readonly equipment: string
  readonly checkPoints: readonly CheckPoint[]
  /** From the first check-point to the last. */
  readonly within: Millis
  /** Whether the order counts. */
  readonly ordered: boolean
}
