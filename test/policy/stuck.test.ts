import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hours } from '../../protocols/contract/time.ts'
import { plant } from '../kit/plant.ts'
import { walkStuck } from './oracle-walk.ts'
import { judged, judgedInWords, problemsOf, rowsOf, senseOf } from './oracle.ts'

const frozen = { id: 'frozen', kind: 'stuck', point: 'cold-1.temperature', eps: 0.1, for: '6h' } as const
const t = frozen.point

describe('a sensor that is stuck', () => {
  test('is told when it has not moved for as long as the rule says, and cleared by the reading that moves', async () => {
    const works = await plant([frozen])
    for (let hour = 0; hour < 8; hour += 1) {
      await works.reads(t, 4 + (hour % 2) * 0.1)
      await works.passes(hours(1))
    }
    await works.reads(t, 4.3)

    expect(works.told).toEqual(['21600s frozen raised', '28800s frozen cleared'])
  })

  test('is measured from the first reading of the run, so that a slow drift is movement', () => {
    const drifting = Array.from({ length: 40 }, (_, index) => ({ at: index * 3_600_000, value: index * 0.06 }))

    expect(judgedInWords({ kind: 'stuck', eps: 0.1, for: '6h' }, drifting)).toEqual([])
  })

  test('says its newest reading and since when it has not moved', () => {
    expect(
      judged({ kind: 'stuck', eps: 1, for: '10ms' }, [
        { at: 0, value: 4 },
        { at: 8, value: 4.5 },
        { at: 12, value: 9 },
      ]),
    ).toEqual([
      { what: 'raised', at: 10, since: 0, value: 4.5 },
      { what: 'cleared', at: 12 },
    ])
  })

  test('is not told when the reading of the very instant moves', () => {
    expect(
      judgedInWords({ kind: 'stuck', for: '10ms' }, [
        { at: 0, value: 4 },
        { at: 10, value: 5 },
      ]),
    ).toEqual([])
  })

  test('is what a count of its runs says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 }),
        fc.integer({ min: 1, max: 20 }),
        rowsOf(fc.integer({ min: 0, max: 4 })),
        (eps, wait, rows) => {
          expect(judgedInWords({ kind: 'stuck', eps, for: `${wait}ms` }, rows)).toEqual(walkStuck(eps, wait, rows))
        },
      ),
      { numRuns: 1_000 },
    )
  })

  test('cannot be told from a working one in no time', () => {
    expect(senseOf({ kind: 'stuck', for: '0s' })).toEqual(['for'])
    expect(senseOf({ kind: 'stuck', for: '1h' })).toEqual([])
    expect(problemsOf({ kind: 'stuck', eps: -1 })).toEqual(['eps', 'for'])
  })
})
