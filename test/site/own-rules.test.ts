import { describe, expect, test } from 'vitest'
import { asOf, readSite } from '../../gateway/site/load.ts'
import type { SourceFile } from '../../gateway/site/load.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import { instant } from '../../protocols/contract/time.ts'
import { tiny } from './tiny.ts'

const shelf = await loadShelf()

/** A canteen with a cabinet and a freezer; `rules` is what stands below the cabinet's `rules:`, one entry a line. */
const site = (rules: readonly string[], more = ''): string => `site:
  id: greenhill
  name: Greenhill
  policies: [canteen]
${more}
connections:
  bus: { protocol: tiny, host: 10.0.0.5, port: 502, every: 10s }
areas:
  canteen:
    name: Canteen
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        connection: bus
        unit: 1
        facts: { holds: cooked, serial: BX-1 }
        points:
          temperature: { register: 0 }
          door: { register: 1 }
          power: { register: 2 }
        rules:
${rules.map(rule => `          ${rule}`).join('\n')}
`
const read = (text: string, ...others: readonly SourceFile[]) =>
  readSite([{ name: 'site.yaml', text }, ...others], {}, [tiny], shelf)
const errors = (text: string): readonly string[] =>
  read(text).problems.flatMap(({ line, column, severity, code, path }) =>
    severity === 'error' ? [`${line}:${column} ${code} ${path.replace('areas.canteen.equipment.cold-1.', '')}`] : [],
  )
const loaded = (text: string, ...others: readonly SourceFile[]) => {
  const outcome = read(text, ...others)
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.problems, null, 1))
  return outcome.site
}

describe("a site's own rule", () => {
  test('runs beside those of the packs, says it is the site’s own, and has defaults for what is not written', () => {
    const { rules, clauses } = loaded(site(['temperature.chilly: { kind: limit, op: lt, value: 1, onDelay: 30m }']))
    expect(rules.find(({ id }) => id === 'cold-1.temperature.chilly')).toMatchObject({
      kind: 'limit',
      point: 'cold-1.temperature',
      clause: 'SITE',
      priority: 'medium',
      policy: { id: 'site' },
      settings: { kind: 'limit', op: 'lt', value: 1, onDelay: '30m' },
    })
    expect(clauses.get('SITE')?.title.zh).toBe('本现场自定')
  })

  test('may cite a clause of a pack in force', () => {
    const { rules } = loaded(site(['door.ajar: { kind: state, is: 1, for: 3m, clause: CAN-1, priority: high }']))
    expect(rules.find(({ id }) => id === 'cold-1.door.ajar')).toMatchObject({ clause: 'CAN-1', policy: { id: 'canteen' } })
  })

  test('reads several points by the names its kind gives them', () => {
    const when = 'when: "temperature > 10.0 && door == 0.0"'
    const reads = 'reads: { temperature: temperature, door: door }'
    const { rules } = loaded(site([`temperature.odd: { kind: expr, ${when}, ${reads} }`]))
    expect(rules.find(({ id }) => id === 'cold-1.temperature.odd')).toMatchObject({
      watches: ['cold-1.temperature', 'cold-1.door'],
      inputs: [
        { name: 'temperature', point: 'cold-1.temperature' },
        { name: 'door', point: 'cold-1.door' },
      ],
    })
  })

  test('with levels is as many rules, each with its own priority', () => {
    const levels = 'levels: [{ value: 10, onDelay: 5m, priority: high }]'
    const { rules } = loaded(site([`temperature.own: { kind: limit, op: gt, value: 9, onDelay: 20m, ${levels} }`]))
    const own = rules.filter(({ id }) => id.startsWith('cold-1.temperature.own'))
    expect(own.map(({ id, priority, settings }) => [id, priority, settings['value'], settings['onDelay']])).toEqual([
      ['cold-1.temperature.own', 'medium', 9, '20m'],
      ['cold-1.temperature.own-2', 'high', 10, '5m'],
    ])
  })
})

