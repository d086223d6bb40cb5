import type { Words } from '../../protocols/contract/driver.ts'
import { ownRule } from '../alarm/own.ts'
import { readOver } from '../policy/read-over.ts'
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
  const urgent = urgentLines(connections, rules)
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
function urgentLines(connections: Site['connections'], rules: readonly Rule[]): ReadonlySet<string> {
  const urgent = rules.filter(({ kind, priority }) => kind === 'stale' && priority === 'high')
  return new Set(readOver(connections, urgent).keys())
}
