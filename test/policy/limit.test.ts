import { describe, expect, test } from 'vitest'
import { after, minutes, seconds } from '../../protocols/contract/time.ts'
import { plant } from '../kit/plant.ts'

const tooWarm = {
  id: 'too-warm',
  kind: 'limit',
  point: 'cold-1.temperature',
  op: 'gt',
  value: 8,
  deadband: 0.5,
  onDelay: '20m',
  offDelay: '5m',
} as const
const atOnce = { id: 'leak', kind: 'limit', point: 'room-1.leak', op: 'ge', value: 1 } as const
const t = 'cold-1.temperature'

describe('a limit with an on-delay', () => {
  test('raises once the condition has lasted the whole on-delay', async () => {
    const works = await plant([tooWarm])

    await works.reads(t, 9)
    await works.passes(minutes(30))

    expect(works.told).toEqual(['1200s too-warm raised'])
  })

  test('stays quiet when a good reading inside the on-delay does not meet it, whatever the deadband says', async () => {
    const works = await plant([tooWarm])

    await works.reads(t, 9)
    await works.passes(minutes(19))
    await works.reads(t, 7.9)
    await works.passes(minutes(60))

    expect(works.told).toEqual([])
  })

  test('keeps counting while the device is silent or bad, because silence is not recovery', async () => {
    const works = await plant([tooWarm])

    await works.reads(t, 9)
    await works.passes(minutes(5))
    await works.loses(t)
    await works.passes(minutes(20))

    expect(works.told).toEqual(['1200s too-warm raised'])
  })

  test('lets a reading count before the timer of the same instant', async () => {
    const works = await plant([tooWarm])

    await works.reads(t, 9)
    await works.passes(minutes(20))
    await works.reads(t, 7)
    await works.passes(minutes(20))

    expect(works.told).toEqual([])
  })
})

describe('a raised limit', () => {
  const raised = async (options = {}) => {
    const works = await plant([tooWarm], options)
    await works.reads(t, 9)
    await works.passes(minutes(21))
    works.told.length = 0
    return works
  }

  test('returns only beyond the deadband, and clears when that has lasted the off-delay', async () => {
    const works = await raised()

    await works.reads(t, 7.6)
    await works.passes(minutes(10))
    await works.reads(t, 7.5)
    await works.passes(minutes(10))

    expect(works.told).toEqual(['2160s too-warm cleared'])
  })

  test('starts its return anew after a reading that is not returned', async () => {
    const works = await raised()

    await works.reads(t, 7)
    await works.passes(minutes(4))
    await works.reads(t, 7.8)
    await works.passes(minutes(4))
    await works.reads(t, 7)
    await works.passes(minutes(6))

    expect(works.told).toEqual(['2040s too-warm cleared'])
  })

  test('is not cleared by silence, nor while the last word was bad; the next good reading that is still returned clears it', async () => {
    const works = await raised()

    await works.reads(t, 7)
    await works.passes(minutes(1))
    await works.loses(t)
    await works.passes(minutes(30))
    expect(works.told).toEqual([])
    await works.reads(t, 6)

    expect(works.told).toEqual(['3120s too-warm cleared'])
  })

  test('is not cleared while its point is stale', async () => {
    const works = await raised({ staleAfter: minutes(3) })

    await works.reads(t, 7)
    await works.passes(minutes(30))
    expect(works.told).toEqual([])
    await works.reads(t, 8.2)
    await works.reads(t, 8.1)
    await works.passes(minutes(30))

    expect(works.told).toEqual([])
  })

  test('is never said to have ended before it was raised, even when an older reading arrives after the raise', async () => {
    const works = await plant([atOnce, { ...tooWarm, offDelay: '0' }])
    const began = works.clock.now()

    await works.reads(t, 9)
    await works.passes(minutes(25))
    await works.reads(t, 5, { at: after(began, minutes(10)) })

    expect(works.told).toEqual(['1200s too-warm raised', '1200s too-warm cleared'])
  })
})

describe('a limit without delays', () => {
  test('raises and clears at the reading itself', async () => {
    const works = await plant([atOnce])

    await works.passes(seconds(7))
    await works.reads('room-1.leak', 1)
    await works.passes(seconds(3))
    await works.reads('room-1.leak', 0)

    expect(works.told).toEqual(['7s leak raised', '10s leak cleared'])
  })

  test('ge and le include the limit itself, and do not call it a return', async () => {
    const works = await plant([
      { id: 'hot', kind: 'limit', point: 'p.t', op: 'ge', value: 30 },
      { id: 'cold', kind: 'limit', point: 'p.t', op: 'le', value: 2 },
    ])

    await works.reads('p.t', 29.9)
    await works.passes(seconds(1))
    await works.reads('p.t', 30)
    await works.passes(seconds(1))
    await works.reads('p.t', 30)
    await works.passes(seconds(1))
    await works.reads('p.t', 2)

    expect(works.told).toEqual(['1s hot raised', '3s hot cleared', '3s cold raised'])
  })
})

describe('a backlog', () => {
  test('is judged in its own time: what it breached is opened and closed in the past', async () => {
    const works = await plant([tooWarm])
    await works.passes(minutes(240))
    const began = after(works.clock.now(), minutes(-240))
    const at = (minute: number) => after(began, minutes(minute))

    await works.readsAll(t, [
      [at(10), 9],
      [at(20), 9.5],
      [at(40), 9.5],
      [at(50), 6],
      [at(60), 5],
    ])

    expect(works.told).toEqual(['1800s too-warm raised', '3300s too-warm cleared'])
    expect(works.disk.entries.find(({ kind }) => kind === 'alarm.raised')?.data['alarm']).toMatchObject({ found: 'late' })
  })

  test('that comes in pieces is judged as if it had come in one', async () => {
    const works = await plant([tooWarm])
    await works.passes(minutes(240))
    const began = after(works.clock.now(), minutes(-240))
    const at = (minute: number) => after(began, minutes(minute))

    for (const piece of [
      [at(10), 9],
      [at(12), 7],
      [at(60), 9],
      [at(70), 9.5],
      [at(79), 7],
      [at(100), 9],
    ] as const) {
      await works.readsAll(t, [piece])
      await works.passes(seconds(2))
    }
    expect(works.told).toEqual([])
    await works.passes(seconds(2))

    expect(works.told).toEqual(['7200s too-warm raised'])
  })

  test('does not disturb the live state with a reading older than the newest, and keeps it marked', async () => {
    const works = await plant([atOnce])
    await works.passes(minutes(10))
    await works.reads('room-1.leak', 0)

    await works.reads('room-1.leak', 1, { at: after(works.clock.now(), minutes(-5)) })

    expect(works.told).toEqual([])
    expect(works.disk.readings.at(-1)?.mark).toBe('late')
  })

  test('takes the first of two readings of one instant', async () => {
    const works = await plant([atOnce])

    await works.reads('room-1.leak', 0)
    await works.reads('room-1.leak', 1)

    expect(works.told).toEqual([])
  })
})
