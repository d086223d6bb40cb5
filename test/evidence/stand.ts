import { Notary } from '../../gateway/evidence/notary.ts'
import type { NotaryParts } from '../../gateway/evidence/notary.ts'
import { usualEvidence } from '../../gateway/evidence/settings.ts'
import type { Draft } from '../../gateway/journal/entry.ts'
import type { EmbeddedStore } from '../../gateway/store/open.ts'
import type { StoredReading } from '../../gateway/store/store.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { instant } from '../../protocols/contract/time.ts'
import { FakeClock } from '../kit/fake-clock.ts'
import { emptyFolder, opened } from '../store/folder.ts'

/** A data directory with a notary, on clocks of the test's own. */
export interface Stand {
  readonly folder: string
  readonly store: EmbeddedStore
  readonly notary: Notary
  readonly clock: FakeClock
  readonly wall: FakeClock
  note: NotaryParts['note']
}

export async function stand(folder = emptyFolder(), more: Partial<NotaryParts> = {}): Promise<Stand> {
  const store = await opened(folder)
  const [clock, wall] = [new FakeClock(), new FakeClock(Date.UTC(2026, 8, 2))]
  const note = async (draft: Omit<Draft, 'at'>) => {
    const [entry] = await store.journal.append([{ ...draft, at: clock.now() }])
    if (!entry) throw new Error('nothing was written')
    return entry
  }
  const notary = new Notary({ site: 'greenhill', settings: usualEvidence, store, clock, wall, note, ...more })
  return { folder, store, notary, clock, wall, note }
}

export const points = ['cold-1.temperature', 'cold-2.temperature', 'tank.level'] as PointId[]

/** Readings of every point, one a minute from `from`: good ones, and now and then a bad and an uncertain one. */
export const readings = (count: number, from = 0): StoredReading[] =>
  Array.from({ length: count }, (_, index): StoredReading[] =>
    points.map((point, place): StoredReading => {
      const at = instant(Date.UTC(2026, 8, 1) + (from + index) * 60_000 + place)
      const head = { point, at, receivedAt: instant(at + 25) }
      if (index % 17 === 16) return { reading: { ...head, quality: 'bad', fault: { code: 'timeout', detail: 'no answer' } } }
      return {
        reading: {
          ...head,
          value: Math.round(40 + 10 * Math.sin(index / 9 + place)) / 10,
          quality: index % 11 === 10 ? 'uncertain' : 'good',
        },
      }
    }),
  ).flat()

export const done: Draft = {
  kind: 'alarm.raised',
  at: instant(5),
  by: 'system',
  about: 'cold-1.high',
  data: { value: 9.5, unit: '°C' },
}
