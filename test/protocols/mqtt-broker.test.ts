import type { ChildProcess } from 'node:child_process'
import { fork, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MqttClient } from 'mqtt'
import { connect, connectAsync } from 'mqtt'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { Broker } from '../../protocols/mqtt/broker.ts'
import { brokerLimits } from '../../protocols/mqtt/limits.ts'
import type { Message } from '../../protocols/mqtt/mapping.ts'
import { freePort, realClock } from './kit.ts'
import { ack, hear, hello, say, sayOnce } from './peers/mqtt-packets.ts'

const folders: string[] = []
const running: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const stop of running.splice(0).toReversed()) await stop()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-broker-'))
  folders.push(folder)
  return folder
}

/** A broker in a process of its own. */
async function launch(port: number, more: object = {}): Promise<ChildProcess> {
  const wanted = { port, accounts: { tank: 'secret', panel: 'secret' }, ...more }
  const child = fork(join(import.meta.dirname, 'peers', 'broker-process.ts'), [JSON.stringify(wanted)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  running.push(() => void child.kill('SIGKILL'))
  await new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', code => reject(new Error(`The broker ended with ${code}.`)))
  })
  return child
}
async function murder(child: ChildProcess): Promise<void> {
  const gone = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

async function open(
  more: Partial<Parameters<typeof Broker.open>[0]> = {},
): Promise<{ broker: Broker; port: number; heard: Message[] }> {
  const port = more.port ?? (await freePort())
  const heard: Message[] = []
  const opened = await Broker.open({
    host: '127.0.0.1',
    port,
    accounts: new Map([
      ['tank', { password: 'secret', hears: [] }],
      ['screen', { password: 'secret', hears: ['zhishou/#', '$SYS/#', 'devices/tank/+'] }],
    ]),
    anonymous: false,
    maxPacket: 256 * 1024,
    limits: brokerLimits,
    named: new Map(),
    wall: realClock,
    heard: message => heard.push(message),
    fellSilent() {},
    ...more,
  })
  if (!opened.ok) throw new Error(opened.fault.detail)
  running.push(() => opened.value.close())
  return { broker: opened.value, port, heard }
}

async function client(port: number, more: object = {}): Promise<MqttClient> {
  const made = await connectAsync(`mqtt://127.0.0.1:${port}`, {
    username: 'tank',
    password: 'secret',
    reconnectPeriod: 0,
    ...more,
  })
  made.on('error', () => {})
  running.push(() => made.endAsync(true))
  return made
}

/** A connection by hand, and what has come over it so far. */
async function handMade(
  port: number,
  ...packets: Buffer[]
): Promise<{ socket: Socket; heard: () => string; until: (hex: string) => Promise<void> }> {
  const socket = dial(port, '127.0.0.1').on('error', () => {})
  running.push(() => void socket.destroy())
  let all = ''
  socket.on('data', bytes => (all += bytes.toString('hex')))
  for (const bytes of packets) socket.write(bytes)
  return {
    socket,
    heard: () => all,
    until: hex =>
      new Promise(resolve => {
        const look = (): void => {
          if (!all.includes(hex)) return
          socket.off('data', look)
          resolve()
        }
        socket.on('data', look)
        look()
      }),
  }
}

const tank = { user: 'tank', password: 'secret' }

describe('what the broker has acknowledged', () => {
  test('is there after kill -9: retained messages, and every queued one once and in order', async () => {
    const [folder, port] = [newFolder(), await freePort()]
    const first = await launch(port, { folder })
    const sleeper = await client(port, { clientId: 'sleeper', clean: false })
    await sleeper.subscribeAsync('devices/tank/#', { qos: 1 })
    await sleeper.endAsync()
    const sender = await client(port)
    await sender.publishAsync('devices/tank/last', 'kept', { qos: 1, retain: true })
    const acknowledged: number[] = []
    const sending = Array.from({ length: 400 }, async (_, n) => {
      await sender.publishAsync('devices/tank/n', String(n), { qos: 1 })
      acknowledged.push(n)
      // In the middle of it.
      if (n === 200) await murder(first)
    })
    await Promise.race([Promise.allSettled(sending), new Promise(resolve => first.once('exit', resolve))])
    await launch(port, { folder })

    const heard: string[] = []
    const again = connect(`mqtt://127.0.0.1:${port}`, {
      clientId: 'sleeper',
      clean: false,
      username: 'tank',
      password: 'secret',
      reconnectPeriod: 0,
    })
    running.push(() => again.endAsync(true))
    const ended = new Promise<void>(resolve =>
      again.on('message', (topic, payload) => {
        if (topic === 'devices/tank/n') heard.push(String(payload))
        if (String(payload) === 'end') resolve()
      }),
    )
    await again.publishAsync('devices/tank/n', 'end', { qos: 1 })
    await ended
    const newcomer = await client(port)
    const retained = new Promise<string>(resolve => newcomer.once('message', (_, payload) => resolve(String(payload))))
    await newcomer.subscribeAsync('devices/tank/last')

    const numbers = heard.slice(0, -1).map(Number)
    expect(acknowledged.length).toBeGreaterThan(100)
    expect(acknowledged.filter(n => !numbers.includes(n))).toEqual([])
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b))
    expect(await retained).toBe('kept')
  })

  test('with QoS 2 is told once, although the broker died before it was released', async () => {
    const [folder, port] = [newFolder(), await freePort()]
    const first = await launch(port, { folder })
    const reader = await handMade(port, hello({ ...tank, id: 'reader', clean: false }), hear('devices/tank/x', 2))
    await reader.until('9003000102')
    reader.socket.destroy()
    const sender = await handMade(port, hello({ ...tank, id: 'sender', clean: false }), sayOnce(2, 9, 'devices/tank/x', 'A'))
    await sender.until('50020009')
    await murder(first)
    const second = await launch(port, { folder })

    const again = await handMade(
      port,
      hello({ ...tank, id: 'sender', clean: false }),
      sayOnce(2, 9, 'devices/tank/x', 'A', true),
      ack(0x62, 9),
    )
    await again.until('20020100')
    await again.until('70020009')
    const back = await handMade(port, hello({ ...tank, id: 'reader', clean: false }))
    await back.until('3413000e')
    const id = Number.parseInt(/3413000e[0-9a-f]{28}([0-9a-f]{4})41/.exec(back.heard())?.[1] ?? '', 16)
    back.socket.write(ack(0x50, id))
    await back.until('6202')
    // It dies once more, between PUBREL and PUBCOMP: the message is not told again, only the release.
    await murder(second)
    await launch(port, { folder })
    const third = await handMade(port, hello({ ...tank, id: 'reader', clean: false }))
    await third.until('6202')
    third.socket.write(Buffer.concat([ack(0x70, id), Buffer.from([0xc0, 0])]))
    await third.until('d000')

    expect(third.heard()).not.toContain('41')
  })

  test('was kept in a store that is set aside when it is damaged', async () => {
    const folder = newFolder()
    const { broker, port } = await open({ folder })
    const sender = await client(port)
    await sender.publishAsync('devices/tank/last', 'kept', { qos: 1, retain: true })
    await sender.endAsync()
    await broker.close()
    const store = join(folder, 'broker')
    for (const name of readdirSync(store)) {
      if (/^(MANIFEST|CURRENT)/.test(name)) writeFileSync(join(store, name), 'not a store at all\n')
      if (name.endsWith('.log')) truncateSync(join(store, name), 20)
    }

    const second = await open({ folder })

    expect(second.broker.setAside).toContain('broker-damaged-')
    expect(second.broker.retained.count).toBe(0)
    expect(readdirSync(folder).filter(name => name.startsWith('broker-damaged-'))).toHaveLength(1)
    const anew = await client(second.port)
    await anew.publishAsync('devices/tank/last', 'new', { qos: 1, retain: true })
    expect(second.broker.retained.count).toBe(1)
  })

  test('of an account that is gone from the site file is forgotten', async () => {
    const folder = newFolder()
    const { broker, port } = await open({ folder })
    const sleeper = await client(port, { clientId: 'sleeper', clean: false })
    await sleeper.subscribeAsync('devices/tank/#', { qos: 1 })
    await sleeper.endAsync()
    await broker.close()

    const same = await open({ folder })
    expect(same.broker.hub.figures).toMatchObject({ sessions: 1, subscriptions: 1 })
    await same.broker.close()
    const other = await open({ folder, accounts: new Map([['other', { password: 'x', hears: [] }]]) })
    expect(other.broker.hub.figures).toMatchObject({ sessions: 0, subscriptions: 0, waitingBytes: 0 })
  })
})

