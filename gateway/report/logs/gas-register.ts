import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { parseDay } from '../../policy/calendar-days.ts'
import type { Equipment } from '../../site/site.ts'
import type { LogSection } from '../document.ts'
import { startOf } from '../period.ts'
import { endOf } from '../source.ts'
import { both, joined, rounded, say } from './cells.ts'
import type { Desk } from './paper.ts'
import { amount, day, section, text, verdict } from './section.ts'

type Facts = Equipment['facts']
interface Registered {
  readonly id: string
  readonly facts: Facts
  readonly missing: readonly string[]
  readonly isOverdue: boolean
}

const year = 365.2425 * 86_400_000
const asked: Readonly<Record<string, Words>> = {
  class: say('用户类别', 'class'),
  meter: say('表型号', 'type'),
  serial: say('表号', 'number'),
  installed: say('安装日期', 'installed'),
  inlet: say('进气方向', 'inlet'),
}
const classes: Readonly<Record<string, Words>> = {
  commercial: say('商业', 'commercial'),
  residential: say('居民', 'residential'),
}
const places: Readonly<Record<string, Words>> = { indoor: say('户内', 'indoors'), outdoor: say('户外', 'outdoors') }
const inlets: Readonly<Record<string, Words>> = { left: say('左进', 'left'), right: say('右进', 'right') }

/** 表具台账 (GAS-8), as it was registered at the end of the period. */
export function registerSection({ source, question, names }: Desk, meters: readonly Equipment[]): LogSection {
  const zone = source.site.timeZone
  const end = endOf(source, question)
  const dayOf = (fact: unknown): Instant | null => {
    const date = parseDay(fact)
    return date === undefined ? null : startOf(date, zone)
  }
  return section<Registered>({
    id: 'register',
    title: say('表具台账', 'Register of meters'),
    columns: [
      text('meter', '表', 'Meter', ({ id }) => names.place(id), 22),
      text('class', '用户类别', 'Class', ({ facts }) => worded(classes, facts['class']), 9),
      text('place', '位置', 'Where', ({ facts }) => worded(places, facts['place']), 8),
      text('type', '型号', 'Type', ({ facts }) => told(facts['meter']), 10),
      text('serial', '表号', 'Number', ({ facts }) => told(facts['serial'])),
      day('installed', '安装日期', 'Installed', ({ facts }) => dayOf(facts['installed'])),
      amount('years', '使用年限', 'In service', ['a', 1], ({ facts }) => yearsOf(dayOf(facts['installed']), end)),
      text('inlet', '进气方向', 'Inlet', ({ facts }) => worded(inlets, facts['inlet']), 9),
      day('replaceBy', '应换日期', 'Replace by', ({ facts }) => dayOf(facts['replaceBy'])),
      verdict('verdict', '判定', 'Verdict', ({ missing, isOverdue }) => (missing.length > 0 || isOverdue ? 'bad' : 'good')),
    ],
    *rows() {
      const configured = source.configurations.between(question.from, end).at(-1)?.configuration
      for (const { id, facts: today } of meters) {
        const facts = configured?.equipment.find(one => one.id === id)?.facts ?? today
        const missing = Object.keys(asked).filter(key => told(facts[key]) === null)
        const by = dayOf(facts['replaceBy'])
        const isOverdue = by !== null && by < end
        const list = joined(
          missing.map(key => asked[key]),
          '、',
          ', ',
        )
        const remark = joined([
          list && say(`缺 ${list.zh}`, `missing: ${list.en}`),
          isOverdue ? say('已过应换日期', 'due for replacement') : null,
        ])
        yield { of: { id, facts, missing, isOverdue }, remark, ...(missing.length > 0 || isOverdue ? { tone: 'bad' } : {}) }
      }
    },
    whenEmpty: say('没有燃气表', 'There is no gas meter'),
  })
}

const told = (fact: unknown): string | null => (fact === undefined || String(fact).trim() === '' ? null : String(fact))
const worded = (words: Readonly<Record<string, Words>>, fact: unknown): Words | null => {
  const text = told(fact)
  return text === null ? null : (words[text] ?? both(text))
}
const yearsOf = (installed: Instant | null, end: Instant): number | null =>
  installed === null ? null : rounded(Math.max(0, end - installed) / year, 1)
