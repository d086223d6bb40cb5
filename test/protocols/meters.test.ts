import { afterEach, describe, expect, test } from 'vitest'
import type { Binding, Driver, ScanAsk, ScanStep } from '../../protocols/contract/driver.ts'
import { cjt188 } from '../../protocols/meters/cjt188-driver.ts'
import { dlt645 } from '../../protocols/meters/dlt645-driver.ts'
import { Cjt188Meter } from '../../simulators/servers/cjt188-meter.ts'
import { Dlt645Meter } from '../../simulators/servers/dlt645-meter.ts'
import type { BusMeter } from '../../simulators/servers/meter-bus.ts'
import { MeterBus } from '../../simulators/servers/meter-bus.ts'
import { driverPromises } from './driver-promises.ts'
import { binding, codeOf, freePort, Gateway, isGood, point, prepared, run } from './kit.ts'

const number = (n: number, digits = 14): string => String(n).padStart(digits, '0')
const gasMeter = (n: number, total: () => number, more: object = {}): Cjt188Meter =>
  new Cjt188Meter({ type: 0x30, address: number(n), total, ...more })
const powerMeter = (n: number, energy: number, more: object = {}): Dlt645Meter =>
  new Dlt645Meter({ address: number(n, 12), items: () => ({ '00010000': { digits: energy * 100, bytes: 4 } }), ...more })

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

async function busOf(meters: readonly BusMeter[], more: { echo?: boolean; slowness?: number; port?: number } = {}) {
  const bus = new MeterBus({ host: '127.0.0.1', port: 0, slowness: 400, ...more, meters })
  const port = await bus.start()
  stops.push(() => bus.stop())
  return { bus, port }
}
const quick = (port: number, more: object = {}) => ({
  host: '127.0.0.1',
  port,
  every: '60ms',
  timeout: '150ms',
  pause: '0',
  retries: 0,
  ...more,
})
const gasOf = (n: number, data = 'total', more: object = {}): Binding =>
  binding(`gas-${n}.${data}`, { data }, { address: number(n), meter: 'gas', ...more })
const powerOf = (n: number, data = 'import', more: object = {}): Binding =>
  binding(`power-${n}.${data}`, { data }, { address: number(n, 12), ...more })

const started = (driver: Driver): Driver => {
  driver.start()
  stops.push(() => driver.stop())
  return driver
}

driverPromises({
  name: 'CJ/T 188',
  protocol: cjt188,
  port: freePort,
  settings: port => quick(port),
  good: gasOf(1),
  broken: binding('gas-1.maker', { di: '8123' }, { address: number(1), meter: 'gas' }),
  lost: ['disconnected'],
  async device(port) {
    let value = 0
    const bus = new MeterBus({ host: '127.0.0.1', port, slowness: 0, meters: [gasMeter(1, () => value)] })
    await bus.start()
    return { show: shown => void (value = shown), vanish: () => bus.stop() }
  },
})
driverPromises({
  name: 'DL/T 645',
  protocol: dlt645,
  port: freePort,
  settings: port => quick(port),
  good: powerOf(1),
  broken: powerOf(1, 'temperature'),
  lost: ['disconnected'],
  async device(port) {
    let value = 0
    const meter = powerMeter(1, 0, { items: () => ({ '00010000': { digits: value * 100, bytes: 4 } }) })
    const bus = new MeterBus({ host: '127.0.0.1', port, slowness: 0, meters: [meter] })
    await bus.start()
    return { show: shown => void (value = shown), vanish: () => bus.stop() }
  },
})

