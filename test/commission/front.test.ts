import { describe, expect, test } from 'vitest'
import { Front } from '../../gateway/api/front.ts'
import type { House } from '../../gateway/api/house.ts'
import { Lines } from '../../gateway/lines.ts'
import type { Hearer } from '../../gateway/lines.ts'
import type { Driver, DriverHost } from '../../protocols/contract/driver.ts'
import { fault } from '../../protocols/contract/fault.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import type { Reading } from '../../protocols/contract/reading.ts'
import { instant, millis } from '../../protocols/contract/time.ts'
import type { Connection } from '../../gateway/site/site.ts'
import { ManualClock, noon, TestHouse } from '../api/house.ts'

const breathe = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

describe('the door of the house', () => {
  const houses = (): [ManualClock, House, House] => {
    const wall = new ManualClock(noon)
    return [wall, new TestHouse(wall, noon), new TestHouse(wall, noon)]
  }

  test('lets those inside come to their end, in the house in which they are, and keeps the others waiting for the next', async () => {
    const [, first, second] = houses()
    const front = new Front(first)
    const inside = await front.enter(false)
    let isEmpty = false
    const held = front.hold(millis(2_000)).then(() => (isEmpty = true))
    let next: House | undefined
    const waits = (async () => {
      const { services, leave } = await front.enter(false)
      next = services.house
      leave()
    })()
    await breathe()
    expect([isEmpty, next, inside.services.house === first]).toEqual([false, undefined, true])
    inside.leave()
    inside.leave()
    await held
    expect(next).toBeUndefined()
    front.goOn(second)
    await waits
    expect(next).toBe(second)
    await front.hold(millis(1))
  })

  test('waits no longer than it was told to, and not for the one who changes the house', async () => {
    const [wall, first] = houses()
    const front = new Front(first)
    await front.enter(true)
    await front.hold(millis(2_000))
    front.goOn(first)
    await front.enter(false)
    const held = front.hold(millis(2_000))
    wall.pass(millis(2_000))
    await held
    front.goOn(first)
  })
})

describe('lines', () => {
  class Played implements Driver {
    readonly host: DriverHost
    isStopped = false
    constructor(host: DriverHost) {
      this.host = host
    }
    start(): void {
      this.host.linkUp()
    }
    async stop(): Promise<void> {
      this.isStopped = true
      this.host.publish([reading(99)])
    }
    readonly outbound = { say: () => {} }
    counters = () => ({ refused: 2 })
  }
  const reading = (value: number): Reading => ({
    point: pointId('a', 't'),
    at: instant(value),
    receivedAt: instant(value),
    value,
    quality: 'good',
  })
  const played: Played[] = []
  const connection = (id: string, settings: object = {}): Connection => ({
    id,
    protocol: 'played',
    settings: { ...settings },
    points: [],
    bindings: [],
    driver: {
      open(host) {
        const driver = new Played(host)
        played.push(driver)
        return driver
      },
    },
  })
  const make = (): { lines: Lines; clock: ManualClock; said: unknown[]; hearer: Hearer } => {
    played.length = 0
    const clock = new ManualClock(noon)
    const said: unknown[] = []
    const farewell = { topic: 'zhishou/x/status', payload: 'offline' } as const
    const lines = new Lines({
      clock,
      wall: clock,
      folder: '/none',
      farewell,
      stopWithin: millis(500),
      complain: line => said.push(line),
    })
    const hearer: Hearer = {
      readings: (readings, arrivedAt) => said.push([...readings.map(({ value }) => value), arrivedAt - noon]),
      link: ({ connection: id, up }) => said.push(`${id} ${up}`),
    }
    return { lines, clock, said, hearer }
  }
  const timeZone = 'Asia/Shanghai'

  test('keep what is the same, end what is not, and hear nothing of what has ended', async () => {
    const { lines, said, hearer } = make()
    const before = [connection('a', { every: 1 }), connection('b', { every: 1 }), connection('c')]
    lines.goOn(hearer)
    lines.begin({ connections: before, timeZone })
    expect([said.splice(0), lines.brokers.length, lines.brokersUp().length]).toEqual([['a true', 'b true', 'c true'], 3, 3])
    const after = { connections: [connection('b', { every: 2 }), connection('a', { every: 1 }), connection('d')], timeZone }
    expect(lines.compare(after)).toEqual({ kept: ['a'], begun: ['b', 'd'], ended: ['b', 'c'] })
    await lines.retire(after)
    // What they said while they ended was theirs to say.
    expect([said.splice(0), played.map(({ isStopped }) => isStopped)]).toEqual([
      [
        [99, 0],
        [99, 0],
      ],
      [false, true, true],
    ])
    played[1]?.host.publish([reading(1)])
    played[2]?.host.linkDown(fault('timeout', 'late'))
    lines.begin(after)
    expect([said.splice(0), lines.states().map(({ connection: id }) => id)]).toEqual([
      ['b true', 'd true'],
      ['a', 'b', 'd'],
    ])
    expect([played.length, lines.counters()]).toEqual([5, { shed: 0, refused: 6 }])
    // The time of day of the site is another: drivers that read by it begin anew.
    expect(lines.compare({ ...after, timeZone: 'Asia/Urumqi' }).kept).toEqual([])
    await lines.stop()
    expect([lines.states(), lines.brokers]).toEqual([[], []])
  })

  test('keep in its order what is said while nobody hears, with the time at which it came, up to a bound', async () => {
    const { lines, clock, said, hearer } = make()
    lines.goOn(hearer)
    lines.begin({ connections: [connection('a')], timeZone })
    said.length = 0
    lines.hold()
    const host = played[0]?.host
    host?.publish([reading(1), reading(2)])
    clock.pass(millis(40))
    host?.linkDown(fault('timeout', 'x'))
    host?.publish([reading(3)])
    host?.publish(Array.from({ length: 100_000 }, () => reading(4)))
    clock.pass(millis(40))
    expect(said).toEqual([])
    lines.goOn(hearer)
    expect(said.splice(0)).toEqual([[1, 2, 0], 'a false', [3, 40]])
    expect(lines.counters()).toMatchObject({ shed: 100_000 })
    expect([lines.states()[0]?.up, lines.brokersUp()]).toEqual([false, []])
    host?.publish([reading(5)])
    expect(said).toEqual([[5, 80]])
  })

  test('leave a driver behind that does not stop, and say so', async () => {
    const { lines, clock, said } = make()
    const stuck: Connection = {
      ...connection('stuck'),
      driver: { open: () => ({ start: () => {}, stop: () => new Promise(() => {}) }) },
    }
    lines.begin({ connections: [stuck], timeZone })
    const stopped = lines.stop()
    clock.pass(millis(500))
    await stopped
    expect(said).toEqual(['closing connection stuck: did not close in time'])
    expect([lines.report('stuck'), lines.probe('stuck', undefined, new AbortController().signal)]).toEqual([undefined, undefined])
  })
})
