import type { RuleBook } from '../policy/rule-book.ts'
import type { RuleId } from '../policy/rule.ts'
import type { Site } from './site.ts'

/** What an inspector reads beside the alarm itself: the journal entry must stand alone, whatever the site file says later. */
export function cite(
  { clauses }: Pick<Site, 'clauses'>,
  rules: Pick<RuleBook, 'get'>,
): (id: RuleId) => Readonly<Record<string, unknown>> {
  return id => {
    const rule = rules.get(id)
    if (!rule) return {}
    const { title, clause, equipment, point, kind, settings, limit, policy, limitBasis, alarmBasis, overlay, retention } = rule
    const { title: clauseTitle, source, tell } = clauses.get(clause) ?? {}
    const cited = { title, clause, clauseTitle, source, tell, equipment, point, kind, spec: settings }
    return { ...cited, limit, policy, limitBasis, alarmBasis, overlay, retention }
  }
}
