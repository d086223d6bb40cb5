import { expect, test } from 'vitest'
import { AlarmDesk } from '../../gateway/alarm/desk.ts'
import { Pipeline } from '../../gateway/pipeline.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import { RuleBook } from '../../gateway/policy/rule-book.ts'
import type { Rule, RuleId } from '../../gateway/policy/rule.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import { minutes } from '../../protocols/contract/time.ts'
import { FakeClock } from '../kit/fake-clock.ts'
import { Disk } from '../kit/plant.ts'

function rule(name: string, kind: string, settings: object, inputs: readonly string[]): Rule {
  const parsed = ruleKinds.get(kind)?.parse({ kind, ...settings }, nowhere)
  if (!parsed?.ok) throw new Error(JSON.stringify(parsed))
  const single = inputs.length === 1
  return {
    id: `pump.${inputs[0]}.${name}` as RuleId,
    kind,
    spec: parsed.spec,
    settings: { kind, ...settings },
    watches: inputs.map(key => pointId('pump', key)),
    point: pointId('pump', inputs[0] as string),
    ...(single ? {} : { inputs: inputs.map(key => ({ name: key, point: pointId('pump', key) })) }),
    equipment: 'pump',
    clause: 'WAT-6',
    title: { zh: '压力流量比过高', en: 'Pressure to flow too high' },
    priority: 'medium',
    alarmBasis: { kind: 'design', source: { zh: '默认', en: 'default' }, verified: false },
    advice: { zh: '查泵。', en: 'Check the pump.' },
    policy: { id: 'drinking-water', version: '1' },
  }
}

const rules = [
  rule('odd', 'expr', { when: 'pressure / flow > 100.0' }, ['pressure', 'flow']),
  rule('high', 'limit', { op: 'gt', value: 8 }, ['pressure']),
]

test('a rule that breaks is told once as an alarm of its own, under its clause, and the others are on time', async () => {
  const clock = new FakeClock()
  const disk = new Disk()
  const book = new RuleBook(rules)
  const told: string[] = []
  const evaluator = new Evaluator({ rules, kinds: ruleKinds, staleAfter: () => undefined, startAt: clock.now() })
  const desk = new AlarmDesk(book)
  const began = clock.now()
  const pipeline = new Pipeline({
    clock,
    wall: clock,
    evaluator,
    desk,
    store: { journal: { append: disk.append.bind(disk) }, historian: { record: disk.record.bind(disk) } },
    cite: id => ({ clause: book.get(id)?.clause, title: book.get(id)?.title.en }),
    outlets: [{ alarmChanged: ({ kind, at, alarm }) => void told.push(`${(at - began) / 60_000}m ${alarm.rule} ${kind}`) }],
  })
  // The pump stands still: pressure, and no flow to divide it by.
  for (let minute = 0; minute < 130; minute += 10) {
    const at = clock.now()
    const says = (key: string, value: number) =>
      ({ point: pointId('pump', key), at, receivedAt: at, value, quality: 'good' }) as const
    pipeline.accept([says('pressure', minute === 90 ? 9 : 4 + minute / 1_000), says('flow', 0)])
    await pipeline.settled()
    await clock.passes(minutes(10), () => pipeline.settled())
  }
  expect(told).toEqual([
    '60m pump.pressure.odd!failed alarm.raised',
    '90m pump.pressure.high alarm.raised',
    '100m pump.pressure.high alarm.cleared',
  ])
  const [failure, alarm] = disk.entries.filter(({ kind }) => kind !== 'alarm.cleared')
  expect(failure).toMatchObject({
    kind: 'rule.failed',
    about: 'pump.pressure.odd',
    data: { clause: 'WAT-6', why: expect.stringContaining('divided by zero since') as string },
  })
  expect(alarm).toMatchObject({
    kind: 'alarm.raised',
    data: {
      title: 'Rule out of order: Pressure to flow too high',
      alarm: { because: { en: expect.stringContaining('judges no more') as string } },
    },
  })
  await pipeline.close()

  // The next start tries it once more; the alarm is over, and stays on the board until somebody has answered it.
  const again = new Pipeline({
    clock,
    wall: clock,
    desk,
    outlets: [],
    cite: () => ({}),
    evaluator: new Evaluator({ rules, kinds: ruleKinds, staleAfter: () => undefined, startAt: clock.now() }),
    store: { journal: { append: disk.append.bind(disk) }, historian: { record: disk.record.bind(disk) } },
  })
  again.begin({ kind: 'gateway.started', by: 'system', data: {} }, [])
  await again.settled()
  expect(desk.ofRule('pump.pressure.odd!failed' as RuleId)?.state).toBe('returned-unacknowledged')
  await again.close()
})
