import type { Socket } from 'node:net'
import { createServer } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { dlt645 } from '../../protocols/meters/dlt645-driver.ts'
import { cjt188 } from '../../protocols/meters/cjt188-driver.ts'
import { modbusRtu } from '../../protocols/modbus/driver.ts'
import { Cjt188Meter } from '../../simulators/servers/cjt188-meter.ts'
import { Dlt645Meter } from '../../simulators/servers/dlt645-meter.ts'
import { MeterBus } from '../../simulators/servers/meter-bus.ts'
import { binding, isGood, listen, point, run } from './kit.ts'
import { sealed, told } from './peers/serial-line.ts'

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

/** A transparent serial server: whatever comes from the line goes to everybody who is connected, as most of them have it. */
class SerialServer {
  /** Questions that came while the line still owed the answer to another. */
  overlaps = 0
  asked = 0
  readonly #sockets = new Set<Socket>()
  readonly #meters = new MeterBus({
    host: '127.0.0.1',
    port: 0,
    slowness: 0,
    meters: [
      new Dlt645Meter({ address: '000000000007', items: () => ({ '00010000': { digits: 12_300, bytes: 4 } }) }),
      new Cjt188Meter({ type: 0x30, address: '00000000000009', total: () => 45 }),
    ],
  })
  #owes = false
  readonly #server = createServer({ noDelay: true }, socket => {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => {})
    socket.on('data', bytes => this.#ask(bytes))
  })

  async start(): Promise<number> {
    stops.push(() => this.#stop())
    return listen(this.#server)
  }

  #ask(question: Buffer): void {
    this.asked += 1
    if (this.#owes) this.overlaps += 1
    this.#owes = true
    setTimeout(() => {
      this.#owes = false
      const answer = this.#answerTo(question)
      if (answer) for (const socket of this.#sockets) if (!socket.destroyed) socket.write(answer)
    }, 6)
  }

  #answerTo(question: Buffer): Buffer | undefined {
    if (question.length === 8 && sealed(...question.subarray(0, 6)).equals(question)) {
      const [unit = 0, code = 0] = question
      return told({ unit, code, start: question.readUInt16BE(2), quantity: question.readUInt16BE(4) }, at => unit * 100 + at)
    }
    const line = new PassThrough()
    const said: Buffer[] = []
    const ends = { on: line.on.bind(line), write: (bytes: Buffer) => said.push(bytes) }
    this.#meters.attach(ends as unknown as NodeJS.ReadWriteStream)
    line.emit('data', question)
    return said.length > 0 ? Buffer.concat(said) : undefined
  }

  async #stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

test('meters of two kinds and Modbus units behind one serial server take turns, and nobody takes another’s answer', async () => {
  const server = new SerialServer()
  const port = await server.start()
  const at = { host: '127.0.0.1', port, every: '60ms', retries: 0 }
  const power = run(dlt645, { ...at, timeout: '400ms', pause: '10ms' }, [
    binding('p.import', { data: 'import' }, { address: '000000000007' }),
  ])
  const gas = run(cjt188, { ...at, timeout: '400ms', pause: '10ms' }, [
    binding('g.total', { data: 'total' }, { address: '00000000000009', meter: 'gas' }),
  ])
  const units = run(modbusRtu, { ...at, timeout: '400ms', gap: 0 }, [
    binding('a.x', { register: 0 }, { unit: 1 }),
    binding('a.y', { register: 30 }, { unit: 1 }),
    binding('b.x', { register: 5 }, { unit: 2 }),
  ])
  for (const { driver } of [power, gas, units]) stops.push(() => driver.stop())

  await power.host.until('eight of the power meter', () => power.host.of(point('p.import')).length >= 8)
  await gas.host.until('eight of the gas meter', () => gas.host.of(point('g.total')).length >= 8)
  await units.host.until('eight of the units', () => units.host.of(point('b.x')).length >= 8)

  expect(server.overlaps).toBe(0)
  expect(server.asked).toBeGreaterThanOrEqual(32)
  const values = [power, gas, units].flatMap(({ host }) => host.readings.map(one => `${one.point} ${isGood(one) && one.value}`))
  expect([...new Set(values)].toSorted()).toEqual(['a.x 100', 'a.y 130', 'b.x 205', 'g.total 45', 'p.import 123'])
})