describe('limits', () => {
  test('an absent client is kept the newest messages, and what was let go is counted', async () => {
    const { broker, port } = await open({ limits: { ...brokerLimits, queue: 10 } })
    const sleeper = await client(port, { clientId: 'sleeper', clean: false })
    await sleeper.subscribeAsync('devices/tank/n', { qos: 1 })
    await sleeper.endAsync()
    const sender = await client(port)
    for (let n = 10; n < 35; n++) await sender.publishAsync('devices/tank/n', String(n), { qos: 1 })

    const back = await handMade(port, hello({ ...tank, id: 'sleeper', clean: false }))
    await back.until(Buffer.from('34').toString('hex'))

    expect(broker.refusals.get('queue')).toBe(15)
    const values = [
      ...Buffer.from(back.heard(), 'hex')
        .toString('latin1')
        .matchAll(/devices\/tank\/n..(\d\d)/gs),
    ].map(([, n]) => Number(n))
    expect(values).toEqual([25, 26, 27, 28, 29, 30, 31, 32, 33, 34])
  })

  test('a reader that does not read loses messages of QoS 0 and holds up nobody', async () => {
    const { broker, port } = await open()
    const stuck = await handMade(port, hello({ ...tank, id: 'stuck' }), hear('devices/tank/big', 0))
    await stuck.until('9003000100')
    stuck.socket.pause()
    const brisk = await client(port, { username: 'screen' })
    let got = 0
    const all = new Promise<void>(resolve => brisk.on('message', () => ++got === 400 && resolve()))
    await brisk.subscribeAsync('devices/tank/+', { qos: 0 })
    const sender = await client(port)
    const payload = Buffer.alloc(60_000)
    for (let n = 0; n < 400; n++) await sender.publishAsync('devices/tank/big', payload, { qos: 1 })

    await all
    expect(broker.refusals.get('slow-reader')).toBeGreaterThan(100)
    expect(broker.traffic.unsent).toBeLessThan(2 * brokerLimits.unsentBytes)
  })

  test('a client that says nothing for one and a half times its keep-alive is hung up on, and its will is told', async () => {
    const { broker, port } = await open()
    const watcher = await client(port, { username: 'screen' })
    const told = new Promise<string>(resolve => watcher.once('message', topic => resolve(topic)))
    await watcher.subscribeAsync('devices/tank/+')
    await handMade(port, hello({ ...tank, id: 'mute', keepAlive: 1, will: 'devices/tank/gone' }))

    expect(await told).toBe('devices/tank/gone')
    expect(broker.refusals.get('silent')).toBe(1)
  })

  test('one connection more than an account may have is told that the server is unavailable', async () => {
    const { port } = await open({ limits: { ...brokerLimits, connectionsPerAccount: 2 } })
    for (const id of ['a', 'b']) await (await handMade(port, hello({ ...tank, id }))).until('20020000')

    const third = await handMade(port, hello({ ...tank, id: 'c' }))
    await third.until('20020003')
    // Coming again under the same id is no third one.
    await (await handMade(port, hello({ ...tank, id: 'b' }))).until('20020000')
  })

  test('one connection more than there may be is not let in at all', async () => {
    const { broker, port } = await open({ limits: { ...brokerLimits, connections: 2 } })
    for (const id of ['a', 'b']) await (await handMade(port, hello({ ...tank, id }))).until('20020000')

    const third = await handMade(port, hello({ ...tank, id: 'c' }))
    await new Promise(resolve => third.socket.once('close', resolve))

    expect(third.heard()).toBe('')
    expect(broker.refusals.get('clients')).toBe(1)
  })
})

