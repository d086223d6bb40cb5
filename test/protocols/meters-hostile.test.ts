import type { Socket } from 'node:net'
import { createServer } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { Protocol } from '../../protocols/contract/driver.ts'
import { cjt188 } from '../../protocols/meters/cjt188-driver.ts'
import { dlt645 } from '../../protocols/meters/dlt645-driver.ts'
import { Cjt188Meter } from '../../simulators/servers/cjt188-meter.ts'
import { Dlt645Meter } from '../../simulators/servers/dlt645-meter.ts'
import { MeterBus } from '../../simulators/servers/meter-bus.ts'
import type { BusMeter } from '../../simulators/servers/meter-bus.ts'
import { binding, codeOf, Gateway, isGood, listen, point, run } from './kit.ts'
import { hasSocat, serialPortTo } from './peers/serial-line.ts'
import { times } from '../kit/thorough.ts'

const bent = times(200, 80)

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

const gas = (n: number, total: () => number): Cjt188Meter =>
  new Cjt188Meter({ type: 0x30, address: String(n).padStart(14, '0'), total, settlement: () => 0, order: 'le' })
const power = (n: number, energy: () => number): Dlt645Meter =>
  new Dlt645Meter({ address: String(n).padStart(12, '0'), items: () => ({ '00010000': { digits: energy() * 100, bytes: 4 } }) })

interface Spoken {
  readonly name: string
  readonly protocol: Protocol
  readonly meter: (n: number, value: () => number) => BusMeter
  readonly device: (n: number) => Record<string, unknown>
  readonly data: string
  /** Where a frame's control code, length and data stand. */
  readonly at: { readonly control: number; readonly length: number; readonly data: number }
}
const spoken: readonly Spoken[] = [
  {
    name: 'CJ/T 188',
    protocol: cjt188,
    meter: gas,
    device: n => ({ address: String(n), meter: 'gas', order: 'le' }),
    data: 'total',
    at: { control: 9, length: 10, data: 11 },
  },
  {
    name: 'DL/T 645',
    protocol: dlt645,
    meter: power,
    device: n => ({ address: String(n), edition: '2007' }),
    data: 'import',
    at: { control: 8, length: 9, data: 10 },
  },
]

type Says = (request: Buffer, say: (bytes: Uint8Array) => void) => void

/** A line where the test itself decides what is heard after each request. */
async function lineOf(says: Says): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    let unread = Buffer.alloc(0)
    socket.on('data', bytes => {
      unread = Buffer.concat([unread, bytes])
      const start = unread.indexOf(0x68)
      const end = unread.lastIndexOf(0x16)
      if (start < 0 || end < start + 11) return
      const request = unread.subarray(start, end + 1)
      unread = Buffer.alloc(0)
      says(request, answer => void (socket.destroyed || socket.write(answer)))
    })
  })
  const port = await listen(server)
  stops.push(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise(resolve => server.close(resolve))
  })
  return port
}

/** With a right sum again, so that only what it says is wrong. */
const summed = (frame: Buffer): Buffer => {
  const bytes = Buffer.from(frame)
  bytes[bytes.length - 2] = bytes.subarray(0, -2).reduce((sum, byte) => sum + byte, 0) % 256
  return bytes
}
const changed = (frame: Buffer, at: number, byte: number): Buffer => summed(Buffer.from(frame.with(at, byte)))

