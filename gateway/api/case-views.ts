import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Who } from '../accounts/accounts.ts'
import { isAllowed } from '../accounts/permissions.ts'
import { actorsOf, duesOf, overdueOf, stepsFor } from '../cases/case.ts'
import type { Case, CaseStep } from '../cases/case.ts'
import { entryKinds, whereOf } from '../cases/case-words.ts'
import { isCase } from '../cases/kept.ts'
import type { Entry } from '../journal/entry.ts'
import type { Call } from './route.ts'
import type { WireCase, WireCaseDetail, WireCaseStep } from './wire-cases.ts'

type Asked = Pick<Call, 'house' | 'views' | 'who' | 'time'>

/** The case as it was last written down; those at hand need no look into the journal. */
export async function findCase({ house }: Pick<Call, 'house'>, id: string): Promise<Case | undefined> {
  const held = house.cases.get(id)
  if (held || !/^C\d{1,12}$/.test(id)) return held
  // Notices are about a case as well; what it is stands in its own entries.
  const kinds = Object.values(entryKinds)
  const { entries } = await house.store.journal.page({ kinds, about: id, limit: 1, newestFirst: true })
  const kept = entries[0]?.data['whole']
  return isCase(kept) ? kept : undefined
}

/** Under which names somebody has cases: their account, and the person of the site file behind it. */
export function namesOf({ house }: Pick<Call, 'house'>, who: Who | undefined): ReadonlySet<string> {
  const names = new Set(who ? [who.name] : [])
  for (const { id, account } of house.duty.duty.people.values()) if (account !== undefined && account === who?.name) names.add(id)
  return names
}

export function showCase(call: Asked, one: Case): WireCase {
  const { house, views, who, time } = call
  const { id, state, priority, openedAt, openedBy, what, equipment, area, place, alarm, reporter, photos, assigned } = one
  const name =
    equipment === undefined ? house.site.areas.find(known => known.id === area)?.name : views.equipment(equipment)?.name
  const now = house.clock.now()
  const due = duesOf(one)[0]
  const end = (one.closed ?? one.cancelled)?.at
  const mayCall = who !== undefined && (isAllowed(who.role, 'record') || isAllowed(who.role, 'read-journal'))
  return {
    id,
    state,
    priority,
    openedAt: time(openedAt),
    openedBy,
    what,
    where: whereOf(one, name),
    ...(equipment === undefined ? {} : { equipment }),
    ...(area === undefined ? {} : { area }),
    ...(place === undefined ? {} : { place }),
    ...(alarm === undefined ? {} : { alarm }),
    ...(reporter === undefined ? {} : { reporter: mayCall ? reporter : { name: reporter.name } }),
    isAnswered: one.answered !== undefined || one.told !== undefined,
    photos,
    ...(assigned
      ? { assigned: { person: assigned.person, name: assigned.name, due: time(assigned.due), note: assigned.note } }
      : {}),
    due: due ? { what: due.what, at: time(due.at) } : null,
    overdue: overdueOf(one, now).map(({ what: late }) => late),
    ...(end === undefined ? {} : { endedAt: time(end) }),
  }
}

export async function showDetail(call: Asked & Pick<Call, 'accounts'>, one: Case): Promise<WireCaseDetail> {
  const { house, who, accounts } = call
  const { entries } = await house.store.journal.page({ kinds: Object.values(entryKinds), about: one.id, limit: 500 })
  const names = new Map<string, Words>((await accounts.list()).map(({ name, displayName }) => [name, both(displayName)]))
  for (const { account, name } of house.duty.duty.people.values()) if (account !== undefined) names.set(account, name)
  const by = who?.name ?? ''
  const may = who !== undefined && isAllowed(who.role, 'record')
  return {
    ...showCase(call, one),
    timeline: entries.flatMap(entry => stepOf(entry, names, call.time) ?? []),
    steps: may ? stepsFor(one, by).filter(deed => deed !== 'verify' || who.via === 'session') : [],
    isMine: one.assigned !== undefined && namesOf(call, who).has(one.assigned.person),
    isOwnWork: actorsOf(one).has(by),
    lockedOut: one.equipment !== undefined && house.lockOuts.of(one.equipment) !== undefined,
  }
}

/** One entry of the journal as a line of the case. */
function stepOf(entry: Entry, names: ReadonlyMap<string, Words>, time: Call['time']): WireCaseStep | undefined {
  const { seq, at, by, data } = entry
  const step = data['step'] as CaseStep | { readonly do: 'open' } | undefined
  if (typeof step !== 'object') return undefined
  const byName = names.get(by) ?? (by === 'system' ? { zh: '系统', en: 'System' } : both(by))
  return { seq, at: time(at), by, byName, do: step.do, ...saidIn(step, time) }
}

function saidIn(step: CaseStep | { readonly do: 'open' }, time: (at: Instant) => string): Partial<WireCaseStep> {
  switch (step.do) {
    case 'open':
      return {}
    case 'answer':
      return { text: step.said }
    case 'assign':
      return { text: step.note, person: step.name, due: time(step.due) }
    case 'act':
      return { text: step.what, kind: step.kind, parts: step.parts, photos: step.photos }
    case 'tell':
      return { text: step.said, how: step.how }
    case 'verify':
    case 'close':
      return { text: step.note }
    case 'comment':
      return { text: step.text }
    case 'reject':
      return { text: step.reason }
    case 'cancel':
      return { text: step.reason, ...(step.duplicateOf === undefined ? {} : { duplicateOf: step.duplicateOf }) }
  }
}

const both = (text: string): Words => ({ zh: text, en: text })
