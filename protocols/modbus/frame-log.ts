import type { Frame } from '../contract/driver.ts'
import type { Clock, Instant } from '../contract/time.ts'

interface Noted {
  readonly at: Instant
  readonly unit: number
  readonly way: Frame['way']
  readonly bytes: Uint8Array
  readonly note: string | undefined
}

const kept = 64
/** A babbling device is shown by its first bytes. */
const longest = 300

/** The last frames of a line, as they went and came. Turned into text only for whoever looks. */
export class FrameLog {
  readonly #wall: Clock
  readonly #ring: Noted[] = []
  #next = 0

  constructor(wall: Clock) {
    this.#wall = wall
  }

  /** The bytes are kept, not copied: nobody may change them afterwards. */
  note(unit: number, way: Frame['way'], bytes: Uint8Array, note?: string): void {
    this.#ring[this.#next] = { at: this.#wall.now(), unit, way, bytes, note }
    this.#next = (this.#next + 1) % kept
  }

  /** The oldest first. */
  list(): Frame[] {
    const sorted = [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)]
    return sorted.map(({ at, unit, way, bytes, note }) => ({
      at,
      device: `unit ${unit}`,
      way,
      hex: Buffer.from(bytes.subarray(0, longest)).toString('hex'),
      ...(note === undefined ? {} : { note }),
    }))
  }
}
