import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { largestDrawing } from '../../gateway/plans/drawing.ts'
import type { WirePlan, WirePlanDrawn } from '../../gateway/api/wire-plans.ts'
import { png } from '../kit/picture.ts'
import { run } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
let admin: string
beforeAll(async () => {
  gateway = await run()
  admin = await gateway.cookie('admin')
})
afterAll(() => gateway.close())

const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><!-- x --><filter/><rect width="4" height="4"/></svg>'
const name = `zh=${encodeURIComponent('一层 🍳')}&en=Ground%20floor`
const upload = (
  body: string | Buffer,
  type = 'image/png',
  path = `/api/v1/plans?${name}`,
  cookie = admin,
  method: 'POST' | 'PUT' = 'POST',
) => {
  const headers = { cookie, 'content-type': type, 'accept-language': 'en' }
  return fetch(gateway.url + path, { method, headers, body: typeof body === 'string' ? body : new Uint8Array(body) })
}
const made = async (body: string | Buffer = png(40, 20), type?: string): Promise<WirePlanDrawn> => {
  const answer = await upload(body, type)
  expect(answer.status).toBe(201)
  return (await answer.json()) as WirePlanDrawn
}
const arrange = (id: string, version: number, places: unknown, cookie = admin) =>
  gateway.send('PUT', `/api/v1/plans/${id}/places`, { version, places }, cookie)
const detailOf = async (answer: Response) => ((await answer.json()) as { detail: string }).detail

