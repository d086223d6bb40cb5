import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant, minutes } from '../../protocols/contract/time.ts'
import { noRows, push } from '../../gateway/historian/rows.ts'
import { longestAbove } from '../../gateway/report/logs/hot-stretch.ts'
import { people, Works } from './works.ts'

const site = `
site: { id: school, name: { zh: 青山小学, en: Greenhill } }
connections: { push: { protocol: http } }
${people}
areas:
  canteen:
    name: { zh: 食堂, en: Canteen }
    equipment:
      cabinet-1: { type: disinfection-cabinet, name: 1 号消毒柜, connection: push, points: { temperature: {}, door: {}, heating: {} } }
  hostel:
    name: { zh: 招待所, en: Hostel }
    equipment:
      room-201: { type: guest-room, name: 201 房, connection: push, points: { cups: {}, basins: {}, toilets: {} } }
`

describe('the log of disinfection', () => {
  test('tells a cycle that was opened hot with when it was hot and held, and the good one of the next day', async () => {
    const works = await Works.playing('can-8-opened-hot')
    const log = await works.log('disinfection', '2026-11-22', '2026-11-24')

    expect(log.lines('cycles')).toMatchObject([
      {
        from: works.when('2026-11-23T13:40'),
        started: '已晾干',
        dry: minutes(12),
        required: 120,
        requiredFor: minutes(10),
        hotFrom: works.when('2026-11-23T14:00'),
        heldAt: works.when('2026-11-23T14:10'),
        held: minutes(15),
        peak: 125,
        to: works.when('2026-11-23T14:35'),
        openedAt: 90,
        verdict: '不合格：提前开门',
        tone: 'bad',
      },
      { heldAt: works.when('2026-11-24T14:10'), openedAt: 40, verdict: 'good' },
    ])
    expect(log.lines('cycles')[0]?.entries).toHaveLength(1)
    expect(log.lines('days', 'en').map(({ state }) => state)).toEqual(
      ['no', 'bad', 'good'].map(word => (word === 'no' ? 'not asked for (no school day)' : word)),
    )
  })

  test('says that a day before the gateway was there was not watched, and not that it failed', async () => {
    const works = await Works.playing('can-8-opened-hot')
    const log = await works.log('disinfection', '2026-11-20', '2026-11-20')

    expect(log.lines('days')).toMatchObject([{ state: '尚未开始监测', tone: 'quiet' }])
  })

  test('shows that a faulty cabinet was out of use, until a person says it is mended', async () => {
    const works = await Works.playing('can-9-heater-broken')
    await works.records('repair', 'disinfection-1', { by: 'ligq', fields: { work: '换加热管' } })
    const log = await works.log('disinfection', '2026-11-23', '2026-11-24')

    expect(log.lines('out-of-use')).toMatchObject([
      { alarm: 'A1', why: '消毒柜加热但温度上不去', from: works.when('2026-11-23T14:00'), to: works.now, by: 'ligq' },
    ])
    expect(log.lines('cycles')).toMatchObject([{ verdict: 'bad', remarks: '停用期间' }])
  })

  test('judges a soak by what was written of it, and keeps the corrected line above the right one', async () => {
    const works = await Works.on(site, '2026-11-23T09:00')
    const said = { items: '餐盘 120 件', method: '浸泡', product: '84 消毒液', mgPerLitre: 200, minutes: 5 }
    const wrong = await works.records('disinfection', 'cabinet-1', { fields: said })
    await works.passes(minutes(5))
    await works.note('record.corrected', 'ligq', { seq: wrong.seq, reason: '抄错了浓度', fields: { mgPerLitre: 250 } })
    await works.records('disinfection', 'cabinet-1', { fields: { ...said, mgPerLitre: 300, minutes: 3 } })
    const log = await works.log('disinfection', '2026-11-23', '2026-11-23')

    expect(log.lines('by-hand')).toMatchObject([
      {
        concentration: 200,
        verdict: 'bad',
        tone: 'quiet',
        remarks: '已更正，作废，见下行',
        by: '王芳（wangfang）',
        entries: [wrong.seq],
      },
      {
        concentration: 250,
        minutes: minutes(5),
        verdict: 'good',
        remarks: `更正（李国强（ligq），2026-11-23 09:05，第 ${wrong.seq + 1} 条）：抄错了浓度`,
        entries: [wrong.seq, wrong.seq + 1],
      },
      { concentration: 300, minutes: minutes(3), verdict: 'bad', tone: 'bad' },
    ])
    expect(log.lines('cycles')).toEqual([])
  })

  test('tells of each guest room and day which button was pressed', async () => {
    const works = await Works.on(site, '2026-11-22T08:00')
    await works.reads({ 'room-201.cups': 4, 'room-201.basins': 4, 'room-201.toilets': 4 })
    await works.until('2026-11-22T10:00')
    await works.reads({ 'room-201.cups': 5, 'room-201.basins': 5, 'room-201.toilets': 5 })
    await works.until('2026-11-23T10:00')
    await works.reads({ 'room-201.cups': 6, 'room-201.basins': 5 })
    await works.until('2026-11-24T01:00')
    const log = await works.log('disinfection', '2026-11-22', '2026-11-23', { areas: ['hostel'] })

    const ten = works.when('2026-11-22T10:00')
    expect(log.lines('guest-rooms')).toMatchObject([
      { cups: ten, basins: ten, toilets: ten, state: 'good' },
      { cups: works.when('2026-11-23T10:00'), basins: null, toilets: null, state: 'bad', tone: 'bad' },
    ])
    expect(log.lines('days')).toEqual([])
  })

  test('finds the longest hot stretch as somebody would who looks at every pair of readings', () => {
    const readings = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 110, max: 130 })), { maxLength: 40 })
    fc.assert(
      fc.property(readings, pairs => {
        const rows = noRows()
        let at = 0
        for (const [step, value] of pairs)
          push(rows, { at: (at += step * 60_000), receivedAt: at, value, mark: 0, period: 0, fault: undefined })
        const past = { columns: () => [rows] }
        const found = longestAbove(past, 'p' as never, [instant(0), instant(at)], { value: 120, gap: minutes(5) })

        const isSound = (first: number, last: number): boolean =>
          rows.at.every(
            (time, index) =>
              index < first ||
              index > last ||
              ((rows.value[index] ?? 0) >= 120 && (index === first || time - (rows.at[index - 1] ?? 0) <= minutes(5))),
          )
        let longest = -1
        for (let first = 0; first < rows.at.length; first++)
          for (let last = first; last < rows.at.length; last++)
            if (isSound(first, last)) longest = Math.max(longest, (rows.at[last] ?? 0) - (rows.at[first] ?? 0))
        expect(found ? found.to - found.from : -1).toBe(longest)
      }),
    )
  })
})
