import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WireLabels } from '../../gateway/api/wire-labels.ts'
import { run, site } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
let viewer: string
beforeAll(async () => {
  const [first] = site.equipment
  if (!first) throw new Error('the site has no equipment')
  gateway = await run()
  const equipment = Array.from({ length: 30 }, (_, n) => ({ ...first, id: `cold-${n + 1}` }))
  Object.assign(gateway.house, { site: { ...site, equipment } })
  viewer = await gateway.cookie('viewer')
})
afterAll(() => gateway.close())

const ask = (query = ''): Promise<Response> => gateway.get(`/api/v1/labels${query}`, viewer)
const labels = async (query = ''): Promise<WireLabels> => (await ask(query)).json() as Promise<WireLabels>

describe('labels of equipment', () => {
  test('hold the address of its page where one is known, and name the site, so that a label of another one is told', async () => {
    const { items } = await labels('?origin=http://10.0.0.9:8080/&equipment=cold-7')
    expect(items).toMatchObject([
      {
        equipment: 'cold-7',
        holds: `http://10.0.0.9:8080/e/${site.id}/cold-7`,
        areaName: site.areas[0]?.name,
        qr: { path: expect.stringMatching(/^M4 4h7v1h-7z/) },
      },
    ])
  })

  test('hold the address the site has for itself before any other', async () => {
    const { server } = gateway.house.site
    Object.assign(gateway.house, { site: { ...gateway.house.site, server: { ...server, publicUrl: 'https://school.example/' } } })
    const { items } = await labels('?origin=http://10.0.0.9:8080&equipment=cold-1')
    Object.assign(gateway.house, { site: { ...gateway.house.site, server } })
    expect(items.map(({ holds }) => holds)).toEqual([`https://school.example/e/${site.id}/cold-1`])
  })

  test('hold the two names alone where no address is known', async () => {
    expect((await labels('?equipment=cold-1')).items).toMatchObject([{ holds: `${site.id}/cold-1` }])
  })

  test('come a few at a time, each once, in the order of the site', async () => {
    const seen: string[] = []
    let sheets = 0
    for (let cursor: string | null = ''; cursor !== null; sheets++) {
      const sheet: WireLabels = await labels(`?limit=13${cursor === '' ? '' : `&cursor=${cursor}`}`)
      seen.push(...sheet.items.map(({ equipment }) => equipment))
      cursor = sheet.next
    }
    expect(seen).toEqual(Array.from({ length: 30 }, (_, n) => `cold-${n + 1}`))
    expect(sheets).toBe(3)
    expect((await labels(`?area=${site.areas[0]?.id}`)).next).not.toBeNull()
    expect(await labels('?area=nowhere')).toEqual({ items: [], next: null })
    expect(await labels('?equipment=nothing')).toEqual({ items: [], next: null })
  })

  test('are refused with an address that is none, a number too large, a cursor nobody gave', async () => {
    for (const query of ['?origin=javascript:alert(1)', '?origin=x', '?limit=61', '?limit=0', '?cursor=x'])
      expect([query, (await ask(query)).status]).toEqual([query, 400])
    expect((await ask(`?cursor=${Buffer.from('c1:-5').toString('base64url')}`)).status).toBe(200)
  })
})
