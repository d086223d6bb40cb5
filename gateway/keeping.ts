import { join } from 'node:path'
import type { Clock } from '../protocols/contract/time.ts'
import type { Words } from '../protocols/contract/driver.ts'
import { Backups } from './backup/backups.ts'
import { noteRestored } from './backup/restored.ts'
import { keepSiteFiles } from './backup/site-files.ts'
import type { Closing } from './closing.ts'
import { Deliveries } from './delivery/deliveries.ts'
import { Evidence } from './evidence/evidence.ts'
import type { SigningKey } from './evidence/signed.ts'
import type { Channel } from './notify/channel.ts'
import type { Pipeline } from './pipeline.ts'
import { Outside } from './outside/outside.ts'
import { LogDesk } from './report/log-desk.ts'
import { keepPaperSite } from './report/paper.ts'
import { paperSiteOf } from './report/source.ts'
import { Holds } from './retention/holds.ts'
import { KeepingBook } from './retention/plan.ts'
import { Retention } from './retention/retention.ts'
import { Trimmer } from './retention/trimmer.ts'
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
  readonly version: string
  /** The ways to people, by id. */
  readonly channel: (id: string) => Channel | undefined
  /** Where the site was read from. */
  readonly source: string | undefined
  readonly complain: (line: string) => void
}

/** What keeps the records: evidence, logs, retention, backups, the outside historian. */
export interface Keeping {
  readonly logs: LogDesk
  readonly evidence: Evidence
  readonly holds: Holds
  readonly retention: Retention
  readonly backups: Backups
  readonly deliveries: Deliveries
  readonly outside: Outside
  /** The store as it is shown: its history reaches back into an archive, where the site has one. */
  readonly store: Store
  /** What somebody should look at. */
  troubles(): readonly { readonly code: string; readonly say: Words }[]
}

/** Made in the order in which they need each other; what runs by itself begins at once and is closed with the rest. */
export async function openKeeping(parts: KeepingParts): Promise<Keeping> {
  const { site, store, folder, clock, wall, pipeline, closing, version, source, complain } = parts
  const paper = paperSiteOf(site)
  try {
    keepPaperSite(folder, paper)
    if (source !== undefined) keepSiteFiles(folder, source)
  } catch {
    // A full disk must not keep the gateway from watching; the next start writes it.
  }
  const zone = site.timeZone
  const limits = site.points.map(({ id, limits: bounds, staleAfter }) => ({
    point: id,
    ...bounds,
    staleAfter,
    silentAfter: staleAfter,
  }))
  // What the disk refuses now the next start says again; until then the limits of before count.
  await store.historian.limits(clock.now(), zone, limits).catch(() => {})
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
  const outside = new Outside({
    site: site.id,
    points: site.points,
    settings: site.keeping.outside,
    store,
    clock,
    wall,
    note: note => pipeline.note(note),
  })
  closing.add('outside', () => outside.stop())
  await outside.begin()
  const logs = new LogDesk({ site: paper, folder, clock, wall, prove: () => evidence.prove() })
  closing.add('logs', () => logs.stop())
  const holds = new Holds()
  await holds.restore(store.journal)
  const book = new KeepingBook({ ...site, settings: site.keeping.retention })
  const key = async (): Promise<SigningKey | undefined> =>
    (await store.accounts.get('secret', 'evidence-key')) as SigningKey | undefined
  const { remove: removes, budget } = site.keeping.retention
  const act: Pipeline['act'] = decide => pipeline.act(decide)
  const retention = new Retention({
    site,
    book,
    holds,
    store,
    clock,
    wall,
    photos: join(folder, 'photos'),
    removes,
    key,
    act,
    complain,
  })
  closing.add('retention', () => retention.stop())
  await retention.start()
  const trimmer = new Trimmer({ site, book, holds, historian: store.historian, clock, budget, removes, key, act, complain })
  closing.add('trimming', () => trimmer.stop())
  trimmer.start()
  await noteRestored(folder, draft => pipeline.note(draft))
  const backups = new Backups({
    site,
    settings: site.keeping.backup,
    folder,
    version,
    wall,
    journal: store.journal,
    mention: draft => pipeline.mention(draft),
  })
  closing.add('backups', () => backups.stop())
  await backups.start()
  const deliveries = new Deliveries({
    site,
    settings: site.keeping.deliveries,
    addressOf: person => site.duty.people.get(person)?.handles['smtp'],
    logs,
    channel: parts.channel,
    journal: store.journal,
    clock,
    wall,
    act: decide => pipeline.act(decide),
  })
  closing.add('deliveries', () => deliveries.stop())
  await deliveries.start()
  return {
    logs,
    evidence,
    holds,
    retention,
    backups,
    deliveries,
    outside,
    store: shownStore(store, outside),
    troubles: () => [...outside.troubles(), ...evidence.troubles, ...backups.troubles, ...deliveries.troubles],
  }
}

/** What is asked for may lie outside; everything else is as it was. */
function shownStore(store: Store, { historian }: Outside): Store {
  return historian === store.historian ? store : Object.create(store, { historian: { value: historian, enumerable: true } })
}
