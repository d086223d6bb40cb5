import type { Instant } from '../contract/time.ts'
import { seconds } from '../contract/time.ts'

const kept = 64
/** A device repeats itself for some seconds; later the same number means another message. */
const memory = seconds(30)

interface Heard {
  readonly invokeId: number
  readonly data: Buffer
  readonly at: Instant
}

/** Confirmed messages that were taken already, by who sent them. */
export class Repeats {
  readonly #heard = new Map<string, Heard[]>()

  has(place: string, invokeId: number, data: Buffer, now: Instant): boolean {
    return (this.#heard.get(place) ?? []).some(one => one.invokeId === invokeId && now - one.at < memory && one.data.equals(data))
  }

  note(place: string, invokeId: number, data: Buffer, now: Instant): void {
    const list = this.#heard.get(place) ?? []
    this.#heard.set(place, list)
    list.push({ invokeId, data: Buffer.from(data), at: now })
    if (list.length > kept) list.shift()
  }
}
