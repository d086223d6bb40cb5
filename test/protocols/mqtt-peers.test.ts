import { connectAsync } from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mqttBroker, mqttClient } from '../../protocols/mqtt/driver.ts'
import { binding, codeOf, freePort, Gateway, isGood, point, run } from './kit.ts'
import type { Peer } from './peers/programs.ts'
import { hasMosquitto, mosquittoPub, startMosquitto } from './peers/programs.ts'

const points = [
  binding('tank-1.level', {}),
  binding('tank-1.chlorine', { topic: 'devices/tank-1/water', value: '/cl', time: '/t' }),
  binding('tank-1.lid', { topic: 'devices/tank-1/lid', map: { open: 1, closed: 0 } }),
]
const login = ['-u', 'tank-1', '-P', 'secret']

describe.skipIf(!hasMosquitto())('mosquitto_pub into the embedded broker', () => {
  test('plain payloads, JSON with the device time, and words become readings', async () => {
    const port = await freePort()
    const { host, driver } = run(mqttBroker, { port, accounts: { 'tank-1': 'secret' } }, points)
    await host.until('up', () => host.ups === 1)
    const said = Date.now() - 5_000

    expect(await mosquittoPub(port, [...login, '-t', 'devices/tank-1/level', '-m', '71.5'])).toBe(0)
    expect(
      await mosquittoPub(port, [...login, '-q', '1', '-t', 'devices/tank-1/water', '-m', JSON.stringify({ t: said, cl: 0.4 })]),
    ).toBe(0)
    expect(await mosquittoPub(port, [...login, '-q', '2', '-t', 'devices/tank-1/lid', '-m', 'open'])).toBe(0)
    await host.until('three readings', () => host.readings.length === 3)
    await driver.stop()

    expect(host.last(point('tank-1.level'))).toMatchObject({ value: 71.5, quality: 'good' })
    expect(host.last(point('tank-1.chlorine'))).toMatchObject({ value: 0.4, at: said })
    expect(host.last(point('tank-1.lid'))).toMatchObject({ value: 1 })
    expect(host.links).toEqual(['up'])
  })

  test('a wrong password or a foreign topic reaches no point', async () => {
    const port = await freePort()
    const { host, driver } = run(mqttBroker, { port, accounts: { 'tank-1': 'secret', 'tank-2': 'other' } }, points)
    await host.until('up', () => host.ups === 1)

    expect(await mosquittoPub(port, ['-u', 'tank-1', '-P', 'wrong', '-t', 'devices/tank-1/level', '-m', '1'])).not.toBe(0)
    expect(await mosquittoPub(port, ['-t', 'devices/tank-1/level', '-m', '1'])).not.toBe(0)
    await mosquittoPub(port, ['-u', 'tank-2', '-P', 'other', '-t', 'devices/tank-1/level', '-m', '1'])
    await driver.stop()

    expect(host.readings.filter(isGood)).toEqual([])
  })

  test('what the gateway says is kept for those who come later', async () => {
    const port = await freePort()
    const { host, driver } = run(mqttBroker, { port, accounts: { 'tank-1': 'secret' } }, points)
    await host.until('up', () => host.ups === 1)
    driver.outbound?.say('zhishou/greenhill/status', 'online', { retain: true })

    const device = await connectAsync(`mqtt://127.0.0.1:${port}`, { username: 'tank-1', password: 'secret', reconnectPeriod: 0 })
    const heard = new Promise<string>(resolve =>
      device.once('message', (topic, payload) => resolve(`${topic} ${String(payload)}`)),
    )
    await device.subscribeAsync('zhishou/greenhill/status')

    expect(await heard).toBe('zhishou/greenhill/status online')
    await device.endAsync()
    await driver.stop()
  })

  test('a port in use is named, and taken as soon as it is free', async () => {
    const port = await freePort()
    const other = await startMosquitto(port)
    const { host, driver } = run(mqttBroker, { port, accounts: { 'tank-1': 'secret' } }, points)

    await host.until('down', () => host.downs.length === 1)
    expect(host.downs[0]).toMatchObject({ code: 'refused', detail: expect.stringContaining(`Port ${port}`) })
    expect(host.readings.map(codeOf)).toEqual(['refused', 'refused', 'refused'])
    await other.stop()
    await host.until('up', () => host.ups === 1, 20_000)
    await driver.stop()

    expect(host.downs).toHaveLength(1)
  })

  test('a device that breaks off without a goodbye makes its points bad, one that takes its leave does not', async () => {
    const port = await freePort()
    const { host, driver } = run(mqttBroker, { port, accounts: { 'tank-1': 'secret' } }, points)
    await host.until('up', () => host.ups === 1)
    const options = { username: 'tank-1', password: 'secret', reconnectPeriod: 0 }

    const polite = await connectAsync(`mqtt://127.0.0.1:${port}`, options)
    await polite.publishAsync('devices/tank-1/level', '50', { qos: 1 })
    await polite.endAsync()
    await host.until('the level', () => isGood(host.last(point('tank-1.level'))))
    const rude = await connectAsync(`mqtt://127.0.0.1:${port}`, options)
    rude.stream.destroy()
    await host.until('silence', () => host.readings.length >= 4)
    await driver.stop()

    expect(host.of(point('tank-1.level')).map(codeOf)).toEqual(['good', 'device-silent'])
  })
})

