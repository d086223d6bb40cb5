import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ModbusServer } from '../../simulators/servers/modbus-server.ts'
import type { RegisterType } from '../../simulators/servers/registers.ts'
import { byteOrders, encode, registerTypes, wordsOf } from '../../simulators/servers/registers.ts'
import { modbusRtu, modbusTcp } from '../../protocols/modbus/driver.ts'
import { binding, codeOf, freePort, Gateway, isGood, point, prepared, run } from './kit.ts'
import type { Peer } from './peers/programs.ts'
import {
  hasLibmodbus,
  hasMbpoll,
  hasPymodbus,
  mbpoll,
  startLibmodbus,
  startLibmodbusRtu,
  startPymodbus,
  startPymodbusFaults,
} from './peers/programs.ts'
import { hasSocat, serialPair, serialPortTo } from './peers/serial-line.ts'

const unit = { unit: 1 }
const points = [
  binding('a.warm', { register: 0, type: 'int16', scale: 0.1 }, unit),
  binding('a.cold', { register: 1, type: 'int16', scale: 0.1 }, unit),
  binding('a.input', { table: 'input', register: 0 }, unit),
  binding('a.coil', { table: 'coil', register: 3 }, unit),
  binding('a.off', { table: 'coil', register: 4 }, unit),
  binding('a.contact', { table: 'discrete', register: 9 }, unit),
]
const expected = { 'a.warm': 21.5, 'a.cold': -20.5, 'a.input': 42, 'a.coil': 1, 'a.off': 0, 'a.contact': 1 }

function expectAll(host: Gateway): void {
  const shown = Object.fromEntries(Object.keys(expected).map(name => [name, host.last(point(name))?.value]))
  expect(shown).toEqual(expected)
}

describe.skipIf(!hasPymodbus())('against pymodbus', () => {
  let peer: Peer
  beforeAll(async () => {
    peer = await startPymodbus(await freePort())
  })
  afterAll(() => peer?.stop())
  const settings = (): Record<string, unknown> => ({ host: '127.0.0.1', port: peer.port, every: '100ms' })

  test('every table and the sign of a register arrive as the server holds them', async () => {
    const { host, driver } = run(modbusTcp, settings(), points)

    await host.until('all points good', () => Object.keys(expected).every(name => isGood(host.last(point(name)))))
    await driver.stop()

    expectAll(host)
    expect(host.links).toEqual(['up'])
  })

  test('the same float is read in all four byte orders', async () => {
    const orders = [
      ['ABCD', 10],
      ['CDAB', 12],
      ['BADC', 14],
      ['DCBA', 16],
    ] as const
    const bindings = orders.map(([order, register]) => binding(`f.${order}`, { register, type: 'float32', order }, unit))
    const { host, driver } = run(modbusTcp, settings(), bindings)

    await host.until('all floats', () => orders.every(([order]) => isGood(host.last(point(`f.${order}`)))))
    await driver.stop()

    expect(orders.map(([order]) => host.last(point(`f.${order}`))?.value)).toEqual([21.5, 21.5, 21.5, 21.5])
    expect(host.batches[0]).toHaveLength(4)
  })

  test('a hole in the map spoils its own point only, and the others are still read together', async () => {
    const two = { unit: 2 }
    const bindings = [3, 4, 5, 6, 7].map(register => binding(`h.r${register}`, { register }, two))
    const { host, driver } = run(modbusTcp, settings(), bindings)

    await host.until('a second look', () => host.of(point('h.r5')).length > 2)
    await driver.stop()

    expect([3, 4, 5, 6, 7].map(r => host.last(point(`h.r${r}`))?.value)).toEqual([103, 104, undefined, 106, 107])
    expect(host.of(point('h.r5')).map(codeOf)).toEqual(host.of(point('h.r5')).map(() => 'no-such-address'))
    expect(host.of(point('h.r4')).every(isGood)).toBe(true)
    const late = host.batches.slice(-4).map(batch => batch.length)
    expect(Math.max(...late)).toBeGreaterThan(1)
  })

  test('the code for "no sensor" is a fault and never a number', async () => {
    const bindings = [binding('s.probe', { register: 20, type: 'int16', sentinel: [32_768] }, unit)]
    const { host, driver } = run(modbusTcp, settings(), bindings)

    await host.until('a word', () => host.readings.length > 0)
    await driver.stop()

    expect(host.readings.map(codeOf)).toContain('sentinel')
    expect(host.readings.every(reading => reading.value === undefined)).toBe(true)
  })

  test('one look outside the rhythm shows the bytes', async () => {
    const driver = prepared(modbusTcp, settings(), points).open(new Gateway())

    const probes = await driver.probe?.(AbortSignal.timeout(5_000))

    expect(probes?.map(({ reading, raw }) => [reading.point, reading.value, raw])).toContainEqual(['a.cold', -20.5, 'ff33'])
    expect(probes).toHaveLength(points.length)
  })
})

