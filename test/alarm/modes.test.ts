import { describe, expect, test } from 'vitest'
import { after, hours, minutes, seconds } from '../../protocols/contract/time.ts'
import type { Alarm } from '../../gateway/alarm/alarm.ts'
import { Modes } from '../../gateway/alarm/modes.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'
import { StoreTrouble } from '../../gateway/store/store.ts'
import { plant } from '../kit/plant.ts'
import type { Plant, PlantRule } from '../kit/plant.ts'

const says = { equipment: 'cold', notDuring: ['defrost', 'cleaning'] }
const warm: PlantRule = { id: 'warm', kind: 'limit', point: 'cold.t', op: 'gt', value: 8, onDelay: '20m', offDelay: '0s', says }
const open: PlantRule = { id: 'open', kind: 'limit', point: 'cold.door', op: 'ge', value: 1, onDelay: '5m', offDelay: '0s', says }
const hot: PlantRule = { ...warm, id: 'hot', value: 12, onDelay: '5m', says: { equipment: 'cold' } }
const other: PlantRule = { ...warm, id: 'other', point: 'box.t', says: { ...says, equipment: 'box' } }

const build = (rules: readonly PlantRule[] = [warm, open, hot, other]): Promise<Plant> =>
  plant(rules, { followers: all => [new Modes(all)] })
const journal = (works: Plant): readonly (readonly [number, string, unknown])[] =>
  works.disk.entries.flatMap(({ at, kind, by, data }) =>
    kind.startsWith('mode.') ? [[(at - works.clock.now()) / 60_000, kind, { by, ...data }] as const] : [],
  )
const alarmOf = (works: Plant, rule: string): Alarm | undefined => works.desk.ofRule(rule as RuleId)

describe('a defrost that a person wrote down', () => {
  test('keeps the rules quiet that do not hold meanwhile, and no other', async () => {
    const works = await build()
    await works.records({ kind: 'defrost', equipment: 'cold', fields: { minutes: 90 } })
    for (const point of ['cold.t', 'box.t']) await works.reads(point, 15)
    await works.passes(minutes(60))

    expect(alarmOf(works, 'warm')).toMatchObject({
      state: 'suppressed',
      suppressed: { causes: [{ kind: 'mode', name: 'defrost' }] },
    })
    expect(works.state('hot')).toBe('unacknowledged')
    expect(works.state('other')).toBe('unacknowledged')
    expect(journal(works)).toEqual([
      [
        -60,
        'mode.began',
        expect.objectContaining({ by: 'Ada', equipment: 'cold', mode: 'defrost', until: after(works.clock.now(), minutes(30)) }),
      ],
    ])
  })

  test('lasts an hour where it says nothing else, then ends by itself, and what is still wrong after settling speaks', async () => {
    const works = await build()
    await works.records({ kind: 'defrost', equipment: 'cold' })
    await works.reads('cold.t', 15)
    await works.reads('cold.door', 1)
    await works.passes(minutes(60))
    expect(journal(works).at(-1)).toEqual([
      0,
      'mode.ended',
      expect.objectContaining({ by: 'system', ended: 'time', mode: 'defrost' }),
    ])

    // The door gets a quarter of an hour, the temperature the twenty minutes that its rule gives any rise.
    await works.passes(seconds(899))
    expect([works.state('open'), works.state('warm')]).toEqual(['suppressed', 'suppressed'])
    await works.passes(seconds(1))
    expect([works.state('open'), works.state('warm')]).toEqual(['unacknowledged', 'suppressed'])
    await works.passes(minutes(5))
    expect(works.state('warm')).toBe('unacknowledged')
    expect([...works.disk.checkpoints.keys()].filter(key => key.startsWith('mode:'))).toEqual([])
  })

  test('ends when somebody says so, and what is well again by then never speaks', async () => {
    const works = await build()
    await works.records({ kind: 'defrost', equipment: 'cold', fields: { minutes: 120 } })
    await works.reads('cold.t', 15)
    await works.passes(minutes(30))
    await works.records({ kind: 'defrost', equipment: 'cold', fields: { ends: true } })
    await works.passes(minutes(10))
    await works.reads('cold.t', 4)
    await works.passes(hours(2))

    expect(works.told.filter(line => line.includes(' warm '))).toEqual([
      '1200s warm raised',
      '2400s warm cleared',
      '2400s warm released',
    ])
    expect(journal(works).map(([, kind]) => kind)).toEqual(['mode.began', 'mode.ended'])
  })

  test('is never longer than four hours, whatever it says', async () => {
    const works = await build()
    await works.records({ kind: 'defrost', equipment: 'cold', fields: { minutes: 6_000 } })
    await works.reads('cold.t', 15)
    await works.passes(hours(4))
    await works.passes(minutes(21))

    expect(works.state('warm')).toBe('unacknowledged')
  })

  test.each([{ minutes: -5 }, { minutes: 'long' }, { minutes: 0 }])(
    'of a length that is none (%j) lasts an hour',
    async fields => {
      const works = await build()
      await works.records({ kind: 'defrost', equipment: 'cold', fields })

      expect(works.disk.entries.at(-1)?.data).toMatchObject({ until: after(works.clock.now(), minutes(60)) })
    },
  )

  test('counts from its own time, and one that is over when it is written down begins nothing', async () => {
    const works = await build()
    await works.passes(hours(3))
    await works.records({ kind: 'defrost', equipment: 'cold', at: after(works.clock.now(), -minutes(70) as never) })
    expect(journal(works)).toEqual([])

    await works.records({ kind: 'defrost', equipment: 'cold', at: after(works.clock.now(), -minutes(50) as never) })
    expect(journal(works)[0]?.[2]).toMatchObject({ until: after(works.clock.now(), minutes(10)) })
  })

  test('takes an alarm that stands with it from now, not from before it was raised', async () => {
    const works = await build()
    await works.reads('cold.t', 15)
    await works.passes(minutes(30))
    await works.records({ kind: 'defrost', equipment: 'cold', at: after(works.clock.now(), -minutes(25) as never) })

    expect(alarmOf(works, 'warm')).toMatchObject({ state: 'suppressed', suppressed: { at: works.clock.now() } })
  })

  test('goes on when it is written down again, and with a cleaning the later end counts', async () => {
    const works = await build()
    await works.records({ kind: 'defrost', equipment: 'cold' })
    await works.reads('cold.t', 15)
    await works.passes(minutes(50))
    await works.records({ kind: 'defrost', equipment: 'cold' })
    await works.records({ kind: 'cleaning', equipment: 'cold', fields: { minutes: 200 } })
    await works.passes(minutes(100))
    expect(works.state('warm')).toBe('suppressed')
    expect(alarmOf(works, 'warm')?.suppressed?.causes).toEqual([{ kind: 'mode', name: 'cleaning' }])

    await works.passes(minutes(121))
    expect(works.state('warm')).toBe('unacknowledged')
  })

  test('begins again while it settles', async () => {
    const works = await build()
    await works.records({ kind: 'defrost', equipment: 'cold', fields: { minutes: 30 } })
    await works.reads('cold.t', 15)
    await works.passes(minutes(40))
    await works.records({ kind: 'defrost', equipment: 'cold', fields: { minutes: 30 } })
    await works.passes(minutes(45))
    expect(works.state('warm')).toBe('suppressed')
    await works.passes(minutes(6))

    expect(works.state('warm')).toBe('unacknowledged')
  })
})

