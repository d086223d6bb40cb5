import { ruleKinds } from '../policy/kinds.ts'
import type { LimitSpec } from '../policy/kinds/limit.ts'
import type { Place } from '../policy/place.ts'
import { priorities } from '../policy/rule.ts'
import type { Rule } from '../policy/rule.ts'
import { checkQuiet, handlingKeys, readHandling, weakened } from './handling.ts'
import type { Handling } from './handling.ts'
import type { PackRule } from './pack-rules.ts'
import { badDuration, below, flag, oneOf, pairs, text, unknownKey, wrongType } from './reader.ts'
import type { Item, Report } from './report.ts'

/** What a site changes of a shipped rule. */
export interface Changes {
  readonly off: boolean
  readonly spec: unknown
  readonly settings: Readonly<Record<string, unknown>>
  readonly priority?: Rule['priority']
  readonly handling?: Handling
  readonly reason?: string
  readonly changed: readonly string[]
}

/** Reads the entry below `rules:` that changes a shipped rule; what is wrong is reported. */
export function readOverlay(report: Report, item: Item, shipped: PackRule, place: Place): Changes | undefined {
  if (item.value === 'off' || item.value === false) {
    needReason(report, item, shipped, undefined, true)
    return { off: true, spec: shipped.spec, settings: {}, changed: ['off'] }
  }
  if (typeof item.value !== 'object' || item.value === null || Array.isArray(item.value)) {
    report.error(
      item,
      wrongType(
        item.value,
        { zh: ' off 或一组改动', en: 'off or a mapping of changes' },
        { zh: '写 `off` 或 `{ onDelay: 15m, reason: … }`', en: 'write `off` or `{ onDelay: 15m, reason: … }`' },
      ),
    )
    return undefined
  }
  const settings = [...new Set([...Object.keys(shipped.raw), ...Object.keys(shipped.spec as object)])]
  const changed: Record<string, unknown> = {}
  for (const [key, child] of pairs(item)) {
    if (spoken.includes(key)) continue
    if (settings.includes(key)) changed[key] = child.value
    else unknownKey(report, child, key, [...settings, ...spoken])
  }
  const priority = oneOf(report, below(item, 'priority'), priorities, 'unknown-priority')
  const reason = text(report, below(item, 'reason'), '大功率除霜')
  const off = flag(report, below(item, 'off')) ?? false
  const spec = parseSpec(report, item, shipped, changed, place)
  if (spec !== undefined || off) needReason(report, item, shipped, spec, off, reason)
  const handling = readHandling(report, item)
  keepSafe(report, item, shipped, handling, reason)
  const names = [...Object.keys(changed), ...(priority ? ['priority'] : []), ...Object.keys(handling), ...(off ? ['off'] : [])]
  return {
    off,
    spec: spec ?? shipped.spec,
    settings: changed,
    handling,
    ...(priority && { priority }),
    ...(reason !== undefined && { reason }),
    changed: names,
  }
}

const spoken: readonly string[] = ['priority', 'reason', 'off', ...handlingKeys]

/** A danger to life stays one whatever a site says; less care than the pack takes needs somebody's reason. */
function keepSafe(report: Report, item: Item, { handling: shipped, title }: PackRule, changed: Handling, reason?: string) {
  if (shipped.lifeSafety === true && changed.lifeSafety === false) {
    report.error(below(item, 'lifeSafety') ?? item, {
      code: 'life-safety',
      wrong: {
        zh: `“${title.zh}”危及人身，现场不能改成一般报警`,
        en: `"${title.en}" is a danger to life: a site cannot make it an ordinary alarm`,
      },
      write: { zh: '删去 lifeSafety', en: 'remove lifeSafety' },
    })
  }
  checkQuiet(report, item, { ...shipped, ...changed, lifeSafety: shipped.lifeSafety ?? changed.lifeSafety ?? false })
  if (reason !== undefined && reason.trim() !== '') return
  for (const key of weakened(shipped, changed)) {
    report.error(below(item, key) ?? item, {
      code: 'reason-missing',
      wrong: {
        zh: `这比制度包的做法（${key}）松，却没有理由`,
        en: `this is less careful than the policy (${key}) and gives no reason`,
      },
      write: { zh: '加上 `reason: …`，说明为什么', en: 'add `reason: …` saying why' },
    })
  }
}

