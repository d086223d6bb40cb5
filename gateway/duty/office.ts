import { after } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Follower, Following, Passing } from '../alarm/follow.ts'
import { ownRuleId } from '../alarm/own.ts'
import type { Calendar } from '../policy/calendar.ts'
import { dayAt, dayText, parseDay } from '../policy/calendar-days.ts'
import type { Day } from '../policy/calendar-days.ts'
import type { Decision } from '../turn.ts'
import type { Duty, Roster } from './duty.ts'
import { becauseOf, holeAt, nextLook } from './holes.ts'
import type { Hole } from './holes.ts'
import { Rota } from './roster.ts'
import type { OnShift } from './roster.ts'
import { Routing } from './routing.ts'
import type { Recipient, Subject } from './routing.ts'
import { keptFor, Swaps } from './swaps.ts'

export interface OfficeParts {
  readonly duty: Duty
  readonly calendar: Calendar
}

/** What somebody wants changed: this person has that one shift. */
export interface SwapRequest {
  readonly roster: string
  readonly on: Day
  readonly shift: string
  readonly person: string
  readonly reason: string
}
export type SwapRefusal = 'unknown-roster' | 'unknown-shift' | 'unknown-person' | 'no-such-shift' | 'past' | 'too-far' | 'has-it'
export type Swapped = { readonly ok: true; readonly shift: OnShift } | { readonly ok: false; readonly why: SwapRefusal }

const prefix = 'roster:'
const never = Number.MAX_SAFE_INTEGER as Instant

/** Who is on duty, with the swaps people have entered. Says as an alarm of the gateway's own when a shift has nobody. */
export class Office implements Follower {
  readonly #parts: OfficeParts
  readonly #swaps: Swaps
  readonly #rotas: ReadonlyMap<string, Rota>
  readonly #routing: Routing
  /** Shifts without anybody that an alarm stands for, one at most for each roster. */
  readonly #holes = new Map<string, Hole>()
  /** Rows of rosters that have left the site file, or that a failing disk has spoiled. */
  readonly #obsolete: string[] = []
  /** The shift last asked for, and the hours for which it is the answer: a flood of alarms asks a thousand times. */
  readonly #present = new Map<string, OnShift>()
  #lookAt: Instant = 0 as Instant

