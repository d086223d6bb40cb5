import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { after, minutes, seconds } from '../../protocols/contract/time.ts'
import { plant } from '../kit/plant.ts'
import { walkCumulative } from './oracle-walk.ts'
import { judged, judgedInWords, problemsOf, rowsOf, senseOf } from './oracle.ts'

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

describe('a limit whose time is added up', () => {
  const exposed = { kind: 'limit', op: 'ge', value: 30, count: 'cumulative', onDelay: '10h', per: '24h', hold: '1h' }
  const hour = (hours: number, value: number) => ({ at: hours * 3_600_000, value })

  test('is raised when the breaches of the window come to the whole time, and cleared when they have left it', () => {
    const warm = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => hour(from + index, 31))
    const cool = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => hour(from + index, 20))
    const rows = [...warm(0, 6), ...cool(6, 12), ...warm(12, 18), ...cool(18, 50)]

    expect(judged(exposed, rows)).toEqual([
      {
        what: 'raised',
        at: 16 * 3_600_000,
        since: 0,
        value: 31,
        because: {
          zh: '最近 1 天里，达到或高于 30 的时间加起来有 10 小时',
          en: 'within 1 d it was at or above 30 for 10 h in all',
        },
      },
      // 12 h are in the window until 24 h; two hours later it holds ten, and a millisecond later less.
      { what: 'cleared', at: 26 * 3_600_000 + 1 },
    ])
  })

  test('does not count what nobody measured: a reading counts for an hour at most, and no longer than its point is fresh', () => {
    const rows = [hour(0, 31), hour(12, 31), hour(20, 20)]

    expect(judged({ ...exposed, onDelay: '121m' }, rows)).toEqual([])
    expect(judged({ ...exposed, onDelay: '119m' }, rows)).toMatchObject([{ what: 'raised', at: 13 * 3_600_000 - 60_000 }])
    expect(judged({ ...exposed, onDelay: '119m' }, rows, { staleAfter: 600_000 })).toEqual([])
  })

  test('is raised at the end of a breach that fills the time to the very instant', () => {
    expect(judged({ ...exposed, onDelay: '1h' }, [hour(0, 31), hour(1, 20)])).toMatchObject([
      { what: 'raised', at: 3_600_000, since: 0, value: 20 },
    ])
    expect(judged({ ...exposed, onDelay: '1h', deadband: 15 }, [hour(0, 31), hour(1, 20)])).toHaveLength(1)
  })

  test('is what a walk through every millisecond says', () => {
    const spec = fc.record({
      op: fc.constantFrom('gt', 'ge', 'lt', 'le'),
      value: fc.integer({ min: -2, max: 2 }),
      deadband: fc.integer({ min: 0, max: 2 }),
      onDelay: fc.integer({ min: 1, max: 20 }),
      offDelay: fc.nat(10),
      per: fc.integer({ min: 20, max: 60 }),
      hold: fc.integer({ min: 1, max: 12 }),
    })
    fc.assert(
      fc.property(
        spec,
        rowsOf(fc.integer({ min: -4, max: 4 })),
        fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
        ({ onDelay, offDelay, per, hold, ...bounds }, rows, staleAfter) => {
          const durations = { onDelay: `${onDelay}ms`, offDelay: `${offDelay}ms`, per: `${per}ms`, hold: `${hold}ms` }
          const settings = { kind: 'limit', count: 'cumulative', ...bounds, ...durations }
          expect(judgedInWords(settings, rows, staleAfter === undefined ? {} : { staleAfter })).toEqual(
            walkCumulative({ ...bounds, onDelay, offDelay, per, hold }, rows, staleAfter),
          )
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test.each([
    [{ onDelay: '25h' }, ['onDelay']],
    [{ onDelay: '0s' }, ['onDelay']],
    [{ hold: '0s' }, ['hold']],
    [{}, []],
  ])('makes no sense with %j', (settings, paths) => {
    expect(senseOf({ ...exposed, ...settings })).toEqual(paths)
  })

  test('takes no other way to count', () => {
    expect(problemsOf({ ...exposed, count: 'sometimes' })).toContain('count')
    expect(problemsOf({ ...exposed, count: 'consecutive' })).toEqual(['per', 'hold'])
    expect(senseOf({ kind: 'limit', op: 'gt', value: 1, onDelay: '90d' })).toEqual([])
  })
})
