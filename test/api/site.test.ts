import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
beforeAll(async () => {
  gateway = await run()
})
afterAll(() => gateway.close())

describe('the facility over HTTP', () => {
  test('is told with its equipment, points and clauses to whoever may see', async () => {
    gateway.house.reads('cold-1.temperature', 4.2)

    const answer = await gateway.get('/api/v1/site', await gateway.cookie('viewer'))
    const site = await answer.json()

    expect(answer.status).toBe(200)
    expect(site.name.zh).toBe('青山小学')
    expect(site.equipment[0].points[0]).toMatchObject({
      id: 'cold-1.temperature',
      driver: 'modbus-tcp',
      value: 4.2,
      quality: 'good',
      at: '2026-09-01T12:00:00.000+08:00',
      state: 'normal',
    })
    expect(site.clauses[0].policy).toEqual({ id: 'canteen', version: '1.0' })
    expect(JSON.stringify(site)).not.toContain('bus-secret')
  })
  test('answers health without sign-in, and says why it is not ready', async () => {
    expect(await (await gateway.get('/healthz')).json()).toEqual({ status: 'alive' })
    expect((await gateway.get('/readyz')).status).toBe(200)
    gateway.house.reasons = ['store: opening']
    const unready = await gateway.get('/readyz')
    gateway.house.reasons = []
    expect([unready.status, await unready.json()]).toEqual([503, { ready: false, reasons: ['store: opening'] }])
  })
})
