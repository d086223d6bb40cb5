import type { Follower } from './follow.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { AlarmId } from './alarm.ts'

/** A faulty cabinet is not in use until a repair is recorded (CAN-2, CAN-9). */
export interface LockOut {
  readonly equipment: string
  readonly since: Instant
  readonly alarm: AlarmId
}

export class LockOuts implements Follower {
  restore(_checkpoints: ReadonlyMap<string, unknown>): void {}

  of(_equipment: string): LockOut | undefined {
    return undefined
  }
  all(): readonly LockOut[] {
    return []
  }
}
