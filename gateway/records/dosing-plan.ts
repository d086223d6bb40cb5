import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { between, minutes } from '../../protocols/contract/time.ts'
import { addedPerLitre, adviseDosing, isWithin, plain, requiredGrams, strengthAt } from '../policy/dosing.ts'
import type { DosingAdvice, Strength } from '../policy/dosing.ts'
import { because } from '../policy/kinds/dose-words.ts'
import type { Dosing } from '../policy/kinds/dose-words.ts'

/** What a rule of the tank wants of its water: from the site's packs. */
export interface DosingAim {
  /** mg/L */
  readonly target: number
  /** mg/L */
  readonly demand: number
  readonly strength: Strength
  /** Fraction of the required amount. */
  readonly tolerance: number
  /** mg/L */
  readonly most: number
}

/** One figure of the tank: measured, typed, or neither. */
export interface Figure {
  readonly value: number | undefined
  readonly from: 'sensor' | 'typed' | 'unknown'
}

/** The water as it is now, by the sensors and by what somebody typed beside them. */
export interface TankWater {
  /** m³ */
  readonly volume: Figure
  /** mg/L */
  readonly residual: Figure
  /** m³, where the sensor says so too while another one was typed. */
  readonly sensed: number | undefined
}

export interface DosingBefore {
  readonly at: Instant
  readonly grams: number
  readonly product?: string
}

/** Water may be supplied again after so long, once the chlorine is right (standards §1.6). */
export const contactTime: Millis = minutes(30)
export const drinkable = { min: 0.3, max: 2 } as const

/** What was typed goes before what a sensor says: whoever stands beside the tank knows whether the float hangs. */
export function waterOf(
  sensed: { readonly volume: number | undefined; readonly residual: number | undefined },
  typed: { readonly volume: number | undefined; readonly residual: number | undefined },
): TankWater {
  const figure = (said: number | undefined, measured: number | undefined): Figure =>
    said !== undefined
      ? { value: said, from: 'typed' }
      : measured !== undefined
        ? { value: measured, from: 'sensor' }
        : { value: undefined, from: 'unknown' }
  return {
    volume: figure(typed.volume, sensed.volume),
    residual: figure(typed.residual, sensed.residual),
    sensed: typed.volume === undefined ? undefined : sensed.volume,
  }
}

/** Two decimals, never rounded up: what is weighed must not be more than what was reckoned. */
export const flooredGrams = (grams: number): number => Math.floor(grams * 100 + 1e-6) / 100

export interface AskedDosing {
  readonly at: Instant
  readonly water: TankWater
  readonly aim: DosingAim
  readonly product: string
  readonly strength: Strength
  readonly last: DosingBefore | undefined
}

/** The advice of the house with grams that can be weighed, and how they were reckoned. */
export type AdvisedDosing =
  | Extract<DosingAdvice, { ok: false }>
  | (Extract<DosingAdvice, { ok: true }> & { readonly required: number; readonly how: Words })

/**
 * What to weigh out. The dose follows the volume that was typed, but the ceiling is kept also in the volume that the sensor sees: one
 * figure too much in a hurry must not make the water undrinkable.
 */
export function adviseDose({ at, water, aim, product, strength, last }: AskedDosing): AdvisedDosing {
  const { target, demand, most } = aim
  const volume = water.volume.value ?? 0
  const asked = { volume, residual: water.residual.value, target, demand }
  const before = last && { product: last.product ?? product, grams: last.grams }
  const advice = adviseDosing({ at, water: asked, product, strength, most, ...(before ? { last: before } : {}) })
  if (!advice.ok) return advice
  const grams = flooredGrams(advice.grams)
  const tight = Math.min(volume, water.sensed ?? volume)
  const peak = (water.residual.value ?? 0) + addedPerLitre(grams, advice.strength, tight)
  if (peak > most) return { ok: false, problem: doubted(volume, tight, peak, most) }
  const secondPerson = last !== undefined && grams > 2 * last.grams
  return { ...advice, grams, peak, secondPerson, required: advice.grams, how: reckoning(asked, advice.strength, grams) }
}

const doubted = (typed: number, sensed: number, peak: number, most: number): Words => ({
  zh: `填的水量是 ${plain(typed, 1)} m³，液位计说 ${plain(sensed, 1)} m³。按液位计的水量，余氯可能到 ${plain(peak)} mg/L，超过 ${plain(most)} mg/L，不能投。先核对水量。`,
  en: `You typed ${plain(typed, 1)} m³, the level sensor says ${plain(sensed, 1)} m³. In that much water free chlorine could come to ${plain(peak)} mg/L, above ${plain(most)} mg/L: do not dose. Check how much water there is.`,
})

