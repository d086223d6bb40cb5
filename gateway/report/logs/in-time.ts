import type { Entry } from '../../journal/entry.ts'
import { DueHeap } from '../../policy/heap.ts'

/** So many entries are looked at together: what is written down later than that stands where it was written. */
const lookAhead = 2_000

/** Entries come in the order in which they were written; people write down at noon what they did in the morning. In order of time, in flat memory. */
export function* inTime<T extends Pick<Entry, 'at' | 'seq'>>(entries: Iterable<T>, most = lookAhead): Generator<T> {
  const waiting = new DueHeap<T>()
  for (const entry of entries) {
    waiting.push(entry.at, entry)
    if (waiting.size > most) yield* earliest(waiting)
  }
  while (waiting.size > 0) yield* earliest(waiting)
}

/** Those of the earliest time, as they were written. */
function earliest<T extends Pick<Entry, 'seq'>>(waiting: DueHeap<T>): readonly T[] {
  const due = waiting.soonest
  const those: T[] = []
  while (waiting.size > 0 && waiting.soonest === due) those.push((waiting.pop() as { readonly item: T }).item)
  return those.toSorted((a, b) => a.seq - b.seq)
}
