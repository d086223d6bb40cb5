import { days } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Follower, Following, Passing } from '../alarm/follow.ts'
import { readingsOf } from '../alarm/people.ts'
import type { Decision } from '../turn.ts'
import { beginning, completion, defect, miss, passing, wrongCode } from './entries.ts'
import type { Written } from './entries.ts'
import { phoneTime } from './phone-time.ts'
import { readCode } from './route.ts'
import type { CheckPoint, RoundRoute } from './route.ts'
import { isVisit } from './visit.ts'
import type { SaidVisit, Taken, Visit } from './visit.ts'
import { missingOf, walked } from './walk.ts'
import type { Walk, Walked } from './walk.ts'

export interface RoundsParts {
  readonly routes: readonly RoundRoute[]
}

/** Who sends visits, and when by the gateway's real clock, the phone's, and how fast the domain runs. */
export interface Sending {
  readonly by: string
  readonly wall: Instant
  readonly sentAt: Instant
  readonly speed: number
}

/** So long a visit that is sent again is known as the same one. */
const remembered = days(30)
const prefix = 'round-visit:'

/** Rounds under way: which check-points of which route were visited when (PAT-*). */
export class Rounds implements Follower {
  readonly routes: readonly RoundRoute[]
  readonly #byCode: ReadonlyMap<string, { readonly route: RoundRoute; readonly point: CheckPoint }>
  readonly #visits = new Map<string, Visit>()
  /** What the visits of each route come to; made anew when one comes in or a time is up. */
  readonly #walked = new Map<string, Walked<Visit>>()

  constructor({ routes }: RoundsParts) {
    this.routes = routes
    this.#byCode = new Map(routes.flatMap(route => route.checkPoints.map(point => [point.code, { route, point }] as const)))
  }

  /** The check-point with that code, as it is typed or read. */
  at(code: string): { readonly route: RoundRoute; readonly point: CheckPoint } | undefined {
    return this.#byCode.get(readCode(code) ?? '')
  }

