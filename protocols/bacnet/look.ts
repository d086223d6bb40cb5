import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Clock, Instant } from '../contract/time.ts'
import { after, hours, minutes } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { failed } from '../kit/answer.ts'
import type { Got, Property } from './answers.ts'
import { keyOfObject, keyOfProperty } from './answers.ts'
import type { Flags } from './decode.ts'
import { errorFault, flagsOf, judge } from './decode.ts'
import type { Exchange } from './exchange.ts'
import type { ObjectId } from './names.ts'
import { isAnalog, properties } from './names.ts'
import type { BacnetPoint } from './points.ts'
import type { Contact, Patience, Tally } from './talk.ts'
import { readProperties } from './talk.ts'

const { 'present-value': presentValue, 'status-flags': statusFlags, reliability, units } = properties

/** What is not asked in every sweep, because it was answered before. */
export class Knowledge {
  readonly #wall: Clock
  /** Objects without status flags. */
  readonly #flagless = new Set<string>()
  /** By object the number of its unit; undefined: it has none. */
  readonly #units = new Map<string, number | undefined>()
  readonly #refused = new Map<string, { readonly why: Fault; readonly again: Instant }>()
  #unitsAsked: Instant | undefined

  constructor(wall: Clock) {
    this.#wall = wall
  }

  forget(): void {
    this.#flagless.clear()
    this.#units.clear()
    this.#refused.clear()
  }

  hasFlags(object: ObjectId): boolean {
    return !this.#flagless.has(keyOfObject(object))
  }

  wantsUnit({ object, unit, property }: BacnetPoint): boolean {
    const now = this.#wall.now()
    // Somebody may set up the controller anew while it runs.
    if (this.#unitsAsked === undefined || now - this.#unitsAsked > hours(1)) {
      this.#units.clear()
      this.#unitsAsked = now
    }
    return unit !== undefined && property === presentValue && isAnalog(object) && !this.#units.has(keyOfObject(object))
  }

  unit(object: ObjectId): number | undefined {
    return this.#units.get(keyOfObject(object))
  }

  /** Why it is not asked again for a while: the device has said that it is not there. */
  refusal(property: Property): Fault | undefined {
    const known = this.#refused.get(keyOfProperty(property))
    return known && this.#wall.now() < known.again ? known.why : undefined
  }

  get refusals(): readonly string[] {
    return [...this.#refused.keys()]
  }

  learn(property: Property, got: Got): void {
    const why = 'error' in got ? errorFault(got.error) : undefined
    const key = keyOfProperty(property)
    if (property.property === statusFlags) {
      if (why?.code === 'no-such-address') this.#flagless.add(keyOfObject(property.object))
    } else if (property.property === units) {
      const [value] = 'values' in got ? got.values : []
      this.#units.set(keyOfObject(property.object), value?.type === 'enumerated' ? value.value : undefined)
    } else if (why?.code === 'no-such-address') this.#refused.set(key, { why, again: after(this.#wall.now(), minutes(10)) })
    else this.#refused.delete(key)
  }
}

export interface Seen {
  readonly point: BacnetPoint
  readonly answer: Answer<number>
  /** The value as it came, tag and all. */
  readonly raw: string
}
export interface Looked {
  readonly seen: readonly Seen[]
  /** The device stopped answering. */
  readonly silent?: Fault
  readonly roundTripMs: number
}
export interface Looking {
  readonly exchange: Exchange
  readonly contact: Contact
  readonly patience: Patience
  readonly knowledge: Knowledge
  readonly tally: Tally
}

/** Reads points once: each value together with the device's own opinion of it. */
export async function look(
  { exchange, contact, patience, knowledge, tally }: Looking,
  points: readonly BacnetPoint[],
): Promise<Looked> {
  const open = points.filter(point => !knowledge.refusal(point))
  const { got, faults, silent, roundTripMs } = await readProperties(exchange, contact, askedFor(open, knowledge), patience, tally)
  for (const property of askedFor(open, knowledge)) {
    const answer = got.get(keyOfProperty(property))
    if (answer) knowledge.learn(property, answer)
  }
  const doubtful = open.filter(point => {
    const flags = flagsAt(point, got)
    return flags?.ok && flags.value.fault
  })
  const asked = doubtful.map(({ object }) => ({ object, property: reliability }))
  const why = silent || asked.length === 0 ? undefined : await readProperties(exchange, contact, unique(asked), patience, tally)
  const seen = points.map((point): Seen => {
    const refusal = knowledge.refusal(point)
    const value = got.get(keyOfProperty(point))
    const flags = flagsAt(point, got)
    const lost = flagFault(point, faults, knowledge)
    if (value && !lost) {
      const answer = judge(point, value, {
        flags,
        reliability: reliabilityIn(why?.got, point),
        unit: knowledge.unit(point.object),
      })
      return { point, answer, raw: rawOf(value) }
    }
    const missing =
      refusal ?? lost ?? faults.get(keyOfProperty(point)) ?? silent ?? fault('wrong-reply', 'The device did not answer.')
    return { point, answer: failed(missing), raw: value ? rawOf(value) : '' }
  })
  return { seen, roundTripMs, ...(silent && { silent }) }
}

function askedFor(points: readonly BacnetPoint[], knowledge: Knowledge): readonly Property[] {
  return unique(
    points.flatMap(point => {
      const { object, property, index } = point
      const own = { object, property, ...(index === undefined ? {} : { index }) }
      if (property !== presentValue) return [own]
      return [
        own,
        ...(knowledge.hasFlags(object) ? [{ object, property: statusFlags }] : []),
        ...(knowledge.wantsUnit(point) ? [{ object, property: units }] : []),
      ]
    }),
  )
}

const unique = (asked: readonly Property[]): readonly Property[] => [
  ...new Map(asked.map(one => [keyOfProperty(one), one])).values(),
]

const flagsAt = ({ object, property }: BacnetPoint, got: ReadonlyMap<string, Got>): Answer<Flags> | undefined =>
  property === presentValue ? flagsOf(got.get(keyOfProperty({ object, property: statusFlags }))) : undefined

/** A value of which the device's opinion was asked and did not come is not known to be good. */
function flagFault(
  { object, property }: BacnetPoint,
  faults: ReadonlyMap<string, Fault>,
  knowledge: Knowledge,
): Fault | undefined {
  return property === presentValue && knowledge.hasFlags(object)
    ? faults.get(keyOfProperty({ object, property: statusFlags }))
    : undefined
}

function reliabilityIn(got: ReadonlyMap<string, Got> | undefined, { object }: BacnetPoint): number | undefined {
  const answer = got?.get(keyOfProperty({ object, property: reliability }))
  const [value] = answer && 'values' in answer ? answer.values : []
  return value?.type === 'enumerated' ? value.value : undefined
}

export const rawOf = (got: Got): string =>
  'values' in got
    ? Buffer.concat(got.values.map(({ raw }) => raw))
        .toString('hex')
        .slice(0, 2_000)
    : ''
