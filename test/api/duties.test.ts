import { describe, expect, test } from 'vitest'
import type { Instant } from '../../protocols/contract/time.ts'
import type { House } from '../../gateway/api/house.ts'
import type { Call } from '../../gateway/api/route.ts'
import { dutyRoutes } from '../../gateway/api/routes/duties.ts'
import { Views } from '../../gateway/api/views.ts'
import type { Duty } from '../../gateway/policy/kind.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'
import { isoInZone } from '../../gateway/zone.ts'
import { site } from './house.ts'

const at = (text: string): Instant => Date.parse(`${text}+08:00`) as Instant
const nothing: Duty = { doneAt: undefined, dueAt: undefined, warnAt: undefined, state: 'not-now' }

const [base] = site.rules
if (!base) throw new Error('the test house has no rule')
const names = ['patrol', 'backup', 'meters', 'badge', 'elsewhere']
const rules = names.map(name => ({ ...base, id: name as RuleId, kind: 'due' }))
const duties: readonly { readonly rule: RuleId; readonly duty: Duty & { missed?: number } }[] = [
  { rule: 'badge' as RuleId, duty: nothing },
  { rule: 'backup' as RuleId, duty: { ...nothing, state: 'open', dueAt: at('2026-09-02T00:00') } },
  {
    rule: 'meters' as RuleId,
    duty: { ...nothing, state: 'soon', dueAt: at('2026-10-01T00:00'), warnAt: at('2026-09-28T00:00'), done: 96, of: 100 },
  },
  {
    rule: 'patrol' as RuleId,
    duty: { ...nothing, state: 'missed', doneAt: at('2026-09-01T22:10'), dueAt: at('2026-09-02T00:10'), missed: 3 },
  },
  { rule: 'gone' as RuleId, duty: nothing },
]

/** The answer of the route, checked against the shape that the interface's description is made from. */
function ask(query: Record<string, unknown> = {}): readonly Record<string, unknown>[] {
  const [route] = dutyRoutes
  if (!route) throw new Error('no route')
  const house = { site: { ...site, rules }, duties: () => duties } as unknown as House
  const call = {
    house,
    views: new Views(house),
    query: route.query?.parse(query),
    time: (one: Instant) => isoInZone(one, 'Asia/Shanghai'),
  }
  const answer = route.answers[200]?.parse(route.act(call as unknown as Call)) as { items: readonly Record<string, unknown>[] }
  return answer.items
}

describe('the list of duties', () => {
  test('has what was missed first, then what is announced, then what is open', () => {
    expect(ask().map(({ rule, state }) => `${String(rule)} ${String(state)}`)).toEqual([
      'patrol missed',
      'meters soon',
      'backup open',
      'badge not-now',
    ])
  })

  test('says of each whose it is, when it was done and when it is due', () => {
    expect(ask()[0]).toEqual({
      rule: 'patrol',
      clause: 'CAN-1',
      clauseTitle: { zh: '保鲜柜 0–8 °C', en: 'Fresh-keeping cabinet 0–8 °C' },
      equipment: 'cold-1',
      equipmentName: { zh: '1 号保鲜柜', en: 'Cabinet 1' },
      title: { zh: '保鲜柜温度过高', en: 'Cabinet too warm' },
      priority: 'medium',
      tell: [{ zh: '综合部', en: 'General affairs' }],
      state: 'missed',
      doneAt: '2026-09-01T22:10:00.000+08:00',
      warnAt: null,
      dueAt: '2026-09-02T00:10:00.000+08:00',
      missed: 3,
    })
    expect(ask()[1]).toMatchObject({ done: 96, of: 100, missed: 0, warnAt: '2026-09-28T00:00:00.000+08:00' })
  })

  test('may be asked for by equipment and state', () => {
    expect(ask({ state: 'missed,soon' })).toHaveLength(2)
    expect(ask({ equipment: 'cold-1' })).toHaveLength(4)
    expect(ask({ equipment: 'gas-1' })).toEqual([])
    expect(() => ask({ state: 'late' })).toThrow()
  })
})
