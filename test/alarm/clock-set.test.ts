import { describe, expect, test } from 'vitest'
import { hours, minutes, seconds } from '../../protocols/contract/time.ts'
import type { Cancel, Clock, Instant, Millis } from '../../protocols/contract/time.ts'
import { ClockAlarm } from '../../gateway/alarm/clock-alarm.ts'
import { ClockWatch } from '../../gateway/clock-watch.ts'
import { SteadyClock } from '../../gateway/clock.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'
import { FakeClock } from '../kit/fake-clock.ts'
import { plant } from '../kit/plant.ts'
import type { Plant, PlantRule } from '../kit/plant.ts'

/** A machine whose clock somebody sets: its timers go on as if nothing had happened. */
class Machine implements Clock {
  readonly real = new FakeClock()
  #set = 0

  now(): Instant {
    return (this.real.now() + this.#set) as Instant
  }
  after(delay: Millis, act: () => void): Cancel {
    return this.real.after(delay, act)
  }
  readonly ticks = (): number => this.real.now() - Date.UTC(2026, 8, 1)
  isSet(by: number): void {
    this.#set += by
  }
}

describe('the clock of a site', () => {
  const build = (): { readonly machine: Machine; readonly clock: SteadyClock; readonly steps: number[] } => {
    const machine = new Machine()
    const clock = new SteadyClock(machine, machine.ticks)
    const steps: number[] = []
    new ClockWatch(clock, machine, by => steps.push(by)).start()
    return { machine, clock, steps }
  }

  test.each([30_001, -30_001, hours(24), -hours(24)])(
    'is set with the machine’s when that was set by %d ms, and says so once',
    async by => {
      const { machine, clock, steps } = build()
      await machine.real.passes(minutes(1))
      machine.isSet(by)
      expect(clock.now()).toBe(machine.now() - by)

      await machine.real.passes(minutes(10))

      expect(steps).toEqual([by])
      expect(clock.now()).toBe(machine.now())
    },
  )

  test.each([30_000, -30_000])('follows a correction of %d ms bit by bit, and never steps back', async by => {
    const { machine, clock, steps } = build()
    machine.isSet(by)
    let last = clock.now()
    for (let second = 0; second < 400; second += 1) {
      await machine.real.passes(seconds(1))
      const passed = clock.now() - last
      expect(passed).toBeGreaterThanOrEqual(900)
      expect(passed).toBeLessThanOrEqual(1_100)
      last = clock.now()
    }

    expect(steps).toEqual([])
    expect(clock.now()).toBe(machine.now())
  })

  test('is watched no more when it has been stopped', async () => {
    const machine = new Machine()
    const watch = new ClockWatch(new SteadyClock(machine, machine.ticks), machine, () => expect.fail('still looking'))
    watch.start()
    await machine.real.passes(seconds(5))
    watch.stop()
    machine.isSet(hours(5))
    await machine.real.passes(seconds(5))

    expect(machine.real.waiting).toBe(0)
  })
})

/** The plant's clock is set: its timers keep their length. */
class SettableClock extends FakeClock {
  #by = 0
  override now(): Instant {
    return (super.now() + this.#by) as Instant
  }
  isSet(by: number): void {
    this.#by += by
  }
}

const rules: readonly PlantRule[] = [
  ...['a', 'b', 'c', 'd'].map(name => ({ id: `${name}.silent`, kind: 'stale', point: name, after: '10m' })),
  { id: 'warm', kind: 'limit', point: 'a', op: 'gt', value: 8, onDelay: '20m', offDelay: '5m' },
  { id: 'mean', kind: 'mean', point: 'b', op: 'gt', value: 8, window: '10m' },
  { id: 'stuck', kind: 'stuck', point: 'c', eps: 0, for: '6h' },
  { id: 'rate', kind: 'rate', point: 'd', perMinute: 5 },
  {
    id: 'both',
    kind: 'expr',
    point: 'a',
    when: 'x > 8.0 && y > 8.0',
    onDelay: '30m',
    offDelay: '0s',
    says: {
      inputs: [
        { name: 'x', point: 'a' as never },
        { name: 'y', point: 'b' as never },
      ],
    },
  },
  { id: 'loud', kind: 'limit', point: 'd', op: 'gt', value: 90, onDelay: '0s', offDelay: '0s', says: { reAlarm: hours(8) } },
]

describe.each([hours(24), -hours(24), hours(1), -minutes(40)])('a clock that is set by %d ms', by => {
  async function begin(): Promise<{ readonly works: Plant; readonly clock: SettableClock; set(): Promise<void> }> {
    const clock = new SettableClock()
    const works = await plant(rules, { clock, followers: () => [new ClockAlarm()] })
    return {
      works,
      clock,
      async set() {
        clock.isSet(by)
        works.pipeline.clockSet(by)
        await works.pipeline.settled()
      },
    }
  }
  let flip = 0
  async function reading(works: Plant, length: number, value = 4): Promise<void> {
    for (let passed = 0; passed < length; passed += 60_000) {
      for (const point of ['a', 'b', 'c', 'd']) await works.reads(point, value + (flip++ % 2) * 0.1)
      await works.passes(minutes(1))
    }
  }
  const raised = (works: Plant): readonly string[] =>
    works.told.filter(line => line.endsWith('raised')).map(line => line.split(' ')[1] as string)

  test('raises the alarm that says so, for an hour, and no other', async () => {
    const { works, set } = await begin()
    await reading(works, hours(2))
    await set()
    await reading(works, hours(2))

    expect(raised(works)).toEqual(['gateway.clock:clock'])
    expect(works.disk.entries.find(({ kind }) => kind === 'clock.set')?.data).toEqual({ by })
    expect(works.told.filter(line => line.endsWith('cleared'))).toHaveLength(1)
    expect(works.state('gateway.clock:clock')).toBe('returned-unacknowledged')
  })

  test('leaves a delay what is left of it', async () => {
    const { works, set } = await begin()
    await reading(works, minutes(15), 9)
    await set()
    await reading(works, minutes(4), 9)
    expect(works.state('warm')).toBe('normal')
    expect(works.state('both')).toBe('normal')

    await reading(works, minutes(2), 9)
    expect(works.state('warm')).toBe('unacknowledged')
    await reading(works, minutes(10), 9)
    expect(works.state('both')).toBe('unacknowledged')
  })

  test('leaves a silence its length', async () => {
    const { works, set } = await begin()
    await reading(works, minutes(30))
    await works.passes(minutes(5))
    await set()
    await works.passes(minutes(4))
    expect(raised(works)).toEqual(['gateway.clock:clock'])

    await works.passes(minutes(2))
    expect(raised(works).toSorted()).toEqual(['a.silent', 'b.silent', 'c.silent', 'd.silent', 'gateway.clock:clock'])
  })

  test('lets what stands return', async () => {
    const { works, set } = await begin()
    await reading(works, minutes(25), 9)
    expect(works.state('warm')).toBe('unacknowledged')
    await set()
    await reading(works, minutes(10))

    expect(works.state('warm')).toBe('returned-unacknowledged')
  })

  test('leaves an acknowledged alarm the time to its next call', async () => {
    const { works, set } = await begin()
    await works.reads('d', 95)
    await works.passes(minutes(1))
    await works.acknowledges('loud')
    await works.passes(hours(5))
    await set()
    await works.passes(hours(2))
    expect(works.state('loud')).toBe('acknowledged')

    await works.passes(hours(1))
    expect(works.state('loud')).toBe('unacknowledged')
  })

  test('does not move the end of a shelf that somebody signed', async () => {
    const { works, set } = await begin()
    await reading(works, minutes(25), 9)
    const id = works.desk.ofRule('warm' as RuleId)?.id as never
    await works.pipeline.command(id, { do: 'shelve', for: hours(2), reason: 'defrost', oneShot: false }, 'Ada')
    const until = works.desk.ofRule('warm' as RuleId)?.shelved?.until
    await set()
    await works.passes(seconds(1))

    const ended = works.clock.now() >= (until ?? 0)
    expect(works.state('warm')).toBe(ended ? 'unacknowledged' : 'shelved')
  })

  test('is in the checkpoints: a restart goes on from there', async () => {
    const { works, set } = await begin()
    await reading(works, minutes(15), 9)
    await set()
    await reading(works, minutes(2), 9)
    const next = await works.killed()
    await reading(next, minutes(2), 9)
    expect(next.state('warm')).toBe('normal')
    await reading(next, minutes(2), 9)

    expect(next.state('warm')).toBe('unacknowledged')
  })
})
