import type { Reading } from '../protocols/contract/reading.ts'
import { days, later } from '../protocols/contract/time.ts'
import type { Instant } from '../protocols/contract/time.ts'
import type { Alarm } from './alarm/alarm.ts'
import type { AlarmDesk } from './alarm/desk.ts'
import { readingsIn } from './alarm/people.ts'
import { Verdicts } from './alarm/verdicts.ts'
import type { Evaluator, Heard } from './policy/evaluator.ts'
import { isVirtual } from './policy/running.ts'
import type { RuleId } from './policy/rule.ts'
import type { Historian, Journal, Store } from './store/store.ts'

export interface RestoreParts {
  readonly evaluator: Evaluator
  readonly desk: AlarmDesk
  readonly checkpoints: Awaited<ReturnType<Journal['checkpoints']>>
  readonly latest: Awaited<ReturnType<Historian['latest']>>
  /** Where the readings and records are that some rules have to hear again. */
  readonly store?: Pick<Store, 'historian' | 'journal'>
  readonly now: Instant
  /** Where this is no start but goes on from a watch that has just ended: nobody stopped listening in between. */
  readonly heard?: Heard
}

/**
 * Puts rules, timers and alarms back to where the last run left them, whether it ended well or was killed. The checkpoints were
 * written together with the journal entries they led to, so neither can be ahead of the other. Returns the keys nobody owns any more.
 */
export async function restore({
  evaluator,
  desk,
  checkpoints,
  latest,
  store,
  now,
  heard,
}: RestoreParts): Promise<readonly string[]> {
  const obsolete: string[] = []
  const open: Alarm[] = []
  let counter = 0
  // Written by the pipeline of this data directory; a row that a failing disk has changed is left out, and its rule begins anew.
  for (const [key, value] of checkpoints) {
    if (key.startsWith('rule:')) {
      if (!evaluator.restoreRule(key.slice('rule:'.length) as RuleId, value)) obsolete.push(key)
    } else if (key.startsWith('alarm:')) {
      // Written before alarms knew it: an alarm that is raised holds, one that has returned does not.
      if (isAlarm(value)) open.push({ ...value, active: value.active ?? value.state !== 'returned-unacknowledged' })
      else obsolete.push(key)
    } else if (key === 'desk') {
      counter = numberOf(fieldsOf(value)['counter']) ?? 0
    }
  }
  // No id is given twice, even where the counter was lost.
  for (const { id } of open) counter = Math.max(counter, Number(id.slice(1)) || 0)
  // In the order in which they came: of several that came at one instant the first stays the first.
  desk.restore({ open: open.toSorted((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1))), counter })
  for (const [point, { good, any }] of latest) {
    const word = good && good.quality === 'good' ? { good: { at: good.at, value: good.value } } : {}
    evaluator.restorePoint(point, { ...word, lastWordBad: any.quality !== 'good' })
  }
  if (store) evaluator.replay(await pastOf(evaluator, store, now), now)
  evaluator.rehear()
  if (heard) evaluator.goOn(heard, now)
  else evaluator.resume(now)
  return obsolete
}

/** A rule that was never heard of for longer than this begins anew rather than hearing a whole year again. */
const longest = days(32)
const mostRows = 2_000_000

/** What was stored after what the checkpoints knew, in the order of its time: readings of points, and records that people made. */
async function pastOf(
  evaluator: Evaluator,
  { historian, journal }: Pick<Store, 'historian' | 'journal'>,
  now: Instant,
): Promise<readonly Reading[]> {
  const past: Reading[] = []
  for (const [point, since] of evaluator.replayFrom()) {
    const from = later(since, (now - longest) as Instant)
    if (isVirtual(point)) {
      const kind = point.split('.record:')[1]?.split('/')[0] ?? ''
      if (kind === '') continue
      const { entries } = await journal.page({ kinds: [`record.${kind}`, 'record.corrected'], from, limit: 10_000 })
      past.push(...entries.flatMap(readingsIn).filter(reading => reading.point === point))
      continue
    }
    const { samples } = await historian.raw(point, from, (now + 1) as Instant, mostRows)
    for (const { t: at, v, q } of samples) {
      if (q === 'good' && v !== null) past.push({ point, at, receivedAt: at, value: v, quality: 'good' })
      else past.push({ point, at, receivedAt: at, quality: 'bad', fault: { code: 'device-reported', detail: 'stored as bad' } })
    }
  }
  return past.sort((a, b) => a.at - b.at)
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
const numberOf = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined)

function isAlarm(value: unknown): value is Alarm {
  const { id, rule, state, priority, since, raisedAt, times } = fieldsOf(value)
  const texts = [id, rule, state, priority].every(text => typeof text === 'string')
  return texts && [since, raisedAt, times].every(number => numberOf(number) !== undefined)
}

/** How far back the last words of rules are looked for; a rule without one in there is said to be kept since the oldest of them. */
const mostEntries = 3_000
const mostStarts = 200
/** From here on other rules may hold. */
const beginnings = ['gateway.started', 'site.changed']

/** The last word on every rule, as the journal's newest entries have it, and from when on these very rules have stood watch. */
export async function recallVerdicts(
  journal: Pick<Journal, 'page'>,
  site: { readonly digest: string; readonly policies: readonly { readonly id: string; readonly version: string }[] },
  now: Instant,
): Promise<Verdicts> {
  const starts = await journal.page({ kinds: beginnings, limit: mostStarts, newestFirst: true })
  const changed = starts.entries.findIndex(({ data }) => !isSameWatch(data, site))
  const first = (changed < 0 ? starts.entries : starts.entries.slice(0, changed)).at(-1)
  const { entries, next } = await journal.page({ limit: mostEntries, newestFirst: true })
  const oldest = next === undefined ? undefined : entries.at(-1)
  const since = Math.min(now, first?.at ?? now)
  const verdicts = new Verdicts(Math.max(since, oldest?.at ?? since) as Instant)
  for (const entry of entries) verdicts.hear(entry)
  return verdicts
}

/** Whether a start of the gateway judged by the same site file and the same versions of the packs. */
function isSameWatch(data: Readonly<Record<string, unknown>>, site: Parameters<typeof recallVerdicts>[1]): boolean {
  const policies = Array.isArray(data['policies']) ? data['policies'].map(fieldsOf) : []
  const named = policies.map(({ id, version }) => `${String(id)} ${String(version)}`)
  return data['digest'] === site.digest && named.join() === site.policies.map(({ id, version }) => `${id} ${version}`).join()
}

/** Where the domain clock of a data directory must go on from: never behind what was already written. */
export async function resumeFrom(store: Store, now: Instant): Promise<Instant> {
  const kept = (await store.journal.checkpoints()).get('clock')
  const latest = await store.historian.latest()
  const newest = [...latest.values()].map(({ any }) => any.receivedAt)
  const last = typeof kept === 'number' ? kept : 0
  return newest.reduce<number>((a, b) => Math.max(a, b), Math.max(last, now)) as Instant
}
