import { describe, expect, test } from 'vitest'
import { hours, minutes } from '../../protocols/contract/time.ts'
import { people, Works } from './works.ts'

const site = `
site: { id: school, name: { zh: 青山小学, en: Greenhill } }
connections: { push: { protocol: http } }
${people}
channels:
  hook: { kind: webhook, url: 'http://127.0.0.1:9/', secret: a-secret-of-the-test }
duty:
  roles: { 食堂主管: [wang], 综合部: [li] }
areas:
  canteen:
    name: { zh: 食堂, en: Canteen }
    equipment:
      cold-1: { type: fresh-keeping-cabinet, name: 1 号保鲜柜, connection: push, facts: { holds: raw }, points: { temperature: {} } }
  annex:
    name: { zh: 副楼, en: Annex }
    equipment:
      cold-2: { type: fresh-keeping-cabinet, name: 2 号保鲜柜, connection: push, facts: { holds: cooked }, points: { temperature: {} } }
`
const rule = 'cold-1.temperature.too-warm'
const every = (value: (at: number) => number, point = 'cold-1.temperature') => ({
  step: minutes(5),
  says: (at: number) => ({ [point]: value(at) }),
})

/** Cabinet 1 stands at 12 °C and once at 13.4 for an hour from 09:00. */
async function warmMorning(): Promise<Works> {
  const works = await Works.on(site, '2026-11-23T08:00')
  await works.until(
    '2026-11-23T09:00',
    every(() => 4),
  )
  const worst = works.when('2026-11-23T09:30')
  await works.until(
    '2026-11-23T10:00',
    every(at => (at === worst ? 13.4 : 12)),
  )
  return works
}
const warm = { clause: 'CAN-1 保鲜柜 0 °C 至 8 °C', limit: '> 8 °C', extreme: '13.4 °C' }

