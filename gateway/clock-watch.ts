import { seconds } from '../protocols/contract/time.ts'
import type { Cancel, Clock } from '../protocols/contract/time.ts'
import type { SteadyClock } from './clock.ts'

/** A step of the machine's clock by more than this was somebody's doing; less is followed bit by bit. */
const step = seconds(30)

/** Looks once a second of real time whether the machine's clock was set, and says by how many ms. */
export class ClockWatch {
  readonly #clock: SteadyClock
  readonly #wall: Clock
  readonly #wasSet: (by: number) => void
  #cancel: Cancel = () => {}

  constructor(clock: SteadyClock, wall: Clock, wasSet: (by: number) => void) {
    this.#clock = clock
    this.#wall = wall
    this.#wasSet = wasSet
  }

  start(): void {
    this.#cancel = this.#wall.after(seconds(1), () => {
      this.#look()
      this.start()
    })
  }

  stop(): void {
    this.#cancel()
  }

  /** The domain clock and everything that counts by it are set in the same breath: nothing comes between. */
  #look(): void {
    if (Math.abs(this.#clock.behind) <= step) this.#clock.follow()
    else this.#wasSet(this.#clock.set())
  }
}
