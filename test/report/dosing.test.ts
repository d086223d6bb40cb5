import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { days, minutes } from '../../protocols/contract/time.ts'
import { people, Works } from './works.ts'

const site = `
site: { id: school, name: { zh: 青山小学, en: Greenhill } }
connections: { push: { protocol: http } }
${people}
areas:
  pumps:
    name: { zh: 水泵房, en: Pump house }
    equipment:
      tank-1: { type: water-tank, name: 1 号水箱, connection: push, facts: { capacity: 20 m³, product: 次氯酸钙, strength: 0.65 }, points: { volume: {}, chlorine: {}, dosed: {} } }
      tank-2: { type: water-tank, name: 2 号水箱, connection: push, facts: { capacity: 20 m³, product: 次氯酸钙, strength: 0.65 }, points: { volume: {}, chlorine: {} } }
`

describe('the log of dosing', () => {
  test('tells each dosing of a story with what the water needed and how far it was off', async () => {
    const works = await Works.playing('wat-2-wrong-dose')
    const log = await works.log('dosing', '2026-11-23', '2026-11-23')

    // 10 m³ short of 1.5, 1.0 and 1.0 mg/L, of a product with 65 %: reckoned by hand.
    const need = [23.1, 15.4, 15.4, 15.4, 15.4]
    const dosed = [23, 15.4, 22, 15, 100]
    expect(log.lines('dosings').map(({ required, grams, verdict }) => [required, grams, verdict])).toEqual(
      need.map((required, index) => [required, dosed[index], index === 2 || index === 4 ? 'bad' : 'good']),
    )
    expect(log.lines('dosings')[2]).toMatchObject({
      difference: 0.4286,
      before: 0.5,
      volume: 10,
      volumeFrom: '液位计',
      strength: 0.65,
      after: 0.5,
      contact: minutes(30),
      remarks: '没有投药人签字',
    })
    expect(log.lines('products')).toMatchObject([{ times: 5, grams: 175.4 }])
  })

  test('has the residual day by day as the readings themselves have it', async () => {
    const works = await Works.playing('wat-2-wrong-dose')
    const log = await works.log('dosing', '2026-11-23', '2026-11-23')

    const csv = readFileSync(join(import.meta.dirname, '../stories/wat-2-wrong-dose/readings.csv'), 'utf8')
    const values = csv
      .split('\n')
      .filter(line => line.includes('tank-1.chlorine'))
      .map(line => Number(line.split(',')[2]))
    expect(log.lines('chlorine.tank-1')).toMatchObject([{ min: Math.min(...values), max: Math.max(...values) }])
    expect(log.sections.find(({ id }) => id === 'chlorine.tank-1')?.chart?.points.length).toBeGreaterThan(10)
  })

  test('makes one dosing of what the device weighed and the person wrote, and counts it once', async () => {
    const works = await Works.on(site, '2026-11-01T08:00')
    await works.reads({ 'tank-1.volume': 10, 'tank-1.chlorine': 0.5 })
    await works.reads({ 'tank-1.dosed': 15.4 })
    await works.passes(minutes(20))
    const batch = { product: '次氯酸钙', batch: 'B-7' }
    await works.records('dosing', 'tank-1', { fields: { grams: 18, ...batch } })
    await works.records('dosing', 'tank-2', { by: 'ligq', fields: { grams: 30, ...batch } })
    await works.passes(days(12))
    const second = await works.records('dosing', 'tank-2', {
      by: 'ligq',
      fields: { grams: 10, product: '次氯酸钙', batch: 'B-8' },
    })
    const log = await works.log('dosing', '2026-11-01', '2026-11-30')

    expect(log.lines('dosings')).toMatchObject([
      {
        tank: '1 号水箱',
        grams: 15.4,
        weighed: 15.4,
        required: 15.4,
        by: '王芳（wangfang）',
        batch: 'B-7',
        verdict: 'good',
        remarks: '人写 18 g，设备称 15.4 g，不一致',
      },
      { tank: '2 号水箱', grams: 30, days: null },
      { tank: '2 号水箱', grams: 10, days: 12, tone: 'bad', remarks: '超过规定间隔', entries: [second.seq] },
    ])
    expect(log.lines('dosings')[0]?.entries).toHaveLength(2)
    expect(log.lines('products').map(({ batch: of, times, grams }) => [of, times, grams])).toEqual([
      ['B-7', 2, 45.4],
      ['B-8', 1, 10],
      [null, 3, 55.4],
    ])
    expect(log.lines('intervals', 'en')).toMatchObject([
      { times: 1, grams: 15.4, longest: 12, allowed: 10, verdict: 'bad' },
      { times: 2, grams: 40, longest: 12, verdict: 'bad' },
    ])
  })

  test('strikes a corrected amount, shows the right one below, and sums only that', async () => {
    const works = await Works.on(site, '2026-11-01T08:00')
    const wrong = await works.records('dosing', 'tank-2', { fields: { grams: 80, product: '次氯酸钙' } })
    const before = { at: wrong.at, verdict: 'passed', fields: { grams: 80, product: '次氯酸钙' } }
    await works.note('record.corrected', 'wangfang', {
      seq: wrong.seq,
      replaces: wrong.seq,
      kind: 'dosing',
      equipment: 'tank-2',
      at: wrong.at,
      verdict: 'passed',
      fields: { grams: 30 },
      reason: '看错了秤',
      before,
      second: { by: 'ligq', name: '李国强', at: wrong.at },
    })
    const log = await works.log('dosing', '2026-11-01', '2026-11-30')

    expect(log.lines('dosings')).toMatchObject([
      { grams: 80, tone: 'quiet', remarks: '已更正，作废，见下行', second: null },
      { grams: 30, second: '李国强（ligq）', entries: [wrong.seq, wrong.seq + 1] },
    ])
    expect(log.lines('products')).toMatchObject([{ times: 1, grams: 30 }])
  })

  test('measures the longest interval to the end of the period, and from before its beginning', async () => {
    const works = await Works.on(site, '2026-10-25T08:00')
    await works.records('dosing', 'tank-2', { fields: { grams: 30 } })
    await works.until('2026-11-20T08:00')
    const log = await works.log('dosing', '2026-11-01', '2026-11-10', { equipment: ['tank-2'] })

    expect(log.lines('dosings')).toEqual([])
    expect(log.lines('intervals')).toMatchObject([
      { times: 0, last: works.when('2026-10-25T08:00'), longest: 16.7, verdict: 'bad' },
    ])
  })
})