describe.each(spoken)('a $name line that lies', ({ protocol, meter, device, data, at }) => {
  const settings = (port: number) => ({ host: '127.0.0.1', port, every: '50ms', timeout: '80ms', pause: '0', retries: 0 })
  const [good, evil] = [point(`good.${data}`), point(`evil.${data}`)]
  const honest = meter(1, () => 1_234)
  const liar = meter(2, () => 666)
  const bindings = [binding(`good.${data}`, { data }, device(1)), binding(`evil.${data}`, { data }, device(2))]

  const cases: readonly (readonly [string, (right: Buffer, say: (bytes: Uint8Array) => void) => void, readonly string[]])[] = [
    ['nothing', () => {}, ['timeout']],
    ['wake bytes only', (_, say) => say(Buffer.alloc(40, 0xfe)), ['timeout']],
    ['half a frame', (right, say) => say(right.subarray(0, 15)), ['garbled']],
    ['a frame without its end', (right, say) => say(right.subarray(0, -1)), ['garbled']],
    ['a wrong sum', (right, say) => say(right.with(right.length - 2, (right.at(-2) ?? 0) ^ 1)), ['garbled']],
    ['another end byte', (right, say) => say(right.with(right.length - 1, 0x17)), ['garbled']],
    ['a length too short', (right, say) => say(changed(right, at.length, 3)), ['garbled']],
    ['a length of 255', (right, say) => say(changed(right, at.length, 255)), ['garbled']],
    ['the answer of the neighbour', (_, say) => say(honest.answer(lastRequest(honest)) ?? Buffer.alloc(0)), ['wrong-reply']],
    ['its own number with the neighbour’s low byte', (right, say) => say(changed(right, at.data - 9, 1)), ['wrong-reply']],
    ['an answer to a write', (right, say) => say(changed(right, at.control, protocol === cjt188 ? 0x84 : 0x94)), ['wrong-reply']],
    ['an answer to nobody', (right, say) => say(changed(right, at.control, 0x88)), ['wrong-reply']],
    ['other data', (right, say) => say(changed(right, at.data + 1, (right[at.data + 1] ?? 0) + 1)), ['wrong-reply']],
    [
      'an error',
      (right, say) => say(changed(right, at.control, protocol === cjt188 ? 0xc1 : 0xd1)),
      ['refused', 'no-such-address'],
    ],
    ['digits that are none', (right, say) => say(changed(right, at.data + 4, protocol === cjt188 ? 0xab : 0xde)), ['garbled']],
    ['our own question', (_, say) => say(lastRequest(liar)), ['timeout']],
    ['a web page', (_, say) => say(Buffer.from('HTTP/1.1 200 OK\r\n\r\n<h1>h</h1>')), ['garbled']],
    ['zeros', (_, say) => say(Buffer.alloc(64)), ['garbled']],
    ['starts without end', (_, say) => say(Buffer.alloc(300, 0x68)), ['garbled']],
    ['more than a line can carry', (_, say) => say(Buffer.alloc(9_000, 0x33)), ['garbled']],
  ]

  const requests = new Map<BusMeter, Buffer>()
  const lastRequest = (of: BusMeter): Buffer => requests.get(of) ?? Buffer.alloc(0)

  test.each(cases)('says %s: bad with the cause, never a value, and its neighbour is read on', async (_name, does, codes) => {
    const port = await lineOf((request, say) => {
      const mine = honest.answer(request)
      if (mine) {
        requests.set(honest, request)
        return say(mine)
      }
      const right = liar.answer(request)
      requests.set(liar, request)
      if (right) does(right, say)
    })
    const { host, driver } = run(protocol, settings(port), bindings)
    stops.push(() => driver.stop())
    await host.until('three words of it', () => host.of(evil).length >= 3)
    const seen = host.of(good).length
    await host.until('the neighbour', () => host.of(good).filter(isGood).length >= seen + 2)
    expect(host.of(evil).some(isGood)).toBe(false)
    // A busy machine may be late for a turn; what it makes of the bytes once it has them is the one or the other.
    await host.until('the cause', () => host.of(evil).some(reading => codes.includes(String(codeOf(reading)))))
    for (const code of new Set(host.of(evil).map(codeOf))) expect([...codes, 'timeout']).toContain(code)
    expect([
      ...new Set(
        host
          .of(good)
          .filter(isGood)
          .map(({ value }) => value),
      ),
    ]).toEqual([1_234])
  })

  test(`is believed only what it said in one piece: ${bent} answers bent at random`, async () => {
    let shown = 0
    const intact = new Set<number>()
    const counting = meter(2, () => ++shown)
    const bends = fc.sample(
      fc.record({
        kind: fc.constantFrom('right', 'noise', 'split', 'twice', 'cut', 'flip', 'lost', 'neighbour', 'late'),
        where: fc.nat(60),
        by: fc.integer({ min: 1, max: 255 }),
        noise: fc.uint8Array({ maxLength: 24 }),
      }),
      { numRuns: bent, seed: 188_645 },
    )
    let turn = 0
    const port = await lineOf((request, say) => {
      const right = counting.answer(request)
      const bend = bends[turn++ % bends.length]
      if (!right || !bend) return
      const { kind, where, by, noise } = bend
      const place = where % right.length
      if (kind !== 'flip' && kind !== 'cut' && kind !== 'lost') intact.add(shown)
      if (kind === 'right') return say(right)
      if (kind === 'noise') return say(Buffer.concat([noise, right, noise]))
      if (kind === 'split') {
        say(right.subarray(0, place))
        return void setImmediate(() => say(right.subarray(place)))
      }
      if (kind === 'twice') return say(Buffer.concat([right, right]))
      if (kind === 'cut') return say(right.subarray(0, place))
      if (kind === 'flip') return say(right.with(place, ((right[place] ?? 0) + by) & 255))
      if (kind === 'lost') return say(Buffer.concat([right.subarray(0, place), right.subarray(place + 1)]))
      if (kind === 'neighbour') return say(Buffer.concat([changed(right, at.data - 9, 9), right]))
      // Too late for this question: it falls into the next one's time.
      return void setTimeout(() => say(right), 30)
    })
    const { host, driver } = run(protocol, { ...settings(port), every: '50ms', timeout: '20ms' }, [bindings[1]!])
    stops.push(() => driver.stop())
    await host.until('all of them', () => turn >= bent)
    await driver.stop()
    const values = host
      .of(evil)
      .filter(isGood)
      .map(({ value }) => Math.round(value ?? -1))
    expect(values.length).toBeGreaterThan(bent / 5)
    expect(values.filter(value => !intact.has(value))).toEqual([])
    // No value is told twice: each belongs to its own question.
    expect(new Set(values).size).toBe(values.length)
  })
})

