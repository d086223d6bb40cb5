import { days } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { dayText, parseDay } from '../policy/calendar-days.ts'
import type { Day } from '../policy/calendar-days.ts'
import type { Roster, Swap } from './duty.ts'
import { latestOf } from './roster.ts'
import type { SwapOf } from './roster.ts'

/** How long a swap is kept after its day: longer than a year, so that last year's month can still be compared. */
export const keptFor = days(400)

const prefix = 'swap:'

/** Swaps that people have entered, beside those of the site file. The latest entered counts, and each can be taken out again. */
export class Swaps {
  readonly #rosters: ReadonlyMap<string, Roster>
  readonly #isPerson: (id: string) => boolean
  #entered: readonly { readonly key: string; readonly swap: Swap }[] = []
  #counter = 0
  #byRoster = new Map<string, SwapOf>()

  constructor(rosters: ReadonlyMap<string, Roster>, isPerson: (id: string) => boolean) {
    this.#rosters = rosters
    this.#isPerson = isPerson
  }

  /** Rows that cannot be read are left out; the next one that is entered takes no number twice. */
  restore(checkpoints: ReadonlyMap<string, unknown>): void {
    const found = [...checkpoints].flatMap(([key, value]) => {
      if (!key.startsWith(prefix)) return []
      this.#counter = Math.max(this.#counter, Number(key.slice(prefix.length)) || 0)
      const swap = swapFrom(value)
      return swap ? [{ key, swap }] : []
    })
    this.#entered = found.toSorted((a, b) => numberOf(a.key) - numberOf(b.key))
    this.#byRoster.clear()
  }

  /** The swap that counts for a shift. One for somebody whom the site file no longer has counts for nothing. */
  of(roster: string): SwapOf {
    const known = this.#byRoster.get(roster)
    if (known) return known
    const own = this.#entered.filter(({ swap }) => swap.roster === roster && this.#isPerson(swap.person)).map(({ swap }) => swap)
    const found = latestOf([...(this.#rosters.get(roster)?.swaps ?? []), ...own])
    this.#byRoster.set(roster, found)
    return found
  }

  /** Takes a swap in; the row to write and the way to take it back. */
  enter(swap: Swap): { readonly key: string; readonly value: unknown; undo(): void } {
    this.#counter += 1
    const key = `${prefix}${this.#counter}`
    this.#entered = [...this.#entered, { key, swap }]
    this.#byRoster.delete(swap.roster)
    const undo = (): void => {
      this.#entered = this.#entered.filter(one => one.key !== key)
      this.#byRoster.delete(swap.roster)
    }
    return { key, value: { ...swap, on: dayText(swap.on) }, undo }
  }

  /** Forgets what is long past; the rows to remove. */
  forgetBefore(day: Day): readonly string[] {
    const old = this.#entered.filter(({ swap }) => swap.on < day)
    if (old.length === 0) return []
    this.#entered = this.#entered.filter(({ swap }) => swap.on >= day)
    this.#byRoster.clear()
    return old.map(({ key }) => key)
  }
}

const numberOf = (key: string): number => Number(key.slice(prefix.length)) || 0

/** Written by this very class; a row that a failing disk has changed is left out. */
function swapFrom(value: unknown): Swap | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { roster, on, shift, person, reason, by, at } = value as Readonly<Record<string, unknown>>
  const day = parseDay(on)
  if (day === undefined || !isText(roster) || !isText(shift) || !isText(person) || !isText(reason)) return undefined
  return {
    roster,
    on: day,
    shift,
    person,
    reason,
    ...(isText(by) ? { by } : {}),
    ...(typeof at === 'number' ? { at: at as Instant } : {}),
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'
