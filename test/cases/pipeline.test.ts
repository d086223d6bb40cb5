import { describe, expect, test } from 'vitest'
import { after, hours, minutes } from '../../protocols/contract/time.ts'
import { AlarmDesk } from '../../gateway/alarm/desk.ts'
import { LockOuts } from '../../gateway/alarm/lock-outs.ts'
import { ownRuleId } from '../../gateway/alarm/own.ts'
import { Cases } from '../../gateway/cases/cases.ts'
import type { CaseAnswer } from '../../gateway/cases/cases.ts'
import type { CaseStep } from '../../gateway/cases/case.ts'
import { Handovers } from '../../gateway/handover/handovers.ts'
import { digestOf } from '../../gateway/handover/handover.ts'
import { Pipeline } from '../../gateway/pipeline.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'
import { restore } from '../../gateway/restore.ts'
import { StoreTrouble } from '../../gateway/store/store.ts'
import type { Historian, Journal } from '../../gateway/store/store.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { FakeClock } from '../kit/fake-clock.ts'
import { Disk } from '../kit/plant.ts'

/** The real pipeline with a cabinet whose fault locks it out, on a disk in memory that can fill up and that a restart finds again. */
const fault = 'cold-1.state.faulty' as RuleId
const spec = ruleKinds.get('limit')?.parse({ kind: 'limit', op: 'ge', value: 1, onDelay: '0s' }, nowhere)
if (!spec?.ok) throw new Error('the rule is wrong')
const rule = { id: fault, kind: 'limit', point: 'cold-1.state' as PointId, spec: spec.spec, priority: 'high' as const }

async function works(disk = new Disk(), clock = new FakeClock()) {
  const evaluator = new Evaluator({ rules: [rule], kinds: ruleKinds, staleAfter: () => undefined, startAt: clock.now() })
  const known = { ...rule, equipment: 'cold-1', locksOut: true }
  const own = (id: RuleId) => (id.startsWith('gateway.case:') ? { priority: 'medium' as const } : undefined)
  const book = {
    has: (id: RuleId) => id === fault || own(id) !== undefined,
    get: (id: RuleId) => (id === fault ? known : own(id)),
  }
  const desk = new AlarmDesk(book)
  const checkpoints = new Map(disk.checkpoints)
  const obsolete = await restore({ evaluator, desk, checkpoints, latest: disk.latest(), now: clock.now() })
  const lockOuts = new LockOuts([known])
  const cases = new Cases({ lockOuts, placeOf: () => undefined, calledFor: () => [], personOf: () => undefined })
  const handovers = new Handovers(['desk-1'])
  const followers = [lockOuts, cases, handovers]
  for (const follower of followers) follower.restore(checkpoints, desk.openAlarms())
  const store = {
    journal: { append: disk.append.bind(disk) } as Journal,
    historian: { record: disk.record.bind(disk) } as unknown as Historian,
  }
  const pipeline = new Pipeline({ clock, wall: clock, evaluator, desk, store, cite: () => ({}), followers, outlets: [] })
  pipeline.begin({ kind: 'gateway.started', by: 'system', data: {} }, obsolete)
  await pipeline.settled()
  return {
    disk,
    clock,
    cases,
    handovers,
    lockOuts,
    desk,
    pipeline,
    async breaks(value = 1) {
      const at = clock.now()
      pipeline.accept([{ point: rule.point, at, receivedAt: at, value, quality: 'good' }])
      await pipeline.settled()
      await this.passes(0)
    },
    takes: (id: string, step: CaseStep, by = 'li'): Promise<CaseAnswer> => pipeline.act(at => cases.take(id, step, by, at)),
    passes: (length: number) => clock.passes(length as never, () => pipeline.settled()),
    kinds: () => disk.entries.map(({ kind }) => kind),
    async restarts() {
      await pipeline.close()
      return works(disk, clock)
    },
  }
}
type Works = Awaited<ReturnType<typeof works>>
const assign = (at: Works): CaseStep => ({
  do: 'assign',
  person: 'zhao',
  name: { zh: '赵', en: 'Zhao' },
  due: after(at.clock.now(), hours(2)),
  note: '',
})
const repair: CaseStep = { do: 'act', kind: 'repair', what: 'new fan', parts: [], photos: [] }

