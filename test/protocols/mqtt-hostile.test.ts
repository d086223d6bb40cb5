import type { Socket } from 'node:net'
import { connect as dial } from 'node:net'
import { connect, connectAsync } from 'mqtt'
import type { MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Driver } from '../../protocols/contract/driver.ts'
import { mqttBroker } from '../../protocols/mqtt/driver.ts'
import { binding, freePort, Gateway, isGood, point, run } from './kit.ts'

/** Packets by hand: a hostile client uses no library. */
const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value as string)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}
const packet = (first: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const length: number[] = []
  let rest = body.length
  do {
    length.push((rest % 128) | (rest > 127 ? 128 : 0))
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  return Buffer.concat([Buffer.from([first, ...length]), body])
}
interface Hello {
  id?: string
  user?: string
  password?: string
  will?: string
  clean?: boolean
  level?: number
}
const hello = ({ id = 'x', user = 'evil', password = 'evil', will, clean = true, level = 4 }: Hello = {}): Buffer =>
  packet(
    0x10,
    text('MQTT'),
    Buffer.from([level, 0xc0 | (clean ? 2 : 0) | (will === undefined ? 0 : 4), 0, 60]),
    text(id),
    ...(will === undefined ? [] : [text(will), text('will')]),
    text(user),
    text(password),
  )
const say = (topic: string | Buffer, payload = '66', retain = false): Buffer =>
  packet(retain ? 0x31 : 0x30, text(topic), Buffer.from(payload))
const hear = (filter: string): Buffer => packet(0x82, Buffer.from([0, 1]), text(filter), Buffer.from([1]))

let port: number
let host: Gateway
let driver: Driver
let honest: MqttClient

beforeAll(async () => {
  port = await freePort()
  const accounts = { good: 'pass', evil: 'evil' }
  const opened = run(mqttBroker, { port, accounts }, [binding('good.level', {}), binding('evil.level', {})])
  host = opened.host
  driver = opened.driver
  await host.until('up', () => host.ups === 1)
  honest = await connectAsync(`mqtt://127.0.0.1:${port}`, {
    username: 'good',
    password: 'pass',
    clientId: 'same',
    reconnectPeriod: 0,
  })
})
afterAll(async () => {
  await honest.endAsync()
  await driver.stop()
})

/** Sends the bytes and resolves with what came back once the broker has hung up, or after a pause when it has not. */
async function attack(...chunks: Buffer[]): Promise<{ closed: boolean; answer: Buffer }> {
  const socket: Socket = dial(port, '127.0.0.1')
  const heard: Buffer[] = []
  socket.on('data', bytes => heard.push(bytes))
  socket.on('error', () => {})
  const closed = new Promise<boolean>(resolve => {
    socket.once('close', () => resolve(true))
    setTimeout(() => resolve(false), 700)
  })
  for (const [index, chunk] of chunks.entries()) {
    // A broker that is busy may still be at the first packet: its answer, or its hanging up, is waited for.
    const heardOf = new Promise<void>(resolve => socket.once('data', () => resolve()))
    socket.write(chunk)
    await new Promise(resolve => setTimeout(resolve, 30))
    if (index === 0 && chunks.length > 1) await Promise.race([heardOf, closed])
  }
  const result = { closed: await closed, answer: Buffer.concat(heard) }
  socket.destroy()
  return result
}

/** After every attack: the honest device is still connected and heard, at once. */
async function othersAreWell(): Promise<void> {
  const value = Math.round(Math.random() * 1e6)
  const begun = performance.now()
  const arrived = host.next(point('good.level'), reading => reading.value === value)
  honest.publish('devices/good/level', String(value))
  await arrived
  expect(performance.now() - begun).toBeLessThan(500)
  expect(honest.connected).toBe(true)
}

interface Case {
  name: string
  bytes: Buffer[]
  closes: boolean
}
const closing: Case[] = [
  { name: 'another packet before CONNECT', bytes: [say('devices/evil/level')], closes: true },
  { name: 'a garbage first byte', bytes: [Buffer.from('GET / HTTP/1.1\r\n\r\n')], closes: true },
  { name: 'type 0', bytes: [Buffer.from([0, 0])], closes: true },
  { name: 'a remaining length that never ends', bytes: [Buffer.from([0x10, 255, 255, 255, 255, 255])], closes: true },
  { name: 'a CONNECT of 200 MB', bytes: [Buffer.from([0x10, 0x80, 0x80, 0x80, 0x64])], closes: true },
  {
    name: 'a packet over the limit',
    bytes: [hello(), Buffer.concat([Buffer.from([0x30, 0x81, 0x80, 0x10]), Buffer.alloc(1_000)])],
    closes: true,
  },
  { name: 'a second CONNECT', bytes: [hello(), hello()], closes: true },
  {
    name: 'a publish with QoS 3',
    bytes: [hello(), Buffer.concat([Buffer.from([0x36]), say('devices/evil/level').subarray(1)])],
    closes: true,
  },
  { name: 'a publish on a wildcard', bytes: [hello(), say('devices/+/level')], closes: true },
  { name: 'a publish on an empty topic', bytes: [hello(), say('')], closes: true },
  { name: 'a publish on a foreign topic', bytes: [hello(), say('devices/good/level')], closes: true },
  { name: 'a publish on a topic that only looks like its own', bytes: [hello(), say('devices/evil-twin/level')], closes: true },
  {
    name: 'a publish in the name of the gateway',
    bytes: [hello(), say('zhishou/greenhill/status', 'offline', true)],
    closes: true,
  },
  {
    name: 'a publish on $SYS that would disconnect another client',
    bytes: [hello(), say('$SYS/other/new/clients', 'good:same')],
    closes: true,
  },
  { name: 'a publish of a thousand levels', bytes: [hello(), say('devices/evil/' + 'a/'.repeat(1_000))], closes: true },
  {
    name: 'a publish whose topic claims more bytes than the packet has',
    bytes: [hello(), packet(0x30, Buffer.from([0xff, 0xff, 0x61]))],
    closes: true,
  },
  { name: 'a wrong password', bytes: [hello({ user: 'good', password: 'guess' })], closes: true },
  { name: 'an account nobody has', bytes: [hello({ user: '__proto__', password: '' })], closes: true },
  { name: 'MQTT 5', bytes: [hello({ level: 5 })], closes: true },
  { name: 'a subscription with illegal flags', bytes: [hello(), Buffer.from([0x80, 0])], closes: true },
  { name: 'an empty subscription', bytes: [hello(), packet(0x82, Buffer.from([0, 1]))], closes: true },
  { name: 'a will on a foreign topic', bytes: [hello({ will: 'devices/good/level' }), Buffer.from([0xff, 0xff])], closes: true },
]

describe('the embedded broker under attack', () => {
  test.each(closing)('survives $name, hangs up, and others do not notice', async ({ bytes }) => {
    const before = host.readings.length

    const { closed } = await attack(...bytes)

    expect(closed).toBe(true)
    expect(host.readings.slice(before).filter(isGood)).toEqual([])
    await othersAreWell()
  })

  test.each(['#', '+/+/+', 'devices/#', 'devices/good/#', '$SYS/#', '$share/g/devices/evil/#', 'zhishou/#', 'zhishou/+/status'])(
    'refuses a subscription to %s with 128 and stays connected',
    async filter => {
      const { closed, answer } = await attack(hello(), hear(filter))

      expect(closed).toBe(false)
      expect(answer.subarray(-5).toString('hex')).toBe('9003000180')
    },
  )

  test('grants a device its own tree and the status of the gateway', async () => {
    const { answer } = await attack(hello(), hear('devices/evil/#'), hear('zhishou/greenhill/status'))

    expect(answer.toString('hex')).toBe('2002000090030001019003000101')
  })

  test('a client id that another account uses takes nothing from it', async () => {
    const { closed, answer } = await attack(hello({ id: 'same' }))

    expect(closed).toBe(false)
    expect(answer.toString('hex')).toBe('20020000')
    await othersAreWell()
  })

  test('the session of an absent device cannot be picked up by another account', async () => {
    const url = `mqtt://127.0.0.1:${port}`
    const owner = { username: 'good', password: 'pass', clientId: 'sleeper', clean: false, reconnectPeriod: 0 }
    const first = await connectAsync(url, owner)
    await first.subscribeAsync('devices/good/secret', { qos: 1 })
    await first.endAsync()
    await honest.publishAsync('devices/good/secret', 'classified', { qos: 1 })

    const { answer } = await attack(hello({ id: 'sleeper', clean: false }))
    const heard = new Promise<string>(resolve => {
      const again = connect(url, owner)
      again.once('message', (_, payload) => again.end(true, () => resolve(String(payload))))
    })

    expect(answer.toString()).not.toContain('classified')
    expect(await heard).toBe('classified')
  })

  test('the hundred-and-first subscription of a client is refused', async () => {
    const { answer } = await attack(hello(), Buffer.concat(Array.from({ length: 101 }, (_, n) => hear(`devices/evil/${n}`))))

    const answers = answer.toString('hex').slice(8).match(/.{10}/g) ?? []
    expect(answers.filter(each => each === '9003000101')).toHaveLength(100)
    expect(answers.filter(each => each === '9003000180')).toHaveLength(1)
  })

  test('a thousand mutations of good packets leave the broker standing', async () => {
    const good = Buffer.concat([hello(), say('devices/evil/x'), hear('devices/evil/#'), Buffer.from([0xc0, 0])])
    let seed = 42
    const random = (n: number): number => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) % n
    for (let round = 0; round < 50; round++) {
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          const bytes = Buffer.from(good)
          for (let change = 0; change < 3; change++) bytes[random(bytes.length)] = random(256)
          await new Promise<void>(resolve => {
            const socket = dial(port, '127.0.0.1', () => socket.end(bytes))
            socket.on('error', () => resolve())
            socket.on('close', () => resolve())
            socket.resume()
          })
        }),
      )
    }
    await othersAreWell()
  }, 30_000)

  test('slow strangers are hung up on after ten seconds, one byte at a time or none', async () => {
    const begun = Date.now()
    const bytes = hello()
    const silent = dial(port, '127.0.0.1').on('error', () => {})
    const slow = dial(port, '127.0.0.1').on('error', () => {})
    let sent = 0
    const drip = (): void => {
      if (slow.destroyed) return
      slow.write(bytes.subarray(sent, ++sent))
      setTimeout(drip, 900)
    }
    drip()

    await Promise.all([silent, slow].map(socket => new Promise(resolve => socket.once('close', resolve))))

    expect(Date.now() - begun).toBeGreaterThan(9_000)
    expect(Date.now() - begun).toBeLessThan(12_500)
    await othersAreWell()
  }, 20_000)

  test('without a name nobody gets in, unless the site file says so', async () => {
    const nameless = packet(0x10, text('MQTT'), Buffer.from([4, 2, 0, 60]), text('x'))
    expect((await attack(nameless)).closed).toBe(true)

    const open = await freePort()
    const other = run(mqttBroker, { port: open, anonymous: true }, [binding('any.level', {})])
    await other.host.until('up', () => other.host.ups === 1)
    const guest = await connectAsync(`mqtt://127.0.0.1:${open}`, { reconnectPeriod: 0 })
    await guest.publishAsync('devices/any/level', '3', { qos: 1 })
    await other.host.until('the level', () => isGood(other.host.last(point('any.level'))))
    await guest.endAsync()
    await other.driver.stop()
  })
})
