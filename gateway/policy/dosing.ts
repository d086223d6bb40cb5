import type { Words } from '../../protocols/contract/driver.ts'
import { days } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'

/** The mean month of the calendar, in which a product's loss of strength is given. */
const month: Millis = days(30.4375)

/** After so long the strength on the label is no longer taken on trust (standards §1.6: ask for a re-test after three months). */
const retestAfter: Millis = (3 * month) as Millis

/** What of a product is available chlorine, as a fraction, when it was fresh and as it ages. */
export interface Strength {
  readonly fresh: number
  /** Day of manufacture or of the last test; `undefined` when nobody knows: then it counts as fresh. */
  readonly madeOn: Instant | undefined
  /** Fraction lost in a month, of what there still was (bleaching powder in heat: 0.05–0.10, standards §1.6). */
  readonly lossPerMonth: number
}

/** The strength of a batch at `at`: it decays by the same fraction every month, and does not grow before it was made. */
export function strengthAt({ fresh, madeOn, lossPerMonth }: Strength, at: Instant): number {
  if (madeOn === undefined || at <= madeOn) return fresh
  return fresh * (1 - lossPerMonth) ** ((at - madeOn) / month)
}

export interface Water {
  /** m³ in the tank now. */
  readonly volume: number
  /** Free chlorine before dosing, mg/L; `undefined` when it was not measured. */
  readonly residual: number | undefined
  /** Free chlorine wanted after the contact time, mg/L. */
  readonly target: number
  /** What the water itself uses up, mg/L; 0.5–1.5 where nobody measured it (standards §1.6). */
  readonly demand: number
}

/**
 * Grams of product for the water there is: `V × (target + demand − residual) / f`, because 1 mg/L in 1 m³ is 1 g of chlorine
 * (standards §1.6). Never negative: water that has enough needs none.
 */
export function requiredGrams({ volume, residual = 0, target, demand }: Water, strength: number): number {
  return (volume * Math.max(0, target + demand - residual)) / strength
}

/** Available chlorine that `grams` of product bring into each litre, mg/L. */
export const addedPerLitre = (grams: number, strength: number, volume: number): number => (grams * strength) / volume

/** Whether `grams` are what the water needed, give or take the tolerance (a fraction of it). */
export function isWithin(grams: number, required: number, tolerance: number): boolean {
  return Math.abs(grams - required) <= tolerance * required
}

/** What a person is about to dose. */
export interface DosingRequest {
  readonly at: Instant
  readonly water: Water
  /** `calcium hypochlorite 65 %`: as it is called on the drum. */
  readonly product: string
  readonly strength: Strength
  /** Highest free chlorine the water may come to, mg/L: 2 (GB 5749-2022). */
  readonly most: number
  /** The dosing before this one, where there was one. */
  readonly last?: { readonly product: string; readonly grams: number }
}

export type DosingAdvice =
  | { readonly ok: false; readonly problem: Words }
  | {
      readonly ok: true
      readonly grams: number
      /** Strength of the batch at its age, as a fraction. */
      readonly strength: number
      /** Free chlorine at most, before the water has used any of it, mg/L. */
      readonly peak: number
      /** More than twice the last dose: a second person checks it before it goes in. */
      readonly secondPerson: boolean
      /** What to mind. */
      readonly notes: readonly Words[]
    }

/**
 * What to dose now, or why not: refused when a figure makes no sense, when the water would come above `most` (the water is taken not to
 * use any of it, the unlucky case), and when the product is another than the last, for hypochlorite and chlorinated isocyanurates
 * ignite together (standards §1.6).
 */
export function adviseDosing({ at, water, product, strength, most, last }: DosingRequest): DosingAdvice {
  const { volume, residual = 0 } = water
  if (!(volume > 0))
    return refused(
      '池里没有水，或不知道有多少水，先量水位。',
      'There is no water, or nobody knows how much: measure the level first.',
    )
  const now = strengthAt(strength, at)
  if (!(now > 0 && now <= 1))
    return refused(
      '不知道药剂的有效氯含量，先看标签或送检。',
      'The strength of the product is not known: read the label or have it tested.',
    )
  if (last && !isSameProduct(last.product, product))
    return refused(
      `上次投的是“${last.product}”，这次是“${product}”：不同的消毒药剂不能混用，会着火。先把投药桶和管路清洗干净，再由主管换药。`,
      `Last time it was "${last.product}", now it is "${product}": disinfectants are never mixed, they can ignite. Clean drum and lines, then have the supervisor change the product.`,
    )
  const grams = requiredGrams(water, now)
  const peak = residual + addedPerLitre(grams, now, volume)
  if (peak > most) {
    return refused(
      `投药后余氯可能到 ${plain(peak)} mg/L，超过 ${plain(most)} mg/L，不能投。核对余氯、目标值和水的耗氯量。`,
      `Free chlorine could come to ${plain(peak)} mg/L, above ${plain(most)} mg/L: do not dose. Check residual, target and demand.`,
    )
  }
  return {
    ok: true,
    grams,
    strength: now,
    peak,
    secondPerson: last !== undefined && grams > 2 * last.grams,
    notes: notesOf(at, strength, grams),
  }
}

function notesOf(at: Instant, { madeOn }: Strength, grams: number): readonly Words[] {
  const notes: Words[] = []
  if (grams === 0) notes.push({ zh: '余氯够了，这次不用投药。', en: 'There is enough chlorine, nothing is to be dosed.' })
  if (madeOn !== undefined && at - madeOn > retestAfter)
    notes.push({
      zh: '这批药剂已超过三个月，有效氯要重新检测。',
      en: 'This batch is older than three months: have its strength tested again.',
    })
  if (grams > 0)
    notes.push({
      zh: '投药后 30 分钟内的水不要喝，测得余氯 0.3–2 mg/L 再供水。',
      en: 'Nobody drinks the water for 30 minutes; supply it once free chlorine is 0.3–2 mg/L.',
    })
  return notes
}

const isSameProduct = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase()
const refused = (zh: string, en: string): DosingAdvice => ({ ok: false, problem: { zh, en } })

/** Two decimals at most, without idle zeros. */
export const plain = (value: number, decimals = 2): string => String(Number(value.toFixed(decimals)))
