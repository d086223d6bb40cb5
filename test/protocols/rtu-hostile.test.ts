import { afterEach, describe, expect, test } from 'vitest'
import { modbusRtu } from '../../protocols/modbus/driver.ts'
import type { Gateway } from './kit.ts'
import { binding, codeOf, isGood, point, run } from './kit.ts'
import type { AskedOnLine, OnLine } from './peers/serial-line.ts'
import { refused, sealed, SerialLine, told } from './peers/serial-line.ts'

/** Unit 1 is honest and shows 1234; unit 2 does what the case says and never says 666 rightly. */
const bad = point('evil.value')
const good = point('good.value')
const wrong = 666
let line: SerialLine | undefined
afterEach(() => line?.stop())

async function beside(
  does: OnLine,
  settings: Record<string, unknown> = {},
  more: readonly ReturnType<typeof binding>[] = [],
): Promise<{ host: Gateway; stop: () => Promise<void> }> {
  line = new SerialLine((asked, say) => (asked.unit === 1 ? told(asked, () => 1_234) : does(asked, say)))
  const port = await line.start()
  const { host, driver } = run(modbusRtu, { host: '127.0.0.1', port, every: '40ms', timeout: '150ms', retries: 0, ...settings }, [
    binding('good.value', { register: 0 }, { unit: 1 }),
    binding('evil.value', { register: 0 }, { unit: 2 }),
    ...more,
  ])
  return { host, stop: () => driver.stop() }
}

const right = (asked: AskedOnLine): Buffer => told(asked, () => wrong)
const flipped = (asked: AskedOnLine, at: number): Buffer => {
  const bytes = right(asked)
  bytes[at] = (bytes[at] ?? 0) ^ 0x10
  return bytes
}
const drip = (bytes: Buffer, say: (bytes: Uint8Array) => void, each = 4): void => {
  let at = 0
  const next = (): void => {
    if (at >= bytes.length) return
    say(bytes.subarray(at, ++at))
    setTimeout(next, each)
  }
  next()
}
const echo = ({ unit, code, start, quantity }: AskedOnLine): Buffer =>
  sealed(unit, code, start >> 8, start & 255, quantity >> 8, quantity & 255)

const cases: [string, OnLine, string[]][] = [
  ['a wrong checksum', a => Buffer.from([2, a.code, 2, 2, 0x9a, 0, 0]), ['garbled']],
  ['a checksum with its bytes turned', a => turned(right(a)), ['garbled']],
  ['a bit flipped in the data', a => flipped(a, 3), ['garbled']],
  ['a bit flipped in the checksum', a => flipped(a, 6), ['garbled']],
  ['a bit flipped in the unit', a => flipped(a, 0), ['garbled', 'timeout']],
  ['a bit flipped in the function', a => flipped(a, 1), ['garbled', 'timeout']],
  ['a bit flipped in the byte count', a => flipped(a, 2), ['garbled', 'timeout']],
  ['the unit of its neighbour', a => sealed(1, a.code, 2, 2, 0x9a), ['wrong-reply']],
  ['a unit that nobody knows', a => sealed(77, a.code, 2, 2, 0x9a), ['wrong-reply']],
  ['broadcast as its unit', a => sealed(0, a.code, 2, 2, 0x9a), ['wrong-reply']],
  ['another function', () => sealed(2, 4, 2, 2, 0x9a), ['wrong-reply']],
  ['a write function', a => sealed(2, 6, a.start >> 8, a.start & 255, 2, 0x9a), ['garbled']],
  ['another byte count with a good checksum', a => sealed(2, a.code, 4, 2, 0x9a), ['garbled']],
  ['two registers where one was asked', a => told({ ...a, quantity: 2 }, () => wrong), ['garbled']],
  ['no register at all', a => sealed(2, a.code, 0), ['garbled']],
  ['half a frame', a => right(a).subarray(0, 4), ['timeout']],
  ['one byte', () => Buffer.from([2]), ['timeout']],
  ['one byte of noise', () => Buffer.from([0xff]), ['garbled']],
  ['nothing', () => undefined, ['timeout']],
  ['an illegal address', a => refused(a, 2), ['no-such-address']],
  ['an illegal function', a => refused(a, 1), ['refused']],
  ['an exception that no standard knows', a => refused(a, 99), ['refused']],
  ['the gateway’s word that the unit is silent', a => refused(a, 11), ['device-silent']],
  ['busy for ever', a => refused(a, 6), ['refused']],
  ['an exception with a wrong checksum', a => Buffer.from([2, a.code | 128, 2, 1, 2]), ['garbled']],
  ['the exception of its neighbour', a => refused({ ...a, unit: 1 }, 2), ['wrong-reply']],
  ['an exception to another function', a => refused({ ...a, code: 4 }, 2), ['wrong-reply']],
  ['only the echo of the question', a => echo(a), ['timeout', 'garbled']],
  ['endless noise', () => Buffer.alloc(1_000, 0x55), ['garbled']],
  ['zeros', () => Buffer.alloc(40), ['garbled']],
  ['ASCII Modbus', () => Buffer.from(':0203020029AC\r\n'), ['garbled']],
  ['a TCP frame', a => Buffer.from([0, 1, 0, 0, 0, 5, 2, a.code, 2, 2, 0x9a]), ['garbled', 'timeout']],
  [
    'a whole answer wrapped in one that is spoilt',
    a => Buffer.concat([Buffer.from([2, a.code, 2]), right(a).subarray(0, 2), Buffer.from([9, 9])]),
    ['garbled'],
  ],
  ['a frame of another master to somebody', () => sealed(9, 3, 0, 0, 0, 1), ['garbled', 'wrong-reply', 'timeout']],
]

