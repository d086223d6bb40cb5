import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AlarmDesk } from '../../gateway/alarm/desk.ts'
import type { AlarmEvent } from '../../gateway/alarm/alarm.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import { RuleBook } from '../../gateway/policy/rule-book.ts'
import type { Rule, RuleId } from '../../gateway/policy/rule.ts'
import { restore } from '../../gateway/restore.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { minutes } from '../../protocols/contract/time.ts'

const words = { zh: '柜', en: 'cabinet' }
const basis = { kind: 'design', source: words, verified: false } as const
function rule(name: string, key: string, settings: { readonly kind: string }): Rule {
  const parsed = ruleKinds.get(settings.kind)?.parse(settings, nowhere)
  if (!parsed?.ok) throw new Error(JSON.stringify(parsed))
  const point = pointId('cabinet', key)
  return {
    id: `cabinet.${key}.${name}` as RuleId,
    kind: settings.kind,
    spec: parsed.spec,
    settings,
    watches: [point],
    point,
    equipment: 'cabinet',
    clause: 'CAN-1',
    title: words,
    priority: 'high',
    alarmBasis: basis,
    advice: words,
    policy: { id: 'canteen', version: '1' },
  }
}
const of = (kind: string, settings: object): { readonly kind: string } => ({ kind, ...settings })
const rules: readonly Rule[] = [
  rule('warm', 'a', of('limit', { op: 'gt', value: 8, onDelay: '3m', offDelay: '2m' })),
  rule('silent', 'a', of('stale', { after: '5m' })),
  rule('silent', 'b', of('stale', { after: '7m' })),
  rule('cold', 'b', of('limit', { op: 'lt', value: 0, onDelay: '0s', offDelay: '90s' })),
  // Nobody ever speaks there: its silence is counted from the start.
  rule('silent', 'never', of('stale', { after: '20m' })),
]

/** Evaluator and desk as one watch has them, on a store that is two maps. */
class Stand {
  readonly store: { readonly checkpoints: Map<string, unknown>; readonly latest: Map<PointId, { good?: Reading; any: Reading }> }
  readonly told: string[]
  #evaluator: Evaluator
  #desk: AlarmDesk

  constructor(at: Instant) {
    this.store = { checkpoints: new Map(), latest: new Map() }
    this.told = []
    ;[this.#evaluator, this.#desk] = this.#make(at)
    this.#evaluator.resume(at)
  }
  #make(at: Instant): [Evaluator, AlarmDesk] {
    const staleAfter = (): Millis => minutes(5)
    const evaluator = new Evaluator({ rules, kinds: ruleKinds, staleAfter, lateness: () => 0 as Millis, startAt: at })
    return [evaluator, new AlarmDesk(new RuleBook(rules))]
  }
  hear(readings: readonly Reading[], at: Instant): void {
    for (const verdict of this.#evaluator.hear(readings, at)) this.#keep(this.#desk.hear(verdict))
    for (const { rule: id, memory } of this.#evaluator.takeChanges())
      this.store.checkpoints.set(`rule:${id}`, JSON.parse(JSON.stringify(memory)))
    for (const reading of readings) {
      const known = this.store.latest.get(reading.point)?.good
      const good = reading.quality === 'good' ? reading : known
      this.store.latest.set(reading.point, { any: reading, ...(good ? { good } : {}) })
    }
  }
  #keep(events: readonly AlarmEvent[]): void {
    for (const { kind, at, alarm } of events) {
      this.told.push(`${kind} ${at} ${alarm.rule} ${alarm.state} since ${alarm.since}`)
      if (alarm.state === 'normal') this.store.checkpoints.delete(`alarm:${alarm.id}`)
      else this.store.checkpoints.set(`alarm:${alarm.id}`, alarm)
    }
  }
  /** Another watch takes over. */
  async relieve(at: Instant): Promise<void> {
    const heard = this.#evaluator.heard()
    ;[this.#evaluator, this.#desk] = this.#make(at)
    const { checkpoints, latest } = this.store
    await restore({ evaluator: this.#evaluator, desk: this.#desk, checkpoints, latest, now: at, heard })
    this.hear([], at)
  }
}

describe('a watch that takes over', () => {
  test('says what the one before would have said, to the millisecond, whenever it does', async () => {
    const step = fc.record({
      after: fc.integer({ min: 1, max: 400_000 }),
      key: fc.constantFrom('a', 'b'),
      value: fc.constantFrom(-1, 4, 9, Number.NaN),
      relieved: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async steps => {
        const begin = 1_700_000_000_000 as Instant
        const [stays, changes] = [new Stand(begin), new Stand(begin)]
        let at = begin
        for (const { after, key, value, relieved } of steps) {
          at = (at + after) as Instant
          const base = { point: pointId('cabinet', key), at, receivedAt: at }
          const reading: Reading = Number.isNaN(value)
            ? { ...base, quality: 'bad', fault: { code: 'timeout', detail: 'x' } }
            : { ...base, quality: 'good', value }
          // It ends somewhere between two readings, and what comes meanwhile is heard with the time at which it came.
          if (relieved) {
            const end = (at - Math.min(after, 700)) as Instant
            stays.hear([], end)
            await changes.relieve(end)
          }
          for (const stand of [stays, changes]) stand.hear([reading], at)
        }
        for (const stand of [stays, changes]) stand.hear([], (at + 3_600_000) as Instant)
        expect(changes.told).toEqual(stays.told)
        expect(stays.told.some(line => line.includes('never'))).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
