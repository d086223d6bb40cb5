import type { Instant } from '../protocols/contract/time.ts'
import type { Alarm } from './alarm/alarm.ts'
import type { AlarmDesk } from './alarm/desk.ts'
import type { Evaluator, RuleMemory } from './policy/evaluator.ts'
import type { RuleId } from './policy/rule.ts'
import type { Historian, Journal, Store } from './store/store.ts'

export interface RestoreParts {
  readonly evaluator: Evaluator
  readonly desk: AlarmDesk
  readonly checkpoints: Awaited<ReturnType<Journal['checkpoints']>>
  readonly latest: Awaited<ReturnType<Historian['latest']>>
  readonly now: Instant
}

/**
 * Puts rules, timers and alarms back to where the last run left them, whether it ended well or was killed. The checkpoints were
 * written together with the journal entries they led to, so neither can be ahead of the other. Returns the keys nobody owns any more.
 */
export function restore({ evaluator, desk, checkpoints, latest, now }: RestoreParts): readonly string[] {
  const obsolete: string[] = []
  const open: Alarm[] = []
  let counter = 0
  // The values were written by the pipeline of this data directory; their shape is its own.
  for (const [key, value] of checkpoints) {
    if (key.startsWith('rule:')) {
      if (!evaluator.restoreRule(key.slice('rule:'.length) as RuleId, value as RuleMemory)) obsolete.push(key)
    } else if (key.startsWith('alarm:')) {
      open.push(value as Alarm)
    } else if (key === 'desk') {
      counter = (value as { counter: number }).counter
    }
  }
  desk.restore({ open, counter })
  for (const [point, { good, any }] of latest) {
    const word = good && good.quality === 'good' ? { good: { at: good.at, value: good.value } } : {}
    evaluator.restorePoint(point, { ...word, lastWordBad: any.quality !== 'good' })
  }
  evaluator.rehear()
  evaluator.resume(now)
  return obsolete
}

/** Where the domain clock of a data directory must go on from: never behind what was already written. */
export async function resumeFrom(store: Store, now: Instant): Promise<Instant> {
  const kept = (await store.journal.checkpoints()).get('clock')
  const latest = await store.historian.latest()
  const newest = [...latest.values()].map(({ any }) => any.receivedAt)
  const last = typeof kept === 'number' ? kept : 0
  return newest.reduce<number>((a, b) => Math.max(a, b), Math.max(last, now)) as Instant
}
