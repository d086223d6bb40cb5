import { describe, expect, test } from 'vitest'
import { hours } from '../../protocols/contract/time.ts'
import type { HandoverItem } from '../../gateway/handover/handover.ts'
import { people, Works } from './works.ts'

const site = `
site: { id: school, name: { zh: 青山小学, en: Greenhill } }
connections: { push: { protocol: http } }
${people}
areas:
  canteen:
    name: { zh: 食堂, en: Canteen }
    equipment:
      cold-1: { type: fresh-keeping-cabinet, name: 1 号保鲜柜, connection: push, facts: { holds: raw }, points: { temperature: {} } }
      desk-1: { type: duty-desk, name: 值班台, connection: push, points: { handovers: {} } }
`
const item = (key: string, more: Partial<HandoverItem> = {}): HandoverItem => ({
  key,
  kind: 'alarm',
  id: key.split(':')[1] ?? key,
  title: { zh: `事项 ${key}`, en: `item ${key}` },
  priority: 'medium',
  mustComment: false,
  ...more,
})

async function twoChanges(): Promise<Works> {
  const works = await Works.on(site, '2026-11-23T07:30')
  const lockOut = item('lock-out:cold-1', {
    kind: 'lock-out',
    id: 'cold-1',
    priority: 'high',
    mustComment: true,
    since: works.now,
  })
  await works.handsOver(
    'guard',
    { 'lock-out:cold-1': '等配件', 'alarm:A1': '已通知', 'case:C9': '昨天办完' },
    [lockOut, item('alarm:A1')],
    '钥匙在抽屉',
  )
  await works.passes(hours(12))
  await works.handsOver('guard', { 'lock-out:cold-1': '配件明天到', 'alarm:A7': '' }, [lockOut, item('alarm:A7')])
  return works
}

describe('the log of hand-over', () => {
  test('tells each change of shift: both who signed, how many items were open, and what is different from the last', async () => {
    const works = await twoChanges()
    const log = await works.log('handover', '2026-11-23', '2026-11-23')

    expect(log.lines('changes')).toMatchObject([
      {
        roster: '保安值班',
        goes: '白班',
        outgoing: '王芳 (wangfang)',
        incoming: '李国强 (ligq)',
        open: 2,
        settled: 1,
        changed: null,
        notes: '钥匙在抽屉',
        signed: 'good',
      },
      { open: 2, settled: 0, changed: '新增 1 项，了结 1 项', notes: null },
    ])
    expect(log.lines('changes').map(({ entries }) => entries)).toEqual(
      works.entries.filter(({ kind }) => kind === 'handover.signed').map(({ seq }) => [seq]),
    )
  })

  test('tells every item with what was said of it, those that were settled meanwhile among them', async () => {
    const works = await twoChanges()
    const log = await works.log('handover', '2026-11-23', '2026-11-23')

    expect(log.lines('items').map(({ kind, title, comment, state, tone }) => [kind, title, comment, state, tone])).toEqual([
      ['设备停用', '事项 lock-out:cold-1', '等配件', '移交', 'bad'],
      ['报警未了', '事项 alarm:A1', '已通知', '移交', undefined],
      [null, null, '昨天办完', '已了', 'quiet'],
      ['设备停用', '事项 lock-out:cold-1', '配件明天到', '移交', 'bad'],
      ['报警未了', '事项 alarm:A7', null, '移交', undefined],
    ])
  })

  test('keeps to the items of the equipment that was asked for', async () => {
    const works = await twoChanges()
    const log = await works.log('handover', '2026-11-23', '2026-11-23', { equipment: ['cold-1'] })

    expect(log.lines('items').map(({ id }) => id)).toEqual(['cold-1', 'cold-1'])
  })

  test('tells a change of shift that nobody signed for', async () => {
    const works = await Works.playing('dut-1-shift-not-handed-over')
    const log = await works.log('handover', '2026-11-22', '2026-11-26')

    expect(log.lines('missed').length).toBeGreaterThan(0)
    expect(log.lines('missed')[0]?.['clause']).toContain('DUT-1')
  })
})
