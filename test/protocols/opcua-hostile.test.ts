import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { opcua } from '../../protocols/opcua/driver.ts'
import { binding, freePort, Gateway, isGood, point, prepared, run } from './kit.ts'
import type { OpcuaPeer } from './peers/opcua.ts'
import { startOpcua } from './peers/opcua.ts'

const bound = [binding('room.temperature', { node: 'ns=1;s=temperature' })]
const temperature = point('room.temperature')
const words = (...numbers: number[]): Buffer => Buffer.from(Uint32Array.from(numbers).buffer)
const message = (kind: string, body: Uint8Array, size = body.length + 8): Buffer => {
  const head = Buffer.alloc(8)
  head.write(kind, 'latin1')
  head.writeUInt32LE(size >>> 0, 4)
  return Buffer.concat([head, body])
}
const acknowledge = (...numbers: number[]): Buffer =>
  message('ACKF', words(...(numbers.length > 0 ? numbers : [0, 65_535, 65_535, 0, 0])))

/** Answers whatever is said with the same bytes, once. */
async function liar(answer: () => Uint8Array): Promise<{ port: number; stop(): Promise<void> }> {
  const open = new Set<Socket>()
  const server: Server = createServer(socket => {
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
    socket.once('data', () => socket.write(answer()))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of open) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

describe('what a server may send to the OPC UA driver', () => {
  let peer: OpcuaPeer
  let honest: ReturnType<typeof run>
  beforeAll(async () => {
    peer = await startOpcua(await freePort())
    honest = run(opcua, { endpoint: peer.endpoint, publishEvery: '100ms' }, bound)
    await honest.host.until('good', () => isGood(honest.host.last(temperature)))
  })
  afterAll(async () => {
    await honest?.driver.stop()
    await peer?.stop()
  })
  /** Nothing is marked good, the line is told as faulty, and the honest connection beside it hears of the next value. */
  async function survives(bytes: () => Uint8Array, patience = 1_500): Promise<void> {
    const server = await liar(bytes)
    const driver = prepared(opcua, { endpoint: `opc.tcp://127.0.0.1:${server.port}` }, bound).open(new Gateway())
    const probes = await driver.probe?.(AbortSignal.timeout(patience))
    await driver.stop()
    await server.stop()
    expect(probes?.map(({ reading }) => reading.quality)).toEqual(['bad'])
    const value = Math.round(Math.random() * 1e6) / 1_000
    peer.set('temperature', value)
    await honest.host.until('the honest one', () => honest.host.last(temperature)?.value === value)
    expect(honest.host.downs).toEqual([])
  }
  const opn = (body: Uint8Array): Buffer => message('OPNF', body)
  const cases: readonly (readonly [string, () => Uint8Array])[] = [
    ['noughts', () => Buffer.alloc(1_000)],
    ['a web page', () => Buffer.from('HTTP/1.1 200 OK\r\n\r\n<html>')],
    ['an acknowledgement of 4 GB', () => message('ACKF', Buffer.alloc(20), 0xffff_ffff)],
    ['an acknowledgement with buffers of nothing', () => acknowledge(0, 0, 0, 0, 0)],
    ['an acknowledgement with one chunk of one byte', () => acknowledge(0, 1, 1, 1, 1)],
    ['an acknowledgement and then nonsense in the same segment', () => Buffer.concat([acknowledge(), Buffer.alloc(64, 0x6f)])],
    [
      'an acknowledgement and then a chunk of 2 GB',
      () => Buffer.concat([acknowledge(), message('OPNF', Buffer.alloc(64), 0x7fff_ffff)]),
    ],
    ['an error with a text of 2 GB', () => message('ERRF', words(0x8001_0000, 0x7fff_ffff))],
    ['an error', () => message('ERRF', Buffer.concat([words(0x8001_0000, 2), Buffer.from('no')]))],
    ['two acknowledgements', () => Buffer.concat([acknowledge(), acknowledge()])],
    ['a channel that nobody asked for', () => Buffer.concat([acknowledge(), opn(Buffer.alloc(100))])],
    ['a message before the channel', () => Buffer.concat([acknowledge(), message('MSGF', Buffer.alloc(100, 1))])],
    ['a hello of its own', () => message('HELF', words(0, 65_535, 65_535, 0, 0, 0))],
    ['half a head', () => Buffer.from('ACK')],
  ]
  test.each(cases)('%s', async (_, bytes) => survives(bytes))

  test('60 mutated answers', async () => {
    const whole = Buffer.concat([
      acknowledge(),
      opn(
        Buffer.concat([
          words(1, 47),
          Buffer.from('http://opcfoundation.org/UA/SecurityPolicy#None'),
          words(0xffff_ffff, 0xffff_ffff, 1, 1),
          Buffer.alloc(80),
        ]),
      ),
    ])
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 4, max: whole.length }),
        async (changes, cut) => {
          const bytes = Buffer.from(whole)
          for (const [at, to] of changes) bytes[at] = to
          await survives(() => bytes.subarray(0, cut), 150)
        },
      ),
      { numRuns: 60 },
    )
  })
})
