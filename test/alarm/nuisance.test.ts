import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { after, hours, minutes, seconds } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { Alarm, AlarmEvent } from '../../gateway/alarm/alarm.ts'
import { Nuisance } from '../../gateway/alarm/nuisance.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'
import { plant } from '../kit/plant.ts'
import type { Plant, PlantRule } from '../kit/plant.ts'

const rule = (name: string): PlantRule => ({
  id: name,
  kind: 'limit',
  point: `p.${name}`,
  op: 'gt',
  value: 8,
  onDelay: '0s',
  offDelay: '0s',
})
const many = Array.from({ length: 12 }, (_, index) => rule(`r${index}`))

interface Works extends Plant {
  readonly nuisance: Nuisance
}
async function build(from?: Plant): Promise<Works> {
  let nuisance = new Nuisance()
  const followers = (): readonly Nuisance[] => [(nuisance = new Nuisance())]
  const works = await plant(many, { ...(from && { disk: from.disk, clock: from.clock }), followers })
  return Object.assign(works, { nuisance })
}
/** Comes and goes. */
async function flickers(works: Plant, name: string): Promise<void> {
  await works.reads(`p.${name}`, 9)
  await works.passes(seconds(1))
  await works.reads(`p.${name}`, 4)
  await works.passes(seconds(1))
}
const floods = (works: Plant): readonly unknown[] =>
  works.disk.entries.flatMap(({ kind, data }) => (kind.startsWith('flood.') ? [[kind, data['calls']]] : []))
const isChattering = (works: Plant, name: string): boolean => works.desk.ofRule(name as RuleId)?.chattering === true

describe('an alarm that chatters', () => {
  test('is marked with its third call within a minute, and until it has been quiet for ten', async () => {
    const works = await build()
    await flickers(works, 'r0')
    await flickers(works, 'r0')
    expect(isChattering(works, 'r0')).toBe(false)
    await works.passes(seconds(55))
    await works.reads('p.r0', 9)
    expect(isChattering(works, 'r0')).toBe(true)
    expect(works.disk.entries.at(-1)).toMatchObject({ kind: 'alarm.chattering', data: { on: true } })

    await works.passes(seconds(599))
    expect(isChattering(works, 'r0')).toBe(true)
    await works.passes(seconds(1))
    expect(isChattering(works, 'r0')).toBe(false)
    expect(works.disk.entries.at(-1)).toMatchObject({ kind: 'alarm.chattering', data: { on: false } })
  })

  test('is none where three calls take longer', async () => {
    const works = await build()
    for (let call = 0; call < 10; call += 1) {
      await flickers(works, 'r0')
      await works.passes(seconds(29))
    }
    expect(isChattering(works, 'r0')).toBe(false)
  })

  test('is marked again when it comes again under another id', async () => {
    const works = await build()
    for (let call = 0; call < 3; call += 1) await flickers(works, 'r0')
    await works.acknowledges('r0')
    expect(works.state('r0')).toBe('normal')

    await works.passes(minutes(5))
    await works.reads('p.r0', 9)

    expect(isChattering(works, 'r0')).toBe(true)
  })

  test('is still marked after a restart, and quiet ten minutes after it', async () => {
    const works = await build()
    for (let call = 0; call < 3; call += 1) await flickers(works, 'r0')
    await works.pipeline.close()
    const next = await build(works)
    expect(isChattering(next, 'r0')).toBe(true)
    await next.passes(minutes(10))

    expect(isChattering(next, 'r0')).toBe(false)
  })
})