test('an account that is given more hears what the gateway says, and the figures of the broker', async () => {
  const { port } = await open()
  const screen = await client(port, { username: 'screen' })
  const figures = new Map<string, string>()
  const all = new Promise<void>(resolve =>
    screen.on('message', (topic, payload) => {
      figures.set(topic, String(payload))
      if (figures.size === 9) resolve()
    }),
  )
  await screen.subscribeAsync('$SYS/#')
  await all

  expect(figures.get('$SYS/broker/clients/connected')).toBe('1')
  expect(Number(figures.get('$SYS/broker/bytes/received'))).toBeGreaterThan(20)
  const own = await client(port)
  await expect(own.subscribeAsync('$SYS/#')).rejects.toThrow()
})

test('a connection that is taken over by its own client leaves nothing behind', async () => {
  const { broker, port } = await open()
  for (let n = 0; n < 50; n++) {
    const guest = await handMade(port, hello({ ...tank, id: 'one', clean: false }), hear('devices/tank/#'), say('devices/tank/x'))
    await guest.until('9003000101')
  }

  expect(broker.hub.figures).toMatchObject({ sessions: 1, subscriptions: 1 })
  expect([...broker.present]).toEqual([['tank', 1]])
})

test('ten rounds of 250 devices that come and break off leave the heap as it was', async () => {
  const port = await freePort()
  const accounts = Object.fromEntries(Array.from({ length: 250 }, (_, n) => [`d${n}`, 'p']))
  const child = await launch(port, { accounts })
  const ask = (): Promise<{
    heapUsed: number
    connections: number
    sessions: number
    subscriptions: number
    unsent: number
    held: number
  }> =>
    new Promise(resolve => {
      child.once('message', resolve as (message: unknown) => void)
      child.send('how')
    })
  const heaps: number[] = []
  for (let round = 0; round < 10; round++) {
    const sockets: Socket[] = []
    for (let from = 0; from < 250; from += 50) {
      const some = Array.from({ length: 50 }, async (_, n) => {
        const user = `d${from + n}`
        // Other client ids in each round: nothing may be remembered by them.
        const device = await handMade(
          port,
          hello({ user, password: 'p', id: `${user}-${round}`, will: `devices/${user}/gone` }),
          hear(`devices/${user}/#`),
          sayOnce(1, 5, `devices/${user}/x`),
        )
        await device.until('40020005')
        sockets.push(device.socket)
      })
      await Promise.all(some)
    }
    expect((await ask()).connections).toBe(250)
    for (const socket of sockets) socket.destroy()
    while ((await ask()).connections > 0) await new Promise(resolve => setTimeout(resolve, 20))
    const { heapUsed, ...rest } = await ask()
    expect(rest).toMatchObject({ sessions: 0, subscriptions: 0, unsent: 0, held: 0 })
    heaps.push(heapUsed)
  }

  const [, second = 0] = heaps
  expect(Math.max(...heaps.slice(2)) - second).toBeLessThan(500_000)
})

