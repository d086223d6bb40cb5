import type { Entry } from '../journal/entry.ts'
import { otherKinds, recordKinds } from '../records/kinds.ts'
import { fold, recordOf } from '../records/record.ts'
import type { KeptRecord } from '../records/record.ts'
import type { JournalQuery } from '../store/store.ts'
import type { House } from './house.ts'

/** Kinds of the contract, and those that rules of this site wait for. */
export function kindsOf({ site }: House): readonly string[] {
  const waited = site.rules.flatMap(({ inputs = [] }) =>
    inputs.flatMap(({ point }) => point.split('.record:')[1]?.split('/')[0] ?? []),
  )
  return [...new Set([...recordKinds.map(({ kind }) => kind), ...otherKinds, ...waited])]
}

/** How many entries are looked through for one page: what rules wrote under the same kinds lies between what people wrote. */
const mostLooked = 5_000

/** People's records of these kinds as they stand today, newest first, and where the next page begins. */
export async function keptRecords(
  house: House,
  query: Omit<JournalQuery, 'newestFirst'>,
): Promise<{ readonly records: readonly KeptRecord[]; readonly next: number | undefined }> {
  const found: KeptRecord[] = []
  let { after } = query
  let looked = 0
  for (;;) {
    const limit = Math.max(query.limit, 200)
    const { entries, next } = await house.store.journal.page({
      ...query,
      limit,
      newestFirst: true,
      ...(after === undefined ? {} : { after }),
    })
    looked += entries.length
    for (const entry of entries) {
      const record = recordOf(entry)
      if (!record) continue
      if (found.length === query.limit) return { records: await folded(house, found), next: found.at(-1)?.seq }
      found.push(record)
    }
    if (next === undefined || looked >= mostLooked) return { records: await folded(house, found), next }
    after = next
  }
}

/** The record whose first entry or correction is `seq`, as it stands today. */
export async function keptRecord(house: House, seq: number): Promise<KeptRecord | undefined> {
  const { entries } = await house.store.journal.page({ after: seq - 1, limit: 1 })
  const entry = entries[0]
  if (entry?.seq !== seq) return undefined
  if (entry.kind === 'record.corrected') {
    const first = Number(entry.data['seq'])
    return first < seq ? keptRecord(house, first) : undefined
  }
  const record = recordOf(entry)
  return record && (await folded(house, [record]))[0]
}

/** A correction is always later than what it corrects, so those after the oldest are all there can be. */
async function folded(house: House, records: readonly KeptRecord[]): Promise<readonly KeptRecord[]> {
  if (records.length === 0) return records
  const wanted = new Set(records.map(({ seq }) => seq))
  const corrections: Entry[] = []
  let after: number | undefined = Math.min(...wanted)
  while (after !== undefined) {
    const page: Awaited<ReturnType<House['store']['journal']['page']>> = await house.store.journal.page({
      kinds: ['record.corrected'],
      after,
      limit: 1_000,
    })
    corrections.push(...page.entries.filter(({ data }) => wanted.has(Number(data['seq']))))
    after = page.next
  }
  return fold(records, corrections)
}