describe('several meters on one line', () => {
  test('are each read with what they show, in the order of identifiers that each of them takes', async () => {
    const meters = [
      gasMeter(1, () => 100.25, { order: 'le' }),
      gasMeter(2, () => 200.5, { order: 'be' }),
      new Cjt188Meter({ type: 0x10, address: number(3), total: () => 3.004, unit: 0x29 }),
      new Cjt188Meter({ type: 0x20, address: number(4), total: () => 44, order: 'be' }),
    ]
    const { port, bus } = await busOf(meters)
    const water = binding('water.total', { data: 'total' }, { address: number(3), meter: 'cold-water' })
    const heat = binding('heat.supply', { data: 'supply' }, { address: number(4), meter: 'heat' })
    const { host, driver } = run(cjt188, quick(port), [gasOf(1), gasOf(2), water, heat])
    stops.push(() => driver.stop())

    await host.until('all', () =>
      ['gas-1.total', 'gas-2.total', 'water.total', 'heat.supply'].every(id => isGood(host.last(point(id)))),
    )
    expect(host.last(point('gas-1.total'))?.value).toBe(100.25)
    expect(host.last(point('gas-2.total'))?.value).toBe(200.5)
    expect(host.last(point('water.total'))?.value).toBeCloseTo(3.004, 9)
    expect(host.last(point('heat.supply'))?.value).toBe(65.43)
    // What was learned is kept: from now on one question a meter.
    const learned = driver.report?.().devices.map(({ device, learned: words }) => [device, words[0]?.en])
    expect(learned).toContainEqual([`meter ${number(2)}`, 'It takes data identifiers high byte first (90 1F).'])
    const before = bus.requests.length
    const swept = host.readings.length
    await host.until('two sweeps more', () => host.readings.length >= swept + 8)
    expect(bus.requests.length - before).toBeLessThanOrEqual(13)
  })

  test('one that is dead costs the others nothing but a little of the time', async () => {
    const meters = [gasMeter(1, () => 1), gasMeter(2, () => 2), gasMeter(3, () => 3)]
    meters[1]!.manner = 'silent'
    const { port } = await busOf(meters)
    const { host, driver } = run(cjt188, quick(port, { timeout: '100ms' }), [gasOf(1), gasOf(2), gasOf(3)])
    stops.push(() => driver.stop())

    await host.until('the dead one told', () => codeOf(host.last(point('gas-2.total'))) === 'timeout')
    const seen = host.of(point('gas-3.total')).length
    await host.until('twenty sweeps', () => host.of(point('gas-3.total')).length >= seen + 20)
    const asked = driver.report?.().devices.find(({ device }) => device.endsWith('2'))
    expect(host.of(point('gas-2.total')).some(isGood)).toBe(false)
    expect(host.of(point('gas-1.total')).every(isGood)).toBe(true)
    expect(asked?.asked ?? 0).toBeLessThan(12)
    expect(asked?.silent?.why.code).toBe('timeout')
    expect(asked?.advice[0]?.en).toMatch(/Other meters of this line answer/)

    meters[1]!.manner = 'normal'
    await host.until('it is back', () => host.last(point('gas-2.total'))?.value === 2)
  })

  test.each([
    ['wrong-checksum', ['garbled']],
    ['garbage', ['garbled']],
    ['other-meter', ['wrong-reply']],
    ['wrong-unit', ['garbled']],
    ['refuses', ['refused']],
    ['silent', ['timeout']],
  ] as const)(
    'one whose manner is %s is bad with the cause and never a value; its neighbour is read on',
    async (manner, codes) => {
      const [honest, evil] = [gasMeter(1, () => 12), gasMeter(2, () => 999)]
      evil.manner = manner
      const { port } = await busOf([honest, evil])
      const { host, driver } = run(cjt188, quick(port), [gasOf(1), gasOf(2)])
      stops.push(() => driver.stop())

      await host.until('three words of it', () => host.of(point('gas-2.total')).length >= 3)
      const seen = host.of(point('gas-1.total')).length
      await host.until('the neighbour', () => host.of(point('gas-1.total')).length >= seen + 3)
      expect([...new Set(host.of(point('gas-2.total')).map(codeOf))]).toEqual(codes)
      expect([...new Set(host.of(point('gas-1.total')).map(({ value }) => value))]).toEqual([12])
    },
  )

  test('noise around an answer and our own echo do not matter', async () => {
    const meter = gasMeter(1, () => 77)
    meter.manner = 'noisy'
    const { port } = await busOf([meter], { echo: true })
    const { host, driver } = run(cjt188, quick(port), [gasOf(1)])
    stops.push(() => driver.stop())
    await host.until('three values', () => host.of(point('gas-1.total')).length >= 3)
    expect(host.of(point('gas-1.total')).map(({ value }) => value)).toEqual([77, 77, 77])
  })

  test('an answer that comes too late is never taken for another question', async () => {
    const [slow, other] = [gasMeter(1, () => 1), gasMeter(2, () => 2)]
    slow.manner = 'slow'
    // It answers into the middle of the questions to the other one.
    const { port } = await busOf([slow, other], { slowness: 160 })
    const { host, driver } = run(cjt188, quick(port, { timeout: '100ms', every: '80ms' }), [gasOf(1), gasOf(2)])
    stops.push(() => driver.stop())
    await host.until('many', () => host.of(point('gas-2.total')).length >= 20)
    expect(host.of(point('gas-1.total')).some(isGood)).toBe(false)
    expect(
      new Set(
        host
          .of(point('gas-2.total'))
          .filter(isGood)
          .map(({ value }) => value),
      ),
    ).toEqual(new Set([2]))
  })
})

