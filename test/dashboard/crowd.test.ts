import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { LiveReading } from '../../dashboard/src/live/apply.ts'
import { Turns } from '../../dashboard/src/live/turns.ts'
import { EquipmentViews, viewEquipment } from '../../dashboard/src/live/views.ts'
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

describe('turns', () => {
  let frames: (() => void)[] = []
  let time = 0
  const frame = (): void => frames.splice(0).forEach(act => act())
  beforeEach(() => {
    frames = []
    time = 0
    vi.stubGlobal('requestAnimationFrame', (act: () => void) => frames.push(act))
  })
  afterEach(() => vi.unstubAllGlobals())

  test('draws what fits a frame, the rest in the next ones, in the order of asking and each once', () => {
    const turns = new Turns(() => time)
    const drawn: number[] = []
    const parts = [0, 1, 2, 3, 4].map(n => () => {
      drawn.push(n)
      time += 4
    })
    for (const part of [...parts, ...parts]) turns.ask(part)
    expect(drawn).toEqual([])
    frame()
    expect(drawn).toEqual([0, 1])
    frame()
    expect(drawn).toEqual([0, 1, 2, 3])
    frame()
    expect(drawn).toEqual([0, 1, 2, 3, 4])
    expect(frames).toEqual([])
  })

  test('draws one at least, however long it takes, and leaves out who went away', () => {
    const turns = new Turns(() => time)
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
})