/** The shipped settings with the changes, checked by the rule's kind; undefined where a change is wrong. */
function parseSpec(
  report: Report,
  item: Item,
  shipped: PackRule,
  changed: Readonly<Record<string, unknown>>,
  place: Place,
): unknown {
  let wrong = false
  for (const [key, value] of Object.entries(changed)) {
    // A kind also takes milliseconds; in a file a bare number is somebody's forgotten unit.
    const shippedValue: unknown = shipped.raw[key]
    const isDuration = typeof shippedValue === 'string' && /^\d+(ms|s|m|h|d)$/.test(shippedValue)
    const child = below(item, key)
    if (!isDuration || typeof value !== 'number' || !child) continue
    report.error(child, badDuration(value))
    wrong = true
  }
  const parsed = ruleKinds.get(shipped.kind)?.parse({ kind: shipped.kind, ...shipped.raw, ...changed }, place)
  if (parsed?.ok === false) {
    for (const { path, wrong: what, write } of parsed.problems) {
      const place = { ...item, path: [...item.path, ...path] }
      const value = below(item, path[0] ?? '')?.value
      const isDuration = path[0] !== undefined && /^(onDelay|offDelay|after)$/.test(String(path[0]))
      if (!report.has(place)) report.error(place, isDuration ? badDuration(value) : { code: 'rule-setting', wrong: what, write })
    }
  }
  return parsed?.ok && !wrong ? parsed.spec : undefined
}

/** The numbers of a house rule are never silently changed: weaker or off needs somebody's reason. */
function needReason(report: Report, item: Item, shipped: PackRule, spec: unknown, off: boolean, reason?: string) {
  if (reason !== undefined && reason.trim() !== '') return
  if (shipped.limitBasis?.kind !== 'house-rule') {
    if (off && shipped.handling.lifeSafety === true) report.error(item, offWithoutReason(shipped))
    return
  }
  const [before, now] = [limitOf(shipped.spec), limitOf(spec)]
  const weaker = before && now && isWeaker(before, now)
  if (!off && !weaker) return
  const value = below(item, 'value') ?? below(item, 'op') ?? item
  report.error(off ? item : value, {
    code: 'reason-missing',
    on: off ? 'key' : 'value',
    wrong: off
      ? {
          zh: `“${shipped.title.zh}”是制度规定（${shipped.limitBasis.source.zh}），不能无故停用`,
          en: `"${shipped.title.en}" is a house rule (${shipped.limitBasis.source.en}): it is not switched off without a reason`,
        }
      : {
          zh: `这比制度规定（${shipped.limitBasis.source.zh}）宽，却没有理由`,
          en: `this is weaker than the house rule (${shipped.limitBasis.source.en}) and gives no reason`,
        },
    write: off
      ? { zh: '写 `{ off: true, reason: … }`', en: 'write `{ off: true, reason: … }`' }
      : { zh: '加上 `reason: …`，说明为什么', en: 'add `reason: …` saying why' },
  })
}

const offWithoutReason = ({ title }: PackRule) => ({
  code: 'reason-missing',
  on: 'key' as const,
  wrong: {
    zh: `“${title.zh}”危及人身，不能无故停用`,
    en: `"${title.en}" is a danger to life: it is not switched off without a reason`,
  },
  write: { zh: '写 `{ off: true, reason: … }`', en: 'write `{ off: true, reason: … }`' },
})

/** The spec of a rule that compares with a fixed value; undefined for other kinds. */
export function limitOf(spec: unknown): LimitSpec | undefined {
  return typeof spec === 'object' && spec !== null && 'op' in spec && 'value' in spec && 'deadband' in spec
    ? (spec as LimitSpec)
    : undefined
}

/** Whether a rule watches the upper end. */
export const isUpper = ({ op }: LimitSpec): boolean => op === 'gt' || op === 'ge'

function isWeaker(before: LimitSpec, now: LimitSpec): boolean {
  if (isUpper(before) !== isUpper(now)) return true
  if (before.value !== now.value) return isUpper(before) ? now.value > before.value : now.value < before.value
  return before.op.endsWith('e') && now.op.endsWith('t')
}