describe('electricity meters', () => {
  test('of both editions stand on one line, and which is which is learned', async () => {
    const older = new Dlt645Meter({
      address: number(2, 12),
      edition: '1997',
      items: () => ({ '9010': { digits: 5_000, bytes: 4 }, B611: { digits: 221, bytes: 2 } }),
    })
    const newer = powerMeter(1, 123_456.78, {
      items: () => ({ '00010000': { digits: 12_345_678, bytes: 4 }, '02030000': { raw: [0x56, 0x34, 0x92] } }),
    })
    const { port } = await busOf([newer, older])
    const bindings = [powerOf(1), powerOf(1, 'power'), powerOf(2), powerOf(2, 'voltage-a'), powerOf(2, 'frequency')]
    const { host, driver } = run(dlt645, quick(port), bindings)
    stops.push(() => driver.stop())
    const shown = (id: string) => host.last(point(id))?.value
    await host.until('all', () => host.last(point('power-2.frequency')) !== undefined && shown('power-2.voltage-a') !== undefined)
    expect([shown('power-1.import'), shown('power-1.power'), shown('power-2.import'), shown('power-2.voltage-a')]).toEqual([
      123_456.78, -12.3456, 50, 221,
    ])
    expect(codeOf(host.last(point('power-2.frequency')))).toBe('no-such-address')
    expect(driver.report?.().devices[1]?.learned[0]?.en).toBe('It speaks DL/T 645-1997.')
  })

  test('an answer in parts is put together; one that ends too early is no value', async () => {
    const meter = powerMeter(1, 0, { most: 3, items: () => ({ '00010000': { raw: [0x78, 0x56, 0x34, 0x12] } }) })
    const { port } = await busOf([meter])
    const { host, driver } = run(dlt645, quick(port), [powerOf(1)])
    stops.push(() => driver.stop())
    await host.until('the value', () => host.last(point('power-1.import'))?.value === 123_456.78)
  })
})

describe('a single look', () => {
  test('dials by itself, reads once with the bytes and hangs up; a running line is used as it is', async () => {
    const { port, bus } = await busOf([gasMeter(1, () => 42.5), gasMeter(2, () => 7)])
    const line = prepared(cjt188, quick(port, { every: '10s' }), [gasOf(1)])
    const probe = line.open(new Gateway())
    const [found] = (await probe.probe?.(new AbortController().signal)) ?? []
    expect(found).toMatchObject({ reading: { value: 42.5, quality: 'good' }, raw: '502400002c'.replace('5024', '5042') })

    const host = new Gateway()
    const driver = started(line.open(host))
    await host.until('up', () => host.ups === 1)
    const others = await driver.probe?.(new AbortController().signal, [gasOf(2), gasOf(3)])
    expect(others?.map(({ reading }) => codeOf(reading))).toEqual(['good', 'timeout'])
    expect(bus.requests.length).toBeGreaterThan(3)
  })

  test('of a line nobody listens on says so', async () => {
    const port = await freePort()
    const found = await prepared(dlt645, quick(port), [powerOf(1)])
      .open(new Gateway())
      .probe?.(new AbortController().signal)
    expect(found?.map(({ reading }) => codeOf(reading))).toEqual(['unreachable'])
  })
})

