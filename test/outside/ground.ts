import { vi } from 'vitest'
import type { OutsideSettings } from '../../gateway/outside/settings.ts'
import type { EmbeddedStore } from '../../gateway/store/open.ts'
import { instant } from '../../protocols/contract/time.ts'
import type { Clock, Instant } from '../../protocols/contract/time.ts'
import { wall } from '../store/folder.ts'
import { outsideFor } from './parts.ts'
import type { Told } from './parts.ts'

export { points, settingsOf } from './parts.ts'

/** A domain clock that stands where it is put; its timers are real. */
export class SetClock implements Clock {
  at: Instant
  readonly after = wall.after
  constructor(at: number) {
    this.at = instant(at)
  }
  now(): Instant {
    return this.at
  }
}

export const outsideOn = (
  store: EmbeddedStore,
  settings: readonly OutsideSettings[],
  clock: Clock = wall,
  real: Clock = wall,
): Told => outsideFor(store, settings, clock, real)

/** Until everything is told. */
export const settled = ({ outside }: Told): Promise<void> =>
  vi.waitFor(
    async () => {
      const states = await outside.states()
      if (states.some(({ state }) => state !== 'well')) throw new Error(`still ${JSON.stringify(states)}`)
    },
    { timeout: 120_000, interval: 50 },
  )
