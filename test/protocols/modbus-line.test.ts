import { afterEach, describe, expect, test } from 'vitest'
import { FrameLog } from '../../protocols/modbus/frame-log.ts'
import { advise } from '../../protocols/modbus/advice.ts'
import type { Patient } from '../../protocols/modbus/advice.ts'
import { Doctor } from '../../protocols/modbus/doctor.ts'
import { modbusRtu, modbusTcp } from '../../protocols/modbus/driver.ts'
import { turnsOn } from '../../protocols/kit/turns.ts'
import { Units } from '../../protocols/modbus/units.ts'
import { candidates } from '../../protocols/kit/orders.ts'
import { fault } from '../../protocols/contract/fault.ts'
import { instant, millis, seconds } from '../../protocols/contract/time.ts'
import { binding, codeOf, FakeClock, Gateway, isGood, point, prepared, run } from './kit.ts'
import type { Asked } from './peers/modbus-device.ts'
import { answer, exception, ModbusDevice } from './peers/modbus-device.ts'

let device: ModbusDevice | undefined
afterEach(async () => {
  await device?.stop()
  device = undefined
})
const spans = (asked: readonly Asked[]): string[] => asked.map(({ unit, start, quantity }) => `${unit} ${start}+${quantity}`)

describe('what a device refuses', () => {
  test('is learned: the hole is asked alone, the rest in as few reads as it allows, and it heals by itself', async () => {
    let hole: number | undefined = 5
    device = new ModbusDevice(asked =>
      hole !== undefined && asked.start <= hole && asked.start + asked.quantity > hole
        ? exception(asked, 2)
        : answer(asked, address => 100 + address),
    )
    const port = await device.start()
    const wall = new FakeClock()
    const bindings = Array.from({ length: 10 }, (_, register) => binding(`d.r${register}`, { register }, { unit: 1 }))
    const host = new Gateway()
    const ahead = { now: () => instant(wall.now()), after: host.wall.after.bind(host.wall) }
    const slow = new Gateway(host.clock, ahead)
    const { driver } = run(modbusTcp, { host: '127.0.0.1', port, every: '30ms' }, bindings, slow)
    await slow.until('two sweeps', () => slow.of(point('d.r9')).length >= 2 && slow.of(point('d.r5')).length >= 2)

    device.asked.length = 0
    await slow.until('one more', () => (device?.asked.length ?? 0) >= 3)
    expect(spans(device.asked).slice(0, 3).toSorted()).toEqual(['1 0+5', '1 5+1', '1 6+4'])
    expect(slow.of(point('d.r5')).some(isGood)).toBe(false)
    expect(driver.report?.().devices[0]?.learned[0]?.en).toBe(
      'the device refuses holding 5 (d.r5): exception 2 (illegal data address)',
    )

    hole = undefined
    await wall.passes(seconds(200))
    await slow.until('healed', () => isGood(slow.last(point('d.r5'))))
    device.asked.length = 0
    await slow.until('one read again', () => spans(device?.asked ?? []).includes('1 0+10'))
    expect(driver.report?.().devices[0]?.learned).toEqual([])
    await driver.stop()
  })

  test('only together is cut where it must be, and every value still comes', async () => {
    device = new ModbusDevice(asked => (asked.quantity > 6 ? exception(asked, 3) : answer(asked, address => address)))
    const port = await device.start()
    const bindings = Array.from({ length: 12 }, (_, register) => binding(`d.r${register}`, { register }, { unit: 1 }))
    const { host, driver } = run(modbusTcp, { host: '127.0.0.1', port, every: '30ms' }, bindings)

    await host.until('three sweeps', () => host.of(point('d.r11')).length >= 3)
    const learned = driver.report?.().devices[0]
    await driver.stop()

    expect(host.readings.every(isGood)).toBe(true)
    expect(learned?.reads.map(({ request }) => request)).toEqual(['holding 0–5', 'holding 6–11'])
    expect(learned?.learned[0]?.en).toContain('holding 6 begins a read of its own')
  })
})