  /** Every round of a route that is over, newest first, of the last 30 days. */
  walks(route: RoundRoute, at: Instant): readonly Walk<Visit>[] {
    return walked(route, this.#of(route.id), at).walks.toReversed()
  }

  /** The round that is under way, if there is one: what was passed and by when the rest must be. */
  underWay(route: RoundRoute, at: Instant): { readonly visits: readonly Visit[]; readonly deadline: Instant } | undefined {
    const { open, deadline } = walked(route, this.#of(route.id), at)
    return deadline === undefined ? undefined : { visits: open, deadline }
  }

  /** Takes what a phone sends: in any order, more than once, hours later. The answer tells of each visit what became of it. */
  take(said: readonly SaidVisit[], sending: Sending, at: Instant): Decision<readonly Taken[]> {
    const before = new Map<string, Visit | undefined>()
    const drafts: Passing[] = []
    const touched = new Set<RoundRoute>()
    const outcomes = said.map((one): Taken => {
      const known = this.#visits.get(one.id)
      if (known) return { id: one.id, outcome: 'known', visit: known }
      const found = this.at(one.code)
      if (!found) {
        drafts.push(wrongCode(one, sending.by, at))
        return { id: one.id, outcome: 'refused', why: 'wrong-code' }
      }
      const when = phoneTime(one.at, sending.sentAt, { wall: sending.wall, at, speed: sending.speed })
      if (!when.ok) return { id: one.id, outcome: 'refused', why: when.why }
      const visit = visitOf(one, found, { ...when.time, by: sending.by, receivedAt: at, receivedReal: sending.wall })
      before.set(visit.id, undefined)
      this.#visits.set(visit.id, visit)
      touched.add(found.route)
      return { id: one.id, outcome: 'taken', visit }
    })
    const taken = outcomes.flatMap(outcome => (outcome.outcome === 'taken' ? [outcome.visit] : []))
    const records: Written[] = []
    for (const visit of taken.toSorted((a, b) => a.at - b.at)) {
      const route = this.routes.find(({ id }) => id === visit.route)
      if (!route) continue
      drafts.push(passing(route, visit))
      if (visit.verdict === 'failed') records.push(defect(route, visit, at))
    }
    for (const route of touched) {
      const { news, whole } = this.#tell(route, at, before)
      drafts.push(...news)
      records.push(...whole)
      this.#forget(route, sending.wall, before)
    }
    return {
      drafts: [...drafts, ...records.map(({ draft }) => draft)],
      readings: records.flatMap(({ record }) => readingsOf(record)).toSorted((a, b) => a.at - b.at),
      checkpoints: [...before.keys()].map(id => ({ key: prefix + id, value: this.#visits.get(id) })),
      answer: () => outcomes,
      undo: () => {
        for (const [id, visit] of before)
          if (visit) this.#visits.set(id, visit)
          else this.#visits.delete(id)
        for (const route of touched) this.#count(route, at)
      },
    }
  }

  restore(checkpoints: ReadonlyMap<string, unknown>, _open: unknown, at: Instant): void {
    for (const [key, value] of checkpoints)
      if (key.startsWith(prefix) && isVisit(value)) this.#visits.set(key.slice(prefix.length), value)
    for (const route of this.routes) this.#count(route, at)
  }

  /** What ran out while the gateway was not running is said now. */
  begin(at: Instant): Following {
    return this.#say(this.routes, at)
  }

  nextWake(): Instant | undefined {
    const deadlines = [...this.#walked.values()].flatMap(({ deadline }) => deadline ?? [])
    return deadlines.length === 0 ? undefined : ((Math.min(...deadlines) + 1) as Instant)
  }

  wake(at: Instant): Following {
    return this.#say(
      this.routes.filter(({ id }) => (this.#walked.get(id)?.deadline ?? at) < at),
      at,
    )
  }

  /** Only time has passed: rounds that nobody ended are missed. */
  #say(routes: readonly RoundRoute[], at: Instant): Following {
    const changed = new Map<string, Visit | undefined>()
    const drafts = routes.flatMap(route => this.#tell(route, at, changed).news)
    return { drafts, checkpoints: [...changed.keys()].map(id => ({ key: prefix + id, value: this.#visits.get(id) })) }
  }

  /** What is new of a route: begun, missed, whole. Each is told once, whatever comes in later. */
  #tell(
    route: RoundRoute,
    at: Instant,
    before: Map<string, Visit | undefined>,
  ): { readonly news: readonly Passing[]; readonly whole: readonly Written[] } {
    const news: Passing[] = []
    const whole: Written[] = []
    const { walks, open } = this.#count(route, at)
    const mark = (id: string, told: NonNullable<Visit['told']>): boolean => {
      const visit = this.#visits.get(id)
      if (!visit || (visit.told !== undefined && weight[visit.told] >= weight[told])) return false
      this.#change(id, { told }, before)
      return true
    }
    for (const walk of walks) {
      if (walk.state === 'missed' && walk.marks.some(({ spent }) => spent)) continue
      if (!mark(walk.key, walk.state)) continue
      if (walk.state === 'missed') news.push(miss(route, walk))
      else {
        for (const { id } of walk.marks) this.#change(id, { spent: true }, before)
        const written = completion(route, walk, at)
        news.push(written.news)
        whole.push(written)
      }
    }
    const first = open[0]
    if (first && mark(first.id, 'begun')) news.push(beginning(route, first, missingOf(route, open)))
    this.#count(route, at)
    return { news, whole }
  }

  #change(id: string, change: Pick<Visit, 'told' | 'spent'>, before: Map<string, Visit | undefined>): void {
    const visit = this.#visits.get(id)
    if (!visit) return
    if (!before.has(id)) before.set(id, visit)
    this.#visits.set(id, { ...visit, ...change })
  }

  /** Visits older than anybody would send again go, as far as no round that is still remembered needs them. */
  #forget(route: RoundRoute, wall: Instant, before: Map<string, Visit | undefined>): void {
    const visits = this.#of(route.id)
    const { settled } = walked(route, visits, wall)
    for (const visit of visits.slice(0, settled)) {
      if (visit.receivedReal + remembered >= wall) return
      if (!before.has(visit.id)) before.set(visit.id, visit)
      this.#visits.delete(visit.id)
    }
  }

  #count(route: RoundRoute, at: Instant): Walked<Visit> {
    const result = walked(route, this.#of(route.id), at)
    this.#walked.set(route.id, result)
    return result
  }

  #of(route: string): readonly Visit[] {
    return [...this.#visits.values()].filter(visit => visit.route === route).sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
  }
}

/** A round that was missed may yet turn out whole when a phone finds its network again; never the other way round. */
const weight = { begun: 1, missed: 2, completed: 3 } as const

function visitOf(
  { id, verdict, failed, note, offline }: SaidVisit,
  { route, point }: { readonly route: RoundRoute; readonly point: CheckPoint },
  when: Omit<Visit, 'id' | 'route' | 'checkPoint' | 'verdict' | 'failed' | 'note' | 'offline'>,
): Visit {
  const bad = failed.flatMap(index => point.checks[index] ?? [])
  return {
    ...when,
    id,
    route: route.id,
    checkPoint: point.id,
    verdict: bad.length > 0 ? 'failed' : verdict,
    failed: bad,
    note,
    offline,
  }
}
