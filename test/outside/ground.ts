import { vi } from 'vitest'
import { seriesKey } from '../../gateway/outside/influx.ts'
import { Outside } from '../../gateway/outside/outside.ts'
import type { OutsideNote } from '../../gateway/outside/forwarder.ts'
import { usualBackfill, usualBudget } from '../../gateway/outside/settings.ts'
import type { OutsideSettings } from '../../gateway/outside/settings.ts'
import type { EmbeddedStore } from '../../gateway/store/open.ts'
import { instant } from '../../protocols/contract/time.ts'
import type { Clock, Instant } from '../../protocols/contract/time.ts'
import { wall } from '../store/folder.ts'

export const settingsOf = (url: string, more: Partial<OutsideSettings> = {}): OutsideSettings => ({
  id: 'metrics',
  kind: 'victoriametrics',
  url,
  org: '',
  bucket: '',
  keep: 'mirror',
  budget: usualBudget,
  backfill: usualBackfill * 1_000,
  ...more,
})

export const points = ['temperature', 'door', 'humidity'].map(key => ({
  id: `cold-1.${key}`,
  key,
  equipment: 'cold-1',
  unit: '°C',
}))
export const keyOf = (key: string): string => seriesKey({ site: 'school', equipment: 'cold-1', point: key, unit: '°C' })

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

export interface Told {
  readonly outside: Outside
  readonly notes: OutsideNote[]
}

export function outsideOn(
  store: EmbeddedStore,
  settings: readonly OutsideSettings[],
  clock: Clock = wall,
  real: Clock = wall,
): Told {
  const notes: OutsideNote[] = []
  const outside = new Outside({
    site: 'school',
    points,
    settings,
    store,
    clock,
    wall: real,
    async note(note) {
      notes.push(note)
      await store.journal.append([{ ...note, at: clock.now() }])
    },
  })
  return { outside, notes }
}

/** Until everything is told. */
export const settled = ({ outside }: Told): Promise<void> =>
  vi.waitFor(
    async () => {
      const states = await outside.states()
      if (states.some(({ state }) => state !== 'well')) throw new Error(`still ${JSON.stringify(states)}`)
    },
    { timeout: 60_000, interval: 50 },
  )
