import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { opcua } from '../../protocols/opcua/driver.ts'
import { binding, codeOf, freePort, Gateway, isGood, point, prepared, run } from './kit.ts'
import type { OpcuaPeer } from './peers/opcua.ts'
import { startOpcua } from './peers/opcua.ts'

const node = (name: string): ReturnType<typeof binding> => binding(`room.${name}`, { node: `ns=1;s=${name}` })
const temperature = point('room.temperature')

describe('OPC UA against the server of the same stack', () => {
  let peer: OpcuaPeer
  beforeAll(async () => {
    peer = await startOpcua(await freePort())
  })
  afterAll(() => peer?.stop())
  const settings = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
    endpoint: peer.endpoint,
    publishEvery: '100ms',
    ...more,
  })

  test('every numeric type arrives, and what is no number spoils its own point only', async () => {
    const names = ['temperature', 'humidity', 'leak', 'total', 'label', 'list', 'nowhere']
    const { host, driver } = run(opcua, settings(), names.map(node))

    await host.until('all told', () => names.every(name => host.last(point(`room.${name}`))))
    await driver.stop()

    const shown = names.map(name => host.last(point(`room.${name}`))?.value ?? codeOf(host.last(point(`room.${name}`))))
    expect(shown).toEqual([21.5, 45.1, 1, 123_456, 'not-a-number', 'not-a-number', 'no-such-address'])
  })

  test('a change is told with the source time, a failed sensor as a fault and a doubtful value as uncertain', async () => {
    const { host, driver } = run(opcua, settings(), [node('temperature')])
    await host.until('first', () => host.readings.length > 0)

    peer.set('temperature', 23.25)
    const changed = await host.next(temperature, reading => reading.value === 23.25)
    expect(changed.receivedAt - changed.at).toBeGreaterThanOrEqual(0)
    expect(changed.receivedAt - changed.at).toBeLessThan(2_000)
    peer.fail('temperature')
    const failed = await host.next(temperature, reading => reading.quality === 'bad')
    peer.doubt('temperature', 20)
    const doubtful = await host.next(temperature, reading => reading.quality === 'uncertain')
    await driver.stop()

    expect(codeOf(failed)).toBe('device-reported')
    expect(doubtful.value).toBe(20)
    peer.set('temperature', 21.5)
  })

  test.each(['sign', 'sign-and-encrypt'])(
    'security %s connects with a user and leaves nothing in the working directory',
    async security => {
      const before = readdirSync('.')
      const { host, driver } = run(opcua, settings({ security, trust: peer.fingerprint, username: 'watch', password: 'man' }), [
        node('temperature'),
      ])

      await host.until('good', () => isGood(host.last(temperature)))
      await driver.stop()

      expect(readdirSync('.')).toEqual(before)
    },
    300_000,
  )

  test('wrong credentials are refused, and said so', async () => {
    const { host, driver } = run(opcua, settings({ username: 'watch', password: 'wrong' }), [node('temperature')])

    await host.until('down', () => host.downs.length > 0)
    await driver.stop()

    expect(host.downs[0]?.code).toBe('refused')
    expect(codeOf(host.last(temperature))).toBe('refused')
  })

  test('one look outside the rhythm shows type and status', async () => {
    const driver = prepared(opcua, settings(), [node('temperature'), node('nowhere')]).open(new Gateway())

    const probes = await driver.probe?.(AbortSignal.timeout(20_000))

    expect(probes?.map(({ raw }) => raw)).toEqual(['Good Double 21.5', expect.stringContaining('BadNodeIdUnknown')])
  })
})
