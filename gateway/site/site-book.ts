import { ownRule } from '../alarm/own.ts'
import { RuleBook } from '../policy/rule-book.ts'
import type { Site } from './site.ts'

/** Every rule an alarm of this site can come from, the gateway's own included. */
export function siteBook({
  rules,
  connections,
  channels,
  duty,
}: Pick<Site, 'rules' | 'connections' | 'channels' | 'duty'>): RuleBook {
  const known = {
    connection: new Set(connections.map(({ id }) => id)),
    channel: new Set(channels.map(({ id }) => id)),
  }
  return new RuleBook(rules, id =>
    ownRule(id, (kind, name) => {
      if (kind === 'roster') return duty.rosters.get(name)?.name
      if (kind === 'clock' || kind === 'case') return { zh: name, en: name }
      return known[kind].has(name) ? { zh: name, en: name } : undefined
    }),
  )
}