function turned(bytes: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, -2), bytes.subarray(-1), bytes.subarray(-2, -1)])
}

describe('a serial line with a device that misbehaves', () => {
  test.each(cases)('%s: bad with the cause, never a value, and its neighbour is read on', async (_, does, codes) => {
    const { host, stop } = await beside(does)

    await host.until('two words of the bad one', () => host.of(bad).length >= 2)
    const seen = host.of(good).length
    await host.until('the neighbour again', () => host.of(good).length >= seen + 2)
    await stop()

    expect(host.of(bad).some(isGood)).toBe(false)
    for (const code of host.of(bad).map(codeOf)) expect(codes).toContain(code)
    expect([...new Set(host.of(good).map(({ value }) => value))]).toEqual([1_234])
    expect(host.downs).toEqual([])
  })

  test.each<[string, OnLine]>([
    ['noise in front of it', a => Buffer.concat([Buffer.from([0xff, 0]), right(a)])],
    ['noise in front of it that begins like an answer', a => Buffer.concat([Buffer.from([2]), right(a)])],
    ['the echo of the question in front of it', a => Buffer.concat([echo(a), right(a)])],
    ['its bytes one by one', (a, say) => drip(right(a), say)],
    ['the frame of another unit in front of it', a => Buffer.concat([sealed(9, 3, 2, 0, 1), right(a)])],
  ])('an answer with %s is still an answer', async (_, does) => {
    const { host, stop } = await beside(does)

    await host.until('the value', () => host.of(bad).length > 2)
    await stop()

    expect([...new Set(host.of(bad).map(({ value }) => value))]).toEqual([wrong])
  })

  test('data that looks like an answer to another question is data', async () => {
    const inner = sealed(2, 3, 2, 0, 99)
    const words = [inner.readUInt16BE(0), inner.readUInt16BE(2), inner.readUInt16BE(4), (inner[6] ?? 0) << 8]
    const { host, stop } = await beside(
      (asked, say) =>
        drip(
          told(asked, address => words[address] ?? 0),
          say,
          1,
        ),
      { timeout: '600ms' },
      [1, 2, 3].map(register => binding(`evil.r${register}`, { register }, { unit: 2 })),
    )

    await host.until('the fourth', () => host.of(point('evil.r3')).length > 2)
    await stop()

    expect([bad, ...['r1', 'r2', 'r3'].map(name => point(`evil.${name}`))].map(id => host.last(id)?.value)).toEqual(words)
  })

  test('the second copy of an answer is never taken for the next one', async () => {
    let value = 0
    const { host, stop } = await beside(asked => {
      value += 1
      const bytes = told(asked, () => value)
      return Buffer.concat([bytes, bytes])
    })

    await host.until('some words', () => host.of(bad).length >= 6)
    await stop()

    const values = host.of(bad).map(reading => reading.value)
    expect(values).toEqual(values.map((_, index) => index + 1))
  })

  test('an answer after its time-out is never taken for the next one', async () => {
    let round = 0
    const { host, stop } = await beside((asked, say) => {
      round += 1
      if (round > 1) return told(asked, () => 7)
      setTimeout(() => say(told(asked, () => 99)), 190)
      return undefined
    })

    await host.until('the true value', () => host.last(bad)?.value === 7)
    await stop()

    expect(host.of(bad).map(({ value }) => value)).not.toContain(99)
    expect([...new Set(host.of(good).map(({ value }) => value))]).toEqual([1_234])
  })

  test('a device that is always slower than its time-out never has its answers mixed up between addresses', async () => {
    const { host, stop } = await beside(
      (asked, say) => void setTimeout(() => say(told(asked, address => 5_000 + address)), 200),
      { gap: 0 },
      [20, 40, 60].map(register => binding(`evil.r${register}`, { register }, { unit: 2 })),
    )

    await host.until('some of its words', () => host.of(bad).length > 4, 30_000)
    await stop()

    for (const reading of host.readings.filter(({ point: id }) => id.startsWith('evil')).filter(isGood)) {
      expect(reading.value).toBe(5_000 + Number(reading.point.replace(/\D+/g, '') || 0))
    }
  })

  test('one lost frame is repeated at once, and what was lost may still come without harm', async () => {
    let round = 0
    const { host, stop } = await beside(
      (asked, say) => {
        if (asked.start === 0 && round++ % 3 === 2) return void setTimeout(() => say(told(asked, () => 5_000)), 180)
        return told(asked, address => 5_000 + address)
      },
      { retries: 1, gap: 0 },
      [20, 40].map(register => binding(`evil.r${register}`, { register }, { unit: 2 })),
    )

    await host.until('ten sweeps', () => host.of(point('evil.r40')).length >= 10, 30_000)
    await stop()

    for (const reading of host.readings.filter(({ point: id }) => id.startsWith('evil'))) {
      expect(isGood(reading) && reading.value).toBe(5_000 + Number(reading.point.replace(/\D+/g, '') || 0))
    }
  })

  test('somebody who babbles between the questions spoils nothing', async () => {
    const { host, stop } = await beside(asked => told(asked, () => 7))
    await host.until('a value', () => isGood(host.last(bad)))
    let babbling = true
    const babble = (): void => {
      line?.babble(sealed(9, 3, 2, 0, 1))
      if (babbling) setTimeout(babble, 60)
    }
    babble()

    await host.until('many values', () => host.of(bad).length >= 15)
    babbling = false
    await stop()

    expect([
      ...new Set(
        host
          .of(bad)
          .filter(isGood)
          .map(({ value }) => value),
      ),
    ]).toEqual([7])
    expect([
      ...new Set(
        host
          .of(good)
          .filter(isGood)
          .map(({ value }) => value),
      ),
    ]).toEqual([1_234])
  })

  test('whatever it says, only the four reads are ever asked of it', async () => {
    let round = 0
    const { host, stop } = await beside(asked => cases[round++ % cases.length]?.[1](asked, () => {}) as Buffer | undefined, {
      timeout: '20ms',
    })

    await host.until('many words', () => host.of(bad).length >= 40, 30_000)
    await stop()

    const sent = Buffer.concat(line?.heard ?? [])
    expect(sent.length % 8).toBe(0)
    for (let at = 0; at < sent.length; at += 8) {
      expect(sealed(...sent.subarray(at, at + 6)).equals(sent.subarray(at, at + 8))).toBe(true)
      expect([1, 2, 3, 4]).toContain(sent[at + 1])
    }
  })
})
