import type { Instant } from '../../protocols/contract/time.ts'
import type { Entry } from '../journal/entry.ts'
import type { Journal } from '../store/store.ts'
import type { Decide } from '../turn.ts'
import { recordKinds } from './settings.ts'
import type { RecordKind } from './settings.ts'

/** What must stay although its time is over: an inspection, a complaint, a case in court. */
export interface Hold {
  readonly id: string
  readonly reason: string
  readonly by: string
  readonly placedAt: Instant
  /** What happened from `from` until before `to`; `null`: until it is released. */
  readonly from: Instant
  readonly to: Instant | null
  /** Ids; empty: everything. */
  readonly equipment: readonly string[]
  readonly kinds: readonly RecordKind[]
  readonly released?: { readonly at: Instant; readonly by: string; readonly second: string; readonly reason: string }
}
export type HoldAsked = Pick<Hold, 'reason' | 'from' | 'to' | 'equipment' | 'kinds'>

/** One thing a hold may speak of. */
export interface Held {
  readonly at: number
  readonly equipment: string | undefined
  readonly kind: RecordKind | undefined
}

/** Whether a hold that stands covers it. What names no equipment is covered by a hold on some: it may belong to it. */
export function covers({ released, from, to, equipment, kinds }: Hold, { at, equipment: of, kind }: Held): boolean {
  if (released || at < from || (to !== null && at >= to)) return false
  const isOfEquipment = equipment.length === 0 || of === undefined || equipment.includes(of)
  const isOfKind = kinds.length === 0 || kind === undefined || kinds.includes(kind)
  return isOfEquipment && isOfKind
}

const placedKind = 'hold.placed'
const releasedKind = 'hold.released'

/** The holds of a data directory. They live in the journal; here is what it says. */
export class Holds {
  #all: readonly Hold[] = []

  /** Reads them back; before anything is removed. */
  async restore(journal: Pick<Journal, 'page'>): Promise<void> {
    const entries: Entry[] = []
    for (let after = 0; ;) {
      const page = await journal.page({ kinds: [placedKind, releasedKind], limit: 1_000, after })
      entries.push(...page.entries)
      if (page.next === undefined) break
      after = page.next
    }
    for (const entry of entries) this.#hear(entry)
  }

  get all(): readonly Hold[] {
    return this.#all
  }

  get standing(): readonly Hold[] {
    return this.#all.filter(({ released }) => !released)
  }

  isHeld(held: Held): boolean {
    return this.#all.some(hold => covers(hold, held))
  }

  /** For `act`: nothing counts unless it could be written. */
  place(id: string, asked: HoldAsked, by: string): Decide<Hold> {
    return at => {
      const before = this.#all
      const hold: Hold = { id, ...asked, by, placedAt: at }
      // At once, so that a removal that is decided in the same turn already spares it.
      this.#all = [...before, hold]
      const { reason, from, to, equipment, kinds } = asked
      return {
        drafts: [{ kind: placedKind, at, by, about: id, data: { reason, from, to, equipment, kinds } }],
        answer: () => hold,
        undo: () => {
          this.#all = before
        },
      }
    }
  }

  /** `undefined` where there is no such hold, or it is released already. */
  release(id: string, { reason, by, second }: { reason: string; by: string; second: string }): Decide<Hold | undefined> {
    return at => {
      const before = this.#all
      const found = before.find(hold => hold.id === id && !hold.released)
      if (!found) return { answer: () => undefined }
      const hold = { ...found, released: { at, by, second, reason } }
      this.#all = before.map(one => (one === found ? hold : one))
      return {
        drafts: [{ kind: releasedKind, at, by, about: id, data: { reason, second } }],
        answer: () => hold,
        undo: () => {
          this.#all = before
        },
      }
    }
  }

  #hear({ kind, at, by, about: id = '', data }: Entry): void {
    const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])
    if (kind === releasedKind) {
      const released = { at, by, second: String(data['second'] ?? ''), reason: String(data['reason'] ?? '') }
      this.#all = this.#all.map(hold => (hold.id === id && !hold.released ? { ...hold, released } : hold))
      return
    }
    // One that cannot be read any more holds everything: to remove what was held could never be made good.
    const from = typeof data['from'] === 'number' ? data['from'] : Number.NEGATIVE_INFINITY
    const to = typeof data['to'] === 'number' ? data['to'] : null
    const kinds = texts(data['kinds']).flatMap(text => recordKinds.find(one => one === text) ?? [])
    const what = { reason: String(data['reason'] ?? ''), equipment: texts(data['equipment']), kinds }
    this.#all = [...this.#all, { id, by, placedAt: at, from: from as Instant, to: to as Instant | null, ...what }]
  }
}