describe('a flood', () => {
  test('begins with more than ten calls in ten minutes and is over with fewer than five', async () => {
    const works = await build()
    for (const { id } of many.slice(0, 10)) await works.reads(`p.${id}`, 9)
    expect(works.nuisance.isFlood).toBe(false)
    await works.passes(minutes(9))
    await works.reads('p.r10', 9)
    expect(works.nuisance.isFlood).toBe(true)
    await works.reads('p.r11', 9)
    expect(floods(works)).toEqual([['flood.began', 11]])

    await works.passes(seconds(59))
    expect(works.nuisance.isFlood).toBe(true)
    await works.passes(seconds(1))
    expect(works.nuisance.isFlood).toBe(false)
    expect(floods(works)).toEqual([
      ['flood.began', 11],
      ['flood.ended', 12],
    ])
  })

  test('is none when the eleventh comes as the first leaves', async () => {
    const works = await build()
    await works.reads('p.r0', 9)
    await works.passes(minutes(9))
    for (const { id } of many.slice(1, 10)) await works.reads(`p.${id}`, 9)
    await works.passes(minutes(1))
    await works.reads('p.r10', 9)

    expect(works.nuisance.isFlood).toBe(false)
  })

  test('goes on over a restart and is over when it stays quiet after that', async () => {
    const works = await build()
    for (const { id } of many) await works.reads(`p.${id}`, 9)
    await works.pipeline.close()
    const next = await build(works)
    expect(next.nuisance.flood).toMatchObject({ calls: 11 })
    await next.passes(minutes(10))

    expect(next.nuisance.isFlood).toBe(false)
    expect(next.disk.checkpoints.has('flood')).toBe(false)
  })

  test('is not made of a backlog, which tells of the past', async () => {
    const works = await build()
    await works.passes(hours(2))
    for (const { id } of many) await works.reads(`p.${id}`, 9, { at: after(works.clock.now(), -hours(1) as Millis) })

    expect(works.desk.openAlarms()).toHaveLength(12)
    expect(works.nuisance.isFlood).toBe(false)
  })

  test('keeps what is left of it when the clock is set', () => {
    const nuisance = new Nuisance()
    for (let name = 0; name < 12; name += 1) nuisance.heard(call(name, 1_000))
    nuisance.clockSet(-hours(24))

    expect(nuisance.nextWake()).toBe(1_000 + minutes(10) - hours(24))
    expect(nuisance.flood?.since).toBe(1_000 - hours(24))
  })
})

const call = (name: number, at: number): AlarmEvent => ({
  kind: 'alarm.raised',
  at: at as Instant,
  by: 'system',
  alarm: { id: `A${name}`, rule: `r${name}` as RuleId, state: 'unacknowledged', active: true, found: 'live' } as Alarm,
})

/** Counted by hand over the whole list: calls in (at − length, at]. */
const within = (times: readonly number[], at: number, length: number): number =>
  times.filter(time => time > at - length && time <= at).length

test('floods begin and end when a slow count over all calls says so, and what is kept stays small', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ name: fc.nat(3), gap: fc.constantFrom(0, 1, 5_000, 30_000, 61_000, 119_000, 400_000) }), {
        maxLength: 80,
      }),
      calls => {
        const nuisance = new Nuisance()
        const times: number[] = []
        let now = 0
        let flood = false
        const to = (end: number): void => {
          for (let due = nuisance.nextWake(); due !== undefined && due <= end; due = nuisance.nextWake()) nuisance.wake(due)
          now = end
          if (flood && within(times, now, minutes(10)) < 5) flood = false
        }
        for (const { name, gap } of calls) {
          to(now + gap)
          times.push(now)
          nuisance.heard(call(name, now))
          if (within(times, now, minutes(10)) > 10) flood = true
          expect(nuisance.isFlood).toBe(flood)
        }
        to(now + minutes(10))
        expect(nuisance.isFlood).toBe(false)
        expect(nuisance.nextWake()).toBeUndefined()
      },
    ),
  )
})

test('a thousand rules that each called once are not remembered for good', () => {
  const nuisance = new Nuisance()
  for (let name = 0; name < 100_000; name += 1) nuisance.heard(call(name, name * 1_000))
  const before = process.memoryUsage().heapUsed
  for (let name = 100_000; name < 300_000; name += 1) nuisance.heard(call(name, name * 1_000))

  expect(process.memoryUsage().heapUsed - before).toBeLessThan(30_000_000)
})
