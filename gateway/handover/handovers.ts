import type { Follower } from '../alarm/follow.ts'

/** Shift changes: what is handed over, commented and signed by both (DUT-1). */
export class Handovers implements Follower {
  restore(_checkpoints: ReadonlyMap<string, unknown>): void {}
}
