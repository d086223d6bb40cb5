import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import fc from 'fast-check'
import * as opcua from 'node-opcua-client'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { asScada, connect, good, password, startFace } from './ground.ts'
import type { Ground, Scada } from './ground.ts'
import { bytesOf, dialFrom, throwAt } from './opcua-bytes.ts'

const { text, message, words, hello, open } = bytesOf

describe('what is thrown at the OPC UA server', () => {
  let ground: Ground
  let scada: Scada
  let pid = 0
  beforeAll(async () => {
    ground = await startFace({ latest: [good('cold-1.temperature', 4.2)], more: 'sessions: 5' })
    scada = await connect(ground.address)
    pid = ground.outlet.pid ?? 0
  })
  afterAll(async () => {
    await scada?.leave()
    await ground?.stop()
  })
  const weight = (): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024
  let shown = 10
  /** The SCADA that was there before still hears of a new value, and the process is the one of before. */
  async function stillServes(): Promise<void> {
    expect(ground.said.filter(({ kind }) => kind === 'opcua-server.ended')).toEqual([])
    const value = ++shown
    ground.outlet.readings([good('cold-1.temperature', value)])
    await vi.waitFor(
      async () => {
        const read = await scada.session.read({ nodeId: 'ns=1;s=cold-1.temperature', attributeId: opcua.AttributeIds.Value })
        expect(read.value.value).toBe(value)
      },
      { timeout: 120_000, interval: 50 },
    )
    expect(ground.outlet.pid).toBe(pid)
    expect(ground.outlet.counts.restarts).toBe(0)
  }
  const settled = async (most: number): Promise<void> =>
    vi.waitFor(() => expect(weight()).toBeLessThan(most), { timeout: 120_000, interval: 500 })

  const cases: readonly (readonly [string, () => readonly Uint8Array[]])[] = [
    ['nothing but noughts', () => [Buffer.alloc(4_096)]],
    ['a web browser', () => [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')]],
    ['a TLS hello', () => [Buffer.from('16030100a5010000a10303', 'hex')]],
    ['a hello of 4 GB', () => [message('HELF', Buffer.alloc(100), 0xffff_ffff)]],
    ['a hello shorter than its head', () => [message('HELF', Buffer.alloc(0), 4)]],
    [
      'a hello with an address of 2 GB',
      () => [message('HELF', Buffer.concat([words(0, 65_535, 65_535, 0, 0), words(0x7fff_ffff)]))],
    ],
    [
      'a hello with an address of -2',
      () => [message('HELF', Buffer.concat([words(0, 65_535, 65_535, 0, 0), words(0xffff_fffe)]))],
    ],
    ['a hello with buffers of nothing', () => [hello(ground.address, [0, 0, 0, 0, 0])]],
    ['a hello with buffers of 4 GB', () => [hello(ground.address, [0, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff])]],
    ['a hello of another version', () => [hello(ground.address, [0xffff_ffff, 65_535, 65_535, 0, 0])]],
    ['a hello with an address of 100,000 letters', () => [hello(`opc.tcp://${'x'.repeat(100_000)}`)]],
    ['two hellos', () => [hello(ground.address), hello(ground.address)]],
    ['a message before a hello', () => [message('MSGF', Buffer.alloc(64))]],
    ['a message before a channel', () => [hello(ground.address), message('MSGF', Buffer.alloc(64))]],
    ['a close before anything', () => [message('CLOF', Buffer.alloc(16))]],
    [
      'a channel of an unknown policy',
      () => [
        hello(ground.address),
        message('OPNF', Buffer.concat([words(0), text('http://x'), words(0xffff_ffff, 0xffff_ffff, 1, 1)])),
      ],
    ],
    [
      'a channel with a certificate of 4 GB',
      () => [
        hello(ground.address),
        message(
          'OPNF',
          Buffer.concat([words(0), text('http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256'), words(0x7fff_fff0)]),
        ),
      ],
    ],
    [
      'a channel with a certificate of noise',
      () => [
        hello(ground.address),
        message(
          'OPNF',
          Buffer.concat([
            words(0),
            text('http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256'),
            words(500),
            Buffer.alloc(500, 7),
            words(20),
            Buffer.alloc(20, 9),
            Buffer.alloc(256, 3),
          ]),
        ),
      ],
    ],
    ['an abort of nothing', () => [hello(ground.address), open(), message('MSGA', Buffer.alloc(64))]],
    ['a message of an unknown kind', () => [hello(ground.address), open(), message('XYZF', Buffer.alloc(64))]],
    [
      'a request whose type is noise',
      () => [hello(ground.address), open(), message('MSGF', Buffer.concat([words(1, 1, 2, 2), Buffer.alloc(64, 0xff)]))],
    ],
    ['a channel and then silence', () => [hello(ground.address), open()]],
    ['half a head', () => [Buffer.from('HEL')]],
  ]
  test.each(cases)('%s', async (_, bytes) => {
    await throwAt(ground.port, bytes())
    await stillServes()
  })

  test('mutated handshakes, 300 of them', async () => {
    const whole = Buffer.concat([hello(ground.address), open()])
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.nat(whole.length),
        async (changes, cut) => {
          const bytes = Buffer.from(whole)
          for (const [at, to] of changes) bytes[at] = to
          await throwAt(ground.port, [bytes.subarray(0, cut), bytes.subarray(cut)], 15)
        },
      ),
      { numRuns: 300 },
    )
    await stillServes()
  })

  test('chunks without end, before anybody has said who he is', async () => {
    const before = weight()
    const chunk = message('MSGC', Buffer.concat([words(1, 1, 2, 2), Buffer.alloc(60_000, 1)]))
    for (let round = 0; round < 5; round++) {
      await throwAt(ground.port, [hello(ground.address), open(), ...Array.from({ length: 500 }, () => chunk)], 400)
    }
    await stillServes()
    await settled(before + 60)
  })

  test('1,000 connections that say hello and no more', async () => {
    const before = weight()
    const sockets: Socket[] = []
    for (let count = 0; count < 1_000; count++) {
      // Of a hundred addresses, so that it is the whole queue that is filled and not one address's share of it.
      const socket = dialFrom(`127.8.0.${1 + (count % 100)}`, ground.port)
      if (count % 2 === 0) socket.write(hello(ground.address))
      sockets.push(socket)
    }
    await stillServes()
    await settled(before + 80)
    // A newcomer who knows his password need not wait until the others have gone, only until so many do not come at once.
    await vi.waitFor(async () => (await connect(ground.address)).leave(), { timeout: 120_000, interval: 500 })
    for (const socket of sockets) socket.destroy()
    await stillServes()
  })

  test('sessions that are opened and never signed in, 60 of them', async () => {
    const before = weight()
    for (let count = 0; count < 60; count += 10) {
      await Promise.all(
        Array.from({ length: 10 }, () =>
          connect(ground.address, { user: asScada(`guess-${count}-again`, 'guest') }).then(
            one => one.leave(),
            () => {},
          ),
        ),
      )
    }
    await stillServes()
    await settled(before + 100)
    // Whoever knows his password is let in, whatever others guess for other names; from here he has to let the guesses cool off.
    await vi.waitFor(async () => (await connect(ground.address)).leave(), { timeout: 120_000, interval: 1_000 })
    expect(ground.outlet.counts.refusedLogins).toBeGreaterThan(4)
    // Whoever goes on guessing fills neither the journal nor the machine.
    expect(ground.said.filter(({ kind }) => kind === 'opcua-server.refused').length).toBeLessThan(30)
    expect(JSON.stringify(ground.said)).not.toContain(password)
  })
})
