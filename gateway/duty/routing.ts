import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Priority } from '../policy/rule.ts'
import { fitsClause, gridLevelOf, spokenParts } from './duty.ts'
import type { Cell, Duty, Route } from './duty.ts'

/** What somebody is to be told of, as far as it decides whom. */
export interface Subject {
  readonly clause: string
  /** The clause's own words, in order: 网络管理员, 经理. */
  readonly tell: readonly Words[]
  readonly area?: string
  /** Empty for what the gateway says of itself. */
  readonly equipment: string
  readonly priority: Priority
}

export interface Recipient {
  readonly person: string
  /** Why this person: the word of the clause (食堂主管), `cell:ID`, `duty` or `route`. */
  readonly as: string
  /** Where a route says by which channels. */
  readonly channels?: readonly string[]
}

/** Who a roster means at an instant; `undefined` where nobody is on. */
export type OnDuty = (roster: string, at: Instant) => string | undefined

/**
 * Whom to tell, level by level (DUT-2). Level 0 is the first route that fits, else the first word of the clause that means somebody, else
 * the head of the area's cell, else whoever is on duty; further words of the clause and the cells above are the levels above. A roster
 * that has nobody now is passed over, so a hole never swallows an alarm.
 */
export class Routing {
  readonly #duty: Duty
  readonly #onDuty: OnDuty
  readonly #cellOf: ReadonlyMap<string, Cell>

  constructor(duty: Duty, onDuty: OnDuty) {
    this.#duty = duty
    this.#onDuty = onDuty
    this.#cellOf = new Map([...duty.cells.values()].flatMap(cell => cell.areas.map(area => [area, cell])))
  }

  /** Nobody who is told at a lower level at that instant is in it; empty where this level has nobody: the next is asked then. */
  recipients(subject: Subject, level: number, at: Instant): readonly Recipient[] {
    const told = new Set<string>()
    for (let below = 0; ; below++) {
      const here = this.#level(subject, below, at).filter(({ person }) => !told.has(person) && told.add(person))
      if (below >= level) return here
    }
  }

  /** The highest level it can climb to: 0 where nothing is above or its priority never climbs. */
  levels(subject: Subject): number {
    const words = this.#routeOf(subject) ? 0 : this.#answered(subject).length - 1
    return Math.min(this.#duty.escalate[subject.priority].length, Math.max(words, this.#above(subject).length, 0))
  }

  #level(subject: Subject, level: number, at: Instant): readonly Recipient[] {
    const route = this.#routeOf(subject)
    const routed = route ? this.#routed(route, at) : []
    const words = routed.length > 0 ? [] : this.#said(subject, at)
    if (level > 0) return [...(words[level] ?? []), ...this.#headed(this.#ofGrid(subject, level), at)]
    if (routed.length > 0) return routed
    return words[0] ?? nonEmpty(this.#headed(this.#ofGrid(subject, 0), at)) ?? this.#anybody(at)
  }

  #routeOf(subject: Subject): Route | undefined {
    return this.#duty.routes.find(route => fits(route, subject))
  }

  #routed({ tell, channels }: Route, at: Instant): readonly Recipient[] {
    return this.#meant(tell, at).map(person => ({ person, as: 'route', ...(channels ? { channels } : {}) }))
  }

  /** The words that mean somebody here, each with whom: a role of the site, else a level of the grid. */
  #answered(subject: Subject): readonly { readonly word: string; readonly means: readonly string[] }[] {
    const { roles } = this.#duty
    return subject.tell.flatMap(spokenParts).flatMap(word => {
      const means = roles.get(word.zh) ?? roles.get(word.en) ?? this.#ofGrid(subject, gridLevelOf(word)).map(({ head }) => head)
      return means.length > 0 ? [{ word: word.zh, means }] : []
    })
  }

  /** The same with who that is now; words that mean nobody now are passed over. */
  #said(subject: Subject, at: Instant): readonly (readonly Recipient[])[] {
    return this.#answered(subject).flatMap(({ word, means }) => {
      const people = this.#meant(means, at).map(person => ({ person, as: word }))
      return people.length > 0 ? [people] : []
    })
  }

  #ofGrid(subject: Subject, level: number | undefined): readonly Cell[] {
    if (level === undefined) return []
    const own = this.#cellOf.get(subject.area ?? '')
    return level > 0 ? (this.#above(subject)[level - 1] ?? []) : own ? [own] : []
  }

  /** The cells above the area's, nearest first. Where the area has no cell the tops of the grid are above it. */
  #above({ area }: Subject): readonly (readonly Cell[])[] {
    const { cells } = this.#duty
    const own = this.#cellOf.get(area ?? '')
    if (!own) {
      const tops = [...cells.values()].filter(({ above }) => above === undefined)
      return tops.length > 0 ? [tops] : []
    }
    const chain: Cell[] = []
    for (let next = cells.get(own.above ?? ''); next && !chain.includes(next); next = cells.get(next.above ?? ''))
      chain.push(next)
    return chain.map(cell => [cell])
  }

  #headed(cells: readonly Cell[], at: Instant): readonly Recipient[] {
    return cells.flatMap(({ id, head }) => this.#meant([head], at).map(person => ({ person, as: `cell:${id}` })))
  }

  #anybody(at: Instant): readonly Recipient[] {
    return this.#meant([...this.#duty.rosters.keys()], at).map(person => ({ person, as: 'duty' }))
  }

  /** Persons as they are and rosters as who is on, each once. */
  #meant(ids: readonly string[], at: Instant): readonly string[] {
    const { people, rosters } = this.#duty
    const found = ids.map(id => (rosters.has(id) ? this.#onDuty(id, at) : id))
    return [...new Set(found)].filter(person => person !== undefined && people.has(person)) as string[]
  }
}

const nonEmpty = <T>(list: readonly T[]): readonly T[] | undefined => (list.length > 0 ? list : undefined)

/** What a route leaves out fits everything. */
export function fits(route: Route, { clause, area, equipment, priority }: Subject): boolean {
  return (
    (route.clauses?.some(pattern => fitsClause(pattern, clause)) ?? true) &&
    (route.areas === undefined || (area !== undefined && route.areas.includes(area))) &&
    (route.equipment?.includes(equipment) ?? true) &&
    (route.priorities?.includes(priority) ?? true)
  )
}
