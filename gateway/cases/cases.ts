import type { Follower } from '../alarm/follow.ts'

/** Fault cases from the report to the close (DUT-3, GAS-9). */
export class Cases implements Follower {
  restore(_checkpoints: ReadonlyMap<string, unknown>): void {}
}
