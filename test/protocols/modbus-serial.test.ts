import { afterEach, describe, expect, test } from 'vitest'
import { modbusRtu, modbusTcp } from '../../protocols/modbus/driver.ts'
import { driverPromises } from './driver-promises.ts'
import { binding, codeOf, freePort, Gateway, isGood, point, prepared, run } from './kit.ts'
import type { OnLine, Ports } from './peers/serial-line.ts'
import { hasSocat, refused, serialPortTo, SerialLine, told } from './peers/serial-line.ts'

let line: SerialLine | undefined
let ports: Ports | undefined
afterEach(async () => {
  await ports?.stop()
  await line?.stop()
  ports = line = undefined
})

async function serial(does: OnLine, byteMs = 0): Promise<string> {
  line = new SerialLine(does, byteMs)
  ports = await serialPortTo(await line.start())
  return ports.path
}

driverPromises({
  name: 'Modbus RTU over TCP',
  protocol: modbusRtu,
  port: freePort,
  settings: port => ({ host: '127.0.0.1', port, every: '50ms', timeout: '500ms' }),
  good: binding('room.temperature', { register: 0 }, { unit: 1 }),
  broken: binding('room.humidity', { register: 5 }, { unit: 1 }),
  lost: ['disconnected'],
  async device(port) {
    let value = 0
    const device = new SerialLine(asked => (asked.start + asked.quantity > 5 ? refused(asked, 2) : told(asked, () => value)))
    await device.start(port)
    return { show: shown => void (value = shown), vanish: () => device.stop() }
  },
})

describe.skipIf(!hasSocat())('a serial port', () => {
  test('is read as any other line: registers, signs, bits, and a refusal stays with its own point', async () => {
    const path = await serial(asked =>
      asked.start + asked.quantity > 8 ? refused(asked, 2) : told(asked, address => [215, 0xff33, 0b1000][address] ?? address),
    )
    const { host, driver } = run(modbusRtu, { path, every: '50ms', timeout: '300ms' }, [
      binding('a.warm', { register: 0, type: 'int16', scale: 0.1 }, { unit: 3 }),
      binding('a.cold', { register: 1, type: 'int16', scale: 0.1 }, { unit: 3 }),
      binding('a.door', { register: 2, type: 'bit', bit: 3 }, { unit: 3 }),
      binding('a.beyond', { register: 9 }, { unit: 3 }),
    ])

    await host.until('three sweeps', () => host.of(point('a.door')).length > 3)
    await driver.stop()

    expect([host.last(point('a.warm'))?.value, host.last(point('a.cold'))?.value, host.last(point('a.door'))?.value]).toEqual([
      21.5, -20.5, 1,
    ])
    expect(new Set(host.of(point('a.beyond')).map(codeOf))).toEqual(new Set(['no-such-address']))
    expect(host.links).toEqual(['up'])
  })

  test('that is not there is unreachable, with its name', async () => {
    const { host, driver } = run(modbusRtu, { path: '/dev/zhishou-nowhere', every: '50ms' }, [
      binding('a.x', { register: 0 }, { unit: 1 }),
    ])

    await host.until('down', () => host.downs.length > 0)
    await driver.stop()

    expect(host.downs[0]?.code).toBe('unreachable')
    expect(host.downs[0]?.detail).toContain('/dev/zhishou-nowhere')
  })

  test('that is pulled out is a loss said once, and a return when it is plugged in again', async () => {
    const path = await serial(asked => told(asked, () => 7))
    const { host, driver } = run(modbusRtu, { path, every: '50ms', timeout: '200ms' }, [
      binding('a.x', { register: 0 }, { unit: 1 }),
    ])
    await host.until('a value', () => isGood(host.last(point('a.x'))))

    await ports?.stop()
    await host.until('down', () => host.downs.length > 0, 20_000)
    expect(codeOf(host.last(point('a.x')))).not.toBe('good')
    await driver.stop()

    expect(host.downs).toHaveLength(1)
  })

  test('is looked over for units, for speed too while nobody else uses it', async () => {
    const path = await serial(asked => (asked.unit === 5 ? told(asked, address => 100 + address) : undefined))
    const driver = prepared(modbusRtu, { path, timeout: '60ms' }, []).open(new Gateway())

    const steps = []
    for await (const step of driver.scan?.({ from: 1, to: 8, most: 10 }, new AbortController().signal) ?? []) steps.push(step)

    const found = steps.flatMap(step => (step.step === 'found' ? [step.found] : []))
    expect(found.map(({ device }) => device)).toEqual([{ unit: 5 }])
    expect(found[0]?.points[1]).toEqual({
      settings: { table: 'holding', register: 1, type: 'int16' },
      name: 'holding 1',
      value: 101,
      raw: '0065',
    })
    expect(steps.at(-1)).toEqual({ step: 'asked', done: 8, of: 8 })
    expect(line?.asked.every(({ code }) => code === 3 || code === 4)).toBe(true)
  })

  test('where nobody answers is tried at other speeds, and what answered is said', async () => {
    let asked = 0
    // Behind a pty every speed is right: what comes after the first round stands for a device of another speed.
    const path = await serial(question => (asked++ >= 3 && question.unit === 1 ? told(question, () => 7) : undefined))
    const driver = prepared(modbusRtu, { path, timeout: '80ms' }, []).open(new Gateway())

    const notes = []
    for await (const step of driver.scan?.({ from: 1, to: 3, most: 10 }, new AbortController().signal) ?? [])
      if (step.step === 'found') notes.push([step.found.device, step.found.note?.en])

    expect(notes).toEqual([[{ unit: 1 }, 'it answers at 4800 baud 8N1: write baud: 4800 and format: 8N1 at the connection']])
  })

  test('may be scanned while it is polled, and no sweep is lost by it', async () => {
    const path = await serial(asked => (asked.unit <= 2 ? told(asked, () => asked.unit) : undefined))
    const { host, driver } = run(modbusRtu, { path, every: '250ms', timeout: '80ms' }, [
      binding('a.x', { register: 0 }, { unit: 1 }),
    ])
    await host.until('up', () => isGood(host.last(point('a.x'))))
    const before = host.of(point('a.x')).length

    const found = []
    for await (const step of driver.scan?.({ from: 1, to: 20, most: 10 }, new AbortController().signal) ?? [])
      if (step.step === 'found') found.push(step.found.device)
    const seen = host.of(point('a.x')).slice(before)
    await driver.stop()

    expect(found).toEqual([{ unit: 1 }, { unit: 2 }])
    expect(seen.length).toBeGreaterThan(3)
    expect(seen.every(isGood)).toBe(true)
  })
})

