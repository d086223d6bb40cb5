import { describe, expect, test } from 'vitest'
import { minutes } from '../../protocols/contract/time.ts'
import { plant } from '../kit/plant.ts'

const warm = { id: 'warm', kind: 'limit', point: 'p.t', op: 'gt', value: 8, onDelay: '2m' } as const
const raisedPlant = async () => {
  const works = await plant([warm])
  await works.reads('p.t', 9)
  await works.passes(minutes(3))
  return works
}

describe('an alarm', () => {
  test('goes from unacknowledged to acknowledged to normal', async () => {
    const works = await raisedPlant()
    expect(works.state('warm')).toBe('unacknowledged')

    await works.acknowledges('warm')
    expect(works.state('warm')).toBe('acknowledged')
    await works.reads('p.t', 5)

    expect(works.state('warm')).toBe('normal')
    expect(works.told).toEqual(['120s warm raised', '180s warm acknowledged by Ada', '180s warm cleared'])
  })

  test('stays in sight when it returns before anybody answered', async () => {
    const works = await raisedPlant()

    await works.reads('p.t', 5)
    expect(works.state('warm')).toBe('returned-unacknowledged')
    await works.acknowledges('warm')

    expect(works.state('warm')).toBe('normal')
  })

  test('is one alarm that came twice when it comes back unanswered', async () => {
    const works = await raisedPlant()
    await works.reads('p.t', 5)
    await works.passes(minutes(1))
    await works.reads('p.t', 9)
    await works.passes(minutes(3))

    const raised = works.disk.entries.filter(({ kind }) => kind === 'alarm.raised').map(({ data }) => data['alarm'])
    expect(raised).toMatchObject([
      { id: 'A1', times: 1 },
      { id: 'A1', times: 2 },
    ])
  })

  test('cannot be acknowledged twice, and one that does not exist cannot be acknowledged', async () => {
    const works = await raisedPlant()
    await works.acknowledges('warm')

    expect(await works.acknowledges('warm')).toEqual({ ok: false, why: 'already-acknowledged' })
    expect(await works.acknowledges('nothing')).toEqual({ ok: false, why: 'no-such-alarm' })
  })

  test('is withdrawn, in the journal, when its rule is no longer in the site file', async () => {
    const works = await raisedPlant()

    const again = await works.killed([])

    expect(again.told).toEqual(['180s warm withdrawn'])
    expect([...again.disk.checkpoints.keys()].filter(key => key !== 'desk')).toEqual([])
  })
})

describe('a kill', () => {
  test('leaves a raised and acknowledged alarm as it was', async () => {
    const works = await raisedPlant()
    await works.acknowledges('warm')

    const again = await works.killed()

    expect(again.state('warm')).toBe('acknowledged')
    expect(again.told).toEqual([])
    await again.reads('p.t', 5)
    expect(again.state('warm')).toBe('normal')
  })

  test('leaves a pending timer running: it raises when it was due', async () => {
    const works = await plant([warm])
    await works.reads('p.t', 9)
    await works.passes(minutes(1))

    const again = await works.killed()
    await again.passes(minutes(5))

    expect(again.told).toEqual(['120s warm raised'])
  })

  test('on a failing disk that changed what was written leaves the rest standing', async () => {
    const works = await raisedPlant()
    works.disk.checkpoints.set('rule:warm', { kind: 'limit', stade: {} })
    works.disk.checkpoints.set('alarm:warm', { id: 'A1', rulf: 'warm' })
    works.disk.checkpoints.set('desk', 'nonsense')

    const again = await works.killed()
    await again.passes(minutes(5))

    expect(again.state('warm')).toBe('unacknowledged')
  })

  test('between storing a reading and writing down what it led to loses nothing', async () => {
    const works = await plant([warm])
    await works.reads('p.t', 9)
    for (const key of Array.from(works.disk.checkpoints.keys())) if (key.startsWith('rule:')) works.disk.checkpoints.delete(key)

    const again = await works.killed()
    await again.passes(minutes(5))

    expect(again.told).toEqual(['120s warm raised'])
  })
})

describe('a full disk', () => {
  test('does not stop the watch: alarms are told as unrecorded, acknowledgements refused, and all is written down in order later', async () => {
    const works = await plant([warm])
    works.disk.isFull = true
    await works.reads('p.t', 9)
    await works.passes(minutes(3))
    expect(works.told).toEqual(['120s warm raised (unrecorded)'])
    expect(await works.acknowledges('warm')).toEqual({ ok: false, why: 'not-recordable' })
    expect(works.state('warm')).toBe('unacknowledged')

    works.disk.isFull = false
    await works.passes(minutes(1))

    expect(works.told.at(-1)).toBe('120s warm raised')
    expect(works.disk.entries.map(({ kind }) => kind)).toEqual(['gateway.started', 'alarm.raised'])
    expect(await works.acknowledges('warm')).toMatchObject({ ok: true })
  })

  test('that fills up between a decision and its writing takes the acknowledgement back', async () => {
    const works = await raisedPlant()
    works.disk.isFull = true

    expect(await works.acknowledges('warm')).toEqual({ ok: false, why: 'not-recordable' })

    expect(works.state('warm')).toBe('unacknowledged')
  })
})
