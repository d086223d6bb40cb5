import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Fault } from '../../protocols/contract/fault.ts'
import { fault } from '../../protocols/contract/fault.ts'
import { millis } from '../../protocols/contract/time.ts'
import type { Wire } from '../../protocols/kit/wire.ts'
import type { Span } from '../../protocols/modbus/frame.ts'
import { FrameLog } from '../../protocols/modbus/frame-log.ts'
import { OwedAnswers } from '../../protocols/modbus/owed.ts'
import { lineTimes, RtuSession } from '../../protocols/modbus/rtu-session.ts'
import type { ModbusSession, Reply } from '../../protocols/modbus/session.ts'
import { TcpSession } from '../../protocols/modbus/tcp-session.ts'
import { FakeClock } from './kit.ts'
import { sealed, told } from './peers/serial-line.ts'

/** What becomes of an answer on its way. Times are in ms; a question is given up after 100. */
type Bend =
  | { readonly kind: 'right' | 'lost' | 'twice' | 'echoed' | 'refused' | 'neighbour' | 'longer' | 'shorter' }
  | { readonly kind: 'late'; readonly by: number }
  | { readonly kind: 'cut' | 'flipped' | 'split'; readonly at: number; readonly by: number }
  | { readonly kind: 'noisy' | 'tail'; readonly noise: Uint8Array }

const bend: fc.Arbitrary<Bend> = fc.oneof(
  fc.record({ kind: fc.constantFrom('right', 'lost', 'twice', 'echoed', 'refused', 'neighbour', 'longer', 'shorter') }),
  fc.record({ kind: fc.constant('late'), by: fc.integer({ min: 60, max: 290 }) }),
  fc.record({ kind: fc.constantFrom('cut', 'flipped', 'split'), at: fc.nat(400), by: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ kind: fc.constantFrom('noisy', 'tail'), noise: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
)
const span: fc.Arbitrary<Span> = fc.record({
  unit: fc.integer({ min: 1, max: 3 }),
  table: fc.constantFrom('holding', 'input'),
  start: fc.constantFrom(0, 1, 7, 40),
  quantity: fc.integer({ min: 1, max: 3 }),
})
const steps = fc.array(fc.record({ span, bend, renewed: fc.integer({ min: 0, max: 9 }).map(n => n === 0) }), {
  minLength: 1,
  maxLength: 14,
})

/** Each register says where it is: a value at the wrong place is seen. */
const word = (unit: number, code: number, address: number): number => unit * 10_000 + code * 1_000 + address

/** A line whose bytes go to whoever has called last, as a transparent serial server does it; with TCP framing only to the call they answer. */
class BentLine {
  readonly sent: Buffer[] = []
  readonly #clock: FakeClock
  readonly #framing: 'rtu' | 'tcp'
  bend: Bend = { kind: 'right' }
  #listener: { hear: (bytes: Uint8Array) => void } = { hear: () => {} }
  /** A line carries one thing after another. */
  #free = 0

  constructor(clock: FakeClock, framing: 'rtu' | 'tcp') {
    this.#clock = clock
    this.#framing = framing
  }

  wire(): Wire {
    const ended = Promise.withResolvers<Fault>()
    const listener: { hear: (bytes: Uint8Array) => void } = { hear: () => {} }
    this.#listener = listener
    return {
      ended: ended.promise,
      send: bytes => this.#ask(Buffer.from(bytes)),
      hear: next => void (listener.hear = next),
      close: () => ended.resolve(fault('disconnected', 'Closed.')),
    }
  }

  #ask(question: Buffer): void {
    this.sent.push(question)
    const head = this.#framing === 'tcp' ? 6 : 0
    const asked = {
      unit: question.readUInt8(head),
      code: question.readUInt8(head + 1),
      start: question.readUInt16BE(head + 2),
      quantity: question.readUInt16BE(head + 4),
    }
    const answer = (more: Partial<typeof asked> = {}): Buffer => {
      const of = { ...asked, ...more }
      return this.#framed(
        question,
        told(of, address => word(of.unit, of.code, address)),
      )
    }
    const right = answer()
    const { bend } = this
    switch (bend.kind) {
      case 'lost':
        return
      case 'twice':
        return this.#say(Buffer.concat([right, right]))
      case 'echoed':
        return this.#say(this.#framing === 'rtu' ? Buffer.concat([question, right]) : right)
      case 'refused':
        return this.#say(this.#framed(question, sealed(asked.unit, asked.code | 128, 2)))
      // A lie in the form of the truth comes in time, or not at all: one that is late and just fits another question nobody could tell.
      case 'neighbour':
        return this.#lie(answer({ unit: (asked.unit % 3) + 1 }))
      case 'longer':
        return this.#lie(answer({ quantity: asked.quantity + 1 }))
      case 'shorter':
        return this.#lie(answer({ quantity: asked.quantity - 1 }))
      case 'late':
        return this.#say(right, bend.by)
      case 'cut':
        return this.#say(right.subarray(0, bend.at % right.length))
      case 'flipped': {
        // Behind a TCP header there is no checksum: what is flipped in the data, or into the number of another question, was given so as far
        // as anybody can know.
        const bytes = Buffer.from(right)
        const at = this.#framing === 'tcp' ? 2 + (bend.at % 7) : bend.at % bytes.length
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (bend.by & 7))
        return this.#say(bytes)
      }
      case 'split': {
        const at = bend.at % right.length
        this.#say(right.subarray(0, at))
        return this.#say(right.subarray(at), bend.by)
      }
      case 'noisy':
        return this.#say(Buffer.concat([bend.noise, right]))
      case 'tail':
        return this.#say(Buffer.concat([right, bend.noise]))
      default:
        return this.#say(right)
    }
  }

  #lie(answer: Buffer): void {
    if (this.#free <= this.#clock.now()) this.#say(answer)
  }

  #framed(question: Buffer, frame: Buffer): Buffer {
    if (this.#framing === 'rtu') return frame
    const body = frame.subarray(0, -2)
    return Buffer.concat([question.subarray(0, 4), Buffer.from([body.length >> 8, body.length & 255]), body])
  }

  #say(bytes: Buffer, delay = 5): void {
    this.#free = Math.max(this.#free, this.#clock.now() + delay)
    const caller = this.#listener
    this.#clock.after(millis(this.#free - this.#clock.now()), () =>
      (this.#framing === 'tcp' ? caller : this.#listener).hear(bytes),
    )
  }
}

