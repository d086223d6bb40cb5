import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fitsClause, gridLevelOf, nobody, spokenParts } from '../../gateway/duty/duty.ts'
import type { Duty, Person, Route } from '../../gateway/duty/duty.ts'
import { fits, Routing } from '../../gateway/duty/routing.ts'
import type { Subject } from '../../gateway/duty/routing.ts'
import { priorities } from '../../gateway/policy/rule.ts'
import type { Words } from '../../protocols/contract/driver.ts'
import { hours, minutes } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { schoolSite } from '../simulators/school.ts'

const noon = Date.UTC(2026, 8, 1, 4) as Instant
const said = (zh: string, en = zh): Words => ({ zh, en })
const person = (id: string): [string, Person] => [
  id,
  { id, name: said(id), roles: [], language: 'zh', channels: [], handles: {} },
]
const roster = (id: string) => [id, { id, name: said(id), shifts: [], rotation: { from: 0, lines: [] }, swaps: [] }] as const
/** 人 → 站 → 中心, with a guard roster and a roster that has nobody. */
const duty: Duty = {
  ...nobody,
  people: new Map(['wang', 'li', 'ma', 'zhao', 'zheng'].map(person)),
  rosters: new Map([roster('guard'), roster('empty')] as never),
  roles: new Map([
    ['食堂主管', ['wang']],
    ['Network administrator', ['zheng', 'guard']],
    ['经理', ['ma']],
    ['空岗', ['empty']],
  ]),
  cells: new Map([
    ['canteen', { id: 'canteen', name: said('食堂'), head: 'wang', areas: ['canteen'], above: 'station' }],
    ['gate', { id: 'gate', name: said('门岗'), head: 'empty', areas: ['gate'], above: 'station' }],
    ['station', { id: 'station', name: said('站'), head: 'li', areas: [], above: 'centre' }],
    ['centre', { id: 'centre', name: said('中心'), head: 'ma', areas: [] }],
  ]),
}
const on = (id: string): string | undefined => (id === 'guard' ? 'zhao' : undefined)
const subject = (more: Partial<Subject> = {}): Subject => ({
  clause: 'CAN-1',
  tell: [said('食堂主管', 'Canteen supervisor')],
  area: 'canteen',
  equipment: 'cold-1',
  priority: 'high',
  ...more,
})
const routing = (more: Partial<Duty> = {}): Routing => new Routing({ ...duty, ...more }, on)
const told = (of: Subject, level = 0, by = routing()): readonly string[] =>
  by.recipients(of, level, noon).map(({ person, as }) => `${person} as ${as}`)

describe('the first to be told', () => {
  test('are those the clause names', () => {
    expect(told(subject())).toEqual(['wang as 食堂主管'])
  })
  test('are found by the English word too, all of them, and rosters by who is on', () => {
    expect(told(subject({ tell: [said('网络管理员', 'Network administrator')] }))).toEqual([
      'zheng as 网络管理员',
      'zhao as 网络管理员',
    ])
  })
  test('come from the first word that means somebody', () => {
    expect(told(subject({ tell: [said('消防队（119）'), said('经理')] }))).toEqual(['ma as 经理'])
  })
  test('come from the next word at once where a roster has nobody', () => {
    expect(told(subject({ tell: [said('空岗'), said('经理')] }))).toEqual(['ma as 经理'])
  })
  test('are the head of the cell where no word means anybody', () => {
    expect(told(subject({ tell: [said('谁都不是')] }))).toEqual(['wang as cell:canteen'])
  })
  test('are whoever is on where the cell has nobody either', () => {
    expect(told(subject({ tell: [], area: 'gate' }))).toEqual(['zhao as duty'])
    const { area: _, ...nowhere } = subject({ tell: [] })
    expect(told(nowhere)).toEqual(['zhao as duty'])
  })
  test('are nobody where there is nobody: the next level is asked', () => {
    const alone = routing({ rosters: new Map() })
    expect(told(subject({ tell: [], area: 'gate' }), 0, alone)).toEqual([])
    expect(told(subject({ tell: [], area: 'gate' }), 1, alone)).toEqual(['li as cell:station'])
    expect(told(subject(), 0, new Routing(nobody, on))).toEqual([])
  })
  test('are those of a route that fits, by its channels', () => {
    const routes: readonly Route[] = [
      { clauses: ['GAS-10'], tell: ['guard'] },
      { clauses: ['CAN-*'], priorities: ['high'], tell: ['guard', 'li', 'guard'], channels: ['sms'] },
      { tell: ['ma'] },
    ]
    const by = routing({ routes })
    expect(by.recipients(subject(), 0, noon)).toEqual([
      { person: 'zhao', as: 'route', channels: ['sms'] },
      { person: 'li', as: 'route', channels: ['sms'] },
    ])
    expect(told(subject({ priority: 'low' }), 0, by)).toEqual(['ma as route'])
  })
  test('are those of the clause where the route leads to a roster without anybody', () => {
    expect(told(subject(), 0, routing({ routes: [{ tell: ['empty'] }] }))).toEqual(['wang as 食堂主管'])
  })
})

