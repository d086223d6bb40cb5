import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PointId } from '../../protocols/contract/reading.ts'
import { hours, minutes, seconds } from '../../protocols/contract/time.ts'
import type { Alarm } from '../../gateway/alarm/alarm.ts'
import { RootCauses } from '../../gateway/alarm/root-causes.ts'
import type { Priority, RuleId } from '../../gateway/policy/rule.ts'
import { plant } from '../kit/plant.ts'
import type { Plant, PlantRule } from '../kit/plant.ts'

const id = (point: string): PointId => point as PointId

/** Two buses: a kitchen with a cabinet of two sensors and a freezer, and a hall with one gauge. */
const points = ['cold.t', 'cold.door', 'freezer.t', 'gauge.p'].map(point => ({
  id: id(point),
  equipment: point.split('.')[0] as string,
}))
const connections = [
  { id: 'kitchen', points: ['cold.t', 'cold.door', 'freezer.t'].map(id) },
  { id: 'hall', points: [id('gauge.p')] },
]
const silent = (point: string, after: string, priority: Priority = 'medium'): PlantRule => ({
  id: `${point}.silent`,
  kind: 'stale',
  point,
  after,
  says: { equipment: point.split('.')[0] as string, priority },
})
const rules: readonly PlantRule[] = [
  silent('cold.t', '10m'),
  silent('cold.door', '10m', 'low'),
  silent('freezer.t', '10m'),
  silent('gauge.p', '10m'),
  { id: 'cold.t.warm', kind: 'limit', point: 'cold.t', op: 'gt', value: 8, onDelay: '0s', says: { equipment: 'cold' } },
]

const build = (of: readonly PlantRule[] = rules): Promise<Plant> =>
  plant(of, { followers: (all, alarmOf) => [new RootCauses({ connections, points, rules: all, alarmOf })] })

/** Everything is read, all the time, for so long. */
async function reading(works: Plant, of: readonly string[], length: number): Promise<void> {
  for (let passed = 0; passed < length; passed += 30_000) {
    for (const point of of) await works.reads(point, 4)
    await works.passes(seconds(30))
  }
}
const everything = points.map(point => point.id as string)
const down = 'gateway.connection:kitchen'
const since = (works: Plant, from: number): readonly string[] => works.told.slice(from).map(line => line.replace(/^[\d.]+s /, ''))
const calls = (works: Plant, from = 0): readonly string[] =>
  works.told.slice(from).flatMap(line => (/ (raised|re-alarmed)$/.test(line) ? [line] : []))
const alarmOf = (works: Plant, rule: string): Alarm | undefined => works.desk.ofRule(rule as RuleId)
const suppressed = (works: Plant): readonly string[] =>
  works.desk
    .openAlarms()
    .filter(({ state }) => state === 'suppressed')
    .map(({ rule }) => rule)

