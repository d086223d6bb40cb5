import { Page } from '../historian/spool-page.ts'
import type { RefillPlace, SpoolPage, SpoolPlace, SpoolState } from '../historian/spool-page.ts'
import type { Excess } from '../historian/spool.ts'
import { rowAt } from '../historian/rows.ts'
import type { StoreClient } from './client.ts'
import type { History } from './history.ts'

/** What forwarding to outside historians asks of the worker. */
export interface SpoolCalls {
  spool: { ask: SpoolQuestion; answer: unknown }
  spoolWrite: { ask: SpoolWord; answer: void }
}

type SpoolQuestion =
  | { readonly do: 'next' | 'refill'; readonly name: string; readonly most: number }
  | { readonly do: 'excess'; readonly name: string; readonly keep: number }
  | { readonly do: 'state' | 'refused'; readonly name: string }

type SpoolWord =
  | { readonly do: 'begin'; readonly names: readonly string[] }
  | { readonly do: 'sent'; readonly name: string; readonly place: SpoolPlace | RefillPlace }
  | { readonly do: 'set-aside'; readonly name: string; readonly at: number; readonly lines: readonly RefusedLine[] }
  | { readonly do: 'drop'; readonly name: string; readonly upTo: number }

/** A line of the line protocol that the other side will never take, and what it said. */
export interface RefusedLine {
  readonly line: string
  readonly why: string
}

/** The readings that outside historians have still to be told, by the name of each. Rejects like the rest of the store. */
export interface SpoolShelf {
  /** From now on these are told and no others. A new one hears of everything that is stored. */
  begin(names: readonly string[]): Promise<void>
  /** The next readings, in the order in which they came. */
  next(name: string, most: number): Promise<SpoolPage | undefined>
  /** The next readings of a time that is sent again from the history: what was let go, or what was there before the target was. */
  refill(name: string, most: number): Promise<SpoolPage | undefined>
  /** The other side has acknowledged them. */
  sent(name: string, place: SpoolPlace | RefillPlace): Promise<void>
  setAside(name: string, at: number, lines: readonly RefusedLine[]): Promise<void>
  refused(name: string): Promise<readonly (RefusedLine & { readonly at: number })[]>
  /** What is too much for so many bytes. */
  excess(name: string, keep: number): Promise<Excess | undefined>
  /** Lets go of some of the oldest up to that batch; the `first` that `excess` gives then says whether more has to go. Their times are sent again later. */
  drop(name: string, upTo: number): Promise<void>
  state(name: string): Promise<SpoolState>
}

export function spoolOn(client: Pick<StoreClient, 'call'>): SpoolShelf {
  const ask = <T>(question: SpoolQuestion): Promise<T> => client.call('spool', question) as Promise<T>
  const tell = (word: SpoolWord): Promise<void> => client.call('spoolWrite', word)
  return {
    begin: names => tell({ do: 'begin', names }),
    next: (name, most) => ask({ do: 'next', name, most }),
    refill: (name, most) => ask({ do: 'refill', name, most }),
    sent: (name, place) => tell({ do: 'sent', name, place }),
    setAside: (name, at, lines) => tell({ do: 'set-aside', name, at, lines }),
    refused: name => ask({ do: 'refused', name }),
    excess: (name, keep) => ask({ do: 'excess', name, keep }),
    drop: (name, upTo) => tell({ do: 'drop', name, upTo }),
    state: name => ask({ do: 'state', name }),
  }
}

type Records = Pick<History, 'series' | 'table'>

export function askSpool(history: Records, question: SpoolQuestion): unknown {
  const { spool } = history.table
  switch (question.do) {
    case 'next':
      return spool.next(question.name, question.most)
    case 'refill':
      return refillPage(history, question.name, question.most)
    case 'excess':
      return spool.excess(question.name, question.keep)
    case 'state':
      return spool.state(question.name)
    case 'refused':
      return spool.refused(question.name)
  }
}

export function tellSpool({ series, table: { spool } }: Records, word: SpoolWord): void {
  switch (word.do) {
    case 'begin':
      return spool.begin(word.names, storedSpan(series.span()))
    case 'sent':
      return spool.sent(word.name, word.place)
    case 'set-aside':
      return spool.setAside(word.name, word.at, word.lines)
    case 'drop':
      return spool.drop(word.name, word.upTo)
  }
}

/** Everything that could be stored: what came has times from before the first run, and a device's clock may be ahead. */
const storedSpan = (span: { readonly to: number } | undefined) => (span ? { from: 0, to: span.to + 86_400_000 } : undefined)

// Points without a reading in the time cost little; a turn looks at so many at most.
const mostPoints = 200

/** Readings of a time that is sent again: point after point, each in the order of its times. */
function refillPage({ series, table }: Records, name: string, most: number): SpoolPage<RefillPlace> | undefined {
  const refill = table.spool.refill(name)
  if (!refill) return undefined
  const points = [...table.points.all].filter(({ id }) => id >= refill.point).toSorted((a, b) => a.id - b.id)
  const names = new Map(points.map(point => [point.id, point.name]))
  const page = new Page(id => names.get(id) ?? '')
  const place = (point: number, at: number, isOver = false): SpoolPage<RefillPlace> =>
    page.done({ refill: refill.id, point, at, isOver, span: { first: refill.first, last: refill.last } })
  for (const [index, point] of points.entries()) {
    if (index === mostPoints) return place(point.id, refill.first)
    const from = point.id === refill.point ? refill.at : refill.first
    for (const rows of series.columns(point.name, from, refill.last + 1)) {
      for (let each = 0; each < rows.at.length; each++) {
        const row = rowAt(rows, each)
        if (page.length === most) return place(point.id, row.at)
        page.add(point.id, row)
      }
    }
  }
  return place(0, refill.last, true)
}
