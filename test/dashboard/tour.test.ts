import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { helpWords } from '../../dashboard/src/pages/help-words.ts'
import { termWords } from '../../dashboard/src/pages/term-words.ts'
import { tourWords } from '../../dashboard/src/pages/tour-words.ts'
import { gap, overlap, placeCard } from '../../dashboard/src/live/tour/place.ts'
import type { Box } from '../../dashboard/src/live/tour/place.ts'
import { pageOf, steps } from '../../dashboard/src/live/tour/steps.ts'
import { placeOf } from '../../dashboard/src/router.svelte.ts'

const room: Box = { left: 8, top: 64, right: 1272, bottom: 792 }
const card = { width: 380, height: 260 }
const boxAt = ({ left, top }: { left: number; top: number }, { width, height } = card): Box => ({
  left,
  top,
  right: left + width,
  bottom: top + height,
})

describe('the card of the tour', () => {
  test.each([
    ['right of it', { left: 100, top: 100, right: 300, bottom: 200 }, { left: 300 + gap, top: 100 }],
    ['left of it where the right side is short', { left: 700, top: 100, right: 1250, bottom: 200 }, { left: 304, top: 100 }],
    ['below what is as wide as the page', { left: 230, top: 70, right: 1262, bottom: 140 }, { left: 230, top: 140 + gap }],
    ['above what lies at the foot', { left: 230, top: 700, right: 1262, bottom: 780 }, { left: 230, top: 700 - gap - 260 }],
    ['in the lower corner when there is nothing to point at', undefined, { left: 892, top: 532 }],
  ])('stands %s', (_, target, spot) => {
    expect(placeCard(target, card, room)).toEqual(spot)
  })

  test('lies in the window whatever it points at, and on nothing that leaves it a side', () => {
    const edge = fc.integer({ min: -200, max: 2200 })
    fc.assert(
      fc.property(
        edge,
        edge,
        fc.integer({ min: 1, max: 1500 }),
        fc.integer({ min: 1, max: 1200 }),
        (left, top, width, height) => {
          const target = { left, top, right: left + width, bottom: top + height }
          const spot = placeCard(target, card, room)
          expect(spot.left).toBeGreaterThanOrEqual(room.left)
          expect(spot.top).toBeGreaterThanOrEqual(room.top)
          expect(spot.left + card.width).toBeLessThanOrEqual(room.right)
          expect(spot.top + card.height).toBeLessThanOrEqual(room.bottom)
          const hasSide =
            room.right - target.right >= gap + card.width ||
            target.left - room.left >= gap + card.width ||
            room.bottom - target.bottom >= gap + card.height ||
            target.top - room.top >= gap + card.height
          if (hasSide) expect(overlap(target, boxAt(spot))).toBe(0)
        },
      ),
    )
  })

  test('begins at the upper left where the window is smaller than the card', () => {
    expect(placeCard(undefined, card, { left: 8, top: 64, right: 200, bottom: 200 })).toEqual({ left: 8, top: 64 })
  })
})

describe('the steps', () => {
  const scenes = [{}, { alarm: 'A/17 ü', equipment: 'cold-1', point: 'cold-1.temperature' }]

  test('lead to pages that are there, with whatever the site has or has not', () => {
    for (const scene of scenes) for (const { id, path } of steps) expect(placeOf(pageOf(path(scene))).page, id).not.toBe('lost')
    expect(steps.find(({ id }) => id === 'why')?.path(scenes[1] ?? {})).toBe('/alarms#A%2F17%20%C3%BC')
  })

  test('are ten to twelve, each said in both languages and short enough to be read in half a minute', () => {
    expect(steps.length).toBeGreaterThanOrEqual(10)
    expect(steps.length).toBeLessThanOrEqual(12)
    for (const { id } of steps) {
      const [zh, en] = [tourWords.zh.steps[id], tourWords.en.steps[id]]
      expect(zh.text.length, id).toBeLessThan(120)
      expect(en.text.split(' ').length, id).toBeLessThan(60)
      expect(zh.none === undefined, id).toBe(en.none === undefined)
    }
  })
})

test('every term is explained in both languages, none twice', () => {
  const [zh, en] = [termWords.zh.terms, termWords.en.terms]
  expect(Object.keys(en)).toEqual(Object.keys(zh))
  for (const terms of [zh, en]) {
    const names = Object.values(terms).map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const { name, means } of Object.values(terms)) expect(means.length, name).toBeGreaterThan(20)
  }
  expect(Object.keys(helpWords.en)).toEqual(Object.keys(helpWords.zh))
})
