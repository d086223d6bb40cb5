import { describe, expect, test } from 'vitest'
import type { WireCoveredClause, WireDuty } from '../../gateway/api/wire.ts'
import { coverageOf as wireCoverageOf } from '../../gateway/api/coverage.ts'
import { Verdicts } from '../../gateway/alarm/verdicts.ts'
import type { House } from '../../gateway/api/house.ts'
import { loadSite } from '../../gateway/site/load.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import {
  booksOf,
  groupOf,
  narrow,
  soonestFirst,
  spentOf,
  tallyOf,
  toneOfClause,
  watchersOf,
} from '../../dashboard/src/live/coverage.ts'
import { en } from '../../dashboard/src/words/en.ts'
import { conditionOf, lengthOf, sayBound, sayRetention, saySettings } from '../../dashboard/src/words/settings.ts'
import { zh } from '../../dashboard/src/words/zh.ts'
import { coverageOf } from './books.ts'
import { alarmOf, alarmSketches, school } from './school.ts'

const now = Date.parse('2026-11-23T12:00:00+08:00')
const rule = (kind: string, unit = '', labels: { code: number; label: { zh: string; en: string } }[] = []) => ({
  kind,
  unit,
  labels,
})
const inChinese = (of = rule('limit', '°C')) => ({ rule: of, t: zh, language: 'zh' as const })
const inEnglish = (of = rule('limit', '°C')) => ({ rule: of, t: en, language: 'en' as const })
/** Spaces that do not break are told from others on screen only. */
const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/gu, ' ')
const chinese = (settings: object, of?: ReturnType<typeof rule>) =>
  saySettings({ ...settings }, inChinese(of))
    .map(plain)
    .join('，')
const door = rule('limit', '', [
  { code: 0, label: { zh: '关', en: 'closed' } },
  { code: 1, label: { zh: '开', en: 'open' } },
])

describe('settings in words', () => {
  test.each([
    [
      { op: 'gt', value: 8, deadband: 0.5, onDelay: '20m', offDelay: '5m' },
      '高于 8 °C，回差 0.5 °C，持续 20 分钟才报警，恢复满 5 分钟解除',
    ],
    [{ op: 'le', value: -18, deadband: 0, onDelay: '0s', offDelay: '0s' }, '达到或低于 −18 °C，立即报警'],
    [{ op: 'gt', value: 5, count: 'cumulative', per: '6h', onDelay: '90m' }, '高于 5 °C，6 小时内累计 1 小时 30 分即报警'],
    [
      { op: 'gt', value: 5, count: 'cumulative', onDelay: '2h' },
      '高于 5 °C，24 小时内累计 2 小时即报警'.replace('24 小时', '1 天'),
    ],
    [{ every: '10d', warn: '1d' }, '每 10 天一次，提前 1 天提醒'],
    [{ each: 'month', from: 22, to: 23, share: 0.98 }, '每月一次，22 日 至 23 日，至少完成 98%'],
    [
      { windows: ['06:00-12:00', '12:00-18:00'], days: 'working', apart: '6h' },
      '每天 06:00-12:00、12:00-18:00 各一次，工作日，两次至少相隔 6 小时',
    ],
    [{ for: '1h', eps: 0.1 }, '1 小时内变化不超过 0.1 °C'],
    [
      { target: { fact: 'target', default: 0.5 }, madeOn: { fact: 'madeOn' } },
      '目标 按各自登记（未登记按 0.5 mg/L），生产日期 按各自登记',
    ],
    [{ hold: { at: 120, for: '10m' }, safe: 45, writes: false }, '达到 120 °C并保持 10 分钟，降到 45 °C以下才可开门'],
    [
      { fields: { holds: ['raw', 'cooked'], serial: 'text' }, expires: 'expires' },
      '须登记：存放：生食 / 熟食、编号，到期日见登记“有效期”',
    ],
    [{ somethingNew: [1, 2] }, 'somethingNew：[1,2]'],
  ])('%j', (settings, said) => {
    expect(chinese(settings)).toBe(said)
  })

  test('name the state of a contact instead of its code', () => {
    expect(plain(sayBound('ge', 1, inChinese(door)))).toBe('为“开”')
    expect(plain(sayBound('lt', 1, inEnglish(door)))).toBe('“closed”')
    expect(plain(sayBound('ge', 0, inEnglish(door)))).toBe('“closed or open”')
    expect(chinese({ is: [0, 1], for: '10m' }, door)).toBe('处于“关或开”，持续 10 分钟才报警')
  })

  test('tell a forecast from a duty', () => {
    expect(chinese({ within: '24h', window: '12h' }, rule('forecast'))).toBe('预计 1 天内达到限值，按最近 12 小时的走势推算')
    expect(chinese({ within: '24h', follows: 'trigger', before: '1m' }, rule('due'))).toBe(
      '发生后 1 天内完成，提前 1 分钟内完成也算',
    )
    expect(chinese({ window: '1h' }, rule('mean'))).toBe('按最近 1 小时的平均值')
  })

  test('show a condition as it is written', () => {
    expect(conditionOf({ when: 'a > 1.0' })).toBe('a > 1.0')
    expect(conditionOf({ op: 'gt' })).toBeUndefined()
    expect(chinese({ when: 'a > 1.0', onDelay: '0s' })).toBe('立即报警')
  })

  test('know lengths of time and nothing else as such', () => {
    expect([lengthOf('90s'), lengthOf('1.5h'), lengthOf('10d'), lengthOf(500)]).toEqual([9e4, 54e5, 864e6, 500])
    expect([lengthOf('6y'), lengthOf(''), lengthOf({}), lengthOf('22:00')]).toEqual([undefined, undefined, undefined, undefined])
    expect(
      [sayRetention('2y', zh), sayRetention('1y', en), sayRetention('30d', en), sayRetention('for ever', en)].map(plain),
    ).toEqual(['2 年', '1 year', '30 d', 'for ever'])
  })

  test('have words for everything that a shipped rule sets, in both languages', async () => {
    const { packs } = await loadShelf()
    const rules = [...packs.values()].flatMap(pack => pack.rules)
    const strange = rules.flatMap(({ name, kind, raw }) => {
      const said = saySettings(raw, inChinese(rule(kind, '°C'))).join('，')
      const words = said.replaceAll(/mg\/L|mm\/s|G\d+/g, '').match(/[a-z]{3,}/gi) ?? []
      const english = saySettings(raw, inEnglish(rule(kind, '°C'))).join(', ')
      return words.length > 0 || /\p{Script=Han}|[{}[\]]/u.test(english) ? [`${name}: ${said} / ${english}`] : []
    })
    expect(strange).toEqual([])
  })

  test('refer to no fact where every piece of equipment says the same', async () => {
    const loaded = await loadSite('simulators/school/site.yaml', {})
    if (!loaded.ok) throw new Error('the school cannot be read')
    const state = { openAlarms: () => [], latest: () => undefined, isStale: () => true, verdicts: new Verdicts(now as Instant) }
    const covered = wireCoverageOf({ site: loaded.site, state } as unknown as House, at => new Date(at).toISOString())
    const cycle = covered.flatMap(({ rules }) => rules).find(({ kind }) => kind === 'cycle')
    expect(cycle?.settings['hold']).toEqual({ at: expect.any(Number), for: expect.any(String) })
  })
})

