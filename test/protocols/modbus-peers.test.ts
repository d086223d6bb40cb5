import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { modbusTcp } from '../../protocols/modbus/driver.ts'
import { binding, codeOf, freePort, Gateway, isGood, point, prepared, run } from './kit.ts'
import type { Peer } from './peers/programs.ts'
import { hasLibmodbus, hasPymodbus, startLibmodbus, startPymodbus } from './peers/programs.ts'

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
  }, 30_000)
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
  }, 30_000)
  afterAll(() => peer?.stop())

  test('the same points give the same values', async () => {
    const { host, driver } = run(modbusTcp, { host: '127.0.0.1', port: peer.port, every: '100ms', framing: 'rtu' }, points)

    await host.until('all points good', () => Object.keys(expected).every(name => isGood(host.last(point(name)))))
    await driver.stop()

    expectAll(host)
  })
})

describe.skipIf(!hasLibmodbus())('against libmodbus', () => {
  let peer: Peer
  beforeAll(async () => {
    peer = await startLibmodbus(await freePort())
  }, 30_000)
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
  }, 40_000)
})