/** What is wrong, the rule as written, and where the problem must point with which code. */
const wrong: readonly [name: string, rule: string, problem: RegExp][] = [
  ['is of no known kind', 'temperature.own: { kind: limmit, op: gt, value: 9 }', /^22:36 unknown-rule-kind/],
  ['lacks a number', 'temperature.own: { kind: limit, op: gt }', /^22:11 rule-setting .*rules.temperature.own/],
  ['names a point that the type does not have', 'moisture.own: { kind: limit, op: gt, value: 9 }', /^22:\d+ unknown-point/],
  [
    'reads a point that is not wired',
    'temperature.own: { kind: expr, when: "power > 1.0 && d > 0.0", reads: { power: power, d: door } }',
    /^21:11 rule-without-point/,
  ],
  [
    'reads a point nobody knows',
    'temperature.own: { kind: expr, when: "a > 1.0 && b > 0.0", reads: { a: power, b: pwoer } }',
    /^22:\d+ unknown-point/,
  ],
  [
    'reads an input its expression does not speak of',
    'temperature.own: { kind: expr, when: "power > 1.0 || power < 0.0", reads: { power: power, dor: door } }',
    /^22:\d+ unknown-key/,
  ],
  [
    'divides by zero',
    'temperature.own: { kind: expr, when: "power / 0.0 > 1.0", reads: { power: power } }',
    /^22:\d+ rule-setting .*when/,
  ],
  [
    'is an expression bomb',
    `temperature.own: { kind: expr, when: "${Array.from({ length: 400 }, () => 'power > 1.0').join(' && ')}", reads: { power: power } }`,
    /^22:\d+ rule-setting .*when/,
  ],
  [
    'is no condition but a number',
    'temperature.own: { kind: expr, when: "power + 1.0", reads: { power: power } }',
    /^22:\d+ rule-setting .*when/,
  ],
  ['can never fire', 'door.own: { kind: limit, op: gt, value: 1 }', /^22:\d+ rule-never-fires/],
  ['is always true', 'door.own: { kind: limit, op: ge, value: 0 }', /^22:\d+ rule-always-fires/],
  [
    'has a second level milder than its first',
    'temperature.own: { kind: limit, op: gt, value: 9, levels: [{ value: 7 }] }',
    /^22:\d+ rule-setting .*levels.0.value/,
  ],
  ['cites a clause nobody has', 'temperature.own: { kind: limit, op: gt, value: 9, clause: CAN-99 }', /^22:\d+ unknown-clause/],
  ['has no point in its name', 'own: { kind: limit, op: gt, value: 9 }', /^22:11 bad-id/],
  ['has a duration without a unit', 'temperature.own: { kind: limit, op: gt, value: 9, onDelay: 5 }', /^22:\d+ rule-setting/],
]

describe('check says with line and column when a rule', () => {
  test.each(wrong)('%s', (_name, rule, problem) => {
    const written = site([rule])
    const found = errors(_name.includes('not wired') ? written.replace('          door: { register: 1 }\n', '') : written)
    expect(found.slice(1), found.join('\n')).toEqual([])
    expect(found[0]).toMatch(problem)
  })

  test('contradicts another: the severe level fires before the milder one', () => {
    const overlay = 'temperature.much-too-warm: { value: 8.2, reason: 试验 }'
    expect(errors(site([overlay, 'temperature.too-warm: { value: 9, onDelay: 20m, reason: 新柜 }']))).toEqual([
      expect.stringMatching(/^22:\d+ levels-crossed rules.temperature.much-too-warm.value$/),
    ])
  })

  test('contradicts another: the upper limit is not above the lower', () => {
    expect(errors(site(['temperature.cold: { kind: limit, op: gt, value: -1 }']))).toEqual([
      expect.stringMatching(/limit-inverted/),
    ])
  })
})

const pack = `pack: house
version: '3'
effective: '2026-01-01'
name: { zh: 本校制度, en: House rules }
clauses:
  HOU-1:
    title: { zh: 柜子不断电, en: The cabinet keeps its power }
    source: { zh: 校规 1, en: School rule 1 }
    requirement: { zh: 保鲜柜不得断电。, en: The cabinet is never without power. }
    tell: [{ zh: 电工, en: Electrician }]
    rules:
      - name: powerless
        equipment: [fresh-keeping-cabinet]
        point: power
        kind: limit
        op: lt
        value: 1
        onDelay: 6h
        priority: high
        title: { zh: 保鲜柜断电, en: Cabinet without power }
        advice: { zh: 查插座。, en: Check the socket. }
        limit: { kind: house-rule, source: { zh: 校规, en: school rule }, verified: true }
        alarm: { kind: design, source: { zh: 默认, en: default }, verified: false }
        regions: { north: { onDelay: 2h } }
`