/** The PUBLISH packets to a client. */
function publishes(hex: string): { readonly id: number; readonly told: string }[] {
  const bytes = Buffer.from(hex, 'hex')
  const found: { id: number; told: string }[] = []
  for (let at = 0; at + 2 <= bytes.length;) {
    const header = bytes[at] ?? 0
    let [length, size, by] = [0, 1, 1]
    for (let byte = 128; byte >= 128; size++, by *= 128) {
      byte = bytes[at + size] ?? 0
      length += (byte & 127) * by
    }
    const [body, qos] = [at + size, (header >> 1) & 3]
    at = body + length
    if (header >> 4 !== 3 || at > bytes.length) continue
    const behind = body + 2 + bytes.readUInt16BE(body)
    const flags = `${(header & 8) === 8 ? ' again' : ''}${(header & 1) === 1 ? ' retained' : ''}`
    const payload = bytes.toString('latin1', qos > 0 ? behind + 2 : behind, at)
    found.push({ id: qos > 0 ? bytes.readUInt16BE(behind) : 0, told: `${qos}${flags} ${payload}` })
  }
  return found
}
/** QoS, flags and payload of each. */
const told = (hex: string): string[] => publishes(hex).map(each => each.told)
const screen = { user: 'screen', password: 'secret' }

describe('what aedes does not look after by itself', () => {
  test('a message with QoS 1 that waits for the disk is not taken for one that a faster message with QoS 0 has replaced', async () => {
    const { port } = await open({ folder: newFolder() })
    const reader = await handMade(port, hello({ ...screen, id: 'reader' }), hear('devices/tank/+', 1))
    await reader.until('9003000101')
    const absent = await handMade(port, hello({ ...tank, id: 'absent', clean: false }), hear('devices/tank/a', 1))
    await absent.until('9003000101')
    absent.socket.destroy()
    const mixed = Array.from({ length: 50 }, (_, n) => [
      sayOnce(1, n + 1, 'devices/tank/a', `a${n}.`),
      say('devices/tank/b', `b${n}.`),
    ])

    const sender = await handMade(port, hello({ ...tank, id: 'sender' }), Buffer.concat(mixed.flat()))
    await sender.until('40020032')
    await reader.until(Buffer.from('a49.').toString('hex'))

    const all = told(reader.heard())
    expect(all).toHaveLength(100)
    expect(all.filter(each => each.includes('a'))).toEqual(Array.from({ length: 50 }, (_, n) => `1 a${n}.`))
    expect(all.filter(each => each.includes('b'))).toEqual(Array.from({ length: 50 }, (_, n) => `0 b${n}.`))
  })

  test('acknowledgements come in the order of the messages, although only some of them wait for the disk', async () => {
    const { port } = await open({ folder: newFolder() })
    const absent = await handMade(port, hello({ ...tank, id: 'absent', clean: false }), hear('devices/tank/a', 1))
    await absent.until('9003000101')
    absent.socket.destroy()
    const many = Array.from({ length: 200 }, (_, n) => sayOnce(1, n + 1, n % 3 === 0 ? 'devices/tank/a' : 'devices/tank/b'))

    const sender = await handMade(port, hello({ ...tank, id: 'sender' }), Buffer.concat(many))
    await sender.until('400200c8')

    const ids = [
      ...sender
        .heard()
        .slice(8)
        .matchAll(/4002(....)/g),
    ].map(([, id]) => Number.parseInt(id ?? '', 16))
    expect(ids).toEqual(Array.from({ length: 200 }, (_, n) => n + 1))
  })

  test('of subscriptions that overlap, the highest counts, and the message comes once', async () => {
    const { port } = await open()
    for (const clean of [true, false]) {
      const reader = await handMade(
        port,
        hello({ ...screen, id: 'reader', clean }),
        hear('devices/tank/+', 0, 1),
        hear('devices/tank/a', 1, 2),
        hear('devices/screen/#', 2, 3),
      )
      await reader.until('9003000302')
      const sender = await handMade(
        port,
        hello({ ...tank, id: 'sender' }),
        sayOnce(2, 1, 'devices/tank/a', 'one'),
        ack(0x62, 1),
        sayOnce(1, 2, 'devices/tank/b', 'two'),
        say('devices/tank/a', 'end'),
      )
      await sender.until('40020002')
      for (const last of ['end', 'two']) await reader.until(Buffer.from(last).toString('hex'))

      expect(told(reader.heard()).toSorted()).toEqual(['0 end', '0 two', '1 one'])
      reader.socket.destroy()
    }
  })

  test('a client that reads slowly is told all that is retained, as it takes it, and messages with QoS 1 in its turn', async () => {
    const { broker, port } = await open({ limits: { ...brokerLimits, queue: 5_000 } })
    const sender = await client(port)
    for (let n = 0; n < 600; n++)
      await sender.publishAsync(`devices/tank/${n}`, Buffer.alloc(10_000, 65), { qos: 0, retain: true })
    await sender.publishAsync('devices/tank/all-there', '', { qos: 1 })
    const slow = await handMade(port, hello({ ...tank, id: 'slow' }), hear('devices/tank/#', 1))
    await slow.until('9003000101')
    slow.socket.pause()
    for (let n = 0; n < 50; n++) await sender.publishAsync('devices/tank/x', `news ${n}.`, { qos: 1 })
    expect(broker.traffic.unsent).toBeLessThan(2 * brokerLimits.unsentBytes)
    slow.socket.resume()
    const all = await new Promise<string[]>(resolve =>
      slow.socket.on('data', () => {
        if (slow.heard().length > 2 * 600 * 10_000 && told(slow.heard()).length >= 650) resolve(told(slow.heard()))
      }),
    )

    expect(all.filter(each => each.startsWith('0 retained'))).toHaveLength(600)
    expect(all.filter(each => each.startsWith('1 news'))).toEqual(Array.from({ length: 50 }, (_, n) => `1 news ${n}.`))
    expect(broker.refusals.get('slow-reader')).toBeUndefined()
  })

  test('a client is sent no more messages than it may have unacknowledged, and the rest when it has acknowledged', async () => {
    const { port } = await open({ limits: { ...brokerLimits, inFlight: 5 } })
    for (const clean of [true, false]) {
      const reader = await handMade(port, hello({ ...screen, id: 'reader', clean }), hear('devices/tank/+', 1))
      await reader.until('9003000101')
      const sender = await client(port)
      for (let n = 0; n < 12; n++) await sender.publishAsync('devices/tank/n', `n${n}.`, { qos: 1 })
      reader.socket.write(Buffer.from([0xc0, 0]))
      await reader.until('d000')
      expect(told(reader.heard())).toEqual(['1 n0.', '1 n1.', '1 n2.', '1 n3.', '1 n4.'])
      for (const { id } of publishes(reader.heard())) reader.socket.write(ack(0x40, id))
      await reader.until(Buffer.from('n9.').toString('hex'))
      reader.socket.write(Buffer.from([0xc0, 0, 0xc0, 0]))
      await reader.until('d000d000')
      expect(told(reader.heard())).toHaveLength(10)
      reader.socket.destroy()
      await sender.endAsync()
    }
  })

  test('the last words before a goodbye or a broken line are heard', async () => {
    const { port, heard } = await open({ folder: newFolder() })
    const reader = await handMade(port, hello({ ...screen, id: 'reader' }), hear('devices/tank/+', 1))
    await reader.until('9003000101')
    // Somebody is owed every second one: it waits for the disk while the goodbye is already there.
    const absent = await handMade(port, hello({ ...tank, id: 'absent', clean: false }), hear('devices/tank/q1', 1))
    await absent.until('9003000101')
    absent.socket.destroy()
    for (let n = 0; n < 20; n++) {
      const all = Buffer.concat([
        hello({ ...tank, id: `once-${n}` }),
        say('devices/tank/q0', `zero ${n}.`),
        sayOnce(1, 1, 'devices/tank/q1', `one ${n}.`),
        ...(n % 2 === 0 ? [Buffer.from([0xe0, 0])] : []),
      ])
      dial(port, '127.0.0.1')
        .on('error', () => {})
        .end(all)
      await reader.until(Buffer.from(`one ${n}.`).toString('hex'))
    }

    expect(heard).toHaveLength(40)
    expect(told(reader.heard())).toHaveLength(40)
  })

  test('a last will is told once after a crash of the gateway, unless its client had said goodbye', async () => {
    const [folder, port] = [newFolder(), await freePort()]
    const first = await launch(port, { folder })
    for (const id of ['stays', 'leaves']) {
      const guest = await handMade(port, hello({ ...tank, id, will: `devices/tank/${id}` }))
      await guest.until('20020000')
      if (id === 'leaves') guest.socket.write(Buffer.from([0xe0, 0]))
    }
    const listener = await handMade(port, hello({ ...tank, id: 'listener', clean: false }), hear('devices/tank/+', 1))
    await listener.until('9003000101')
    // Wills go to disk within a second, and whatever is written later goes there later.
    await new Promise(resolve => setTimeout(resolve, 1_200))
    await murder(first)

    const second = await open({ port, folder })

    expect(second.heard.map(({ topic }) => topic)).toEqual(['devices/tank/stays'])
    await second.broker.close()
    expect((await open({ port, folder })).heard).toEqual([])
  })
})

