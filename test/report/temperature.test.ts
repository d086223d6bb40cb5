import { describe, expect, test } from 'vitest'
import { instant, minutes } from '../../protocols/contract/time.ts'
import { configured, day, everyMinute, fails, hour, logOf, minute, reads, siteFrom, stored } from './stored.ts'
import { Works } from './works.ts'

const yamlOf = (overlay = '') => `site: { id: greenhill, name: Greenhill, timeZone: Asia/Shanghai, policies: [canteen, vaccine] }
people:
  wang: { name: 王芳, account: wangfang, roles: [食堂主管] }
connections: { push: { protocol: http } }
areas:
  canteen:
    name: 食堂
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        name: 1 号保鲜柜
        connection: push
        facts: { serial: BX-2207, calibrated: '2026-03-01', calibrationDue: '2026-09-02' }
        points: { temperature: {}, door: {} }
${overlay}
  clinic:
    name: 卫生室
    equipment:
      vaccine-1: { type: vaccine-fridge, name: 疫苗冰箱, connection: push, points: { temperature: {} } }
      probe-1: { type: hand-thermometer, name: 手持温度计, connection: push, points: { temperature: {} } }
`
const yaml = yamlOf()
const stricter = yamlOf('        rules: { temperature.too-warm: { value: 6, reason: 换季从严 } }')
const start = Date.parse('2026-09-01T00:00:00+08:00')
const questionOf = (days: number, only: { readonly equipment?: readonly string[]; readonly areas?: readonly string[] } = {}) =>
  ({ kind: 'temperature', from: instant(start), to: instant(start + days * day), equipment: [], areas: [], ...only }) as const
const at = (text: string): number => Date.parse(`2026-09-01T${text}:00+08:00`)

/** Cold all day but for the stated times. */
const steady = (warm: readonly (readonly [from: number, to: number, value: number | undefined])[], usual = 4) =>
  everyMinute('cold-1.temperature', start, start + 2 * day, time => {
    const found = warm.find(([from, to]) => time >= from && time < to)
    return found ? found[2] : usual
  })

