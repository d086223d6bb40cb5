import { z } from 'zod'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { writtenSettings } from '../../policy/written.ts'
import type { Rule } from '../../policy/rule.ts'
import type { Site } from '../../site/site.ts'
import type { BacktestOutcome, BacktestQuestion, House } from '../house.ts'
import { wireAdvice, wireBacktest } from '../policy-shapes.ts'
import { notFound, Refusal } from '../problem.ts'
import { route } from '../route.ts'
import { duration, id, idParams, list, page, problem, said, time, when, wireClause } from '../shapes.ts'
import { versionsOf } from '../versions.ts'

const tag = 'Policies'

const basis = z.object({ kind: z.string(), source: said, verified: z.boolean() })
const bound = z.object({ op: z.string(), value: z.number() })
const ruleShape = z.object({
  id: z.string(),
  kind: z.string(),
  spec: z.unknown(),
  settings: z.record(z.string(), z.string()).meta({ description: 'The same as one would write them: onDelay 20m' }),
  point: z.string(),
  equipment: z.string(),
  clause: z.string(),
  title: said,
  priority: z.string(),
  limit: bound.optional().meta({ description: "The clause's own limit, where it is not the alarm's" }),
  limitBasis: basis.optional(),
  alarmBasis: basis,
  advice: said,
  record: z.string().optional(),
  retention: z.string().optional(),
  overlay: z.object({ reason: z.string().optional(), changed: list(z.string()) }).optional(),
})

const policies = route({
  method: 'GET',
  url: '/api/v1/policies',
  may: 'see',
  summary: 'The policies in force: their clauses, and the rules that watch this site by them',
  tag,
  answer: page(
    z.object({
      id: z.string(),
      version: z.string(),
      effective: z.string().optional(),
      name: said.optional(),
      clauses: list(wireClause),
      rules: list(ruleShape),
    }),
  ),
  act({ house, views }) {
    const items = house.site.policies.map(policy => ({
      ...policy,
      clauses: [...house.site.clauses.values()].filter(({ pack }) => pack === policy.id).map(clause => views.clause(clause)),
      rules: house.site.rules.filter(rule => rule.policy.id === policy.id).map(wireRule),
    }))
    return { items, next: null }
  },
})

const wireRule = (rule: Rule) => ({ ...rule, settings: writtenSettings(rule.settings) })

const versions = route({
  method: 'GET',
  url: '/api/v1/policies/:id/versions',
  may: 'see',
  summary: 'Under which versions of a policy this site was judged, and from when until when, newest first',
  tag,
  params: idParams,
  answer: page(
    z.object({
      version: z.string(),
      effective: z.string().optional(),
      site: z
        .string()
        .meta({ description: 'SHA-256 of the site file it was laid on: an overlay counts as a version of its own' }),
      from: time,
      until: time.nullable(),
      inForce: z.boolean(),
    }),
  ),
  answers: { 404: problem },
  async act({ house, params, time: shown }) {
    const found = await versionsOf(house.store.journal, params.id)
    if (found.length === 0 && !isPolicy(house.site, params.id)) throw unknownPolicy(params.id)
    const items = found.map(({ from, until, ...rest }, index) => ({
      ...rest,
      from: shown(from),
      until: until === undefined ? null : shown(until),
      inForce: index === 0 && until === undefined && isPolicy(house.site, params.id),
    }))
    return { items, next: null }
  },
})

const span = {
  from: when,
  to: when,
}
const backtest = route({
  method: 'POST',
  url: '/api/v1/policies/:id/backtest',
  may: 'administer',
  summary: 'What changed rules would have raised over the stored history, beside the present ones; changes and writes nothing',
  tag,
  params: idParams,
  body: z.object({
    rules: z
      .record(id, z.unknown())
      .refine(rules => Object.keys(rules).length > 0)
      .meta({
        description: 'An overlay as in the site file',
        example: { 'cold-1.temperature.too-warm': { onDelay: '30m', reason: '除霜要 18 分钟' } },
      }),
    ...span,
    warmUp: duration.optional(),
  }),
  answer: wireBacktest,
  answers: { 400: problem, 404: problem, 409: problem, 503: problem },
  async act({ house, params, body, gone }) {
    const { rules, from, to, warmUp } = body
    checkSpan(house, params.id, from, to)
    const strangers = Object.keys(rules).filter(name => house.site.rules.some(rule => rule.id === name && !isOf(rule, params.id)))
    if (strangers.length > 0) throw notOfThis(params.id, strangers)
    const text = JSON.stringify({ rules })
    const outcome = await ask(house, { change: { name: 'rules', text }, from, to, ...given(warmUp) }, gone())
    if (outcome.ok && 'backtest' in outcome) return outcome.backtest
    throw refusalOf(outcome)
  },
})

