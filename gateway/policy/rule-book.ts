import type { Rule, RuleId } from './rule.ts'

const suffix = '!failed'

/** The alarm that says a rule broke. */
export const failureOf = (id: RuleId): RuleId => `${id}${suffix}` as RuleId

export const isFailure = (id: RuleId): boolean => id.endsWith(suffix)

/**
 * Every rule of a site by its id, for each the alarm that is raised when the rule itself breaks, and what the gateway says of itself
 * (`own`).
 */
export class RuleBook {
  readonly #rules: ReadonlyMap<RuleId, Rule>
  readonly #own: (id: RuleId) => Rule | undefined

  constructor(rules: readonly Rule[], own: (id: RuleId) => Rule | undefined = () => undefined) {
    this.#rules = new Map(rules.map(rule => [rule.id, rule]))
    this.#own = own
  }

  has(id: RuleId): boolean {
    return this.get(id) !== undefined
  }

  get(id: RuleId): Rule | undefined {
    const rule = this.#rules.get(id) ?? this.#own(id)
    if (rule || !isFailure(id)) return rule
    const broken = this.#rules.get(id.slice(0, -suffix.length) as RuleId)
    return broken && failing(broken)
  }
}

function failing(rule: Rule): Rule {
  const { limitBasis: _, limit: _number, overlay: _overlay, ...rest } = rule
  return {
    ...rest,
    id: failureOf(rule.id),
    kind: 'failure',
    spec: {},
    title: { zh: `规则失灵：${rule.title.zh}`, en: `Rule out of order: ${rule.title.en}` },
    alarmBasis: {
      kind: 'design',
      source: { zh: '规则出错时不再判断，须由人看管', en: 'a rule that breaks judges no more, so people have to watch' },
      verified: false,
    },
    advice: {
      zh: '这条规则因程序错误停止判断，其他规则照常。请人工巡看这台设备，并把日志里的错误原文报给维护方。重启网关会再试一次。',
      en: 'This rule stopped judging because of a program error; all others go on. Have somebody watch this equipment and report the error in the journal. A restart of the gateway tries it once more.',
    },
  }
}