function reckoning(
  { volume, residual, target, demand }: { volume: number; residual: number | undefined; target: number; demand: number },
  strength: number,
  grams: number,
): Words {
  const need = plain(Math.max(0, target + demand - (residual ?? 0)), 3)
  const sum = `${plain(target)} + ${plain(demand)}${residual === undefined ? '' : ` − ${plain(residual, 3)}`} = ${need} mg/L`
  const product = `${plain(volume, 3)} m³ × ${need} mg/L ÷ ${plain(strength * 100, 2)} % = ${grams.toFixed(2)} g`
  return {
    zh: `缺氯：目标 + 耗氯${residual === undefined ? '' : ' − 现有'} = ${sum}；投药量：${product}（第三位小数舍去，不进位）`,
    en: `Short of: target + demand${residual === undefined ? '' : ' − present'} = ${sum}; dose: ${product} (rounded down)`,
  }
}

/** A dosing that somebody records, weighed against the water it went into. */
export interface DoneDosing extends Omit<AskedDosing, 'product'> {
  readonly grams: number
}
export interface WeighedDosing {
  readonly dosing: Dosing
  /** Free chlorine at most, in the smaller of the volumes that are known, mg/L; `undefined` where none is. */
  readonly peak: number | undefined
  /** More than twice the last dose. */
  readonly secondPerson: boolean
  /** As it stands in the journal; times ms, what is not known `null`. */
  readonly reckoned: Readonly<Record<string, unknown>>
}

export function weighDosing({ at, water, aim, strength, last, grams }: DoneDosing): WeighedDosing {
  const { target, demand, tolerance, most } = aim
  const now = strengthAt(strength, at)
  const volume = water.volume.value
  const residual = water.residual.value
  const required = volume === undefined ? undefined : requiredGrams({ volume, residual, target, demand }, now)
  const tight = volume === undefined ? water.sensed : Math.min(volume, water.sensed ?? volume)
  const peak = tight === undefined ? undefined : (residual ?? 0) + addedPerLitre(grams, now, tight)
  const verdict = verdictOf(grams, required, peak, { tolerance, most })
  const dosing: Dosing = { at, grams, volume, residual, strength: now, required, peak, verdict }
  const words = because({ target, demand, tolerance, most }, dosing)
  return {
    dosing,
    peak,
    secondPerson: last !== undefined && grams > 2 * last.grams,
    reckoned: {
      volumeCubicMetres: tidy(volume, 3),
      volumeFrom: water.volume.from,
      ...(water.sensed === undefined ? {} : { sensedCubicMetres: tidy(water.sensed, 3) }),
      residualMgPerLitre: tidy(residual, 3),
      residualFrom: water.residual.from,
      targetMgPerLitre: target,
      demandMgPerLitre: demand,
      strength: tidy(now, 4),
      requiredGrams: tidy(required, 2),
      dosedGrams: grams,
      difference: required === undefined || required === 0 ? null : tidy((grams - required) / required, 4),
      peakMgPerLitre: tidy(peak, 3),
      lastAt: last?.at ?? null,
      lastGrams: last?.grams ?? null,
      daysSinceLast: last === undefined ? null : tidy(between(last.at, at) / 86_400_000, 2),
      why: verdict,
      whyZh: words.zh,
      whyEn: words.en,
    },
  }
}

function verdictOf(
  grams: number,
  required: number | undefined,
  peak: number | undefined,
  { tolerance, most }: Pick<DosingAim, 'tolerance' | 'most'>,
): Dosing['verdict'] {
  if (peak !== undefined && peak > most) return 'too-much'
  if (required === undefined) return 'unknown'
  if (isWithin(grams, required, tolerance)) return 'right'
  return grams > required ? 'more' : 'less'
}

const tidy = (value: number | undefined, decimals: number): number | null =>
  value === undefined ? null : Number(value.toFixed(decimals))

/** Whether the water may be drunk after a dosing: not for 30 minutes, and then not before somebody or something measured it right. */
export type Contact =
  | { readonly state: 'waiting'; readonly until: Instant }
  | { readonly state: 'measure'; readonly until: Instant }
  | { readonly state: 'safe' | 'unsafe'; readonly until: Instant; readonly residual: number; readonly at: Instant }

export function contactOf(
  dosedAt: Instant,
  measured: { readonly value: number; readonly at: Instant } | undefined,
  now: Instant,
): Contact {
  const until = (dosedAt + contactTime) as Instant
  if (now < until) return { state: 'waiting', until }
  if (!measured || measured.at < until) return { state: 'measure', until }
  const isSafe = measured.value >= drinkable.min && measured.value <= drinkable.max
  return { state: isSafe ? 'safe' : 'unsafe', until, residual: measured.value, at: measured.at }
}
