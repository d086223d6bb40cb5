import { cutLedger, explain } from '../historian/gap-ledger.ts'
import type { ExplainedGap, Hole, LedgerPoint, Reason } from '../historian/gap-ledger.ts'
import {
  blocksLost,
  cutOff,
  killed,
  lineDown,
  lockedOut,
  notRunning,
  outOfService,
  recordsLost,
  setForward,
  stoppedAndRebooted,
  stoppedProperly,
  stoppedSomehow,
  trimmedAway,
} from '../historian/gap-words.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Run } from '../historian/runs.ts'
import { isSameBoot } from '../historian/runs.ts'
import type { Entry } from '../journal/entry.ts'
import type { History } from './history.ts'
import type { Ledger } from './ledger.ts'
import type { JournalQuery } from './store.ts'

/** Journal and readings of one folder, as they are at one moment. */
interface Records {
  readonly history: Pick<History, 'series' | 'table'>
  readonly ledger: Pick<Ledger, 'journal'>
}

interface Asked {
  readonly point: LedgerPoint
  readonly from: number
  readonly to: number
}

/** An alarm is out of service for a month at most. */
const longestOutOfService = 31 * 86_400_000
const entriesPerLook = 1_000

/**
 * Every hole of a point from `from` until before `to`, with its cause and the entries of the journal that say so. However a span is cut, the
 * parts say what the whole says: holes are explained in their full length first. `rolled`: a time of which minutes remain is no hole.
 */
export function ledgerOf(records: Records, point: LedgerPoint, from: Instant, to: Instant, rolled = false): ExplainedGap[] {
  if (!(from < to)) return []
  const wide = aroundHoles(records, point, from, to)
  const holes = holesOf(records, point, wide, to, rolled)
  if (!holes.some(hole => hole.from < to && hole.to > from)) return []
  const asked = { point, ...wide }
  const reasons = [
    ...stopReasons(records, asked),
    ...lossReasons(records, asked, rolled),
    ...clockReasons(records, asked),
    ...lockOutReasons(records, asked),
    ...serviceReasons(records, asked),
    ...lineReasons(records, asked),
  ]
  return cutLedger(explain(holes, reasons, point.staleAfter), from, to)
}

/** From the word before the span to the one after it. Of a point that has been silent since, as far as is known at all. */
function aroundHoles({ history: { series } }: Records, { id }: LedgerPoint, from: Instant, to: Instant): Omit<Asked, 'point'> {
  const { before, after } = series.neighbours(id, from, to)
  return { from: before ?? from, to: after === undefined ? Math.max(to, series.span()?.to ?? to) : after + 1 }
}

function holesOf(
  { history: { series } }: Records,
  { id, staleAfter }: LedgerPoint,
  wide: Omit<Asked, 'point'>,
  to: number,
  rolled: boolean,
): Hole[] {
  const first = series.firstAt(id)
  if (first === undefined) return [{ from: wide.from, to: Infinity, cause: 'not-begun' }]
  const unborn: Hole[] =
    first > wide.from ? [{ from: wide.from, to: Math.min(first, Math.max(to, wide.to)), cause: 'not-begun' }] : []
  const gaps = series.gaps(id, wide.from as Instant, wide.to as Instant, staleAfter, rolled)
  return [...unborn, ...gaps.map(gap => ({ ...gap, to: gap.to ?? Infinity }))]
}

/** From the last word of one run to the first of the next, with how the run ended. */
function stopReasons({ history, ledger }: Records, { from, to }: Asked): Reason[] {
  const runs = history.series.runs()
  const reasons: Reason[] = []
  let alive = -Infinity
  let before: Run | undefined
  for (const run of runs) {
    if (before && run.start > alive && run.start > from && alive < to)
      reasons.push({ from: alive, to: run.start, ...howEnded(ledger, before, run) })
    alive = Math.max(alive, run.alive)
    before = run
  }
  if (!before || alive >= to) return reasons
  const [newest] = look(ledger, { kinds: startAndStop, limit: 1, newestFirst: true })
  if (newest?.kind !== 'gateway.stopped' || newest.at < before.start) return reasons
  return [...reasons, { from: alive, to: Infinity, cause: 'gateway-stopped', detail: notRunning, entries: [newest.seq] }]
}

