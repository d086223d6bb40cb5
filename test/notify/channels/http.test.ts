import { createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { seconds } from '../../../protocols/contract/time.ts'
import { FakeClock } from '../../kit/fake-clock.ts'
import type { Delivery } from '../../../gateway/notify/channel.ts'
import { reasonOf, waitOf } from '../../../gateway/notify/channels/http.ts'
import { selfSigned } from './certificate.ts'
import { listening, message, never, open, says, sink, wang } from './kit.ts'

const secret = 'a-secret-of-the-test'
const webhook = (url: string, wall?: FakeClock) => open('webhook', { url, secret }, wall ? { wall } : {})
const robot = (url: string, wall?: FakeClock) => open('wecom', { url: `${url}/send?key=693a91f6-7xxx` }, wall ? { wall } : {})
const send = (url: string): Promise<Delivery> => webhook(url).send(message(), wang, never)

interface Rude {
  readonly url: string
  readonly sockets: Set<Socket>
  /** Resolves when everybody who has come so far is gone. */
  readonly empty: () => Promise<unknown>
}

/** A TCP server that does what it likes with whoever comes. */
async function rude(act: (socket: Socket) => void): Promise<Rude> {
  const sockets = new Set<Socket>()
  const closed: Promise<void>[] = []
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    closed.push(
      new Promise(resolve => {
        socket.on('close', () => {
          sockets.delete(socket)
          resolve()
        })
      }),
    )
    act(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets, empty: () => Promise.all(closed) }
}

describe('the status of an answer', () => {
  test.each([
    [200, 'delivered', undefined],
    [202, 'delivered', undefined],
    [204, 'delivered', undefined],
    [301, 'refused', 'channel'],
    [302, 'refused', 'channel'],
    [307, 'refused', 'channel'],
    [400, 'refused', undefined],
    [401, 'refused', 'channel'],
    [403, 'refused', 'channel'],
    [404, 'refused', 'channel'],
    [408, 'failed', undefined],
    [410, 'refused', 'channel'],
    [413, 'refused', undefined],
    [422, 'refused', undefined],
    [425, 'failed', undefined],
    [429, 'failed', undefined],
    [500, 'failed', undefined],
    [502, 'failed', undefined],
    [503, 'failed', undefined],
    [504, 'failed', undefined],
  ] as const)('%i means that the message was %s', async (status, is, fault) => {
    const { url } = await sink(says(status, ''))

    const delivery = await send(url)

    expect(delivery.is).toBe(is)
    expect(delivery.is === 'refused' ? delivery.fault : undefined).toBe(fault)
    expect(delivery.is === 'delivered' ? delivery.proof : delivery.why).toContain(`HTTP ${status}`)
  })

  test('that sends elsewhere is not followed', async () => {
    const there = await sink()
    const here = await sink(says(307, '', { location: there.url }))

    await send(here.url)

    expect(there.received).toEqual([])
  })
})

describe('an answer that asks to wait', () => {
  test('is believed in seconds and as a date, up to an hour', async () => {
    const server = await sink(says(429, 'slow down', { 'retry-after': '17' }))
    expect(await send(server.url)).toEqual({ is: 'failed', why: 'HTTP 429: slow down', after: 17_000 })

    const now = Date.UTC(2026, 8, 1, 4)
    expect(waitOf({ 'retry-after': 'Tue, 01 Sep 2026 04:01:00 GMT' }, now)).toEqual({ after: 60_000 })
    expect(waitOf({ 'retry-after': '86400' }, now)).toEqual({ after: 3_600_000 })
  })
  test.each([['soon'], ['-5'], ['0'], ['Tue, 01 Sep 2020 04:01:00 GMT'], ['1e9'], ['']])('says nothing with %j', asked => {
    expect(waitOf({ 'retry-after': asked }, Date.UTC(2026, 8, 1))).toEqual({})
  })
})

describe('a server that misbehaves', () => {
  test('that is not there is told by its name for it, not by our address', async () => {
    const gone = createServer()
    await new Promise<void>(resolve => gone.listen(0, '127.0.0.1', resolve))
    const { port } = gone.address() as AddressInfo
    await new Promise<void>(resolve => gone.close(() => resolve()))

    expect(await send(`http://127.0.0.1:${port}/token-in-the-path`)).toEqual({
      is: 'failed',
      why: 'nobody listens there (ECONNREFUSED)',
    })
  })

  test('that cuts the line at once has not taken the message', async () => {
    const { url } = await rude(socket => socket.on('data', () => socket.resetAndDestroy()))

    expect(await send(url)).toMatchObject({ is: 'failed', why: 'the connection was cut (ECONNRESET)' })
  })

  test('that closes without a word has not taken the message', async () => {
    const { url } = await rude(socket => socket.on('data', () => socket.end()))

    expect((await send(url)).is).toBe('failed')
  })

  test.each([
    ['garbage', 'I am no HTTP server\r\n\r\n'],
    ['another protocol', '220 mail.example.org ESMTP\r\n'],
    ['endless headers', `HTTP/1.1 200 OK\r\n${'x-filler: 0123456789\r\n'.repeat(9_000)}\r\n`],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 5\r\n\r\nabc'],
    ['a body cut short for who needs it', 'HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"errcode":0'],
  ])('that says %s has not taken the message', async (_, words) => {
    const { url } = await rude(socket => socket.on('data', () => socket.end(words)))

    expect((await robot(url).send(message(), wang, never)).is).toBe('failed')
  })

  test('that answers without end is cut off after 64 KiB', async () => {
    const { url, sockets, empty } = await rude(socket =>
      socket.on('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
        const pour = (): void => {
          while (socket.writable && socket.write(`1000\r\n${'{'.repeat(4_096)}\r\n`));
        }
        socket.on('drain', pour)
        pour()
      }),
    )
    expect(await robot(url).send(message(), wang, never)).toMatchObject({ is: 'failed' })
    expect(await send(url), 'for a webhook the status is all that counts').toMatchObject({ is: 'delivered' })
    await empty()
    expect(sockets.size).toBe(0)
  })

  test('that never answers is given 15 seconds of real time, and no socket or timer stays', async () => {
    const wall = new FakeClock()
    const hung = Promise.withResolvers<void>()
    const { url, sockets, empty } = await rude(socket => socket.on('data', () => hung.resolve()))
    const sent = webhook(url, wall).send(message(), wang, never)
    await hung.promise

    await wall.passes(seconds(14.9))
    expect(sockets.size).toBe(1)
    await wall.passes(seconds(0.2))

    expect(await sent).toEqual({ is: 'failed', why: 'no answer within 15 s' })
    await empty()
    expect(wall.waiting).toBe(0)
  })

  test('that drips its answer does not gain time by it', async () => {
    const wall = new FakeClock()
    const begun = Promise.withResolvers<void>()
    const { url } = await rude(socket =>
      socket.on('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{')
        begun.resolve()
      }),
    )
    const sent = robot(url, wall).send(message(), wang, never)
    await begun.promise
    await wall.passes(seconds(16))

    expect((await sent).is).toBe('failed')
  })
})

