import type { Rule } from '../policy/rule.ts'
import { isLonger, keepWords, longest, parseKeep, textOf } from '../retention/keep.ts'
import type { Keep } from '../retention/keep.ts'
import { leastKept, recordKinds, usualRetention } from '../retention/settings.ts'
import type { RecordKind, RetentionSettings } from '../retention/settings.ts'
import { below, flag, mapping, pairs } from './reader.ts'
import type { Item, Report } from './report.ts'

const others = ['budget', 'readings', 'remove'] as const

/** The block `retention` of the site file. It may only lengthen what a rule in force asks for. */
export function readRetention(report: Report, item: Item | undefined, rules: readonly Rule[]): RetentionSettings {
  if (!item || item.value === null) return usualRetention
  if (!mapping(report, item, [...recordKinds, ...others])) return usualRetention
  const records: Partial<Record<RecordKind, Keep>> = {}
  for (const [key, child] of pairs(item)) {
    const kind = recordKinds.find(one => one === key)
    if (!kind) continue
    const keep = readKeep(report, child)
    if (keep && isLongEnough(report, child, keep, neededFor(kind, rules))) records[kind] = keep
  }
  const readingsItem = below(item, 'readings')
  const readings = readingsItem && readKeep(report, readingsItem)
  const needed = longestRule(rules.filter(({ watches }) => watches.length > 0))
  const isFit = !readings || !readingsItem || isLongEnough(report, readingsItem, readings, needed)
  return {
    budget: readBytes(report, below(item, 'budget')) ?? usualRetention.budget,
    records,
    readings: isFit ? readings : undefined,
    remove: flag(report, below(item, 'remove')) ?? usualRetention.remove,
  }
}

interface Needed {
  readonly keep: Keep
  /** Absent where it is the product's own least. */
  readonly rule?: Rule
}

function neededFor(kind: RecordKind, rules: readonly Rule[]): Needed {
  const least: Needed = { keep: leastKept[kind] }
  const found = longestRule(rules.filter(({ record }) => record === kind))
  return found && isLonger(found.keep, least.keep) ? found : least
}

function longestRule(rules: readonly Rule[]): Needed | undefined {
  const keep = longest(rules.map(({ retention }) => parseKeep(retention)))
  const rule = keep && rules.find(({ retention }) => retention === textOf(keep))
  return keep && rule && { keep, rule }
}

function isLongEnough(report: Report, item: Item, keep: Keep, needed: Needed | undefined): boolean {
  if (!needed || !isLonger(needed.keep, keep)) return true
  const [short, long] = [keepWords(keep), keepWords(needed.keep)]
  const by = needed.rule
    ? { zh: `制度 ${needed.rule.clause} 要求`, en: `clause ${needed.rule.clause} asks for` }
    : { zh: '至少要', en: 'the least is' }
  report.error(item, {
    code: 'kept-too-short',
    wrong: { zh: `保存 ${short.zh} 太短：${by.zh} ${long.zh}`, en: `${short.en} is too short: ${by.en} ${long.en}` },
    write: {
      zh: `写 \`${textOf(needed.keep)}\` 或更长，或删去这一行`,
      en: `write \`${textOf(needed.keep)}\` or longer, or leave the line out`,
    },
  })
  return false
}

function readKeep(report: Report, item: Item): Keep | undefined {
  const keep = parseKeep(item.value)
  if (keep === undefined)
    report.error(item, {
      code: 'bad-retention',
      wrong: { zh: `“${String(item.value)}”不是保存年限`, en: `"${String(item.value)}" is no time of keeping` },
      write: { zh: '写年数 `3y`、天数 `400d` 或 `forever`', en: 'write years `3y`, days `400d` or `forever`' },
    })
  return keep
}

const units: Readonly<Record<string, number>> = { MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4, MB: 1e6, GB: 1e9, TB: 1e12 }
const leastBudget = 64 * 1024 ** 2

function readBytes(report: Report, item: Item | undefined): number | undefined {
  if (!item) return undefined
  const [, digits = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)\s*([KMGT]i?B)$/.exec(String(item.value)) ?? []
  const bytes = Number(digits) * (units[unit] ?? Number.NaN)
  if (digits !== '' && bytes >= leastBudget) return Math.round(bytes)
  report.error(item, {
    code: 'bad-size',
    wrong: { zh: `“${String(item.value)}”不是可用的磁盘大小`, en: `"${String(item.value)}" is no usable size` },
    write: { zh: '至少 64MiB，例如 `20GiB`', en: 'at least 64MiB, for example `20GiB`' },
  })
  return undefined
}
