import type { Instant } from '../../protocols/contract/time.ts'
import type { Alarm } from '../alarm/alarm.ts'
import { ownOf } from '../alarm/own.ts'
import type { Duty, Person } from '../duty/duty.ts'
import type { Recipient, Subject } from '../duty/routing.ts'
import type { RuleBook } from '../policy/rule-book.ts'
import type { Site } from '../site/site.ts'
import type { ToldPerson } from './call.ts'

/** What the notices ask the office. */
export interface Routes {
  readonly duty: Duty
  recipients(subject: Subject, level: number, at: Instant): readonly Recipient[]
  /** The highest level an alarm climbs to. */
  levels(subject: Subject): number
}

export interface ReachParts {
  readonly office: Routes
  readonly site: Pick<Site, 'clauses' | 'equipment' | 'channels'>
  readonly rules: Pick<RuleBook, 'get'>
  /** Whether a person can be reached by a channel at all: has a handle for it. */
  readonly reaches: (channel: string, person: Person) => boolean
}

export interface Reached {
  readonly level: number
  readonly people: readonly ToldPerson[]
  /** Who would have been told and has no way to be. */
  readonly unreachable: readonly ToldPerson[]
}

/** The grid of DUT-2 has three levels; a site may name more words and cells than that. */
const highest = 8

/** Finds who can be told of an alarm, level by level, and by which channels. */
export class Reach {
  readonly #parts: ReachParts
  readonly #areas: ReadonlyMap<string, string>
  readonly #channels: readonly string[]

  constructor(parts: ReachParts) {
    this.#parts = parts
    this.#areas = new Map(parts.site.equipment.map(({ id, area }) => [id, area]))
    this.#channels = parts.site.channels.map(({ id }) => id)
  }

  /** The first level from `from` on where somebody can be told who has not been yet. */
  find(alarm: Alarm, from: number, at: Instant, told: readonly ToldPerson[] = []): Reached {
    const { office } = this.#parts
    const subject = this.#subject(alarm)
    const unreachable: ToldPerson[] = []
    const top = Math.max(from, office.levels(subject), from === 0 ? highest : 0)
    for (let level = from; level <= top; level++) {
      const fresh = office
        .recipients(subject, level, at)
        .filter(({ person }) => !told.some(one => one.person === person))
        .map(recipient => ({ ...recipient, level }))
      const people = fresh.filter(one => this.channelsOf(one, [alarm]).length > 0)
      unreachable.push(...fresh.filter(one => !people.includes(one)))
      if (people.length > 0) return { level, people, unreachable }
    }
    return { level: from, people: [], unreachable }
  }

  /** In the order they are tried. A channel that does not work does not carry the news of it. */
  channelsOf({ person: id, channels }: Pick<ToldPerson, 'person' | 'channels'>, alarms: readonly Alarm[]): readonly string[] {
    const { office, reaches } = this.#parts
    const person = office.duty.people.get(id)
    if (!person) return []
    const broken = new Set(alarms.flatMap(({ rule }) => (ownOf(rule)?.kind === 'channel' ? [ownOf(rule)?.name] : [])))
    const wished = channels ?? (person.channels.length > 0 ? person.channels : this.#channels)
    return wished.filter(channel => this.#channels.includes(channel) && !broken.has(channel) && reaches(channel, person))
  }

  #subject({ rule: id, priority }: Alarm): Subject {
    const { rules, site } = this.#parts
    const { clause = '', equipment = '' } = rules.get(id) ?? {}
    const area = this.#areas.get(equipment)
    const tell = site.clauses.get(clause)?.tell ?? []
    return { clause, tell, equipment, priority, ...(area === undefined ? {} : { area }) }
  }
}