const startAndStop = ['gateway.started', 'gateway.stopped']

function howEnded(ledger: Records['ledger'], ended: Run, next: Run): Pick<Reason, 'cause' | 'detail' | 'entries'> {
  const [started] = look(ledger, { kinds: ['gateway.started'], from: next.start as Instant, limit: 1 })
  const [before] = started ? look(ledger, { kinds: startAndStop, after: started.seq, limit: 1, newestFirst: true }) : []
  const rebooted = isSameBoot(ended.boot, next.boot) === false
  const start = started ? [started.seq] : []
  if (before?.kind === 'gateway.stopped') {
    const detail = rebooted ? stoppedAndRebooted : stoppedProperly
    return { cause: 'gateway-stopped', detail, entries: [before.seq, ...start] }
  }
  if (rebooted) return { cause: 'power', detail: cutOff, entries: start }
  const isKnown = isSameBoot(ended.boot, next.boot) === true
  return { cause: 'gateway-stopped', detail: isKnown ? killed : stoppedSomehow, entries: start }
}

/** Readings that were there and are no more: removed by retention, in damaged blocks, or in a file that was set aside. */
function lossReasons({ history: { series }, ledger }: Records, { point, from, to }: Asked, rolled: boolean): Reason[] {
  const remain = rolled ? [...series.gone(point.id, from, to)] : []
  const trimmed = [...all(ledger, { kinds: ['readings.trimmed'], from: from as Instant })].flatMap(({ seq, data }) =>
    spansIn(data, point.id)
      .filter(span => !remain.some(({ first, last }) => first < span.to && last >= span.from))
      .map((span): Reason => ({ ...span, cause: 'trimmed', detail: trimmedAway, entries: [seq] })),
  )
  const blocks = series
    .damagedSpans(point.id, from, to)
    .map((span): Reason => ({ from: span.from, to: span.to, cause: 'damaged', detail: blocksLost, entries: [] }))
  const files = [...all(ledger, { kinds: ['gateway.started'], from: from as Instant })].flatMap(({ seq, at, data }): Reason[] =>
    hasLostReadings(data['damage']) ? [{ from: -Infinity, to: at, cause: 'damaged', detail: recordsLost, entries: [seq] }] : [],
  )
  return [...trimmed, ...blocks, ...files]
}

/** The spans of one point in what retention wrote down: `{point, from, to}` by itself or in lists. */
function spansIn(data: Entry['data'], point: string): { from: number; to: number }[] {
  return [data, ...Object.values(data).flat()].flatMap(one => {
    if (typeof one !== 'object' || one === null || !('from' in one) || !('to' in one)) return []
    if ('point' in one && one.point !== point) return []
    if (!('point' in one) && one !== data) return []
    if (!('point' in one) && ('points' in one || 'trimmed' in one || 'series' in one)) return []
    const { from, to } = one
    return typeof from === 'number' && typeof to === 'number' && from < to ? [{ from, to }] : []
  })
}

const hasLostReadings = (damage: unknown): boolean =>
  Array.isArray(damage) && damage.some(one => typeof one?.file === 'string' && one.file.endsWith('history.db'))

/** Time that the clock skipped. Set back it makes no hole. */
function clockReasons({ ledger }: Records, { from, to }: Asked): Reason[] {
  return [...all(ledger, { kinds: ['clock.set'], from: from as Instant })].flatMap(({ seq, at, data: { by } }): Reason[] =>
    typeof by === 'number' && by > 0 && at - by < to
      ? [{ from: at - by, to: at, cause: 'clock', detail: setForward(by), entries: [seq] }]
      : [],
  )
}