describe.skipIf(!hasPymodbus())('RTU frames over TCP against pymodbus', () => {
  let peer: Peer
  beforeAll(async () => {
    peer = await startPymodbus(await freePort(), 'rtu')
  })
  afterAll(() => peer?.stop())

  test('the same points give the same values', async () => {
    const { host, driver } = run(modbusTcp, { host: '127.0.0.1', port: peer.port, every: '100ms', framing: 'rtu' }, points)

    await host.until('all points good', () => Object.keys(expected).every(name => isGood(host.last(point(name)))))
    await driver.stop()

    expectAll(host)
  })

  test.skipIf(!hasSocat())('and over a serial port, where a unit that is not there is silent', async () => {
    const ports = await serialPortTo(peer.port)
    const settings = { path: ports.path, baud: 19_200, every: '100ms', timeout: '300ms' }
    const { host, driver } = run(modbusRtu, settings, [...points, binding('b.x', { register: 0 }, { unit: 9 })])

    await host.until('all points good', () => Object.keys(expected).every(name => isGood(host.last(point(name)))), 30_000)
    await host.until('a word of the missing one', () => host.of(point('b.x')).length > 0)
    await driver.stop()
    await ports.stop()

    expectAll(host)
    expect(host.of(point('b.x')).some(isGood)).toBe(false)
  })
})

describe.skipIf(!hasLibmodbus())('against libmodbus', () => {
  let peer: Peer
  beforeAll(async () => {
    peer = await startLibmodbus(await freePort())
  })
  afterAll(() => peer?.stop())

  test('every table arrives, and reading past the end of the map spoils only what lies there', async () => {
    const bindings = [...points, binding('a.last', { register: 99 }, unit), binding('a.beyond', { register: 100 }, unit)]
    const { host, driver } = run(modbusTcp, { host: '127.0.0.1', port: peer.port, every: '100ms' }, bindings)

    await host.until('two sweeps', () => host.of(point('a.input')).length > 1 && host.of(point('a.contact')).length > 1)
    await driver.stop()

    expectAll(host)
    expect(host.last(point('a.last'))?.value).toBe(99)
    expect(codeOf(host.last(point('a.beyond')))).toBe('no-such-address')
  })

  test('a server that dies and returns is a loss said once, and then good readings again', async () => {
    const port = await freePort()
    const first = await startLibmodbus(port)
    const { host, driver } = run(modbusTcp, { host: '127.0.0.1', port, every: '100ms' }, points)
    await host.until('good', () => isGood(host.last(point('a.warm'))))

    await first.stop()
    await host.until('down', () => host.downs.length > 0)
    expect(codeOf(host.last(point('a.contact')))).toBe('disconnected')
    const second = await startLibmodbus(port)
    await host.until('up again', () => host.ups === 2 && isGood(host.last(point('a.warm'))), 30_000)
    await driver.stop()
    await second.stop()

    expect(host.downs).toHaveLength(1)
  })
})

describe.skipIf(!hasPymodbus()).each([
  ['Modbus TCP', 'socket', 'tcp'],
  ['RTU over TCP', 'rtu', 'rtu'],
] as const)('against the fault injection of pymodbus over %s', (_, framer, framing) => {
  let peer: Peer
  beforeAll(async () => {
    peer = await startPymodbusFaults(await freePort(), framer)
  })
  afterAll(() => peer?.stop())

  test('errors, delays, silence and stray bytes never become a value, and the honest unit is read on', async () => {
    const bindings = [1, 2, 3, 4, 5].flatMap(unit =>
      [0, 7].map(register => binding(`u${unit}.r${register}`, { register }, { unit })),
    )
    const settings = { host: '127.0.0.1', port: peer.port, framing, every: '100ms', timeout: '250ms', gap: 0, retries: 0 }
    const { host, driver } = run(modbusTcp, settings, bindings)

    await host.until('words of all', () => [2, 3, 4, 5].every(unit => host.of(point(`u${unit}.r0`)).length >= 3), 40_000)
    const seen = host.of(point('u1.r7')).filter(isGood).length
    await host.until('the honest one again', () => host.of(point('u1.r7')).filter(isGood).length >= seen + 3, 40_000)
    await driver.stop()

    for (const reading of host.readings.filter(isGood)) {
      const [, unit, register] = /^u(\d)\.r(\d)$/.exec(reading.point) ?? []
      expect(reading.value).toBe(Number(unit) * 1_000 + Number(register))
    }
    const codes = (unit: number): unknown[] => [...new Set(host.of(point(`u${unit}.r0`)).map(codeOf))]
    expect(codes(2)).toEqual(['refused'])
    expect(codes(4)).toEqual(['timeout'])
    expect(host.of(point('u5.r0')).some(isGood)).toBe(false)
  })
})

