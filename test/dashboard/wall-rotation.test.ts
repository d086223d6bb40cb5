import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calmStay, columnsFor, drift, mostTiles, screensOf, turnTo, urgentStay } from '../../dashboard/src/live/wall/rotation.ts'
import type { Turn } from '../../dashboard/src/live/wall/rotation.ts'
import type { EquipmentView } from '../../dashboard/src/live/views.ts'
import { placeOf } from '../../dashboard/src/router.svelte.ts'

const views = (count: number): EquipmentView[] => Array.from({ length: count }, (_, n) => ({ n }) as unknown as EquipmentView)
const areas = fc.array(fc.nat(60), { maxLength: 8 }).map(sizes => sizes.map((size, area) => ({ area, views: views(size) })))

describe('the screens of a wall', () => {
  test('show every piece of equipment once, in the order of the areas, at most a dozen at a time and as evenly as can be', () => {
    fc.assert(
      fc.property(areas, some => {
        const screens = screensOf(some)
        expect(screens.flatMap(screen => screen.views)).toEqual(some.flatMap(({ views: all }) => all))
        for (const { area, views: shown, part, parts } of screens) {
          const all = some[area]?.views.length ?? 0
          expect(shown.length).toBeGreaterThan(0)
          expect(shown.length).toBeLessThanOrEqual(mostTiles)
          expect(parts).toBe(Math.ceil(all / mostTiles))
          expect(part).toBeLessThanOrEqual(parts)
          expect(Math.ceil(all / parts) - shown.length).toBeLessThan(parts)
        }
      }),
    )
  })

  test('put tiles in as many columns as leave them largest', () => {
    expect(columnsFor(1, 1.8)).toBe(1)
    expect(columnsFor(4, 1.8)).toBe(2)
    expect(columnsFor(12, 1.8)).toBe(4)
    expect(columnsFor(3, 3)).toBe(3)
    expect(columnsFor(3, 0.5)).toBe(1)
    expect(columnsFor(0, 1.8)).toBe(1)
  })
})

describe('the turns of a wall', () => {
  const start: Turn = { index: 0, since: 0 }

  test('each calm screen has its time, then the next, and after the last the first', () => {
    const calm = [false, false, false]
    let turn = start
    const shown: number[] = []
    for (let now = 0; now < calmStay * 6; now += 1_000) {
      turn = turnTo(turn, now, calm)
      shown.push(turn.index)
    }
    for (const index of [0, 1, 2]) expect(shown.filter(one => one === index)).toHaveLength((calmStay / 1_000) * 2)
    expect(shown.slice(0, 16)).toEqual([...Array.from({ length: 15 }, () => 0), 1])
  })

  test('what waits for somebody is shown at once and stays; several take turns; then all go on', () => {
    let turn = turnTo(start, 2_000, [false, false, true])
    expect(turn).toEqual({ index: 2, since: 2_000 })
    turn = turnTo(turn, 2_000 + 10 * calmStay, [false, false, true])
    expect(turn.index).toBe(2)
    turn = turnTo({ index: 2, since: 0 }, urgentStay, [true, false, true])
    expect(turn.index).toBe(0)
    turn = turnTo(turn, turn.since + urgentStay - 1, [true, false, true])
    expect(turn.index).toBe(0)
    turn = turnTo(turn, turn.since + calmStay, [false, false, false])
    expect(turn.index).toBe(1)
  })

  test('never shows a screen that is not there, nor a calm one beside one that waits, whatever changes meanwhile', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(40_000), fc.array(fc.boolean(), { maxLength: 6 })), { maxLength: 30 }), steps => {
        let [turn, now] = [start, 0]
        for (const [later, urgent] of steps) {
          now += later
          turn = turnTo(turn, now, urgent)
          if (urgent.length === 0) expect(turn.index).toBe(0)
          else {
            expect(turn.index).toBeLessThan(urgent.length)
            if (urgent.includes(true)) expect(urgent[turn.index]).toBe(true)
          }
          expect(turn.since).toBeLessThanOrEqual(now)
        }
      }),
    )
  })

  test('shows everything within one round while all is calm', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), count => {
        const calm = Array.from({ length: count }, () => false)
        const seen = new Set<number>()
        let turn = start
        for (let now = 0; now <= count * calmStay; now += 1_000) {
          turn = turnTo(turn, now, calm)
          seen.add(turn.index)
        }
        expect(seen.size).toBe(count)
      }),
    )
  })

  test('the picture never stands on the same spot for longer than a minute, and never goes far', () => {
    for (let minute = 0; minute < 120; minute++) {
      const here = drift(minute * 60_000)
      expect(drift(minute * 60_000 + 59_999)).toEqual(here)
      expect(drift((minute + 1) * 60_000)).not.toEqual(here)
      expect(Math.hypot(here.x, here.y)).toBeCloseTo(0.5)
    }
    expect(drift(60 * 60_000)).toEqual(drift(0))
  })
})

test('the wall and the samples have addresses of their own', () => {
  expect(placeOf('/wall')).toEqual({ page: 'wall' })
  expect(placeOf('/gallery')).toEqual({ page: 'gallery' })
})
