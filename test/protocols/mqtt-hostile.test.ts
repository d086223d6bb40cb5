import type { Socket } from 'node:net'
import { connect as dial } from 'node:net'
import fc from 'fast-check'
import { connect, connectAsync } from 'mqtt'
import type { MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Driver } from '../../protocols/contract/driver.ts'
import { mqttBroker } from '../../protocols/mqtt/driver.ts'
import { binding, freePort, Gateway, isGood, point, run } from './kit.ts'
import { ack, goodbye, hear, hello, number, packet, ping, say, sayOnce, text } from './peers/mqtt-packets.ts'

let port: number
let host: Gateway
let driver: Driver
let honest: MqttClient

beforeAll(async () => {
  port = await freePort()
  const accounts = { good: 'pass', evil: 'evil', full: 'full' }
  const limits = { retained: 20, packetsPerSecond: 2_000, inFlight: 20, connectionsPerAccount: 100 }
  const opened = run(mqttBroker, { port, accounts, limits }, [binding('good.level', {}), binding('evil.level', {})])
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

const raw = (...bytes: number[]): Buffer => Buffer.from(bytes)
const badText = Buffer.from([0x64, 0xc3, 0x28])
const surrogate = Buffer.from([0x64, 0xed, 0xa0, 0x80])
const many = (count: number, of: (n: number) => Buffer): Buffer => Buffer.concat(Array.from({ length: count }, (_, n) => of(n)))

/** Each is hung up on, and says nothing anybody believes. */
const hostile: readonly (readonly [name: string, ...bytes: Buffer[]])[] = [
  // Before CONNECT.
  ['a message before CONNECT', say('devices/evil/level')],
  ['a subscription before CONNECT', hear('devices/evil/#')],
  ['a ping before CONNECT', ping],
  ['a goodbye before CONNECT', goodbye],
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['TLS on the plain port', raw(0x16, 3, 1, 0, 0xa5, 1, 0, 0, 0xa1, 3, 3)],
  ['Modbus TCP', raw(0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 10)],
  ['zeros', Buffer.alloc(64)],
  ['type 0', raw(0, 0)],
  ['type 15', raw(0xf0, 0)],
  ['CONNECT with reserved flags in its header', raw(0x11, 0)],
  ['an empty CONNECT', raw(0x10, 0)],
  ['a remaining length that never ends', raw(0x10, 255, 255, 255, 255, 255)],
  ['a CONNECT of 200 MB', raw(0x10, 0x80, 0x80, 0x80, 0x64)],
  ['a CONNECT that is small for a message and big for a greeting', raw(0x10, 0xff, 0xff, 0x03)],
  ['a CONNECT that ends after the protocol name', packet(0x10, text('MQTT'))],
  ['a protocol name that claims more than there is', packet(0x10, raw(0xff, 0xff, 0x4d))],
  ['a protocol nobody knows', hello({ protocol: 'AMQP' })],
  ['an empty protocol name', hello({ protocol: '' })],
  ['version 0', hello({ level: 0 })],
  ['version 3 under the name of version 4', hello({ level: 3 })],
  ['version 5', hello({ level: 5 })],
  ['version 255', hello({ level: 255 })],
  ['the reserved connect flag', hello({ flags: 0xc3 })],
  ['a will QoS without a will', hello({ flags: 0xc2 | 0x08 })],
  ['a retained will without a will', hello({ flags: 0xc2 | 0x20 })],
  ['a will of QoS 3', hello({ flags: 0xc2 | 0x1c, will: 'devices/evil/will' })],
  ['a password without a name', packet(0x10, text('MQTT'), raw(4, 0x42, 0, 60), text('x'), text('evil'))],
  ['a will flag without a will', packet(0x10, text('MQTT'), raw(4, 0xc6, 0, 60), text('x'), text('evil'), text('evil'))],
  ['bytes behind the password', packet(0x10, hello().subarray(2), raw(1, 2, 3))],
  ['a name that is no UTF-8', packet(0x10, text('MQTT'), raw(4, 0xc2, 0, 60), text('x'), text(badText), text('evil'))],
  ['a client id that is no UTF-8', packet(0x10, text('MQTT'), raw(4, 0xc2, 0, 60), text(badText), text('evil'), text('evil'))],
  ['a client id with a zero character', hello({ id: 'a\0b' })],
  ['a client id of 129 characters', hello({ id: 'x'.repeat(129) })],
  ['a persistent session without an id', hello({ id: '', clean: false })],
  ['a wrong password', hello({ user: 'good', password: 'guess' })],
  ['an empty password', hello({ user: 'good', password: '' })],
  ['an account nobody has', hello({ user: 'nobody' })],
  ['an account that every object has', hello({ user: '__proto__', password: '' })],
  ['an account with a wildcard', hello({ user: '+', password: '' })],
  ['an account with the separator of our ids', hello({ user: 'good:same', password: 'evil' })],
  ['no name at all', packet(0x10, text('MQTT'), raw(4, 2, 0, 60), text('x'))],
  ['a name without a password', packet(0x10, text('MQTT'), raw(4, 0x82, 0, 60), text('x'), text('good'))],
  ['a will on a foreign topic', hello({ will: 'devices/good/level' })],
  ['a will on a wildcard', hello({ will: 'devices/evil/#' })],
  ['a will without a topic', hello({ will: '' })],
  ['a will in the name of the gateway', hello({ will: 'zhishou/greenhill/status' })],
  ['a will on $SYS', hello({ will: '$SYS/broker/uptime' })],
  ['a will of 9 kB', hello({ will: 'devices/evil/will', willPayload: Buffer.alloc(9_000) })],
  // After CONNECT.
  ['a second CONNECT', hello(), hello()],
  ['a second CONNECT in the same packet', Buffer.concat([hello(), hello()])],
  ['a CONNACK from a client', hello(), raw(0x20, 2, 0, 0)],
  ['a SUBACK from a client', hello(), raw(0x90, 3, 0, 1, 0)],
  ['an UNSUBACK from a client', hello(), raw(0xb0, 2, 0, 1)],
  ['a PINGRESP from a client', hello(), raw(0xd0, 0)],
  ['a packet over the limit', hello(), Buffer.concat([raw(0x30, 0x81, 0x80, 0x10), Buffer.alloc(1_000)])],
  ['a packet of the longest length', hello(), raw(0x30, 0xff, 0xff, 0xff, 0x7f)],
  ['a length of five bytes', hello(), raw(0x30, 0x80, 0x80, 0x80, 0x80, 0x01)],
  ['a message of QoS 3', hello(), Buffer.concat([raw(0x36), say('devices/evil/level').subarray(1)])],
  ['a repetition with QoS 0', hello(), Buffer.concat([raw(0x38), say('devices/evil/level').subarray(1)])],
  ['a message with id 0', hello(), sayOnce(1, 0, 'devices/evil/level')],
  ['a message with QoS 1 and no id', hello(), packet(0x32, text('devices/evil/level'))],
  ['a message without a topic', hello(), packet(0x30)],
  ['a message on an empty topic', hello(), say('')],
  ['a topic that claims more bytes than there are', hello(), packet(0x30, raw(0xff, 0xff, 0x61))],
  ['a topic that is no UTF-8', hello(), say(badText)],
  ['a topic with half a surrogate pair', hello(), say(surrogate)],
  ['a topic with a zero character', hello(), say('devices/evil/\0')],
  ['a message on +', hello(), say('devices/+/level')],
  ['a message on #', hello(), say('devices/evil/#')],
  ['a message on a foreign topic', hello(), say('devices/good/level')],
  ['a message on a topic that only looks like its own', hello(), say('devices/evil-twin/level')],
  ['a message on its own root without a level', hello(), say('devices/evil')],
  ['a message in another spelling of its topic', hello(), say('Devices/evil/level')],
  ['a message with a slash in front', hello(), say('/devices/evil/level')],
  ['a message in the name of the gateway', hello(), say('zhishou/greenhill/status', 'offline', true)],
  ['a message on $SYS', hello(), say('$SYS/broker/uptime', '0', true)],
  ['a message on $SYS that disconnects others elsewhere', hello(), say('$SYS/other/new/clients', 'good:same')],
  ['a message on $share', hello(), say('$share/g/devices/evil/x')],
  ['a message of a thousand levels', hello(), say('devices/evil/' + 'a/'.repeat(1_000))],
  ['a topic of a thousand bytes', hello(), say('devices/evil/' + 'a'.repeat(1_000))],
  [
    'one retained message too many',
    hello({ user: 'full', password: 'full' }),
    many(30, n => say(`devices/full/${n}`, 'x', true)),
  ],
  ['21 messages of QoS 2 that are never released', hello(), many(21, n => sayOnce(2, n + 1, 'devices/evil/x'))],
  ['PUBREL with the wrong flags', hello(), ack(0x60, 1)],
  ['PUBACK with id 0', hello(), ack(0x40, 0)],
  ['PUBREC of one byte', hello(), packet(0x50, raw(1))],
  ['PUBCOMP of three bytes', hello(), packet(0x70, raw(0, 1, 2))],
  ['a subscription with wrong flags', hello(), raw(0x80, 5, 0, 1, 0, 0, 0)],
  ['an empty subscription', hello(), packet(0x82, number(1))],
  ['a subscription with id 0', hello(), hear('devices/evil/#', 1, 0)],
  ['a subscription without a QoS', hello(), packet(0x82, number(1), text('devices/evil/#'))],
  ['a subscription of QoS 3', hello(), hear('devices/evil/#', 3)],
  ['a filter that is no UTF-8', hello(), hear(badText)],
  ['an empty unsubscription', hello(), packet(0xa2, number(1))],
  ['an unsubscription that claims more than there is', hello(), packet(0xa2, number(1), raw(0, 9, 0x61))],
  ['a ping with a body', hello(), raw(0xc0, 1, 0)],
  ['a goodbye with a body', hello(), raw(0xe0, 1, 0)],
  ['a goodbye and then a message', hello(), Buffer.concat([goodbye, say('devices/evil/level')])],
]

test('the suite is as long as it was meant to be', () => {
  expect(hostile.length).toBeGreaterThanOrEqual(95)
})

describe('the embedded broker under attack', () => {
  test.each(hostile)('survives %s, hangs up, and others do not notice', async (_, ...bytes) => {
    const before = host.readings.length

    const { closed } = await attack(...(bytes as Buffer[]))

    expect(closed).toBe(true)
    expect(host.readings.slice(before).filter(isGood)).toEqual([])
    await othersAreWell()
  })

  test.each([
    ['#', '9003000180'],
    ['+/+/+', '9003000180'],
    ['devices/#', '9003000180'],
    ['devices/+/level', '9003000180'],
    ['devices/good/#', '9003000180'],
    ['devices/evil', '9003000180'],
    ['devices/evil/a#', '9003000180'],
    ['devices/#/evil', '9003000180'],
    ['$SYS/#', '9003000180'],
    ['$share/g/devices/evil/#', '9003000180'],
    ['zhishou/#', '9003000180'],
    ['zhishou/+/status', '9003000180'],
    ['devices/evil/' + 'a/'.repeat(30), '9003000180'],
    ['devices/evil/#', '9003000101'],
    ['zhishou/greenhill/status', '9003000101'],
  ])('a subscription to %s is answered %s', async (filter, expected) => {
    const { closed, answer } = await attack(hello(), hear(filter))

    expect(closed).toBe(false)
    expect(answer.toString('hex')).toBe(`20020000${expected}`)
  })

  test('a client of version 5 is told that this is not it', async () => {
    const { answer } = await attack(hello({ level: 5 }))

    expect(answer.toString('hex')).toBe('20020001')
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

  test('a twenty-first persistent session of an account is refused', async () => {
    for (let n = 0; n < 20; n++) await visit(hello({ id: `s${n}`, clean: false }))

    const { answer } = await attack(hello({ id: 's20', clean: false }))

    expect(answer.toString('hex')).toBe('20020003')
    for (let n = 0; n < 20; n++) await visit(hello({ id: `s${n}` }))
  })

  test('the hundred-and-first subscription of a client is refused', async () => {
    const { answer } = await attack(
      hello(),
      many(101, n => hear(`devices/evil/${n}`)),
    )

    const answers = answer.toString('hex').slice(8).match(/.{10}/g) ?? []
    expect(answers.filter(each => each === '9003000101')).toHaveLength(100)
    expect(answers.filter(each => each === '9003000180')).toHaveLength(1)
  })

  test('ten thousand packets at once are taken in turn, and others do not wait for them', async () => {
    const socket = dial(port, '127.0.0.1').on('error', () => {})
    socket.write(Buffer.concat([hello(), many(10_000, () => ping)]))
    let answered = 0
    const all = new Promise<void>(resolve =>
      socket.on('data', bytes => {
        answered += bytes.length
        if (answered >= 4 + 20_000) resolve()
      }),
    )
    await othersAreWell()
    await all
    socket.destroy()

    expect(answered).toBe(4 + 20_000)
    expect(driver.counters?.()['mqtt_refused_flood']).toBeGreaterThan(0)
  })

  test('two thousand packets of one byte each are put together', async () => {
    const socket = dial({ port, host: '127.0.0.1', noDelay: true }).on('error', () => {})
    const arrived = host.next(point('evil.level'), reading => reading.value === 4711)
    for (const byte of Buffer.concat([
      hello(),
      many(100, n => say('devices/evil/x', String(n))),
      say('devices/evil/level', '4711'),
    ])) {
      socket.write(Buffer.from([byte]))
    }
    await arrived
    socket.destroy()
    await othersAreWell()
  })

  test('a message is told once, however often it is said again with QoS 2', async () => {
    const before = host.of(point('evil.level')).length
    const again = sayOnce(2, 7, 'devices/evil/level', '5', true)

    const { answer } = await attack(hello(), sayOnce(2, 7, 'devices/evil/level', '5'), again, again, ack(0x62, 7), ack(0x62, 7))

    expect(answer.toString('hex')).toBe('20020000' + '50020007'.repeat(3) + '70020007'.repeat(2))
    expect(host.of(point('evil.level')).slice(before).filter(isGood)).toHaveLength(1)
  })

  test('any mutation of good packets leaves the broker standing and invents no reading', async () => {
    const good = Buffer.concat([
      hello({ will: 'devices/evil/gone' }),
      say('devices/evil/x'),
      hear('devices/evil/#'),
      sayOnce(1, 1, 'devices/evil/y'),
      sayOnce(2, 2, 'devices/evil/z'),
      ack(0x62, 2),
      ping,
    ])
    const before = host.of(point('good.level')).length
    const change = fc.record({ at: fc.nat(good.length - 1), to: fc.nat(255), kind: fc.constantFrom('set', 'cut', 'twice') })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async changes => {
        let bytes = Buffer.from(good)
        for (const { at, to, kind } of changes) {
          if (kind === 'set' && at < bytes.length) bytes[at] = to
          if (kind === 'cut') bytes = Buffer.from(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + (to % 7))]))
          if (kind === 'twice') bytes = Buffer.from(Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - to))]))
        }
        await new Promise<void>(resolve => {
          const socket = dial(port, '127.0.0.1', () => socket.end(bytes))
          socket.on('error', () => resolve())
          socket.on('close', () => resolve())
          socket.resume()
        })
      }),
      { numRuns: 1_000 },
    )
    expect(host.of(point('good.level'))).toHaveLength(before)
    await othersAreWell()
  })

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
  })

  test('without a name nobody gets in, unless the site file says so', async () => {
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

/** One answer, and gone. */
async function visit(bytes: Buffer): Promise<void> {
  const socket = dial(port, '127.0.0.1').on('error', () => {})
  socket.write(bytes)
  await new Promise(resolve => socket.once('data', resolve))
  socket.destroy()
}