describe('looking for meters', () => {
  const look = async (driver: Driver, ask: Partial<ScanAsk> = {}): Promise<readonly ScanStep[]> => {
    const steps: ScanStep[] = []
    for await (const step of driver.scan!({ most: 50, ...ask }, new AbortController().signal)) steps.push(step)
    return steps
  }
  const foundIn = (steps: readonly ScanStep[]) => steps.flatMap(step => (step.step === 'found' ? [step.found] : []))

  test('a single gas meter answers to everybody: its address, its kind and what it shows', async () => {
    const { port } = await busOf([gasMeter(12_345, () => 88.5, { order: 'be', takesAnyType: false })])
    const driver = prepared(cjt188, quick(port, { timeout: '60ms' }), []).open(new Gateway())
    const [found, ...others] = foundIn(await look(driver))
    expect(others).toEqual([])
    expect(found?.device).toEqual({ address: number(12_345), meter: 'gas' })
    expect(found?.points.find(({ name }) => name === 'total')).toMatchObject({
      settings: { data: 'total' },
      value: 88.5,
      unit: 'm³',
    })
  })

  test('a meter that reads nothing out to everybody is asked for its address, and then for itself', async () => {
    const { port, bus } = await busOf([gasMeter(77, () => 3, { shy: true })])
    const driver = prepared(cjt188, quick(port, { timeout: '40ms' }), []).open(new Gateway())
    const [found] = foundIn(await look(driver))
    expect(found?.device).toEqual({ address: number(77), meter: 'gas' })
    expect(found?.points[0]?.value).toBe(3)
    expect(new Set(bus.requests.map(request => request[9]))).toEqual(new Set([0x01, 0x03]))
  })

  test('electricity meters that speak at once are told apart by their last digits, two with the same ones too', async () => {
    const meters = [powerMeter(1_117, 1), powerMeter(2_217, 2), powerMeter(42, 3)]
    const { port } = await busOf(meters)
    const driver = prepared(dlt645, quick(port, { timeout: '20ms' }), []).open(new Gateway())
    const found = foundIn(await look(driver))
    expect(found.map(({ device }) => device['address']).toSorted()).toEqual([
      number(42, 12),
      number(1_117, 12),
      number(2_217, 12),
    ])
    expect(found.map(({ points }) => points[0]?.value).toSorted()).toEqual([1, 2, 3])
  })

  test('a range is asked number by number, with how far it is, and an older meter is named as such', async () => {
    const older = new Dlt645Meter({
      address: number(3, 12),
      edition: '1997',
      items: () => ({ '9010': { digits: 900, bytes: 4 } }),
    })
    const { port } = await busOf([powerMeter(1, 1), older])
    const driver = prepared(dlt645, quick(port, { timeout: '30ms' }), []).open(new Gateway())
    const steps = await look(driver, { from: 1, to: 4 })
    expect(foundIn(steps).map(({ device }) => device)).toEqual([
      { address: number(1, 12) },
      { address: number(3, 12), edition: '1997' },
    ])
    expect(steps.at(-1)).toEqual({ step: 'asked', done: 4, of: 4 })
  })

  test('nobody there is said, and a line that is down ends it', async () => {
    const { port } = await busOf([])
    const driver = prepared(dlt645, quick(port, { timeout: '20ms' }), []).open(new Gateway())
    expect((await look(driver)).at(-1)).toMatchObject({ step: 'trouble', fault: { code: 'timeout' } })
    const nowhere = prepared(dlt645, quick(await freePort()), []).open(new Gateway())
    expect((await look(nowhere)).at(-1)).toMatchObject({ step: 'trouble', fault: { code: 'unreachable' } })
  })

  test('ends when it is given up, and no more is found than was asked for', async () => {
    const { port } = await busOf([powerMeter(1, 1), powerMeter(2, 2), powerMeter(3, 3)])
    const driver = prepared(dlt645, quick(port, { timeout: '20ms' }), []).open(new Gateway())
    expect(foundIn(await look(driver, { from: 1, to: 3, most: 2 }))).toHaveLength(2)
    const given = new AbortController()
    let steps = 0
    for await (const _step of driver.scan!({ most: 9, from: 10, to: 9_999 }, given.signal)) if (++steps === 3) given.abort()
    expect(steps).toBe(3)
  })
})

test('a search ends with its line and does not open it again', async () => {
  const { port, bus } = await busOf([powerMeter(1, 1)])
  const host = new Gateway()
  const driver = prepared(dlt645, quick(port, { timeout: '20ms' }), [powerOf(1)]).open(host)
  driver.start()
  await host.until('up', () => host.ups === 1)
  const steps: ScanStep[] = []
  for await (const step of driver.scan!({ most: 9, from: 1, to: 9_999 }, new AbortController().signal)) {
    steps.push(step)
    if (steps.length === 3) await driver.stop()
  }
  const asked = bus.requests.length
  expect(steps.at(-1)).toMatchObject({ step: 'trouble', fault: { code: 'disconnected' } })
  expect(asked).toBeLessThan(40)
})

describe('nothing is ever written to a meter', () => {
  test('a long session of sweeps, single looks and searches sends nothing but questions', async () => {
    const meters = [gasMeter(1, () => 1), gasMeter(2, () => 2)]
    meters[1]!.manner = 'refuses'
    const { port, bus } = await busOf(meters)
    const { host, driver } = run(cjt188, quick(port, { timeout: '40ms' }), [gasOf(1), gasOf(2), gasOf(3), gasOf(1, 'month-3')])
    await host.until('sweeps', () => host.readings.length > 60)
    await driver.probe?.(new AbortController().signal)
    for await (const _step of driver.scan!({ most: 9, from: 1, to: 6 }, new AbortController().signal));
    await driver.stop()
    const power = await busOf([powerMeter(1, 5, { most: 2 })])
    const electric = run(dlt645, quick(power.port, { timeout: '40ms' }), [powerOf(1), powerOf(2)])
    await electric.host.until('sweeps', () => electric.host.readings.length > 40)
    for await (const _step of electric.driver.scan!({ most: 9 }, new AbortController().signal));
    await electric.driver.stop()

    expect(bus.requests.length).toBeGreaterThan(60)
    expect(new Set(bus.requests.map(request => request[9]))).toEqual(new Set([0x01]))
    const codes = new Set(power.bus.requests.map(request => request[8]))
    expect([...codes].filter(code => ![0x01, 0x11, 0x12, 0x13].includes(code ?? -1))).toEqual([])
    expect(codes.has(0x12)).toBe(true)
  })
})
