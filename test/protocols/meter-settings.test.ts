import { describe, expect, test } from 'vitest'
import type { Binding } from '../../protocols/contract/driver.ts'
import { fault } from '../../protocols/contract/fault.ts'
import { millis, minutes, seconds } from '../../protocols/contract/time.ts'
import { decodeField } from '../../protocols/meters/field.ts'
import { cjt188 } from '../../protocols/meters/cjt188-driver.ts'
import { meterKinds, namedCjt188, statusForms } from '../../protocols/meters/cjt188-data.ts'
import { dlt645 } from '../../protocols/meters/dlt645-driver.ts'
import { namedDlt645 } from '../../protocols/meters/dlt645-data.ts'
import { adviceOf, LineBook } from '../../protocols/meters/line-book.ts'
import { Silence } from '../../protocols/meters/silence.ts'
import { bytesOfDigits, digitsOf, fitsAddress, fromBcd } from '../../protocols/meters/bcd.ts'
import { binding, FakeClock, prepared } from './kit.ts'

const line = { path: '/dev/ttyUSB0' }
const gas = { address: '12', meter: 'gas' }
const problems = (protocol: typeof cjt188, settings: object, ...bindings: Binding[]) => {
  const result = protocol.prepare('line', settings as Record<string, unknown>, bindings)
  return result.ok
    ? []
    : result.problems.map(
        ({ in: where, path, code }) => `${typeof where === 'string' ? '' : `${where.point} `}${path.join('.')} ${code}`,
      )
}
const of = (settings: Record<string, unknown>, device: Record<string, unknown> = gas): Binding =>
  binding('m.total', settings, device)

