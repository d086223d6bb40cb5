import type { Follower } from '../alarm/follow.ts'
import type { AlarmId } from '../alarm/alarm.ts'
import type { Told } from './notice.ts'

/** Decides inside the turn who is told what: routes, levels, quiet hours, digests. What it decides is in the journal with its cause. */
export class Dispatcher implements Follower {
  restore(_checkpoints: ReadonlyMap<string, unknown>): void {}

  /** Who was told of an open alarm and how. */
  toldOf(_alarm: AlarmId): readonly Told[] {
    return []
  }
}