describe('settings of one unit', () => {
  test('its rhythm, its longest read, its forbidden addresses and exactness are its own', async () => {
    device = new ModbusDevice(asked => answer(asked, address => address))
    const port = await device.start()
    const { host, driver } = run(modbusTcp, { host: '127.0.0.1', port, every: '40ms', forbidden: [[90, 99]] }, [
      binding('slow.a', { register: 0 }, { unit: 1, every: '200ms', most: 2 }),
      binding('slow.b', { register: 1 }, { unit: 1, every: '200ms', most: 2 }),
      binding('slow.c', { register: 2 }, { unit: 1, every: '200ms', most: 2 }),
      binding('fast.a', { register: 1 }, { unit: 2, forbidden: [3] }),
      binding('fast.b', { register: 5 }, { unit: 2, forbidden: [3] }),
      binding('exact.a', { register: 1 }, { unit: 3, exact: true }),
      binding('exact.b', { register: 2 }, { unit: 3, exact: true }),
    ])

    await host.until('three slow ones', () => host.of(point('slow.c')).length >= 3)
    await driver.stop()

    expect(new Set(spans(device.asked))).toEqual(new Set(['1 0+2', '1 2+1', '2 1+1', '2 5+1', '3 1+1', '3 2+1']))
    const [slow, fast] = [host.of(point('slow.a')).length, host.of(point('fast.a')).length]
    expect(fast / slow).toBeGreaterThan(2.5)
  })

  test('a pause is kept between its requests', async () => {
    const times: number[] = []
    device = new ModbusDevice(asked => {
      times.push(performance.now())
      return answer(asked, address => address)
    })
    const port = await device.start()
    const { host, driver } = run(
      modbusTcp,
      { host: '127.0.0.1', port, every: '300ms', pause: '40ms', pauseAfterConnect: '60ms', gap: 0 },
      [
        binding('a.x', { register: 0 }, { unit: 1 }),
        binding('a.y', { register: 9 }, { unit: 1 }),
        binding('a.z', { register: 20 }, { unit: 1 }),
      ],
    )

    await host.until('a sweep', () => host.of(point('a.z')).length >= 1)
    await driver.stop()

    const gaps = times.slice(1, 3).map((time, index) => time - (times[index] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThan(37)
  })

  test('mistakes are told with their place', () => {
    const told = (settings: Record<string, unknown>, ...bindings: ReturnType<typeof binding>[]): string[] => {
      const result = modbusRtu.prepare('bus', settings, bindings)
      return result.ok
        ? []
        : result.problems.map(
            ({ in: where, path, code }) => `${where === 'connection' ? '' : where.point}/${path.join('.')} ${code}`,
          )
    }
    const path = '/dev/ttyUSB0'
    expect(told({})).toEqual(['/path missing'])
    expect(told({ path, host: 'h' })).toEqual(['/host bad-value'])
    expect(told({ path, forbidden: [[9, 3]] })).toEqual(['/forbidden bad-value'])
    expect(told({ path, format: '7E1' })).toEqual(['/format bad-value'])
    expect(told({ path, format: 80 })).toEqual([])
    expect(told({ path, forbidden: [[3, 9]] }, binding('a.x', { register: 8, type: 'float32' }, { unit: 1 }))).toEqual([
      'a.x/register register-forbidden',
    ])
    expect(
      told(
        { path },
        binding('a.x', { register: 0 }, { unit: 1, timeout: '2s' }),
        binding('b.x', { register: 1 }, { unit: 1, timeout: '3s' }),
      ),
    ).toEqual(['b.x/timeout undefined'])
    expect(told({ path }, binding('a.x', { register: 0 }, { unit: 0 }))).toEqual(['a.x/unit bad-value'])
    expect(told({ path }, binding('a.x', { register: 0, type: 'string' }, { unit: 1 }))).toEqual(['a.x/length missing'])
    expect(told({ path }, binding('a.x', { register: 0, type: 'string', length: 4, map: { OK: 'x' } }, { unit: 1 }))).toEqual([
      'a.x/map bad-value',
    ])
    expect(told({ path }, binding('a.x', { register: 0, type: 'bits', bit: 12, count: 8 }, { unit: 1 }))).toEqual([
      'a.x/count undefined',
    ])
    expect(told({ path }, binding('a.x', { register: 0, order: 'CDABGHEF' }, { unit: 1 }))).toEqual(['a.x/order undefined'])
    expect(told({ path }, binding('a.x', { register: 0, decimalsRegister: 200, decimalsHighByte: 3 }, { unit: 1 }))).toEqual([
      'a.x/decimalsHighByte undefined',
      'a.x/decimalsRegister undefined',
    ])
    expect(told({ path }, binding('a.x', { register: 0, type: 'float32', decimalsRegister: 2 }, { unit: 1 }))).toEqual([
      'a.x/decimalsRegister undefined',
    ])
  })
})

describe('the polling doctor', () => {
  test('counts, times and shows the frames of each unit, and says what to try', async () => {
    device = new ModbusDevice(asked => (asked.unit === 1 ? answer(asked, () => 7) : exception(asked, asked.unit === 2 ? 2 : 11)))
    const port = await device.start()
    const { host, driver } = run(modbusTcp, { host: '127.0.0.1', port, every: '30ms' }, [
      binding('a.x', { register: 0 }, { unit: 1 }),
      binding('b.x', { register: 0 }, { unit: 2 }),
      binding('c.x', { register: 0 }, { unit: 3 }),
    ])

    await host.until('some sweeps', () => host.of(point('a.x')).length >= 12)
    const report = driver.report?.()
    await driver.stop()

    const [one, two, three] = report?.devices ?? []
    expect([one?.device, two?.device, three?.device]).toEqual(['unit 1', 'unit 2', 'unit 3'])
    expect(one?.answered).toBe(one?.asked)
    expect(one?.roundTrip?.median).toBeLessThan(100)
    expect(one?.advice).toEqual([])
    expect(Object.keys(two?.refusals ?? {})).toEqual(['exception 2 (illegal data address)'])
    expect(two?.advice[0]?.en).toContain('count from 1')
    expect(three?.advice[0]?.en).toContain('gateway lives')
    expect(three?.silent?.why.code).toBe('device-silent')
    expect(report?.sweeps?.done).toBeGreaterThan(9)
    expect(report?.busy).toBeGreaterThanOrEqual(0)
    expect(report?.frames.length).toBeGreaterThan(20)
    expect(report?.frames.find(({ way, device: of }) => way === 'heard' && of === 'unit 1')?.hex).toMatch(
      /^[0-9a-f]{4}00000005010302 ?0007$/,
    )
  })

  const patient = (more: Partial<Patient>): Patient => ({
    config: { line: { via: 'serial', path: '/dev/ttyUSB0', baud: 9_600, format: '8N1' }, framing: 'rtu' },
    settings: { timeout: millis(1_000), most: 100 },
    figures: { asked: 20, answered: 0, timeouts: 0, garbled: 0, wrong: 0, refusals: new Map(), trips: [], next: 0 },
    othersAnswer: false,
    alone: false,
    longest: 10,
    ...more,
  })
  const figures = (more: Partial<Patient['figures']>): Patient => patient({ figures: { ...patient({}).figures, ...more } })
  const tcp = { line: { via: 'tcp', host: 'h', port: 502 }, framing: 'tcp' } as const
  test.each<[string, Patient, RegExp | undefined]>([
    ['all silent on a serial port', figures({ timeouts: 20 }), /swap the wires A and B.*9600 8N1/],
    ['all silent behind a port', { ...figures({ timeouts: 20 }), config: tcp }, /framing: rtu/],
    ['one silent among others', { ...figures({ timeouts: 20 }), othersAnswer: true }, /its address/],
    ['alone and silent', { ...figures({ timeouts: 20 }), alone: true }, /Nothing answers/],
    ['garbled', figures({ garbled: 20 }), /speed and parity/],
    ['garbled over TCP', { ...figures({ garbled: 20 }), config: tcp }, /framing: rtu/],
    ['somebody else answers', figures({ answered: 18, wrong: 2 }), /two devices with one address/],
    ['exception 2 only', figures({ answered: 20, refusals: new Map([[2, 20]]) }), /count from 1/],
    ['exception 1 only', figures({ answered: 20, refusals: new Map([[1, 20]]) }), /between holding and input/],
    ['exception 3 only', figures({ answered: 20, refusals: new Map([[3, 20]]) }), /most: 16/],
    ['exception 11', figures({ answered: 20, refusals: new Map([[11, 20]]) }), /behind it does not answer/],
    ['lost now and then', figures({ answered: 18, timeouts: 2, trips: [10] }), /pause: 20ms/],
    ['slow now and then', figures({ answered: 18, timeouts: 2, trips: [900] }), /longer timeout/],
    ['well', figures({ answered: 20, trips: [10] }), undefined],
    ['hardly begun', figures({ asked: 1, timeouts: 1 }), undefined],
  ])('%s', (_, who, expected) => {
    const said = advise(who)
    expect(said.every(({ zh, en }) => zh !== '' && en !== '')).toBe(true)
    if (expected) expect(said[0]?.en).toMatch(expected)
    else expect(said).toEqual([])
  })

  test('the line is as busy as the time its questions were out', async () => {
    const clock = new FakeClock()
    const doctor = new Doctor(clock)
    doctor.heard(1, { judged: { kind: 'exception', code: 2 }, roundTripMs: 0 })
    for (let second = 0; second < 300; second++) {
      await clock.passes(millis(1_000))
      doctor.heard(1, { judged: { kind: 'exception', code: 2 }, roundTripMs: 250 })
    }
    expect(doctor.busy).toBeCloseTo(0.25, 1)
    await clock.passes(seconds(600))
    expect(doctor.busy).toBe(0)
  })

  test('the last sixty-four frames are kept, the oldest first', () => {
    const clock = new FakeClock()
    const log = new FrameLog(clock)
    for (let n = 0; n < 100; n++) log.note(1, 'sent', Buffer.from([n]))
    expect(log.list().map(({ hex }) => Number.parseInt(hex, 16))).toEqual(Array.from({ length: 64 }, (_, n) => n + 36))
  })
})

describe('units that fall silent', () => {
  const silence = fault('timeout', 'No answer.')
  test('are asked again after pauses that double, up to fifteen time-outs', async () => {
    const clock = new FakeClock()
    const units = new Units(clock)
    const pauses: number[] = []
    for (let round = 0; round < 6; round++) {
      units.fellSilent(1, silence, millis(100))
      pauses.push((units.silence(1)?.until ?? 0) - clock.now())
      await clock.passes(millis(pauses.at(-1) ?? 0))
    }
    expect(pauses).toEqual([200, 400, 800, 1_500, 1_500, 1_500])
    units.answered(1)
    expect(units.silence(1)).toBeUndefined()
  })

  test('may only use what a sweep leaves over, and else come at their neighbours’ expense now and then', async () => {
    const clock = new FakeClock()
    const units = new Units(clock)
    units.answered(1)
    units.fellSilent(2, silence, millis(100))
    expect(units.mayAsk(2, millis(100), millis(500), true)).toBe(false)
    await clock.passes(millis(200))
    expect(units.mayAsk(2, millis(100), millis(100), true)).toBe(true)
    let forced = 0
    for (let tick = 0; tick < 600; tick++) {
      if (units.mayAsk(2, millis(100), millis(50), true)) forced += 1
      await clock.passes(millis(100))
    }
    expect(forced).toBeGreaterThan(12)
    expect(forced).toBeLessThan(18)
    expect([units.mayAsk(3, millis(100), millis(0), true), units.mayAsk(3, millis(100), millis(0), false)]).toEqual([true, false])
  })
})

describe('two connections to one serial server', () => {
  test('take turns: never two questions at once on the line behind it', async () => {
    let out = 0
    let most = 0
    device = new ModbusDevice((asked, socket) => {
      out += 1
      most = Math.max(most, out)
      setTimeout(() => {
        out -= 1
        if (!socket.destroyed) socket.write(answer(asked, () => asked.unit))
      }, 8)
    })
    const port = await device.start()
    const one = run(modbusTcp, { host: '127.0.0.1', port, every: '20ms' }, [binding('a.x', { register: 0 }, { unit: 1 })])
    const two = run(modbusTcp, { host: '127.0.0.1', port, every: '20ms' }, [binding('b.x', { register: 0 }, { unit: 2 })])

    await one.host.until('ten of one', () => one.host.of(point('a.x')).length >= 10)
    await two.host.until('ten of two', () => two.host.of(point('b.x')).length >= 10)
    const together = most
    await one.driver.stop()
    await two.driver.stop()

    expect(together).toBe(1)
    expect(device.connections).toBe(2)
  })

  test('and forget each other when they are gone', () => {
    const one = turnsOn({ via: 'tcp', host: 'h', port: 1 })
    const two = turnsOn({ via: 'tcp', host: 'h', port: 1 })
    expect(one.turns).toBe(two.turns)
    one.leave()
    one.leave()
    expect(turnsOn({ via: 'tcp', host: 'h', port: 1 }).turns).toBe(two.turns)
    two.leave()
  })
})

describe('a look beside the sweeps', () => {
  test('at other bindings goes over the running connection', async () => {
    device = new ModbusDevice(asked => answer(asked, address => address + 1))
    const port = await device.start()
    const { host, driver } = run(modbusTcp, { host: '127.0.0.1', port, every: '30ms' }, [
      binding('a.x', { register: 0 }, { unit: 1 }),
    ])
    await host.until('up', () => isGood(host.last(point('a.x'))))

    const probes = await driver.probe?.(new AbortController().signal, [
      binding('new.t', { register: 40, type: 'int16', scale: 0.1 }, { unit: 9 }),
    ])
    await driver.stop()

    expect(probes?.map(({ reading, raw }) => [reading.point, reading.value, raw])).toEqual([['new.t', 4.1, '0029']])
    expect(device.connections).toBe(1)
  })

  test('is no sign of how a unit does: what it refuses to whoever searches is not counted', async () => {
    device = new ModbusDevice(asked => (asked.start === 0 ? answer(asked, () => 7) : exception(asked, 2)))
    const port = await device.start()
    const { host, driver } = run(modbusTcp, { host: '127.0.0.1', port, every: '30ms' }, [
      binding('a.x', { register: 0 }, { unit: 1 }),
    ])
    await host.until('up', () => isGood(host.last(point('a.x'))))

    await driver.probe?.(new AbortController().signal, [binding('new.t', { register: 40 }, { unit: 1 })])
    const seen = []
    for await (const step of driver.scan?.({ from: 1, to: 2, most: 5 }, new AbortController().signal) ?? []) seen.push(step.step)
    const report = driver.report?.()
    await driver.stop()

    expect(seen).toContain('found')
    expect(report?.devices.map(({ device: name, refusals, timeouts }) => [name, refusals, timeouts])).toEqual([['unit 1', {}, 0]])
    expect(report?.frames.some(({ hex }) => hex.endsWith('8302'))).toBe(true)
  })

  test('says why when there is no line, and gives up when told to', async () => {
    const gone = prepared(modbusTcp, { host: '127.0.0.1', port: 1 }, [binding('a.x', { register: 0 }, { unit: 1 })]).open(
      new Gateway(),
    )
    const [probe] = (await gone.probe?.(new AbortController().signal)) ?? []
    expect(codeOf(probe?.reading)).toBe('unreachable')

    device = new ModbusDevice(() => undefined)
    const port = await device.start()
    const deaf = prepared(modbusTcp, { host: '127.0.0.1', port, timeout: '60s' }, [
      binding('a.x', { register: 0 }, { unit: 1 }),
    ]).open(new Gateway())
    const given = new AbortController()
    const waiting = deaf.probe?.(given.signal)
    while (device.asked.length === 0) await new Promise(resolve => setImmediate(resolve))
    given.abort()
    const [silent] = (await waiting) ?? []
    expect(codeOf(silent?.reading)).toBe('disconnected')
  })

  test('a scan over TCP finds who answers, refusals included, and ends when it is told', async () => {
    device = new ModbusDevice(asked => {
      if (asked.unit === 3) return answer(asked, address => address)
      return exception(asked, asked.unit === 7 ? 2 : 11)
    })
    const port = await device.start()
    const driver = prepared(modbusTcp, { host: '127.0.0.1', port }, []).open(new Gateway())

    const found = []
    for await (const step of driver.scan?.({ from: 1, to: 20, most: 5 }, new AbortController().signal) ?? [])
      if (step.step === 'found') found.push([step.found.device['unit'], step.found.points.length, step.found.note?.en])

    expect(found).toEqual([
      [3, 20, undefined],
      [
        7,
        0,
        'it is there, but refuses what was tried (holding 0: 2 (illegal data address), input 0: 2 (illegal data address)); take the registers from its manual',
      ],
    ])
  })
})

describe('what bytes can mean', () => {
  test.each<[string, string, Parameters<typeof candidates>[1], string]>([
    ['a float with its words turned', '33334083', { plausible: { min: -40, max: 60 } }, 'float32 CDAB 4.1'],
    ['a float as it should be', '40833333', { plausible: { min: -40, max: 60 } }, 'float32 ABCD 4.1'],
    ['a float with all bytes turned', '0000c841', { plausible: { min: 0, max: 50 } }, 'float32 DCBA 25'],
    ['tenths of a degree below zero', 'ff33', { plausible: { min: -40, max: 60 }, about: -20.5 }, 'int16 ABCD -20.5'],
    ['hundredths', '0866', { plausible: { min: 0, max: 60 }, about: 21.5 }, 'int16 ABCD 21.5'],
    ['a total of a meter', '000000000001e240', { about: 123_456 }, 'int64 ABCDEFGH 123456'],
    ['a double with halves turned', '0000000040358000', { plausible: { min: 0, max: 50 } }, 'float64 EFGHABCD 21.5'],
    ['a register with its bytes turned', 'd700', { plausible: { min: 0, max: 50 }, scale: 0.1 }, 'int16 BADC 21.5'],
  ])('%s', (_, hex, expected, likeliest) => {
    const [first] = candidates(Buffer.from(hex, 'hex'), expected)
    expect(`${first?.type} ${first?.order} ${first?.value}`).toBe(likeliest)
  })

  test('shows beside it what the other orders would give', () => {
    const all = candidates(Buffer.from('33334083', 'hex'), { plausible: { min: -40, max: 60 } })
    const plain = all.find(({ type, order }) => type === 'float32' && order === 'ABCD')
    expect(plain?.value).toBeLessThan(1e-6)
    expect(candidates(Buffer.from('ffffff', 'hex'))).toEqual([])
  })
})

test('a unit that is read seldom and missed its turn is asked again long before its next one', async () => {
  let deaf = true
  device = new ModbusDevice(asked => (asked.unit === 2 && deaf ? undefined : answer(asked, () => asked.unit)))
  const port = await device.start()
  const { host, driver } = run(modbusTcp, { host: '127.0.0.1', port, every: '100ms', timeout: '60ms' }, [
    binding('a.x', { register: 0 }, { unit: 1 }),
    binding('b.x', { register: 0 }, { unit: 2, every: '1h' }),
  ])

  await host.until('silence', () => host.of(point('b.x')).length > 0)
  deaf = false
  await host.until('its value', () => host.last(point('b.x'))?.value === 2)
  await driver.stop()

  const asked = device.asked.filter(({ unit }) => unit === 2).length
  expect(asked).toBeLessThan(6)
})
