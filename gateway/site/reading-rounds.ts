import { parseDuration } from '../../protocols/contract/duration.ts'
import { days } from '../../protocols/contract/time.ts'
import type { Millis } from '../../protocols/contract/time.ts'
import type { Rule } from '../policy/rule.ts'
import type { Installed, Line } from './equipment.ts'
import { below } from './reader.ts'
import type { Finding, Report } from './report.ts'

const cycles = { day: days(1), month: days(31), quarter: days(92) } as const
/** A window may move within its cycle, and a meter may answer late in it. */
const slack = days(9)

/** From one reading to the next of equipment that is read once in a window: `read: { each: month, … }`. */
export function windowOf(read: unknown): Millis | undefined {
  if (typeof read !== 'object' || read === null) return undefined
  const each = 'each' in read ? read.each : 'month'
  return each === 'day' || each === 'month' || each === 'quarter' ? cycles[each] : undefined
}

/** What to write instead of a time that is too short for a window. */
export const longEnough = (window: Millis): string => `${(window + slack) / days(1)}d`

/**
 * Rules that call for a reading sooner than the window brings the next one: they would raise an alarm between any two readings. Those that
 * ask the site (`after: { fact: silentAfter }`) are told with what to write; the others cannot be meant for such a meter.
 */
export function checkRounds(
  report: Report,
  installed: readonly Installed[],
  lines: ReadonlyMap<string, Line>,
  rules: readonly Rule[],
): void {
  for (const { item, equipment, points } of installed) {
    for (const { point, binding } of points) {
      const window = windowOf(binding.device['read'] ?? lines.get(point.connection)?.settings['read'])
      if (window === undefined) continue
      for (const rule of rules) {
        if (rule.kind !== 'stale' || rule.point !== point.id || rule.equipment !== equipment.id) continue
        const fact = factOf(rule.settings['after'])
        const after = lengthOf(rule.spec)
        if (fact === undefined || after === undefined || after >= window) continue
        const facts = below(item, 'facts')
        const said = facts && below(facts, fact)
        report.warn(said ?? facts ?? item, tooSoon(rule, { fact, after, window, isWritten: said !== undefined }))
      }
    }
  }
}

const factOf = (after: unknown): string | undefined =>
  typeof after === 'object' && after !== null && 'fact' in after && typeof after.fact === 'string' ? after.fact : undefined

const lengthOf = (spec: unknown): number | undefined => {
  const after: unknown = typeof spec === 'object' && spec !== null && 'after' in spec ? spec.after : undefined
  return typeof after === 'number' ? after : parseDuration(after)
}

interface Sooner {
  readonly fact: string
  /** ms */
  readonly after: number
  readonly window: Millis
  readonly isWritten: boolean
}

const hour = 3_600_000
const tooSoon = ({ clause, title }: Rule, { fact, after, window, isWritten }: Sooner): Finding => ({
  code: 'stale-too-soon',
  on: isWritten ? 'value' : 'key',
  wrong: {
    zh: `${clause}“${title.zh}”会在两次抄表之间报警：它等 ${after / hour} 小时，两次抄表最长隔 ${window / days(1)} 天`,
    en: `${clause} "${title.en}" would be raised between two readings: it waits for ${after / hour} h, readings are up to ${window / days(1)} days apart`,
  },
  write: {
    zh: `写 \`facts: { ${fact}: ${longEnough(window)} }\` 或更长`,
    en: `write \`facts: { ${fact}: ${longEnough(window)} }\` or longer`,
  },
})