describe('going up', () => {
  test('is station, then centre, each person once', () => {
    expect([0, 1, 2, 3].map(level => told(subject(), level))).toEqual([
      ['wang as 食堂主管'],
      ['li as cell:station'],
      ['ma as cell:centre'],
      [],
    ])
  })
  test('leaves out who was told below, and then the level is empty', () => {
    const by = subject({ tell: [said('经理')] })
    expect([0, 1, 2].map(level => told(by, level))).toEqual([['ma as 经理'], ['li as cell:station'], []])
  })
  test('takes the further words of the clause level by level', () => {
    const by = subject({ tell: [said('食堂主管'), said('经理'), said('Network administrator')] })
    expect(told(by, 1)).toEqual(['ma as 经理', 'li as cell:station'])
    expect(told(by, 2)).toEqual(['zheng as Network administrator', 'zhao as Network administrator'])
  })
  test('takes an order written into one word', () => {
    const by = subject({ tell: [said('食堂主管 → 经理', 'Canteen supervisor → Manager')], area: 'none' })
    expect(told(by, 0)).toEqual(['wang as 食堂主管'])
    expect(told(by, 1)).toEqual(['ma as 经理'])
  })
  test('means the levels of the grid by the words of the grid', () => {
    const by = subject({ tell: [said('站长', 'Head of the station'), said('中心主任', 'Head of the centre')] })
    expect([0, 1].map(level => told(by, level))).toEqual([['li as 站长'], ['ma as 中心主任']])
    expect(told(subject({ tell: [said('网格员', 'Grid officer')] }))).toEqual(['wang as 网格员'])
    expect(told(subject({ tell: [said('网格员', 'Grid officer')], area: 'none' }))).toEqual(['zhao as duty'])
  })
  test('goes straight to the top of the grid from where there is no cell', () => {
    expect(told(subject({ area: 'none' }), 1)).toEqual(['ma as cell:centre'])
  })
  test('ends where its times or its levels end', () => {
    const by = routing()
    expect(by.levels(subject())).toBe(2)
    expect(by.levels(subject({ priority: 'advisory' }))).toBe(0)
    expect(by.levels(subject({ area: 'none' }))).toBe(1)
    expect(by.levels(subject({ area: 'none', tell: [said('食堂主管'), said('经理'), said('Network administrator')] }))).toBe(2)
    expect(routing({ escalate: { ...duty.escalate, high: [minutes(5)] } }).levels(subject())).toBe(1)
    expect(
      routing({ routes: [{ tell: ['ma'] }], cells: new Map() }).levels(subject({ tell: [said('食堂主管'), said('经理')] })),
    ).toBe(0)
    expect(new Routing(nobody, on).levels(subject())).toBe(0)
  })
  test('survives a grid that goes in a circle', () => {
    const cells = new Map(duty.cells).set('centre', { id: 'centre', name: said('中心'), head: 'ma', areas: [], above: 'station' })
    expect(routing({ cells }).levels(subject())).toBe(2)
    expect(told(subject(), 2, routing({ cells }))).toEqual(['ma as cell:centre'])
  })
})

