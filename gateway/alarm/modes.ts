import type { Follower } from './follow.ts'

/** Defrost, cleaning and maintenance as people and equipment say them: recognised, and not alarmed. */
export class Modes implements Follower {
  restore(_checkpoints: ReadonlyMap<string, unknown>): void {}
}
