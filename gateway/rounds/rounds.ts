import type { Follower } from '../alarm/follow.ts'

/** Rounds under way: which check-points of which route were visited when (PAT-*). */
export class Rounds implements Follower {
  restore(_checkpoints: ReadonlyMap<string, unknown>): void {}
}
