import type { WireDosedTank } from '../../../../gateway/api/wire-records.ts'
import type { Tone } from '../urgency.ts'

const day = 86_400_000

/** How far a tank is on its way to the next dosing. */
export interface Countdown {
  /** 0–1; absent where nobody knows when it was dosed last, or how often it has to be. */
  readonly spent: number | undefined
  /** Whole days since the last dosing, and of how many. */
  readonly days: number | undefined
  readonly of: number | undefined
  readonly due: number | undefined
  /** ms until then; below nought it is overdue. */
  readonly left: number | undefined
  readonly tone: Tone
}

/** Within this the next dosing is soon. */
const soon = day

export function countdownOf({ last, every, due }: Pick<WireDosedTank, 'last' | 'every' | 'due'>, now: number): Countdown {
  const at = last === null ? undefined : Date.parse(last.at)
  // The house rule counts from the dosing itself; the duty alone knows what a tank that was never dosed is waiting for.
  const dueAt = at !== undefined && every !== null ? at + every : due === null ? undefined : Date.parse(due.at)
  const left = dueAt === undefined ? undefined : dueAt - now
  const isOver = (left !== undefined && left < 0) || due?.state === 'missed'
  return {
    spent: at === undefined || every === null ? undefined : Math.min(1, Math.max(0, (now - at) / every)),
    days: at === undefined ? undefined : Math.max(0, Math.floor((now - at) / day)),
    of: every === null ? undefined : Math.round(every / day),
    due: dueAt,
    left,
    tone: isOver ? 'medium' : left === undefined ? 'unknown' : left <= soon ? 'advisory' : 'calm',
  }
}

/** The most pressing first: overdue, then soonest due, then what nobody knows of. */
export const byUrgency = (a: Countdown, b: Countdown): number =>
  (a.left ?? Number.MAX_SAFE_INTEGER) - (b.left ?? Number.MAX_SAFE_INTEGER)
