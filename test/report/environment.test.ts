import { describe, expect, test } from 'vitest'
import { instant, minutes } from '../../protocols/contract/time.ts'
import { configured, day, everyMinute, hour, logOf, minute, siteFrom, stored } from './stored.ts'
import { Works } from './works.ts'

const yaml = `site: { id: greenhill, name: Greenhill, timeZone: Asia/Shanghai, policies: [server-room] }
people:
  wang: { name: 王芳, account: wangfang, roles: [网络管理员] }
connections: { push: { protocol: http } }
areas:
  server-room:
    name: 机房
    equipment:
      room-1:
        type: server-room
        name: 校园网机房
        connection: push
        points: { temperature: {}, humidity: {}, leak: {}, smoke: {}, door: {}, badge: {}, entries: {}, exits: {}, inspections: {} }
      rack-1: { type: rack-sensor, name: 1 号机柜, connection: push, points: { temperature: {} } }
`
// A Friday; the weekend that follows is not worked.
const start = Date.parse('2026-09-04T00:00:00+08:00')
const question = { kind: 'environment', from: instant(start), to: instant(start + 3 * day), equipment: [], areas: [] } as const
const at = (text: string, days = 0): number => Date.parse(`2026-09-0${4 + days}T${text}:00+08:00`)

const air = (key: string, valueAt: (time: number) => number) => everyMinute(`room-1.${key}`, start, start + 3 * day, valueAt)