describe('a line that is down', () => {
  test('for longer than a minute has one alarm, and the silences below it never call', async () => {
    const works = await build()
    await reading(works, everything, minutes(2))
    await works.notes('link.down', 'kitchen')
    await works.passes(seconds(59))
    expect(works.told).toEqual([])

    await works.passes(minutes(30))

    expect(since(works, 0).filter(line => line.startsWith('gateway') || line.startsWith('gauge'))).toEqual([
      `${down} raised`,
      'gauge.p.silent raised',
    ])
    expect(alarmOf(works, down)).toMatchObject({
      state: 'unacknowledged',
      because: { zh: '2 台设备读不到', en: '2 pieces of equipment cannot be read' },
    })
    expect(suppressed(works)).toEqual(['cold.t.silent', 'cold.door.silent', 'freezer.t.silent'])
    const cause = { kind: 'connection', name: 'kitchen', alarm: alarmOf(works, down)?.id }
    expect(alarmOf(works, 'cold.t.silent')?.suppressed?.causes).toEqual([cause])
  })

  test('for a minute or less is a hiccup', async () => {
    const works = await build()
    await works.notes('link.down', 'kitchen')
    await works.passes(seconds(59))
    await works.notes('link.up', 'kitchen')
    await reading(works, everything, hours(1))

    expect(works.told).toEqual([])
    expect([...works.disk.checkpoints.keys()].filter(key => key.startsWith('line:'))).toEqual([])
  })

  test('that is back is cleared after a minute, and its children one by one as they read again', async () => {
    const works = await build()
    await works.notes('link.down', 'kitchen')
    await works.passes(minutes(20))
    const from = works.told.length
    await works.notes('link.up', 'kitchen')
    await works.reads('cold.t', 4)
    await works.reads('cold.door', 0)

    expect(since(works, from)).toEqual([
      'cold.t.silent cleared',
      'cold.t.silent released',
      'cold.door.silent cleared',
      'cold.door.silent released',
    ])
    expect(suppressed(works)).toEqual(['freezer.t.silent'])

    await works.passes(seconds(60))
    expect(works.state(down)).toBe('returned-unacknowledged')
    expect(works.state('freezer.t.silent')).toBe('suppressed')

    await works.passes(seconds(30))
    expect(works.state('freezer.t.silent')).toBe('unacknowledged')
    expect(calls(works, from)).toHaveLength(1)
    expect([...works.disk.checkpoints.keys()].filter(key => /^(line|silence):/.test(key))).toEqual([])
  })

  test('that flaps keeps one alarm', async () => {
    const works = await build()
    await works.notes('link.down', 'kitchen')
    await works.passes(minutes(20))
    const from = works.told.length
    for (let round = 0; round < 20; round += 1) {
      await works.notes('link.up', 'kitchen')
      await works.reads('cold.t', 4)
      await works.passes(seconds(50))
      await works.notes('link.down', 'kitchen')
      await works.passes(minutes(11))
    }

    expect(
      calls(works, from)
        .filter(line => !line.includes('gauge'))
        .every(line => line.includes('cold.t.silent')),
    ).toBe(true)
    expect(works.state(down)).toBe('unacknowledged')
    expect(suppressed(works)).toContain('cold.t.silent')
    // What was read in between and fell silent again did so under the line: it was noted, and called nobody.
    expect(alarmOf(works, 'cold.t.silent')?.state).toBe('suppressed')
  })

  test('does not touch an alarm of a limit: silence is never recovery', async () => {
    const works = await build()
    await works.reads('cold.t', 9)
    await works.notes('link.down', 'kitchen')
    await works.passes(hours(2))

    expect(works.state('cold.t.warm')).toBe('unacknowledged')
  })

  test('does not touch a silence that stood before: it has another reason', async () => {
    const works = await build()
    await reading(works, ['cold.t', 'cold.door', 'gauge.p'], minutes(15))
    expect(works.state('freezer.t.silent')).toBe('unacknowledged')
    await works.acknowledges('freezer.t.silent')

    await works.notes('link.down', 'kitchen')
    await works.passes(minutes(20))
    await works.notes('link.up', 'kitchen')
    await reading(works, ['cold.t', 'cold.door', 'gauge.p'], minutes(5))

    expect(works.state('freezer.t.silent')).toBe('acknowledged')
    expect(works.state(down)).toBe('returned-unacknowledged')
  })

  test('keeps the impatient quiet too, before it has an alarm, and takes one with it that spoke just before', async () => {
    const works = await build([silent('freezer.t', '30s'), silent('gauge.p', '30s')])
    await works.passes(minutes(5))
    await reading(works, ['freezer.t'], minutes(1))
    await works.passes(seconds(2))
    expect(works.state('freezer.t.silent')).toBe('unacknowledged')
    await works.notes('link.down', 'kitchen')
    expect(works.state('freezer.t.silent')).toBe('suppressed')
    await works.notes('link.up', 'kitchen')
    await works.reads('freezer.t', 4)
    await works.notes('link.down', 'kitchen')
    const from = works.told.length
    await works.passes(seconds(59))
    expect(works.state('freezer.t.silent')).toBe('suppressed')
    await works.passes(seconds(20))

    expect(calls(works, from).filter(line => line.includes(down))).toHaveLength(1)
    expect(works.state('freezer.t.silent')).toBe('suppressed')
    expect(alarmOf(works, 'freezer.t.silent')?.suppressed?.causes).toEqual([
      { kind: 'connection', name: 'kitchen', alarm: alarmOf(works, down)?.id },
    ])
  })

  test('keeps its children quiet again when it goes once more before they were let go', async () => {
    const works = await build()
    await works.notes('link.down', 'kitchen')
    await works.passes(minutes(20))
    await works.notes('link.up', 'kitchen')
    await works.passes(seconds(70))
    await works.notes('link.down', 'kitchen')
    const from = works.told.length
    await works.passes(seconds(50))
    expect(works.told.slice(from)).toEqual([])

    await works.passes(minutes(20))

    expect(calls(works, from).filter(line => !line.includes('gauge'))).toEqual([expect.stringContaining(`${down} raised`)])
    expect(alarmOf(works, 'cold.t.silent')?.suppressed?.causes).toEqual([
      { kind: 'connection', name: 'kitchen', alarm: alarmOf(works, down)?.id },
    ])
  })

  test('is no news of a connection that the site does not have', async () => {
    const works = await build()
    await works.notes('link.down', 'attic')
    await works.notes('link.up', 'attic')
    await works.passes(minutes(5))

    expect(works.told).toEqual([])
  })
})

