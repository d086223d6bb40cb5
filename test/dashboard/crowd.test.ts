import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { WireEquipment } from '../../gateway/api/wire.ts'
import { figureOf, isAlike, isAsUrgent, isOrdinary, needlePath } from '../../dashboard/src/live/dense.ts'
import type { LiveReading } from '../../dashboard/src/live/apply.ts'
import { Turns } from '../../dashboard/src/live/turns.ts'
import { EquipmentViews, viewEquipment } from '../../dashboard/src/live/views.ts'
import { en } from '../../dashboard/src/words/en.ts'
import { alarmOf, alarmSketches, school } from './school.ts'

/** What keeps a page of hundreds of tiles cheap, and truthful. */
const equipment = school().equipment.slice(0, 3)
const points = equipment.flatMap(one => one.points.map(point => point.id))
const alarms = alarmSketches.map(sketch => alarmOf(sketch, 0))
const none: typeof alarms = []

describe('views with a memory', () => {
  const reading = fc.record({
    at: fc.integer({ min: 0, max: 2_000_000 }),
    receivedAt: fc.integer({ min: 0, max: 2_000_000 }),
    value: fc.option(fc.double({ min: -50, max: 50, noNaN: true })),
    quality: fc.constantFrom('good', 'uncertain', 'bad'),
    goodAt: fc.integer({ min: 0, max: 2_000_000 }),
  })
  const step = fc.oneof(
    fc.record({ kind: fc.constant('reading' as const), point: fc.constantFrom(...points), reading }),
    fc.record({ kind: fc.constant('alarms' as const), alarms: fc.constantFrom(none, alarms.slice(0, 1), alarms) }),
    fc.record({ kind: fc.constant('time' as const), passed: fc.integer({ min: 0, max: 700_000 }) }),
    fc.record({ kind: fc.constant('locked' as const), locked: fc.boolean() }),
  )

  test('say what a view without one says, after whatever happened', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), steps => {
        const kept = new EquipmentViews()
        const readings = new Map<string, LiveReading>()
        const lock = { equipment: 'x', since: 1, why: 'y' } as never
        let [now, own, lockOut]: [number, typeof alarms, never | undefined] = [0, none, undefined]
        for (const one of steps) {
          if (one.kind === 'reading') readings.set(one.point, one.reading as LiveReading)
          if (one.kind === 'alarms') own = one.alarms
          if (one.kind === 'time') now += one.passed
          if (one.kind === 'locked') lockOut = one.locked ? lock : undefined
          for (const each of equipment) {
            const view = kept.of(each, readings, own, now, lockOut)
            expect(view).toEqual(viewEquipment(each, readings, own, now, lockOut))
            expect(kept.of(each, new Map(readings), own, now, lockOut)).toBe(view)
          }
        }
      }),
    )
  })
})

describe('a small tile', () => {
  const t = en
  const view = (value: number | null, more: Partial<LiveReading> = {}, one = equipment[0]) => {
    if (!one) throw new Error('the school has no equipment')
    const reading: LiveReading = { at: 0, receivedAt: 0, value, quality: 'good', goodAt: 0, ...more }
    return viewEquipment(one, new Map([[one.mainPoint, reading]]), none, 0)
  }
  const say = (text: { readonly en: string }): string => text.en

  test('shows the value with its unit, and where that stands', () => {
    expect(figureOf(view(4.25), t, say)).toEqual({ text: '4.3\u202f°C', at: 37 })
    expect(figureOf(view(null, { quality: 'bad' }), t, say)).toEqual({ text: t.quality.bad })
    expect(figureOf(viewEquipment(school().equipment[0] as WireEquipment, new Map(), none, 0), t, say)).toEqual({
      text: t.quality.none,
    })
  })

  test('shows a state in its word, without a needle', () => {
    const door = school().equipment.find(one => one.points.some(point => point.labels.length > 0))
    const point = door?.points.find(one => one.labels.length > 0)
    if (!door || !point) throw new Error('the school has no door')
    const [label] = point.labels
    const own = { ...door, mainPoint: point.id }
    expect(figureOf(view(label?.code ?? NaN, {}, own), t, say)).toEqual({ text: label?.label.en })
  })

  test('is built the same as long as nothing but its figure changes', () => {
    const calm = view(4)
    expect(isOrdinary(calm)).toBe(true)
    expect(isAlike(calm, view(5))).toBe(true)
    for (const other of [view(9.5), view(99), view(-99), { ...calm, main: undefined }]) {
      expect(isOrdinary(other)).toBe(false)
      expect(isAlike(calm, other)).toBe(false)
      expect(isAsUrgent(calm, other)).toBe(true)
    }
    for (const more of [{ tone: 'low' as const }, { hush: 'shelved' as const }, { worst: alarms[0] }]) {
      expect(isAlike(calm, { ...calm, ...more })).toBe(false)
      expect(isAsUrgent(calm, { ...calm, ...more })).toBe(false)
    }
    expect(isAsUrgent(calm, view(4, {}, equipment[1]))).toBe(false)
    // One that tells nothing is unknown, and that is seen at once.
    expect(isAsUrgent(calm, view(null, { quality: 'bad' }))).toBe(false)
  })

  test('has a needle three pixels wide in the middle of where it stands', () => {
    expect(needlePath({ x: 10, y: 20, width: 200, height: 8 }, 50)).toBe('M108.5 20.0h3v8.0h-3z')
  })
})

