import type { Words } from '../../../protocols/contract/driver.ts'
import { minutes } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { Entry } from '../../journal/entry.ts'
import type { LogSection } from '../document.ts'
import { numberIn, saidIn, say, textIn, timeIn, wordsIn } from './cells.ts'
import type { Said } from './cells.ts'
import { longestAbove } from './hot-stretch.ts'
import { shown } from './lines.ts'
import type { Line } from './lines.ts'
import { equipmentIn } from './names.ts'
import type { Desk } from './paper.ts'
import { ofMinutes } from './paper.ts'
import { amount, length, section, text, time, verdict } from './section.ts'

/** Written by a rule about a cabinet, not by a person about what they did by hand. */
export const isCycle = ({ by }: Pick<Entry, 'by'>): boolean => by === 'system'
export const disinfectionKinds = ['record.disinfection'] as const

interface Cycle {
  readonly equipment: string
  readonly from: Instant
  readonly to: Instant
  readonly figures: Said
  readonly verdict: string | null
  readonly notInUse: boolean
  /** When the temperature was reached, and when it had been held long enough; from the readings, where they are still there. */
  readonly hotFrom: Instant | null
  readonly heldAt: Instant | null
}

/** 餐具消毒记录: one line for each run of a cabinet. */
export function cyclesSection(desk: Desk): LogSection {
  const { names, lines, question } = desk
  const figure = (key: string) => (cycle: Cycle) => numberIn(cycle.figures[key])
  return section<Cycle>({
    id: 'cycles',
    title: say('消毒柜消毒记录', 'Cycles of the cabinets'),
    columns: [
      time('from', '开机时间', 'Started', ({ from }) => from),
      text('equipment', '消毒柜', 'Cabinet', ({ equipment }) => names.equipment(equipment)),
      text('started', '装柜晾干', 'Loaded and dry', startOf, 12),
      length('dry', '关门晾干', 'Dried for', cycle => ofMinutes(figure('dryMinutes')(cycle))),
      amount('required', '要求温度', 'Required', ['°C', 0], figure('requiredCelsius')),
      length('requiredFor', '要求时长', 'Required for', cycle => ofMinutes(figure('requiredMinutes')(cycle))),
      time('hotFrom', '到温时间', 'Hot from', ({ hotFrom }) => hotFrom),
      time('heldAt', '保温够时', 'Held long enough at', ({ heldAt }) => heldAt),
      length('held', '实际保温', 'Held for', cycle => ofMinutes(figure('longestHoldMinutes')(cycle))),
      amount('peak', '最高温度', 'Highest', ['°C', 1], figure('peakCelsius')),
      time('to', '开门或结束', 'Door opened or over', ({ to }) => to),
      amount('openedAt', '开门温度', 'Opened at', ['°C', 1], figure('openedAtCelsius')),
      verdict('verdict', '判定', 'Verdict', verdictOf),
      text('why', '说明', 'Why', ({ figures }) => wordsIn({ zh: figures['whyZh'], en: figures['whyEn'] }), 36),
    ],
    *rows() {
      const isWanted = (entry: Entry): boolean => isCycle(entry) && names.wants(equipmentIn(entry) ?? '')
      for (const line of lines.of(disinfectionKinds, question.from, question.to, isWanted)) {
        const row = shown(line, one => cycleOf(desk, one), toneOf(line))
        const isOut = 'of' in row && row.of.notInUse
        yield isOut ? { ...row, remark: notInUse(row.remark) } : row
      }
    },
    whenEmpty: say('本期没有消毒记录', 'No cycle was recorded in this period'),
    notes: [
      say(
        '“到温”“保温够时”由储存的读数重新算出；“实际保温”是不间断的最长时间，没有读数的时间不算。',
        'Hot from and held at are worked out again from the stored readings; held for is the longest time without a break, and time without readings does not count.',
      ),
    ],
  })
}

function cycleOf({ source: { past, site } }: Desk, { entry, at, data }: Line): Cycle {
  const equipment = equipmentIn({ ...entry, data }) ?? ''
  const figures = saidIn(data['figures'])
  const from = timeIn(data['from']) ?? at
  const to = timeIn(data['to']) ?? at
  const [value, length] = [numberIn(figures['requiredCelsius']), numberIn(figures['requiredMinutes'])]
  const point = site.rules.find(({ id }) => id === data['rule'])?.inputs?.find(({ name }) => name === 'temperature')?.point
  const hot = point && value !== null ? longestAbove(past, point, [from, to], { value, gap: minutes(5) }) : undefined
  const heldAt = hot && length !== null ? hot.from + minutes(length) : null
  return {
    equipment,
    from,
    to,
    figures,
    verdict: textIn(data['verdict']),
    notInUse: data['notInUse'] === true,
    hotFrom: hot?.from ?? null,
    heldAt: hot && heldAt !== null && heldAt <= hot.to ? (heldAt as Instant) : null,
  }
}

const starts: Readonly<Record<string, Words>> = {
  proper: say('已晾干', 'dry'),
  open: say('开门加热', 'heated with the door open'),
  wet: say('未晾干', 'not dry'),
  unknown: say('不明', 'not known'),
}
const startOf = ({ figures }: Cycle): Words | null => starts[textIn(figures['started']) ?? ''] ?? null

function verdictOf({ verdict: said }: Cycle): string | Words | null {
  if (said === 'passed') return 'good'
  if (said === 'failed') return 'bad'
  return said === 'opened-early' ? say('不合格：提前开门', 'failed: opened early') : 'unknown'
}

const toneOf = ({ data }: Line): 'bad' | undefined =>
  data['verdict'] === 'failed' || data['verdict'] === 'opened-early' || data['notInUse'] === true ? 'bad' : undefined

const notInUse = (remark: Words | null | undefined): Words => {
  const said = say('停用期间', 'while out of use')
  return remark ? say(`${said.zh}；${remark.zh}`, `${said.en}; ${remark.en}`) : said
}