async function readOver(clock: FakeClock, reading: Promise<Reply>, step = millis(20)): Promise<Reply> {
  const replies: Reply[] = []
  const wait = async (): Promise<void> => void replies.push(await reading)
  void wait()
  for (let round = 0; round < 5_000 && replies.length === 0; round++) await clock.passes(step)
  const [reply] = replies
  if (!reply) throw new Error('The read never ended.')
  return reply
}

/** The bent answer of another unit holds the two bytes that begin a refusal of this one: what came next was taken for the answer to another question. */
const refusalInNoise: typeof steps extends fc.Arbitrary<infer Script> ? Script : never = [
  { span: { unit: 1, table: 'holding', start: 0, quantity: 1 }, bend: { kind: 'late', by: 241 }, renewed: true },
  { span: { unit: 3, table: 'input', start: 0, quantity: 1 }, bend: { kind: 'flipped', at: 0, by: 1 }, renewed: true },
  { span: { unit: 2, table: 'input', start: 7, quantity: 2 }, bend: { kind: 'late', by: 60 }, renewed: true },
  { span: { unit: 2, table: 'input', start: 0, quantity: 2 }, bend: { kind: 'noisy', noise: Uint8Array.of(0) }, renewed: true },
]
/** A refusal names unit and function alone: the one that was owed came for another question, whose own answer then came for a third. */
const refusalOfAnother: typeof refusalInNoise = [
  { span: { unit: 1, table: 'holding', start: 0, quantity: 2 }, bend: { kind: 'late', by: 241 }, renewed: true },
  { span: { unit: 1, table: 'holding', start: 0, quantity: 2 }, bend: { kind: 'refused' }, renewed: true },
  { span: { unit: 1, table: 'holding', start: 0, quantity: 1 }, bend: { kind: 'late', by: 60 }, renewed: true },
  { span: { unit: 1, table: 'holding', start: 7, quantity: 1 }, bend: { kind: 'noisy', noise: Uint8Array.of(0) }, renewed: true },
]
/** The second copy of a late answer did not fit, and ended the wait for what came only then. */
const lateTwice: typeof refusalInNoise = [
  { span: { unit: 1, table: 'holding', start: 0, quantity: 1 }, bend: { kind: 'late', by: 241 }, renewed: true },
  { span: { unit: 1, table: 'input', start: 0, quantity: 1 }, bend: { kind: 'twice' }, renewed: true },
  { span: { unit: 1, table: 'input', start: 0, quantity: 2 }, bend: { kind: 'late', by: 161 }, renewed: true },
  { span: { unit: 1, table: 'holding', start: 0, quantity: 1 }, bend: { kind: 'late', by: 60 }, renewed: true },
  { span: { unit: 1, table: 'input', start: 1, quantity: 2 }, bend: { kind: 'noisy', noise: Uint8Array.of(0) }, renewed: true },
]