test('a send that is given up ends at once and leaves nothing', async () => {
  const hung = Promise.withResolvers<void>()
  const { url, empty } = await rude(socket => socket.on('data', () => hung.resolve()))
  const wall = new FakeClock()
  const stop = new AbortController()
  const sent = webhook(url, wall).send(message(), wang, stop.signal)
  await hung.promise

  stop.abort()

  expect(await sent).toEqual({ is: 'failed', why: 'given up: the gateway stops' })
  await empty()
  expect(wall.waiting).toBe(0)
  const again = await webhook(url, wall).send(message(), wang, stop.signal)
  expect(again).toMatchObject({ is: 'failed', why: 'given up: the gateway stops' })
})

test('a server whose certificate nobody signed is not spoken to', async () => {
  let heard = 0
  const server = createTlsServer(selfSigned(), (_, response) => {
    heard += 1
    response.end()
  })
  const port = await listening(server)

  expect(await send(`https://localhost:${port}/`)).toMatchObject({ is: 'failed', why: expect.stringContaining('certificate') })
  expect(heard).toBe(0)
})

test('what went wrong is told without what a library may have put into its sentence', () => {
  const withKey = Object.assign(new Error('getaddrinfo ENOTFOUND key-abc.example'), { code: 'ENOTFOUND' })
  expect(reasonOf(withKey)).toBe('the name is not known (ENOTFOUND)')
  expect(reasonOf(Object.assign(new Error('?key=abc'), { code: 'EWHAT' }))).toBe('no connection (EWHAT)')
  expect(reasonOf(new TypeError('?key=abc'))).toBe('no connection (TypeError)')
  expect(reasonOf('?key=abc')).toBe('no connection')
})
