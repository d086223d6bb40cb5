import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import modbusSerial from 'modbus-serial'
import { systemClock } from '../../gateway/clock.ts'
import { millis, seconds } from '../../protocols/contract/time.ts'
import { dialModbus } from '../../protocols/modbus/dial.ts'
import { FrameLog } from '../../protocols/modbus/frame-log.ts'
import { freePort } from '../kit/product.ts'
import { alternate, alone, compared, gate } from './figure.ts'
import type { Bench, Figure, Pace, Pairs } from './figure.ts'
import { cpuSeconds, passes, residentMb } from './process.ts'
import { installNodeRed, startNodeRed } from './peers/node-red.ts'
import { packProgram, startProgram } from './programs.ts'
import type { Program } from './programs.ts'

const id = 'modbus'
const peer = 'modbus-serial'
const run = promisify(execFile)

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

const isFloats = (bytes: Buffer): boolean =>
  bytes.length === 200 && Array.from({ length: 50 }, (_, n) => bytes.readFloatBE(4 * n)).every(value => value >= 20 && value < 31)

async function sessions(port: number, { quick }: Pace): Promise<Pairs<Cost>> {
  const line = { via: 'tcp', host: '127.0.0.1', port } as const
  const parts = { wall: systemClock, frames: new FrameLog(systemClock) }
  const dialled = await dialModbus({ line, framing: 'tcp', pauseAfterConnect: millis(0) }, parts, new AbortController().signal)
  if (!dialled.ok) throw new Error(dialled.fault.detail)
  const session = dialled.value
  const client = new modbusSerial.default()
  await client.connectTCP('127.0.0.1', { port })
  client.setID(1)
  const patience = { timeout: seconds(5), pause: millis(0) }
  const read = async (): Promise<Buffer> => {
    const { judged } = await session.read({ unit: 1, table: 'holding', start: 0, quantity: 100 }, patience)
    gate(judged.kind === 'data', `the session gave ${judged.kind}`)
    return judged.data
  }
  try {
    gate(isFloats(await read()), 'the session does not give what the server holds')
    gate(isFloats((await client.readHoldingRegisters(0, 100)).buffer), 'modbus-serial does not give what the server holds')
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

async function inC(folder: string, port: number, count: number): Promise<Cost> {
  const { stdout } = await run(join(folder, 'client'), [String(port), String(count)])
  const [cpuMicros = Number.NaN, perSecond = Number.NaN] = stdout.split(' ').map(Number)
  return { cpuMicros, perSecond }
}

interface Polled {
  /** Percent of a core over the window. */
  readonly share: number
  readonly mb: number
  /** Floats a second that the program counts as read, or as kept. */
  readonly rate: number
}

/** What a program takes and does over so many milliseconds, once it has found its rhythm. */
async function watch(program: Program, length: number, settling = 2_000): Promise<Polled> {
  await passes(settling)
  const [cpu, from, before] = [cpuSeconds(program.pid), performance.now(), await program.count()]
  await passes(length)
  const [used, ms, done] = [cpuSeconds(program.pid) - cpu, performance.now() - from, (await program.count()) - before]
  return { share: (used / ms) * 100_000, mb: residentMb(program.pid), rate: (done / ms) * 1_000 }
}

/** As if it had read exactly what was due: a window begins and ends within a sweep. What reads much less is not compared. */
function due(name: string, polled: Polled, every: number): Polled {
  const rate = 1e7 / every
  gate(polled.rate >= rate * 0.8, `${name} read ${polled.rate.toFixed(0)} floats a second, not ${rate.toFixed(0)}`)
  return { ...polled, share: (polled.share * rate) / polled.rate, rate }
}

async function polling(program: string, ports: string, every: number, length: number): Promise<Polled> {
  const started = await startProgram(program, [ports, String(every)])
  try {
    return due(program, await watch(started, length), every)
  } finally {
    await started.stop()
  }
}

type Start = Awaited<ReturnType<typeof packProgram>>

/**
 * The whole gateway: every float judged by a limit rule and kept in the history. It is looked at once the first readings have grown old
 * enough to be packed into blocks (600,000 wait for that), because from then on this goes on all the time.
 */
async function wholeGateway(start: Start, ports: string, every: number, length: number): Promise<Polled> {
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-bench-'))
  const product = await start([folder, ports, String(every)])
  try {
    // Packing comes in bursts, one in some sixty sweeps: a window holds one at least.
    return due('the gateway', await watch(product, Math.max(length, 61 * every), 3_000 + 63 * every), every)
  } finally {
    await product.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Node-RED with the contributed Modbus nodes: the floats are taken out, nothing is judged or kept. */
async function nodeRed(folder: string, ports: readonly number[], every: number, length: number): Promise<Polled> {
  const started = await startNodeRed(folder, ports, every, await freePort())
  try {
    return await watch(started, length)
  } finally {
    await started.stop()
  }
}

/** Ten servers, as ten serial servers or controllers would be. */
async function servers(folder: string, count: number): Promise<{ ports: readonly number[]; stop(): void }> {
  const ports: number[] = []
  const children: ChildProcess[] = []
  for (let n = 0; n < count; n++) {
    const port = await freePort()
    ports.push(port)
    children.push(spawn(join(folder, 'server'), [String(port)], { stdio: 'ignore' }))
  }
  await passes(300)
  return { ports, stop: () => children.forEach(child => child.kill('SIGKILL')) }
}

async function measure(pace: Pace): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-modbus-'))
  const source = (name: string): string => join(import.meta.dirname, 'peers', name)
  await run('gcc', ['-O2', '-o', join(folder, 'server'), source('libmodbus-floats.c'), '-lmodbus'])
  await run('gcc', ['-O2', '-o', join(folder, 'client'), source('libmodbus-client.c'), '-lmodbus'])
  const { ports, stop } = await servers(folder, 10)
  try {
    const [first = 0] = ports
    const rushed = await sessions(first, pace)
    const count = pace.quick ? 3_000 : 30_000
    const c = await Promise.all([1, 2, 3].slice(0, pace.quick ? 1 : 3).map(async () => inC(folder, first, count)))
    const list = ports.join(',')
    const length = pace.quick ? 3_000 : 15_000
    const rounds = pace.quick ? 1 : 2
    const figures = [
      compared({ id, metric: 'session, back to back', unit: 'polls/s', peer }, rushed, cost => cost.perSecond),
      compared({ id, metric: 'session, CPU', unit: 'µs/request', peer }, rushed, cost => cost.cpuMicros),
      compared(
        { id, metric: 'session, CPU beside C', unit: 'µs/request', peer: 'libmodbus' },
        { product: rushed.product.slice(0, c.length), peer: c },
        cost => cost.cpuMicros,
      ),
    ]
    const gateway = await packProgram('many-modbus.ts', join(folder, 'packed'))
    const red = !pace.quick && (await installNodeRed(join(folder, 'node-red')))
    for (const [metric, every, label] of [
      ['10,000 floats/s', 1_000, '100 units on 10 connections, once a second'],
      ['100,000 floats/s', 100, '100 units on 10 connections, ten times a second'],
    ] as const) {
      if (pace.quick && every === 100) continue
      const unit = '% of a core'
      const polled = await alternate(
        rounds,
        () => polling('product-modbus.ts', list, every, length),
        () => polling('bare-modbus.ts', list, every, length),
        0,
      )
      figures.push(compared({ id, metric: `${metric}, polling alone`, unit, peer, note: label }, polled, ({ share }) => share))
      const note = `${label}; a limit rule for each, all into the history`
      const whole: Polled[] = []
      for (let round = 0; round < rounds; round++) whole.push(await wholeGateway(gateway, list, every, length))
      const beside = { product: whole, peer: polled.peer }
      figures.push(
        compared(
          { id, metric: `${metric}, whole gateway`, unit, peer: `${peer}, which only reads`, note },
          beside,
          ({ share }) => share,
        ),
        alone(
          { id, metric: `${metric}, whole gateway, memory`, unit: 'MB', note },
          whole.map(({ mb }) => mb),
        ),
      )
      if (!red) continue
      const other = await nodeRed(join(folder, 'node-red'), ports, every, length)
      const reads = `${note}; Node-RED only reads, ${other.rate.toFixed(0)} floats/s of them came`
      const pair = { product: whole.slice(0, 1), peer: [other] }
      figures.push(
        compared({ id, metric: `${metric}, beside Node-RED`, unit, peer: 'Node-RED', note: reads }, pair, ({ share }) => share),
        compared(
          { id, metric: `${metric}, beside Node-RED, memory`, unit: 'MB', peer: 'Node-RED', note: reads },
          pair,
          ({ mb }) => mb,
        ),
        compared(
          { id, metric: `${metric}, CPU of a float`, unit: 'µs', peer: 'Node-RED', note: reads },
          pair,
          ({ share, rate }) => (share * 1e4) / rate,
        ),
      )
    }
    return figures
  } finally {
    stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

export const bench: Bench = {
  id,
  title: 'Modbus against libmodbus servers, beside modbus-serial and C',
  quick: true,
  run: measure,
}
