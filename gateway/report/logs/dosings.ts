import type { Words } from '../../../protocols/contract/driver.ts'
import { after, days, hours, instant, millis, minutes } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { good, qualityOf } from '../../historian/rows.ts'
import type { Equipment } from '../../site/site.ts'
import type { Past } from '../../store/past.ts'
import { both, numberIn, saidIn, textIn } from './cells.ts'
import type { Said } from './cells.ts'
import type { Line } from './lines.ts'
import { equipmentIn } from './names.ts'
import type { Desk } from './paper.ts'

/** One dosing of a tank: what a person wrote down, what the scale of the dosing device says, or both. */
export interface Dosing {
  readonly at: Instant
  readonly tank: string
  /** What the person wrote down. */
  readonly written?: Line
  /** What a rule wrote of the amount that was weighed. */
  readonly weighed?: Line
  readonly lines: readonly Line[]
}

/** A free chlorine that was measured after the dosing. */
export interface After {
  readonly residual: number
  readonly at: Instant
  readonly entries: readonly number[]
}

const kinds = ['record.dosing'] as const
/** A dosing and what its person says of its time are no further apart. */
const together = hours(2)
/** The house rule: ten days (WAT-1). Before the period it is looked for a year back. */
const lookBack = days(400)
/** Water may be used again after so long (standards §1.6); a reading of the next two hours tells what came of it. */
const contact = { least: minutes(30), most: hours(2.5) }

/** Every dosing of the wanted tanks in order; struck and removed lines are left where they stood, alone. A line a dosing: they are few. */
export function dosingsOf({ lines, names }: Desk, from: Instant, to: Instant): readonly Dosing[] {
  const isWanted = (entry: Line['entry']): boolean => names.wants(equipmentIn(entry) ?? '')
  const found: Dosing[] = []
  for (const line of lines.of(kinds, from, to, isWanted)) {
    const tank = equipmentIn({ ...line.entry, data: line.data }) ?? equipmentIn(line.entry) ?? ''
    const counts = !line.gone && !line.isStruck
    const isByPerson = line.entry.by !== 'system'
    const place = counts ? partnerOf(found, tank, line, isByPerson) : -1
    const partner = found[place]
    const own = { ...(isByPerson ? { written: line } : { weighed: line }), lines: [line] }
    if (partner) found[place] = { ...partner, ...own, lines: [...partner.lines, line] }
    else found.push({ at: line.at, tank, ...own })
  }
  return found
}

/** The nearest dosing of the same tank that still lacks what this line says. */
function partnerOf(found: readonly Dosing[], tank: string, { at }: Line, isByPerson: boolean): number {
  let best = -1
  let least: number = together
  for (let index = found.length - 1; index >= 0; index--) {
    const one = found[index] as Dosing
    if (at - one.at > together) break
    const away = Math.abs(at - one.at)
    const other = isByPerson ? one.weighed : one.written
    const hasOwn = isByPerson ? one.written : one.weighed
    if (one.tank === tank && other && !hasOwn && !other.isStruck && !other.gone && away <= least) [best, least] = [index, away]
  }
  return best
}

/** Whether a dosing counts: something of it stands uncorrected and is not removed. */
export const isValid = ({ lines }: Dosing): boolean => lines.some(({ gone, isStruck }) => !gone && !isStruck)

/** When each tank was last dosed before the period. */
export function lastBefore(desk: Desk, from: Instant): ReadonlyMap<string, Instant> {
  const last = new Map<string, Instant>()
  for (const one of dosingsOf(desk, after(from, millis(-lookBack)), from)) if (isValid(one)) last.set(one.tank, one.at)
  return last
}

/** What was written down of a dosing, by whoever wrote it. */
export interface Facts {
  readonly product: string | null
  /** As the tank's facts say it in both languages; else as it was written down. */
  readonly productName: Words | null
  readonly batch: string | null
  /** Fraction of available chlorine at its age. */
  readonly strength: number | null
  readonly madeOn: string | null
  /** m³ */
  readonly volume: number | null
  readonly volumeFrom: 'sensor' | 'typed' | 'unknown'
  readonly required: number | null
  /** As the person wrote it, and as it was weighed; g. */
  readonly grams: number | null
  readonly weighed: number | null
  /** mg/L */
  readonly before: number | null
  readonly target: number | null
  readonly second: string | null
  readonly signed: boolean
  readonly verdict: 'good' | 'bad' | 'unknown'
  readonly why: Words | null
}