describe('a floor plan', () => {
  test('is what its bytes say, by its names, and on record with who made it', async () => {
    const plan = await made(svg, 'image/png')
    expect(plan).toMatchObject({
      name: { zh: '一层 🍳', en: 'Ground floor' },
      version: 1,
      drawing: { type: 'image/svg+xml', width: 2048, height: 1024 },
      places: [],
      leftOut: ['filter'],
      changedBy: 'admin',
    })
    expect(gateway.house.entries.at(-1)).toMatchObject({
      kind: 'plan.added',
      by: 'admin',
      about: plan.id,
      data: { name: plan.name, drawing: { file: expect.stringMatching(/^[0-9a-f]{64}\.svg$/) } },
    })
    const listed = (await (await gateway.get('/api/v1/plans', await gateway.cookie('viewer'))).json()) as { items: WirePlan[] }
    expect(listed.items.map(({ id }) => id)).toContain(plan.id)
  })

  test('is shown as a picture that can do nothing', async () => {
    const plan = await made(svg, 'image/svg+xml')
    const shown = await gateway.get(plan.drawing.href, await gateway.cookie('viewer'))
    expect(shown.status).toBe(200)
    expect(shown.headers.get('content-type')).toBe('image/svg+xml')
    expect(shown.headers.get('x-content-type-options')).toBe('nosniff')
    expect(shown.headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
    )
    expect(shown.headers.get('cache-control')).toContain('immutable')
    expect(await shown.text()).not.toMatch(/filter|<!--/)
    const plain = await gateway.get(`/api/v1/plans/${plan.id}/drawing`, admin)
    expect(plain.headers.get('cache-control')).toBe('private, no-cache')
  })

  test.each([
    ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">\n\n<script/></svg>', 400, /<script>.*line 3|line 3.*<script>/],
    ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><image href="http://x/"/></svg>', 400, /outside itself/],
    ['<!DOCTYPE svg [<!ENTITY a "b">]><svg/>', 400, /entities/],
    ['<svg xmlns="http://www.w3.org/2000/svg"/>', 400, /viewBox/],
    ['a plan, I promise', 400, /neither PNG nor SVG/],
    [Buffer.from([0xff, 0xd8, 0xff, 0xe0]), 400, /JPEG/],
    [png(40, 20).subarray(0, 60), 400, /not whole/],
    [png(9_000, 1_000), 400, /8192/],
    [png(2_000, 10), 400, /too narrow/],
    [Buffer.alloc(largestDrawing + 1), 413, /8 MB/],
    [Buffer.alloc(2 * largestDrawing + 1), 413, /smaller/],
    ['', 400, /mistake/],
  ])('that is %.40s is refused with a sentence', async (body, status, words) => {
    const before = gateway.house.plans.all
    const answer = await upload(body)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toContain('problem+json')
    expect(await detailOf(answer)).toMatch(words)
    expect(gateway.house.plans.all).toEqual(before)
  })

  test('is refused in Chinese to whoever reads Chinese, and without a name or with another type at all', async () => {
    const chinese = await fetch(`${gateway.url}/api/v1/plans?${name}`, {
      method: 'POST',
      headers: { cookie: admin, 'content-type': 'image/png', 'accept-language': 'zh-CN' },
      body: 'x',
    })
    expect(await detailOf(chinese)).toContain('既不是 PNG 也不是 SVG')
    expect(await detailOf(await upload(png(), 'image/png', '/api/v1/plans'))).toMatch(/name/)
    expect((await upload(png(), 'image/png', `/api/v1/plans?zh=${'x'.repeat(201)}`)).status).toBe(400)
    expect((await upload(png(), 'application/json')).status).toBe(415)
  })

  test('is no matter for others than an administrator', async () => {
    const plan = await made()
    for (const role of ['viewer', 'operator', 'inspector'] as const) {
      const cookie = await gateway.cookie(role)
      expect((await upload(png(), 'image/png', undefined, cookie)).status).toBe(403)
      expect((await arrange(plan.id, 1, [], cookie)).status).toBe(403)
      expect((await gateway.send('DELETE', `/api/v1/plans/${plan.id}?version=1`, undefined, cookie)).status).toBe(403)
      expect((await gateway.get(`/api/v1/plans/${plan.id}`, cookie)).status).toBe(200)
    }
  })

  test('is arranged at once; who has seen another version changes nothing and is told whom to thank', async () => {
    const plan = await made()
    const first = await arrange(plan.id, 1, [{ equipment: 'cold-1', x: 0.25, y: 0.75 }])
    expect(first.status).toBe(200)
    expect(await first.json()).toMatchObject({
      version: 2,
      count: 1,
      places: [{ equipment: 'cold-1', name: { en: 'Cabinet 1' }, x: 0.25, y: 0.75 }],
    })
    expect(gateway.house.entries.at(-1)).toMatchObject({
      kind: 'plan.arranged',
      by: 'admin',
      data: { placed: ['cold-1'], moved: [], takenOff: [] },
    })
    const late = await arrange(plan.id, 1, [])
    expect(late.status).toBe(409)
    expect(await detailOf(late)).toContain('admin')
    expect(gateway.house.plans.of(plan.id)?.places).toHaveLength(1)
  })

  test.each([
    [[{ equipment: 'nobody', x: 0, y: 0 }], 400],
    [[{ equipment: 'cold-1', x: 1.01, y: 0 }], 400],
    [[{ equipment: 'cold-1', x: -0.1, y: 0 }], 400],
    [[{ equipment: 'cold-1', x: '0', y: 0 }], 400],
    [
      [
        { equipment: 'cold-1', x: 0, y: 0 },
        { equipment: 'cold-1', x: 1, y: 0 },
      ],
      400,
    ],
    [Array.from({ length: 1_001 }, () => ({ equipment: 'cold-1', x: 0, y: 0 })), 400],
    ['everything', 400],
  ])('with places %.60j is answered %s', async (places, status) => {
    const plan = await made()
    expect((await arrange(plan.id, 1, places)).status).toBe(status)
  })

  test('says what is no longer in the site, and keeps its place', async () => {
    const plan = await made()
    const { drawing } = gateway.house.plans.of(plan.id) ?? {}
    gateway.house.plans.restore(
      new Map([
        [
          `plan:${plan.id}`,
          {
            id: plan.id,
            name: plan.name,
            version: 5,
            drawing,
            changedAt: 1,
            changedBy: 'li',
            places: [{ equipment: 'old-1', name: { zh: '旧冰柜', en: 'Old fridge' }, x: 0.5, y: 0.5 }],
          },
        ],
      ]),
    )
    const shown = await (await gateway.get(`/api/v1/plans/${plan.id}`, admin)).json()
    expect(shown).toMatchObject({ places: [{ equipment: 'old-1', name: { en: 'Old fridge' }, gone: true }] })
    const moved = await arrange(plan.id, 5, [{ equipment: 'old-1', x: 0.1, y: 0.5 }])
    expect(await moved.json()).toMatchObject({ version: 6, places: [{ equipment: 'old-1', gone: true, x: 0.1 }] })
  })

  test('is renamed, drawn anew and removed, each by the version that was seen', async () => {
    const plan = await made()
    const path = `/api/v1/plans/${plan.id}`
    const both = { zh: '二层', en: 'First floor' }
    expect((await gateway.send('PATCH', path, { version: 1, name: both }, admin)).status).toBe(200)
    expect((await upload(svg, 'image/svg+xml', `${path}/drawing?version=1`, admin, 'PUT')).status).toBe(409)
    const redrawn = await upload(svg, 'image/svg+xml', `${path}/drawing?version=2`, admin, 'PUT')
    expect(await redrawn.json()).toMatchObject({ version: 3, name: both, drawing: { type: 'image/svg+xml' } })
    expect((await gateway.send('DELETE', `${path}?version=2`, undefined, admin)).status).toBe(409)
    expect((await gateway.send('DELETE', `${path}?version=3`, undefined, admin)).status).toBe(204)
    expect((await gateway.get(path, admin)).status).toBe(404)
    expect((await gateway.get(`${path}/drawing`, admin)).status).toBe(404)
    expect((await upload(svg, 'image/svg+xml', `${path}/drawing?version=3`, admin, 'PUT')).status).toBe(404)
    expect(gateway.house.entries.slice(-3).map(({ kind }) => kind)).toEqual([
      'plan.renamed',
      'plan.drawing-replaced',
      'plan.removed',
    ])
  })

  test('is not made where the disk does not take it', async () => {
    const before = gateway.house.plans.all
    gateway.house.isFull = true
    const answer = await upload(png())
    gateway.house.isFull = false
    expect(answer.status).toBe(503)
    expect(gateway.house.plans.all).toEqual(before)
  })

  test('comes in pages', async () => {
    const first = (await (await gateway.get('/api/v1/plans?limit=1', admin)).json()) as { items: WirePlan[]; next: string }
    expect(first.items).toHaveLength(1)
    const second = (await (await gateway.get(`/api/v1/plans?limit=1&cursor=${first.next}`, admin)).json()) as {
      items: WirePlan[]
    }
    expect(second.items[0]?.id).not.toBe(first.items[0]?.id)
  })
})
