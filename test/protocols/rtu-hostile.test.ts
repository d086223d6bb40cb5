import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { modbusTcp } from '../../protocols/modbus/driver.ts'
import type { Gateway } from './kit.ts'
import { binding, codeOf, isGood, listen, point, run } from './kit.ts'

/** CRC-16 of the serial line, bit by bit as the standard describes it: shares nothing with the gateway's library. */
function sealed(...bytes: number[]): Buffer {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  }
  return Buffer.from([...bytes, crc & 255, crc >> 8])
}

const bad = point('evil.value')
const good = point('good.value')
let server: Server | undefined
const sockets = new Set<Socket>()
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await new Promise(resolve => server?.close(resolve))
})

/** A serial server: unit 1 shows 1234, unit 2 does what the case says. */
async function line(
  does: (code: number, socket: Socket) => Buffer | undefined,
): Promise<{ host: Gateway; stop: () => Promise<void> }> {
  server = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    socket.on('data', request => {
      const [unit = 0, code = 0] = request
      const reply = unit === 1 ? sealed(1, code, 2, 4, 0xd2) : does(code, socket)
      if (reply) socket.write(reply)
    })
  })
  const port = await listen(server)
  const { host, driver } = run(modbusTcp, { host: '127.0.0.1', port, every: '40ms', timeout: '200ms', framing: 'rtu' }, [
    binding('good.value', { register: 0 }, { unit: 1 }),
    binding('evil.value', { register: 0 }, { unit: 2 }),
  ])
  return { host, stop: () => driver.stop() }
}

describe('a serial line behind a TCP server', () => {
  test.each<[string, (code: number) => Buffer | undefined, string[]]>([
    ['a wrong checksum', code => Buffer.from([2, code, 2, 2, 0x9a, 0, 0]), ['garbled']],
    ['the unit of its neighbour', code => sealed(1, code, 2, 2, 0x9a), ['wrong-reply']],
    ['another byte count with a good checksum', code => sealed(2, code, 4, 2, 0x9a), ['garbled']],
    ['half a frame', code => sealed(2, code, 2, 2, 0x9a).subarray(0, 4), ['timeout']],
    ['nothing', () => undefined, ['timeout']],
    ['an illegal address', code => sealed(2, code | 128, 2), ['no-such-address']],
    ['endless noise', () => Buffer.alloc(1_000, 0x55), ['wrong-reply', 'garbled']],
  ])('answers %s: bad with the cause, never a value, and its neighbour is read on', async (_, does, codes) => {
    const { host, stop } = await line(does)

    await host.until('two words of the bad one', () => host.of(bad).length >= 2)
    const seen = host.of(good).length
    await host.until('the neighbour again', () => host.of(good).length >= seen + 2)
    await stop()

    expect(host.of(bad).some(isGood)).toBe(false)
    for (const code of host.of(bad).map(codeOf)) expect(codes).toContain(code)
    expect([...new Set(host.of(good).map(({ value }) => value))]).toEqual([1_234])
  })

  test('a little noise in front of a whole answer is forgiven', async () => {
    const { host, stop } = await line(code => Buffer.concat([Buffer.from([0xff, 0]), sealed(2, code, 2, 2, 0x9a)]))

    await host.until('the value', () => host.of(bad).length > 2)
    await stop()

    expect([...new Set(host.of(bad).map(({ value }) => value))]).toEqual([666])
  })

  test('the second copy of an answer is never taken for the next one', async () => {
    let value = 0
    const { host, stop } = await line(code => {
      value += 1
      const bytes = sealed(2, code, 2, 0, value)
      return Buffer.concat([bytes, bytes])
    })

    await host.until('some words', () => host.of(bad).length >= 6)
    await stop()

    const values = host
      .of(bad)
      .filter(isGood)
      .map(reading => reading.value)
    expect(new Set(values).size).toBe(values.length)
  })

  test('an answer after its timeout is never taken for the next one', async () => {
    let round = 0
    const { host, stop } = await line((code, socket) => {
      round += 1
      if (round > 1) return sealed(2, code, 2, 0, 7)
      setTimeout(() => socket.destroyed || socket.write(sealed(2, code, 2, 0, 99)), 240)
      return undefined
    })

    await host.until('the true value', () => host.last(bad)?.value === 7)
    await stop()

    expect(host.of(bad).map(({ value }) => value)).not.toContain(99)
    expect([
      ...new Set(
        host
          .of(good)
          .filter(isGood)
          .map(({ value }) => value),
      ),
    ]).toEqual([1_234])
  })
})
