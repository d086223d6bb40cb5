import type { Millis } from '../../protocols/contract/time.ts'
import { minutes, seconds } from '../../protocols/contract/time.ts'

const waits = [seconds(5), seconds(30), minutes(2), minutes(10)] as const
/** What has been given up is tried again so often, as long as somebody has to know. */
export const everyHalfHour = minutes(30)

/** Failures by which a channel of several has had its chance. */
export const patience = 3

/** How long to wait after so many failures, 1 for the first; `chance` in [0, 1) spreads what would come back all at once by a tenth. */
export function waitAfter(failures: number, chance: number, asked?: number): Millis {
  const usual = waits[failures - 1] ?? everyHalfHour
  const spread = usual * (0.95 + chance / 10)
  return Math.round(Math.max(spread, Math.min(asked ?? 0, everyHalfHour))) as Millis
}
