import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changesOf, draftIn, put, rebased, takeOff } from '../../dashboard/src/live/plan/arrangement.ts'
import { itemsOf, standsOut } from '../../dashboard/src/live/plan/items.ts'
import { crowded, labelBox, markerBox, overlap, shownLabels, widthOf } from '../../dashboard/src/live/plan/labels.ts'
import {
  broughtIn,
  fitView,
  held,
  isWhole,
  onDrawing,
  onStage,
  panned,
  pinched,
  zoomed,
} from '../../dashboard/src/live/plan/view.ts'
import type { Spot, View } from '../../dashboard/src/live/plan/view.ts'
import { placeOf } from '../../dashboard/src/router.svelte.ts'

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const sights = fc.record({
  stage: fc.record({ width: number(120, 3_000), height: number(120, 2_000) }),
  drawing: fc.record({ width: number(20, 8_192), height: number(20, 8_192) }),
})
const spots = fc.record({ x: number(0, 1), y: number(0, 1) })
const views = fc.tuple(sights, number(1, 12), number(-5_000, 5_000), number(-5_000, 5_000)).map(([sight, factor, x, y]) => {
  const fit = fitView(sight)
  return { sight, view: held({ scale: fit.scale * factor, x, y }, sight) }
})
const onIt = (view: View, { stage }: { stage: { width: number; height: number } }, at: Spot): Spot => ({
  x: at.x * stage.width,
  y: at.y * stage.height,
})

describe('a view of a drawing', () => {
  test('begins with the whole of it, in the middle', () => {
    const sight = { stage: { width: 456, height: 256 }, drawing: { width: 100, height: 100 } }
    expect(fitView(sight)).toEqual({ scale: 2, x: 128, y: 28 })
    fc.assert(
      fc.property(sights, one => {
        const view = fitView(one)
        expect(isWhole(view, one)).toBe(true)
        for (const corner of [
          { x: 0, y: 0 },
          { x: 1, y: 1 },
        ]) {
          const { x, y } = onStage(view, one, corner)
          expect(x).toBeGreaterThanOrEqual(27.9)
          expect(y).toBeGreaterThanOrEqual(27.9)
          expect(x).toBeLessThanOrEqual(one.stage.width - 27.9)
          expect(y).toBeLessThanOrEqual(one.stage.height - 27.9)
        }
      }),
    )
  })

  test('is never lost, whatever is done with it', () => {
    fc.assert(
      fc.property(views, number(0.01, 100), spots, number(-9_000, 9_000), number(-9_000, 9_000), (made, factor, at, dx, dy) => {
        const { sight } = made
        const next = panned(zoomed(made.view, factor, onIt(made.view, sight, at), sight), dx, dy, sight)
        const fit = fitView(sight).scale
        expect(next.scale).toBeGreaterThanOrEqual(fit * 0.999)
        expect(next.scale).toBeLessThanOrEqual(fit * 12.001)
        // Some of it is in sight: its far edges are not before the stage, its near ones not behind.
        const [near, far] = [onStage(next, sight, { x: 0, y: 0 }), onStage(next, sight, { x: 1, y: 1 })]
        expect(near.x).toBeLessThan(sight.stage.width)
        expect(near.y).toBeLessThan(sight.stage.height)
        expect(far.x).toBeGreaterThan(0)
        expect(far.y).toBeGreaterThan(0)
        expect(held(next, sight)).toEqual(next)
      }),
    )
  })

  test('takes a place to the stage and back', () => {
    fc.assert(
      fc.property(views, spots, ({ view, sight }, at) => {
        const back = onDrawing(view, sight, onStage(view, sight, at))
        expect(back.x).toBeCloseTo(at.x, 6)
        expect(back.y).toBeCloseTo(at.y, 6)
      }),
    )
    const sight = { stage: { width: 456, height: 256 }, drawing: { width: 100, height: 100 } }
    expect(onDrawing(fitView(sight), sight, { x: -50, y: 900 })).toEqual({ x: 0, y: 1 })
  })

  test('keeps what is under the pointer there while it zooms, unless that would lose the drawing', () => {
    const sight = { stage: { width: 800, height: 600 }, drawing: { width: 400, height: 300 } }
    fc.assert(
      fc.property(number(1.5, 4), number(0.4, 0.6), number(0.4, 0.6), (factor, x, y) => {
        const at = { x: x * 800, y: y * 600 }
        const before = zoomed(fitView(sight), 2, { x: 400, y: 300 }, sight)
        const place = onDrawing(before, sight, at)
        const after = onStage(zoomed(before, factor, at, sight), sight, place)
        expect(after.x).toBeCloseTo(at.x, 6)
        expect(after.y).toBeCloseTo(at.y, 6)
      }),
    )
  })

  test('goes with two fingers: apart is nearer, together with them is along', () => {
    const sight = { stage: { width: 800, height: 600 }, drawing: { width: 400, height: 300 } }
    const begin = zoomed(fitView(sight), 2, { x: 400, y: 300 }, sight)
    const from = [
      { x: 350, y: 300 },
      { x: 450, y: 300 },
    ] as const
    const place = onDrawing(begin, sight, { x: 400, y: 300 })
    const nearer = pinched(
      begin,
      from,
      [
        { x: 320, y: 310 },
        { x: 520, y: 310 },
      ],
      sight,
    )
    expect(nearer.scale).toBeCloseTo(begin.scale * 2, 6)
    const is = onStage(nearer, sight, place)
    expect([is.x, is.y]).toEqual([expect.closeTo(420, 6), expect.closeTo(310, 6)])
    expect(pinched(begin, [from[0], from[0]], from, sight).scale).toBeGreaterThan(begin.scale)
  })

  test('moves just as far as it takes to see a place', () => {
    fc.assert(
      fc.property(views, spots, ({ view, sight }, at) => {
        const { x, y } = onStage(broughtIn(view, at, sight), sight, at)
        expect(x).toBeGreaterThanOrEqual(-0.001)
        expect(y).toBeGreaterThanOrEqual(-0.001)
        expect(x).toBeLessThanOrEqual(sight.stage.width + 0.001)
        expect(y).toBeLessThanOrEqual(sight.stage.height + 0.001)
        const seen = { x: sight.stage.width / 2, y: sight.stage.height / 2 }
        expect(broughtIn(view, onDrawing(view, sight, seen), sight).scale).toBe(view.scale)
      }),
    )
  })
})

