import { minutes } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { RoundRoute } from './route.ts'

/** A check-point that was passed, as far as it makes a round. */
export interface Mark {
  readonly id: string
  readonly checkPoint: string
  readonly at: Instant
}

/** One time that a route was walked, or begun and not ended. Times are of the marks, whenever those came in. */
export interface Walk<M extends Mark = Mark> {
  readonly state: 'completed' | 'missed'
  readonly beganAt: Instant
  /** The last mark of a complete round; when the time was up of a missed one. */
  readonly endedAt: Instant
  readonly marks: readonly M[]
  /** Check-points nobody came to (in order, where the order counts). */
  readonly missing: readonly string[]
  /** Names it for good: the mark that made it whole, or the first one of a missed round. */
  readonly key: string
}

export interface Walked<M extends Mark = Mark> {
  readonly walks: readonly Walk<M>[]
  /** Marks that may still become a round. */
  readonly open: readonly M[]
  /** When the present round is missed unless it is whole before; absent where none is under way. */
  readonly deadline?: Instant
  /** So many of the oldest marks can be forgotten without changing anything that comes after them. */
  readonly settled: number
}

type Route = Pick<RoundRoute, 'checkPoints' | 'within' | 'ordered'>

/** The same tag read twice at the end of a round is no new round. */
const readTwice = minutes(2)

/**
 * What became of a route by `now`, told from all of its marks: a round is whole when within the given time all check-points were passed
 * (in order, where that counts), and each mark serves one round only. It is a function of the set of marks alone: in which order they
 * came in, and how often, changes nothing.
 */
export function walked<M extends Mark>(route: Route, marks: readonly M[], now: Instant): Walked<M> {
  const walks: Walk<M>[] = []
  let open: readonly M[] = []
  let told: Instant | undefined
  let settled = 0

  const untold = (): M | undefined => open.find(mark => told === undefined || mark.at > told)
  const tellMissed = (before: Instant): void => {
    for (let first = untold(); first !== undefined && first.at + route.within < before; first = untold()) {
      const endedAt = (first.at + route.within) as Instant
      const since = first.at
      const those = open.filter(mark => mark.at >= since)
      const missing = missingOf(route, those)
      walks.push({ state: 'missed', beganAt: since, endedAt, marks: those, missing, key: first.id })
      told = those.at(-1)?.at
    }
  }

  inOrder(marks).forEach((mark, index) => {
    tellMissed(mark.at)
    open = open.filter(({ at }) => at + route.within >= mark.at)
    const last = walks.at(-1)
    if (open.length === 0 && last?.state === 'completed' && isReadTwice(last, mark)) {
      walks[walks.length - 1] = { ...last, marks: [...last.marks, mark] }
      return
    }
    if (open.length === 0) settled = index
    open = [...open, mark]
    if (missingOf(route, open).length > 0) return
    walks.push({
      state: 'completed',
      beganAt: beginningOf(route, open),
      endedAt: mark.at,
      marks: open,
      missing: [],
      key: mark.id,
    })
    open = []
  })
  tellMissed(now)
  open = open.filter(({ at }) => at + route.within >= now)
  const first = untold()
  return { walks, open, settled, ...(first && { deadline: (first.at + route.within) as Instant }) }
}

/** By time; of the same moment by id, so that every order of arrival gives one order. */
const inOrder = <M extends Mark>(marks: readonly M[]): readonly M[] =>
  marks.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))

const isReadTwice = ({ marks, endedAt }: Walk, { checkPoint, at }: Mark): boolean =>
  at - endedAt <= readTwice && marks.some(mark => mark.at === endedAt && mark.checkPoint === checkPoint)

/** What these marks still lack. */
export function missingOf(route: Pick<RoundRoute, 'checkPoints' | 'ordered'>, marks: readonly Mark[]): readonly string[] {
  const points = route.checkPoints.map(({ id }) => id)
  if (!route.ordered) {
    const passed = new Set(marks.map(({ checkPoint }) => checkPoint))
    return points.filter(point => !passed.has(point))
  }
  let next = 0
  for (const { checkPoint } of marks) if (checkPoint === points[next]) next += 1
  return points.slice(next)
}

/** The latest first mark with which the round is still whole: how long it really took. */
function beginningOf(route: Route, marks: readonly Mark[]): Instant {
  let began = marks[0]?.at ?? (0 as Instant)
  for (let from = 0; from < marks.length && missingOf(route, marks.slice(from)).length === 0; from++)
    began = marks[from]?.at ?? began
  return began
}