describe.skipIf(!hasLibmodbus() || !hasSocat())('against libmodbus on a serial line', () => {
  test('every table arrives over the port, and what another unit says is left alone', async () => {
    const ports = await serialPair()
    const peer = await startLibmodbusRtu(ports.other, 19_200, 1)
    const settings = { path: ports.path, baud: 19_200, every: '100ms', timeout: '300ms' }
    const { host, driver } = run(modbusRtu, settings, [...points, binding('b.x', { register: 0 }, { unit: 9 })])

    await host.until('all points good', () => Object.keys(expected).every(name => isGood(host.last(point(name)))), 30_000)
    await host.until('a word of the missing one', () => host.of(point('b.x')).length > 0)
    await driver.stop()
    await peer.stop()
    await ports.stop()

    expectAll(host)
    expect(new Set(host.of(point('b.x')).map(codeOf))).toEqual(new Set(['timeout']))
  })
})

describe.skipIf(!hasMbpoll())('our simulated equipment before mbpoll', () => {
  const units = new Map([
    [
      3,
      {
        manner: () => 'normal' as const,
        read: (_: string, address: number, count: number) => Array.from({ length: count }, (__, n) => 500 + address + n),
      },
    ],
  ])

  test('shows its registers over Modbus TCP', async () => {
    const server = new ModbusServer({ host: '127.0.0.1', port: 0, framing: 'tcp', units, slowness: 0 })
    const port = await server.start()

    const said = await mbpoll(['-m', 'tcp', '-p', String(port), '-a', '3', '-0', '-r', '10', '-c', '3', '-t', '4', '127.0.0.1'])
    await server.stop()

    expect([...said.matchAll(/^\[(\d+)\]:\s+(\d+)/gm)].map(([, address, value]) => [Number(address), Number(value)])).toEqual([
      [10, 510],
      [11, 511],
      [12, 512],
    ])
  })

  test.skipIf(!hasSocat())('and over a serial port', async () => {
    const server = new ModbusServer({ host: '127.0.0.1', port: 0, framing: 'rtu', units, slowness: 0 })
    const ports = await serialPortTo(await server.start())

    const said = await mbpoll([
      '-m',
      'rtu',
      '-b',
      '9600',
      '-P',
      'none',
      '-a',
      '3',
      '-0',
      '-r',
      '10',
      '-c',
      '2',
      '-t',
      '3',
      ports.path,
    ])
    await ports.stop()
    await server.stop()

    expect([...said.matchAll(/^\[(\d+)\]:\s+(\d+)/gm)].map(([, , value]) => Number(value))).toEqual([510, 511])
  })
})

test('every type in every order that simulated equipment lays out is read back as it was', async () => {
  const values: Partial<Record<RegisterType, number>> = {
    float32: 21.5,
    float64: -3.25,
    int16: -205,
    int32: -70_000,
    int64: -5e9,
  }
  const all = registerTypes.flatMap(type =>
    byteOrders.flatMap(order =>
      type === 'bit' || (order.length === 8 && wordsOf(type) !== 4) ? [] : [{ type, order, value: values[type] ?? 12 }],
    ),
  )
  const words = all.flatMap(({ type, order, value }) => [...encode(value, type, order, 3), ...Array(8).fill(0)].slice(0, 8))
  const units = new Map([
    [1, { manner: () => 'normal' as const, read: (_: string, at: number, count: number) => words.slice(at, at + count) }],
  ])
  const server = new ModbusServer({ host: '127.0.0.1', port: 0, framing: 'tcp', units, slowness: 0 })
  const port = await server.start()
  const bindings = all.map(({ type, order }, index) =>
    binding(`t.p${index}`, { register: index * 8, type, order, ...(type === 'bits' && { bit: 3, count: 5 }) }, unit),
  )
  const { host, driver } = run(modbusTcp, { host: '127.0.0.1', port, every: '200ms' }, bindings)

  await host.until('all of them', () => bindings.every(({ point: id }) => host.last(id) !== undefined))
  await driver.stop()
  await server.stop()

  expect(all.map((_, index) => host.last(point(`t.p${index}`))?.value)).toEqual(all.map(({ value }) => value))
})
