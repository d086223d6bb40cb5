import type { Socket } from 'node:net'
import modbusSerial from 'modbus-serial'
import { fault } from '../contract/fault.ts'
import type { Fault } from '../contract/fault.ts'
import type { Clock, Millis } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed, whatWentWrong } from '../kit/answer.ts'
import type { Judged, Span } from './frame.ts'
import { dataLength, judgeReply } from './frame.ts'
import type { DialOptions, ModbusSession, Reply } from './session.ts'
import { endOf, notAnswered, openSocket } from './session.ts'

type Client = InstanceType<typeof modbusSerial.default>

/** RTU frames over a TCP socket, as transparent serial servers speak them: modbus-serial's "telnet" port, on a socket of our own. */
export async function dialRtu(options: DialOptions, signal: AbortSignal): Promise<Answer<ModbusSession>> {
  const socket = await openSocket(options, signal)
  if (!socket.ok) return socket
  const client = new modbusSerial.default()
  try {
    await client.linkTelnet(socket.value, {})
  } catch (error) {
    socket.value.destroy()
    return failed(fault('unreachable', whatWentWrong(error)))
  }
  return answered(new RtuSession(client, socket.value, options))
}

/** No answer is longer than an RTU frame; a little line noise in front is forgiven, because the checksum tells them apart. */
const longestAnswer = 256 + 16

class RtuSession implements ModbusSession {
  readonly ended: Promise<Fault>
  readonly #client: Client
  readonly #socket: Socket
  readonly #wall: Clock
  readonly #timeout: Millis
  #heard: Buffer = Buffer.alloc(0)
  #asking = false
  #trusted = true
  #closed = false
  #drop: (judged: Judged) => void = () => {}

  constructor(client: Client, socket: Socket, { wall, timeout }: DialOptions) {
    this.#client = client
    this.#socket = socket
    this.#wall = wall
    this.#timeout = timeout
    client.setTimeout(timeout)
    client.on('error', () => {})
    this.ended = endOf(socket, why => {
      this.#closed = true
      this.#drop(notAnswered(why))
    })
    // Prepended: the bytes must be in hand when modbus-serial resolves on the same event.
    socket.prependListener('data', (bytes: Buffer) => this.#hear(bytes))
  }

  /** RTU has no transaction id: bytes that nobody asked for, or an answer that may still come, make the line unusable. */
  get trusted(): boolean {
    return this.#trusted
  }

  close(): void {
    this.#socket.destroy()
  }

  async read(span: Span): Promise<Reply> {
    const sentAt = this.#wall.now()
    if (this.#closed) return { judged: notAnswered(fault('disconnected', 'The connection is closed.')), roundTripMs: 0 }
    this.#heard = Buffer.alloc(0)
    this.#asking = true
    const dropped = new Promise<Judged>(resolve => {
      this.#drop = resolve
    })
    const judged = await Promise.race([dropped, this.#ask(span)])
    this.#asking = false
    if (judged.kind === 'fault') this.#trusted = false
    return { judged, roundTripMs: this.#wall.now() - sentAt }
  }

  async #ask(span: Span): Promise<Judged> {
    this.#client.setID(span.unit)
    try {
      await this.#request(span)
      return this.#judge(span, dataLength(span) + 3)
    } catch (error) {
      if (isException(error)) return this.#judge(span, 3)
      return notAnswered(this.#unanswered(span, error))
    }
  }

  #request({ table, start, quantity }: Span): Promise<unknown> {
    switch (table) {
      case 'coil':
        return this.#client.readCoils(start, quantity)
      case 'discrete':
        return this.#client.readDiscreteInputs(start, quantity)
      case 'holding':
        return this.#client.readHoldingRegisters(start, quantity)
      case 'input':
        return this.#client.readInputRegisters(start, quantity)
    }
  }

  /** modbus-serial has checked the checksum; unit, function, byte count and that nothing follows are checked here. */
  #judge(span: Span, length: number): Judged {
    return judgeReply(span, this.#heard.subarray(-(length + 2), -2))
  }

  #unanswered(span: Span, error: unknown): Fault {
    const heard = this.#heard
    if (heard.length >= 5 && heard[0] !== span.unit) {
      return fault('wrong-reply', `Wrong reply: unit ${heard[0]} answered, unit ${span.unit} was asked.`)
    }
    if (isTimeout(error)) {
      return fault('timeout', `${heard.length > 0 ? `Only ${heard.length} bytes came` : 'No answer'} within ${this.#timeout} ms.`)
    }
    return fault('garbled', `Garbled reply: ${whatWentWrong(error)}.`)
  }

  #hear(bytes: Buffer): void {
    if (!this.#asking) return this.#distrust()
    this.#heard = Buffer.concat([this.#heard, bytes])
    if (this.#heard.length <= longestAnswer) return
    this.#drop(notAnswered(fault('garbled', `Garbled reply: more than ${longestAnswer} bytes.`)))
    this.#distrust()
  }

  /** Whatever else comes stays in the kernel until the connection is made anew. */
  #distrust(): void {
    this.#trusted = false
    this.#socket.pause()
  }
}

/** What modbus-serial rejects with: its timeout is no Error by class, its exceptions carry the code. */
const isTimeout = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'errno' in error && error.errno === 'ETIMEDOUT'
const isException = (error: unknown): boolean => typeof error === 'object' && error !== null && 'modbusCode' in error
