import type { Instant } from '../../protocols/contract/time.ts'
import { isWorkingDay } from '../policy/calendar.ts'
import type { Calendar } from '../policy/calendar.ts'
import { dayAt, nextDay } from '../policy/calendar-days.ts'
import type { Day } from '../policy/calendar-days.ts'
import { wallTime } from '../policy/calendar-hours.ts'
import type { Roster, Rotation, Shift, Swap } from './duty.ts'

/** One shift of one day: when it really is, and who has it. */
export interface OnShift {
  /** The roster's id. */
  readonly roster: string
  /** The day it begins on: a night shift belongs to the evening. */
  readonly day: Day
  readonly shift: Shift
  readonly from: Instant
  /** Just before this instant it is over. */
  readonly to: Instant
  /** Absent where nobody has it: a hole. */
  readonly person?: string
  /** Who would have it without the swap. */
  readonly planned?: string
  readonly swap?: Swap
}

/** The swap that counts for a shift, where there is one. */
export type SwapOf = (day: Day, shift: string) => Swap | undefined

/** A roster laid on the calendar: who is on at an instant, and from when to when. Knows no clock; the same question has the same answer. */
export class Rota {
  readonly #roster: Roster
  readonly #calendar: Calendar
  readonly #swapOf: SwapOf
  readonly #daysOff: DaysOff | undefined

  constructor(roster: Roster, calendar: Calendar, swapOf: SwapOf = latestOf(roster.swaps)) {
    this.#roster = roster
    this.#calendar = calendar
    this.#swapOf = swapOf
    this.#daysOff = roster.nonWorking && new DaysOff(calendar, roster.nonWorking.from)
  }

  get roster(): Roster {
    return this.#roster
  }

  /** Who has it by the rotation alone. */
  plannedFor(day: Day, shift: string): string | undefined {
    const { rotation, nonWorking } = this.#roster
    if (nonWorking && this.#daysOff && !isWorkingDay(this.#calendar, day))
      return lineOf(nonWorking, this.#daysOff.before(day))?.[shift]
    return lineOf(rotation, day - rotation.from)?.[shift]
  }

  /** The shifts that begin on a day, in order. One that the clocks skip as a whole is no shift. */
  beginningOn(day: Day): readonly OnShift[] {
    const { zone } = this.#calendar
    return this.#roster.shifts
      .map(shift => ({ shift, from: wallTime(day, shift.span.from, zone), to: wallTime(day, shift.span.to, zone) }))
      .filter(({ from, to }) => to > from)
      .toSorted((a, b) => a.from - b.from)
      .map(({ shift, from, to }) => {
        const planned = this.plannedFor(day, shift.id)
        const swap = this.#swapOf(day, shift.id)
        const person = swap?.person ?? planned
        return {
          roster: this.#roster.id,
          day,
          shift,
          from,
          to,
          ...(person === undefined ? {} : { person }),
          ...(planned === undefined ? {} : { planned }),
          ...(swap === undefined ? {} : { swap }),
        }
      })
  }

  /** The shift at an instant; `undefined` in hours that no shift covers. */
  at(at: Instant): OnShift | undefined {
    return this.#around(at).find(({ from, to }) => from <= at && at < to)
  }

  /** Every shift that has a part in the stretch, in order. */
  between(from: Instant, to: Instant): readonly OnShift[] {
    const found: OnShift[] = []
    const { zone } = this.#calendar
    for (let day = nextDay(dayAt(from, zone), -2); day <= dayAt(to, zone) + 1; day = nextDay(day))
      found.push(...this.beginningOn(day).filter(shift => shift.to > from && shift.from < to))
    return found
  }

  /** When the next shift begins or the present one ends. */
  nextChange(at: Instant): Instant | undefined {
    let next: Instant | undefined
    for (const { from, to } of this.#around(at))
      for (const edge of [from, to]) if (edge > at && (next === undefined || edge < next)) next = edge
    return next
  }

  /** Shifts are a day long at most, so those of the day before may still run; a day on each side is for clocks that are set. */
  #around(at: Instant): readonly OnShift[] {
    const today = dayAt(at, this.#calendar.zone)
    return [-2, -1, 0, 1, 2].flatMap(ahead => this.beginningOn(nextDay(today, ahead)))
  }
}

/** Of several swaps of one shift the last in the list counts. */
export function latestOf(swaps: readonly Swap[]): SwapOf {
  const latest = new Map(swaps.map(swap => [`${swap.on} ${swap.shift}`, swap]))
  return (day, shift) => latest.get(`${day} ${shift}`)
}

/** Lines come round for ever, before the first day too. */
function lineOf({ lines }: Rotation, turn: number): Rotation['lines'][number] | undefined {
  return lines[((turn % lines.length) + lines.length) % lines.length]
}

/** Counts days off from a day on, backwards below zero. What was counted once is kept: a year is walked day by day. */
class DaysOff {
  readonly #calendar: Calendar
  readonly #from: Day
  readonly #ahead = [0]
  readonly #behind = [0]

  constructor(calendar: Calendar, from: Day) {
    this.#calendar = calendar
    this.#from = from
  }

  /** How many days off lie between the first day and this one, which is not counted itself. */
  before(day: Day): number {
    const length = day - this.#from
    return length >= 0 ? this.#counted(this.#ahead, length, 1) : -this.#counted(this.#behind, -length, -1)
  }

  #counted(counts: number[], length: number, step: 1 | -1): number {
    for (let at = counts.length; at <= length; at++) {
      const day = nextDay(this.#from, step === 1 ? at - 1 : -at)
      counts.push((counts[at - 1] ?? 0) + (isWorkingDay(this.#calendar, day) ? 0 : 1))
    }
    return counts[length] ?? 0
  }
}
