import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Cancel, Clock, Millis } from '../contract/time.ts'
import type { Session } from '../kit/link.ts'
import type { Wire } from '../kit/wire.ts'
import type { Question } from './judged.ts'
import type { Cut } from '../kit/frame-finder.ts'
import { FrameFinder } from '../kit/frame-finder.ts'

/** What came of a question. */
export type Outcome<F> =
  | { readonly kind: 'data'; readonly frame: F; readonly data: Uint8Array }
  | { readonly kind: 'more'; readonly data: Uint8Array; readonly next: Question<F> }
  | { readonly kind: 'refused'; readonly fault: Fault }
  | { readonly kind: 'fault'; readonly fault: Fault }
export interface Reply<F> {
  readonly outcome: Outcome<F>
  readonly sent: Uint8Array
  /** Everything that was heard until the question was settled. */
  readonly heard: Uint8Array
  readonly roundTripMs: number
}
/** All that answered a call to everybody. */
export interface Crowd<F> {
  readonly frames: readonly F[]
  /** Bytes that belong to no frame: several spoke at once. */
  readonly noise: number
  readonly sent: Uint8Array
  readonly heard: Uint8Array
}

/** Sent before a frame so that a receiver is awake; no part of it. */
const wakeByte = 0xfe
/** More is a line that never falls silent. */
const mostHeard = 4_096

/** A conversation over one line: one question at a time, and nothing but a frame that fits it is its answer. */
export class MeterSession<F> implements Session {
  readonly ended: Promise<Fault>
  readonly #wire: Wire
  readonly #wall: Clock
  readonly #finder: FrameFinder<F>
  #heard: Uint8Array[] = []
  #length = 0
  #taken: (frames: readonly F[]) => void = () => {}
  #flooded: () => void = () => {}
  #lost: Fault | undefined
  #drop: (why: Fault) => void = () => {}

  constructor(wire: Wire, cut: (bytes: Uint8Array, at: number) => Cut<F>, wall: Clock) {
    this.#wire = wire
    this.#wall = wall
    this.#finder = new FrameFinder(cut, wakeByte)
    this.ended = wire.ended.then(why => {
      this.#lost = why
      this.#drop(why)
      return why
    })
    wire.hear(bytes => this.#hear(bytes))
  }

  close(): void | Promise<void> {
    return this.#wire.close()
  }

  /** Resolves with the answer, or with the fault that there is instead of one: never rejects. */
  async ask(question: Question<F>, wake: number, timeout: Millis): Promise<Reply<F>> {
    const sentAt = this.#wall.now()
    const sent = this.#send(question.bytes, wake)
    let others: Fault | undefined
    let echoed = 0
    const outcome = await new Promise<Outcome<F>>(resolve => {
      const judge = (frames: readonly F[]): void => {
        for (const frame of frames) {
          const judged = question.judge(frame)
          if (judged.kind === 'other') others = judged.fault
          else if (judged.kind === 'echo') echoed += 1
          else if (judged.kind === 'data') resolve({ ...judged, frame })
          else resolve(judged)
        }
      }
      this.#taken = judge
      this.#listen(timeout, why => {
        judge(this.#finder.silent())
        // Resolving once more is nothing when the rest held the answer.
        resolve({ kind: 'fault', fault: why ?? others ?? this.#silence(timeout, echoed) })
      })
    })
    return { outcome, sent, heard: this.#close(), roundTripMs: this.#wall.now() - sentAt }
  }

  /** Calls and listens for as long as an answer may take: whoever may feel called. */
  async call(question: Question<F>, wake: number, timeout: Millis): Promise<Crowd<F>> {
    const sent = this.#send(question.bytes, wake)
    const frames: F[] = []
    this.#taken = found => void frames.push(...found)
    await new Promise<void>(resolve => this.#listen(timeout, () => resolve()))
    frames.push(...this.#finder.silent())
    const { noise } = this.#finder
    return { frames, noise, sent, heard: this.#close() }
  }

  #cancel: Cancel = () => {}

  #listen(timeout: Millis, over: (why?: Fault) => void): void {
    this.#cancel = this.#wall.after(timeout, () => over())
    this.#drop = over
    this.#flooded = () => over(fault('garbled', `Garbled: the line never falls silent (${mostHeard} bytes and more).`))
    if (this.#lost) over(this.#lost)
  }

  #send(bytes: Uint8Array, wake: number): Uint8Array {
    const sent = new Uint8Array(wake + bytes.length).fill(wakeByte, 0, wake)
    sent.set(bytes, wake)
    // Whatever was heard before nobody asked for.
    this.#finder.clear()
    this.#heard = []
    this.#length = 0
    this.#wire.send(sent)
    return sent
  }

  #close(): Uint8Array {
    this.#cancel()
    this.#taken = () => {}
    this.#drop = () => {}
    this.#flooded = () => {}
    const heard = new Uint8Array(this.#length)
    let at = 0
    for (const bytes of this.#heard) {
      heard.set(bytes, at)
      at += bytes.length
    }
    return heard
  }

  #hear(bytes: Uint8Array): void {
    this.#length += bytes.length
    if (this.#length > mostHeard) {
      this.#length -= bytes.length
      return this.#flooded()
    }
    this.#heard.push(Uint8Array.from(bytes))
    this.#taken(this.#finder.take(bytes))
  }

  #silence(timeout: Millis, echoed: number): Fault {
    const { noise, why } = this.#finder
    if (noise > 0) return fault('garbled', `Garbled reply: ${why ?? `${noise} bytes that are no frame`}.`)
    return fault('timeout', `No answer within ${timeout} ms${echoed > 0 ? ', only our own words came back' : ''}.`)
  }
}
