import { EventEmitter } from 'node:events'
import modbusSerial from 'modbus-serial'
import { fault } from '../contract/fault.ts'
import type { Judged, Span } from './frame.ts'
import { functionOf } from './frame.ts'
import { notAnswered } from './session.ts'

/** All that is used of modbus-serial. Its `writeFC1` to `writeFC4` are the four reads: they write a question to the port. */
type Reads = Pick<InstanceType<typeof modbusSerial.default>, 'open' | 'writeFC1' | 'writeFC2' | 'writeFC3' | 'writeFC4'>

/**
 * What modbus-serial takes for a serial port. Nothing goes through it by itself: a question waits here until the session sends it, and an
 * answer comes in when the session has found it whole, right, in time and from whom it was asked.
 */
class Port extends EventEmitter {
  readonly isOpen = true
  written: Buffer | undefined

  open(done: () => void): void {
    done()
  }

  write(question: Buffer): void {
    this.written = question
  }
}

/**
 * modbus-serial makes the questions and reads the answers of a serial line; of all it can, only the four reads are reachable from here. What it
 * knows nothing of (time, silence, echoes, late answers, noise) is the business of the session around it: docs/decisions.md 41a.
 */
export class Library {
  readonly #port = new Port()
  readonly #client: Reads = new modbusSerial.default(this.#port)
  #judged: Judged | undefined

  constructor() {
    this.#client.open()
  }

  /** The frame that asks for `span`. Asking makes what was asked before forgotten. */
  question({ unit, table, start, quantity }: Span): Buffer {
    const told = (error: Error | null, result: { readonly buffer: Buffer }): void => {
      this.#judged = error ? judgedError(error) : { kind: 'data', data: result.buffer }
    }
    this.#port.written = undefined
    switch (functionOf[table]) {
      case 1:
        this.#client.writeFC1(unit, start, quantity, told)
        break
      case 2:
        this.#client.writeFC2(unit, start, quantity, told)
        break
      case 3:
        this.#client.writeFC3(unit, start, quantity, told)
        break
      case 4:
        this.#client.writeFC4(unit, start, quantity, told)
    }
    const { written } = this.#port
    if (!written) throw new Error('modbus-serial made no question.')
    return written
  }

  /** What a whole frame, checksum included, says to the last question. */
  answer(frame: Buffer): Judged {
    this.#judged = undefined
    this.#port.emit('data', frame)
    return this.#judged ?? notAnswered(fault('garbled', 'Garbled reply: it answers nothing.'))
  }
}

const judgedError = (error: Error & { readonly modbusCode?: unknown }): Judged =>
  typeof error.modbusCode === 'number'
    ? { kind: 'exception', code: error.modbusCode }
    : notAnswered(fault('garbled', `Garbled reply: ${error.message}.`))
