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

test('outside historians are listed with how much waits for them and how long that can go on', async () => {
  expect(await (await gateway.get('/api/v1/outside', cookie)).json()).toEqual({ items: [] })
  const one = {
    id: 'influx',
    kind: 'influxdb',
    url: 'https://db.example',
    rows: 12,
    bytes: 3_400,
    budget: 2_000_000,
    refused: 1,
    refills: 0,
  }
  Object.defineProperty(gateway.house.keeping.outside, 'states', {
    value: async () => [
      { ...one, state: 'behind', why: '503', oldest: noon, holds: 225.6, left: 220 },
      { ...one, id: 'metrics', state: 'well' },
    ],
  })
  expect(await (await gateway.get('/api/v1/outside', cookie)).json()).toEqual({
    items: [
      {
        ...one,
        state: 'behind',
        why: '503',
        oldest: expect.stringMatching(/T12:00:00.*\+08:00$/),
        holdsHours: 225.6,
        leftHours: 220,
      },
      { ...one, id: 'metrics', state: 'well', why: null, oldest: null, holdsHours: null, leftHours: null },
    ],
  })
})
