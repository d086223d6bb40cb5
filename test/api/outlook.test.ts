import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Instant } from '../../protocols/contract/time.ts'
import { noon, run } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
let cookie: string
beforeAll(async () => {
  gateway = await run()
  cookie = await gateway.cookie('viewer')
})
afterAll(() => gateway.close())
beforeEach(() => {
  gateway.house.entries.length = 0
  gateway.house.outlooks.clear()
})
const hour = 3_600_000
const point = 'cold-1.temperature'
const ask = async (query = `from=${noon - 10 * hour}&to=${noon}`, of = point) => {
  const answer = await gateway.get(`/api/v1/points/${of}/outlook?${query}`, cookie)
  return { status: answer.status, body: await answer.json() }
}
const basis = { kind: 'house-rule', source: { zh: '制度', en: 'rule' }, verified: true } as const
/** What the journal says was configured from an hour on; `undefined`: without this point. */
async function configured(ago: number, limits: { min?: number; max?: number } | undefined, clause = 'CAN-1') {
  const sources =
    limits?.max === undefined ? [] : [{ side: 'max', value: limits.max, clause, basis, policy: { id: 'canteen', version: '1' } }]
  const data = {
    digest: `${ago}`,
    policies: [],
    equipment: [],
    points: limits ? [{ id: point, unit: '°C', staleAfter: 1, limits, sources }] : [],
  }
  await gateway.house.store.journal.append([
    { kind: 'site.configured', at: (noon - ago * hour) as Instant, by: 'system', data: JSON.parse(JSON.stringify(data)) },
  ])
}
const bands = ({ limits }: { limits: { from: string; to: string; min?: number; max?: number; assumed?: true }[] }) =>
  limits.map(({ from, to, min, max, assumed }) => [
    (noon - Date.parse(from)) / hour,
    (noon - Date.parse(to)) / hour,
    min,
    max,
    assumed,
  ])

test('limits are told as they were valid, each with its clause; what changed elsewhere does not cut them', async () => {
  await configured(20, { max: 8 })
  await configured(9, { max: 8 })
  await configured(4, { min: 0, max: 10 }, 'CAN-2')

  const { body } = await ask()
  expect(bands(body)).toEqual([
    [10, 4, undefined, 8, undefined],
    [4, 0, 0, 10, undefined],
  ])
  expect(body.limits[0].sources).toEqual([{ side: 'max', clause: 'CAN-1', clauseTitle: expect.any(Object), basis }])
  expect(body.limits[0].from).toMatch(/\+08:00$/)
})

test('of a time before anything was written down the first known limits are assumed, and that is said', async () => {
  await configured(4, { max: 8 })

  expect(bands((await ask()).body)).toEqual([
    [10, 4, undefined, 8, true],
    [4, 0, undefined, 8, undefined],
  ])
})

test('of a point that was not there, or had no limits, none are told', async () => {
  await configured(20, undefined)
  await configured(6, {})
  await configured(2, { max: 8 })

  expect(bands((await ask()).body)).toEqual([[2, 0, undefined, 8, undefined]])
})

test('a site that changed more often than one page of the journal holds loses none of it', async () => {
  for (let n = 230; n > 0; n -= 1) await configured(n / 25, { max: n % 2 })

  expect((await ask()).body.limits).toHaveLength(231)
})

test('where nothing at all was written down today’s limits are assumed', async () => {
  const today = gateway.house.site.points.find(({ id }) => id === point)?.limits ?? {}

  expect(bands((await ask()).body)).toEqual([[10, 0, today.min, today.max, true]])
})

test('everything that watches the point is named with its clause and its log', async () => {
  const { body } = await ask()

  const rules = gateway.house.site.rules.filter(rule => rule.point === point)
  expect(rules.length).toBeGreaterThan(0)
  expect(body.watches).toEqual(
    rules.map(rule => ({
      rule: rule.id,
      kind: rule.kind,
      title: rule.title,
      clause: rule.clause,
      clauseTitle: gateway.house.site.clauses.get(rule.clause)?.title ?? { zh: rule.clause, en: rule.clause },
      priority: rule.priority,
      ...(rule.record === undefined ? {} : { record: rule.record }),
    })),
  )
})

test('a forecast is told with its band where a rule has one, and nothing is invented where none has', async () => {
  expect((await ask()).body.forecasts).toEqual([])
  const [rule] = gateway.house.site.rules.filter(one => one.point === point)
  if (!rule) throw new Error('no rule')
  const seen = (lateAt: Instant | undefined) => ({
    op: 'gt' as const,
    value: 8,
    confidence: 0.9,
    heardAt: (noon - 1) as Instant,
    earlyAt: (noon + hour) as Instant,
    likelyAt: (noon + 2 * hour) as Instant,
    lateAt,
    fan: [{ at: noon as Instant, low: 4, mean: 5, high: 6 }],
  })

  gateway.house.outlooks.set(rule.id, seen((noon + 3 * hour) as Instant))
  const [told] = (await ask()).body.forecasts
  expect(told).toMatchObject({
    rule: rule.id,
    clause: rule.clause,
    op: 'gt',
    value: 8,
    confidence: 0.9,
    fan: [{ low: 4, mean: 5, high: 6 }],
  })
  expect(Date.parse(told.likelyAt)).toBe(noon + 2 * hour)
  expect(Date.parse(told.lateAt)).toBe(noon + 3 * hour)
  expect(Date.parse(told.fan[0].t)).toBe(noon)

  gateway.house.outlooks.set(rule.id, seen(undefined))
  expect((await ask()).body.forecasts[0].lateAt).toBe(null)
})

test('what is not there or makes no sense is refused with words', async () => {
  for (const [query, of, status] of [
    ['', 'nothing', 404],
    [`from=${noon}&to=${noon - 1}`, point, 400],
    ['from=yesterday', point, 400],
  ] as const) {
    const { status: got, body } = await ask(query, of)
    expect([of, got]).toEqual([of, status])
    expect(body.detail).toEqual(expect.any(String))
  }
  expect((await ask('')).status).toBe(200)
})
