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
  // Written by the pipeline of this data directory; a row that a failing disk has changed is left out, and its rule begins anew.
  for (const [key, value] of checkpoints) {
    if (key.startsWith('rule:')) {
      if (!isRuleMemory(value) || !evaluator.restoreRule(key.slice('rule:'.length) as RuleId, value)) obsolete.push(key)
    } else if (key.startsWith('alarm:')) {
      if (isAlarm(value)) open.push(value)
      else obsolete.push(key)
    } else if (key === 'desk') {
      counter = numberOf(fieldsOf(value)['counter']) ?? 0
    }
  }
  // No id is given twice, even where the counter was lost.
  for (const { id } of open) counter = Math.max(counter, Number(id.slice(1)) || 0)
  desk.restore({ open, counter })
  for (const [point, { good, any }] of latest) {
    const word = good && good.quality === 'good' ? { good: { at: good.at, value: good.value } } : {}
    evaluator.restorePoint(point, { ...word, lastWordBad: any.quality !== 'good' })
  }
  evaluator.rehear()
  evaluator.resume(now)
  return obsolete
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
const numberOf = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined)

function isRuleMemory(value: unknown): value is RuleMemory {
  const { kind, state, wakeAt, heardAt } = fieldsOf(value)
  const isTime = (time: unknown): boolean => time === null || time === undefined || numberOf(time) !== undefined
  return typeof kind === 'string' && typeof state === 'object' && state !== null && isTime(wakeAt) && isTime(heardAt)
}

function isAlarm(value: unknown): value is Alarm {
  const { id, rule, state, priority, since, raisedAt, times } = fieldsOf(value)
  const texts = [id, rule, state, priority].every(text => typeof text === 'string')
  return texts && [since, raisedAt, times].every(number => numberOf(number) !== undefined)
}

/** Where the domain clock of a data directory must go on from: never behind what was already written. */
export async function resumeFrom(store: Store, now: Instant): Promise<Instant> {
  const kept = (await store.journal.checkpoints()).get('clock')
  const latest = await store.historian.latest()
  const newest = [...latest.values()].map(({ any }) => any.receivedAt)
  const last = typeof kept === 'number' ? kept : 0
  return newest.reduce<number>((a, b) => Math.max(a, b), Math.max(last, now)) as Instant
}