describe('a restart', () => {
  test('keeps children quiet until their line says that it is back', async () => {
    let works = await build()
    await works.notes('link.down', 'kitchen')
    await works.passes(minutes(20))
    works = await works.killed()
    await works.passes(minutes(5))
    expect(suppressed(works)).toHaveLength(3)

    await works.notes('link.up', 'kitchen')
    await reading(works, everything, minutes(3))

    expect(works.desk.openAlarms().filter(({ state }) => state !== 'returned-unacknowledged')).toEqual([])
  })

  test('keeps the time a line has been down', async () => {
    let works = await build()
    await works.notes('link.down', 'kitchen')
    await works.passes(seconds(40))
    works = await works.killed()
    await works.passes(minutes(5))
    expect(works.state(down)).toBe('normal')

    await works.notes('link.down', 'kitchen')
    await works.passes(seconds(1))

    expect(works.state(down)).toBe('unacknowledged')
  })

  test('begins the patience anew, because nobody read anything meanwhile', async () => {
    let works = await build()
    await works.notes('link.down', 'kitchen')
    await works.passes(minutes(20))
    await works.notes('link.up', 'kitchen')
    await works.passes(seconds(80))
    works = await works.killed()
    await works.passes(seconds(80))
    expect(suppressed(works)).toHaveLength(3)

    await works.passes(seconds(20))

    expect(works.state('freezer.t.silent')).toBe('unacknowledged')
  })

  test('lets go of what nobody vouches for: its point is read over another line now', async () => {
    const works = await build()
    await works.notes('link.down', 'kitchen')
    await works.passes(minutes(20))
    const moved = [
      { id: 'kitchen', points: [] },
      { id: 'hall', points: points.map(point => point.id) },
    ]
    await works.pipeline.close()
    const next = await plant(rules, {
      disk: works.disk,
      clock: works.clock,
      followers: (all, find) => [new RootCauses({ connections: moved, points, rules: all, alarmOf: find })],
    })

    expect(suppressed(next).filter(rule => rule.startsWith('freezer'))).toEqual([])
    expect(next.state('freezer.t.silent')).toBe('unacknowledged')
  })

  test('takes a line for down whose alarm stands and whose checkpoint is lost', async () => {
    let works = await build()
    await works.notes('link.down', 'kitchen')
    await works.passes(minutes(20))
    works.disk.checkpoints.set('line:kitchen', 'gone')
    works = await works.killed()
    expect(suppressed(works)).toHaveLength(3)

    await works.notes('link.up', 'kitchen')
    await works.passes(seconds(60))

    expect(works.state(down)).toBe('returned-unacknowledged')
  })
})

describe('equipment that falls silent while its line is up', () => {
  const others = ['freezer.t', 'gauge.p']

  test('calls once: the first silence stands for the others', async () => {
    const works = await build([silent('cold.t', '10m'), silent('cold.door', '15m', 'low'), silent('freezer.t', '10m')])
    await reading(works, others, minutes(30))

    expect(calls(works)).toEqual(['600s cold.t.silent raised', '900s cold.door.silent raised'])
    expect(alarmOf(works, 'cold.door.silent')).toMatchObject({
      state: 'suppressed',
      suppressed: { causes: [{ kind: 'equipment', name: 'cold', alarm: alarmOf(works, 'cold.t.silent')?.id }] },
    })
  })

  test('calls for what is more urgent all the same', async () => {
    const works = await build([silent('cold.t', '15m', 'high'), silent('cold.door', '10m', 'low')])
    await works.passes(minutes(20))

    expect(works.state('cold.door.silent')).toBe('unacknowledged')
    expect(works.state('cold.t.silent')).toBe('unacknowledged')
  })

  test('lets the others go when the first reads again, and one speaks for what is still silent', async () => {
    const three = [
      silent('cold.t', '10m'),
      silent('cold.door', '15m', 'low'),
      silent('cold.fan', '20m', 'low'),
      silent('cold.light', '25m', 'low'),
    ]
    const works = await build(three)
    await works.passes(minutes(30))
    const from = works.told.length
    await works.reads('cold.t', 4)
    await works.reads('cold.fan', 1)
    expect(works.state('cold.fan.silent')).toBe('normal')
    expect(suppressed(works)).toEqual(['cold.door.silent', 'cold.light.silent'])

    await works.passes(seconds(91))

    expect(calls(works, from)).toEqual([expect.stringContaining('cold.door.silent raised')])
    expect(alarmOf(works, 'cold.light.silent')?.suppressed?.causes).toEqual([
      { kind: 'equipment', name: 'cold', alarm: alarmOf(works, 'cold.door.silent')?.id },
    ])
  })

  test('keeps its one alarm over a restart', async () => {
    let works = await build([silent('cold.t', '10m'), silent('cold.door', '15m', 'low')])
    await works.passes(minutes(12))
    works = await works.killed()
    const from = works.told.length
    await works.passes(minutes(30))
    expect(since(works, from)).toEqual(['cold.door.silent raised'])
    expect(works.state('cold.door.silent')).toBe('suppressed')

    await works.reads('cold.t', 4)
    works = await works.killed()
    await works.passes(seconds(80))
    expect(works.state('cold.door.silent')).toBe('suppressed')
    await works.passes(seconds(20))
    expect(works.state('cold.door.silent')).toBe('unacknowledged')
  })
})

