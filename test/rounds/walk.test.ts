import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant, minutes } from '../../protocols/contract/time.ts'
import { missingOf, walked } from '../../gateway/rounds/walk.ts'
import type { Mark } from '../../gateway/rounds/walk.ts'

const route = (ordered: boolean, count = 3) => ({
  within: minutes(60),
  ordered,
  checkPoints: ['a', 'b', 'c', 'd'].slice(0, count).map(id => ({ id, name: { zh: id, en: id }, code: id, checks: [] })),
})
const at = (minute: number) => instant(minute * 60_000)
/** `a0 b10` is check-point a at minute 0 and b at minute 10. */
const marks = (text: string): readonly Mark[] =>
  text.split(' ').map((part, index) => ({ id: `m${index}`, checkPoint: part[0] ?? '', at: at(Number(part.slice(1))) }))
const told = (text: string, ordered = false, now = 1_000) => {
  const { walks, open, deadline } = walked(route(ordered), marks(text), at(now))
  return {
    walks: walks.map(walk => `${walk.state} ${walk.beganAt / 60_000}-${walk.endedAt / 60_000} ${walk.missing.join('')}`.trim()),
    open: open.map(mark => mark.checkPoint).join(''),
    until: deadline === undefined ? undefined : deadline / 60_000,
  }
}

describe('a round', () => {
  test.each([
    ['is whole when all check-points were passed', 'a0 b10 c20', ['completed 0-20']],
    ['may be walked in any order', 'c0 a10 b20', ['completed 0-20']],
    ['counts when it took just its time', 'a0 b10 c60', ['completed 0-60']],
    ['is missed a minute later, and what came after begins another', 'a0 b10 c61', ['missed 0-60 c', 'missed 61-121 ab']],
    ['is missed once, however many check-points it had', 'a0 b5', ['missed 0-60 c']],
    [
      'is whole though somebody had passed a tag before without walking it',
      'a0 a50 b70 c90',
      ['missed 0-60 bc', 'completed 50-90'],
    ],
    ['begins with the mark it could not do without', 'a0 a20 b30 c40', ['completed 20-40']],
    ['is followed by the next', 'a0 b1 c2 a60 b61 c62', ['completed 0-2', 'completed 60-62']],
    ['does not begin anew when the last tag is read twice', 'a0 b1 c2 c3', ['completed 0-2']],
    ['begins anew when it is read again a while later', 'a0 b1 c2 c5', ['completed 0-2', 'missed 5-65 ab']],
  ])('%s', (_name, text, walks) => {
    expect(told(text).walks).toEqual(walks)
  })

  test('in order counts only what comes in its turn', () => {
    expect(told('b0 a10 b20 c30', true).walks).toEqual(['completed 10-30'])
    expect(told('c0 b10 a20', true).walks).toEqual(['missed 0-60 bc'])
  })

  test('is under way until its time is up', () => {
    expect(told('a0 b10', false, 60)).toEqual({ walks: [], open: 'ab', until: 60 })
    expect(told('a0 b10', false, 61)).toEqual({ walks: ['missed 0-60 c'], open: 'b', until: undefined })
    expect(told('a0 b10', false, 71)).toEqual({ walks: ['missed 0-60 c'], open: '', until: undefined })
  })

  test('of one check-point is whole at each visit', () => {
    const { walks } = walked(route(false, 1), marks('a0 a60 a120'), at(200))
    expect(walks.map(({ state }) => state)).toEqual(['completed', 'completed', 'completed'])
  })
})

const someMarks = fc
  .array(fc.record({ checkPoint: fc.constantFrom('a', 'b', 'c', 'd'), minute: fc.integer({ min: 0, max: 400 }) }), {
    maxLength: 40,
  })
  .map(parts => parts.map(({ checkPoint, minute }, index): Mark => ({ id: `m${index}`, checkPoint, at: at(minute) })))
const someRoute = fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 4 })).map(([ordered, count]) => route(ordered, count))
const ofRoute = (one: ReturnType<typeof route>, all: readonly Mark[]) =>
  all.filter(({ checkPoint }) => one.checkPoints.some(({ id }) => id === checkPoint))

/** Written for the test alone: tries every choice of marks, as a person with the list of stamps before them would. */
function isWhole(one: ReturnType<typeof route>, those: readonly Mark[]): boolean {
  const sorted = those.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
  const find = (from: number, wanted: readonly string[]): boolean =>
    wanted.length === 0 ||
    sorted.some(
      (mark, index) => index >= from && wanted[0] === mark.checkPoint && find(one.ordered ? index + 1 : 0, wanted.slice(1)),
    )
  return find(
    0,
    one.checkPoints.map(({ id }) => id),
  )
}

describe('any marks', () => {
  test('make the same rounds in whatever order they come', () => {
    fc.assert(
      fc.property(
        someRoute,
        someMarks.chain(all => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        (one, [all, mixed]) => {
          expect(walked(one, ofRoute(one, mixed), at(1_000))).toEqual(walked(one, ofRoute(one, all), at(1_000)))
        },
      ),
    )
  })

  test('make a whole round only of marks that are one, within its time, each used once', () => {
    fc.assert(
      fc.property(someRoute, someMarks, (one, all) => {
        const { walks } = walked(one, ofRoute(one, all), at(1_000))
        const whole = walks.filter(({ state }) => state === 'completed')
        for (const { marks: those, endedAt, beganAt } of whole) {
          const inTime = those.filter(mark => mark.at >= beganAt && mark.at <= endedAt)
          expect(isWhole(one, inTime)).toBe(true)
          expect(endedAt - beganAt).toBeLessThanOrEqual(one.within)
        }
        const used = whole.flatMap(({ marks: those }) => those.map(({ id }) => id))
        expect(new Set(used).size).toBe(used.length)
      }),
    )
  })

  test('leave no round out: between two whole rounds nothing that is left makes another', () => {
    fc.assert(
      fc.property(someRoute, someMarks, (one, all) => {
        const mine = ofRoute(one, all)
        const { walks } = walked(one, mine, at(1_000))
        const used = new Set(
          walks.filter(({ state }) => state === 'completed').flatMap(({ marks: those }) => those.map(({ id }) => id)),
        )
        const ends = walks.filter(({ state }) => state === 'completed').map(({ endedAt }) => endedAt)
        const rest = mine.filter(({ id }) => !used.has(id))
        for (const last of rest) {
          // A round may not reach back over one that was whole: its marks are spent.
          const since = Math.max(last.at - one.within, ...ends.filter(end => end <= last.at).map(end => end + 1))
          expect(
            isWhole(
              one,
              rest.filter(mark => mark.at >= since && mark.at <= last.at),
            ),
          ).toBe(false)
        }
      }),
    )
  })

  test('can be forgotten as far as it says without changing the rest', () => {
    fc.assert(
      fc.property(someRoute, someMarks, (one, all) => {
        const mine = ofRoute(one, all).toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
        const { walks, open, settled } = walked(one, mine, at(420))
        const kept = mine.slice(settled)
        const again = walked(one, kept, at(420))
        expect(again.open).toEqual(open)
        expect(again.walks).toEqual(walks.filter(({ marks: those }) => those.some(mark => kept.includes(mark))))
      }),
    )
  })

  test('are missing what nobody came to', () => {
    fc.assert(
      fc.property(someRoute, someMarks, (one, all) => {
        expect(
          missingOf(
            one,
            ofRoute(one, all).toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1)),
          ).length === 0,
        ).toBe(isWhole(one, ofRoute(one, all)))
      }),
    )
  })
})
