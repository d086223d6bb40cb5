import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Passing } from '../alarm/follow.ts'
import type { PeopleRecord } from '../alarm/people.ts'
import type { RoundRoute } from './route.ts'
import type { SaidVisit, Visit } from './visit.ts'
import type { Walk } from './walk.ts'

/** What is written as a person's record: the entry, and what the rules hear of it. */
export interface Written {
  readonly draft: Passing
  readonly record: PeopleRecord
}

const nameOf = (route: RoundRoute, id: string): Words =>
  route.checkPoints.find(point => point.id === id)?.name ?? { zh: id, en: id }

/** A check-point was passed: both times, the phone's and ours, are on record. */
export function passing(route: RoundRoute, visit: Visit): Passing {
  const { id, at, by, checkPoint, verdict, failed, note, offline, phoneAt, sentAt, correctedAt, receivedAt, receivedReal } = visit
  const data = {
    visit: id,
    equipment: route.equipment,
    checkPoint,
    checkPointName: nameOf(route, checkPoint),
    verdict,
    ...(failed.length > 0 ? { failed } : {}),
    ...(note === '' ? {} : { note }),
    offline,
    phoneAt,
    sentAt,
    ...(correctedAt === undefined ? {} : { correctedAt }),
    receivedAt,
    receivedReal,
  }
  return { kind: 'round.visited', at, by, about: route.id, data }
}

export const beginning = (route: RoundRoute, { at, by, checkPoint }: Visit, missing: readonly string[]): Passing => ({
  kind: 'round.begun',
  at,
  by,
  about: route.id,
  data: { equipment: route.equipment, checkPoint, missing, until: at + route.within },
})

/** The time was up. Should the rest come in later from a phone without network, the round is written down as whole then. */
export const miss = (route: RoundRoute, { beganAt, endedAt, marks, missing }: Walk<Visit>): Passing => ({
  kind: 'round.missed',
  at: endedAt,
  by: 'system',
  about: route.id,
  data: {
    equipment: route.equipment,
    beganAt,
    people: peopleOf(marks),
    passed: marks.map(({ checkPoint, at }) => ({ checkPoint, at })),
    missing,
    missingNames: missing.map(id => nameOf(route, id)),
  },
})

/**
 * A whole round: the record that the duty waits for. It says that the round was walked, whatever was found on it: what was found has
 * records of its own (`defect`), so that nobody is reported as absent because of having reported a broken lock.
 */
export function completion(route: RoundRoute, walk: Walk<Visit>, at: Instant): Written & { readonly news: Passing } {
  const { beganAt, endedAt, marks } = walk
  const by = marks.find(({ id }) => id === walk.key)?.by ?? 'system'
  const defects = marks.filter(({ verdict }) => verdict === 'failed').length
  const fields = {
    round: route.id,
    checkPoints: route.checkPoints.length,
    minutes: Math.round((endedAt - beganAt) / 6_000) / 10,
    defects,
    offline: marks.filter(mark => mark.offline).length,
    people: peopleOf(marks).join(', '),
  }
  const passed = marks.map(mark => ({ checkPoint: mark.checkPoint, at: mark.at, verdict: mark.verdict }))
  const data = { equipment: route.equipment, beganAt, passed, defects, receivedAt: at }
  const news = { kind: 'round.completed', at: endedAt, by, about: route.id, data }
  return { news, ...written({ kind: 'round', equipment: route.equipment, at: endedAt, by, verdict: 'passed', fields }, at) }
}

/** Something was not as it should be at a check-point. */
export function defect(route: RoundRoute, { at, by, checkPoint, failed, note }: Visit, enteredAt: Instant): Written {
  const name = nameOf(route, checkPoint)
  const fields = {
    round: route.id,
    checkPoint: name.zh,
    found: failed.map(({ zh }) => zh).join('；'),
    ...(note === '' ? {} : { note }),
  }
  return written({ kind: 'inspection', equipment: route.equipment, at, by, verdict: 'failed', fields }, enteredAt)
}

/** A code that no check-point here has: an old label, a slip of the finger, or somebody trying. */
export const wrongCode = ({ id, code }: SaidVisit, by: string, at: Instant): Passing => ({
  kind: 'access.refused',
  at,
  by,
  about: 'rounds',
  data: { visit: id, code: code.slice(0, 40), why: 'wrong-code' },
})

function written(record: PeopleRecord, enteredAt: Instant): Written {
  const { kind, equipment, at, by, verdict, fields } = record
  return { record, draft: { kind: `record.${kind}`, at, by, about: equipment, data: { equipment, verdict, fields, enteredAt } } }
}

const peopleOf = (marks: readonly Visit[]): readonly string[] => [...new Set(marks.map(({ by }) => by))]
