import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { consistency } from '../../gateway/report/logs/gas-readings.ts'
import { days, hours } from '../../protocols/contract/time.ts'
import { people, Works } from './works.ts'

const meter = (id: string, type: string, facts: string) =>
  `      ${id}: { type: ${type}, name: ${id} 号表, connection: push, facts: { ${facts} }, points: { total: {} } }`
const site = `
site: { id: school, name: { zh: 青山小学, en: Greenhill } }
connections: { push: { protocol: http } }
${people}
areas:
  homes:
    name: { zh: 家属院, en: Homes }
    equipment:
${meter('shop-1', 'gas-meter', "class: commercial, meter: G16, serial: R-1, installed: '2024-11-01', inlet: left, replaceBy: '2026-10-01'")}
${meter('shop-2', 'gas-meter', 'class: commercial, meter: G10, serial: R-2')}
${meter('home-1', 'residential-meter', "class: residential, place: outdoor, meter: G2.5, serial: J-1, installed: '2020-01-15', inlet: left, replaceBy: '2030-01-15'")}
${meter('home-2', 'residential-meter', "class: residential, place: indoor, meter: G2.5, serial: J-2, installed: '2021-01-15', inlet: right, replaceBy: '2031-01-15'")}
`

describe('the log of gas', () => {
  test('counts as read what was heard or read by a person, whole months, and never an estimate', async () => {
    const works = await Works.on(site, '2026-10-05T08:00')
    await works.reads({ 'shop-1.total': 100 })
    await works.until('2026-10-22T10:00')
    await works.records('meter-reading', 'shop-2', { fields: { base: 5, total: 50, balance: 30, obtained: 'read' } })
    await works.records('meter-reading', 'home-1', { fields: { total: 7, obtained: '估抄' } })
    await works.until('2026-10-24T10:00')
    await works.reads({ 'shop-1.total': 160, 'home-2.total': 11 })
    await works.until('2026-11-02T08:00')
    const log = await works.log('gas', '2026-10-10', '2026-10-31')

    expect(
      log
        .lines('rates')
        .map(({ clause, meters, read, verdict, remarks }) => [String(clause).split(' ')[0], meters, read, verdict, remarks]),
    ).toEqual([
      ['GAS-1', 2, 2, 'good', null],
      ['GAS-4', 2, 1, 'bad', '未抄：shop-1 号表'],
      ['GAS-2', 1, 0, 'bad', '未抄：home-1 号表'],
      ['GAS-3', 1, 1, 'good', null],
    ])
    const byHand = log.lines('readings').filter(({ by }) => by !== '系统')
    expect(byHand).toMatchObject([
      { meter: '家属院 · shop-2 号表', base: 5, total: 50, balance: 30, obtained: '到表前抄', by: '王芳（wangfang）' },
      { obtained: '估抄（不算）', tone: 'bad' },
    ])
    expect(log.lines('consumption').find(({ serial }) => serial === 'R-1')).toMatchObject({ first: 160, last: 160, used: null })
  })

  test('tells what each meter used from its first to its last reading, and their sum', async () => {
    const works = await Works.on(site, '2026-11-01T00:00')
    await works.until('2026-11-11T00:00', {
      step: hours(12),
      says: at => ({ 'shop-1.total': 100 + (at - 1793462400000) / days(1), 'home-1.total': 3 }),
    })
    await works.passes(hours(1))
    const log = await works.log('gas', '2026-11-01', '2026-11-30')

    const [shop] = log.lines('consumption')
    expect(shop).toMatchObject({
      from: works.when('2026-11-01T12:00'),
      to: works.when('2026-11-11T00:00'),
      used: 9.5,
      perDay: 1,
      share: 1,
    })
    expect(log.lines('consumption').at(-1)).toMatchObject({ meter: '合计', used: 9.5, tone: 'total' })
    expect(log.lines('consumption')[1]).toMatchObject({ serial: 'R-2', used: null, remarks: '本期没有读数' })
  })

  test('has a meter in the register with its years, and says what is missing and what is due', async () => {
    const works = await Works.on(site, '2026-11-01T00:00')
    const log = await works.log('gas', '2026-10-01', '2026-11-30', { equipment: ['shop-1', 'shop-2'] })

    expect(log.lines('register')).toMatchObject([
      { class: '商业', type: 'G16', serial: 'R-1', years: 2, inlet: '左进', verdict: 'bad', remarks: '已过应换日期' },
      { years: null, verdict: 'bad', remarks: '缺 安装日期、进气方向' },
    ])
  })

  test('agrees with the story of a meter that was read on the 24th', async () => {
    const works = await Works.playing('gas-4-read-on-the-24th')
    const log = await works.log('gas', '2026-11-01', '2026-11-30')

    const [late] = log.lines('rates').filter(({ group }) => group === '商业用户 22—23 日')
    expect(late).toMatchObject({ meters: 2, read: 1, rate: 0.5, required: 1, verdict: 'bad' })
    expect(log.lines('missed').some(({ clause }) => String(clause).startsWith('GAS-'))).toBe(true)
  })

  test('finds three values consistent exactly where the balance fell by what the counter went on', () => {
    const amount = fc.integer({ min: 0, max: 10_000 })
    fc.assert(
      fc.property(amount, amount, fc.integer({ min: 0, max: 500 }), (total, balance, used) => {
        const before = { total, balance: balance + used }
        expect(consistency(before, { total: total + used, balance })).toBe('good')
        // Off by more than both tolerances, downwards: gas went that nobody counted.
        const gone = Math.max(2, Math.ceil(used * 0.2))
        expect(consistency(before, { total: total + used, balance: balance - gone })).toBe('bad')
        expect(consistency(before, { total: total + used, balance: balance + 50 })).toMatchObject({ zh: '充值约 50 m³' })
        expect(consistency(before, { total: null, balance })).toBeNull()
        expect(consistency({ total: total + 1, balance }, { total, balance })).toBe('bad')
      }),
    )
  })
})