const advice = route({
  method: 'POST',
  url: '/api/v1/policies/:id/advise',
  may: 'administer',
  summary: 'Which delay and deadband of a limit rule the stored history speaks for, with the evidence; the limit itself stays',
  tag,
  params: idParams,
  body: z.object({
    rule: id,
    ...span,
    harm: duration.optional().meta({ description: 'How long the limit may be exceeded before a person must know' }),
  }),
  answer: wireAdvice,
  answers: { 400: problem, 404: problem, 409: problem, 503: problem },
  async act({ house, params, body, gone }) {
    const { rule, from, to, harm } = body
    checkSpan(house, params.id, from, to)
    if (!house.site.rules.some(one => one.id === rule && isOf(one, params.id))) throw noRule(rule)
    const advise = harm === undefined ? { rule } : { rule, harm }
    const outcome = await ask(house, { change: { name: 'rules', text: '{"rules":{}}' }, from, to, advise }, gone())
    if (outcome.ok && 'advice' in outcome) return outcome.advice
    throw refusalOf(outcome)
  },
})

const given = (warmUp: Millis | undefined) => (warmUp === undefined ? {} : { warmUp })
const isOf = (rule: Rule, policy: string): boolean => rule.policy.id === policy
const isPolicy = (site: Site, policy: string): boolean => site.policies.some(one => one.id === policy)

function checkSpan({ site }: House, policy: string, from: Instant, to: Instant): void {
  if (!isPolicy(site, policy)) throw unknownPolicy(policy)
  if (from < to) return
  throw new Refusal('bad-request', { zh: '开始时间要早于结束时间。', en: '`from` must be earlier than `to`.' })
}

function ask({ backtests }: House, question: BacktestQuestion, gone: AbortSignal): Promise<BacktestOutcome> {
  if (backtests) return backtests.run(question, gone)
  throw notFound({ zh: '此网关没有可试运行的现场文件。', en: 'This gateway has no site file to try anything on.' })
}

const unknownPolicy = (policy: string): Refusal =>
  notFound({ zh: `没有制度 ${policy}`, en: `No policy ${policy} is in force here` })
const noRule = (rule: string): Refusal => notFound({ zh: `此制度没有规则 ${rule}`, en: `No rule ${rule} under this policy` })
const notOfThis = (policy: string, rules: readonly string[]): Refusal =>
  new Refusal('bad-request', {
    zh: `这些规则不属于 ${policy}：${rules.join('、')}`,
    en: `These rules are not of ${policy}: ${rules.join(', ')}`,
  })

export function refusalOf(outcome: BacktestOutcome): Refusal {
  if (outcome.ok) return new Refusal('broken', { zh: '已记录。', en: 'It has been logged.' })
  switch (outcome.why) {
    case 'wrong': {
      const errors = outcome.problems
        .filter(({ severity }) => severity === 'error')
        .map(({ path, wrong, write }) => ({
          path: `body.${path}`,
          wrong: { zh: `${wrong.zh}；${write.zh}`, en: `${wrong.en}; ${write.en}` },
        }))
      return new Refusal('bad-request', { zh: '改动有误。', en: 'The change is wrong.' }, { errors })
    }
    case 'busy':
      return new Refusal('conflict', {
        zh: '已有一次试运行在进行，请稍候。',
        en: 'Another trial is under way; ask again in a moment.',
      })
    case 'site-changed':
      return new Refusal('conflict', {
        zh: '现场文件在网关启动后改过，请先重启网关。',
        en: 'The site file was changed since the gateway started: restart the gateway first.',
      })
    case 'too-many-alarms':
      return new Refusal('bad-request', {
        zh: '报警多到无法查看，请缩短时间。',
        en: 'More alarms than anybody could look at: ask for a shorter time.',
      })
    case 'no-such-rule':
    case 'no-advice':
      return new Refusal('bad-request', {
        zh: '只有按连续时间判断的 limit 规则才有可建议的延时和回差。',
        en: 'Only limit rules that count time in one piece have a delay and deadband to advise on.',
      })
    case 'no-data':
      return new Refusal('not-recordable', { zh: '历史读数无法读取。', en: 'The stored history cannot be read.' })
    case 'took-too-long':
    case 'cancelled':
      return new Refusal('took-too-long', { zh: '请缩短时间或减少规则。', en: 'Ask for a shorter time or for fewer rules.' })
  }
}

export const policyRoutes = [policies, versions, backtest, advice]
