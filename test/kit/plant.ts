import { fault } from '../../protocols/contract/fault.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { Alarm, AlarmEvent, AlarmId } from '../../gateway/alarm/alarm.ts'
import { AlarmDesk } from '../../gateway/alarm/desk.ts'
import type { Follower } from '../../gateway/alarm/follow.ts'
import { ownRule } from '../../gateway/alarm/own.ts'
import type { PeopleRecord } from '../../gateway/alarm/people.ts'
import type { Entry } from '../../gateway/journal/entry.ts'
import { Pipeline } from '../../gateway/pipeline.ts'
import type { Commanded } from '../../gateway/pipeline.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import { RuleBook } from '../../gateway/policy/rule-book.ts'
import type { Rule, RuleId } from '../../gateway/policy/rule.ts'
import { restore } from '../../gateway/restore.ts'
import { StoreTrouble } from '../../gateway/store/store.ts'
import type { Checkpoint, Journal, StoredReading } from '../../gateway/store/store.ts'
import { FakeClock } from './fake-clock.ts'

/** A disk in memory that can fail on command; what it took survives a restart of the plant. */
export class Disk {
  readonly entries: Entry[] = []
  readonly checkpoints = new Map<string, unknown>()
  readonly readings: StoredReading[] = []
  isFull = false

  append(
    drafts: readonly Omit<Entry, 'seq' | 'writtenAt' | 'leaf'>[],
    checkpoints: readonly Checkpoint[] = [],
  ): Promise<readonly Entry[]> {
    if (this.isFull) return Promise.reject(new StoreTrouble('no space left on device'))
    const written = drafts.map((draft, index) => ({
      ...draft,
      seq: this.entries.length + index + 1,
      writtenAt: draft.at,
      leaf: '',
    }))
    this.entries.push(...written)
    for (const { key, value } of checkpoints) {
      if (value === undefined) this.checkpoints.delete(key)
      else this.checkpoints.set(key, structuredClone(value))
    }
    return Promise.resolve(written)
  }

  record(readings: readonly StoredReading[]): Promise<void> {
    if (this.isFull) return Promise.reject(new StoreTrouble('no space left on device'))
    this.readings.push(...readings)
    return Promise.resolve()
  }

  latest(): Map<PointId, { good?: Reading; any: Reading }> {
    const latest = new Map<PointId, { good?: Reading; any: Reading }>()
    for (const { reading, mark } of this.readings) {
      if (mark === 'late') continue
      const before = latest.get(reading.point)
      latest.set(reading.point, { ...before, ...(reading.quality === 'good' ? { good: reading } : {}), any: reading })
    }
    return latest
  }
}

export interface PlantRule {
  readonly id: string
  readonly kind: string
  readonly point: string
  /** What the rule says beside its kind's settings: priority, equipment, latching … */
  readonly says?: Partial<Rule>
  readonly [setting: string]: unknown
}

export interface Plant {
  readonly clock: FakeClock
  readonly disk: Disk
  /** `120s too-warm raised`, as people were told, in order. */
  readonly told: string[]
  reads(point: string, value: number, options?: { readonly at?: Instant }): Promise<void>
  readsAll(point: string, readings: readonly (readonly [at: Instant, value: number])[]): Promise<void>
  loses(point: string): Promise<void>
  passes(length: Millis): Promise<void>
  /** The gateway says something of itself: `link.down` of a connection. */
  notes(kind: string, about: string): Promise<void>
  records(record: Pick<PeopleRecord, 'kind' | 'equipment'> & Partial<PeopleRecord>): Promise<Entry>
  acknowledges(rule: string, comment?: string): Promise<Commanded>
  state(rule: string): string
  readonly desk: AlarmDesk
  readonly pipeline: Pipeline
  /** Ends without a word and starts again on the same disk. */
  killed(rules?: readonly PlantRule[]): Promise<Plant>
}

