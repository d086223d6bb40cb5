import type { Follower } from './follow.ts'

/** Bus → device → point: one alarm for a line that is down, its children kept quiet by design. */
export class RootCauses implements Follower {
  restore(_checkpoints: ReadonlyMap<string, unknown>): void {}
}