describe('whatever is asked', () => {
  const ids = [...duty.people.keys(), 'guard', 'empty']
  const some = fc.subarray(ids, { minLength: 1 })
  const aRoute = fc
    .record(
      {
        clauses: fc.subarray(['CAN-1', 'CAN-*', 'GAS-10', '*']),
        areas: fc.subarray(['canteen', 'gate']),
        equipment: fc.subarray(['cold-1', 'tank-1']),
        priorities: fc.subarray([...priorities]),
        tell: some,
      },
      { requiredKeys: ['tell'] },
    )
    .map(route => route as Route)
  const words = fc
    .subarray(['食堂主管', '经理', '空岗', '站长', '119', '网格员', 'Network administrator'])
    .map(list => list.map(zh => said(zh)))
  const subjects = fc.record({
    clause: fc.constantFrom('CAN-1', 'GAS-10'),
    tell: words,
    area: fc.constantFrom('canteen', 'gate', 'none'),
    equipment: fc.constantFrom('cold-1', 'tank-1', ''),
    priority: fc.constantFrom(...priorities),
  })

  test('nobody is told twice on the way up, only people are told, and the first rung is empty only where all are out', () => {
    fc.assert(
      fc.property(fc.array(aRoute, { maxLength: 3 }), subjects, fc.boolean(), (routes, of, isGuarded) => {
        const by = new Routing({ ...duty, routes }, id => (id === 'guard' && isGuarded ? 'zhao' : undefined))
        const seen = [0, 1, 2, 3].flatMap(level => by.recipients(of, level, noon).map(recipient => recipient.person))
        expect(new Set(seen).size).toBe(seen.length)
        expect(seen.every(id => duty.people.has(id))).toBe(true)
        if (isGuarded) expect(by.recipients(of, 0, noon)).not.toEqual([])
        expect(by.levels(of)).toBeLessThanOrEqual(duty.escalate[of.priority].length)
      }),
      { numRuns: 500 },
    )
  })

  test('a route fits exactly what it does not exclude', () => {
    fc.assert(
      fc.property(aRoute, subjects, (route, of) => {
        const excluded = [
          route.clauses &&
            !route.clauses.some(one => one === '*' || one === of.clause || (one === 'CAN-*' && of.clause === 'CAN-1')),
          route.areas && !route.areas.includes(of.area),
          route.equipment && !route.equipment.includes(of.equipment),
          route.priorities && !route.priorities.includes(of.priority),
        ]
        expect(fits(route, of)).toBe(!excluded.includes(true))
      }),
      { numRuns: 500 },
    )
  })
})

describe('the words of clauses', () => {
  test('match a clause by its id or a whole book by a star', () => {
    expect([fitsClause('GAS-10', 'GAS-10'), fitsClause('GAS-1', 'GAS-10'), fitsClause('GAS-*', 'GAS-10')]).toEqual([
      true,
      false,
      true,
    ])
  })
  test('are taken apart at arrows', () => {
    expect(spokenParts(said('主管 → 119', 'Supervisor -> 119'))).toEqual([said('主管', 'Supervisor'), said('119', '119')])
    expect(spokenParts(said('甲→乙', 'A'))).toEqual([said('甲', 'A'), said('乙', '乙')])
  })
  test('name levels of the grid', () => {
    expect(['网格员', '站长', '中心主任', '经理'].map(zh => gridLevelOf(said(zh)))).toEqual([0, 1, 2, undefined])
  })
  test('mean somebody for every clause of the demo facility, at every priority and area, day and night', async () => {
    const site = await schoolSite()
    const by = new Routing(site.duty, id => (site.duty.rosters.has(id) ? 'zhao' : undefined))
    const areas = new Map(site.equipment.map(({ id, area }) => [id, area]))
    const missing = site.rules.flatMap(({ clause, equipment, priority }) => {
      const area = areas.get(equipment) ?? ''
      const of = { clause, equipment, priority, area, tell: site.clauses.get(clause)?.tell ?? [] }
      const first = by.recipients(of, 0, (noon + hours(12)) as Instant)
      return first.length === 0 || first[0]?.as === 'duty' ? [`${clause} of ${equipment}`] : []
    })
    expect(missing).toEqual([])
  })
})
