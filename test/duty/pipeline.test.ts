import { describe, expect, test } from 'vitest'
import { AlarmDesk } from '../../gateway/alarm/desk.ts'
import { ownRule, ownRuleId } from '../../gateway/alarm/own.ts'
import { nobody } from '../../gateway/duty/duty.ts'
import type { Duty } from '../../gateway/duty/duty.ts'
import { Office } from '../../gateway/duty/office.ts'
import { Pipeline } from '../../gateway/pipeline.ts'
import { plainCalendar } from '../../gateway/policy/calendar.ts'
import { parseDay } from '../../gateway/policy/calendar-days.ts'
import type { Day } from '../../gateway/policy/calendar-days.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import { RuleBook } from '../../gateway/policy/rule-book.ts'
import { StoreTrouble } from '../../gateway/store/store.ts'
import { hours, minutes, seconds } from '../../protocols/contract/time.ts'
import { FakeClock } from '../kit/fake-clock.ts'
import { Disk } from '../kit/plant.ts'

const people = new Map(
  ['wang', 'chen'].map(id => [
    id,
    { id, name: { zh: id, en: id }, roles: [], language: 'zh' as const, channels: [], handles: {} },
  ]),
)
/** One shift a day, 08:00 to 20:00 in UTC, and nobody on every second day. */
const duty: Duty = {
  ...nobody,
  people,
  rosters: new Map([
    [
      'guard',
      {
        id: 'guard',
        name: { zh: '保安值班', en: 'Guard' },
        shifts: [{ id: 'day', name: { zh: '白班', en: 'Day' }, span: { from: 480, to: 1_200 } }],
        rotation: { from: parseDay('2026-09-01') as Day, lines: [{ day: 'wang' }, {}] },
        swaps: [],
      },
    ],
  ]),
}
const rule = ownRuleId('roster', 'guard')

/** The real pipeline with an office, on a disk in memory; it is midnight of 1 September. */
async function house(disk = new Disk(), clock = new FakeClock()) {
  const desk = new AlarmDesk(new RuleBook([], id => ownRule(id, (_kind, name) => duty.rosters.get(name)?.name)))
  const office = new Office({ duty, calendar: plainCalendar('UTC') })
  const pipeline = new Pipeline({
    clock,
    wall: clock,
    evaluator: new Evaluator({ rules: [], kinds: new Map(), staleAfter: () => undefined, startAt: clock.now() }),
    desk,
    followers: [office],
    store: { journal: { append: disk.append.bind(disk) }, historian: { record: disk.record.bind(disk) as never } },
    cite: () => ({}),
    outlets: [],
  })
  pipeline.begin({ kind: 'gateway.started', by: 'system', data: {} }, [])
  await pipeline.settled()
  const passes = (length: ReturnType<typeof minutes>): Promise<void> => clock.passes(length, () => pipeline.settled())
  const kinds = (): readonly string[] => disk.entries.map(({ kind }) => kind).filter(kind => kind !== 'gateway.started')
  const swap = (on: string) =>
    pipeline.act(at =>
      office.swap({ roster: 'guard', on: parseDay(on) as Day, shift: 'day', person: 'chen', reason: '顶班' }, 'ada', at),
    )
  return { clock, disk, desk, office, pipeline, passes, kinds, swap }
}

describe('a roster in the running gateway', () => {
  test('raises its alarm a day before the empty shift and clears it in the turn after the swap', async () => {
    const { desk, passes, kinds, swap, disk, clock } = await house()
    await passes(hours(9))
    // The shift of the 2nd begins at 08:00, a day after the 1st at 08:00.
    expect(desk.ofRule(rule)).toMatchObject({ state: 'unacknowledged', raisedAt: Date.UTC(2026, 8, 1, 8) })
    expect(kinds()).toEqual(['roster.hole', 'alarm.raised'])
    expect(await swap('2026-09-02')).toMatchObject({ ok: true, shift: { person: 'chen' } })
    await clock.passes(seconds(0), async () => {})
    await passes(seconds(1))
    expect(desk.ofRule(rule)?.state).toBe('returned-unacknowledged')
    expect(kinds().slice(2)).toEqual(['roster.swapped', 'roster.filled', 'alarm.cleared'])
    expect(disk.checkpoints.get('swap:1')).toMatchObject({ on: '2026-09-02', person: 'chen', by: 'ada' })
    expect(disk.checkpoints.get('roster:guard')).toBeUndefined()
  })

  test('keeps its alarm where the swap could not be written, and nobody is on', async () => {
    const { desk, office, passes, kinds, swap, disk } = await house()
    await passes(hours(9))
    disk.isFull = true
    await expect(swap('2026-09-02')).rejects.toThrow(StoreTrouble)
    disk.isFull = false
    await passes(minutes(1))
    expect(desk.ofRule(rule)).toMatchObject({ state: 'unacknowledged', active: true })
    expect(office.onDuty('guard', Date.UTC(2026, 8, 2, 12) as never)?.person).toBeUndefined()
    expect(kinds()).toEqual(['roster.hole', 'alarm.raised'])
    expect(await swap('2026-09-02')).toMatchObject({ ok: true })
  })

  test('is refused without an entry', async () => {
    const { kinds, swap } = await house()
    expect(await swap('2026-08-01')).toEqual({ ok: false, why: 'past' })
    expect(kinds()).toEqual([])
  })
})