export function factsOf({ written, weighed }: Dosing, facts: Said, words: Equipment['factWords'] = {}): Facts {
  const fields = saidIn(written?.data['fields'])
  const reckoned = saidIn(written?.data['reckoned'])
  const figures = saidIn(weighed?.data['figures'])
  const figure = (key: string): number | null => numberIn(figures[key]) ?? numberIn(reckoned[key])
  const judged = weighed ? figures : reckoned
  const typed = numberIn(fields['volume'])
  const from = textIn(reckoned['volumeFrom'])
  const product = textIn(fields['product']) ?? textIn(facts['product'])
  const called = words['product']
  return {
    product,
    productName: product === null ? null : called?.en === product ? called : both(product),
    batch: textIn(fields['batch']) ?? textIn(facts['batch']),
    strength: numberIn(reckoned['strength']) ?? numberIn(figures['strength']) ?? numberIn(fields['strength']),
    madeOn: textIn(fields['madeOn']) ?? textIn(facts['madeOn']),
    volume: numberIn(reckoned['volumeCubicMetres']) ?? numberIn(figures['volumeCubicMetres']) ?? typed,
    volumeFrom:
      from === 'typed' || from === 'sensor'
        ? from
        : typed !== null
          ? 'typed'
          : numberIn(figures['volumeCubicMetres']) !== null
            ? 'sensor'
            : 'unknown',
    required: numberIn(reckoned['requiredGrams']) ?? numberIn(figures['requiredGrams']),
    grams: numberIn(fields['grams']),
    weighed: numberIn(figures['dosedGrams']),
    before: numberIn(reckoned['residualMgPerLitre']) ?? numberIn(figures['residualMgPerLitre']) ?? numberIn(fields['residual']),
    target: figure('targetMgPerLitre'),
    second: textIn(saidIn(written?.data['second'])['by']),
    signed: textIn(saidIn(written?.data['signed'])['by']) !== null,
    verdict: verdictOf(textIn(judged['why']), written, weighed),
    why: whyOf(judged),
  }
}

function verdictOf(why: string | null, written: Line | undefined, weighed: Line | undefined): 'good' | 'bad' | 'unknown' {
  if (written?.data['verdict'] === 'failed' || weighed?.data['verdict'] === 'failed') return 'bad'
  if (why === 'right') return 'good'
  return why === null || why === 'unknown' ? 'unknown' : 'bad'
}

function whyOf({ whyZh, whyEn }: Said): Words | null {
  const [zh, en] = [textIn(whyZh), textIn(whyEn)]
  return zh !== null && en !== null ? { zh, en } : null
}

/** What went in: the scale's word where there is one. */
export const dosedGrams = ({ grams, weighed }: Pick<Facts, 'grams' | 'weighed'>): number | null => weighed ?? grams

/** Hand readings that say to which dosing they belong, by the place of that dosing. */
export function followUps({ lines }: Desk, from: Instant, to: Instant): ReadonlyMap<number, After> {
  const found = new Map<number, After>()
  for (const { at, data, entries } of lines.valid(['record.reading'], from, after(to, days(1)))) {
    const fields = saidIn(data['fields'])
    const [follows, residual] = [numberIn(fields['follows']), numberIn(fields['value'])]
    if (follows !== null && residual !== null && !found.has(follows)) found.set(follows, { residual, at, entries })
  }
  return found
}

/** The first good reading of the free chlorine once the contact time is over. */
export function chlorineAfter({ columns }: Pick<Past, 'columns'>, point: string, at: Instant): After | undefined {
  for (const rows of columns(point as never, after(at, contact.least), after(at, contact.most)))
    for (let index = 0; index < rows.at.length; index++)
      if (qualityOf(rows.mark[index] ?? good) === good)
        return { residual: rows.value[index] ?? Number.NaN, at: instant(rows.at[index] ?? 0), entries: [] }
  return undefined
}
