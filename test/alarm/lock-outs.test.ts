import { describe, expect, test } from 'vitest'
import { after, minutes, seconds } from '../../protocols/contract/time.ts'
import { LockOuts } from '../../gateway/alarm/lock-outs.ts'
import { StoreTrouble } from '../../gateway/store/store.ts'
import { plant } from '../kit/plant.ts'
import type { Plant, PlantRule } from '../kit/plant.ts'

const broken: PlantRule = {
  id: 'broken',
  kind: 'limit',
  point: 'cold.t',
  op: 'gt',
  value: 8,
  offDelay: '0s',
  says: { equipment: 'cold', locksOut: true },
}
const damp: PlantRule = { ...broken, id: 'damp', point: 'cold.h', says: { equipment: 'cold' } }
const noted: PlantRule = {
  id: 'cycles',
  kind: 'cycle',
  point: 'box.t',
  judges: 'hold',
  writes: true,
  hold: { at: 120, for: '10m' },
  says: {
    equipment: 'box',
    inputs: [
      { name: 'temperature', point: 'box.t' as never },
      { name: 'door', point: 'box.d' as never },
    ],
  },
}

interface Works extends Plant {
  readonly lockOuts: LockOuts
}
async function build(from?: Plant, rules = [broken, damp]): Promise<Works> {
  let lockOuts = new LockOuts()
  const followers = (all: readonly never[]): readonly LockOuts[] => [(lockOuts = new LockOuts(all))]
  const works = await plant(rules, { ...(from && { disk: from.disk, clock: from.clock }), followers: followers as never })
  return Object.assign(works, { lockOuts })
}
const kinds = (works: Plant): readonly string[] =>
  works.disk.entries.flatMap(({ kind, by }) => (kind.startsWith('equipment.') ? [`${kind} by ${by}`] : []))

describe('a faulty cabinet', () => {
  test('is locked out by its alarm and stays so when that returns, until somebody has mended it', async () => {
    const works = await build()
    await works.reads('cold.t', 9)
    const { since, alarm } = works.lockOuts.of('cold') ?? {}
    expect([since, alarm]).toEqual([works.clock.now(), 'A1'])
    await works.passes(minutes(10))
    await works.reads('cold.t', 4)
    await works.acknowledges('broken')
    expect(works.state('broken')).toBe('normal')
    expect(works.lockOuts.all()).toHaveLength(1)

    await works.records({ kind: 'repair', equipment: 'cold', verdict: 'failed' })
    await works.records({ kind: 'inspection', equipment: 'cold' })
    await works.records({ kind: 'repair', equipment: 'box' })
    expect(works.lockOuts.all()).toHaveLength(1)

    await works.records({ kind: 'repair', equipment: 'cold', by: 'Li' })
    expect(works.lockOuts.all()).toEqual([])
    expect(kinds(works)).toEqual(['equipment.locked-out by system', 'equipment.released by Li'])
    expect(works.disk.entries.at(-1)).toMatchObject({ about: 'cold', data: { equipment: 'cold', alarm: 'A1', since } })
    expect([...works.disk.checkpoints.keys()].filter(key => key.startsWith('lock-out:'))).toEqual([])
  })

  test('says in every record that it is not in use, in those of other equipment nothing', async () => {
    const works = await build()
    expect((await works.records({ kind: 'reading', equipment: 'cold' })).data).not.toHaveProperty('notInUse')
    await works.reads('cold.t', 9)

    const lockedOut = { since: works.clock.now(), alarm: 'A1' }
    const entry = await works.records({ kind: 'reading', equipment: 'cold', fields: { celsius: 9 } })
    expect(entry.data).toMatchObject({ equipment: 'cold', fields: { celsius: 9 }, notInUse: true, lockedOut })
    expect((await works.records({ kind: 'repair', equipment: 'cold' })).data).toMatchObject({ notInUse: true })
    expect((await works.records({ kind: 'reading', equipment: 'cold' })).data).not.toHaveProperty('notInUse')
    expect((await works.records({ kind: 'reading', equipment: 'box' })).data).not.toHaveProperty('notInUse')
  })

  test('is not locked out by other alarms, nor by one that calls nobody', async () => {
    const works = await build()
    await works.reads('cold.h', 9)
    works.desk.suppress('broken' as never, { kind: 'mode', name: 'cleaning' }, works.clock.now())
    await works.reads('cold.t', 9)

    expect(works.state('broken')).toBe('suppressed')
    expect(works.lockOuts.all()).toEqual([])
  })

  test('keeps its first alarm, and is locked out again when it breaks again', async () => {
    const works = await build()
    await works.reads('cold.t', 9)
    await works.passes(minutes(1))
    await works.reads('cold.t', 4)
    await works.passes(minutes(1))
    await works.reads('cold.t', 9)
    expect(kinds(works)).toHaveLength(1)
    await works.records({ kind: 'repair', equipment: 'cold' })
    await works.passes(minutes(1))
    await works.reads('cold.t', 4)
    await works.passes(minutes(1))
    await works.reads('cold.t', 9)

    expect(works.lockOuts.of('cold')?.since).toBe(works.clock.now())
  })

  test('is not mended by a repair of before it broke', async () => {
    const works = await build()
    await works.passes(minutes(10))
    await works.reads('cold.t', 9)
    await works.records({ kind: 'repair', equipment: 'cold', at: after(works.clock.now(), -minutes(5) as never) })

    expect(works.lockOuts.all()).toHaveLength(1)
  })

  test('stays locked out over a restart', async () => {
    const works = await build()
    await works.reads('cold.t', 9)
    const { lockOuts } = works
    works.disk.checkpoints.set('lock-out:box', { since: 'yesterday' })
    await works.pipeline.close()

    const next = await build(works)

    expect(next.lockOuts.all()).toEqual(lockOuts.all())
    expect((await next.records({ kind: 'reading', equipment: 'cold' })).data).toMatchObject({ notInUse: true })
  })

  test('stays locked out when its repair could not be written', async () => {
    const works = await build()
    await works.reads('cold.t', 9)
    works.disk.isFull = true
    await expect(works.records({ kind: 'repair', equipment: 'cold' })).rejects.toThrow(StoreTrouble)
    works.disk.isFull = false
    await works.passes(seconds(5))

    expect(works.lockOuts.all()).toHaveLength(1)
    expect(kinds(works)).toEqual(['equipment.locked-out by system'])
  })

  test('is not in use either in what its rules write down', async () => {
    const works = await build(undefined, [{ ...broken, point: 'box.p', says: { equipment: 'box', locksOut: true } }, noted])
    await works.reads('box.p', 9)
    for (let minute = 0; minute <= 40; minute += 1) {
      await works.reads('box.t', minute > 2 && minute < 20 ? 125 : 20)
      await works.reads('box.d', minute === 0 || minute === 40 ? 1 : 0)
      await works.passes(minutes(1))
    }
    const records = works.disk.entries.filter(({ kind }) => kind === 'record.disinfection')

    expect(records).toHaveLength(1)
    expect(records[0]).toMatchObject({ by: 'system', data: { equipment: 'box', notInUse: true, lockedOut: { alarm: 'A1' } } })
  })
})
