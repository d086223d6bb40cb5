import type { Words } from '../../../protocols/contract/driver.ts'
import { days } from '../../../protocols/contract/time.ts'
import type { Equipment } from '../../site/site.ts'
import type { LogSection } from '../document.ts'
import { endOf } from '../source.ts'
import { rounded, say } from './cells.ts'
import { factOf } from './gas-readings.ts'
import { firstReading, lastReading } from './meters.ts'
import type { Reading } from './meters.ts'
import type { Desk } from './paper.ts'
import { amount, section, share, text, time } from './section.ts'

interface Consumption {
  readonly name: Words
  readonly serial: string | null
  readonly first: Reading | undefined
  readonly last: Reading | undefined
  readonly used: number | null
  readonly share: number | null
  readonly balance: number | null
}

/** 用气量 by meter: from the first reading of the period to its last. */
export function consumptionSection({ source, question, names }: Desk, meters: readonly Equipment[]): LogSection {
  const cubic = ['m³', 2] as const
  const { past, site } = source
  const pointOf = (id: string, key: string) => site.points.find(point => point.equipment === id && point.key === key)
  const usedOf = (id: string): Omit<Consumption, 'name' | 'serial' | 'share'> => {
    const [total, balance] = [pointOf(id, 'total'), pointOf(id, 'balance')]
    const end = endOf(source, question)
    const first = total && firstReading(past, total.id, question.from, end)
    const last = total && lastReading(past, total.id, question.from, end)
    const left = balance && lastReading(past, balance.id, question.from, end)
    const used = first && last && last.at > first.at ? rounded(last.value - first.value, 6) : null
    return { first, last, used, balance: left?.value ?? null }
  }
  return section<Consumption>({
    id: 'consumption',
    title: say('用气量汇总', 'Consumption by meter'),
    columns: [
      text('meter', '表', 'Meter', ({ name }) => name, 22),
      text('serial', '表号', 'Number', ({ serial }) => serial, 12),
      time('from', '首个读数时间', 'First read', ({ first }) => first?.at ?? null),
      amount('first', '首个读数', 'First reading', cubic, ({ first }) => first?.value ?? null),
      time('to', '末个读数时间', 'Last read', ({ last }) => last?.at ?? null),
      amount('last', '末个读数', 'Last reading', cubic, ({ last }) => last?.value ?? null),
      amount('used', '用气量', 'Used', cubic, ({ used }) => used),
      amount('perDay', '日均', 'A day', cubic, ({ used, first, last }) =>
        used === null || !first || !last ? null : rounded(used / ((last.at - first.at) / days(1)), 3),
      ),
      share('share', '占比', 'Share', row => row.share),
      amount('balance', '期末余量', 'Balance at the end', cubic, ({ balance }) => balance),
    ],
    *rows() {
      const all = meters.map(({ id }) => ({ id, ...usedOf(id) }))
      const sum = all.reduce((total, { used }) => total + Math.max(0, used ?? 0), 0)
      for (const { id, ...one } of all) {
        const isBack = one.used !== null && one.used < 0
        const row = {
          ...one,
          name: names.place(id),
          serial: factOf(meters, id, 'serial'),
          share: one.used === null || isBack || sum === 0 ? null : one.used / sum,
        }
        const remark = isBack
          ? say('读数变小：换表、翻转或倒走', 'it fell: exchanged, rolled over or backwards')
          : one.first
            ? null
            : say('本期没有读数', 'no reading in this period')
        yield { of: row, remark, ...(isBack ? { tone: 'bad' } : one.first ? {} : { tone: 'quiet' }) }
      }
      const none = { serial: null, first: undefined, last: undefined, balance: null }
      if (all.length > 1)
        yield { of: { ...none, name: say('合计', 'In all'), used: rounded(sum, 6), share: sum === 0 ? null : 1 }, tone: 'total' }
    },
    whenEmpty: say('没有燃气表', 'There is no gas meter'),
  })
}