  constructor(parts: OfficeParts) {
    const { duty, calendar } = parts
    this.#parts = parts
    this.#swaps = new Swaps(duty.rosters, id => duty.people.has(id))
    this.#rotas = new Map(
      [...duty.rosters.values()].map(roster => [
        roster.id,
        new Rota(roster, calendar, (day, shift) => this.#swaps.of(roster.id)(day, shift)),
      ]),
    )
    this.#routing = new Routing(duty, (roster, at) => this.onDuty(roster, at)?.person)
    if (this.#rotas.size === 0) this.#lookAt = never
  }

  get duty(): Duty {
    return this.#parts.duty
  }

  /** Whom to tell at a level: 0 those the clause names, 1 the station, 2 the centre. Empty: ask the next level. */
  recipients(subject: Subject, level: number, at: Instant): readonly Recipient[] {
    return this.#routing.recipients(subject, level, at)
  }

  /** The highest level an unanswered alarm can climb to; 0 where it cannot. */
  levels(subject: Subject): number {
    return this.#routing.levels(subject)
  }

  /** The shift of a roster at an instant, without `person` where nobody has it; `undefined` where no shift covers the hour. */
  onDuty(roster: string, at: Instant): OnShift | undefined {
    const known = this.#present.get(roster)
    if (known && known.from <= at && at < known.to) return known
    const found = this.#rotas.get(roster)?.at(at)
    if (found) this.#present.set(roster, found)
    return found
  }

  /** When somebody next comes on or goes off, of one roster or of any. */
  nextChange(at: Instant, roster?: string): Instant | undefined {
    const rotas = roster === undefined ? [...this.#rotas.values()] : [this.#rotas.get(roster)]
    return soonest(rotas.map(rota => rota?.nextChange(at)))
  }

  /** Every shift of a roster with a part in the stretch, in order. */
  shifts(roster: string, from: Instant, to: Instant): readonly OnShift[] {
    return this.#rotas.get(roster)?.between(from, to) ?? []
  }

  /** Gives one shift to somebody else. Shifts that are over are history; the same person again would be no change. */
  swap({ reason, ...wanted }: SwapRequest, by: string, at: Instant): Decision<Swapped> {
    const rota = this.#rotas.get(wanted.roster)
    const why = this.#refusal(wanted, rota, at)
    if (why !== undefined || !rota) return { answer: () => ({ ok: false, why: why ?? 'unknown-roster' }) }
    const before = rota.beginningOn(wanted.on).find(({ shift }) => shift.id === wanted.shift)
    const row = this.#swaps.enter({ ...wanted, reason, by, at })
    this.#changed(at)
    const shift = rota.beginningOn(wanted.on).find(one => one.shift.id === wanted.shift) as OnShift
    const data = {
      ...wanted,
      on: dayText(wanted.on),
      from: shift.from,
      to: shift.to,
      ...(before?.person === undefined ? {} : { instead: before.person }),
      reason,
    }
    return {
      drafts: [{ kind: 'roster.swapped', at, by, about: wanted.roster, data }],
      checkpoints: [{ key: row.key, value: row.value }],
      answer: () => ({ ok: true, shift }),
      undo: () => {
        row.undo()
        this.#changed(at)
      },
    }
  }

  restore(checkpoints: ReadonlyMap<string, unknown>): void {
    this.#swaps.restore(checkpoints)
    for (const [key, value] of checkpoints) {
      const hole = key.startsWith(prefix) ? holeFrom(value) : undefined
      const roster = key.slice(prefix.length)
      if (hole && this.#rotas.has(roster)) this.#holes.set(roster, hole)
      else if (key.startsWith(prefix)) this.#obsolete.push(key)
    }
  }

  begin(at: Instant): Following | undefined {
    const removed = this.#swaps.forgetBefore(dayAt((at - keptFor) as Instant, this.#parts.calendar.zone))
    const gone = [...removed, ...this.#obsolete.splice(0)].map(key => ({ key, value: undefined }))
    const { checkpoints = [], ...following } = this.#look(at)
    return { ...following, checkpoints: [...gone, ...checkpoints] }
  }

  nextWake(): Instant | undefined {
    return this.#lookAt === never ? undefined : this.#lookAt
  }

  wake(at: Instant): Following {
    return this.#look(at)
  }

  /** Shifts stand on the clock of the wall: what counts is what it shows now. */
  clockSet(): void {
    if (this.#rotas.size > 0) this.#changed(0 as Instant)
  }

  /** What was said of the present holds no more; the next turn looks for holes again. */
  #changed(at: Instant): void {
    this.#present.clear()
    this.#lookAt = at
  }

  #refusal(
    { roster, on, shift, person }: Omit<SwapRequest, 'reason'>,
    rota: Rota | undefined,
    at: Instant,
  ): SwapRefusal | undefined {
    if (!rota || roster !== rota.roster.id) return 'unknown-roster'
    if (!rota.roster.shifts.some(({ id }) => id === shift)) return 'unknown-shift'
    if (!this.#parts.duty.people.has(person)) return 'unknown-person'
    const { zone } = this.#parts.calendar
    if (on > dayAt(after(at, keptFor), zone)) return 'too-far'
    // Before that no swap is kept, and days are counted from one to the next.
    if (on < dayAt((at - keptFor) as Instant, zone)) return 'past'
    const wanted = rota.beginningOn(on).find(one => one.shift.id === shift)
    if (!wanted) return 'no-such-shift'
    if (wanted.to <= at) return 'past'
    return wanted.person === person ? 'has-it' : undefined
  }

  /** Raises and clears what is said of holes; a hole that was announced and has now begun calls once more. */
  #look(at: Instant): Following {
    const drafts: Passing[] = []
    const checkpoints: { key: string; value: unknown }[] = []
    const own: NonNullable<Following['own']>[number][] = []
    for (const [id, rota] of this.#rotas) {
      const before = this.#holes.get(id)
      const hole = holeAt(rota, at)
      if (isSame(before, hole)) continue
      const rule = ownRuleId('roster', id)
      if (before) {
        own.push({ rule, transition: { what: 'cleared', at } })
        const filled = rota.beginningOn(before.day).find(({ shift }) => shift.id === before.shift)
        if (filled?.person !== undefined)
          drafts.push(said('roster.filled', at, rota.roster, filled, { person: filled.person, by: filled.swap?.by }))
      }
      if (hole) {
        const { day, shift, from, when } = hole
        this.#holes.set(id, { day, shift: shift.id, when })
        const since = when === 'now' ? from : at
        own.push({ rule, transition: { what: 'raised', at, since, because: becauseOf(hole) } })
        drafts.push(said('roster.hole', at, rota.roster, hole, { when }))
        checkpoints.push({ key: `${prefix}${id}`, value: { day: dayText(day), shift: shift.id, when } })
      } else {
        this.#holes.delete(id)
        checkpoints.push({ key: `${prefix}${id}`, value: undefined })
      }
    }
    this.#lookAt = soonest([...this.#rotas.values()].map(rota => nextLook(rota, at))) ?? never
    return { drafts, checkpoints, own }
  }
}

function said(kind: string, at: Instant, roster: Roster, shift: OnShift, more: Readonly<Record<string, unknown>>): Passing {
  const { day, from, to, shift: of } = shift
  const data = { roster: roster.id, name: roster.name, on: dayText(day), shift: of.id, shiftName: of.name, from, to, ...more }
  return { kind, at, by: 'system', about: roster.id, data }
}

function isSame(before: Hole | undefined, hole: ReturnType<typeof holeAt>): boolean {
  if (!before || !hole) return before === hole
  return before.day === hole.day && before.shift === hole.shift.id && before.when === hole.when
}

/** Written by this very class; a row that a failing disk has changed is left out, and the hole is found again. */
function holeFrom(value: unknown): Hole | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { day, shift, when } = value as Readonly<Record<string, unknown>>
  const on = parseDay(day)
  if (on === undefined || typeof shift !== 'string' || (when !== 'coming' && when !== 'now')) return undefined
  return { day: on, shift, when }
}

function soonest(times: readonly (Instant | undefined)[]): Instant | undefined {
  const known = times.filter(time => time !== undefined)
  return known.length > 0 ? (Math.min(...known) as Instant) : undefined
}
