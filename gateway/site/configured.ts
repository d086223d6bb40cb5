import type { Draft, Entry } from '../journal/entry.ts'
import { canonical } from '../journal/canonical.ts'
import type { Store } from '../store/store.ts'
import { StoreTrouble } from '../store/store.ts'
import { configurationOf, configuredKind } from './configuration.ts'
import type { Site } from './site.ts'

/** Writes the configuration into the journal where it is not what the last one was. While the disk takes nothing the next start does it. */
export async function noteConfiguration(
  site: Site,
  { journal }: Pick<Store, 'journal'>,
  note: (draft: Omit<Draft, 'at'>) => Promise<Entry>,
): Promise<void> {
  const configuration = configurationOf(site)
  const { entries } = await journal.page({ kinds: [configuredKind], limit: 1, newestFirst: true })
  const last = entries[0]
  if (last && canonical(last.data) === canonical(configuration)) return
  try {
    await note({ kind: configuredKind, by: 'system', data: { ...configuration } })
  } catch (error) {
    if (!(error instanceof StoreTrouble)) throw error
  }
}