describe('the temperature log', () => {
  test('tells what was outside, why, and what was done about it by whom', async () => {
    const works = await Works.on(yaml, '2026-09-01T09:00+08:00')
    const says = (values: Readonly<Record<string, number>>) => ({
      step: minutes(5),
      says: () => ({ 'vaccine-1.temperature': 5, ...values }),
    })
    await works.until('2026-09-01T10:00+08:00', says({ 'cold-1.temperature': 4, 'cold-1.door': 0 }))
    await works.until('2026-09-01T10:35+08:00', says({ 'cold-1.temperature': 9.5, 'cold-1.door': 1 }))
    await works.command('cold-1.temperature.too-warm', { do: 'acknowledge', comment: '去看' })
    await works.command('cold-1.temperature.too-warm', { do: 'confirm', action: '关门，食品移到 2 号柜' })
    await works.records('corrective-action', 'cold-1', { fields: { cause: '上货忘关门', action: '已提醒上货人员' } })
    await works.until('2026-09-01T12:00+08:00', says({ 'cold-1.temperature': 4, 'cold-1.door': 0 }))

    const log = await works.log('temperature', '2026-09-01', '2026-09-01')
    const [excursion, ...more] = log.lines('excursions')

    expect(more).toEqual([])
    expect(excursion).toMatchObject({
      equipment: '1 号保鲜柜',
      from: at('10:05'),
      to: at('10:40'),
      side: '偏高',
      extreme: 9.5,
      outside: 35 * minute,
      times: 1,
      tone: 'bad',
    })
    expect(excursion?.['cause']).toMatch(/^上货忘关门；其间开门 1 次，共 3\d 分钟；.*保鲜柜温度过高（CAN-1）/)
    expect(excursion?.['action']).toMatch(/已提醒上货人员（王芳（wangfang））；关门，食品移到 2 号柜（王芳（wangfang））/)
    expect(excursion?.entries?.length).toBeGreaterThanOrEqual(4)
    expect(log.lines('summary')).toMatchObject([
      { equipment: '1 号保鲜柜', allowed: '0～8 °C', max: 9.5, excursions: 1, verdict: 'bad', tone: 'bad' },
      { equipment: '疫苗冰箱', allowed: '2～8 °C', excursions: 0, kinetic: 5 },
    ])
    expect(log.sections.map(({ id }) => id)).toEqual([
      'summary',
      'daily.cold-1.temperature',
      'daily.vaccine-1.temperature',
      'excursions',
      'gaps',
    ])
  })

  test('puts what people read beside the sensor and asks for a check of a probe that is far off', async () => {
    const works = await Works.on(yaml, '2026-09-01T06:00+08:00')
    const says = { step: minutes(5), says: () => ({ 'cold-1.temperature': 4, 'vaccine-1.temperature': 5 }) }
    await works.until('2026-09-01T08:41+08:00', says)
    await works.records('reading', 'vaccine-1', { fields: { point: 'temperature', value: 5.4, instrument: '水银 07' } })
    await works.until('2026-09-01T14:00+08:00', says)
    await works.records('reading', 'vaccine-1', { fields: { point: 'temperature', value: 6.8 } })
    await works.records('reading', 'cold-1', { fields: { value: 4 } })
    await works.records('reading', 'cold-1', { fields: { note: '没有数' } })
    await works.until('2026-09-01T18:30+08:00', says)

    const log = await works.log('temperature', '2026-09-01', '2026-09-01')

    expect(log.lines('hand-readings')).toMatchObject([
      { equipment: '1 号保鲜柜', hand: 4, sensor: 4, apart: 0 },
      { equipment: '疫苗冰箱', by: '王芳（wangfang）', hand: 5.4, sensor: 5, apart: 0.4, instrument: '水银 07' },
      { equipment: '疫苗冰箱', hand: 6.8, apart: 1.8, tone: 'bad', remarks: expect.stringContaining('检查探头') },
    ])
    // Five hours and a bit: the norm asks for six.
    expect(log.lines('daily.vaccine-1.temperature')).toMatchObject([
      {
        morning: 5.4,
        'morning-by': '08:41 王芳（wangfang）',
        afternoon: 6.8,
        'afternoon-by': '14:00 王芳（wangfang）',
        remarks: expect.stringContaining('不足 6 小时'),
      },
    ])
    expect(log.lines('daily.cold-1.temperature')[0]).not.toHaveProperty('morning')
  })

  test('takes the sensor where nobody read, and says where neither did', async () => {
    const site = await siteFrom(yaml)
    const warm = everyMinute('vaccine-1.temperature', start, start + 2 * day, time =>
      time >= at('11:30') + day && time < at('18:30') + day ? undefined : 5,
    )
    const folder = await stored(start - day, [warm], [configured(site, start - day)])

    const log = await logOf(folder, site, questionOf(2), start + 2 * day)

    expect(log.row('daily.vaccine-1.temperature', 0)).toMatchObject({
      morning: 5,
      'morning-by': { zh: '08:30 自动' },
      'afternoon-by': { en: '16:30 sensor' },
    })
    expect(log.row('daily.vaccine-1.temperature', 1)).toMatchObject({ afternoon: null, 'afternoon-by': { zh: '缺' } }) // prettier-ignore
  })

  test('explains every hole, and the verdict never takes one for right', async () => {
    const site = await siteFrom(yaml)
    const readings = steady([[at('10:00'), at('14:00'), undefined], [at('20:00'), at('20:03'), undefined]]) // prettier-ignore
    const bad = [0, 1, 2].map(index => fails('cold-1.temperature', at('20:00') + index * minute))
    const uncertain = reads('cold-1.temperature', at('22:00') + 30_000, 40, 'uncertain')
    const folder = await stored(start - day, [[...readings, ...bad, uncertain]], [configured(site, start - day)])

    const log = await logOf(folder, site, questionOf(2, { equipment: ['cold-1'] }), start + 2 * day)

    // A reading holds for ten minutes; the last one before the silence was taken at 09:59.
    expect(log.rows('gaps').map(({ cells }) => cells)).toMatchObject([
      { from: at('10:09'), to: at('14:00'), length: 231 * minute, times: 1, cause: { zh: '设备无数据' } },
      { from: at('20:00'), to: at('20:03'), length: 3 * minute, cause: { zh: '没有应答' } },
      { from: at('22:00') + 30_000, to: at('22:01'), length: 30_000, cause: { zh: '读数存疑' } },
    ])
    const unknown = 234 * minute + 30_000
    expect(log.row('daily.cold-1.temperature', 0)).toMatchObject({
      unknown,
      max: 4,
      cause: { zh: '设备无数据、没有应答、读数存疑' },
      verdict: { zh: '已知时段合格' },
    })
    expect(log.row('daily.cold-1.temperature', 1)).toMatchObject({ unknown: 0, known: 1, verdict: 'good', cause: null })
    expect(log.document.head.completeness).toBeCloseTo(1 - unknown / (2 * day), 5)
  })

  test('judges by the limit that was valid at that time and says from when', async () => {
    const [before, after] = [await siteFrom(yaml), await siteFrom(stricter)]
    const noon = at('12:00')
    const folder = await stored(start - day, [steady([], 7)], [configured(before, start - day), configured(after, noon)])

    const log = await logOf(folder, after, questionOf(2, { equipment: ['cold-1'] }), start + 2 * day)

    expect(log.row('daily.cold-1.temperature', 0)).toMatchObject({ outside: 12 * hour, excursions: 1 })
    expect(log.rows('excursions').map(({ cells }) => cells)).toMatchObject([{ from: noon, to: start + 2 * day, outside: 36 * hour, remarks: { zh: '期末仍未恢复' } }]) // prettier-ignore
    const { limits, remarks } = log.document.head
    expect(limits).toMatchObject([
      { min: 0 },
      { max: 8, to: noon, clause: 'CAN-1', basis: { kind: 'house-rule', verified: true }, policy: { id: 'canteen' } },
      { max: 6, from: noon },
    ])
    expect(remarks.some(({ en }) => en.includes('nobody wrote down'))).toBe(false)
    expect(log.row('summary', 0)).toMatchObject({ remarks: { zh: expect.stringContaining('变更') } })
  })

  test('says so where nobody wrote down the limits of that time', async () => {
    const site = await siteFrom(yaml)
    const folder = await stored(start, [steady([[at('10:00'), at('11:00'), 9]])], [configured(site, start + day)])

    const log = await logOf(folder, site, questionOf(2, { equipment: ['cold-1'] }), start + 2 * day)

    expect(log.row('daily.cold-1.temperature', 0)).toMatchObject({ outside: hour })
    expect(log.document.head.remarks.map(({ en }) => en)).toContainEqual(
      expect.stringContaining('Before 2026-09-02 00:00 nobody wrote down'),
    )
  })

  test('tells short excursions of a day that called nobody in one line', async () => {
    const site = await siteFrom(yaml)
    const folder = await stored(
      start,
      [steady([[at('08:00'), at('08:03'), 8.4], [at('11:00'), at('11:02'), 9.1], [at('15:00'), at('15:30'), 10]])], // prettier-ignore
      [configured(site, start - day)],
    )

    const log = await logOf(folder, site, questionOf(2, { equipment: ['cold-1'] }), start + 2 * day)

    expect(log.rows('excursions').map(({ cells }) => cells)).toMatchObject([
      { from: at('08:00'), to: at('11:02'), times: 2, outside: 5 * minute, extreme: 9.1, extremeAt: at('11:01') - minute },
      { from: at('15:00'), to: at('15:30'), times: 1, outside: 30 * minute },
    ])
    expect(log.row('daily.cold-1.temperature', 0)).toMatchObject({ excursions: 3, outside: 35 * minute })
  })

  test('knows its sensors, and that a calibration is overdue until a record says otherwise', async () => {
    const site = await siteFrom(yaml)
    const entries = [configured(site, start - day)]
    const folder = await stored(start, [steady([])], entries)
    const overdue = await logOf(folder, site, questionOf(2), start + 2 * day)
    expect(overdue.document.head.sensors).toMatchObject([
      { equipment: { zh: '1 号保鲜柜' }, serial: 'BX-2207', calibratedAt: Date.parse('2026-03-01T00:00+08:00'), isDue: true },
      { equipment: { zh: '疫苗冰箱' }, isDue: true },
    ])
    const calibration = {
      kind: 'record.calibration',
      at: instant(at('09:00')),
      by: 'wangfang',
      data: { equipment: 'cold-1', verdict: 'passed', fields: { point: 'temperature', due: '2027-09-01' } },
    }
    const again = await logOf(await stored(start, [steady([])], [...entries, calibration]), site, questionOf(2), start + 2 * day)
    expect(again.document.head.sensors[0]).toMatchObject({ calibratedAt: at('09:00'), dueAt: Date.parse('2027-09-01T00:00+08:00'), isDue: false }) // prettier-ignore
  })

  test('says how the clock ran and was set, what is not sealed, removed or held', async () => {
    const site = await siteFrom(yaml)
    const draft = (kind: string, when: number, data: Readonly<Record<string, unknown>>, about?: string) =>
      ({ kind, at: instant(when), by: 'system', data, ...(about !== undefined && { about }) }) as const
    const folder = await stored(
      start,
      [steady([])],
      [
        configured(site, start - day),
        draft('gateway.started', start - day, { speed: 60 }),
        draft('clock.set', at('12:00'), { by: -90_000 }),
        draft('readings.sealed', at('20:00'), { period: 1 }),
        draft('retention.removed', at('21:00'), { count: 12, oldest: start - 10 * day, newest: start + hour }),
        draft('hold.placed', at('21:30'), { reason: '教育局检查', from: start, to: start + 30 * day }, 'H1'),
        draft('hold.placed', at('21:40'), { reason: '已解除', from: start, to: start + 30 * day }, 'H2'),
        draft('hold.released', at('21:50'), {}, 'H2'),
        draft('hold.placed', at('21:55'), { reason: '别的设备', from: start, to: null, equipment: ['tank-1'] }, 'H3'),
      ],
    )

    const { head } = (await logOf(folder, site, questionOf(2), start + 2 * day)).document

    const said = [...head.clock, ...head.remarks].map(({ zh }) => zh).join('\n')
    expect(said).toContain('60 倍速')
    expect(said).toContain('2026-09-01 12:00 时钟被拨慢 90 秒')
    expect(said).toContain('2026-09-01 20:00 之后收到的读数还没有封存')
    expect(said).toContain('12 条记录保存期满已删除')
    expect(said).toContain('教育局检查')
    expect(said).not.toContain('已解除')
    expect(said).not.toContain('别的设备')
    expect(head.policies).toMatchObject([{ id: 'canteen', version: '1.1', effective: '2026-09-01' }, { id: 'vaccine' }])
  })

  test('speaks of what was asked for, and of a probe only by name', async () => {
    const site = await siteFrom(yaml)
    const folder = await stored(start, [steady([])], [configured(site, start - day)])
    const idsOf = async (only: Parameters<typeof questionOf>[1]) =>
      (await logOf(folder, site, questionOf(2, only), start + 2 * day)).rows('summary').map(({ cells }) => (cells['equipment'] as { zh: string }).zh) // prettier-ignore
    expect(await idsOf({})).toEqual(['1 号保鲜柜', '疫苗冰箱'])
    expect(await idsOf({ areas: ['clinic'] })).toEqual(['疫苗冰箱'])
    expect(await idsOf({ equipment: ['probe-1'] })).toEqual(['手持温度计'])
  })

  test('keeps a cabinet that was scrapped since, until the day it was', async () => {
    const [before, after] = [await siteFrom(yaml), await siteFrom(yaml.replaceAll('cold-1:', 'cold-9:'))]
    const noon = at('12:00')
    const readings = everyMinute('cold-1.temperature', start, noon, time => (time < at('01:00') ? 9 : 4))
    const folder = await stored(start, [readings], [configured(before, start - day), configured(after, noon)])

    const log = await logOf(folder, after, questionOf(2, { areas: ['canteen'] }), start + 2 * day)

    expect(log.rows('summary').map(({ cells }) => (cells['equipment'] as { zh: string }).zh)).toEqual([
      '1 号保鲜柜',
      'cold-1（保鲜柜，已撤出）',
    ])
    expect(log.row('daily.cold-1.temperature', 0)).toMatchObject({ outside: hour, known: 1, unknown: 0 })
    expect(log.row('daily.cold-1.temperature', 1)).toMatchObject({ known: null, verdict: 'unknown' })
    expect(log.document.head.limits.filter(({ equipment }) => equipment.zh.startsWith('cold-1'))).toMatchObject([{ min: 0, max: 8, to: noon, clause: 'CAN-1' }]) // prettier-ignore
  })

  test('expects nothing of the time to come, nor of before a cabinet was there', async () => {
    const site = await siteFrom(yaml)
    const now = at('18:00')
    const readings = everyMinute('cold-1.temperature', at('12:00'), now, () => 4)
    const folder = await stored(at('12:00'), [readings], [configured(site, at('12:00'))])

    const log = await logOf(folder, site, questionOf(2, { equipment: ['cold-1'] }), now)

    expect(log.row('daily.cold-1.temperature', 0)).toMatchObject({ known: 1, unknown: 0 })
    expect(log.row('daily.cold-1.temperature', 1)).toMatchObject({ known: null, min: null, verdict: 'unknown' })
    expect(log.document.head.completeness).toBe(1)
  })
})
