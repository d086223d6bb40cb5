import { afterEach, describe, expect, test } from 'vitest'
import { modbusTcp } from '../../protocols/modbus/driver.ts'
import { binding, codeOf, Gateway, isGood, point, run } from './kit.ts'
import type { Asked, Behaviour } from './peers/modbus-device.ts'
import { answer, exception, ModbusDevice } from './peers/modbus-device.ts'

/** Unit 1 is honest and shows a counter; unit 2 does what the case says. */
const honest = 1_234
const timeout = 300
const good = point('good.value')
const evil = point('evil.value')
const bindings = [binding('good.value', { register: 0 }, { unit: 1 }), binding('evil.value', { register: 0 }, { unit: 2 })]

const header = ({ transaction }: Asked, length: number, protocol = 0): number[] => [
  transaction >> 8,
  transaction & 255,
  protocol >> 8,
  protocol & 255,
  length >> 8,
  length & 255,
]
const right = (asked: Asked): Buffer => answer(asked, () => 666)
const changed = (asked: Asked, at: number, byte: number): Buffer => {
  const bytes = right(asked)
  bytes[at] = byte
  return bytes
}

interface Case {
  readonly name: string
  readonly does: Behaviour
  readonly codes: readonly string[]
}

const cases: Case[] = [
  { name: 'another transaction id', does: a => changed(a, 1, a.transaction + 7), codes: ['wrong-reply'] },
  { name: 'transaction id 0', does: a => right({ ...a, transaction: 0 }), codes: ['wrong-reply'] },
  { name: 'another unit', does: a => changed(a, 6, 9), codes: ['wrong-reply'] },
  { name: 'the unit of the honest neighbour', does: a => changed(a, 6, 1), codes: ['wrong-reply'] },
  { name: 'another function', does: a => changed(a, 7, 4), codes: ['wrong-reply'] },
  { name: 'a write function', does: a => changed(a, 7, 16), codes: ['wrong-reply'] },
  { name: 'a byte count too short', does: a => changed(a, 8, 1), codes: ['garbled'] },
  { name: 'a byte count too long', does: a => changed(a, 8, 200), codes: ['garbled'] },
  { name: 'a byte count of 0 and no data', does: a => Buffer.from([...header(a, 3), a.unit, a.code, 0]), codes: ['garbled'] },
  { name: 'two registers where one was asked', does: a => answer({ ...a, quantity: 2 }, () => 666), codes: ['garbled'] },
  { name: 'a length field of 0', does: a => Buffer.from(header(a, 0)), codes: ['garbled'] },
  { name: 'a length field of 1', does: a => Buffer.from([...header(a, 1), a.unit]), codes: ['garbled'] },
  {
    name: 'a length field of 65535',
    does: a => Buffer.from([...header(a, 65_535), a.unit, a.code, 2, 2, 154]),
    codes: ['garbled'],
  },
  { name: 'another protocol id', does: a => Buffer.from([...header(a, 5, 1), a.unit, a.code, 2, 2, 154]), codes: ['garbled'] },
  { name: 'an HTTP page', does: () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), codes: ['garbled'] },
  { name: 'an exception without a code', does: a => Buffer.from([...header(a, 2), a.unit, a.code | 128]), codes: ['garbled'] },
  {
    name: 'an exception with too many bytes',
    does: a => Buffer.from([...header(a, 4), a.unit, a.code | 128, 2, 2]),
    codes: ['garbled'],
  },
  { name: 'an exception of another unit', does: a => exception({ ...a, unit: 1 }, 2), codes: ['wrong-reply'] },
  { name: 'an exception to another function', does: a => exception({ ...a, code: 4 }, 2), codes: ['wrong-reply'] },
  { name: 'an exception that no standard knows', does: a => exception(a, 99), codes: ['refused'] },
  { name: 'gateway target silent (0x0B)', does: a => exception(a, 11), codes: ['device-silent'] },
  { name: 'gateway path unavailable (0x0A)', does: a => exception(a, 10), codes: ['device-silent'] },
  { name: 'busy for ever', does: a => exception(a, 6), codes: ['refused'] },
  { name: 'nothing at all', does: () => undefined, codes: ['timeout'] },
  { name: 'half a frame and then nothing', does: a => right(a).subarray(0, 7), codes: ['timeout'] },
  { name: 'half a header and then nothing', does: a => right(a).subarray(0, 3), codes: ['timeout'] },
  { name: 'random bytes', does: () => Buffer.from('9f3c51b2aa07e4d81100ff', 'hex'), codes: ['garbled'] },
  {
    name: 'the answer to the neighbour once more, under this transaction',
    does: a => answer({ ...a, unit: 1 }, () => honest),
    codes: ['wrong-reply'],
  },
]

let device: ModbusDevice | undefined
afterEach(() => device?.stop())

async function beside(does: Behaviour): Promise<{ host: Gateway; stop: () => Promise<void> }> {
  device = new ModbusDevice((asked, socket) => (asked.unit === 1 ? answer(asked, () => honest) : does(asked, socket)))
  const port = await device.start()
  const { host, driver } = run(modbusTcp, { host: '127.0.0.1', port, every: '40ms', timeout: `${timeout}ms` }, bindings)
  return { host, stop: () => driver.stop() }
}

