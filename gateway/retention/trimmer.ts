import type { PointId } from '../../protocols/contract/reading.ts'
import type { Clock, Instant } from '../../protocols/contract/time.ts'
import { signed } from '../evidence/signed.ts'
import type { SigningKey } from '../evidence/signed.ts'
import type { Draft } from '../journal/entry.ts'
import { nextTime, Timetable } from '../schedule.ts'
import { StoreTrouble } from '../store/store.ts'
import type { Historian, RawKeeping, TrimmedRaw } from '../store/store.ts'
import type { Decide } from '../turn.ts'
import type { Hold, Holds } from './holds.ts'
import { endOfKeeping } from './keep.ts'
import type { KeepingBook } from './plan.ts'

export const trimmedKind = 'readings.trimmed'

/** What is signed before raw readings go: which, and why. Rollups of that time stay. */
export interface TrimStatement {
  readonly what: 'zhishou-trim-1'
  readonly site: string
  /** Up to so many at once; `to` is not included. */
  readonly readings: readonly TrimmedRaw[]
  readonly why: 'time' | 'budget'
  readonly at: number
}

export interface TrimmerParts {
  readonly site: {
    readonly id: string
    readonly timeZone: string
    readonly points: readonly { readonly id: PointId; readonly equipment: string }[]
  }
  readonly book: KeepingBook
  readonly holds: Holds
  readonly historian: Pick<Historian, 'trimPlan' | 'trim'>
  readonly clock: Clock
  /** Bytes that the data directory's databases may take. */
  readonly budget: number
  /** Whether readings go when their time is over; the budget holds all the same. */
  readonly removes: boolean
  readonly key: () => Promise<SigningKey | undefined>
  readonly act: <T>(decide: Decide<T>) => Promise<T>
  readonly complain: (line: string) => void
}

// Every hour, away from the full one: a disk fills faster than a day.
const hourly = '20 * * * *'
const mostParts = 100

/** Lets raw readings go when their time is over or the disk budget is used up: planned, signed into the journal, and done then. */
export class Trimmer {
  readonly #parts: TrimmerParts
  readonly #timetable: Timetable

  constructor(parts: TrimmerParts) {
    this.#parts = parts
    this.#timetable = new Timetable(
      parts.clock,
      at => nextTime(hourly, parts.site.timeZone, at),
      async () => {
        try {
          await this.run()
        } catch (error) {
          // Nothing is lost by waiting an hour.
          if (!(error instanceof StoreTrouble)) throw error
          parts.complain(`trimming: ${error.message}`)
        }
      },
    )
  }

  start(): void {
    this.#timetable.start()
  }
  stop(): Promise<void> {
    return this.#timetable.stop()
  }

  /** One look; answers how many readings went. Rejects with StoreTrouble where the disk does not take it. */
  async run(): Promise<number> {
    const { budget, clock } = this.#parts
    const inTime = this.#keeping(clock.now())
    return (await this.#trim(inTime, 'time')) + (await this.#trim({ ...inTime, budget }, 'budget'))
  }

  async #trim(keeping: RawKeeping, why: TrimStatement['why']): Promise<number> {
    const { historian, act, key, site } = this.#parts
    let rows = 0
    for (let part = 0; part < mostParts; part++) {
      // A hold that was placed meanwhile counts.
      const plan = await historian.trimPlan({ ...keeping, holds: holdsOf(this.#parts) })
      if (plan.length === 0) break
      const by = await key()
      await act<void>(at => ({ drafts: [stubOf(plan, why, site.id, at, by)], answer: () => {} }))
      const gone = (await historian.trim(plan)).reduce((sum, one) => sum + one.rows, 0)
      rows += gone
      // What changed since the plan stays, and is planned anew another time.
      if (gone === 0) break
    }
    return rows
  }

  #keeping(now: Instant): RawKeeping {
    const { site, book, removes } = this.#parts
    return {
      keep: site.points.map(({ id }) => ({
        point: id,
        before: (removes ? endOfKeeping(book.readingsOf(id), now) : undefined) ?? (Number.MIN_SAFE_INTEGER as Instant),
      })),
      holds: holdsOf(this.#parts),
    }
  }
}

/** Holds in the history's terms. A hold on kinds of record keeps the readings of its equipment too: they may be what it is about. */
export function holdsOf({ holds, site }: Pick<TrimmerParts, 'holds' | 'site'>): RawKeeping['holds'] {
  const farthest = Number.MAX_SAFE_INTEGER as Instant
  return holds.standing.flatMap(({ from, to, equipment }: Hold): RawKeeping['holds'] => {
    const until = to ?? farthest
    if (equipment.length === 0) return [{ from, to: until }]
    return site.points.filter(point => equipment.includes(point.equipment)).map(({ id }) => ({ point: id, from, to: until }))
  })
}

function stubOf(
  readings: readonly TrimmedRaw[],
  why: TrimStatement['why'],
  site: string,
  at: Instant,
  key: SigningKey | undefined,
): Draft {
  const statement: TrimStatement = { what: 'zhishou-trim-1', site, readings, why, at }
  return { kind: trimmedKind, at, by: 'system', data: { ...(key ? signed(statement, key) : statement) } }
}