describe('whatever happens in whatever order', () => {
  type Act =
    | { readonly do: 'down' | 'up'; readonly line: string }
    | { readonly do: 'reads' | 'loses'; readonly point: string }
    | { readonly do: 'passes'; readonly seconds: number }
    | { readonly do: 'acknowledges'; readonly rule: string }
    | { readonly do: 'restarts' }
  const line = fc.constantFrom('kitchen', 'hall')
  const act: fc.Arbitrary<Act> = fc.oneof(
    fc.record({ do: fc.constantFrom('down' as const, 'up' as const), line }),
    fc.record({ do: fc.constantFrom('reads' as const, 'loses' as const), point: fc.constantFrom(...everything) }),
    fc.record({ do: fc.constant('passes' as const), seconds: fc.constantFrom(1, 29, 31, 59, 61, 89, 91, 300, 599, 601, 1_200) }),
    fc.record({ do: fc.constant('acknowledges' as const), rule: fc.constantFrom(...rules.map(rule => rule.id), down) }),
    fc.constant({ do: 'restarts' as const }),
  )
  const isLoud = (alarm: Alarm | undefined): boolean => alarm?.active === true && alarm.state !== 'suppressed'

  test('nothing is quiet without a living cause, and no silence is lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), async acts => {
        let works = await build()
        /** Until when each cause was alive: its line's last word was "down", or its alarm held. */
        const alive = new Map<string, number>()
        const isDown = new Set<string>()
        const look = (): void => {
          const open = works.desk.openAlarms()
          for (const name of isDown) alive.set(name, works.clock.now())
          for (const alarm of open) if (alarm.active) alive.set(alarm.id, works.clock.now())
          for (const cause of open.flatMap(alarm => alarm.suppressed?.causes ?? [])) {
            const last = alive.get(cause.kind === 'connection' ? cause.name : String(cause.alarm))
            expect(works.clock.now() - (last ?? Number.NEGATIVE_INFINITY), JSON.stringify(cause)).toBeLessThanOrEqual(90_000)
          }
        }
        for (const one of acts) {
          look()
          if (one.do === 'down') isDown.add(one.line)
          if (one.do === 'up') isDown.delete(one.line)
          if (one.do === 'down' || one.do === 'up') await works.notes(`link.${one.do}`, one.line)
          if (one.do === 'reads') await works.reads(one.point, 4)
          if (one.do === 'loses') await works.loses(one.point)
          if (one.do === 'passes') await works.passes(seconds(one.seconds))
          if (one.do === 'acknowledges') await works.acknowledges(one.rule)
          if (one.do === 'restarts') {
            works = await works.killed()
            // A line whose alarm stands is down until its driver speaks; and nobody read anything meanwhile: the patience begins again.
            for (const { id: name } of connections) if (alarmOf(works, `gateway.connection:${name}`)?.active) isDown.add(name)
            for (const name of alive.keys()) alive.set(name, works.clock.now())
          }
          look()
        }
        // Every line is up, and three of the four sensors stay silent: each calls, or stands below one of its equipment that does.
        for (const connection of connections) await works.notes('link.up', connection.id)
        await reading(works, ['gauge.p'], minutes(25))
        for (const name of ['cold.t.silent', 'cold.door.silent', 'freezer.t.silent']) {
          const alarm = alarmOf(works, name)
          expect(alarm?.active, name).toBe(true)
          if (isLoud(alarm)) continue
          const [cause, ...more] = alarm?.suppressed?.causes ?? []
          expect([cause?.kind, cause?.name, more]).toEqual(['equipment', 'cold', []])
          expect(isLoud(works.desk.openAlarms().find(one => one.id === cause?.alarm))).toBe(true)
        }
        // Everything reads again: nothing is left suppressed, and the followers remember nothing.
        await reading(works, everything, minutes(5))
        expect(works.desk.openAlarms().filter(alarm => alarm.active || alarm.state === 'suppressed')).toEqual([])
        expect([...works.disk.checkpoints.keys()].filter(key => /^(line|silence):/.test(key))).toEqual([])
        for (const rule of rules) expect(works.desk.causesOf(rule.id as RuleId)).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})
