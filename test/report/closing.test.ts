import { describe, expect, test } from 'vitest'
import { minutes } from '../../protocols/contract/time.ts'
import { people, Works } from './works.ts'

const site = `
site: { id: school, name: { zh: 青山小学, en: Greenhill } }
connections: { push: { protocol: http } }
${people}
areas:
  canteen:
    name: { zh: 食堂, en: Canteen }
    equipment:
      kitchen-1: { type: kitchen-closing, name: 厨房, connection: push, points: { windows: {}, door: {}, valve: {}, power: {}, checks: {} } }
`
const shut = { 'kitchen-1.windows': 0, 'kitchen-1.door': 0, 'kitchen-1.valve': 0, 'kitchen-1.power': 120 }
const says = (more: Readonly<Record<string, number>>) => ({ step: minutes(5), says: () => ({ ...shut, ...more }) })

describe('the log of closing', () => {
  test('tells of each evening what was off and shut, who looked, and what was left until when', async () => {
    const works = await Works.on(site, '2026-11-23T18:00')
    await works.until('2026-11-23T19:50', says({ 'kitchen-1.checks': 3 }))
    await works.records('closing', 'kitchen-1', { fields: { what: '气、电、门窗' } })
    await works.until('2026-11-23T21:00', says({ 'kitchen-1.checks': 3 }))
    await works.until('2026-11-24T18:00')
    await works.until('2026-11-24T20:30', says({ 'kitchen-1.valve': 1, 'kitchen-1.checks': 3 }))
    await works.until('2026-11-24T21:30', says({ 'kitchen-1.checks': 4 }))
    const log = await works.log('closing', '2026-11-23', '2026-11-24')

    expect(log.lines('evenings')).toMatchObject([
      {
        closed: works.when('2026-11-23T19:30'),
        valve: 'good',
        power: 'good',
        door: 'good',
        windows: 'good',
        by: '王芳（wangfang）',
        checked: works.when('2026-11-23T19:50'),
        verdict: 'good',
        left: null,
      },
      {
        closed: works.when('2026-11-24T19:30'),
        valve: 'bad',
        power: 'good',
        by: '按钮',
        checked: works.when('2026-11-24T20:35'),
        verdict: 'bad',
        tone: 'bad',
        left: '20:05 收工后燃气总阀没关，11-24 20:35 恢复',
      },
    ])
    expect(log.lines('evenings')[0]?.entries).toHaveLength(1)
  })

  test('calls an evening without readings not known, and one that nobody checked not good', async () => {
    const works = await Works.on(site, '2026-11-23T18:00')
    await works.until('2026-11-23T18:30', says({}))
    await works.until('2026-11-24T18:00')
    await works.until('2026-11-24T21:00', says({}))
    const log = await works.log('closing', '2026-11-22', '2026-11-24')

    expect(log.lines('evenings').map(({ verdict, valve, remarks }) => [verdict, valve, remarks])).toEqual([
      ['尚未开始监测', 'unknown', null],
      ['bad', 'unknown', '没有做收工检查'],
      ['bad', 'good', '没有做收工检查'],
    ])
  })

  test('agrees with the story of a kitchen that was left as it was', async () => {
    const works = await Works.playing('can-11-kitchen-not-closed')
    const log = await works.log('closing', '2026-11-23', '2026-11-23')

    expect(log.lines('evenings')).toMatchObject([{ valve: 'bad', power: 'bad', door: 'good', windows: 'bad', verdict: 'bad' }])
    expect(String(log.lines('evenings', 'en')[0]?.['left']).split('; ')).toHaveLength(3)
  })
})
