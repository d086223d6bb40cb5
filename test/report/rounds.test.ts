import { describe, expect, test } from 'vitest'
import { instant, minutes } from '../../protocols/contract/time.ts'
import { people, Works } from './works.ts'

const site = `
site: { id: school, name: { zh: 青山小学, en: Greenhill } }
connections: { push: { protocol: http } }
${people}
areas:
  grounds:
    name: { zh: 校园, en: Grounds }
    equipment:
      patrol-1: { type: patrol-point, name: 实验楼, connection: push, points: { visits: {} } }
      key-1: { type: key-point, name: 配电室, connection: push, points: { visits: {} } }
rounds:
  night-labs:
    name: { zh: 夜间巡查：实验楼, en: 'Night round, laboratories' }
    equipment: patrol-1
    within: 60m
    checkpoints:
      gate: { name: { zh: 大门, en: Gate }, code: 7F3K-9QPM, checks: [{ zh: 门锁好, en: Locked }, { zh: 灯已关, en: Lights off }] }
      hall: { name: { zh: 大厅, en: Hall }, code: 4XW2-T8RB }
      store: { name: { zh: 药品库, en: Store }, code: M5D6-HC3V }
`
const [gate, hall, store] = ['7F3K9QPM', '4XW2T8RB', 'M5D6HC3V'] as const

describe('the log of rounds', () => {
  test('tells a whole walk with the time of each check-point, and what was found on it', async () => {
    const works = await Works.on(site, '2026-11-23T23:00')
    await works.visits([{ code: gate }])
    await works.passes(minutes(10))
    await works.visits([{ code: hall }])
    await works.passes(minutes(15))
    await works.visits([{ code: store, verdict: 'failed', failed: [], note: '窗没关' }])
    const log = await works.log('rounds', '2026-11-23', '2026-11-23')

    expect(log.lines('walks')).toMatchObject([
      {
        route: '夜间巡查：实验楼',
        by: '赵铁柱（zhaotz）',
        began: works.when('2026-11-23T23:00'),
        ended: works.when('2026-11-23T23:25'),
        length: minutes(25),
        within: minutes(60),
        points: 3,
        of: 3,
        defects: 1,
        times: '大门 23:00；大厅 23:10；药品库 23:25',
        verdict: 'good',
      },
    ])
    expect(log.lines('points').map(({ point, verdict }) => [point, verdict])).toEqual([
      ['大门', 'good'],
      ['大厅', 'good'],
      ['药品库', 'bad'],
    ])
    expect(log.lines('inspections').filter(({ kind }) => kind === '检查')).toMatchObject([
      { verdict: 'bad', what: '药品库；窗没关' },
    ])
  })

  test('tells a walk that was not ended with where nobody came, and shows both times of a phone without network', async () => {
    const works = await Works.on(site, '2026-11-23T22:00')
    await works.until('2026-11-24T01:00')
    // The phone is four minutes fast and had no network.
    const fast = minutes(4)
    const [first, second] = [works.when('2026-11-23T23:00'), works.when('2026-11-23T23:05')].map(at => instant(at + fast))
    await works.visits(
      [
        { code: gate, at: first as never, offline: true, verdict: 'failed', failed: [1] },
        { code: hall, at: second as never, offline: true },
      ],
      'zhaotz',
      instant(works.now + fast),
    )
    await works.passes(minutes(1))
    const log = await works.log('rounds', '2026-11-23', '2026-11-24')

    expect(log.lines('walks')).toMatchObject([
      { by: '赵铁柱（zhaotz）', points: 2, of: 3, missing: '药品库', verdict: 'bad', tone: 'bad', ended: null },
    ])
    expect(log.lines('points')[0]).toMatchObject({
      at: works.when('2026-11-23T23:00'),
      phone: works.when('2026-11-23T23:04'),
      corrected: works.when('2026-11-23T23:00'),
      failed: '灯已关',
      remarks: '离线登记；手机时钟不准，已校正',
    })
  })

  test('tells every round that the rules missed, who answered, and when it was made good', async () => {
    const works = await Works.on(site, '2026-11-23T21:00')
    await works.reads({ 'key-1.visits': 7 })
    await works.until('2026-11-23T23:30', { step: minutes(10), says: () => ({ 'key-1.visits': 7, 'patrol-1.visits': 1 }) })
    await works.command('key-1.visits.missed', { do: 'acknowledge', comment: '马上去' }, 'zhaotz')
    await works.passes(minutes(10))
    await works.reads({ 'key-1.visits': 8 })
    await works.passes(minutes(1))
    const log = await works.log('rounds', '2026-11-23', '2026-11-23', { equipment: ['key-1'] })

    expect(log.lines('missed')).toMatchObject([
      {
        at: works.when('2026-11-23T23:00'),
        equipment: '校园 · 配电室',
        cleared: works.when('2026-11-23T23:40'),
        answer: '赵铁柱（zhaotz） 11-23 23:30：马上去',
        tone: 'bad',
      },
    ])
    expect(log.lines('missed')[0]?.['clause']).toContain('PAT-2')
    expect(log.lines('buttons')).toMatchObject([{ at: works.when('2026-11-23T23:40'), place: '校园 · 配电室' }])
  })
})
