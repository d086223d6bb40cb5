import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { io } from 'socket.io-client'
import type { Socket } from 'socket.io-client'
import type { WireChange } from '../../gateway/api/wire.ts'
import { facility } from '../kit/product.ts'
import { answer, ModbusDevice } from '../protocols/peers/modbus-device.ts'
import { alone, gate, percentile } from './figure.ts'
import type { Bench, Figure, Pace } from './figure.ts'
import { startProgram } from './programs.ts'
import { signIn } from './sign-in.ts'

const id = 'live'
const peer = 'modbus-serial + socket.io'

/** The whole site of the bench: one register of one device, read ten times a second. */
const site = (port: number): string => `
site: { id: bench, name: Bench, timeZone: UTC }
connections:
  line: { protocol: modbus-tcp, host: 127.0.0.1, port: ${port}, every: 100ms, timeout: 1s }
areas:
  room:
    name: Room
    equipment:
      probe:
        type: room-thermometer
        name: Probe
        connection: line
        unit: 1
        points: { temperature: { table: input, register: 0, type: uint16, scale: 0.01 } }
`

/** Below the 100 °C beyond which a room thermometer is not believed. */
const most = 9_000

/**
 * One reader's way: every answer carries a value of its own, and its screen tells when it came. A value that was overtaken by a newer
 * one before it was shown counts until that newer one came, for so long the person looked at something older.
 */
class Way {
  readonly latencies: number[] = []
  overtaken = 0
  #value = 0
  readonly #sent = new Map<number, number>()
  #wake = (): void => {}

  /** The value of the next answer, noted at the moment it is sent. */
  next(): number {
    this.#value = (this.#value % most) + 1
    this.#sent.set(this.#value, performance.now())
    return this.#value
  }

  shown(value: number): void {
    const now = performance.now()
    gate(this.#sent.has(value), `the screen shows ${value}, which the device has not just sent`)
    for (const [older, sentAt] of this.#sent) {
      this.latencies.push(now - sentAt)
      this.#sent.delete(older)
      if (older === value) break
      this.overtaken += 1
    }
    this.#wake()
  }

  /** From the next value on, until so many have been shown. */
  async measure(count: number): Promise<void> {
    this.latencies.length = 0
    this.overtaken = 0
    await new Promise<void>(resolve => {
      this.#wake = () => {
        if (this.latencies.length >= count) resolve()
      }
    })
  }
}

const first = (socket: Socket, event: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    socket.once(event, resolve)
    socket.once('connect_error', reject)
  })

async function measure({ quick }: Pace): Promise<readonly Figure[]> {
  const ways = [new Way(), new Way()] as const
  const [ours, theirs] = ways
  const device = new ModbusDevice(asked => {
    const value = (asked.unit === 1 ? ours : theirs).next()
    return answer(asked, () => value)
  })
  const port = await device.start()
  const works = await facility()
  const sockets: Socket[] = []
  const bare = await startProgram('bare-live.ts', [String(port)])
  let failed: unknown
  /** What is wrong with a message is told when the round is over: a socket's listener has nobody to throw to. */
  const heard =
    <Message>(way: Way, valuesOf: (message: Message) => readonly number[]) =>
    (message: Message): void => {
      try {
        for (const value of valuesOf(message)) way.shown(value)
      } catch (error) {
        failed ??= error
      }
    }
  try {
    const file = join(works.folder, 'site.yaml')
    await writeFile(file, site(port))
    const product = await works.start(['--site', file])
    const options = { transports: ['websocket'], reconnection: false, forceNew: true }
    const ourScreen = io(product.address, { ...options, extraHeaders: { cookie: await signIn(product.address) } })
    const theirScreen = io(bare.said, options)
    sockets.push(ourScreen, theirScreen)
    await Promise.all([first(ourScreen, 'connect'), first(theirScreen, 'connect')])
    ourScreen.emit('watch', { points: 'all' })
    await first(ourScreen, 'snapshot')
    ourScreen.on(
      'change',
      heard(ours, (change: WireChange) =>
        (change.readings ?? []).map(([, , , value, quality]) => {
          gate(quality === 'good', `a reading of the device came out ${quality}`)
          return Math.round((value ?? Number.NaN) * 100)
        }),
      ),
    )
    theirScreen.on(
      'change',
      heard(theirs, (value: number) => [value]),
    )
    const overtaken: number[] = []
    const rounds: (readonly [ours: number[], theirs: number[]])[] = []
    // The first round warms both up and is thrown away.
    await Promise.all(ways.map(way => way.measure(quick ? 10 : 50)))
    for (let round = 0; round < (quick ? 1 : 6); round++) {
      await Promise.all(ways.map(way => way.measure(quick ? 30 : 100)))
      if (failed) throw failed
      rounds.push([[...ours.latencies], [...theirs.latencies]])
      overtaken.push((ours.overtaken / ours.latencies.length) * 100)
    }
    return figuresOf(rounds, overtaken)
  } finally {
    for (const socket of sockets) socket.close()
    await bare.stop()
    await works.remove()
    await device.stop()
  }
}

function figuresOf(
  rounds: readonly (readonly [ours: number[], theirs: number[]])[],
  overtaken: readonly number[],
): readonly Figure[] {
  const count = rounds.reduce((sum, [ours]) => sum + ours.length, 0)
  const note = `from the answer that first carries a value until the screen has it, ${count} changes; a change of the world waits up to one poll (100 ms) more`
  const of = (metric: string, part: number): Figure => {
    const [ours, theirs] = [0, 1].map(side =>
      percentile(
        rounds.flatMap(round => round[side] ?? []),
        part,
      ),
    )
    const ratios = rounds.map(([a, b]) => percentile(a, part) / percentile(b, part))
    const [value = Number.NaN, peerValue = Number.NaN] = [ours, theirs]
    const range = [Math.min(...ratios), Math.max(...ratios)] as const
    return { id, metric, value, unit: 'ms', peer, peerValue, ratio: value / peerValue, range, note }
  }
  return [
    of('wire to screen, p50', 0.5),
    of('wire to screen, p99', 0.99),
    of('wire to screen, max', 1),
    alone(
      { id, metric: 'overtaken before shown', unit: '% of values', note: 'the screen got a newer value in its place' },
      overtaken,
    ),
  ]
}

export const bench: Bench = { id, title: 'Wire to browser: one register, read ten times a second', quick: true, run: measure }
