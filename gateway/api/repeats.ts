import type { Entry } from '../journal/entry.ts'
import type { House } from './house.ts'
import { Refusal } from './problem.ts'

/** What somebody sends under a name of its own, so that it can be sent again when no answer came. */
export interface Sent {
  readonly kinds: readonly string[]
  readonly about: string
  readonly by: string
  readonly key: string | undefined
  /** Digest of what was sent. */
  readonly sent: string
}

/** So far back in the records of one piece of equipment a repetition is looked for. */
const mostLooked = 2_000

/** What is being written just now, by house: a repetition may come before the first has reached the disk. */
const underWay = new WeakMap<House, Map<string, Promise<Entry>>>()

/** Does it, unless it was done before under that key: then answers with the entry of that time. */
export async function once(house: House, sent: Sent, act: () => Promise<Entry>): Promise<Entry> {
  const { key, by, kinds, about } = sent
  if (key === undefined) return act()
  const running = underWay.get(house) ?? new Map<string, Promise<Entry>>()
  underWay.set(house, running)
  const name = JSON.stringify([by, kinds, about, key])
  const before = running.get(name)
  if (before) return same(await before, sent)
  const doing = known(house, sent).then(entry => entry ?? act())
  running.set(name, doing)
  try {
    return same(await doing, sent)
  } finally {
    running.delete(name)
  }
}

async function known(house: House, { kinds, about, by, key }: Sent): Promise<Entry | undefined> {
  const { entries } = await house.store.journal.page({ kinds, about, limit: mostLooked, newestFirst: true })
  return entries.find(entry => entry.by === by && entry.data['key'] === key)
}

function same(entry: Entry, { sent }: Sent): Entry {
  if (entry.data['sent'] === sent) return entry
  throw new Refusal('conflict', {
    zh: `这个编号已经用来登记另一条记录（第 ${entry.seq} 条）。`,
    en: `Under this key another record was sent before (entry ${entry.seq}).`,
  })
}
