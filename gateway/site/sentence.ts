import type { Words } from '../../protocols/contract/driver.ts'
import type { Alarm } from '../alarm/alarm.ts'
import type { Rule } from '../policy/rule.ts'
import type { Equipment, Point } from './site.ts'

export interface Limit {
  readonly op: 'gt' | 'ge' | 'lt' | 'le'
  readonly value: number
  readonly unit: string
}

const sides: Readonly<Record<Limit['op'], Words>> = {
  gt: { zh: '高于', en: 'above' },
  ge: { zh: '达到或高于', en: 'at or above' },
  lt: { zh: '低于', en: 'below' },
  le: { zh: '达到或低于', en: 'at or below' },
}

/** What happened, in one sentence: equipment, point, value and the limit it broke. */
export function sentenceOf(alarm: Alarm, rule: Rule, point: Point | undefined, equipment: Equipment | undefined): Words {
  if (!point || !equipment) return alarm.because ?? rule.title
  const who = { zh: `${equipment.name.zh} ${point.name.zh}`, en: `${equipment.name.en}: ${lowerFirst(point.name.en)}` }
  if (rule.kind === 'stale') return { zh: `${who.zh} 已无数据`, en: `${who.en} has sent no data` }
  if (alarm.because !== undefined) {
    return { zh: `${equipment.name.zh}：${alarm.because.zh}`, en: `${equipment.name.en}: ${lowerFirst(alarm.because.en)}` }
  }
  if (alarm.value === undefined) return { zh: `${who.zh}：${rule.title.zh}`, en: `${who.en}: ${lowerFirst(rule.title.en)}` }
  const label = point.labels.get(alarm.value)
  if (label !== undefined) return { zh: `${who.zh} ${label.zh}`, en: `${who.en} ${label.en}` }
  const value = withUnit(alarm.value, point)
  const limit = limitOf(rule, point)
  if (limit === undefined) return { zh: `${who.zh} ${value}`, en: `${who.en} ${value}` }
  const bound = withUnit(limit.value, point, true)
  const side = sides[limit.op]
  return { zh: `${who.zh} ${value}，${side.zh} ${bound}`, en: `${who.en} ${value}, ${side.en} ${bound}` }
}

/** The limit of a rule of kind `limit`; other kinds have none. The spec was checked when the site was read. */
export function limitOf(rule: Rule, point: Point): Limit | undefined {
  if (rule.kind !== 'limit' || typeof rule.spec !== 'object' || rule.spec === null) return undefined
  const { op, value } = rule.spec as { readonly op?: unknown; readonly value?: unknown }
  const isOp = op === 'gt' || op === 'ge' || op === 'lt' || op === 'le'
  return isOp && typeof value === 'number' ? { op, value, unit: point.unit } : undefined
}

/** Readings have fixed decimals so that they do not jitter; a limit is written as the clause has it. */
function withUnit(value: number, point: Point, isLimit = false): string {
  const number = isLimit ? String(value) : value.toFixed(point.decimals)
  return point.unit === '' ? number : point.unit === '%' ? `${number}%` : `${number} ${point.unit}`
}

/** `Cabinet temperature` inside a sentence; an abbreviation (`pH`, `CO₂`) stays as it is. */
const lowerFirst = (text: string): string => (/^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text)
