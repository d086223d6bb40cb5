import { describe, expect, test } from 'vitest'
import type { Binding, Protocol } from '../../protocols/contract/driver.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { codeOf, Gateway, isGood, prepared } from './kit.ts'

/** A device that the test can start, change and take away again. */
export interface Device {
  /** What the device shows from now on at the good point. */
  show(value: number): Promise<void> | void
  /** The device vanishes: process dead, port closed. */
  vanish(): Promise<void>
}

export interface Protocols {
  readonly name: string
  readonly protocol: Protocol
  readonly settings: (port: number) => Record<string, unknown>
  readonly good: Binding
  /** Bound to something the device does not have, or that is no number. */
  readonly broken: Binding
  readonly device: (port: number) => Promise<Device>
  readonly port: () => Promise<number>
  /** What a loss of the device itself looks like. */
  readonly lost: readonly string[]
}

/** Timers and sockets that would keep the process alive. */
const holding = (): string[] => process.getActiveResourcesInfo().filter(kind => /Timeout|TCPSocketWrap|TCPServerWrap/.test(kind))

/** Libraries and the device's side let go a moment later; what is still held after two seconds is left behind. */
async function restsAt(most: number): Promise<void> {
  for (let look = 0; look < 40 && holding().length > most; look++) await new Promise(resolve => setTimeout(resolve, 50))
  expect(holding().length).toBeLessThanOrEqual(most)
}

/** What every driver promises, whatever it speaks. Run once per protocol. */
export function driverPromises({ name, protocol, settings, good, broken, device, port, lost }: Protocols): void {
  const { point } = good
  const valueIs = (value: number) => (host: Gateway) => host.last(point)?.value === value

  describe(`${name} keeps the promises of a driver`, () => {
    test('publishes what the device shows', async () => {
      const at = await port()
      const shown = await device(at)
      const host = new Gateway()
      const driver = prepared(protocol, settings(at), [good]).open(host)
      driver.start()

      await host.until('up', () => host.ups === 1)
      await shown.show(21)
      await host.until('21', () => valueIs(21)(host))
      await shown.show(22)
      await host.until('22', () => valueIs(22)(host))
      await driver.stop()
      await shown.vanish()

      expect(host.links).toEqual(['up'])
      expect(host.readings.filter(isGood).every(({ at: time, receivedAt }) => Math.abs(receivedAt - time) < 5_000)).toBe(true)
    })

    test('says once that the device is gone, and why at every point; then recovers by itself', async () => {
      const at = await port()
      const first = await device(at)
      const host = new Gateway()
      const driver = prepared(protocol, settings(at), [good]).open(host)
      driver.start()
      await host.until('up', () => host.ups === 1)
      await first.show(21)
      await host.until('21', () => valueIs(21)(host))

      await first.vanish()
      await host.until('a bad word', () => codeOf(host.last(point)) !== 'good')
      await host.until('down', () => host.downs.length > 0)
      const second = await device(at)
      await host.until('up again', () => host.ups === 2, 40_000)
      await second.show(23)
      await host.until('23', () => valueIs(23)(host))
      await driver.stop()
      await second.vanish()

      expect(host.downs).toHaveLength(1)
      expect(lost).toContain(host.downs[0]?.code)
      expect(host.links.map(link => (link === 'up' ? 'up' : 'down'))).toEqual(['up', 'down', 'up'])
    })

    test('leaves no timer and no socket behind when stopped, whether the device is there or not', async () => {
      const at = await port()
      const nobody = prepared(protocol, settings(at), [good]).open(new Gateway())
      const before = holding().length
      nobody.start()
      await nobody.stop()
      const shown = await device(at)
      const during = holding().length
      const host = new Gateway()
      const driver = prepared(protocol, settings(at), [good]).open(host)
      driver.start()
      await host.until('up', () => host.ups === 1)
      await driver.stop()
      const said = host.readings.length

      await restsAt(during)
      await shown.vanish()
      await restsAt(before)
      expect(host.readings).toHaveLength(said)
    })

    test('lets a bad address spoil its own point only', async () => {
      const at = await port()
      const shown = await device(at)
      const host = new Gateway()
      const driver = prepared(protocol, settings(at), [good, broken]).open(host)
      driver.start()
      await host.until('up', () => host.ups === 1)
      await shown.show(21)

      await host.until('21', () => valueIs(21)(host) && host.last(broken.point as PointId) !== undefined)
      await driver.stop()
      await shown.vanish()

      expect(host.of(broken.point).some(isGood)).toBe(false)
      expect(host.last(point)?.value).toBe(21)
    })
  })
}
