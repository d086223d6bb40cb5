import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { walkVote } from './oracle-walk.ts'
import { judged, judgedInWords, problemsOf, rowsOf } from './oracle.ts'
import type { Row } from './oracle.ts'

const rule = { kind: 'vote', of: 2, op: 'gt', value: 8 }
const at = (time: number, member: number, value?: number): Row => ({
  at: time,
  member,
  ...(value === undefined ? {} : { value }),
})

describe('a vote', () => {
  test('is raised when enough members are beyond the limit, and says how many, and the value that as many share', () => {
    expect(judged(rule, [at(0, 0, 12), at(1, 1, 7), at(2, 2, 9)], { members: 3 })).toEqual([
      {
        what: 'raised',
        at: 2,
        since: 2,
        value: 9,
        because: { zh: '3 个测点里有 2 个高于 8，满 2 个就报', en: '2 of 3 points are above 8, and 2 are enough' },
      },
    ])
  })

  test('is taken when all members of an instant have spoken: one that rises as another falls is not two', () => {
    const rows = [at(0, 0, 9), at(0, 1, 1), at(5, 1, 9), at(5, 0, 1), at(9, 0, 1)]

    expect(judgedInWords(rule, rows, { members: 3 })).toEqual([])
  })

  test('needs no fewer when a member is silent, and counts no member that is bad', () => {
    const options = { members: 3, staleAfter: 10 }

    expect(judgedInWords(rule, [at(0, 0, 9), at(20, 1, 9), at(40, 2, 9)], options)).toEqual([])
    expect(judgedInWords(rule, [at(0, 0, 9), at(1, 0), at(2, 1, 9)], options)).toEqual([])
  })

  test('does not end while a member that cannot vote could turn it', () => {
    const options = { members: 3, staleAfter: 10 }
    const rows = [at(0, 0, 9), at(0, 1, 9), at(1, 2, 9), at(20, 0, 1), at(21, 1, 9), at(22, 0, 1)]

    // Member 2 has fallen silent: with member 1 it may still be two.
    expect(judgedInWords(rule, rows, { ...options, end: 25 })).toEqual(['raised 0 since 0'])
    expect(judgedInWords(rule, [...rows, at(23, 1, 1)], { ...options, end: 25 })).toEqual(['raised 0 since 0', 'cleared 23'])
  })

  test('keeps to deadband and delays as a limit does', () => {
    const delayed = { ...rule, deadband: 2, onDelay: '10ms', offDelay: '5ms' }
    const rows = [at(0, 0, 9), at(1, 1, 9), at(20, 0, 7), at(21, 0, 6), at(24, 0, 7), at(30, 0, 6), at(40, 0, 6)]

    expect(judgedInWords(delayed, rows, { members: 2 })).toEqual(['raised 11 since 1', 'cleared 35'])
  })

  test('is what a walk through every millisecond says, every silent member tried both ways', () => {
    const members = fc.array(rowsOf(fc.integer({ min: -4, max: 4 })), { minLength: 1, maxLength: 4 })
    const spec = fc.record({
      of: fc.integer({ min: 1, max: 4 }),
      op: fc.constantFrom('gt', 'ge', 'lt', 'le'),
      value: fc.integer({ min: -2, max: 2 }),
      deadband: fc.integer({ min: 0, max: 2 }),
      onDelay: fc.nat(6),
      offDelay: fc.nat(6),
    })
    fc.assert(
      fc.property(spec, members, fc.integer({ min: 1, max: 12 }), ({ onDelay, offDelay, ...numbers }, series, staleAfter) => {
        const settings = { kind: 'vote', ...numbers, onDelay: `${onDelay}ms`, offDelay: `${offDelay}ms` }
        const rows = series.flatMap((own, member) => own.map(row => ({ ...row, member }))).toSorted((a, b) => a.at - b.at)
        const words = judgedInWords(settings, rows, { members: series.length, staleAfter })
        expect(words).toEqual(walkVote({ ...numbers, onDelay, offDelay }, series, staleAfter))
      }),
      { numRuns: 600 },
    )
  })

  test.each([
    [{ op: 'gt', value: 8 }, ['of']],
    [{ of: 0, op: 'gt', value: 8 }, ['of']],
    [{ of: 1.5, op: 'gt', value: 8, deadband: -1 }, ['deadband', 'of']],
  ])('says what is wrong with %j', (settings, paths) => {
    expect(problemsOf({ kind: 'vote', ...settings }).toSorted()).toEqual(paths)
  })
})
