import type { Words } from '../../../protocols/contract/driver.ts'
import { instant } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { Entry } from '../../journal/entry.ts'
import type { Past } from '../../store/past.ts'
import { joined, numberIn, saidIn, say, textIn, timeIn } from './cells.ts'
import type { Said } from './cells.ts'
import { inTime } from './in-time.ts'
import type { Names } from './names.ts'
import type { Shown, Stub } from './section.ts'

/** A record as a log shows it: as it was written, and below it each correction of it, whole. */
export interface Line {
  readonly entry: Entry
  /** When it was done, as it is known now. */
  readonly at: Instant
  /** What it says, as it is known now. */
  readonly data: Said
  /** Only its place is left. */
  readonly gone?: Words
  /** It was corrected later: what it says no longer counts. */
  readonly isStruck: boolean
  readonly remark: Words | null
  readonly entries: readonly number[]
}

/** An entry in its place in time. */
interface Placed {
  readonly at: Instant
  readonly seq: number
  readonly entry: Entry
}

function* timed(entries: Iterable<Entry>, more: readonly Placed[]): Generator<Placed> {
  yield* more
  for (const entry of entries) yield { at: entry.at, seq: entry.seq, entry }
}

const correctedKind = 'record.corrected'
const everything = [instant(-8e15), instant(8e15)] as const

/** The journal as logs read it. */
export class Lines {
  readonly #past: Past
  readonly #names: Names
  #corrections: ReadonlyMap<number, readonly Entry[]> | undefined

  constructor(past: Past, names: Names) {
    this.#past = past
    this.#names = names
  }

  /** Records of these kinds in order of time, each followed by its corrections. What `isWanted` declines is not shown, nor its corrections. */
  *of(kinds: readonly string[], from: Instant, to: Instant, isWanted: (entry: Entry) => boolean = () => true): Generator<Line> {
    const moved = this.#movedInto(kinds, from, to)
    for (const { entry, at } of inTime(timed(this.#past.entries(kinds, from, to), moved)))
      if (isWanted(entry)) yield* this.#told(entry, at === entry.at ? undefined : [from, to])
  }

  /** The same without what was corrected, removed or cannot be read: what counts. */
  *valid(kinds: readonly string[], from: Instant, to: Instant, isWanted?: (entry: Entry) => boolean): Generator<Line> {
    for (const line of this.of(kinds, from, to, isWanted))
      if (!line.isStruck && !line.gone && line.at >= from && line.at < to) yield line
  }

  /** Records that were written under a time outside the period, until a correction brought them into it. */
  #movedInto(kinds: readonly string[], from: Instant, to: Instant): readonly Placed[] {
    const isInside = (at: Instant | null): at is Instant => at !== null && at >= from && at < to
    return [...this.#chains()].flatMap(([root, chain]) => {
      const { kind, before } = chain[0]?.data ?? {}
      const was = timeIn(saidIn(before)['at'])
      const into = chain.map(({ data }) => timeIn(data['at'])).find(isInside)
      if (was === null || into === undefined || isInside(was) || !kinds.includes(`record.${String(kind)}`)) return []
      const entry = [...this.#past.entries([`record.${String(kind)}`], was, instant(was + 1))].find(({ seq }) => seq === root)
      return entry ? [{ at: into, seq: root, entry }] : []
    })
  }

  /** `within`: only those of its versions whose time is inside. */
  *#told(entry: Entry, within?: readonly [from: Instant, to: Instant]): Generator<Line> {
    for (const line of this.#versions(entry)) if (!within || (line.at >= within[0] && line.at < within[1])) yield line
  }

  *#versions(entry: Entry): Generator<Line> {
    const gone = goneOf(entry)
    const chain = this.#chainOf(entry.seq)
    const entries: readonly number[] = [entry.seq]
    const late = gone ? null : lateOf(entry)
    if (gone) yield { entry, at: entry.at, data: {}, gone, isStruck: false, remark: null, entries }
    else
      yield {
        entry,
        at: entry.at,
        data: entry.data,
        isStruck: chain.length > 0,
        remark: joined([chain.length > 0 ? struck : null, late]),
        entries,
      }
    let [data, at] = [gone ? {} : (entry.data as Said), entry.at]
    let proof = entries
    for (const [index, correction] of chain.entries()) {
      proof = [...proof, correction.seq]
      data = corrected(data, correction.data)
      at = timeIn(correction.data['at']) ?? at
      const isStruck = index < chain.length - 1
      const remark = joined([this.#reasonOf(correction), isStruck ? struck : null])
      yield { entry, at, data, isStruck, remark, entries: proof }
    }
  }

  /** The corrections of a record in order, corrections of corrections among them. */
  #chainOf(seq: number): readonly Entry[] {
    return this.#chains().get(seq) ?? []
  }
  #chains(): ReadonlyMap<number, readonly Entry[]> {
    this.#corrections ??= chainsOf(this.#past.entries([correctedKind], ...everything))
    return this.#corrections
  }

  #reasonOf({ by, at, seq, data }: Entry): Words {
    const who = this.#names.person(by)
    const when = this.#names.moment(at)
    const reason = textIn(data['reason']) ?? '—'
    return say(`更正（${who.zh}，${when}，第 ${seq} 条）：${reason}`, `Corrected by ${who.en}, ${when} (entry ${seq}): ${reason}`)
  }
}

