import type { Clock } from '../protocols/contract/time.ts'
import type { Closing } from './closing.ts'
import { Evidence } from './evidence/evidence.ts'
import type { Pipeline } from './pipeline.ts'
import { LogDesk } from './report/log-desk.ts'
import { keepPaperSite } from './report/paper.ts'
import { paperSiteOf } from './report/source.ts'
import type { Site } from './site/site.ts'
import type { Store } from './store/store.ts'

export interface KeepingParts {
  readonly site: Site
  readonly store: Store
  /** The data directory. */
  readonly folder: string
  readonly clock: Clock
  readonly wall: Clock
  readonly pipeline: Pick<Pipeline, 'act' | 'note' | 'mention'>
  readonly closing: Closing
}

/** What keeps the records: evidence, logs, retention, backups, the outside historian. */
export interface Keeping {
  readonly logs: LogDesk
  readonly evidence: Evidence
}

/** Made in the order in which they need each other; what runs by itself begins at once and is closed with the rest. */
export async function openKeeping({ site, store, folder, clock, wall, pipeline, closing }: KeepingParts): Promise<Keeping> {
  const paper = paperSiteOf(site)
  try {
    keepPaperSite(folder, paper)
  } catch {
    // A full disk must not keep the gateway from watching; the next start writes it.
  }
  const evidence = new Evidence({
    site: site.id,
    settings: site.keeping.evidence,
    store,
    clock,
    wall,
    note: draft => pipeline.note(draft),
  })
  closing.add('evidence', () => evidence.stop())
  evidence.start()
  const logs = new LogDesk({ site: paper, folder, clock, wall, prove: () => evidence.prove() })
  closing.add('logs', () => logs.stop())
  return { logs, evidence }
}
