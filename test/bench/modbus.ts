import modbusSerial from 'modbus-serial'
import { systemClock } from '../../gateway/clock.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import { seconds } from '../../protocols/contract/time.ts'
import { modbusTcp } from '../../protocols/modbus/driver.ts'
import { dialTcp } from '../../protocols/modbus/tcp-session.ts'
import { freePort } from '../kit/product.ts'
import { startLibmodbus } from '../protocols/peers/programs.ts'
import { alternate, compared, gate } from './figure.ts'
import type { Bench, Figure, Pace, Pairs } from './figure.ts'
import { passes } from './process.ts'

const id = 'modbus'
const peer = 'modbus-serial'
/** What the libmodbus server holds in its hundred registers, as `test/protocols/peers/libmodbus_server.c` sets them. */
const held = Array.from({ length: 100 }, (_, register) => ({ 0: 215, 1: 0xff33, 99: 99 })[register] ?? 0)
const isHeld = (values: readonly number[]): boolean => JSON.stringify(values) === JSON.stringify(held)

interface Cost {
  readonly perSecond: number
  /** Microseconds of a core, both threads of the kernel and ours, of this process alone. */
  readonly cpuMicros: number
}

/** Reads as fast as the answers come. */
async function rush(count: number, read: () => Promise<unknown>): Promise<Cost> {
  const cpu = process.cpuUsage()
  const from = performance.now()
  for (let left = count; left > 0; left--) await read()
  const ms = performance.now() - from
  const { user, system } = process.cpuUsage(cpu)
  return { perSecond: count / (ms / 1_000), cpuMicros: (user + system) / count }
}

const words = (data: Uint8Array): number[] =>
  Array.from({ length: data.length / 2 }, (_, i) => (data[2 * i] ?? 0) * 256 + (data[2 * i + 1] ?? 0))

async function sessions(port: number, { quick }: Pace): Promise<Pairs<Cost>> {
  const dialled = await dialTcp({ host: '127.0.0.1', port, timeout: seconds(5), wall: systemClock }, new AbortController().signal)
  if (!dialled.ok) throw new Error(dialled.fault.detail)
  const session = dialled.value
  const client = new modbusSerial.default()
  await client.connectTCP('127.0.0.1', { port })
  client.setID(1)
  const read = async (): Promise<Uint8Array> => {
    const { judged } = await session.read({ unit: 1, table: 'holding', start: 0, quantity: 100 })
    gate(judged.kind === 'data', `the session gave ${judged.kind}`)
    return judged.data
  }
  try {
    gate(isHeld(words(await read())), 'the session does not give what the server holds')
    gate(isHeld((await client.readHoldingRegisters(0, 100)).data), 'modbus-serial does not give what the server holds')
    const count = quick ? 1_500 : 10_000
    return await alternate(
      quick ? 3 : 5,
      () => rush(count, read),
      () => rush(count, () => client.readHoldingRegisters(0, 100)),
    )
  } finally {
    await session.close()
    await new Promise<void>(resolve => client.close(() => resolve()))
  }
}

const every = 10

/** The whole driver: rhythm, plan, decode and a reading for each of a hundred points. */
async function driving(port: number, polls: number): Promise<Cost> {
  const bindings = held.map((_, register) => ({
    point: `line.r${register}` as PointId,
    equipment: 'line',
    device: { unit: 1 },
    settings: { register },
  }))
  const prepared = modbusTcp.prepare('line', { host: '127.0.0.1', port, every: `${every}ms` }, bindings)
  if (!prepared.ok) throw new Error('the settings of the bench are wrong')
  const sweeps: (readonly Reading[])[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const driver = prepared.driver.open({
    clock: systemClock,
    wall: systemClock,
    publish(readings) {
      sweeps.push(readings)
      if (sweeps.length === 20) start()
      if (sweeps.length === 20 + polls) resolve()
    },
    linkUp() {},
    linkDown: ({ detail }) => resolve(gate(false, detail)),
  })
  let cpu = process.cpuUsage()
  let from = 0
  const start = (): void => {
    cpu = process.cpuUsage()
    from = performance.now()
  }
  driver.start()
  await promise
  const { user, system } = process.cpuUsage(cpu)
  const ms = performance.now() - from
  await driver.stop()
  for (const sweep of sweeps)
    gate(isHeld(sweep.map(({ value }) => value ?? Number.NaN)), 'a sweep of the driver is not what the server holds')
  return { perSecond: polls / (ms / 1_000), cpuMicros: (user + system) / polls }
}

/** The same by hand: a loop in the same rhythm that makes an object of each register. */
async function byHand(port: number, polls: number): Promise<Cost> {
  const client = new modbusSerial.default()
  await client.connectTCP('127.0.0.1', { port })
  client.setID(1)
  let cpu = process.cpuUsage()
  let from = performance.now()
  let due = from
  const sweeps: { readonly point: string; readonly at: number; readonly value: number }[][] = []
  for (let poll = -20; poll < polls; poll++) {
    if (poll === 0) [cpu, from] = [process.cpuUsage(), performance.now()]
    const { data } = await client.readHoldingRegisters(0, 100)
    const at = Date.now()
    sweeps.push(data.map((value, register) => ({ point: `line.r${register}`, at, value })))
    due += every
    await passes(Math.max(0, due - performance.now()))
  }
  const { user, system } = process.cpuUsage(cpu)
  const ms = performance.now() - from
  await new Promise<void>(resolve => client.close(() => resolve()))
  for (const sweep of sweeps) gate(isHeld(sweep.map(({ value }) => value)), 'modbus-serial does not give what the server holds')
  return { perSecond: polls / (ms / 1_000), cpuMicros: (user + system) / polls }
}

export const bench: Bench = {
  id,
  title: 'Modbus TCP against a libmodbus server, 100 registers a request',
  quick: true,
  async run(pace): Promise<readonly Figure[]> {
    const server = await startLibmodbus(await freePort())
    try {
      const rushed = await sessions(server.port, pace)
      const polls = pace.quick ? 50 : 500
      const driven = await alternate(
        pace.quick ? 1 : 5,
        () => driving(server.port, polls),
        () => byHand(server.port, polls),
      )
      const inRhythm = `every ${every} ms, a reading for each of 100 points`
      return [
        compared({ id, metric: 'session, back to back', unit: 'polls/s', peer }, rushed, cost => cost.perSecond),
        compared({ id, metric: 'session, CPU', unit: 'µs/request', peer }, rushed, cost => cost.cpuMicros),
        compared({ id, metric: 'driver, CPU', unit: 'µs/request', peer, note: inRhythm }, driven, cost => cost.cpuMicros),
      ]
    } finally {
      await server.stop()
    }
  },
}