function lockOutReasons({ ledger }: Records, { point: { equipment }, from, to }: Asked): Reason[] {
  const entries = since(ledger, ['equipment.locked-out', 'equipment.released'], equipment, from, to)
  return spans(entries, ({ kind }) => kind === 'equipment.locked-out').map(span => ({
    ...span,
    cause: 'locked-out',
    detail: lockedOut,
  }))
}

function lineReasons({ ledger }: Records, { point: { connection }, from, to }: Asked): Reason[] {
  const entries = since(ledger, ['link.down', 'link.up'], connection, from, to)
  return spans(entries, ({ kind }) => kind === 'link.down').map(({ begun, ...span }) => {
    const { fault } = begun.data
    const code = typeof fault === 'object' && fault !== null && 'code' in fault ? fault.code : undefined
    return { ...span, cause: 'bus-down', detail: lineDown(connection, code) }
  })
}

/** Alarms of this point that people took out of service, until they came back or the permit was over. */
function serviceReasons({ ledger }: Records, { point, from, to }: Asked): Reason[] {
  const kinds = ['alarm.out-of-service', 'alarm.returned-to-service', 'alarm.withdrawn']
  const entries = [...all(ledger, { kinds, from: (from - longestOutOfService) as Instant, to: to as Instant })]
  const ofAlarm = Map.groupBy(
    entries.filter(({ data }) => data['point'] === point.id),
    ({ about = '' }) => about,
  )
  return [...ofAlarm.values()].flatMap(one =>
    spans(one, ({ kind }) => kind === 'alarm.out-of-service').map(({ begun, ...span }): Reason => {
      const { reason, substitute, until } = Object(begun.data['outOfService']) as Readonly<Record<string, unknown>>
      const to = typeof until === 'number' ? Math.min(span.to, until) : span.to
      return { ...span, to, cause: 'out-of-service', detail: outOfService(textOf(reason), textOf(substitute)) }
    }),
  )
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

interface Lasting {
  readonly from: number
  readonly to: number
  readonly entries: readonly number[]
}

/** From each beginning to the next end; what is said twice is one. */
function spans(entries: readonly Entry[], begins: (entry: Entry) => boolean): (Lasting & { readonly begun: Entry })[] {
  const result: (Lasting & { readonly begun: Entry })[] = []
  let begun: Entry | undefined
  for (const entry of entries) {
    if (begins(entry)) begun ??= entry
    else if (begun) {
      result.push({ from: begun.at, to: Math.max(begun.at, entry.at), entries: [begun.seq, entry.seq], begun })
      begun = undefined
    }
  }
  return begun ? [...result, { from: begun.at, to: Infinity, entries: [begun.seq], begun }] : result
}

/** Entries about one thing within a span, and the one before it, which says how it stood when the span began. */
function since(ledger: Records['ledger'], kinds: readonly string[], about: string, from: number, to: number): Entry[] {
  const before = look(ledger, { kinds, about, to: from as Instant, limit: 1, newestFirst: true })
  return [
    ...before,
    ...all(ledger, { kinds, about, from: from as Instant, to: to as Instant }),
    ...firstAfter(ledger, kinds, about, to),
  ]
}

/** Where the span ends in the middle of something: when that ended. */
const firstAfter = (ledger: Records['ledger'], kinds: readonly string[], about: string, to: number): readonly Entry[] =>
  look(ledger, { kinds, about, from: to as Instant, limit: 1 })

const look = ({ journal }: Records['ledger'], query: JournalQuery): readonly Entry[] => journal.page(query).entries

function* all({ journal }: Records['ledger'], query: Omit<JournalQuery, 'limit'>): Generator<Entry> {
  let after: number | undefined
  do {
    const { entries, next } = journal.page({ ...query, limit: entriesPerLook, ...(after === undefined ? {} : { after }) })
    yield* entries
    after = next
  } while (after !== undefined)
}