export async function plant(
  rules: readonly PlantRule[],
  options: {
    readonly disk?: Disk
    readonly clock?: FakeClock
    readonly staleAfter?: Millis
    readonly began?: number
    readonly followers?: (rules: readonly Rule[], alarmOf: (rule: RuleId) => Alarm | undefined) => readonly Follower[]
  } = {},
): Promise<Plant> {
  const clock = options.clock ?? new FakeClock()
  const disk = options.disk ?? new Disk()
  const began = options.began ?? clock.now()
  const told: string[] = []
  const checked = rules.map(({ id, kind, point, says, ...settings }): Rule => {
    const parsed = ruleKinds.get(kind)?.parse({ kind, ...settings }, nowhere)
    if (!parsed?.ok) throw new Error(JSON.stringify(parsed?.problems))
    const own = ownRule('gateway.clock:any' as RuleId, () => ({ zh: id, en: id })) as Rule
    const watches = [point as PointId]
    return { ...own, id: id as RuleId, kind, point: point as PointId, watches, spec: parsed.spec, priority: 'medium', ...says }
  })
  const evaluator = new Evaluator({
    rules: checked,
    kinds: ruleKinds,
    staleAfter: () => options.staleAfter,
    startAt: clock.now(),
  })
  const book = new RuleBook(checked, id => ownRule(id, (_kind, name) => ({ zh: name, en: name })))
  const desk = new AlarmDesk(book)
  const followers = options.followers?.(checked, rule => desk.ofRule(rule)) ?? []
  const obsolete = await restore({ evaluator, desk, checkpoints: disk.checkpoints, latest: disk.latest(), now: clock.now() })
  for (const follower of followers) follower.restore?.(disk.checkpoints, desk.openAlarms(), clock.now())
  const journal = { append: disk.append.bind(disk) } as Journal
  const outlet = {
    alarmChanged({ kind, at, alarm, ...rest }: AlarmEvent, recorded: boolean) {
      const who = rest.by === 'system' ? '' : ` by ${rest.by}`
      told.push(`${(at - began) / 1_000}s ${alarm.rule} ${kind.replace('alarm.', '')}${who}${recorded ? '' : ' (unrecorded)'}`)
    },
  }
  const historian = { record: disk.record.bind(disk) } as Pipeline extends never
    ? never
    : ConstructorParameters<typeof Pipeline>[0]['store']['historian']
  const pipeline = new Pipeline({
    clock,
    wall: clock,
    evaluator,
    desk,
    store: { journal, historian },
    cite: rule => {
      const equipment = book.get(rule)?.equipment ?? ''
      return equipment === '' ? {} : { equipment }
    },
    followers,
    outlets: [outlet],
  })
  pipeline.begin({ kind: 'gateway.started', by: 'system', data: {} }, obsolete)
  await pipeline.settled()

  const good = (point: string, at: Instant, value: number): Reading => ({
    point: point as PointId,
    at,
    receivedAt: clock.now(),
    value,
    quality: 'good',
  })
  return {
    clock,
    disk,
    told,
    desk,
    pipeline,
    async reads(point, value, { at = clock.now() } = {}) {
      pipeline.accept([good(point, at, value)])
      await pipeline.settled()
    },
    async readsAll(point, readings) {
      pipeline.accept(readings.map(([at, value]) => good(point, at, value)))
      await pipeline.settled()
    },
    async loses(point) {
      pipeline.accept([
        {
          point: point as PointId,
          at: clock.now(),
          receivedAt: clock.now(),
          quality: 'bad',
          fault: fault('timeout', 'no answer'),
        },
      ])
      await pipeline.settled()
    },
    passes: length => clock.passes(length, () => pipeline.settled()),
    async notes(kind, about) {
      pipeline.mention({ kind, by: 'system', about, data: {} })
      await pipeline.settled()
    },
    async records({ kind, equipment, at = clock.now(), by = 'Ada', verdict = 'passed', fields = {} }) {
      const entry = await pipeline.record({ kind, equipment, at, by, verdict, fields })
      await pipeline.settled()
      return entry
    },
    async acknowledges(rule, comment = 'seen') {
      const id = desk.ofRule(rule as RuleId)?.id ?? ('A0' as AlarmId)
      return pipeline.command(id, { do: 'acknowledge', comment }, 'Ada')
    },
    state: rule => desk.ofRule(rule as RuleId)?.state ?? 'normal',
    async killed(next = rules) {
      await pipeline.close()
      return plant(next, { ...options, disk, clock, began })
    },
  }
}