describe('a mode', () => {
  test.each(['maintenance', 'round'])('that no rule heeds (%s) is a record and nothing more', async kind => {
    const works = await build()
    await works.records({ kind, equipment: 'cold' })
    await works.records({ kind, equipment: 'attic' })

    expect(journal(works)).toEqual([])
  })

  test('that has not begun cannot end', async () => {
    const works = await build()
    await works.records({ kind: 'defrost', equipment: 'cold', fields: { ends: true } })

    expect(journal(works)).toEqual([])
  })

  test.each([10, 70, 79])('lasts over a restart after %d minutes', async length => {
    let works = await build()
    await works.records({ kind: 'defrost', equipment: 'cold' })
    await works.reads('cold.t', 15)
    await works.passes(minutes(length))
    works = await works.killed()
    await works.passes(minutes(79 - length))
    expect(works.state('warm')).toBe('suppressed')
    expect(works.desk.causesOf('open' as RuleId)).toEqual([])

    await works.passes(minutes(1))
    expect(works.state('warm')).toBe('unacknowledged')
  })

  test('is over at a start whose rules heed it no more', async () => {
    let works = await build()
    await works.records({ kind: 'defrost', equipment: 'cold' })
    await works.reads('cold.t', 15)
    await works.passes(minutes(30))
    expect(works.state('warm')).toBe('suppressed')

    works = await works.killed([{ ...warm, says: { equipment: 'cold' } }])

    expect(works.state('warm')).toBe('unacknowledged')
  })

  test('that could not be written down never was', async () => {
    const works = await build()
    await works.reads('cold.t', 15)
    await works.passes(minutes(30))
    works.disk.isFull = true

    await expect(works.records({ kind: 'defrost', equipment: 'cold' })).rejects.toThrow(StoreTrouble)

    works.disk.isFull = false
    await works.passes(seconds(10))
    expect(works.state('warm')).toBe('unacknowledged')
    expect(works.desk.causesOf('open' as RuleId)).toEqual([])
    await works.passes(hours(2))
    expect(journal(works)).toEqual([])
  })

  test('keeps what is left of it when the clock is set', async () => {
    const works = await build()
    await works.records({ kind: 'defrost', equipment: 'cold' })
    works.pipeline.clockSet(hours(24))
    await works.passes(hours(24))
    await works.passes(minutes(59))
    expect(journal(works).map(([, kind]) => kind)).toEqual(['mode.began'])

    await works.passes(minutes(1))
    expect(journal(works).map(([, kind]) => kind)).toEqual(['mode.began', 'mode.ended'])
  })
})