describe('turns', () => {
  let frames: (() => void)[] = []
  let painted: (() => void)[] = []
  let time = 0
  /** A frame in which the browser works as long as the parts themselves did, and so much for the page besides. */
  const frame = (page = 0): void => {
    const began = time
    frames.splice(0).forEach(act => act())
    time += time - began + page
    painted.splice(0).forEach(act => act())
  }
  beforeEach(() => {
    frames = []
    painted = []
    time = 0
    vi.stubGlobal('requestAnimationFrame', (act: () => void) => frames.push(act))
  })
  afterEach(() => vi.unstubAllGlobals())
  const turnsOf = (): Turns =>
    new Turns(
      () => time,
      act => painted.push(act),
    )
  const parts = (count: number, ms: number, drawn: number[]): (() => void)[] =>
    Array.from({ length: count }, (_, n) => () => {
      drawn.push(n)
      time += ms
    })

  test('draws one at first, one more after each frame that had room, in the order of asking and each once', () => {
    const turns = turnsOf()
    const drawn: number[] = []
    const all = parts(10, 1, drawn)
    for (const part of [...all, ...all]) turns.ask(part)
    expect(drawn).toEqual([])
    const counts = [1, 2, 3, 4].map(() => {
      const before = drawn.length
      frame(10)
      return drawn.length - before
    })
    expect(counts).toEqual([1, 2, 3, 4])
    expect(drawn).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(frames).toEqual([])
  })

  test('takes fewer when a frame lasts too long with what the browser does, and stops when the parts themselves do', () => {
    const turns = turnsOf()
    const drawn: number[] = []
    const once = (count: number, ms: number, page: number): number => {
      for (const part of parts(count, ms, drawn)) turns.ask(part)
      const before = drawn.length
      frame(page)
      const now = drawn.length - before
      while (frames.length > 0) {
        frames.splice(0).forEach(act => act())
        painted = []
      }
      return now
    }
    for (const wanted of [1, 2, 3, 4, 5, 6]) expect(once(8, 0.1, 0)).toBe(wanted)
    expect(once(8, 0.1, 68)).toBe(7)
    expect(once(8, 0.1, 0)).toBe(3)
    expect(once(8, 4, 0)).toBe(2)
  })

  test('draws one at least, however long it takes, and leaves out who went away', () => {
    const turns = turnsOf()
    const drawn: string[] = []
    const slow = (): void => {
      drawn.push('slow')
      time += 1_000
    }
    const gone = (): void => void drawn.push('gone')
    turns.ask(slow)
    turns.ask(gone)
    turns.forget(gone)
    frame()
    expect(drawn).toEqual(['slow'])
    expect(frames).toEqual([])
    turns.ask(slow)
    frame()
    expect(drawn).toEqual(['slow', 'slow'])
  })

  test('hears of the end of a frame by a message to itself', async () => {
    const turns = new Turns(() => time)
    const drawn: number[] = []
    const inOne = (): number => {
      const before = drawn.length
      for (const part of parts(3, 0, drawn)) turns.ask(part)
      frames.splice(0).forEach(act => act())
      return drawn.length - before
    }
    expect(inOne()).toBe(1)
    await expect.poll(inOne).toBeGreaterThan(1)
  })
})