describe('settings of a meter line', () => {
  test.each([
    [{}, 'path missing'],
    [{ path: 'a', host: 'b' }, 'host bad-value'],
    [{ ...line, baud: 1 }, 'baud bad-value'],
    [{ ...line, format: '9X9' }, 'format bad-value'],
    [{ ...line, timeout: '1' }, 'timeout bad-value'],
    [{ ...line, retries: 9 }, 'retries bad-value'],
    [{ ...line, wake: -1 }, 'wake bad-value'],
    [{ ...line, pause: 'x' }, 'pause bad-value'],
    [{ ...line, window: '22-23' }, 'window unknown-key'],
  ])('%j is told at its place', (settings, told) => {
    expect(problems(cjt188, settings)).toEqual([told])
    expect(problems(dlt645, settings)).toEqual([told])
  })

  test.each([
    [{ data: 'total' }, {}, ['m.total meter missing', 'm.total address missing']],
    [{ data: 'total' }, { ...gas, address: 'AA11' }, ['m.total address bad-value']],
    [{ data: 'total' }, { ...gas, address: '123456789012345' }, ['m.total address bad-value']],
    [{ data: 'total' }, { ...gas, meter: 'oil' }, ['m.total meter bad-value']],
    [{ data: 'total' }, { ...gas, order: 'up' }, ['m.total order bad-value']],
    [{ data: 'total' }, { ...gas, read: { window: 'x' } }, ['m.total read.window bad-value']],
    [{}, gas, ['m.total data missing']],
    [{ data: 'supply' }, gas, ['m.total data bad-value']],
    [{ data: 'total', unit: 'L' }, gas, ['m.total unit bad-value']],
    [{ data: 'valve', unit: 'L' }, gas, ['m.total unit bad-value']],
    [{ di: '9G1F' }, gas, ['m.total di bad-value']],
    [{ di: '901F', measure: 'time' }, gas, ['m.total measure bad-value']],
    [{ di: '901F', measure: 'volume', unit: 'L' }, gas, ['m.total unit bad-value']],
    [{ di: '901F', bytes: 9 }, gas, ['m.total bytes bad-value']],
    [{ data: 'total', register: 4 }, gas, ['m.total register unknown-key']],
    [{ data: 'total', unit: 'm³' }, gas, []],
    [{ di: '8160', at: 3, bytes: 4, decimals: 2, unit: 'L' }, gas, []],
    [{ di: '901F', at: 17, bytes: 2, form: 'binary', bit: 2 }, gas, []],
  ])('a gas meter with %j at %j: %j', (settings, device, told) => {
    expect(problems(cjt188, line, of(settings, device))).toEqual(told)
  })

  test.each([
    [{ data: 'import' }, {}, ['m.total address missing']],
    [{ data: 'import' }, { address: '1234567890123' }, ['m.total address bad-value']],
    [{ data: 'import' }, { address: 1, edition: '2020' }, ['m.total edition bad-value']],
    [{ data: 'frequency' }, { address: 1, edition: '1997' }, ['m.total data bad-value']],
    [{ data: 'import', unit: 'Wh' }, { address: 1 }, ['m.total unit bad-value']],
    [{}, { address: 1 }, ['m.total data missing']],
    [{ di: '10000' }, { address: 1 }, ['m.total di bad-value']],
    [{ di: '00010000' }, { address: 1, edition: '1997' }, ['m.total di bad-value']],
    [{ di: '9010', bytes: 4, decimals: 2 }, { address: 1, edition: '1997' }, []],
    [{ di: '0201FF00', at: 2, bytes: 2, decimals: 1 }, { address: 1 }, []],
  ])('an electricity meter with %j at %j: %j', (settings, device, told) => {
    expect(problems(dlt645, line, of(settings, device))).toEqual(told)
  })

  test('two points with one value of one meter are both told; the same value of two meters is not', () => {
    const other = (key: string, device: object) => binding(`m.${key}`, { data: 'total' }, { ...gas, ...device })
    expect(problems(cjt188, line, other('a', {}), other('b', { address: '0012' }))).toEqual([
      'm.b data register-taken',
      'm.a data register-taken',
    ])
    expect(problems(cjt188, line, other('a', {}), other('b', { address: '13' }))).toEqual([])
    const electric = (key: string, settings: object) => binding(`m.${key}`, { ...settings }, { address: '1' })
    expect(
      problems(dlt645, line, electric('a', { di: '00010000', bytes: 4 }), electric('b', { di: '00010000', bytes: 4 })),
    ).toEqual(['m.b di register-taken', 'm.a di register-taken'])
  })

  test('the plan has one question for all that lies in one answer', () => {
    const bindings = ['total', 'settlement', 'battery', 'month-1'].map(data => binding(`m.${data}`, { data }, gas))
    const plan = prepared(cjt188, line, bindings).plan?.()
    expect(plan?.map(({ device, request, points }) => [device, request, points.length])).toEqual([
      ['meter 00000000000012', '901F', 3],
      ['meter 00000000000012', 'D120', 1],
    ])
    const electric = prepared(dlt645, line, [of({ data: 'import' }, { address: 1 })]).plan?.()
    expect(electric?.[0]).toMatchObject({ device: 'meter 000000000001', request: '00010000 / 9010' })
  })
})

describe('what meters can be asked for', () => {
  test('lies side by side and never over each other', () => {
    for (const kind of meterKinds) {
      const own = [...namedCjt188(kind, 'standard').values()].filter(({ di, field }) => di === 0x901f && field.form !== 'binary')
      const ends = own.toSorted((a, b) => a.field.at - b.field.at)
      for (const [index, { field }] of ends.entries()) {
        const next = ends[index + 1]
        if (next) expect(field.at + field.bytes + (field.form === 'coded' ? 1 : 0)).toBeLessThanOrEqual(next.field.at)
      }
      expect(new Set(statusForms.map(form => namedCjt188(kind, form).size)).size).toBe(2)
    }
    expect([...namedDlt645.values()].every(({ di, field }) => Object.keys(di).join() === Object.keys(field).join())).toBe(true)
  })

  test('whole numbers and bits are read low byte first', () => {
    const data = Uint8Array.of(0x34, 0x12, 0x80)
    expect(decodeField({ at: 0, bytes: 2, form: 'binary', decimals: 0 }, data)).toEqual({ ok: true, value: 0x1234 })
    expect(decodeField({ at: 0, bytes: 2, form: 'binary', decimals: 2 }, data)).toEqual({ ok: true, value: 46.6 })
    expect(decodeField({ at: 0, bytes: 3, form: 'binary', decimals: 0, bits: { from: 23, count: 1 } }, data)).toEqual({
      ok: true,
      value: 1,
    })
  })

  test('digits go to bytes and back, and AA fits any of them', () => {
    expect(digitsOf(bytesOfDigits('001122334455'))).toBe('001122334455')
    expect(fromBcd(Uint8Array.of(0x78, 0x56))).toBe(5_678)
    expect(fromBcd(Uint8Array.of(0x0a))).toBeUndefined()
    expect([fitsAddress('AA12', '3412'), fitsAddress('AA12', '3413'), fitsAddress('AA', '3412')]).toEqual([true, false, false])
  })
})

