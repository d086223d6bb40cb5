import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  changesOf,
  draftIn,
  drafted,
  emptyDraft,
  isSame,
  keepable,
  put,
  redo,
  undo,
  valueAt,
  withdraw,
} from '../../dashboard/src/live/site/draft.ts'
import type { Path, SiteDraft } from '../../dashboard/src/live/site/draft.ts'
import { referencesTo } from '../../dashboard/src/live/site/references.ts'
import { found, limitFields, listOf, offRules, ruleAt } from '../../dashboard/src/live/site/sections.ts'
import { asWritten, freeId, saidOf, textOf } from '../../dashboard/src/live/site/typed.ts'
import { changeEntries } from '../../gateway/commission/entries.ts'
import { parseYaml } from '../../gateway/site/document.ts'

const text = `# The canteen
site: { id: school, name: 学校 }
people: # who is here
  wang: { name: 王芳, phone: '13800000000' } # the key
  zhao:
    name: 赵铁柱
    roles: [保安] # at the gate
duty:
  rosters:
    guard: { shifts: { day: '07:30-19:30', night: '19:30-07:30' }, from: 2026-09-01, rotation: [{ day: zhao, night: wang }] }
  roles: { 值班人员: guard }
  routes: [{ tell: [wang, guard], areas: [canteen] }]
areas:
  canteen: # ground floor
    name: { zh: 食堂, en: Canteen }
    equipment:
      # by the door
      cold-1:
        type: fresh-keeping-cabinet
        connection: bus
        points: { temperature: { register: 0 } } # tenths
        rules:
          temperature.too-warm: { value: 7, reason: 更严 } # asked for in May
      cold-2: { type: fresh-keeping-cabinet, connection: bus, points: { temperature: { register: 1 } } }
# the end
`
const files = [{ name: 'site.yaml', text }]
const valueOf = (written: string): unknown => parseYaml('f', written, name => `\${${name}}`).value
const base = valueOf(text)
const told = (draft: SiteDraft) => changesOf(base, draft).map(({ path, value }) => ({ what: 'setting' as const, path, value }))
const textAfter = (draft: SiteDraft): string => {
  const edited = changeEntries(files, told(draft))
  return edited.ok ? (edited.files[0]?.text ?? '') : expect.fail(`${edited.why} ${edited.id}`)
}
const comments = (written: string) => written.match(/#.*/g) ?? []

const cold1 = ['areas', 'canteen', 'equipment', 'cold-1']
const cold2 = ['areas', 'canteen', 'equipment', 'cold-2']
const value = fc.oneof(
  fc.integer(),
  fc.constantFrom('王', "it's", 'a: b', '# none', '<script>', '🧊', ' led', 'yes', '1e3', '长'.repeat(200)),
)
const places: readonly Path[] = [
  ['people', 'wang', 'name'],
  ['people', 'wang', 'phone'],
  ['people', 'zhao', 'email'],
  ['people', 'li', 'name'],
  ['people', 'li', 'phone'],
  ['areas', 'canteen', 'name'],
  ['areas', 'gym', 'name'],
  [...cold1, 'rules', 'temperature.too-warm', 'value'],
  [...cold1, 'rules', 'temperature.too-warm', 'onDelay'],
  [...cold2, 'rules', 'temperature.too-warm', 'value'],
  [...cold2, 'rules', 'temperature.too-warm', 'reason'],
  [...cold2, 'points', 'temperature', 'stale'],
  [...cold1, 'name'],
  ['channels', 'robot', 'kind'],
  ['duty', 'rosters', 'guard', 'from'],
]
const step = fc.record({ path: fc.constantFrom(...places), value: fc.option(value, { freq: 5 }) })
const steps = fc.array(step, { maxLength: 12 })
const draftOf = (list: readonly { readonly path: Path; readonly value: unknown }[]): SiteDraft =>
  list.reduce((draft, one) => put(draft, one.path, one.value), emptyDraft('x'))

describe('a draft of the site file', () => {
  test('that is taken back step by step leaves the file as it is, to the byte', () => {
    fc.assert(
      fc.property(steps, list => {
        const draft = draftOf(list)
        let back = draft
        while (back.steps.length > 0) back = undo(back)
        expect(changesOf(base, back)).toEqual([])
        expect(textAfter(back)).toBe(text)
        let again = back
        while (again.undone.length > 0) again = redo(again)
        expect(again).toEqual(draft)
      }),
    )
  })

  test('writes what it says, and keeps every comment outside what it takes out', () => {
    fc.assert(
      fc.property(steps, list => {
        const draft = draftOf(list)
        const after = textAfter(draft)
        const said = drafted(base, draft)
        for (const { path, value: now } of changesOf(base, draft)) expect(valueAt(valueOf(after), path) ?? null).toEqual(now)
        // What no step touches is what it was.
        for (const path of places)
          if (!list.some(one => one.path[1] === path[1])) expect(valueAt(valueOf(after), path)).toEqual(valueAt(said, path))
        const kept = comments(after).join('\n')
        for (const comment of [
          '# The canteen',
          '# who is here',
          '# the key',
          '# at the gate',
          '# by the door',
          '# ground floor',
          '# the end',
        ])
          expect(kept).toContain(comment)
      }),
      { numRuns: 300 },
    )
  })

  test('in which everything was put back by hand is none', () => {
    const path = [...cold1, 'rules', 'temperature.too-warm', 'value']
    const draft = put(put(emptyDraft('x'), path, 6), ['people', 'li', 'name'], '李')
    expect(changesOf(base, draft)).toHaveLength(2)
    const back = put(put(draft, path, 7), ['people', 'li'], null)
    expect(changesOf(base, back)).toEqual([])
    expect(textAfter(back)).toBe(text)
  })

  test('tells somebody new as a whole, and a setting of somebody who is there alone', () => {
    const draft = draftOf([
      { path: ['people', 'li'], value: { name: '李' } },
      { path: ['people', 'li', 'phone'], value: '139' },
      { path: ['people', 'wang', 'phone'], value: '137' },
    ])
    expect(changesOf(base, draft)).toEqual([
      { path: ['people', 'li'], value: { name: '李', phone: '139' }, was: undefined },
      { path: ['people', 'wang', 'phone'], value: '137', was: '13800000000' },
    ])
  })

  test('says of what goes that it goes, whatever was changed of it before', () => {
    const draft = draftOf([
      { path: ['people', 'wang', 'phone'], value: '137' },
      { path: ['people', 'wang'], value: null },
    ])
    expect(changesOf(base, draft)).toMatchObject([{ path: ['people', 'wang'], value: null }])
    expect(changesOf(base, withdraw(draft, ['people', 'wang']))).toEqual([])
  })

  test('takes typing in one field for one step', () => {
    const path = ['people', 'wang', 'phone']
    const draft = ['1', '13', '139'].reduce((one, typed) => put(one, path, typed), emptyDraft('x'))
    expect(draft.steps).toEqual([{ path, value: '139' }])
    expect(put(draft, ['people', 'wang', 'email'], 'w').steps).toHaveLength(2)
    expect(undo(emptyDraft('x'))).toEqual(emptyDraft('x'))
    expect(redo(emptyDraft('x'))).toEqual(emptyDraft('x'))
  })

  test('takes an overlay out with its last setting, and nothing of a point', () => {
    const gone = draftOf([
      { path: [...cold1, 'rules', 'temperature.too-warm', 'value'], value: null },
      { path: [...cold1, 'rules', 'temperature.too-warm', 'reason'], value: null },
    ])
    expect(valueAt(valueOf(textAfter(gone)), [...cold1, 'rules'])).toBeUndefined()
    const bare = draftOf([{ path: [...cold2, 'points', 'temperature', 'register'], value: null }])
    expect(valueAt(valueOf(textAfter(bare)), [...cold2, 'points'])).toEqual({ temperature: {} })
  })

  test('lies in the browser without its secrets, and comes back as it was', () => {
    const draft = draftOf([
      { path: ['people', 'wang', 'phone'], value: '137' },
      { path: ['channels', 'robot', 'secret'], value: 'hunter2' },
    ])
    const kept = keepable(draft, path => path.includes('secret'))
    expect(JSON.stringify(kept)).not.toContain('hunter2')
    expect(draftIn(JSON.stringify(kept))).toEqual(kept)
    for (const other of [
      null,
      '',
      '{',
      '[]',
      '{"since":"x"}',
      '{"since":"x","steps":[]}',
      '{"since":"x","steps":[{"path":[1,2],"value":1}]}',
    ])
      expect(draftIn(other)).toBeUndefined()
  })

  test.each([
    [[1, { a: 1 }], [1, { a: 1 }], true],
    [[1], [1, 2], false],
    [{ a: 1 }, { b: 1 }, false],
    [{ a: 1 }, { a: 1, b: 1 }, false],
    [{ a: undefined }, { b: undefined }, false],
    [null, {}, false],
    ['1', 1, false],
  ])('sees that %j and %j are the same: %s', (a, b, same) => {
    expect(isSame(a, b)).toBe(same)
  })
})

describe('what refers to a thing', () => {
  test.each([
    [
      'person',
      'wang',
      [
        { kind: 'roster', id: 'guard' },
        { kind: 'route', id: '0' },
      ],
    ],
    ['person', 'nobody', []],
    [
      'roster',
      'guard',
      [
        { kind: 'role', id: '值班人员' },
        { kind: 'route', id: '0' },
      ],
    ],
    [
      'area',
      'canteen',
      [
        { kind: 'route', id: '0' },
        { kind: 'equipment', id: 'cold-1' },
        { kind: 'equipment', id: 'cold-2' },
      ],
    ],
    ['equipment', 'cold-2', []],
  ] as const)('%s %s', (kind, id, references) => {
    expect(referencesTo(base, kind, id)).toEqual(references)
  })

  test('includes rules of other equipment that read it, and people whom a channel reaches', () => {
    const more = draftOf([
      {
        path: [...cold1, 'rules', 'temperature.odd'],
        value: { kind: 'expr', reads: { other: 'cold-2.temperature', own: 'cold-1.power' } },
      },
      { path: ['people', 'wang', 'channels'], value: ['robot'] },
    ])
    const site = drafted(base, more)
    expect(referencesTo(site, 'equipment', 'cold-2')).toEqual([{ kind: 'rule', id: 'cold-1.temperature.odd' }])
    expect(referencesTo(site, 'equipment', 'cold-1')).toEqual([])
    expect(referencesTo(site, 'channel', 'robot')).toEqual([{ kind: 'person', id: 'wang' }])
  })
})

describe('what is listed', () => {
  const point = (equipment: string) => ({
    id: `${equipment}.temperature`,
    key: 'temperature',
    equipment,
    name: { zh: '柜内温度', en: 'Cabinet temperature' },
    unit: '°C',
    decimals: 1,
    kind: 'measurement',
    range: { min: 0, max: 1 },
    limits: {},
    staleAfterMs: 1,
  })
  const settings = { points: [point('cold-1'), point('cold-2'), point('gone')] }
  const names = new Map([['cold-1', { name: { zh: '1 号保鲜柜', en: 'Cabinet 1' }, typeName: { zh: '保鲜柜', en: 'Cabinet' } }]])

  test('bears the mark of what the draft does with it', () => {
    const after = drafted(
      base,
      draftOf([
        { path: ['people', 'li', 'name'], value: '李' },
        { path: ['people', 'zhao'], value: null },
        { path: ['people', 'wang', 'phone'], value: '1' },
        { path: [...cold2, 'rules', 'temperature.too-warm', 'value'], value: 7 },
      ]),
    )
    const marks = (section: Parameters<typeof listOf>[0]) =>
      listOf(section, base, after, settings, names).map(({ id, mark }) => [id, mark])
    expect(marks('people')).toEqual([['wang', 'changed'], ['zhao', 'removed'], ['li', 'added']]) // prettier-ignore
    expect(marks('points')).toEqual([['cold-1.temperature', undefined], ['cold-2.temperature', 'changed']]) // prettier-ignore
    expect(marks('equipment')).toEqual([['cold-1', undefined], ['cold-2', 'changed']]) // prettier-ignore
    // An area is what it is called.
    expect(marks('areas')).toEqual([['canteen', undefined]])
    expect(marks('rosters')).toEqual([['guard', undefined]])
    expect(marks('channels')).toEqual([])
  })

  test('is found by any of its words, in any language', () => {
    const list = listOf('points', base, base, settings, names)
    expect(found(list, '保鲜柜 温度').map(({ id }) => id)).toEqual(['cold-1.temperature'])
    expect(found(list, 'COLD-2').map(({ id }) => id)).toEqual(['cold-2.temperature'])
    expect(found(list, '')).toHaveLength(2)
    expect(found(list, 'oven')).toEqual([])
  })

  test('knows where a rule stands, under either of its names, and which are off', () => {
    const rule = { id: 'cold-1.temperature.too-warm', equipment: 'cold-1' }
    expect(ruleAt(base, cold1, rule).at(-1)).toBe('temperature.too-warm')
    const long = drafted(base, draftOf([{ path: [...cold1, 'rules'], value: { 'cold-1.temperature.too-warm': 'off' } }]))
    expect(ruleAt(long, cold1, rule).at(-1)).toBe('cold-1.temperature.too-warm')
    expect(offRules(long, cold1, 'temperature', [])).toEqual([[...cold1, 'rules', 'cold-1.temperature.too-warm']])
    expect(offRules(base, cold1, 'temperature', [])).toEqual([])
  })

  test('asks of a rule for what it has, and of a limit for its delays too', () => {
    expect(limitFields({ kind: 'limit', settings: { op: 'gt', value: 8 } }).map(({ key }) => key)).toEqual([
      'value',
      'onDelay',
      'deadband',
      'offDelay',
    ])
    expect(limitFields({ kind: 'stale', settings: { after: '10m' } }).map(({ key }) => key)).toEqual(['after'])
    expect(limitFields({ kind: 'mean', settings: { value: { fact: 'x' }, window: '1h' } }).map(({ key }) => key)).toEqual([
      'window',
    ])
  })
})

describe('what is typed', () => {
  test.each([
    ['', 'text', undefined],
    [' 7 ', 'number', 7],
    ['−1.5', 'number', -1.5],
    ['7.', 'number', '7.'],
    ['warm', 'number', 'warm'],
    ['true', 'flag', true],
    ['食堂主管、综合部, 保安', 'list', ['食堂主管', '综合部', '保安']],
    ['15 分钟', 'duration', '15m'],
    ['15 min', 'duration', '15m'],
    ['1 h', 'duration', '1h'],
    ['90s', 'duration', '90s'],
    ['soon', 'duration', 'soon'],
    ['07', 'text', '07'],
  ] as const)('%j as %s is %j', (typed, kind, written) => {
    expect(asWritten(typed, kind)).toEqual(written)
  })

  test('comes back as it is shown', () => {
    expect([textOf(undefined), textOf(7), textOf(['a', 'b'], 'list'), textOf({ a: 1 })]).toEqual(['', '7', 'a、b', '{"a":1}'])
    expect(saidOf('王', 'x')).toEqual({ zh: '王', en: '王' })
    expect(saidOf({ zh: '王', en: 'Wang' }, 'x')).toEqual({ zh: '王', en: 'Wang' })
    expect(saidOf({ en: 'Wang' }, 'x')).toEqual({ zh: 'Wang', en: 'Wang' })
    expect(saidOf(undefined, 'x')).toEqual({ zh: 'x', en: 'x' })
    expect(saidOf('', { zh: '甲', en: 'A' })).toEqual({ zh: '甲', en: 'A' })
  })

  test('gives a free id that a file may have, whatever the name', () => {
    expect(freeId('Wang Fang', 'person', [])).toBe('wang-fang')
    expect(freeId('Wang Fang', 'person', ['wang-fang'])).toBe('wang-fang-2')
    expect(freeId('王芳', 'person', ['person-1'])).toBe('person-2')
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.constantFrom('a', 'person-1', 'a-2')), (name, taken) => {
        const id = freeId(name, 'person', taken)
        expect(id).toMatch(/^[a-z0-9][a-z0-9_-]{0,63}$/)
        expect(taken).not.toContain(id)
      }),
    )
  })
})