describe('thirty-two units on one line, eight of them dead', () => {
  const dead = (unit: number): boolean => unit % 4 === 0
  const bindings = Array.from({ length: 32 }, (_, index) => binding(`u${index + 1}.x`, { register: 0 }, { unit: index + 1 }))
  const living = bindings.filter((_, index) => !dead(index + 1))
  const does: OnLine = asked => (dead(asked.unit) ? undefined : told(asked, () => asked.unit))

  /** The share of its sweeps that the unluckiest of the living lost within eighteen seconds of work: a gap of two periods is one sweep lost. */
  async function lost(host: Gateway, every: number): Promise<number> {
    await host.until('the line at work', () => living.every(({ point: id }) => isGood(host.last(id))), 30_000)
    // The steady state is measured: the dead have been found dead, and the first of them was asked once more.
    const settled = Date.now() + 5_000
    await host.until('it has settled', () => Date.now() >= settled, 30_000)
    const [from, began] = [host.readings.length, Date.now()]
    await host.until('many sweeps', () => Date.now() - began >= 18_000, 40_000)
    const seen = host.readings.slice(from).filter(isGood)
    const shares = living.map(({ point: id }) => {
      const times = seen.filter(reading => reading.point === id).map(({ at }) => at)
      const missing = times.slice(1).map((at, index) => Math.max(0, Math.round((at - (times[index] ?? at)) / every) - 1))
      const gaps = missing.reduce((sum, each) => sum + each, 0)
      return gaps / (times.length + gaps)
    })
    return Math.max(...shares)
  }

  test('cost the others less than one sweep in twenty, where a dead one would take most of a sweep', { retry: 3 }, async () => {
    line = new SerialLine(does)
    const other = new SerialLine(does)
    const rhythm = { host: '127.0.0.1', framing: 'rtu', every: '300ms', timeout: '250ms' }
    const undisturbed = run(modbusTcp, { ...rhythm, port: await other.start() }, living)
    const { host, driver } = run(modbusTcp, { ...rhythm, port: await line.start() }, bindings)

    // What this machine is too busy for, the same units lose on a line without the dead, at the same time.
    const [share, anyway] = await Promise.all([lost(host, 300), lost(undisturbed.host, 300)])
    await driver.stop()
    await undisturbed.driver.stop()
    await other.stop()

    expect(share - anyway).toBeLessThan(0.05)
    expect(host.readings.filter(isGood).every(({ point: id, value }) => id === `u${value}.x`)).toBe(true)
    expect(new Set(line.asked.map(({ unit }) => unit).filter(dead)).size).toBe(8)
  })

  test.skipIf(!hasSocat())('and no more on a serial port', { retry: 3 }, async () => {
    const path = await serial(does)
    const other = new SerialLine(does)
    const otherPorts = await serialPortTo(await other.start())
    const rhythm = { baud: 115_200, every: '600ms', timeout: '500ms' }
    const undisturbed = run(modbusRtu, { ...rhythm, path: otherPorts.path }, living)
    const { host, driver } = run(modbusRtu, { ...rhythm, path }, bindings)

    const [share, anyway] = await Promise.all([lost(host, 600), lost(undisturbed.host, 600)])
    const report = driver.report?.()
    await driver.stop()
    await undisturbed.driver.stop()
    await otherPorts.stop()
    await other.stop()

    expect(share - anyway).toBeLessThan(0.05)
    expect(report?.devices.filter(({ silent }) => silent).map(({ device }) => device)).toEqual(
      [4, 8, 12, 16, 20, 24, 28, 32].map(unit => `unit ${unit}`),
    )
    expect(report?.devices[3]?.advice[0]?.en).toContain('Other units of this line answer')
  })
})
