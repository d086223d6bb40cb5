import type { Found, ScanAsk, ScanStep } from '../contract/driver.ts'
import { fault } from '../contract/fault.ts'
import type { Answer } from '../kit/answer.ts'
import { bytesOfField, decodeField } from './field.ts'
import type { OpenLine } from './line.ts'
import type { Call, MeterProtocol } from './meters.ts'
import type { Crowd } from './session.ts'

type Use<F> = <T>(act: (line: OpenLine<F>) => Promise<T>) => Promise<Answer<T>>

/** What a call to a group of meters brought: nobody, somebody alone, or several at once. */
interface Echo {
  readonly addresses: readonly string[]
  readonly several: boolean
  /** Which of the calls anything at all was heard after. */
  readonly worked: readonly number[]
}

const any = 'AA'

/**
 * Looks for meters, only by reading. With a range each number is asked by itself. Without, everybody is called: one meter answers alone; of
 * several the last two digits are called one after the other, and more digits where two still speak at once.
 */
export async function* lookForMeters<F>(
  protocol: MeterProtocol<F>,
  use: Use<F>,
  ask: ScanAsk,
  signal: AbortSignal,
): AsyncGenerator<ScanStep> {
  const search = new Search(protocol, use, ask)
  const places = ask.from !== undefined || ask.to !== undefined ? search.range() : search.everybody()
  for await (const step of places) {
    if (signal.aborted) return
    yield step
    if (step.step === 'trouble' || search.isFull) return
  }
}

class Search<F> {
  readonly #protocol: MeterProtocol<F>
  readonly #use: Use<F>
  readonly #ask: ScanAsk
  readonly #found = new Set<string>()
  #serial = 0

  constructor(protocol: MeterProtocol<F>, use: Use<F>, ask: ScanAsk) {
    this.#protocol = protocol
    this.#use = use
    this.#ask = ask
  }

  get isFull(): boolean {
    return this.#found.size >= this.#ask.most
  }

  async *range(): AsyncGenerator<ScanStep> {
    const { from = 1, to = from } = this.#ask
    const { digits, calls } = this.#protocol.finder
    for (let number = from; number <= to; number++) {
      const address = String(number).padStart(digits, '0')
      const found = await this.#describe(address, calls(address))
      if (!found.ok) return yield { step: 'trouble', fault: found.fault }
      if (found.value) yield { step: 'found', found: found.value }
      yield { step: 'asked', done: number - from + 1, of: to - from + 1 }
    }
  }

  async *everybody(): AsyncGenerator<ScanStep> {
    const { digits, calls } = this.#protocol.finder
    let [done, of] = [0, 1]
    const waiting: { readonly tail: string; readonly worked?: readonly number[] }[] = [{ tail: '' }]
    for (let place = waiting.shift(); place; place = waiting.shift()) {
      const address = any.repeat((digits - place.tail.length) / 2) + place.tail
      const echo = await this.#call(address, place.worked)
      if (!echo.ok) return yield { step: 'trouble', fault: echo.fault }
      for (const one of echo.value.addresses) {
        if (this.#found.has(one)) continue
        const found = await this.#describe(one, calls(one))
        if (!found.ok) return yield { step: 'trouble', fault: found.fault }
        if (found.value) yield { step: 'found', found: found.value }
      }
      done += 1
      if (echo.value.several && place.tail.length < digits) {
        of += 100
        for (let two = 0; two < 100; two++)
          waiting.push({ tail: String(two).padStart(2, '0') + place.tail, worked: echo.value.worked })
      }
      yield { step: 'asked', done, of }
    }
    if (this.#found.size === 0)
      yield {
        step: 'trouble',
        fault: fault(
          'timeout',
          'Nobody answers a call to everybody: write from and to, the numbers on the meters, or check the wiring.',
        ),
      }
  }

  /** Who feels called by an address with bytes AA in it. */
  async #call(address: string, only?: readonly number[]): Promise<Answer<Echo>> {
    return this.#use(async line => {
      const addresses = new Set<string>()
      const worked: number[] = []
      let several = false
      for (const [index, call] of this.#protocol.finder.calls(address).entries()) {
        if (only && !only.includes(index)) continue
        const question = call.question((this.#serial = (this.#serial + 1) & 255))
        const crowd = await line.call(question)
        if (!line.isOpen) break
        const own = this.#answersTo(question, crowd)
        for (const one of own) addresses.add(one)
        if (own.length > 0 || crowd.noise > 0) worked.push(index)
        several ||= crowd.noise > 0
        if (own.length > 0 || several) break
      }
      return { addresses: [...addresses], several, worked }
    })
  }

  #answersTo(question: ReturnType<Call<F>['question']>, { frames }: Crowd<F>): readonly string[] {
    const answers = frames.filter(frame => ['data', 'more', 'refused'].includes(question.judge(frame).kind))
    return [...new Set(answers.map(this.#protocol.addressOf))].filter(address => /^\d+$/.test(address))
  }

  /** Asks one meter what it is. Nothing where it does not answer. */
  async #describe(address: string, calls: readonly Call<F>[]): Promise<Answer<Found | undefined>> {
    const used = await this.#use(async line => {
      for (const call of calls) {
        const { outcome } = await line.ask(address, call.question((this.#serial = (this.#serial + 1) & 255)))
        if (!line.isOpen) return undefined
        if (outcome.kind === 'data') return { call, outcome }
      }
      return undefined
    })
    if (!used.ok) return used
    if (!used.value) return { ok: true, value: undefined }
    this.#found.add(address)
    const { call, outcome } = used.value
    const { points, note, ...found } = call.found(outcome.frame, outcome.data)
    return {
      ok: true,
      value: {
        ...found,
        ...(note ? { note } : {}),
        points: points.map(({ settings, name, unit, field }) => {
          const value = decodeField(field, outcome.data)
          const raw = Buffer.from(bytesOfField(field, outcome.data)).toString('hex')
          return { settings, name, raw, ...(value.ok ? { value: value.value, unit } : {}) }
        }),
      },
    }
  }
}
