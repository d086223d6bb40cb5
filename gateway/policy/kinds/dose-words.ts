import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { plain } from '../dosing.ts'
import type { RuleRecord } from '../kind.ts'

/** One dosing, weighed against the water it went into; `undefined` is what nobody measured. */
export interface Dosing {
  readonly at: Instant
  readonly grams: number
  readonly volume: number | undefined
  readonly residual: number | undefined
  readonly strength: number
  readonly required: number | undefined
  /** Free chlorine at most, before the water has used any, mg/L. */
  readonly peak: number | undefined
  readonly verdict: 'right' | 'more' | 'less' | 'too-much' | 'unknown'
}

interface Aim {
  readonly target: number
  readonly demand: number
  readonly tolerance: number
  readonly most: number
}

const tidy = (value: number | undefined, decimals: number): number | null =>
  value === undefined ? null : Number(value.toFixed(decimals))

/** Why a dosing is right or wrong, as a colleague says it. */
export function because({ most, tolerance }: Aim, { grams, volume, required, peak, verdict }: Dosing): Words {
  const dosed = plain(grams, 1)
  const water = plain(volume ?? 0, 1)
  const needed = plain(required ?? 0, 1)
  switch (verdict) {
    case 'too-much': {
      const zh = required === undefined ? '' : `应投 ${needed} g，`
      const en = required === undefined ? '' : ` instead of ${needed} g`
      return {
        zh: `池内水量 ${water} m³，${zh}实投 ${dosed} g，余氯可能到 ${plain(peak ?? 0)} mg/L，超过 ${plain(most)} mg/L。`,
        en: `${dosed} g${en} went into ${water} m³ of water: free chlorine may come to ${plain(peak ?? 0)} mg/L, above ${plain(most)} mg/L.`,
      }
    }
    case 'more':
    case 'less': {
      const zh = verdict === 'more' ? '多' : '少'
      const en = verdict === 'more' ? 'more' : 'less'
      const by = required ? `${plain((100 * Math.abs(grams - required)) / required, 0)} %` : undefined
      return {
        zh: `池内水量 ${water} m³，应投 ${needed} g，实投 ${dosed} g，投${zh}了${by ? ` ${by}` : ''}（允许 ±${plain(100 * tolerance, 0)} %）。`,
        en: `${water} m³ of water needed ${needed} g, ${dosed} g were dosed: ${by ? `${by} ` : ''}${en} than needed (±${plain(100 * tolerance, 0)} % is allowed).`,
      }
    }
    case 'right':
      return {
        zh: `池内水量 ${water} m³，应投 ${needed} g，实投 ${dosed} g。`,
        en: `${water} m³ of water needed ${needed} g, ${dosed} g were dosed.`,
      }
    case 'unknown':
      return {
        zh: `实投 ${dosed} g；当时的水量或余氯没有读数，不知道应投多少。`,
        en: `${dosed} g were dosed; volume or residual had no reading at that time, so nobody knows what was needed.`,
      }
  }
}

const verdicts = { right: 'passed', more: 'failed', less: 'failed', 'too-much': 'failed', unknown: 'unknown' } as const

/** The line of the dosing log (WAT-2, WAT-4): volume, product strength, required and actual amount. */
export function dosingRecord(aim: Aim, dosing: Dosing): RuleRecord {
  const { at, grams, volume, residual, strength, required, peak, verdict } = dosing
  const { zh, en } = because(aim, dosing)
  return {
    kind: 'dosing',
    from: at,
    to: at,
    verdict: verdicts[verdict],
    figures: {
      volumeCubicMetres: tidy(volume, 3),
      residualMgPerLitre: tidy(residual, 3),
      targetMgPerLitre: aim.target,
      demandMgPerLitre: aim.demand,
      strength: tidy(strength, 4),
      requiredGrams: tidy(required, 1),
      dosedGrams: tidy(grams, 1),
      peakMgPerLitre: tidy(peak, 3),
      why: verdict,
      whyZh: zh,
      whyEn: en,
    },
  }
}