describe('the books', () => {
  const stage = (more: object = {}) => ({
    site: school(),
    now,
    alarms: new Map(alarmSketches.map(sketch => [sketch.id, alarmOf(sketch, now)])),
    silent: new Set<string>(),
    bad: new Map<string, string>(),
    ...more,
  })
  const clauses = coverageOf(stage())
  const ids = (found: readonly WireCoveredClause[]) => found.map(({ id }) => id)
  const wanted = { book: undefined, standing: undefined, text: '' }

  test('are counted by how their clauses stand', () => {
    expect(tallyOf(clauses)).toEqual({ breached: 4, unknown: 0, kept: 7, unwatched: 1 })
    expect(booksOf(clauses).map(({ id, tally }) => `${id} ${tally.breached}`)).toEqual([
      'can 1',
      'wat 1',
      'srv 1',
      'gas 1',
      'fir 0',
      'pat 0',
    ])
  })

  test('are searched by id, words of either language and equipment, and narrowed by book and standing', () => {
    expect(ids(narrow(clauses, { ...wanted, text: 'can-12' }))).toEqual(['CAN-12'])
    expect(ids(narrow(clauses, { ...wanted, text: '和面机' }))).toEqual(['CAN-12'])
    expect(ids(narrow(clauses, { ...wanted, text: ' hydrant  freezer ' }))).toEqual([])
    expect(ids(narrow(clauses, { ...wanted, text: 'cold-2 holds' }))).toEqual(['CAN-1'])
    expect(ids(narrow(clauses, { ...wanted, book: 'can', standing: 'breached' }))).toEqual(['CAN-1'])
    expect(narrow(clauses, wanted)).toEqual(clauses)
  })

  test('show the broken equipment first, each once, in the colour of what is broken', () => {
    const [can1] = clauses
    if (!can1) throw new Error('no clause')
    expect(watchersOf(can1).map(({ equipment, verdict, tone }) => `${equipment} ${verdict} ${tone}`)).toEqual([
      'cold-1 breached medium',
      'cold-2 kept calm',
      'cold-3 kept calm',
      'cold-4 kept calm',
    ])
    expect(toneOfClause(can1)).toBe('medium')
    const [dark] = coverageOf(stage({ alarms: new Map(), silent: new Set(['cold-2.temperature']) }))
    expect(dark && toneOfClause(dark)).toBe('unknown')
  })

  test('put duties where they have to be thought of', () => {
    const duty = (state: WireDuty['state'], dueAt: number | null, doneAt: number | null = null) =>
      ({
        state,
        dueAt: dueAt === null ? null : new Date(dueAt).toISOString(),
        doneAt: doneAt === null ? null : new Date(doneAt).toISOString(),
      }) as WireDuty
    const day = 86_400_000
    expect(groupOf(duty('missed', now - day), now)).toBe('missed')
    expect(groupOf(duty('soon', now + 9 * day), now)).toBe('soon')
    expect(groupOf(duty('open', now + day), now)).toBe('day')
    expect(groupOf(duty('open', now + day + 1), now)).toBe('week')
    expect(groupOf(duty('not-now', now + 8 * day), now)).toBe('later')
    expect(groupOf(duty('not-now', null), now)).toBe('later')
    const mixed = [duty('not-now', null), duty('open', now + 2 * day), duty('not-now', now + day)]
    expect(mixed.toSorted(soonestFirst)).toEqual([mixed[2], mixed[1], mixed[0]])
    expect(spentOf(duty('open', now + 3 * day, now - 7 * day), now)).toBeCloseTo(0.7)
    expect(spentOf(duty('missed', now - day, now - 7 * day), now)).toBe(1)
    expect(spentOf(duty('open', now + day), now)).toBeUndefined()
    expect(spentOf(duty('open', now, now), now)).toBeUndefined()
  })
})
