import type { Words } from '../../protocols/contract/driver.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { ownRule } from '../alarm/own.ts'
import { RuleBook } from '../policy/rule-book.ts'
import type { Rule } from '../policy/rule.ts'
import type { Site } from './site.ts'

const backupNames: ReadonlyMap<string, Words> = new Map([
  ['make', { zh: '定时备份', en: 'the scheduled backup' }],
  ['verify', { zh: '试恢复', en: 'the trial restore' }],
  ['copy', { zh: '异地备份', en: 'the copy off site' }],
])

/** Every rule an alarm of this site can come from, the gateway's own included. */
export function siteBook({
  rules,
  connections,
  channels,
  duty,
  keeping,
}: Pick<Site, 'rules' | 'connections' | 'channels' | 'duty' | 'keeping'>): RuleBook {
  const known = {
    connection: new Set(connections.map(({ id }) => id)),
    channel: new Set(channels.map(({ id }) => id)),
    outside: new Set(keeping.outside.map(({ id }) => id)),
  }
  const urgent = new Set(connections.filter(({ points }) => isUrgent(new Set(points), rules)).map(({ id }) => id))
  return new RuleBook(rules, id =>
    ownRule(
      id,
      (kind, name) => {
        if (kind === 'roster') return duty.rosters.get(name)?.name
        if (kind === 'backup') return backupNames.get(name)
        if (kind === 'clock' || kind === 'case') return { zh: name, en: name }
        return known[kind].has(name) ? { zh: name, en: name } : undefined
      },
      (kind, name) => (kind === 'connection' && urgent.has(name) ? 'high' : undefined),
    ),
  )
}

/** The alarm of a line that is down stands for the silences of its points: it is as urgent as the most urgent of them. */
const isUrgent = (read: ReadonlySet<PointId>, rules: readonly Rule[]): boolean =>
  rules.some(
    ({ kind, priority, watches }) =>
      kind === 'stale' && priority === 'high' && watches.length > 0 && watches.every(point => read.has(point)),
  )