describe('names on a drawing', () => {
  const drawing = { width: 1_000, height: 700 }
  const labels = fc
    .array(
      fc.record({
        x: number(0, 1_000),
        y: number(0, 700),
        width: number(20, 148),
        height: fc.constant(38),
        radius: fc.constantFrom(14, 18),
        always: fc.boolean(),
      }),
      { maxLength: 60 },
    )
    .map(found => found.map((one, id) => ({ id: String(id), ...one })))

  test('hide where they would cover another or a marker; what is abnormal never hides', () => {
    fc.assert(
      fc.property(labels, all => {
        const shown = shownLabels(all, drawing)
        for (const label of all) if (label.always) expect(shown.has(label.id)).toBe(true)
        for (const label of all) {
          const side = shown.get(label.id)
          if (label.always || !side) continue
          const box = labelBox(label, side)
          for (const other of all) {
            if (other.id === label.id) continue
            expect(overlap(box, markerBox(other))).toBe(false)
            const theirs = shown.get(other.id)
            if (theirs) expect(overlap(box, labelBox(other, theirs))).toBe(false)
          }
        }
      }),
    )
  })

  test('of one alone stands below it; of two abnormal ones side by side neither covers the other', () => {
    const one = { id: 'a', x: 500, y: 300, width: 120, height: 38, radius: 18, always: true }
    expect([...shownLabels([one], drawing)]).toEqual([['a', 'below']])
    const shown = shownLabels([one, { ...one, id: 'b', x: 540 }], drawing)
    const [a, b] = [shown.get('a'), shown.get('b')]
    expect(a && b && overlap(labelBox(one, a), labelBox({ ...one, x: 540 }, b))).toBe(false)
    expect(shownLabels([{ ...one, y: 699 }], drawing).get('a')).toBe('above')
    expect(shownLabels([{ ...one, always: false, x: 0, width: 140 }], drawing).has('a')).toBe(false)
  })

  test('two hundred are sorted out within a frame or two', () => {
    const many = Array.from({ length: 200 }, (_, id) => ({
      id: String(id),
      x: (id * 37) % 1_000,
      y: (id * 53) % 700,
      width: 100,
      height: 38,
      radius: 14,
      always: id % 10 === 0,
    }))
    const begun = performance.now()
    for (let round = 0; round < 20; round += 1) shownLabels(many, drawing)
    expect((performance.now() - begun) / 20).toBeLessThan(50)
  })

  test('calm markers that lie on another are dots; abnormal ones are not', () => {
    fc.assert(
      fc.property(labels, all => {
        const dots = crowded(all)
        for (const one of all) {
          const isTouching = all.some(other => other.id !== one.id && overlap(markerBox(one), markerBox(other)))
          expect(dots.has(one.id)).toBe(isTouching && !one.always)
        }
      }),
    )
  })

  test('are measured by what they are made of', () => {
    expect(widthOf('保鲜柜')).toBe(36)
    expect(widthOf('9.4')).toBeCloseTo(20.4)
  })
})

