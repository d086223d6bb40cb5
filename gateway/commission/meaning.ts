import { isDeepStrictEqual } from 'node:util'
import type { Words } from '../../protocols/contract/driver.ts'
import type { Site } from '../site/site.ts'

export interface Thing {
  readonly id: string
  readonly name: Words
}
export interface Changes {
  readonly added: readonly Thing[]
  readonly removed: readonly Thing[]
  readonly changed: readonly Thing[]
}

/** An alarm that is not over. */
export interface OpenAlarm {
  readonly id: string
  readonly rule: string
}

/** What a change of the site file does, for the person who is about to make it and for the journal. */
export interface Meaning {
  /** Changed ones are called anew: they miss a moment. */
  readonly connections: Changes
  readonly equipment: Changes
  readonly points: Changes
  readonly rules: Changes
  /** Open alarms whose rule is gone: they are closed as withdrawn. */
  readonly alarms: readonly Thing[]
  /** What has no effect before the gateway is started anew. */
  readonly atNextStart: readonly Words[]
}

/** Compares two sites as they would run. Pure. */
export function meaningOf(before: Site, after: Site, open: readonly OpenAlarm[]): Meaning {
  const rules = new Set<string>(after.rules.map(({ id }) => id))
  const titles = new Map<string, Words>(before.rules.map(({ id, title }) => [id, title]))
  return {
    connections: compare(before.connections.map(lineOf), after.connections.map(lineOf)),
    // The clauses of a piece of equipment go with its rules.
    equipment: compare(
      before.equipment.map(one => ({ ...one, clauses: [] })),
      after.equipment.map(one => ({ ...one, clauses: [] })),
    ),
    points: compare(before.points, after.points),
    rules: compare(before.rules.map(ruleOf), after.rules.map(ruleOf)),
    // The gateway's own alarms have no rule in the file.
    alarms: open.flatMap(({ id, rule }) => {
      const title = titles.get(rule)
      return title && !rules.has(rule) ? [{ id, name: title }] : []
    }),
    atNextStart: isDeepStrictEqual(before.server.host + before.server.port, after.server.host + after.server.port)
      ? []
      : [
          {
            zh: '服务地址或端口已改，重启网关后才生效',
            en: 'the address or port of the server is another: it counts from the next start on',
          },
        ],
  }
}

/** What the journal keeps of it: ids alone. */
export function summaryOf({ connections, equipment, points, rules, alarms }: Meaning): Readonly<Record<string, unknown>> {
  const ids = (things: readonly Thing[]): readonly string[] => things.map(({ id }) => id)
  const of = ({ added, removed, changed }: Changes): object => ({
    added: ids(added),
    removed: ids(removed),
    changed: ids(changed),
  })
  return {
    connections: of(connections),
    equipment: of(equipment),
    points: of(points),
    rules: of(rules),
    alarms: ids(alarms),
  }
}

const named = (id: string): Words => ({ zh: id, en: id })
const lineOf = ({ id, protocol, settings, bindings }: Site['connections'][number]) => ({
  id,
  name: named(id),
  protocol,
  settings,
  bindings,
})
const ruleOf = ({ title, ...rule }: Site['rules'][number]) => ({ ...rule, name: title })

function compare<T extends Thing>(before: readonly T[], after: readonly T[]): Changes {
  const [old, now] = [byId(before), byId(after)]
  const thing = ({ id, name }: T): Thing => ({ id, name })
  return {
    added: after.filter(({ id }) => !old.has(id)).map(thing),
    removed: before.filter(({ id }) => !now.has(id)).map(thing),
    changed: after.filter(one => old.has(one.id) && !isDeepStrictEqual(old.get(one.id), one)).map(thing),
  }
}

const byId = <T extends Thing>(things: readonly T[]): ReadonlyMap<string, T> => new Map(things.map(one => [one.id, one]))
