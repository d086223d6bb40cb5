import type { Database, Statement } from '../store/database.ts'

/**
 * The limits within which a point is recorded as in order, and how long its word counts, as they were valid from a moment on: what is
 * counted by them stays as it was counted when they change. Before the first of them the first ones count.
 */
export interface ValidLimits {
  readonly since: number
  readonly min: number | undefined
  readonly max: number | undefined
  /** How long a reading stands for what comes after it, ms. */
  readonly staleAfter: number
  /** A time without a word longer than this is a gap, ms. */
  readonly silentAfter: number
}

export const limitsSchema = `
  CREATE TABLE point_limits (
    point TEXT NOT NULL, since REAL NOT NULL, min REAL, max REAL, stale REAL NOT NULL, silent REAL NOT NULL, PRIMARY KEY (point, since)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE place (zone TEXT NOT NULL) STRICT;
`

/** Of a point of which nobody has said anything. */
const unsaid: readonly ValidLimits[] = [
  { since: -Infinity, min: undefined, max: undefined, staleAfter: 600_000, silentAfter: 600_000 },
]

/** The limits of all points through time, and the zone whose days are the site's. */
export class LimitsTable {
  readonly #byPoint = new Map<string, ValidLimits[]>()
  readonly #database: Database
  readonly #insert: Statement
  #zone = 'UTC'

  constructor(database: Database) {
    this.#database = database
    this.#insert = database.prepare('INSERT OR REPLACE INTO point_limits VALUES (?, ?, ?, ?, ?, ?)')
    this.load()
  }

  get zone(): string {
    return this.#zone
  }

  /** In the order in which they were valid; never empty. */
  of(point: string): readonly ValidLimits[] {
    return this.#byPoint.get(point) ?? unsaid
  }

  load(): void {
    this.#byPoint.clear()
    for (const row of this.#database.prepare('SELECT * FROM point_limits ORDER BY point, since').iterate()) {
      const bound = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
      this.#keep(String(row['point']), {
        since: Number(row['since']),
        min: bound(row['min']),
        max: bound(row['max']),
        staleAfter: Number(row['stale']),
        silentAfter: Number(row['silent']),
      })
    }
    this.#zone = String(this.#database.prepare('SELECT zone FROM place').get()?.['zone'] ?? 'UTC')
  }

  /** From `at` on these are valid; only what differs is written. Inside the caller's transaction; `load` when that fails. */
  set(at: number, zone: string, limits: readonly (Omit<ValidLimits, 'since'> & { readonly point: string })[]): void {
    for (const { point, min, max, staleAfter, silentAfter } of limits) {
      const next: ValidLimits = { since: at, min, max, staleAfter, silentAfter }
      const known = this.#byPoint.get(point)?.at(-1)
      // Under a clock that was set back they begin with the last ones: what was valid before stays.
      if (known && (isSame(known, next) || known.since > at)) {
        if (isSame(known, next)) continue
        this.#keep(point, { ...next, since: known.since + 1 })
      } else this.#keep(point, next)
      const written = this.#byPoint.get(point)?.at(-1) ?? next
      this.#insert.run(point, written.since, min ?? null, max ?? null, staleAfter, silentAfter)
    }
    if (zone === this.#zone) return
    this.#database.exec('DELETE FROM place')
    this.#database.prepare('INSERT INTO place VALUES (?)').run(zone)
    this.#zone = zone
  }

  #keep(point: string, limits: ValidLimits): void {
    const all = this.#byPoint.get(point) ?? []
    if (all.at(-1)?.since === limits.since) all.pop()
    all.push(limits)
    this.#byPoint.set(point, all)
  }
}

const isSame = (a: ValidLimits, b: ValidLimits): boolean =>
  a.min === b.min && a.max === b.max && a.staleAfter === b.staleAfter && a.silentAfter === b.silentAfter

/** Those that are valid at `at`. `limits` is never empty. */
export function validAt(limits: readonly ValidLimits[], at: number): ValidLimits {
  return limits.findLast(({ since }) => since <= at) ?? (limits[0] as ValidLimits)
}