describe.each(['rtu', 'tcp'] as const)('a session in %s framing over a line that bends answers', framing => {
  test('gives only what the unit holds at exactly that place, and ends every read', async () => {
    const outcomes = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(steps, async script => {
        const clock = new FakeClock()
        const line = new BentLine(clock, framing)
        const parts = { wall: clock, frames: new FrameLog(clock), owed: new OwedAnswers() }
        const call = (): ModbusSession =>
          framing === 'tcp'
            ? new TcpSession(line.wire(), parts)
            : new RtuSession(line.wire(), { via: 'tcp', host: 'h', port: 1 }, parts)
        let session = call()
        for (const { span: asked, bend: how, renewed } of script) {
          if (!session.trusted || renewed) {
            await session.close()
            session = call()
          }
          line.bend = how
          const { judged } = await readOver(clock, session.read(asked, { timeout: millis(100), pause: millis(0) }))
          outcomes.set(judged.kind, (outcomes.get(judged.kind) ?? 0) + 1)
          if (judged.kind !== 'data') continue
          const { unit, table, start, quantity } = asked
          const words = Array.from({ length: quantity }, (_, at) => word(unit, table === 'holding' ? 3 : 4, start + at))
          expect(judged.data).toEqual(Buffer.from(words.flatMap(one => [one >> 8, one & 255])))
        }
        const at = framing === 'tcp' ? 7 : 1
        expect(line.sent.every(question => [3, 4].includes(question[at] ?? 0))).toBe(true)
      }),
      { numRuns: 800, examples: [[refusalInNoise], [refusalOfAnother], [lateTwice]] },
    )
    // Both came about, or nothing was tried.
    expect([...outcomes.keys()].toSorted()).toEqual(['data', 'exception', 'fault'])
  })
})

describe('a serial line that is used as fast as it goes', () => {
  test.each([2_400, 9_600, 19_200, 115_200])('at %d baud the session wastes nothing of it', async baud => {
    const clock = new FakeClock()
    const line = { via: 'serial', path: '/dev/ttyS0', baud, format: '8N1' } as const
    const { byteMs, silence } = lineTimes(line)
    let hear: (bytes: Uint8Array) => void = () => {}
    const gaps: number[] = []
    let heardAt: number | undefined
    const wire: Wire = {
      ended: new Promise(() => {}),
      close: () => {},
      hear: next => void (hear = next),
      send(question) {
        if (heardAt !== undefined) gaps.push(clock.now() - heardAt)
        const asked = { unit: question[0] ?? 0, code: 3, start: 0, quantity: 10 }
        clock.after(millis((8 + 25) * byteMs + silence), () => {
          heardAt = clock.now()
          hear(told(asked, address => address))
        })
      },
    }
    const session = new RtuSession(wire, line, { wall: clock, frames: new FrameLog(clock) })
    const began = clock.now()
    for (let unit = 1; unit <= 20; unit++) {
      const span = { unit, table: 'holding', start: 0, quantity: 10 } as const
      const { judged } = await readOver(clock, session.read(span, { timeout: millis(1_000), pause: millis(0) }), millis(0.1))
      expect(judged.kind).toBe('data')
    }

    const needed = 20 * (33 * byteMs + 2 * silence)
    // The clock of this test is moved on by tenths.
    expect(clock.now() - began).toBeLessThan(needed + 20 * 0.11)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(silence - 0.001)
  })
})

test('a site without serial lines never loads the libraries for them', async () => {
  const script = `
    import { createRequire } from 'node:module'
    import { modbusRtu, modbusTcp } from './protocols/modbus/driver.ts'
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).some(file => /[\\\\/]modbus-serial[\\\\/]index/.test(file))
    for (const protocol of [modbusTcp, modbusRtu]) {
      const prepared = protocol.prepare('bus', { host: '127.0.0.1' }, [])
      await prepared.driver.preload?.()
      console.log(protocol.kind, loaded())
    }`
  const cwd = join(import.meta.dirname, '../..')
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd })

  expect(stdout).toBe('modbus-tcp false\nmodbus-rtu true\n')
})
