import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { minutes } from '../../protocols/contract/time.ts'
import { plant } from '../kit/plant.ts'
import { walkRate } from './oracle-walk.ts'
import { judged, judgedInWords, problemsOf, rowsOf } from './oracle.ts'

const sudden = { id: 'sudden', kind: 'rate', point: 'tank-1.level', perMinute: 0.5 } as const
const level = sudden.point

describe('a rate of change', () => {
  test('is raised at the second of two readings and cleared at the next that is slow enough', async () => {
    const works = await plant([sudden])

    await works.reads(level, 4)
    await works.passes(minutes(2))
    await works.reads(level, 2.9)
    await works.passes(minutes(2))
    await works.reads(level, 2.8)

    expect(works.told).toEqual(['120s sudden raised', '240s sudden cleared'])
  })

  test('looks past bad readings, and over a gap takes the time of the gap', async () => {
    const works = await plant([sudden])

    await works.reads(level, 4)
    await works.passes(minutes(1))
    await works.loses(level)
    await works.passes(minutes(9))
    await works.reads(level, 0)

    expect(works.told).toEqual([])
  })

  test('is the same up and down, and a rate of exactly the limit is none too many', () => {
    const rule = { kind: 'rate', perMinute: 2 }
    const at = (minute: number, value: number) => ({ at: minute * 60_000, value })

    expect(judgedInWords(rule, [at(0, 0), at(1, 2), at(2, 4.5), at(3, 2), at(4, 1)])).toEqual([
      'raised 120000 since 120000',
      'cleared 240000',
    ])
  })

  test('says the reading that it was raised at', () => {
    expect(
      judged({ kind: 'rate', perMinute: 1 }, [
        { at: 0, value: 1 },
        { at: 60_000, value: 5 },
      ]),
    ).toEqual([{ what: 'raised', at: 60_000, since: 60_000, value: 5 }])
  })

  test('is what division says', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400_000 }), rowsOf(fc.integer({ min: -9, max: 9 })), (perMinute, rows) => {
        expect(judgedInWords({ kind: 'rate', perMinute }, rows)).toEqual(walkRate(perMinute, rows))
      }),
      { numRuns: 1_000 },
    )
  })

  test('cannot be negative, nor left out', () => {
    expect(problemsOf({ kind: 'rate', perMinute: -1 })).toEqual(['perMinute'])
    expect(problemsOf({ kind: 'rate' })).toEqual(['perMinute'])
  })
})
