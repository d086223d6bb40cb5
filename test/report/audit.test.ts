import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hours, minutes } from '../../protocols/contract/time.ts'
import { differences } from '../../gateway/report/logs/configured-changes.ts'
import type { Configuration } from '../../gateway/site/configuration.ts'
import { people, Works } from './works.ts'

const site = (more = '', facts = 'holds: raw') => `
site: { id: school, name: { zh: 青山小学, en: Greenhill } }
connections: { push: { protocol: http } }
${people}
areas:
  canteen:
    name: { zh: 食堂, en: Canteen }
    equipment:
      freezer-1:
        type: freezer
        name: 1 号冰柜
        connection: push
        facts: { ${facts}, keepAt: -18 °C }
        points: { temperature: {} }
${more}
`
const spare = `      cold-9: { type: fresh-keeping-cabinet, name: 备用柜, connection: push, facts: { holds: cooked }, points: { temperature: {} } }`

describe('the audit trail', () => {
  test('tells what was configured otherwise: old value, new value, and where it comes from', async () => {
    const first = await Works.on(site(), '2026-11-22T08:00')
    await first.passes(hours(24))
    const works = await first.again(site(spare, 'holds: 肉类'))
    const log = await works.log('audit', '2026-11-23', '2026-11-23')

    const changes = log.lines('changes').map(({ subject, what, old, now }) => [subject, what, old, now])
    expect(changes).toContainEqual(['1 号冰柜', '资料 holds', 'raw', '肉类'])
    expect(changes).toContainEqual(['备用柜', '新增设备', null, 'fresh-keeping-cabinet'])
    expect(changes).toContainEqual(['备用柜 · 柜内温度', '新增测点', null, '0 … 8'])
    const configured = [...first.entries, ...works.entries].filter(({ kind }) => kind === 'site.configured').map(({ seq }) => seq)
    expect(log.lines('changes').every(({ entries }) => JSON.stringify(entries) === JSON.stringify(configured))).toBe(true)
  })

  test('tells who came in, who was refused, what was taken out and what was removed, in the order in which it was written', async () => {
    const works = await Works.on(site(), '2026-11-23T08:00')
    await works.note('account.refused', 'system', { address: '10.0.0.7' }, 'root')
    await works.note('account.signed-in', 'wangfang', { address: '10.0.0.8' }, 'wangfang')
    await works.note('log.exported', 'wangfang', {
      log: 'temperature',
      from: works.now,
      to: works.now,
      format: 'pdf',
      sha256: 'b'.repeat(64),
      bytes: 4321,
    })
    await works.note('retention.removed', 'system', { count: 12, retention: '2y', clause: 'CAN-1', oldest: works.now })
    works.pipeline.clockSet(minutes(-60))
    await works.passes(minutes(1))
    const log = await works.log('audit', '2026-11-23', '2026-11-23')

    expect(log.lines('accounts')).toMatchObject([
      { what: '登录被拒', about: 'root', details: '地址 10.0.0.7', tone: 'bad' },
      { what: '登录', by: '王芳（wangfang）', details: '地址 10.0.0.8' },
    ])
    expect(log.lines('keeping', 'en')).toMatchObject([
      {
        what: 'log exported',
        details: 'log temperature, from 2026-11-23 08:00, to 2026-11-23 08:00, format pdf, bytes 4321, SHA-256 bbbbbbbbbbbbbbbb…',
      },
      { what: 'removed after its time', details: 'count 12, oldest 2026-11-23 08:00, kept for 2y, clause CAN-1' },
    ])
    expect(log.lines('gateway').find(({ what }) => what === '时钟被改')).toMatchObject({ details: '拨动 -3600 秒', tone: 'bad' })
    expect(log.lines('people')).toMatchObject([{ by: '王芳（wangfang）', 'signed-in': 1, exported: 1, recorded: 0 }])
  })

  test('tells what a correction changed and why, and keeps to the equipment that was asked for', async () => {
    const works = await Works.on(site(spare), '2026-11-23T08:00')
    const record = await works.records('defrost', 'freezer-1', { fields: { minutes: 20, goods: '借用 2 号柜' } })
    const { at } = record
    const before = { at, verdict: 'passed', fields: { minutes: 20, goods: '借用 2 号柜' } }
    const correction = await works.note(
      'record.corrected',
      'ligq',
      {
        seq: record.seq,
        kind: 'defrost',
        equipment: 'freezer-1',
        at: at - minutes(30),
        verdict: 'passed',
        fields: { minutes: 45, goods: '借用 2 号柜' },
        reason: '写少了',
        before,
      },
      'freezer-1',
    )
    const log = await works.log('audit', '2026-11-23', '2026-11-23', { equipment: ['freezer-1'] })

    expect(log.lines('corrections')).toMatchObject([
      {
        by: '李国强（ligq）',
        record: record.seq,
        kind: 'defrost',
        changes: '时间：2026-11-23 08:00 → 2026-11-23 07:30；minutes: 20 → 45',
        reason: '写少了',
        entries: [record.seq, correction.seq],
      },
    ])
    expect(log.sections.map(({ id }) => id)).toEqual(['changes', 'corrections'])
  })

  const limits = fc.record({
    max: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
    min: fc.option(fc.integer({ min: -9, max: 0 }), { nil: undefined }),
  })
  const point = fc.record({
    id: fc.constantFrom('a.t', 'b.t', 'c.t'),
    unit: fc.constantFrom('°C', 'Pa'),
    staleAfter: fc.constantFrom(60_000, 120_000),
    limits,
    sources: fc.constant([]),
  })
  const configuration = fc.record({
    digest: fc.constantFrom('x', 'y'),
    policies: fc.uniqueArray(fc.record({ id: fc.constantFrom('canteen', 'gas'), version: fc.constantFrom('1', '2') }), {
      selector: ({ id }) => id,
    }),
    equipment: fc.uniqueArray(
      fc.record({
        id: fc.constantFrom('a', 'b'),
        type: fc.constantFrom('x', 'y'),
        area: fc.constant('here'),
        facts: fc.dictionary(fc.constantFrom('serial', 'holds'), fc.integer()),
      }),
      { selector: ({ id }) => id },
    ),
    points: fc.uniqueArray(point, { selector: ({ id }) => id }),
  }) as fc.Arbitrary<Configuration>

  test('finds nothing between a configuration and itself, and the way back for every way there', () => {
    fc.assert(
      fc.property(configuration, configuration, (one, other) => {
        expect([...differences(one, one)]).toEqual([])
        const there = [...differences(one, other)]
        const back = [...differences(other, one)]
        const valuesOf = (changes: typeof there, isBack: boolean): readonly string[] =>
          changes.map(({ subject, old, now }) => JSON.stringify(isBack ? [subject, now, old] : [subject, old, now])).toSorted()
        expect(valuesOf(back, true)).toEqual(valuesOf(there, false))
      }),
    )
  })
})
