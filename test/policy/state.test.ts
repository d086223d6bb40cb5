import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { millis, minutes, seconds } from '../../protocols/contract/time.ts'
import { lengthInWords } from '../../gateway/policy/kinds/length.ts'
import { plant } from '../kit/plant.ts'
import { walkState } from './oracle-walk.ts'
import { judged, judgedInWords, problemsOf, rowsOf } from './oracle.ts'

const open = { id: 'left-open', kind: 'state', point: 'cold-1.door', is: 1, for: '10m' } as const
const door = open.point

describe('a state that must not last', () => {
  test('is raised when it has lasted, and says how long', async () => {
    const works = await plant([open])

    await works.reads(door, 0)
    await works.passes(minutes(3))
    await works.reads(door, 1)
    await works.passes(minutes(11))

    expect(works.told).toEqual(['780s left-open raised'])
  })

  test('begins anew when it was left in between', async () => {
    const works = await plant([open])

    await works.reads(door, 1)
    await works.passes(minutes(9))
    await works.reads(door, 0)
    await works.passes(seconds(1))
    await works.reads(door, 1)
    await works.passes(minutes(9))

    expect(works.told).toEqual([])
  })

  test('lasts on from one of its codes to another', () => {
    const rule = { kind: 'state', is: [1, 2], for: '10s' }

    const [raised] = judged(rule, [
      { at: 0, value: 1 },
      { at: 6_000, value: 2 },
      { at: 12_000, value: 2 },
    ])

    expect(raised).toEqual({
      what: 'raised',
      at: 10_000,
      since: 0,
      value: 2,
      because: { zh: '已经连续 10 秒是 2', en: 'it has been 2 for 10 s' },
    })
  })

  test('is told at once where no time is given', () => {
    expect(judged({ kind: 'state', is: 3 }, [{ at: 5, value: 3 }])).toEqual([
      { what: 'raised', at: 5, since: 5, value: 3, because: { zh: '变成了 3', en: 'it has become 3' } },
    ])
  })

  test('is what a walk through every millisecond says', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 }),
        fc.nat(6),
        fc.nat(6),
        rowsOf(fc.integer({ min: 0, max: 3 })),
        fc.integer({ min: 1, max: 12 }),
        (is, wait, offDelay, rows, staleAfter) => {
          const rule = { kind: 'state', is, for: `${wait}ms`, offDelay: `${offDelay}ms` }
          expect(judgedInWords(rule, rows, { staleAfter })).toEqual(walkState(is, wait, offDelay, rows, staleAfter))
        },
      ),
      { numRuns: 1_000 },
    )
  })

  test.each([
    [{}, ['is']],
    [{ is: [] }, ['is']],
    [{ is: 'open' }, ['is']],
    [{ is: [1, '2'], for: 10, hysteresis: 1 }, ['is', 'for', 'hysteresis']],
  ])('says what is wrong with %j', (settings, paths) => {
    expect(problemsOf({ kind: 'state', ...settings }).toSorted()).toEqual(paths.toSorted())
  })
})

describe('a length of time', () => {
  test.each([
    [0, '0 秒', '0 s'],
    [499, '0 秒', '0 s'],
    [59_600, '1 分钟', '1 min'],
    [90_000, '1 分钟 30 秒', '1 min 30 s'],
    [5_400_000, '1 小时 30 分钟', '1 h 30 min'],
    [86_400_000, '1 天', '1 d'],
    [90_061_000, '1 天 1 小时', '1 d 1 h'],
  ])('of %d ms is said in its two largest units', (ms, zh, en) => {
    expect(lengthInWords(millis(ms))).toEqual({ zh, en })
  })
})
