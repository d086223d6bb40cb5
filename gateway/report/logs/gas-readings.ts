import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { Equipment } from '../../site/site.ts'
import type { LogSection } from '../document.ts'
import { both, joined, numberIn, rounded, saidIn, say, textIn, wordsIn } from './cells.ts'
import { shown } from './lines.ts'
import type { Line } from './lines.ts'
import { equipmentIn } from './names.ts'
import type { Desk } from './paper.ts'
import { amount, section, text, time, verdict } from './section.ts'
import type { Shown } from './section.ts'

/** The three values of a meter at one time (GAS-5), m³; `null` is what was not obtained, and never an estimate. */
export interface MeterLine {
  readonly at: Instant
  readonly meter: string
  readonly by: string
  readonly base: number | null
  readonly total: number | null
  readonly balance: number | null
  readonly used: number | null
  readonly obtained: string
  readonly why: Words | null
}

export const meterReadings = ['record.meter-reading'] as const
const estimates = /^(?:estimated?|估抄)$/i

export function meterLineOf({ entry, at, data }: Line): MeterLine {
  const meter = equipmentIn({ ...entry, data }) ?? ''
  if (entry.by !== 'system') {
    const fields = saidIn(data['fields'])
    return {
      at,
      meter,
      by: entry.by,
      base: numberIn(fields['base']),
      total: numberIn(fields['total']),
      balance: numberIn(fields['balance']),
      used: null,
      obtained: textIn(fields['obtained']) ?? 'hand',
      why: textIn(fields['note']) === null ? null : both(String(fields['note'])),
    }
  }
  const figures = saidIn(data['figures'])
  return {
    at,
    meter,
    by: 'system',
    base: numberIn(figures['referenceCubicMetres']),
    total: numberIn(figures['totalCubicMetres']),
    balance: numberIn(figures['balanceCubicMetres']),
    used: numberIn(figures['incrementCubicMetres']),
    obtained: figures['obtained'] === 'read' ? 'automatic' : 'missing',
    why: wordsIn({ zh: figures['whyZh'], en: figures['whyEn'] }),
  }
}
/** Whether it counts as read: a figure that somebody or something saw. */
export const isRead = ({ total, obtained }: MeterLine): boolean => total !== null && !estimates.test(obtained)

const ways: Readonly<Record<string, Words>> = {
  automatic: say('自动远传', 'automatic'),
  remote: say('远传', 'remote'),
  read: say('到表前抄', 'read at the meter'),
  hand: say('手抄', 'by hand'),
  photo: say('用户照片', 'from a photo'),
  missing: say('未取得，没有估算', 'not obtained, not estimated'),
}
const wayOf = ({ obtained }: MeterLine): Words =>
  estimates.test(obtained) ? say('估抄（不算）', 'estimated (refused)') : (ways[obtained] ?? both(obtained))

interface Checked extends MeterLine {
  readonly consistent: 'good' | 'bad' | Words | null
}

/** The prepaid meter's own arithmetic (GAS-5): what the counter went on by is what the balance went down by, unless it was topped up. */
export function consistency(
  before: Pick<MeterLine, 'total' | 'balance'> | undefined,
  now: Pick<MeterLine, 'total' | 'balance'>,
  {
    tolerance = 0.05,
    least = 1,
    topUp = 1,
  }: { readonly tolerance?: number; readonly least?: number; readonly topUp?: number } = {},
): 'good' | 'bad' | Words | null {
  const values = [before?.total, before?.balance, now.total, now.balance]
  const [total0, balance0, total, balance] = values.map(value => value ?? Number.NaN) as [number, number, number, number]
  if ([total0, balance0, total, balance].some(Number.isNaN)) return null
  const [used, taken] = [total - total0, balance0 - balance]
  if (used < 0) return 'bad'
  if (used - taken >= topUp && balance > balance0 - used) return toppedUp(used - taken)
  return Math.abs(used - taken) <= Math.max(least, tolerance * Math.max(used, Math.abs(taken))) ? 'good' : 'bad'
}
const toppedUp = (by: number): Words => say(`充值约 ${rounded(by, 2)} m³`, `topped up by about ${rounded(by, 2)} m³`)

/** 抄表日报 (GAS-5, GAS-7) */
export function readingsSection(desk: Desk, meters: readonly Equipment[]): LogSection {
  const { names, lines, question } = desk
  const cubic = ['m³', 2] as const
  return section<Checked>({
    id: 'readings',
    title: say('抄表日报', 'Daily readings'),
    columns: [
      time('at', '抄表时间', 'Read at', ({ at }) => at),
      text('meter', '表', 'Meter', ({ meter }) => names.place(meter), 20),
      text('serial', '表号', 'Number', ({ meter }) => factOf(meters, meter, 'serial'), 12),
      amount('base', '底数（基表）', 'Base meter', cubic, ({ base }) => base),
      amount('total', '累计用量', 'Cumulative', cubic, ({ total }) => total),
      amount('balance', '表内余量', 'Balance', cubic, ({ balance }) => balance),
      amount('used', '本期用量', 'Used since', cubic, ({ used }) => used),
      text('obtained', '取得方式', 'How obtained', wayOf, 14),
      text('by', '抄表员', 'Read by', ({ by }) => names.person(by)),
      verdict('consistent', '三项相符', 'Consistent', ({ consistent }) => consistent),
    ],
    *rows() {
      const last = new Map<string, MeterLine>()
      const isWanted = (entry: Line['entry']): boolean => names.wants(equipmentIn(entry) ?? '')
      for (const line of lines.of(meterReadings, question.from, question.to, isWanted)) {
        const row = shown(line, one => checked(desk, last, one))
        if ('of' in row && !line.isStruck && isRead(row.of)) last.set(row.of.meter, row.of)
        yield 'of' in row && !line.isStruck ? judged(row) : row
      }
    },
    whenEmpty: say('本期没有抄表记录', 'No meter was read in this period'),
    notes: [
      say(
        '三项相符：两次之间累计用量走的数，等于余量减少的数（充值除外）；差 5 % 且 1 m³ 以上为不符。',
        'Consistent: between two readings the counter goes on by what the balance goes down by, top-ups aside; 5 % and 1 m³ apart is not.',
      ),
    ],
  })
}

function checked({ source }: Desk, last: ReadonlyMap<string, MeterLine>, line: Line): Checked {
  const one = meterLineOf(line)
  const before = last.get(one.meter)
  const rule = source.site.rules.find(({ equipment, settings }) => equipment === one.meter && settings['judges'] === 'prepaid')
  const spec = Object.fromEntries(
    ['tolerance', 'least', 'topUp'].flatMap(key => {
      const value = numberIn(rule?.settings[key])
      return value === null ? [] : [[key, value]]
    }),
  )
  const used = one.used ?? (before?.total != null && one.total !== null ? rounded(one.total - before.total, 6) : null)
  return { ...one, used, consistent: isRead(one) ? consistency(before, one, spec) : null }
}

function judged(row: Shown<Checked>): Shown<Checked> {
  const { of } = row
  const isEstimate = estimates.test(of.obtained)
  const remark = joined([row.remark, of.obtained === 'missing' || of.by !== 'system' ? of.why : null])
  const tone = isEstimate || of.consistent === 'bad' ? 'bad' : of.obtained === 'missing' ? 'quiet' : undefined
  return { ...row, remark, ...(tone ? { tone } : {}) }
}

export const factOf = (meters: readonly Equipment[], id: string, key: string): string | null => {
  const fact = meters.find(meter => meter.id === id)?.facts[key]
  return fact === undefined ? null : String(fact)
}
