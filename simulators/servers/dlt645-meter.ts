import type { BusMeter, MeterManner } from './meter-bus.ts'
import { calls, decimals, ended } from './meter-bus.ts'

export interface Dlt645MeterSettings {
  /** Twelve digits. */
  readonly address: string
  readonly edition?: '1997' | '2007'
  /** What each identifier shows, as printed in the standard: its number and its length in bytes, or the bytes themselves. */
  readonly items: () => Readonly<
    Record<string, { readonly digits: number; readonly bytes: number } | { readonly raw: readonly number[] }>
  >
  /** Sends at most so many data bytes at once; the rest has to be asked for. */
  readonly most?: number
}

/** An electricity meter as DL/T 645 describes it. It reads out its items and its address, and refuses all else. */
export class Dlt645Meter implements BusMeter {
  manner: MeterManner = 'normal'
  readonly #settings: Dlt645MeterSettings
  readonly #own: readonly number[]

  constructor(settings: Dlt645MeterSettings) {
    this.#settings = settings
    this.#own = (settings.address.match(/../g) ?? []).map(two => Number.parseInt(two, 16)).toReversed()
  }

  answer(request: Buffer): Buffer | undefined {
    if (!calls([...request.subarray(1, 7)], this.#own)) return undefined
    const control = request[8] ?? 0
    const data = [...request.subarray(10, 10 + (request[9] ?? 0))].map(byte => (byte - 0x33 + 256) % 256)
    const older = this.#settings.edition === '1997'
    const [read, next, width] = older ? [0x01, 0x02, 2] : [0x11, 0x12, 4]
    if (control === 0x13 && !older) return this.#frame(0x93, this.#own)
    // A meter of the other edition does not know itself meant.
    if (control !== read && control !== next) return undefined
    if (this.manner === 'refuses') return this.#frame(control | 0xc0, [0x04])
    const di = data.slice(0, width)
    const name = di
      .toReversed()
      .map(byte => byte.toString(16).padStart(2, '0'))
      .join('')
      .toUpperCase()
    const item = this.#settings.items()[name]
    if (!item) return this.#frame(control | 0xc0, [0x02])
    const all = 'raw' in item ? [...item.raw] : decimals(item.digits, item.bytes)
    const { most = 200 } = this.#settings
    const part = control === next ? (data[width] ?? 0) : 0
    const piece = all.slice(part * most, (part + 1) * most)
    const isLast = (part + 1) * most >= all.length
    return this.#frame((control | 0x80) + (isLast ? 0 : 0x20), [...di, ...piece, ...(part > 0 ? [part] : [])])
  }

  #frame(control: number, data: readonly number[]): Buffer {
    const own = this.manner === 'other-meter' ? this.#own.with(0, ((this.#own[0] ?? 0) + 1) & 255) : this.#own
    const veiled = data.map(byte => (byte + 0x33) % 256)
    return ended([0x68, ...own, 0x68, control, data.length, ...veiled], this.manner === 'wrong-checksum')
  }
}
