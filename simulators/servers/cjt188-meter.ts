import type { BusMeter, MeterManner } from './meter-bus.ts'
import { calls, decimals, ended } from './meter-bus.ts'

export interface Cjt188MeterSettings {
  /** T: 30 gas, 10 cold water, 20 heat. */
  readonly type: number
  /** Fourteen digits. */
  readonly address: string
  /** The order of data identifiers it understands; 'both' answers in the order it was asked. */
  readonly order?: 'le' | 'be' | 'both'
  /** m³ (kWh of a heat meter), asked for at each reading. */
  readonly total: () => number
  readonly settlement?: () => number
  /** 29 litres, 2A 10 L, 2B 100 L, 2C m³ … */
  readonly unit?: number
  readonly isValveClosed?: () => boolean
  readonly isBatteryLow?: () => boolean
  /** Reads nothing out to a call with AA in the address; says its own address all the same. */
  readonly shy?: boolean
  /** Whether it knows itself meant by T = AA. */
  readonly takesAnyType?: boolean
}

/** How much a unit byte stands for, in m³ or kWh. */
const sizes: Readonly<Record<number, number>> = { 0x29: 0.001, 0x2a: 0.01, 0x2b: 0.1, 0x2c: 1, 0x2d: 10, 0x05: 1, 0x08: 1_000 }

/** A water, gas or heat meter as CJ/T 188 describes it. It reads out 901F and its address, and refuses all else. */
export class Cjt188Meter implements BusMeter {
  manner: MeterManner = 'normal'
  readonly #settings: Cjt188MeterSettings
  readonly #own: readonly number[]

  constructor(settings: Cjt188MeterSettings) {
    this.#settings = settings
    this.#own = (settings.address.match(/../g) ?? []).map(two => Number.parseInt(two, 16)).toReversed()
  }

  answer(request: Buffer): Buffer | undefined {
    const { type, order = 'both', takesAnyType = true } = this.#settings
    const isMine = request[1] === type || (request[1] === 0xaa && takesAnyType)
    if (!isMine || !calls([...request.subarray(2, 9)], this.#own)) return undefined
    const [control, length, first = 0, second = 0, serial = 0] = request.subarray(9)
    if (length !== 3) return undefined
    const isLow = first === 0x1f || first === 0x0a
    if ((order === 'le' && !isLow) || (order === 'be' && isLow)) return undefined
    if (this.manner === 'refuses') return this.#frame(0xc1, [serial, 0x01])
    if (control === 0x03) return this.#frame(0x83, [first, second, serial])
    if (control !== 0x01) return this.#frame(0xc1, [serial, 0x02])
    if (this.#settings.shy && request.subarray(2, 9).includes(0xaa)) return undefined
    const di = isLow ? second * 256 + first : first * 256 + second
    if (di !== 0x901f) return this.#frame(0xc1, [serial, 0x02])
    return this.#frame(0x81, [first, second, serial, ...this.#present()])
  }

  #present(): number[] {
    const { type, total, settlement = total, unit = type === 0x20 ? 0x05 : 0x2c } = this.#settings
    const shown = this.manner === 'wrong-unit' ? (type === 0x20 ? 0x2c : 0x05) : unit
    const counted = (value: number): number[] => [...decimals((value / (sizes[unit] ?? 1)) * 100, 4), shown]
    const status = (this.#settings.isValveClosed?.() ? 1 : 0) + (this.#settings.isBatteryLow?.() ? 4 : 0)
    // 2026-11-22 08:00:00, seconds first.
    const time = [0x00, 0x00, 0x08, 0x22, 0x11, 0x26, 0x20]
    if (type !== 0x20) return [...counted(total()), ...counted(settlement()), ...time, status, 0]
    return [
      ...counted(settlement()),
      ...counted(total()),
      ...decimals(1_234, 4), // 12.34 kW
      0x17,
      ...decimals(5_678, 4), // 0.5678 m³/h
      0x35,
      ...decimals(99_900, 4), // 999.00 m³
      0x2c,
      ...decimals(6_543, 3), // 65.43 °C
      ...decimals(4_321, 3), // 43.21 °C
      ...decimals(777, 3), // 777 h
      ...time,
      status,
      0,
    ]
  }

  #frame(control: number, data: readonly number[]): Buffer {
    const own = this.manner === 'other-meter' ? this.#own.with(0, ((this.#own[0] ?? 0) + 1) & 255) : this.#own
    return ended([0x68, this.#settings.type, ...own, control, data.length, ...data], this.manner === 'wrong-checksum')
  }
}
