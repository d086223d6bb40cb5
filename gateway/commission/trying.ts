import type { Binding, Probe, Protocol } from '../../protocols/contract/driver.ts'
import { fault } from '../../protocols/contract/fault.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import type { Point } from '../site/site.ts'
import type { ModelHint } from '../site/models.ts'
import { batchesFor, batchHints } from './batches.ts'
import { fitOf } from './fitting.ts'
import { hintsFor } from './hints.ts'
import type { Hint, TriedPoint, Variant } from './tried.ts'
import { attemptsFor } from './variants.ts'

/** Reads these bindings once, over whatever line there is. */
export type Ask = (bindings: readonly Binding[]) => Promise<readonly Probe[]>

export interface Tried {
  readonly points: readonly TriedPoint[]
  readonly hints: readonly Hint[]
}

interface Subject {
  readonly bindings: readonly Binding[]
  readonly points: readonly Point[]
  readonly protocol: Protocol
  /** Of the connection. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Batches of its model that were met in the field. */
  readonly known?: readonly ModelHint[]
}

/** Reads equipment once, looks at what came, reads what looks wrong in other ways as well, and says what would fit. */
export async function tryOut({ bindings, points, protocol, settings, known = [] }: Subject, ask: Ask): Promise<Tried> {
  const first = await ask(bindings)
  const tried = bindings.flatMap(binding => {
    const point = points.find(({ id }) => id === binding.point)
    const probe = first.find(({ reading }) => reading.point === binding.point)
    return point && probe ? [triedOf(point, binding, probe)] : []
  })
  const batches = batchesFor(tried, bindings, known, protocol, settings)
  const attempts = attemptsFor(tried, bindings, protocol, settings)
  const wanted = [...batches.flatMap(({ parts }) => parts), ...attempts].map(({ binding }) => binding)
  const again = wanted.length === 0 ? [] : await ask(wanted)
  const valueOf = ({ point }: Binding): number | undefined => again.find(({ reading }) => reading.point === point)?.reading.value
  const variants = attempts.map(({ variant, binding }): Variant => {
    const value = valueOf(binding)
    return { ...variant, ...(value === undefined ? {} : { value }) }
  })
  const gave = batches.map(attempt => ({
    attempt,
    gave: new Map(
      attempt.parts.flatMap(({ key, binding }) => {
        const value = valueOf(binding)
        return value === undefined ? [] : [[key, value] as const]
      }),
    ),
  }))
  const ofModel = batchHints(tried, gave, known)
  // What the model is known for explains more than what anything may be.
  const offers = ofModel.filter(({ change, device }) => change || device)
  const explained = new Set(offers.flatMap(hint => hint.points))
  const others = hintsFor(tried, variants).filter(hint => !hint.points.some(key => explained.has(key)))
  return { points: tried, hints: [...offers, ...others, ...ofModel.filter(hint => !offers.includes(hint))] }
}

/** The point with what was read: a value that no such sensor can give has its fault beside it. */
export function triedOf(point: Point, binding: Binding, { reading, raw, roundTripMs }: Probe): TriedPoint {
  const { key, name, unit, decimals, kind, range, plausible, labels } = point
  const about = { key, name, unit, decimals, kind, range, labels, ...(plausible && { plausible }) }
  const read = { settings: binding.settings, raw, roundTripMs }
  if (reading.quality === 'bad') return { ...about, ...read, fault: reading.fault }
  const { value } = reading
  if (!plausible || (value >= plausible.min && value <= plausible.max)) return { ...about, ...read, value }
  const why = fault('out-of-range', `${value} is outside ${plausible.min} to ${plausible.max}, which no such sensor can give.`)
  return { ...about, ...read, value, fault: why }
}

/** Whether the value may be believed as it is. */
export const isBelievable = (point: TriedPoint): boolean =>
  point.fault === undefined && point.value !== undefined && fitOf(point.value, point) !== 'impossible'

export const idOf = (equipment: string, point: TriedPoint): string => pointId(equipment, point.key)
