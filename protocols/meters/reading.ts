import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Reading } from '../contract/reading.ts'
import type { Instant } from '../contract/time.ts'
import { failed } from '../kit/answer.ts'
import { toReading, toValue } from '../kit/number.ts'
import { bytesOfField, decodeField } from './field.ts'
import type { OpenLine } from './line.ts'
import type { MeterPoint, MeterRead, Way } from './meters.ts'

/** What a meter answered to one read, or why there is nothing. */
export type Data =
  | { readonly ok: true; readonly data: Uint8Array; readonly way: string; readonly ms: number }
  | { readonly ok: false; readonly fault: Fault; readonly ms: number }

/** Faults in the order of how much they say; when ways fail differently the most telling one is told. */
const telling: readonly string[] = ['no-such-address', 'refused', 'wrong-reply', 'garbled']

/** Asks meters, learning which of the ways to ask each of them answers. */
export class Reader<F> {
  readonly #retries: number
  readonly #learned = new Map<string, string>()
  #serial = 0

  constructor(retries: number) {
    this.#retries = retries
  }

  learned(address: string): string | undefined {
    return this.#learned.get(address)
  }

  forget(address?: string): void {
    if (address === undefined) this.#learned.clear()
    else this.#learned.delete(address)
  }

  /** Tries every way that may be right; a way the meter has answered before is the only one. */
  async read(line: OpenLine<F>, read: MeterRead<F>): Promise<Data> {
    const learned = this.#learned.get(read.address)
    const ways = learned === undefined ? read.ways : read.ways.filter(({ name }) => name === learned)
    if (ways.length === 0)
      return {
        ok: false,
        ms: 0,
        fault: fault('no-such-address', `The meter has no such data in the edition it speaks (${learned}).`),
      }
    const refused = new Map<string, Data>()
    let failedWith: Data = { ok: false, ms: 0, fault: fault('timeout', 'Not asked.') }
    for (let attempt = 0; attempt <= this.#retries; attempt++) {
      for (const way of ways) {
        if (refused.has(way.name)) continue
        const data = await this.#ask(line, read, way)
        if (data.ok) {
          this.#learned.set(read.address, way.name)
          return data
        }
        if (data.fault.code === 'refused' || data.fault.code === 'no-such-address') refused.set(way.name, data)
        if (!line.isOpen) return data
        failedWith = moreTelling(failedWith, data)
      }
    }
    return failedWith
  }

  async #ask(line: OpenLine<F>, read: MeterRead<F>, way: Way<F>): Promise<Data> {
    const parts: Uint8Array[] = []
    let question = way.question((this.#serial = (this.#serial + 1) & 255))
    let ms = 0
    for (;;) {
      const answer = await line.ask(read.address, question)
      ms += answer.ms
      const { outcome } = answer
      if (outcome.kind === 'fault' || outcome.kind === 'refused') return { ok: false, fault: outcome.fault, ms }
      parts.push(outcome.data)
      if (outcome.kind === 'more') {
        question = outcome.next
        continue
      }
      const data = Buffer.concat(parts)
      if (data.length >= read.least) return { ok: true, data, way: way.name, ms }
      const detail = `Garbled reply: ${data.length} data bytes, ${read.request} of this kind of meter has ${read.least}.`
      return { ok: false, fault: fault('garbled', detail), ms }
    }
  }
}

function moreTelling(before: Data, now: Data): Data {
  if (before.ok || now.ok) return now
  const rank = ({ code }: Fault): number => (telling.indexOf(code) + telling.length + 1) % (telling.length + 1)
  return rank(before.fault) < rank(now.fault) ? before : now
}

export function readingOf(point: MeterPoint, data: Data, now: Instant): Reading {
  return toReading(point.point, valueOf(point, data), { at: now, receivedAt: now })
}

function valueOf(point: MeterPoint, data: Data): ReturnType<typeof toValue> {
  if (!data.ok) return data
  const field = point.fields[data.way]
  if (!field) return failed(fault('no-such-address', 'The meter has no such data in the edition it speaks.'))
  const raw = decodeField(field, data.data)
  return raw.ok ? toValue(raw.value, point) : raw
}

/** The bytes of the point's value, in hex. */
export function rawOf({ fields }: MeterPoint, data: Data): string {
  const field = data.ok ? fields[data.way] : undefined
  return data.ok && field ? Buffer.from(bytesOfField(field, data.data)).toString('hex') : ''
}
