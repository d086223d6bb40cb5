import type { Instant } from '../../protocols/contract/time.ts'
import type { Aged, Range } from '../journal/removal.ts'
import type { Rule } from '../policy/rule.ts'
import type { Held } from './holds.ts'
import { endOfKeeping, isLonger, longest, parseKeep, yearsFrom } from './keep.ts'
import type { Keep } from './keep.ts'
import { leastKept, recordKinds } from './settings.ts'
import type { RecordKind, RetentionSettings } from './settings.ts'

/** What is known of a site that says how long its records are kept. */
export interface KeepingGround {
  readonly rules: readonly Pick<Rule, 'record' | 'retention' | 'clause' | 'equipment' | 'watches'>[]
  readonly equipment: readonly { readonly id: string; readonly type: string; readonly facts: Readonly<Record<string, unknown>> }[]
  readonly settings: Pick<RetentionSettings, 'records' | 'readings'>
}

/** How long one thing is kept, and who says so. */
export interface Kept {
  readonly kind: RecordKind
  readonly keep: Keep
  /** The clause that asks for the longest; absent where it is the site's or the product's own. */
  readonly clause?: string
}

/** The records that stay a time beyond the expiry of what they speak of: vaccines, five years (Vaccine Law, articles 37–40). */
const yearsBeyondExpiry = 5

const recordOf: Readonly<Record<string, RecordKind>> = {
  dosing: 'dosing',
  disinfection: 'disinfection',
  soak: 'disinfection',
  defrost: 'defrost',
  cleaning: 'maintenance',
  maintenance: 'maintenance',
  calibration: 'maintenance',
  expiry: 'maintenance',
  repair: 'repair',
  'corrective-action': 'alarms',
  'meter-reading': 'gas',
  reading: 'temperature',
  round: 'rounds',
  inspection: 'rounds',
  closing: 'closing',
  backup: 'backup',
  handover: 'handover',
  gate: 'gate',
}
const familyOf: Readonly<Record<string, RecordKind>> = {
  alarm: 'alarms',
  notice: 'alarms',
  case: 'repair',
  round: 'rounds',
  handover: 'handover',
  roster: 'handover',
  link: 'operation',
  channel: 'operation',
  flood: 'operation',
  mode: 'operation',
  equipment: 'operation',
  rule: 'operation',
  outside: 'operation',
  demo: 'operation',
}

/** The kind of record an entry belongs to; `undefined` for what is never removed, and for what nobody has classed. */
export function kindOf({ kind }: Pick<Aged, 'kind'>): RecordKind | undefined {
  const [family = '', name = ''] = kind.split('.')
  if (family === 'record') return name === 'corrected' ? 'audit' : (recordOf[name] ?? 'operation')
  return familyOf[family]
}

/** How long the records of a site are kept. */
export class KeepingBook {
  readonly #kinds: ReadonlyMap<RecordKind, Kept>
  readonly #equipment: ReadonlyMap<string, Pick<Kept, 'keep' | 'clause'>>
  readonly #expiring: ReadonlySet<string>
  readonly #ground: KeepingGround

