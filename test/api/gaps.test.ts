import { afterAll, beforeAll, expect, test } from 'vitest'
import { noon, run } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
let cookie: string
beforeAll(async () => {
  gateway = await run()
  cookie = await gateway.cookie('viewer')
})
afterAll(() => gateway.close())
const ask = async (query: string) => {
  const answer = await gateway.get(`/api/v1/gaps?${query}`, cookie)
  return { status: answer.status, body: await answer.json() }
}

test('the gap ledger lists every point with the cause in both languages, and can be asked for one equipment or point', async () => {
  const all = (await ask(`from=${noon - 1_000}&to=${noon}`)).body
  expect(new Set(all.items.map(({ point }: { point: string }) => point)).size).toBe(gateway.house.site.points.length)
  expect(all.next).toBe(null)
  expect(all.items[0]).toEqual({
    point: expect.any(String),
    equipment: expect.any(String),
    from: expect.stringMatching(/\+08:00$/),
    to: null,
    cause: 'silent',
    causeName: { zh: '设备无数据', en: 'device silent' },
    detail: { zh: '设备无数据', en: 'device silent' },
    entries: [],
  })
  const cold = (await ask('equipment=cold-1')).body
  expect(new Set(cold.items.map(({ equipment }: { equipment: string }) => equipment))).toEqual(new Set(['cold-1']))
  expect((await ask('point=cold-1.temperature')).body.items.length).toBe(1)
})

test('a long ledger comes in pages that neither repeat nor skip a point', async () => {
  const seen: string[] = []
  let cursor: string | null = ''
  for (let pages = 0; cursor !== null && pages < 100; pages += 1) {
    const { body } = await ask(`limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
    seen.push(...body.items.map(({ point }: { point: string }) => point))
    cursor = body.next
  }
  expect(seen).toEqual(gateway.house.site.points.map(({ id }) => id))
})

test('what is not there or makes no sense is refused with words', async () => {
  for (const [query, status] of [
    ['equipment=nothing', 404],
    ['point=nothing', 404],
    [`from=${noon}&to=${noon - 1}`, 400],
    ['cursor=-1', 400],
    ['cursor=x', 400],
  ] as const) {
    const answer = await ask(query)
    expect([query, answer.status]).toEqual([query, status])
    expect(answer.body.detail).toEqual(expect.any(String))
  }
})