describe('a pack beside the site file', () => {
  const named = (region = ''): string =>
    site([]).replace('        rules:\n', '').replace('policies: [canteen]', `policies: [canteen, house]${region}`)

  test('is in force like a shipped one', () => {
    const { rules, policies, clauses } = loaded(named(), { name: 'house.yaml', text: pack })
    expect(rules.find(({ id }) => id === 'cold-1.power.powerless')).toMatchObject({
      clause: 'HOU-1',
      settings: { onDelay: '6h' },
    })
    expect(policies).toContainEqual(expect.objectContaining({ id: 'house', version: '3', effective: '2026-01-01' }))
    expect(clauses.get('HOU-1')?.tell).toEqual([{ zh: '电工', en: 'Electrician' }])
  })

  test("takes the numbers of the site's region", () => {
    const { rules } = loaded(named('\n  region: north'), { name: 'house.yaml', text: pack })
    expect(rules.find(({ id }) => id === 'cold-1.power.powerless')?.settings['onDelay']).toBe('2h')
  })

  test('is told of its own mistakes with its own line', () => {
    const broken = pack.replace('op: lt', 'op: under').replace('point: power', 'point: current')
    const found = read(named(), { name: 'house.yaml', text: broken }).problems.map(
      ({ file, line, code }) => `${file}:${line} ${code}`,
    )
    expect(found).toContain('house.yaml:14 unknown-point')
    expect(found).toContain('house.yaml:16 rule-setting')
  })
})

describe('the calendar of a site', () => {
  test('reaches the rules and the site', () => {
    const { calendar } = loaded(
      site([], 'calendar: { country: none, hours: { kitchen: "06:00-20:00" } }').replace('        rules:\n', ''),
    )
    expect(calendar.country).toBe('none')
    expect(calendar.hours.has('kitchen')).toBe(true)
  })

  test('is checked with line and column', () => {
    const found = read(site([], 'calendar: { hours: { kitchen: "26:00-20:00" } }').replace('        rules:\n', '')).problems
    expect(found.map(({ line, severity }) => `${line} ${severity}`)).toContain('5 error')
  })
})

describe('a site read on a day', () => {
  const day = (text: string) => asOf(instant(Date.parse(text)))
  const on = (text: string, pack: string, today: string) =>
    readSite(
      [
        { name: 'site.yaml', text },
        { name: 'house.yaml', text: pack },
      ],
      {},
      [tiny],
      shelf,
      day(today),
    )
  const named = site([]).replace('        rules:\n', '').replace('policies: [canteen]', 'policies: [canteen]')
  const stricter = pack.replace('pack: house', 'pack: canteen').replace("'3'", "'2027'").replace('2026-01-01', '2027-01-01')

  test('is judged by a pack from the day it takes effect on, and warned of it before', () => {
    const before = on(named, stricter, '2026-11-22T10:00:00+08:00')
    expect(before.problems.map(({ file, line, code }) => `${file}:${line} ${code}`)).toEqual([
      'house.yaml:3 policy-not-yet-in-force',
    ])
    expect(before.ok && before.site.policies).toMatchObject([{ id: 'canteen', version: expect.not.stringContaining('2027') }])
    const after = on(named, stricter, '2027-01-01T00:00:00+08:00')
    expect(after.ok && after.site.policies).toMatchObject([{ id: 'canteen', version: '2027' }])
  })

  test('warns in December where the holidays of the next year are not known', () => {
    const codes = (today: string) => on(named, pack, today).problems.map(({ code }) => code)
    expect(codes('2026-11-30T10:00:00+08:00')).not.toContain('holidays-unknown')
    expect(codes('2031-12-01T10:00:00+08:00')).toContain('holidays-unknown')
  })
})

test('a count is printed as a bare number, in every language', () => {
  const { points } = loaded(site([]).replace('        rules:\n', '').replace('power: { register: 2 }', 'raw: { register: 2 }'))
  expect(points.map(({ key, unit }) => `${key} ${unit}`)).toEqual(['temperature °C', 'door ', 'raw '])
})