describe('a Modbus device that misbehaves', () => {
  test.each(cases)('answers $name: bad with the cause, never a value, and its neighbour is read on', async ({ does, codes }) => {
    const { host, stop } = await beside(does)

    await host.until('three words of the bad one', () => host.of(evil).length >= 3)
    const seen = host.of(good).length
    await host.until('the neighbour, again and again', () => host.of(good).length >= seen + 3)
    await stop()

    expect(host.of(evil).some(isGood)).toBe(false)
    expect([...new Set(host.of(evil).map(codeOf))]).toEqual(codes)
    expect([...new Set(host.of(good).map(reading => reading.value))]).toEqual([honest])
    expect(host.downs).toEqual([])
  })

  test('an answer byte by byte is still an answer', async () => {
    const { host, stop } = await beside((asked, socket) => {
      const bytes = right(asked)
      let at = 0
      const next = (): void => {
        if (at >= bytes.length || socket.destroyed) return
        socket.write(bytes.subarray(at, ++at))
        setTimeout(next, 5)
      }
      next()
    })

    await host.until('the value', () => host.last(evil)?.value === 666)
    await stop()

    expect(host.of(evil).every(isGood)).toBe(true)
  })

  test('an answer that comes after its timeout is never taken for the next one', async () => {
    let round = 0
    const { host, stop } = await beside((asked, socket) => {
      const late = answer(asked, () => 40_000 + round)
      if (round++ === 0) setTimeout(() => socket.destroyed || socket.write(late), timeout + 40)
      else return answer(asked, () => 7)
    })

    await host.until('the timeout and then the true value', () => host.last(evil)?.value === 7)
    await stop()

    expect(host.of(evil).map(reading => reading.value)).not.toContain(40_000)
    expect(host.of(good).every(({ value }) => value === honest)).toBe(true)
  })

  test('an answer said twice is counted once and moves no later value', async () => {
    let value = 0
    const { host, stop } = await beside(asked => {
      value += 1
      const bytes = answer(asked, () => value)
      return Buffer.concat([bytes, bytes])
    })

    await host.until('ten values', () => host.of(evil).length >= 10)
    await stop()

    const values = host.of(evil).map(reading => reading.value)
    expect(values).toEqual(values.map((_, index) => index + 1))
    expect(device?.connections).toBe(1)
  })

  test('busy once is asked again in the same sweep', async () => {
    let round = 0
    const { host, stop } = await beside(asked => (round++ % 2 === 0 ? exception(asked, 6) : right(asked)))

    await host.until('three values', () => host.of(evil).length >= 3)
    await stop()

    expect(host.of(evil).every(isGood)).toBe(true)
  })

  test('a connection reset in the middle of a frame is a loss said once per reset, and a return', async () => {
    let resets = 0
    const { host, stop } = await beside((asked, socket) => {
      if (resets++ > 0) return right(asked)
      socket.write(right(asked).subarray(0, 8))
      setTimeout(() => socket.resetAndDestroy(), 10)
    })

    await host.until('recovered', () => host.last(evil)?.value === 666)
    await stop()

    expect(host.downs.map(({ code }) => code)).toEqual(['disconnected'])
    expect(host.ups).toBe(2)
  })

  test('a silent unit costs its neighbours nothing but one timeout in a growing while', { retry: 3 }, async () => {
    const { host, stop } = await beside(() => undefined)
    await host.until('the first timeout', () => host.of(evil).length > 0)
    const begun = Date.now()

    await host.until('sixty looks at the neighbour', () => host.of(good).length >= 60)
    await stop()

    const elapsed = Date.now() - begun
    const attempts = device?.asked.filter(({ unit }) => unit === 2).length ?? 0
    const gaps = host.of(good).map(({ at }, index, all) => at - (all[index - 1]?.at ?? at))
    // One timeout per pause, the pauses doubling: 60 sweeps of 40 ms meet at most four of them.
    expect(attempts).toBeLessThanOrEqual(5)
    expect(gaps.filter(gap => gap > timeout).length).toBeLessThanOrEqual(attempts)
    expect(Math.max(...gaps)).toBeLessThan(timeout + 300)
    expect(elapsed).toBeLessThan(60 * 40 + 5 * timeout + 1_000)
    expect(gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)]).toBeLessThan(60)
    expect(codeOf(host.last(evil))).toBe('timeout')
  })

  test('a device that answers nothing but accepts is called anew, and found again', async () => {
    let deaf = true
    device = new ModbusDevice(asked => (deaf ? undefined : answer(asked, () => honest)))
    const port = await device.start()
    const { host, driver } = run(modbusTcp, { host: '127.0.0.1', port, every: '40ms', timeout: '100ms' }, bindings)

    await host.until('timeouts', () => host.of(good).length > 3)
    deaf = false
    await host.until('values', () => isGood(host.last(good)) && isGood(host.last(evil)))
    await driver.stop()

    expect(device.connections).toBeGreaterThan(1)
    expect(host.downs).toEqual([])
  })

  test('whatever it says, only the four reads are ever asked of it', async () => {
    let round = 0
    const { host, stop } = await beside((asked, socket) => cases[round++ % cases.length]?.does(asked, socket))

    await host.until('every answer once', () => round >= cases.length, 60_000)
    await stop()

    expect(device?.asked.every(({ code }) => code >= 1 && code <= 4)).toBe(true)
    expect(host.of(evil).some(isGood)).toBe(false)
  })
})
