import { afterEach, describe, expect, test } from 'vitest'
import { opcua } from '../../protocols/opcua/driver.ts'
import { before, isAfter, next } from '../../protocols/opcua/sequence.ts'
import { binding, freePort, isGood, point, run } from './kit.ts'
import type { Cut } from './peers/cut.ts'
import { wireTo } from './peers/cut.ts'
import type { OpcuaPeer, PeerOptions } from './peers/opcua.ts'
import { startOpcua } from './peers/opcua.ts'

const temperature = point('room.temperature')
const bound = [binding('room.temperature', { node: 'ns=1;s=temperature' })]

describe('a link that goes away and comes back', () => {
  const standing: { stop(): Promise<void> }[] = []
  afterEach(async () => {
    for (const one of standing.splice(0)) await one.stop()
  })
  async function ground(settings: Record<string, unknown>, options: PeerOptions = {}) {
    const peer: OpcuaPeer = await startOpcua(await freePort(), options)
    const wire: Cut = await wireTo(Number(peer.endpoint.split(':').at(-1)))
    const endpoint = `opc.tcp://127.0.0.1:${wire.port}`
    const { host, driver } = run(opcua, { endpoint, publishEvery: '50ms', ...settings }, bound)
    standing.push({ stop: () => driver.stop() }, wire, peer)
    await host.until('up and told', () => isGood(host.last(temperature)))
    /** Counts up on the device, slower than it is sampled: three waits, so that the device has looked in between however late they end. */
    let shown = 100
    const count = async (steps: number): Promise<void> => {
      for (let step = 0; step < steps; step++) {
        peer.set('temperature', ++shown)
        for (let wait = 0; wait < 3; wait++) await new Promise(resolve => setTimeout(resolve, 50))
      }
    }
    const words = (): { at: number; value: number }[] =>
      host.of(temperature).flatMap(({ at, value = 0, quality }) => (quality === 'good' && value > 100 ? [{ at, value }] : []))
    const told = (): number[] => [...new Set(words().map(({ value }) => value))]
    return { peer, wire, host, driver, count, words, told, last: () => shown }
  }
  const all = (to: number): number[] => Array.from({ length: to - 100 }, (_, index) => 101 + index)

  test.each([
    ['the same session on a channel without security', {}],
    ['a user of its own', { username: 'watch', password: 'man' }],
  ])(
    'loses no sample: %s',
    async (_, settings) => {
      const { wire, host, driver, count, words, told, last } = await ground(settings)
      await count(10)
      wire.cut()
      await count(20)
      wire.mend()
      await count(10)
      await host.until('up again', () => host.ups === 2, 40_000)
      await host.until('the last', () => told().includes(last()), 20_000)
      expect(told().toSorted((a, b) => a - b)).toEqual(all(last()))
      const during = words().filter(({ value }) => value > 112 && value < 128)
      // The device's own times, not that of the arrival.
      expect(new Set(during.map(({ at }) => at)).size).toBe(new Set(during.map(({ value }) => value)).size)
      expect(driver.counters?.()).toMatchObject({ opcuaResumed: 1, opcuaGaps: 0, opcuaLostMessages: 0 })
    },
    300_000,
  )

  test('asks the history of a server that kept no subscription', async () => {
    const { wire, host, driver, count, told, last } = await ground({ bridge: '1s', publishEvery: '100ms' }, { history: true })
    await count(5)
    wire.cut()
    await count(90)
    wire.mend()
    await host.until('up again', () => host.ups === 2, 70_000)
    await count(3)
    await host.until('the last', () => told().includes(last()), 20_000)
    expect(told().toSorted((a, b) => a - b)).toEqual(all(last()))
    const { opcuaFromHistory = 0, opcuaResumed = 0 } = driver.counters?.() ?? {}
    expect(opcuaFromHistory + opcuaResumed).toBe(1)
  })

  test('notices a line that has gone deaf, and says so', async () => {
    const { wire, host } = await ground({})
    wire.deafen()
    await host.until('down', () => host.downs.length === 1, 60_000)
    expect(host.downs[0]?.code).toBe('disconnected')
  })
})

describe('numbers of messages', () => {
  test('begin again at one after the highest, and stay in order over the turn', () => {
    const top = 0xffff_ffff
    expect([next(1), next(top), before(1), before(2)]).toEqual([2, 1, top, 1])
    expect([isAfter(2, 1), isAfter(1, 2), isAfter(1, top), isAfter(top, 1), isAfter(7, 7)]).toEqual([
      true,
      false,
      true,
      false,
      false,
    ])
  })
})