  constructor(ground: KeepingGround) {
    this.#ground = ground
    const { rules, settings, equipment } = ground
    this.#kinds = new Map(
      recordKinds.map(kind => {
        const own: Kept = { kind, keep: settings.records[kind] ?? leastKept[kind] }
        const asked = mostOf(rules.filter(({ record }) => record === kind))
        return [kind, asked && !isLonger(own.keep, asked.keep) ? { kind, ...asked } : own]
      }),
    )
    const byEquipment = Map.groupBy(rules, rule => rule.equipment)
    this.#equipment = new Map([...byEquipment].flatMap(([id, own]) => [[id, mostOf(own)] as const].filter(isSaid)))
    this.#expiring = new Set(equipment.filter(({ type }) => type.startsWith('vaccine')).map(({ id }) => id))
  }

  /** Of each kind, for screens and for people. */
  get kinds(): readonly Kept[] {
    return [...this.#kinds.values()]
  }

  /** How long an entry is kept: the longest that its kind, its equipment and its own rule ask for. */
  keptOf(entry: Aged): Kept | undefined {
    const kind = kindOf(entry)
    const usual = kind && this.#kinds.get(kind)
    if (!usual) return undefined
    const own = { keep: parseKeep(entry.retention), clause: entry.clause }
    const asked = [this.#equipment.get(equipmentOf(entry) ?? ''), own.keep ? { ...own, keep: own.keep } : undefined]
    return asked.reduce<Kept>(
      (best, one) =>
        one && isLonger(one.keep, best.keep)
          ? { kind: best.kind, keep: one.keep, ...(one.clause && { clause: one.clause }) }
          : best,
      usual,
    )
  }

  /** Whether its time is over; `expiries`: the last known day until which the goods of a piece of equipment are good. */
  isOver(entry: Aged, now: Instant, expiries: ReadonlyMap<string, Instant>): Kept | undefined {
    const kept = this.keptOf(entry)
    const end = kept && endOfKeeping(kept.keep, now)
    if (!kept || end === undefined || entry.at >= end) return undefined
    const equipment = equipmentOf(entry) ?? ''
    const expiry = this.#expiring.has(equipment) ? expiries.get(equipment) : undefined
    return expiry !== undefined && yearsFrom(expiry, yearsBeyondExpiry) > now ? undefined : kept
  }

  /** Nothing younger than this is over, whatever it is. */
  earliestEnd(now: Instant): Instant {
    const ends = this.kinds.flatMap(({ keep }) => endOfKeeping(keep, now) ?? [])
    return Math.max(Number.NEGATIVE_INFINITY, ...ends) as Instant
  }

  /** How long the readings of a point are kept: the longest of the rules that read it, or what the site says. */
  readingsOf(point: string): Keep {
    const rules = this.#ground.rules.filter(({ watches }) => (watches as readonly string[]).includes(point))
    return longest([mostOf(rules)?.keep, this.#ground.settings.readings, leastKept.operation]) ?? leastKept.operation
  }
}

export const equipmentOf = ({ equipment, about, kind }: Aged): string | undefined =>
  equipment ?? (kind.startsWith('alarm.') || kind.startsWith('notice.') || kind.startsWith('case.') ? undefined : about)

function mostOf(
  rules: readonly Pick<Rule, 'retention' | 'clause'>[],
): { readonly keep: Keep; readonly clause: string } | undefined {
  let best: { readonly keep: Keep; readonly clause: string } | undefined
  for (const { retention, clause } of rules) {
    const keep = parseKeep(retention)
    if (keep && (!best || isLonger(keep, best.keep))) best = { keep, clause }
  }
  return best
}
const isSaid = <K, V>(pair: readonly [K, V | undefined]): pair is readonly [K, V] => pair[1] !== undefined

/** Entries that go together, because one sentence says why. */
export interface Removal {
  readonly kept: Kept
  readonly entries: readonly Aged[]
}

/** The positions as ranges, in order. */
export function rangesOf(seqs: readonly number[]): readonly Range[] {
  const ranges: [number, number][] = []
  for (const seq of seqs) {
    const last = ranges.at(-1)
    if (last?.[1] === seq - 1) last[1] = seq
    else ranges.push([seq, seq])
  }
  return ranges
}

/** So many entries have one stub. */
export const mostTogether = 2_000

export interface RemovalGround {
  readonly book: KeepingBook
  readonly now: Instant
  readonly expiries: ReadonlyMap<string, Instant>
  isHeld(held: Held): boolean
}

/** What of these entries goes now, by kind and time of keeping; what a hold spares is counted. */
export function planRemoval(
  entries: readonly Aged[],
  { book, now, expiries, isHeld }: RemovalGround,
): { readonly removals: readonly Removal[]; readonly spared: number } {
  const over = new Map<string, { kept: Kept; entries: Aged[] }>()
  let spared = 0
  for (const entry of entries) {
    const kept = book.isOver(entry, now, expiries)
    if (!kept) continue
    if (isHeld({ at: entry.at, equipment: equipmentOf(entry), kind: kept.kind })) {
      spared += 1
      continue
    }
    const key = JSON.stringify(kept)
    const group = over.get(key) ?? { kept, entries: [] }
    group.entries.push(entry)
    over.set(key, group)
  }
  const removals = [...over.values()].flatMap(({ kept, entries: all }) =>
    Array.from({ length: Math.ceil(all.length / mostTogether) }, (_, index) => ({
      kept,
      entries: all.slice(index * mostTogether, (index + 1) * mostTogether),
    })),
  )
  return { removals, spared }
}
