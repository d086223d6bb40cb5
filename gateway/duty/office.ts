import type { Follower } from '../alarm/follow.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Calendar } from '../policy/calendar.ts'
import type { Duty } from './duty.ts'

export interface OfficeParts {
  readonly duty: Duty
  readonly calendar: Calendar
}

/** Who is on duty, with the swaps people have entered. Says as an alarm of the gateway's own when a shift has nobody. */
export class Office implements Follower {
  readonly #parts: OfficeParts

  constructor(parts: OfficeParts) {
    this.#parts = parts
  }

  get duty(): Duty {
    return this.#parts.duty
  }

  restore(_checkpoints: ReadonlyMap<string, unknown>, _open: unknown, _at: Instant): void {}
}
