import { Outside } from '../../gateway/outside/outside.ts'
import type { OutsideNote } from '../../gateway/outside/forwarder.ts'
import { usualBackfill, usualBudget } from '../../gateway/outside/settings.ts'
import type { OutsideSettings } from '../../gateway/outside/settings.ts'
import type { EmbeddedStore } from '../../gateway/store/open.ts'
import type { Clock } from '../../protocols/contract/time.ts'

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

export interface Told {
  readonly outside: Outside
  readonly notes: OutsideNote[]
}

export function outsideFor(store: EmbeddedStore, settings: readonly OutsideSettings[], clock: Clock, real: Clock): Told {
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