describe('a cabinet that breaks', () => {
  test('is locked out, has a fault record at once, and is released by the repair that stands in its case', async () => {
    const site = await works()
    await site.breaks()
    expect(site.lockOuts.of('cold-1')).toBeDefined()
    expect(site.cases.all()).toMatchObject([{ id: 'C1', equipment: 'cold-1', alarm: 'A1', state: 'open' }])

    await site.takes('C1', assign(site))
    await site.takes('C1', repair, 'zhao')

    expect(site.lockOuts.of('cold-1')).toBeUndefined()
    expect(site.kinds().slice(-3)).toEqual(['case.acted', 'record.repair', 'equipment.released'])
    await site.takes('C1', { do: 'verify', note: '' }, 'wang')
    expect((await site.takes('C1', { do: 'close', note: '' }, 'wang')).ok).toBe(true)
  })

  test('has one fault record over a restart, with the case as it was', async () => {
    const before = await works()
    await before.breaks()
    await before.takes('C1', assign(before))
    const one = before.cases.get('C1')

    const now = await before.restarts()

    expect(now.cases.all()).toEqual([one])
    expect(now.kinds().filter(kind => kind === 'case.opened').length).toBe(1)
  })

  test('stays locked out, and its case as it was, when the repair could not be written down', async () => {
    const site = await works()
    await site.breaks()
    await site.takes('C1', assign(site))
    const before = site.cases.get('C1')
    site.disk.isFull = true

    await expect(site.takes('C1', repair, 'zhao')).rejects.toBeInstanceOf(StoreTrouble)
    await expect(site.takes('C1', repair, 'zhao')).rejects.toBeInstanceOf(StoreTrouble)

    expect(site.cases.get('C1')).toBe(before)
    expect(site.lockOuts.of('cold-1')).toBeDefined()
    site.disk.isFull = false
    await site.passes(minutes(1))
    expect(site.kinds()).not.toContain('record.repair')
    expect((await site.takes('C1', repair, 'zhao')).ok).toBe(true)
    expect(site.lockOuts.of('cold-1')).toBeUndefined()
  })

  test('calls again through its case when nobody deals with it in time, until somebody does', async () => {
    const site = await works()
    await site.breaks()
    await site.takes('C1', assign(site))
    await site.passes(hours(3))
    const late = site.desk.ofRule(ownRuleId('case', 'C1'))
    expect(late).toMatchObject({ state: 'unacknowledged', active: true, because: { en: expect.stringContaining('Zhao') } })

    const again = await site.restarts()
    expect(again.desk.ofRule(ownRuleId('case', 'C1'))?.id).toBe(late?.id)
    await again.takes('C1', repair, 'zhao')
    await again.passes(0)
    expect(again.desk.ofRule(ownRuleId('case', 'C1'))).toMatchObject({ active: false })
  })
})

describe('a hand-over', () => {
  const signing = {
    roster: 'guards',
    outgoing: { account: 'li', name: 'Li' },
    incoming: { account: 'wang', name: 'Wang' },
    digest: digestOf([]),
    items: [],
    notes: 'keys',
  }
  const change = { name: { zh: '保安', en: 'Guards' } }

  test('is in the journal with its record, and is remembered over a restart', async () => {
    const site = await works()
    await site.pipeline.act(at => site.handovers.sign(signing, change, [], at))
    expect(site.kinds().slice(-2)).toEqual(['handover.signed', 'record.handover'])
    expect((await site.restarts()).handovers.last('guards')).toMatchObject({ notes: 'keys', incoming: { account: 'wang' } })
  })

  test('never happened when the disk was full', async () => {
    const site = await works()
    site.disk.isFull = true
    await expect(site.pipeline.act(at => site.handovers.sign(signing, change, [], at))).rejects.toBeInstanceOf(StoreTrouble)
    expect(site.handovers.last('guards')).toBeUndefined()
  })
})