describe('an arrangement that is not saved', () => {
  const places = fc
    .uniqueArray(fc.tuple(fc.nat(6), spots), { selector: ([id]) => id })
    .map(found => found.map(([id, at]) => put([], `cold-${id}`, at)).flat())
  const sorted = (all: readonly { readonly equipment: string }[]) => all.toSorted((a, b) => (a.equipment < b.equipment ? -1 : 1))

  test('puts, moves and takes off', () => {
    const one = put([], 'cold-1', { x: 0.123456789, y: 2 })
    expect(one).toEqual([{ equipment: 'cold-1', x: 0.12346, y: 1 }])
    expect(put(one, 'cold-1', { x: 0, y: 0 })).toEqual([{ equipment: 'cold-1', x: 0, y: 0 }])
    expect(takeOff(one, 'cold-1')).toEqual([])
    expect(changesOf(one, one)).toEqual([])
    expect(changesOf(one, [])).toEqual([{ equipment: 'cold-1' }])
  })

  test('goes onto what somebody else has saved: mine where I changed something, theirs everywhere else', () => {
    fc.assert(
      fc.property(places, places, places, (base, mine, fresh) => {
        const next = rebased(base, mine, fresh)
        const touched = new Set(changesOf(base, mine).map(({ equipment }) => equipment))
        const at = (all: typeof next, id: string) => all.find(({ equipment }) => equipment === id)
        for (let id = 0; id <= 6; id += 1) {
          const equipment = `cold-${id}`
          expect(at(next, equipment)).toEqual(at(touched.has(equipment) ? mine : fresh, equipment))
        }
        expect(sorted(rebased(base, mine, base))).toEqual(sorted(mine))
        expect(rebased(base, base, fresh)).toEqual(fresh)
      }),
    )
  })

  test('is read back from the browser only where it is one', () => {
    const draft = { version: 3, base: [], mine: [{ equipment: 'cold-1', x: 0, y: 1 }] }
    expect(draftIn(JSON.parse(JSON.stringify(draft)))).toEqual(draft)
    for (const other of [
      null,
      'x',
      {},
      { ...draft, version: '3' },
      { ...draft, mine: [{ equipment: 1 }] },
      { ...draft, base: {} },
    ])
      expect(draftIn(other)).toBeUndefined()
  })
})

describe('what stands on a plan', () => {
  const view = (id: string, tone: string) => ({ equipment: { id, name: { zh: id, en: id } }, tone }) as never
  test('comes in the order of urgency, what has gone from the site last and by its name', () => {
    const places = ['calm', 'gone', 'unknown', 'high'].map(equipment => ({
      equipment,
      x: 0,
      y: 0,
      name: { zh: '旧', en: 'Old' },
    }))
    const views = new Map(['calm', 'unknown', 'high'].map(id => [id, view(id, id)]))
    const items = itemsOf(places, views)
    expect(items.map(({ id }) => id)).toEqual(['high', 'unknown', 'calm', 'gone'])
    expect(items.map(standsOut)).toEqual([true, true, false, true])
    expect(items.at(-1)).toMatchObject({ view: undefined, name: { en: 'Old' } })
    expect(itemsOf([{ equipment: 'x', x: 0, y: 0 }], views)[0]?.name).toEqual({ zh: 'x', en: 'x' })
  })
})

test('floor plans have addresses of their own', () => {
  expect([placeOf('/plan'), placeOf('/plan/P2'), placeOf('/plan/P2/x')]).toEqual([
    { page: 'plan', id: '' },
    { page: 'plan', id: 'P2' },
    { page: 'lost' },
  ])
})