describe('the log of alarms', () => {
  test('tells an alarm from its limit to its end: who was told and when, who answered, what was done, the worst value', async () => {
    const works = await warmMorning()
    await works.delivers('sms', '250 ok')
    await works.command(rule, { do: 'acknowledge', comment: '去看' })
    await works.passes(minutes(10))
    await works.command(rule, { do: 'confirm', action: '关好柜门，食品移走' })
    await works.until(
      '2026-11-23T10:40',
      every(() => 4),
    )
    const log = await works.log('alarms', '2026-11-23', '2026-11-23', { equipment: ['cold-1'] })

    const line = log.lines('alarms').find(({ title }) => String(title).includes('温度过高'))
    expect(line).toMatchObject({
      extreme: '13.4 °C',
      limit: warm.limit,
      equipment: '食堂 · 1 号保鲜柜',
      answeredBy: '王芳（wangfang）',
    })
    expect(line?.['clause']).toContain('CAN-1')
    expect(line?.['basis']).toContain('canteen')
    expect(line?.['told']).toContain('李国强（ligq） sms 10:00 已送达')
    expect(line?.['done']).toContain('去看')
    expect(line?.['done']).toContain('关好柜门，食品移走（王芳（wangfang） 2026-11-23 10:10）')
    expect(line?.['response']).toBe(Number(line?.['answered']) - Number(line?.['raised']))
    // It began with the first warm reading and ended with the first cold one.
    expect(line?.['length']).toBe(Number(line?.['cleared']) - works.when('2026-11-23T09:05'))
    const ownEntries = works.entries.filter(({ about }) => about === line?.['id']).map(({ seq }) => seq)
    expect(line?.entries).toEqual(ownEntries)
  })

  test('lists what stood when the period began, says so, and counts it by clause and equipment', async () => {
    const works = await warmMorning()
    await works.until('2026-11-24T09:00', { step: hours(1), says: () => ({ 'cold-1.temperature': 12 }) })
    const log = await works.log('alarms', '2026-11-24', '2026-11-24', { equipment: ['cold-1'] })

    const titles = log.lines('alarms', 'en').filter(({ remarks }) => String(remarks).includes('stood when the period began'))
    expect(titles.length).toBeGreaterThan(0)
    const times = log.lines('by-equipment').reduce((sum, { times: one }) => sum + Number(one), 0)
    expect(times).toBe(log.lines('alarms').length)
  })

  test('shows each time an alarm came again by itself, and to which of them an answer belongs', async () => {
    const works = await warmMorning()
    await works.until(
      '2026-11-23T10:30',
      every(() => 4),
    )
    await works.until(
      '2026-11-23T11:30',
      every(() => 12),
    )
    await works.command(rule, { do: 'acknowledge', comment: '' })
    const log = await works.log('alarms', '2026-11-23', '2026-11-23', { equipment: ['cold-1'] })

    const warmOnes = log.lines('alarms').filter(({ title }) => String(title).includes('温度过高'))
    const [first, second] = warmOnes
    expect(warmOnes).toHaveLength(2)
    expect(first).toMatchObject({ answered: null, extreme: '13.4 °C' })
    expect(second).toMatchObject({ id: `${first?.['id']}/2`, cleared: null, extreme: '12 °C', answeredBy: '王芳（wangfang）' })
    expect(second?.['remarks']).toContain('尚未恢复')
  })

  test('tells what people kept quiet, why, until when and when it really ended', async () => {
    const works = await warmMorning()
    await works.command(rule, { do: 'shelve', for: hours(2), reason: '正在搬运', oneShot: false })
    await works.until('2026-11-23T12:30')
    await works.records('defrost', 'cold-1', { fields: { minutes: 30 } })
    await works.until('2026-11-23T13:30')
    const log = await works.log('alarms', '2026-11-23', '2026-11-23', { equipment: ['cold-1'] })

    expect(log.lines('silences')).toMatchObject([
      {
        what: '搁置',
        by: '王芳（wangfang）',
        reason: '正在搬运',
        until: works.when('2026-11-23T12:00'),
        ended: works.when('2026-11-23T12:00'),
      },
      { what: '除霜', id: '', until: works.when('2026-11-23T13:00'), ended: works.when('2026-11-23T13:00') },
    ])
  })

  test('says nothing of equipment that was not asked for', async () => {
    const works = await warmMorning()
    const log = await works.log('alarms', '2026-11-23', '2026-11-23', { areas: ['annex'] })

    expect(log.lines('alarms').filter(({ equipment }) => !String(equipment).includes('2 号'))).toEqual([])
  })

  test('follows a case from its alarm to its close, with photos named by their digest', async () => {
    const works = await warmMorning()
    const photo = `${'a'.repeat(64)}.jpg`
    const report = {
      what: { zh: '柜门关不严', en: 'The door does not shut' },
      priority: 'medium',
      photos: [photo],
      equipment: 'cold-1',
      reporter: { name: '刘师傅' },
    } as const
    await works.pipeline.act(at => works.cases.open(report, 'wangfang', at))
    await works.step('C1', { do: 'answer', said: '下午来修' }, 'ligq')
    await works.step(
      'C1',
      { do: 'assign', person: 'zhao', name: { zh: '赵铁柱', en: 'Zhao' }, due: works.when('2026-11-23T18:00'), note: '' },
      'ligq',
    )
    await works.step(
      'C1',
      { do: 'act', kind: 'adjustment', what: '换了门封条', parts: [{ name: '门封条', count: 1 }], photos: [] },
      'zhaotz',
    )
    await works.step('C1', { do: 'verify', note: '关得严' }, 'ligq')
    await works.step('C1', { do: 'tell', how: '电话', said: '修好了' }, 'ligq')
    await works.step('C1', { do: 'close', note: '' }, 'ligq')
    const log = await works.log('alarms', '2026-11-23', '2026-11-23')

    expect(log.lines('cases')).toMatchObject([
      {
        id: 'C1',
        what: '柜门关不严',
        reporter: '刘师傅',
        answer: '下午来修（李国强（ligq））',
        assigned: '赵铁柱',
        photos: 1,
        verdict: 'good',
        remarks: `照片 ${'a'.repeat(64)}`,
      },
    ])
    expect(log.lines('cases')[0]?.['done']).toBe('换了门封条［门封条×1］（赵铁柱（zhaotz） 2026-11-23 10:00）')
    expect(log.lines('cases')[0]?.entries).toHaveLength(7)
  })
})
