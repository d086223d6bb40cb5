import type { Words } from '../contract/driver.ts'
import type { PointId } from '../contract/reading.ts'
import type { Millis } from '../contract/time.ts'
import type { LineSettings } from '../kit/line-settings.ts'
import type { Scaling } from '../kit/number.ts'
import type { Field } from './field.ts'
import type { Question } from './judged.ts'
import type { RoundPlan } from './round.ts'
import type { Cut } from '../kit/frame-finder.ts'

/** A line with meters on it. */
export interface MeterConnection {
  readonly line: LineSettings
  readonly every: Millis
  /** Real time, for one answer. */
  readonly timeout: Millis
  /** How often a question that was not answered is asked once more. */
  readonly retries: number
  /** Real time between an answer and the next question. */
  readonly pause: Millis
  /** Bytes FE before each question. */
  readonly wake: number
}

/** One data item of one meter, and the points that lie in its answer. */
export interface MeterRead<F> {
  readonly address: string
  /** The data identifier, as printed in manuals. */
  readonly request: string
  readonly points: readonly MeterPoint[]
  /** Ways of asking the same thing, the likeliest first. Which of them a meter answers is learned. */
  readonly ways: readonly Way<F>[]
  /** Question and answer as far as known. */
  readonly bytes: number
  /** An answer with less data than this is not what it says it is. */
  readonly least: number
  readonly round?: RoundPlan
}

export interface Way<F> {
  /** Stable: `le`, `1997`. */
  readonly name: string
  /** What it means that this one works. */
  readonly lesson: Words
  question(serial: number): Question<F>
}

export interface MeterPoint extends Scaling {
  readonly point: PointId
  /** By the name of the way that was answered. */
  readonly fields: Readonly<Record<string, Field>>
}

/** What makes one meter protocol of the common driver. */
export interface MeterProtocol<F> {
  readonly cut: (bytes: Uint8Array, at: number) => Cut<F>
  readonly addressOf: (frame: F) => string
  readonly finder: MeterFinder<F>
}

/** How meters are looked for. */
export interface MeterFinder<F> {
  /** Digits of an address. */
  readonly digits: number
  /** Questions that a meter with this address answers whatever it is; bytes AA stand for any. In the order in which they are worth asking. */
  calls(address: string): readonly Call<F>[]
}
export interface Call<F> {
  question(serial: number): Question<F>
  /** The equipment entry and the points of the meter that answered it. */
  found(
    frame: F,
    data: Uint8Array,
  ): {
    readonly device: Readonly<Record<string, unknown>>
    readonly name: string
    readonly note?: Words
    readonly points: readonly {
      readonly settings: Readonly<Record<string, unknown>>
      readonly name: string
      readonly unit: string
      readonly field: Field
    }[]
  }
}

export const labelOf = (address: string): string => `meter ${address}`