describe.skipIf(!hasMosquitto())('mosquitto as an outside broker', () => {
  let peer: Peer
  beforeAll(async () => {
    peer = await startMosquitto(await freePort())
  })
  afterAll(() => peer?.stop())

  test('messages become readings and the gateway is heard', async () => {
    const { host, driver } = run(mqttClient, { url: `mqtt://127.0.0.1:${peer.port}` }, points)
    await host.until('up', () => host.ups === 1)
    const listener = await connectAsync(`mqtt://127.0.0.1:${peer.port}`)
    const heard = new Promise<string>(resolve => listener.once('message', (_, payload) => resolve(String(payload))))
    await listener.subscribeAsync('zhishou/#')

    await mosquittoPub(peer.port, ['-t', 'devices/tank-1/level', '-m', '12'])
    await host.until('the level', () => isGood(host.last(point('tank-1.level'))))
    driver.outbound?.say('zhishou/greenhill/tank-1/level', '{"v":12}', { retain: false })

    expect(await heard).toBe('{"v":12}')
    await listener.endAsync()
    await driver.stop()
  })

  test('a retained message is a fresh reading only where the device says when it spoke', async () => {
    const said = Date.now() - 60_000
    await mosquittoPub(peer.port, ['-r', '-t', 'devices/tank-1/level', '-m', '99'])
    await mosquittoPub(peer.port, ['-r', '-t', 'devices/tank-1/water', '-m', JSON.stringify({ t: said, cl: 0.3 })])

    const { host, driver } = run(mqttClient, { url: `mqtt://127.0.0.1:${peer.port}` }, points)
    await host.until('the dated one', () => host.readings.length > 0)
    // What is not retained is only heard once its own subscription stands, too.
    await host.until('up', () => host.ups === 1)
    await mosquittoPub(peer.port, ['-t', 'devices/tank-1/lid', '-m', 'closed'])
    await host.until('the lid', () => isGood(host.last(point('tank-1.lid'))))
    await driver.stop()

    expect(host.of(point('tank-1.level'))).toEqual([])
    expect(host.of(point('tank-1.chlorine'))).toMatchObject([{ value: 0.3, at: said }])
  })

  test('a broker that dies is a loss said once; when it is back the subscriptions are too', async () => {
    const port = await freePort()
    const first = await startMosquitto(port)
    const host = new Gateway()
    const { driver } = run(mqttClient, { url: `mqtt://127.0.0.1:${port}` }, points, host)
    await host.until('up', () => host.ups === 1)

    await first.stop()
    await host.until('down', () => host.downs.length === 1)
    expect(host.readings.map(codeOf)).toEqual(['disconnected', 'disconnected', 'disconnected'])
    const second = await startMosquitto(port)
    await host.until('up again', () => host.ups === 2, 20_000)
    await mosquittoPub(port, ['-t', 'devices/tank-1/level', '-m', '5'])
    await host.until('the level', () => isGood(host.last(point('tank-1.level'))))
    await driver.stop()
    await second.stop()

    expect(host.downs).toHaveLength(1)
  })
})

test('the report says who was refused, why, and what to try', async () => {
  const port = await freePort()
  const { host, driver } = run(mqttBroker, { port, accounts: { 'tank-1': 'secret' } }, points)
  await host.until('up', () => host.ups === 1)
  const options = { username: 'tank-1', password: 'secret', reconnectPeriod: 0 }
  const device = await connectAsync(`mqtt://127.0.0.1:${port}`, options)
  await device.publishAsync('devices/tank-1/level', '50', { qos: 1 })
  const lost = new Promise<void>(resolve => device.once('close', () => resolve()))
  device.on('error', () => {})
  device.publish('devices/tank-2/level', '50')
  await lost
  await expect(connectAsync(`mqtt://127.0.0.1:${port}`, { ...options, password: 'wrong' })).rejects.toThrow()

  const report = driver.report?.()
  await driver.stop()

  const tank = report?.devices.find(({ device: name }) => name === 'tank-1')
  expect(tank).toMatchObject({ asked: 2, refusals: { topic: 1 } })
  expect(tank?.advice.map(({ en }) => en)).toEqual([expect.stringContaining('write topic at the point')])
  expect(report?.frames.map(({ note }) => note)).toEqual([
    'topic: may not speak on devices/tank-2/level',
    'credentials: could not log in as tank-1',
  ])
})
