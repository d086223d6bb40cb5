import type { Words } from '../../protocols/contract/driver.ts'
import type { Clock } from '../../protocols/contract/time.ts'
import type { Historian, Store } from '../store/store.ts'
import { archiveOn, withArchive } from './archive.ts'
import { Forwarder } from './forwarder.ts'
import type { OutsideNote } from './forwarder.ts'
import type { OutsideState } from './holding.ts'
import { InfluxPeer, seriesKey } from './influx.ts'
import type { SeriesTags } from './influx.ts'
import type { OutsideSettings } from './settings.ts'

export interface OutsideParts {
  /** The id of the site. */
  readonly site: string
  readonly points: readonly { readonly id: string; readonly key: string; readonly equipment: string; readonly unit: string }[]
  readonly settings: readonly OutsideSettings[]
  readonly store: Pick<Store, 'spool' | 'journal' | 'historian'>
  readonly clock: Clock
  readonly wall: Clock
  readonly note: (note: OutsideNote) => Promise<unknown>
}

/** The outside historians of a site: each is told of everything that is recorded, whenever it can be reached. */
export class Outside {
  readonly #parts: OutsideParts
  readonly #forwarders: readonly { readonly id: string; readonly forwarder: Forwarder }[]
  /** The history as it reaches back into an archive, where the site has one; else the store's own. */
  readonly historian: Historian

  constructor(parts: OutsideParts) {
    this.#parts = parts
    const { site, points, settings, store, clock, wall, note } = parts
    const tags = new Map(
      points.map(({ id, key, equipment, unit }): [string, SeriesTags] => [id, { site, equipment, point: key, unit }]),
    )
    // A point that the site file has no longer is still told under the name it had.
    const tagsOf = (id: string): SeriesTags => tags.get(id) ?? tagsIn(site, id)
    const keys = new Map<string, string>()
    const keyOf = (id: string): string => {
      let key = keys.get(id)
      if (key === undefined) keys.set(id, (key = seriesKey(tagsOf(id))))
      return key
    }
    const peers = settings.map(one => ({ settings: one, peer: new InfluxPeer(one) }))
    this.#forwarders = peers.map(({ settings: one, peer }) => ({
      id: one.id,
      forwarder: new Forwarder({
        settings: one,
        peer,
        spool: store.spool,
        journal: store.journal,
        clock,
        wall,
        keyOf,
        canary: at => `${seriesKey({ site, equipment: 'gateway', point: 'alive', unit: '' })} value=1 ${Math.floor(at)}`,
        note,
      }),
    }))
    const archive = peers.find(({ settings: one }) => one.keep === 'archive')
    this.historian = archive ? withArchive(store.historian, archiveOn(archive.settings, archive.peer, tagsOf)) : store.historian
  }

  /** Before anything is recorded: from here on it waits for them. */
  async begin(): Promise<void> {
    await this.#parts.store.spool.begin(this.#parts.settings.map(({ id }) => id))
    for (const { forwarder } of this.#forwarders) forwarder.start()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#forwarders.map(({ forwarder }) => forwarder.stop()))
  }

  states(): Promise<readonly OutsideState[]> {
    return Promise.all(this.#forwarders.map(({ forwarder }) => forwarder.state()))
  }

  troubles(): readonly { readonly code: string; readonly say: Words }[] {
    return this.#forwarders.flatMap(({ id, forwarder }) =>
      forwarder.isBehind
        ? {
            code: 'outside-behind',
            say: {
              zh: `外部历史库 ${id} 收不到数据；数据都在网关上，恢复后自动补发`,
              en: `the outside historian ${id} takes no data; everything is kept here and sent when it is back`,
            },
          }
        : [],
    )
  }
}

function tagsIn(site: string, id: string): SeriesTags {
  const dot = id.indexOf('.')
  return dot < 0
    ? { site, equipment: '', point: id, unit: '' }
    : { site, equipment: id.slice(0, dot), point: id.slice(dot + 1), unit: '' }
}