const mount = mkdtempSync(join(tmpdir(), 'zhishou-broker-full-'))
const canMount = process.getuid?.() === 0 && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', mount]).status === 0
afterAll(() => {
  if (canMount) spawnSync('umount', ['-l', mount])
  rmSync(mount, { recursive: true, force: true })
})

test.skipIf(!canMount)(
  'on a full disk nothing that must be kept is acknowledged; when there is room it is, and is there after kill -9',
  async () => {
    const [folder, port, filler] = [join(mount, 'data'), await freePort(), join(mount, 'filler')]
    const first = await launch(port, { folder })
    const absent = await handMade(port, hello({ ...tank, id: 'absent', clean: false }), hear('devices/tank/a', 1))
    await absent.until('9003000101')
    absent.socket.destroy()
    const sender = await handMade(port, hello({ ...tank, id: 'sender' }), sayOnce(1, 1, 'devices/tank/a', 'before.'))
    await sender.until('40020001')
    const file = openSync(filler, 'a')
    for (let size = 1 << 20; size >= 1;) {
      try {
        if (writeSync(file, Buffer.alloc(size, 1)) < size) size >>= 1
      } catch {
        size >>= 1
      }
    }
    closeSync(file)
    for (let id = 2; id < 12; id++) sender.socket.write(sayOnce(1, id, 'devices/tank/a', `full ${id}.`.padEnd(8_000)))
    sender.socket.write(Buffer.from([0xc0, 0]))
    // What nobody has to keep goes on.
    const other = await handMade(port, hello({ ...tank, id: 'other' }), sayOnce(1, 7, 'devices/tank/b'))
    await other.until('40020007')
    expect(sender.heard()).not.toContain('4002000b')

    rmSync(filler)
    await sender.until('4002000b')
    await murder(first)
    await launch(port, { folder })
    const back = await handMade(port, hello({ ...tank, id: 'absent', clean: false }))
    await back.until(Buffer.from('full 11.').toString('hex'))

    expect(told(back.heard()).map(each => each.trim())).toEqual([
      '1 before.',
      ...Array.from({ length: 10 }, (_, n) => `1 full ${n + 2}.`),
    ])
  },
  300_000,
)