const struck = say('已更正，作废，见下行', 'corrected: void, see below')

/** Corrections by the record they end up at. */
function chainsOf(corrections: Iterable<Entry>): ReadonlyMap<number, readonly Entry[]> {
  const rootOf = new Map<number, number>()
  const chains = new Map<number, Entry[]>()
  for (const entry of corrections) {
    const named = numberIn(entry.data['seq'])
    if (named === null) continue
    const root = rootOf.get(named) ?? named
    rootOf.set(entry.seq, root)
    chains.set(root, [...(chains.get(root) ?? []), entry])
  }
  return chains
}

/** A correction says the record anew, whole. One that says only what was wrong leaves the rest. */
function corrected(data: Said, correction: Said): Said {
  const { fields, verdict, figures } = correction
  const isWhole = 'before' in correction
  const { reckoned: _reckoned, signed: _signed, second: _second, ...rest } = data
  return {
    ...(isWhole ? rest : data),
    ...(fields === undefined ? {} : { fields: isWhole ? fields : { ...saidIn(data['fields']), ...saidIn(fields) } }),
    ...(figures === undefined ? {} : { figures: { ...saidIn(data['figures']), ...saidIn(figures) } }),
    ...(verdict === undefined ? {} : { verdict }),
    ...Object.fromEntries(
      ['reckoned', 'signed', 'second', 'photos'].flatMap(key => (key in correction ? [[key, correction[key]]] : [])),
    ),
  }
}

/** Why nothing but its place is left; `undefined` where it is whole. */
export function goneOf({ data }: Pick<Entry, 'data'>): Words | undefined {
  const stub = numberIn(data['removed'])
  if (stub !== null) return say(`保存期满已删除（见第 ${stub} 条）`, `removed after its time of keeping (see entry ${stub})`)
  return 'damaged' in data ? say('此条记录已损坏，无法读取', 'this entry is damaged and cannot be read') : undefined
}

/** Written down so much later than done that a reader should know. */
const lateAfter = 3_600_000
function lateOf({ at, data }: Entry): Words | null {
  const entered = timeIn(data['enteredAt'])
  if (entered === null || entered - at < lateAfter) return null
  const hours = Math.round((entered - at) / lateAfter)
  return say(`补记（晚 ${hours} 小时）`, `written down ${hours} h later`)
}

/** A line of a table: struck or gone it is quiet, whatever it said. */
export function shown<T>(line: Line, of: (line: Line) => T, tone?: Shown<T>['tone']): Shown<T> | Stub {
  const { gone, at, entries, remark, isStruck } = line
  if (gone) return { gone: at, entries, remark: gone }
  return { of: of(line), entries, remark, ...(isStruck ? { tone: 'quiet' } : tone ? { tone } : {}) }
}
