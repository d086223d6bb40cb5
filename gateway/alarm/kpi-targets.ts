import type { Words } from '../../protocols/contract/driver.ts'
import { minutes } from '../../protocols/contract/time.ts'
import type { Basis } from '../policy/rule.ts'
import type { Figures } from './kpi.ts'

export const measureIds = ['rate', 'peak', 'flood', 'stale', 'chattering', 'top-ten', 'mix', 'answer'] as const
export type MeasureId = (typeof measureIds)[number]
/** `few`: too few alarms for a share to mean anything; look at the counts. */
export type Standing = 'good' | 'fair' | 'poor' | 'few'

/** One figure beside what it should be. `value` is a share (0 to 1), a count, or ms; `null` where there is nothing to measure. */
export interface Measure {
  readonly id: MeasureId
  readonly value: number | null
  /** Up to `good` it is good, up to `fair` it can be managed. */
  readonly good: number
  readonly fair: number
  readonly standing: Standing
  readonly basis: Basis
}

/** Below so many calls a share says more about chance than about the alarms. */
export const enoughCalls = 100
export const topCount = 10

/** The targets of EEMUA 191 and ISA-18.2, as far as they were read; what is from general knowledge is not called verified. */
export function measuresOf(figures: Figures): readonly Measure[] {
  const { load, stale, rules, byPriority } = figures
  const isFew = load.total < enoughCalls
  const topTen = rules.slice(0, topCount).reduce((sum, { calls }) => sum + calls, 0)
  const chattering = rules.filter(({ chatters }) => chatters > 0).length
  const off = Math.max(
    Math.abs((byPriority.advisory + byPriority.low) / load.total - 0.8),
    Math.abs(byPriority.medium / load.total - 0.15),
    Math.abs(byPriority.high / load.total - 0.05),
  )
  return [
    measure('rate', load.perTenMinutes.mean, 1, 2),
    measure('peak', load.perHour.max, 15, 30),
    measure('flood', load.floods.share, 0.01, 0.05),
    measure('stale', stale.length, 4, 10),
    measure('chattering', chattering, 0, 2),
    measure('top-ten', load.total === 0 ? null : topTen / load.total, 0.05, 0.2, isFew),
    measure('mix', load.total === 0 ? null : off, 0.1, 0.25, isFew),
    measure('answer', urgentWait(figures), minutes(10), minutes(30)),
  ]
}

/** How long nine tenths of the medium and high calls waited at most: the worse of the two. */
function urgentWait({ acknowledge: { medium, high } }: Figures): number | null {
  const waits = [medium.p90, high.p90].filter(wait => wait !== undefined)
  return waits.length === 0 ? null : Math.max(...waits)
}

function measure(id: MeasureId, value: number | null, good: number, fair: number, isFew = false): Measure {
  const standing = isFew || value === null ? 'few' : value <= good ? 'good' : value <= fair ? 'fair' : 'poor'
  return { id, value, good, fair, standing, basis: bases[id] }
}

const read = (zh: string, en: string): Basis => ({ kind: 'standard', source: say(zh, en), verified: true })
const known = (zh: string, en: string): Basis => ({ kind: 'standard', source: say(zh, en), verified: false })
const say = (zh: string, en: string): Words => ({ zh, en })
const bases: Readonly<Record<MeasureId, Basis>> = {
  rate: read('EEMUA 191、ISA-18.2：每 10 分钟平均不超过 1 次', 'EEMUA 191, ISA-18.2: on average no more than 1 in 10 min'),
  peak: read('EEMUA 191：高峰每小时不超过 15 次', 'EEMUA 191: no more than 15 in the worst hour'),
  flood: known('EEMUA 191：报警潮的时间少于 1 %', 'EEMUA 191: less than 1 % of the time in floods'),
  stale: known('EEMUA 191：任何一天少于 5 条', 'EEMUA 191: fewer than 5 on any day'),
  chattering: read('ISA-18.2：不应有抖动的报警', 'ISA-18.2: none should chatter'),
  'top-ten': known('ISA-18.2：最多的十条合计不超过 1–5 %', 'ISA-18.2: the ten most frequent no more than 1 to 5 %'),
  mix: read(
    'ISA-18.2：低 80 %、中 15 %、高 5 %，最多相差 10 个百分点',
    'ISA-18.2: low 80 %, medium 15 %, high 5 %, within 10 points',
  ),
  answer: {
    kind: 'design',
    source: say(
      '本产品默认：警告和严重报警九成在 10 分钟内确认',
      'a product default: nine in ten medium and high alarms within 10 min',
    ),
    verified: false,
  },
}
