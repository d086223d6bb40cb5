import type { Millis } from '../../protocols/contract/time.ts'
import { hours } from '../../protocols/contract/time.ts'
import { modeNames } from '../policy/rule.ts'
import type { Priority, Rule } from '../policy/rule.ts'
import { badDuration, below, duration, flag, list, oneOf } from './reader.ts'
import type { Item, Report } from './report.ts'

/** How an alarm of a rule is dealt with, as it is written; what is not said is absent. */
export interface Handling {
  readonly latching?: boolean
  readonly lifeSafety?: boolean
  readonly reAlarm?: Millis | 'never'
  readonly locksOut?: boolean
  readonly notDuring?: readonly string[]
}
export const handlingKeys = ['latching', 'lifeSafety', 'reAlarm', 'locksOut', 'notDuring'] as const

/** An acknowledged alarm of high priority that lasts as long as a shift calls again ([design]); the others stay quiet. */
export const shift = hours(8)

/** Reads the keys of a rule, or of a site's change of one. What is wrong is reported. */
export function readHandling(report: Report, item: Item): Handling {
  const latching = flag(report, below(item, 'latching'))
  const lifeSafety = flag(report, below(item, 'lifeSafety'))
  const locksOut = flag(report, below(item, 'locksOut'))
  const reAlarm = readReAlarm(report, below(item, 'reAlarm'))
  const modes = below(item, 'notDuring')
  const notDuring = modes && list(report, modes).flatMap(mode => oneOf(report, mode, modeNames, 'unknown-mode') ?? [])
  return {
    ...(latching === undefined ? {} : { latching }),
    ...(lifeSafety === undefined ? {} : { lifeSafety }),
    ...(reAlarm === undefined ? {} : { reAlarm }),
    ...(locksOut === undefined ? {} : { locksOut }),
    ...(notDuring === undefined ? {} : { notDuring: [...new Set(notDuring)] }),
  }
}

function readReAlarm(report: Report, item: Item | undefined): Handling['reAlarm'] {
  if (item?.value === 'never') return 'never'
  const length = duration(report, item)
  if (!item || length === undefined || length >= 60_000) return length
  // Every turn of the desk would call again: a pause below a minute is a slip, or noise.
  report.error(item, { ...badDuration(item.value), code: 're-alarm-too-short', wrong: tooShort, write: aMinute })
  return undefined
}
const tooShort = { zh: '再次呼叫的间隔太短', en: 'it would call again too soon' }
const aMinute = { zh: '写 1m 以上，或 `never`', en: 'write 1m or more, or `never`' }

/** Whether a danger to life would be kept quiet by a mode: the two exclude each other. */
export function checkQuiet(report: Report, item: Item, { lifeSafety, notDuring = [] }: Handling): void {
  if (lifeSafety !== true || notDuring.length === 0) return
  report.error(below(item, 'notDuring') ?? item, {
    code: 'life-safety',
    wrong: { zh: '危及人身的报警任何时候都要响', en: 'an alarm of a danger to life is never kept quiet' },
    write: { zh: '删去 notDuring', en: 'remove notDuring' },
  })
}

/** What a site may not change of a danger to life, and what of the shipped handling it weakens: that needs a reason. */
export function weakened(shipped: Handling, changed: Handling): readonly (keyof Handling)[] {
  const weaker: (keyof Handling)[] = []
  for (const key of ['latching', 'locksOut'] as const) if (shipped[key] === true && changed[key] === false) weaker.push(key)
  if (changed.notDuring?.some(mode => !(shipped.notDuring ?? []).includes(mode))) weaker.push('notDuring')
  return weaker
}

/** As the alarm desk has it. */
export function handled(
  { reAlarm, latching, lifeSafety, locksOut, notDuring = [] }: Handling,
  priority: Priority,
): Pick<Rule, keyof Handling> {
  const again = reAlarm ?? (priority === 'high' ? shift : 'never')
  return {
    ...(latching ? { latching } : {}),
    ...(lifeSafety ? { lifeSafety } : {}),
    ...(again === 'never' ? {} : { reAlarm: again }),
    ...(locksOut ? { locksOut } : {}),
    ...(notDuring.length > 0 ? { notDuring } : {}),
  }
}