describe('the environment log', () => {
  test('works the dew point out from temperature and humidity and judges it as its rule does', async () => {
    const site = await siteFrom(yaml)
    // 25 °C and 60 % have their dew point at 16.7 °C, 22 °C and 50 % at 11.1 °C.
    const isDamp = (time: number): boolean => time >= at('10:00') && time < at('11:00')
    const readings = [...air('temperature', time => (isDamp(time) ? 25 : 22)), ...air('humidity', time => (isDamp(time) ? 60 : 50))] // prettier-ignore
    const folder = await stored(start, [readings], [configured(site, start - day)])

    const log = await logOf(folder, site, question, start + 3 * day)

    const dew = log.row('daily.room-1.dew-point', 0)
    expect(dew).toMatchObject({ outside: hour, excursions: 1, known: 1, verdict: 'bad' })
    expect(dew['min']).toBeCloseTo(11.1, 1)
    expect(dew['max']).toBeCloseTo(16.7, 1)
    expect(log.rows('daily.room-1.humidity')[0]?.cells).toMatchObject({ max: 60, outside: 0 })
    expect(log.document.head.limits.filter(({ point }) => point.en === 'Dew point')).toMatchObject([
      { min: 5.5, max: 15, clause: 'SRV-1', basis: { kind: 'standard', verified: false }, policy: { id: 'server-room' } },
    ])
    expect(log.rows('summary').map(({ cells }) => [(cells['equipment'] as { zh: string }).zh, cells['unit']])).toEqual([
      ['校园网机房 · 进风温度', '°C'],
      ['校园网机房 · 相对湿度', '%RH'],
      ['校园网机房 · 露点', '°C'],
      ['1 号机柜 · 机柜进风温度', '°C'],
    ])
    expect(log.rows('gaps').map(({ cells }) => (cells['equipment'] as { zh: string }).zh)).toEqual(['1 号机柜 · 机柜进风温度'])
  })

  test('knows no dew point while the humidity is missing', async () => {
    const site = await siteFrom(yaml)
    const readings = [
      ...air('temperature', () => 22),
      ...everyMinute('room-1.humidity', start, start + 3 * day, time =>
        time >= at('10:00') && time < at('12:00') ? undefined : 50,
      ),
    ]
    const folder = await stored(start, [readings], [configured(site, start - day)])
    const log = await logOf(folder, site, question, start + 3 * day)
    // The last word of 09:59 holds for the five minutes that it may be old.
    expect(log.row('daily.room-1.dew-point', 0)).toMatchObject({ unknown: 116 * minute, cause: { zh: '设备无数据' } })
    expect(log.row('daily.room-1.temperature', 0)).toMatchObject({ unknown: 0, cause: null })
  })

  test('tells of water with its alarm and what was done, of every door that opened, and of who came and went', async () => {
    const works = await Works.on(yaml, '2026-09-04T08:00+08:00')
    const rest = { 'room-1.temperature': 22, 'room-1.humidity': 50, 'room-1.smoke': 0, 'room-1.inspections': 3 }
    const says = (values: Readonly<Record<string, number>>) => ({ step: minutes(2), says: () => ({ ...rest, ...values }) })
    const quiet = { 'room-1.leak': 0, 'room-1.door': 0, 'room-1.badge': 7, 'room-1.entries': 5, 'room-1.exits': 5 }
    await works.until('2026-09-04T09:00+08:00', says(quiet))
    await works.until('2026-09-04T09:10+08:00', says({ ...quiet, 'room-1.leak': 1 }))
    await works.command('room-1.leak.wet', { do: 'acknowledge', comment: '去看' })
    await works.command('room-1.leak.wet', { do: 'confirm', action: '拖干，关阀门' })
    await works.until('2026-09-04T10:00+08:00', says(quiet))
    await works.until('2026-09-04T10:06+08:00', says({ ...quiet, 'room-1.door': 1, 'room-1.badge': 8, 'room-1.entries': 6 }))
    await works.until('2026-09-04T11:00+08:00', says({ ...quiet, 'room-1.badge': 8, 'room-1.entries': 6, 'room-1.exits': 6 }))
    await works.until('2026-09-04T11:04+08:00', says({ ...quiet, 'room-1.door': 1, 'room-1.badge': 8, 'room-1.entries': 6, 'room-1.exits': 6 })) // prettier-ignore
    await works.until('2026-09-04T11:30+08:00', says({ ...quiet, 'room-1.badge': 8, 'room-1.entries': 6, 'room-1.exits': 6 }))

    const log = await works.log('environment', '2026-09-04', '2026-09-04')

    expect(log.lines('events')).toMatchObject([
      {
        what: '漏水：漏水',
        from: at('09:02'),
        to: at('09:12'),
        alarm: expect.stringContaining('机房漏水'),
        action: '拖干，关阀门（王芳（wangfang））',
        tone: 'bad',
      },
    ])
    expect(log.lines('access').map(line => [line['at'], line['what'], line['count'], line['remarks']])).toEqual([
      [at('10:02'), '开门', 1, null],
      [at('10:02'), '刷卡', 1, null],
      [at('10:02'), '登记进入', 1, null],
      [at('10:08'), '登记离开', 1, null],
      [at('11:02'), '开门', 1, '前后一分钟没有刷卡'],
    ])
    expect(log.lines('access')[4]).toMatchObject({ length: 4 * minute, tone: 'bad' })
  })

  test('says who looked after the room on each day off, and on which nobody did', async () => {
    const works = await Works.on(yaml, '2026-09-04T08:00+08:00')
    const says = (inspections: number) => ({
      step: minutes(4),
      says: () => ({ 'room-1.temperature': 22, 'room-1.inspections': inspections }),
    })
    await works.until('2026-09-05T09:00+08:00', says(3))
    await works.records('inspection', 'room-1', { verdict: 'failed', fields: { what: '空调', note: '有异响' } })
    await works.until('2026-09-05T10:00+08:00', says(3))
    await works.until('2026-09-05T12:00+08:00', says(4))
    await works.until('2026-09-07T01:00+08:00', says(4))

    const log = await works.log('environment', '2026-09-04', '2026-09-06')

    expect(log.lines('inspections')).toMatchObject([
      {
        day: at('00:00', 1),
        nature: '周末',
        at: at('09:00', 1),
        by: '王芳（wangfang）',
        verdict: 'bad',
        remarks: '空调；有异响',
        tone: 'bad',
      },
      { day: at('00:00', 1), at: at('10:04', 1), by: null, verdict: 'good', remarks: '现场按钮' },
      { day: at('00:00', 2), nature: '周末', at: null, verdict: 'bad', remarks: '没有检查记录', tone: 'bad' },
    ])
  })
})
