import type { Instant } from '../../protocols/contract/time.ts'
import type { Journal } from '../store/store.ts'

/** One version of a policy on one state of the site file, and the time it was judged by. */
export interface PolicyVersion {
  readonly version: string
  readonly effective?: string
  /** SHA-256 of the site file. */
  readonly site: string
  readonly from: Instant
  /** When another took its place; `undefined` while it stands. */
  readonly until: Instant | undefined
}

const pageSize = 500

/** The versions of a policy that the journal knows of, newest first: every start of a gateway says which ones it judges by. */
export async function versionsOf(journal: Pick<Journal, 'page'>, policy: string): Promise<readonly PolicyVersion[]> {
  const found: { version: string; effective?: string; site: string; from: Instant; until: Instant | undefined }[] = []
  let after: number | undefined
  do {
    const { entries, next } = await journal.page({
      kinds: ['gateway.started', 'site.changed'],
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    })
    for (const { at, data } of entries) {
      const last = found.at(-1)
      const stands = policiesIn(data).find(({ id }) => id === policy)
      const site = String(data['digest'] ?? '')
      if (last && last.until === undefined) {
        if (stands?.version === last.version && site === last.site) continue
        last.until = at
      }
      if (!stands) continue
      const effective = stands.effective === undefined ? {} : { effective: stands.effective }
      found.push({ version: stands.version, ...effective, site, from: at, until: undefined })
    }
    after = next
  } while (after !== undefined)
  return found.toReversed()
}

interface Named {
  readonly id: string
  readonly version: string
  readonly effective?: string
}

/** As this gateway or an older one wrote it down. */
function policiesIn(data: Readonly<Record<string, unknown>>): readonly Named[] {
  const { policies } = data
  return Array.isArray(policies) ? policies.filter(isNamed) : []
}

const isNamed = (value: unknown): value is Named =>
  typeof value === 'object' && value !== null && 'id' in value && 'version' in value && typeof value.version === 'string'
