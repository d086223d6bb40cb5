import type { Words } from '../../../protocols/contract/driver.ts'
import { minutes } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { plain } from '../dosing.ts'
import type { RuleRecord } from '../kind.ts'
import { heldIn } from './cycle-run.ts'
import type { Hold, Run } from './cycle-run.ts'
import { lengthInWords } from './length.ts'

/** How the door was opened. */
export interface Opening {
  readonly how: 'proper' | 'early' | 'unknown'
  /** °C; `undefined` when nobody measured. */
  readonly celsius: number | undefined
  readonly heats: boolean
}

interface Aim {
  readonly dry: Millis
  readonly hold: Hold
  readonly safe: number
}

// A stretch one second short of ten minutes is not to be printed as ten minutes.
const spoken = (length: number): Words => lengthInWords((Math.floor(length / 1_000) * 1_000) as Millis)
const inMinutes = (length: number): number => Math.floor(length / 600) / 100
const tidy = (celsius: number | null | undefined): number | null =>
  celsius === null || celsius === undefined ? null : Number(celsius.toFixed(1))

/** Why a run began wrongly. */
export function startInWords({ start, dryFor }: Run, { dry }: Aim): Words {
  if (start === 'open') return { zh: '柜门开着就开始加热。', en: 'Heating began with the door open.' }
  const shut = spoken(dryFor ?? 0)
  const need = spoken(dry)
  return {
    zh: `关门 ${shut.zh}就开始加热，应先晾干 ${need.zh}。`,
    en: `Heating began ${shut.en} after the door was shut; the ware has to dry for ${need.en} first.`,
  }
}

/** How long a run was hot, against what it takes. */
export function holdInWords({ longest, possible, unseen, peak, isWhole }: Run, { hold }: Aim): Words {
  const need = spoken(hold.for)
  const at = plain(hold.at, 1)
  if (peak === null) {
    return {
      zh: `没有柜内温度读数，不知道有没有到 ${at} °C。`,
      en: `There was no reading of the temperature: nobody knows whether it came to ${at} °C.`,
    }
  }
  const top = plain(peak, 1)
  const gap =
    longest < hold.for && (!isWhole || possible >= hold.for)
      ? isWhole
        ? { zh: `其中有 ${spoken(unseen).zh}没有读数。`, en: ` There were no readings for ${spoken(unseen).en} of it.` }
        : { zh: '开始加热时还没有监测。', en: ' Nobody watched when heating began.' }
      : { zh: '', en: '' }
  if (longest === 0) {
    return {
      zh: `要求 ${at} °C 以上连续 ${need.zh}，最高只测到 ${top} °C。${gap.zh}`,
      en: `It takes ${need.en} without a break at ${at} °C or more; the highest reading was ${top} °C.${gap.en}`,
    }
  }
  const long = spoken(longest)
  return {
    zh: `要求 ${at} °C 以上连续 ${need.zh}，最长连续 ${long.zh}，最高 ${top} °C。${gap.zh}`,
    en: `It takes ${need.en} without a break at ${at} °C or more; the longest was ${long.en}, the highest ${top} °C.${gap.en}`,
  }
}

/** How the door was opened, against when it may be. */
export function openingInWords({ celsius, heats }: Opening, { safe }: Aim): Words {
  const was = celsius === undefined ? undefined : plain(celsius, 1)
  if (heats) {
    return {
      zh: `还在加热就开了门${was === undefined ? '' : `，当时 ${was} °C`}。`,
      en: `The door was opened while it was still heating${was === undefined ? '' : `, at ${was} °C`}.`,
    }
  }
  if (was === undefined)
    return { zh: '开门时没有温度读数。', en: 'There was no reading of the temperature when the door was opened.' }
  return {
    zh: `开门时柜内 ${was} °C，降到 ${plain(safe, 1)} °C 才能开门。`,
    en: `It was ${was} °C when the door was opened; it may be opened at ${plain(safe, 1)} °C.`,
  }
}

/** GB 17988: the two-star class holds 120 °C for 15 minutes (standards §1.2). */
const isTwoStar = ({ longest }: Run, { hold }: Aim): boolean => hold.at >= 120 && longest >= minutes(15)

/** The line of the disinfection log (CAN-6…8); `opening` is left out of a run whose door nobody has opened yet. */
export function cycleRecord(run: Run, to: Instant, aim: Aim, opening: Opening | undefined): RuleRecord {
  const held = heldIn(run, aim.hold)
  const [verdict, why] =
    opening?.how === 'early'
      ? (['opened-early', 'opened-early'] as const)
      : held === 'short'
        ? (['failed', run.longest === 0 ? 'never-hot' : 'hold-too-short'] as const)
        : held === 'unknown'
          ? (['unknown', 'hold-unknown'] as const)
          : opening?.how === 'unknown'
            ? (['unknown', 'opening-unknown'] as const)
            : (['passed', 'held'] as const)
  const words =
    why === 'opened-early' || why === 'opening-unknown' ? openingInWords(opening as Opening, aim) : holdInWords(run, aim)
  return {
    kind: 'disinfection',
    from: run.from,
    to,
    verdict,
    figures: {
      holdMinutes: inMinutes(run.hot),
      longestHoldMinutes: inMinutes(run.longest),
      requiredMinutes: inMinutes(aim.hold.for),
      requiredCelsius: aim.hold.at,
      peakCelsius: tidy(run.peak),
      openedAtCelsius: tidy(opening?.celsius),
      dryMinutes: run.dryFor === null ? null : inMinutes(run.dryFor),
      unseenMinutes: inMinutes(run.unseen),
      started: run.start === 'drying' ? 'unknown' : run.start,
      twoStar: isTwoStar(run, aim),
      why,
      whyZh: words.zh,
      whyEn: words.en,
    },
  }
}
