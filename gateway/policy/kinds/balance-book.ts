import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { Inputs, RuleRecord } from '../kind.ts'
import { advance } from './balance-judge.ts'
import type { MeterSettings } from './balance-judge.ts'
import { endOfPeriod } from './balance-period.ts'
import { knownValue } from './known.ts'

/** The reading sheet of a meter: one line at the end of each period. */
export interface Book {
  readonly from: Instant
  readonly until: Instant
  /** The counter at the start of the period; `null` when it was not heard. */
  readonly total: number | null
}

export const openBook = (at: Instant, { period, zone }: MeterSettings): Book => ({
  from: at,
  until: endOfPeriod(at, period, zone),
  total: null,
})

const missing = {
  total: {
    zh: '期末没有累计用量读数，没有估算。',
    en: 'There was no reading of the counter at the end of the period; none was estimated.',
  },
  balance: {
    zh: '期末没有余量读数，没有估算。',
    en: 'There was no reading of the balance at the end of the period; none was estimated.',
  },
  reference: {
    zh: '期末没有基表读数，没有估算。',
    en: 'There was no reading of the base meter at the end of the period; none was estimated.',
  },
} as const
const read: Words = { zh: '由表远传读得。', en: 'Read from the meter itself.' }

/** Base meter, cumulative consumption and balance at the end of a period, and how each was obtained (GAS-5): read, or not at all. */
export function writeLine(
  book: Book,
  inputs: Inputs,
  meter: MeterSettings,
): { readonly book: Book; readonly record: RuleRecord } {
  const at = book.until
  const value = (name: string): number | null => knownValue(inputs[name], at) ?? null
  const [total, balance, reference] = [value('total'), value('balance'), value('reference')]
  const gone = (['total', 'balance', 'reference'] as const).find(
    name => (name === 'total' || inputs[name]) && value(name) === null,
  )
  const words = gone === undefined ? read : missing[gone]
  const { newestAt } = inputs['total'] ?? {}
  const increment = book.total === null || total === null ? null : tidy(advance(book.total, total, meter.digits))
  return {
    book: { from: at, until: endOfPeriod(at, meter.period, meter.zone), total },
    record: {
      kind: 'meter-reading',
      from: book.from,
      to: at,
      verdict: gone === undefined ? 'passed' : 'unknown',
      figures: {
        totalCubicMetres: tidy(total),
        incrementCubicMetres: increment,
        balanceCubicMetres: tidy(balance),
        referenceCubicMetres: tidy(reference),
        readAt: total === null || newestAt === undefined ? null : new Date(newestAt).toISOString(),
        obtained: gone === undefined ? 'read' : 'missing',
        why: gone === undefined ? 'read' : `${gone}-missing`,
        whyZh: words.zh,
        whyEn: words.en,
      },
    },
  }
}

/** Counters have hundredths; what lies beyond a millionth is the rounding of a subtraction. */
const tidy = (value: number | null): number | null => (value === null ? null : Number(value.toFixed(6)))
