import { describe, expect, test } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import type { Draft } from '../../gateway/journal/entry.ts'
import { lastDayOf, stateOf } from '../../gateway/report/logs/expiries.ts'
import { dayText } from '../../gateway/policy/calendar-days.ts'
import { configured, day, everyMinute, hour, logOf, siteFrom, stored } from './stored.ts'

const yaml = `site: { id: greenhill, name: Greenhill, timeZone: Asia/Shanghai, policies: [fire] }
people:
  zhao: { name: 赵铁柱, account: zhaotz, roles: [保安主管] }
connections: { push: { protocol: http } }
areas:
  hall:
    name: 门厅
    equipment:
      extinguisher-1:
        type: extinguisher
        name: 1 号灭火器
        connection: push
        facts: { agent: powder, expires: '2026-10', serial: MF-1 }
        points: { pressure: {}, temperature: {}, in-place: {} }
      extinguisher-2: { type: extinguisher, name: 2 号灭火器, connection: push, facts: { agent: CO₂ }, points: { pressure: {}, in-place: {} } }
      hydrant-1: { type: hydrant, name: 1 号消火栓, connection: push, points: { pressure: {} } }
`
const start = Date.parse('2026-09-01T00:00:00+08:00')
const question = { kind: 'pressure', from: instant(start), to: instant(start + 2 * day), equipment: [], areas: [] } as const
const at = (text: string): number => Date.parse(`2026-09-01T${text}:00+08:00`)
const all = (point: string, valueAt: (time: number) => number | undefined) => everyMinute(point, start, start + 2 * day, valueAt)
const record = (kind: string, equipment: string, when: number, more: Readonly<Record<string, unknown>>): Draft => ({
  kind: `record.${kind}`,
  at: instant(when),
  by: 'zhaotz',
  about: equipment,
  data: { equipment, verdict: 'passed', fields: {}, enteredAt: when, ...more },
})

describe('the pressure log', () => {
  test('judges an extinguisher by what it would read at 20 °C, and a hydrant as it reads', async () => {
    const site = await siteFrom(yaml)
    // A healthy bottle at −10 °C reads less; one at 40 °C that reads the same leaks.
    const readings = [
      ...all('extinguisher-1.pressure', () => 1.07),
      ...all('extinguisher-1.temperature', time => (time < at('12:00') ? -10 : 40)),
      ...all('hydrant-1.pressure', time => (time >= at('08:00') && time < at('09:00') ? 0.05 : 0.35)),
    ]
    const folder = await stored(start, [readings], [configured(site, start - day)])

    const log = await logOf(folder, site, question, start + 2 * day)

    const [first, second] = log.rows('daily').map(({ cells }) => cells)
    // (1.07 + 0.1) × 293.15 / 263.15 − 0.1 and … / 313.15 − 0.1
    expect(first).toMatchObject({ min: 1.07, max: 1.07, outside: 12 * hour, verdict: 'bad' })
    expect(first?.['max20']).toBeCloseTo(1.2034, 3)
    expect(first?.['min20']).toBeCloseTo(0.9953, 3)
    expect(second).toMatchObject({ outside: 24 * hour })
    expect(log.rows('summary').map(({ cells }) => cells)).toMatchObject([
      { type: { zh: '灭火器（powder）' }, allowed: { zh: '1～1.4 MPa' } },
      { type: { zh: '灭火器（CO₂）' }, verdict: 'unknown' },
      { allowed: { zh: '0.1～1 MPa' }, min: 0.05, outside: hour, excursions: 1 },
    ])
    expect(log.rows('excursions').map(({ cells }) => cells)).toMatchObject([
      { from: at('12:00'), outside: 36 * hour, side: { zh: '偏低' } },
      { from: at('08:00'), to: at('09:00'), extreme: 0.05 },
    ])
    expect(log.document.head.limits).toMatchObject([
      { min: 1, clause: 'FIR-1', basis: { kind: 'design' } },
      { max: 1.4 },
      { min: 0.1, clause: 'FIR-2', basis: { kind: 'standard' } },
      { max: 1, clause: 'FIR-2' },
    ])
  })

  test('tells what falls due, as its entry says or as somebody wrote down since', async () => {
    const site = await siteFrom(yaml)
    const folder = await stored(
      start,
      [all('hydrant-1.pressure', () => 0.35)],
      [
        configured(site, start - day),
        record('expiry', 'hydrant-1', at('10:00'), { fields: { item: '水带', expires: '2026-08-31', batch: 'B1' } }),
      ],
    )
    const log = await logOf(folder, site, question, start + 2 * day)
    expect(log.rows('expiry').map(({ cells, tone, entries }) => ({ ...cells, tone, entries }))).toMatchObject([
      { equipment: { zh: '门厅 · 2 号灭火器' }, last: null, left: null, state: { zh: '未登记' }, tone: 'bad' },
      {
        item: { zh: '水带' },
        left: -2,
        state: { zh: '已过期' },
        from: { zh: '2026-09-01 10:00 赵铁柱（zhaotz） 登记' },
        tone: 'bad',
        entries: [2],
      },
      {
        equipment: { zh: '门厅 · 1 号灭火器' },
        serial: 'MF-1',
        last: Date.parse('2026-10-31T00:00+08:00'),
        left: 59,
        state: { zh: '90 天内到期' },
      },
    ])
  })

  test('shows who inspected which and what they found', async () => {
    const site = await siteFrom(yaml)
    const folder = await stored(
      start,
      [all('hydrant-1.pressure', () => 0.35)],
      [
        configured(site, start - day),
        record('inspection', 'extinguisher-1', at('09:00'), { fields: { what: '指针在绿区' } }),
        record('inspection', 'hydrant-1', at('09:05'), { verdict: 'failed', fields: { note: '箱门卡住' } }),
        record('inspection', 'hydrant-1', at('09:00') + 5 * day, {}),
      ],
    )
    const log = await logOf(folder, site, question, start + 2 * day)
    expect(log.rows('inspections').map(({ cells, tone }) => ({ ...cells, tone }))).toMatchObject([
      { at: at('09:00'), by: { zh: '赵铁柱（zhaotz）' }, what: { zh: '检查：指针在绿区' }, verdict: 'good' },
      { at: at('09:05'), verdict: 'bad', remarks: { zh: '箱门卡住' }, tone: 'bad' },
    ])
  })
})

describe('a last good day', () => {
  test('is that of the month where a label names no day', () => {
    const text = (value: unknown): string | undefined => {
      const found = lastDayOf(value)
      return found === undefined ? undefined : dayText(found)
    }
    expect([text('2028-02'), text('2026-12'), text('2026-11-05')]).toEqual(['2028-02-29', '2026-12-31', '2026-11-05'])
    expect([text('2026-13'), text('2026-02-30'), text('soon'), text(2026), text(undefined)]).toEqual(Array.from({ length: 5 }))
  })

  test('is said to be near in steps of a month and of three', () => {
    expect([null, -1, 0, 29, 30, 89, 90].map(left => stateOf(left).zh)).toEqual(['未登记', '已过期', '30 天内到期', '30 天内到期', '90 天内到期', '90 天内到期', '有效']) // prettier-ignore
  })
})