const onSerial = hasSocat() ? test : test.skip
describe('a serial line', () => {
  onSerial(
    'of 2400 baud and even parity carries both protocols; pulled out it is told, and found again',
    async () => {
      const bus = new MeterBus({ host: '127.0.0.1', port: 0, slowness: 0, meters: [gas(1, () => 31.5), power(1, () => 77)] })
      const port = await bus.start()
      stops.push(() => bus.stop())
      for (const { protocol, device, data } of spoken) {
        const ports = await serialPortTo(port)
        const host = new Gateway()
        const settings = { path: ports.path, every: '80ms', timeout: '500ms', pause: '5ms' }
        const { driver } = run(protocol, settings, [binding(`m.${data}`, { data }, device(1))], host)
        await host.until('a value', () => isGood(host.last(point(`m.${data}`))))
        expect(host.last(point(`m.${data}`))?.value).toBe(protocol === cjt188 ? 31.5 : 77)
        await ports.stop()
        await host.until('down', () => host.downs.length === 1)
        expect(['disconnected', 'unreachable']).toContain(host.downs[0]?.code)
        await driver.stop()
      }
      expect(bus.requests.every(request => [0x01, 0x11].includes(request[protocolByte(request)] ?? 0))).toBe(true)
    },
    300_000,
  )

  onSerial('that is not there is told as such', async () => {
    const { host, driver } = run(cjt188, { path: '/dev/ttyNOWHERE' }, [
      binding('m.total', { data: 'total' }, spoken[0]!.device(1)),
    ])
    await host.until('down', () => host.downs.length === 1)
    await driver.stop()
    expect(host.downs[0]?.code).toBe('unreachable')
  })
})
const protocolByte = (request: Buffer): number => (request[7] === 0x68 ? 8 : 9)