describe('the doctor of a meter line', () => {
  const counts = { asked: 10, answered: 0, timeouts: 0, garbled: 0, strangers: 0 }
  const said = (more: object, answer = false): readonly string[] =>
    adviceOf({ ...counts, ...more }, { answer }, millis(500)).map(({ en }) => en)
  test('says what it looks like and what to try', () => {
    expect(said({ asked: 2, timeouts: 2 })).toEqual([])
    expect(said({ garbled: 8 })[0]).toMatch(/wrong speed or parity/)
    expect(said({ timeouts: 10 })[0]).toMatch(/Nobody on this line/)
    expect(said({ timeouts: 10 }, true)[0]).toMatch(/Other meters of this line answer/)
    expect(said({ answered: 6, timeouts: 4 })[0]).toMatch(/longer timeout/)
    expect(said({ answered: 10 })).toEqual([])
    expect(said({ timeouts: 8, strangers: 2 })).toEqual([
      expect.stringMatching(/longer timeout/),
      expect.stringMatching(/one address/),
    ])
  })

  test('knows how busy the line is, and keeps the last frames only', async () => {
    const clock = new FakeClock()
    const book = new LineBook(clock)
    expect(book.busy).toBe(0)
    for (let turn = 0; turn < 100; turn++) {
      await clock.passes(seconds(1))
      const talk = { sent: Uint8Array.of(turn), heard: Uint8Array.of(1), ms: 250 }
      const why = fault('timeout', 'x')
      book.note('meter 1', talk, turn % 2 ? { kind: 'fault', fault: why } : { kind: 'data', frame: {}, data: talk.sent })
    }
    book.note(
      'meter 1',
      { sent: Uint8Array.of(1), heard: new Uint8Array(), ms: 30 },
      { kind: 'refused', fault: fault('refused', 'no') },
    )
    expect(book.busy).toBeCloseTo(0.25, 1)
    expect(book.frames).toHaveLength(64)
    expect(book.page('meter 1')).toMatchObject({
      asked: 101,
      answered: 51,
      timeouts: 50,
      refusals: { no: 1 },
      roundTrip: { worst: 250 },
    })
    await clock.passes(minutes(10))
    expect(book.busy).toBe(0)
  })

  test('leaves a silent meter alone for longer and longer, up to sixteen lengths of a vain attempt', async () => {
    const clock = new FakeClock()
    const silence = new Silence(clock, seconds(1))
    const why = fault('timeout', 'x')
    const pauses: number[] = []
    for (let time = 0; time < 7; time++) {
      expect(silence.fell('a', why)).toBe(time + 1)
      pauses.push(((silence.of('a')?.until ?? 0) - clock.now()) / 1_000)
    }
    expect(pauses).toEqual([2, 4, 8, 15, 15, 15, 15])
    expect(silence.now('a')).toBe(why)
    expect(silence.now('b')).toBeUndefined()
    await clock.passes(seconds(15))
    expect(silence.now('a')).toBeUndefined()
    silence.spoke('a')
    expect(silence.of('a')).toBeUndefined()
    silence.fell('a', why)
    silence.forget()
    expect(silence.of('a')).toBeUndefined()
  })
})
