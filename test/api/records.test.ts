import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noon, run } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
let operator: string
beforeAll(async () => {
  gateway = await run()
  operator = await gateway.cookie('operator')
})
afterAll(() => gateway.close())

const write = (kind: string, body: object, cookie = operator) => gateway.send('POST', `/api/v1/records/${kind}`, body, cookie)

describe('a record of what a person did', () => {
  test('stands in the journal under the name of who wrote it, with the time it was done', async () => {
    const at = noon - 3_600_000
    const answer = await write('defrost', { equipment: 'cold-1', at, fields: { millimetres: 4, note: '除霜完毕' } })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({
      kind: 'record.defrost',
      at: '2026-09-01T11:00:00.000+08:00',
      by: 'operator',
      about: 'cold-1',
      data: { equipment: 'cold-1', verdict: 'passed', fields: { millimetres: 4, note: '除霜完毕' } },
    })
  })

  test('that was noted down without a network has the time of then, however often it is sent', async () => {
    const said = { equipment: 'cold-1', fields: { note: '地下室没有信号' }, key: 'basement-1' }
    const first = await write('defrost', { ...said, notedAgo: 90_000 })
    expect([first.status, await first.json()]).toMatchObject([200, { at: '2026-09-01T10:30:00.000+08:00' }])
    const again = await write('defrost', { ...said, notedAgo: 91_000 })
    expect([again.status, await again.json()]).toMatchObject([200, { at: '2026-09-01T10:30:00.000+08:00' }])
    // Whoever says when is believed; how long ago it was written down is another thing.
    const said2 = await write('defrost', { equipment: 'cold-1', at: noon - 3_600_000, notedAgo: 60_000 })
    expect(await said2.json()).toMatchObject({ at: '2026-09-01T11:00:00.000+08:00' })
  })

  test.each([
    ['of a kind nobody knows', 'gossip', { equipment: 'cold-1' }, 400],
    ['about equipment that is not there', 'defrost', { equipment: 'cold-9' }, 404],
    ['of the future', 'defrost', { equipment: 'cold-1', at: noon + 60_000 }, 400],
    ['of two months ago', 'defrost', { equipment: 'cold-1', at: noon - 60 * 86_400_000 }, 400],
    ['that was noted down two months ago', 'defrost', { equipment: 'cold-1', notedAgo: 60 * 86_400_000 }, 400],
    ['that is to be noted down', 'defrost', { equipment: 'cold-1', notedAgo: -1 }, 400],
    ['with a verdict of its own', 'defrost', { equipment: 'cold-1', verdict: 'perfect' }, 400],
    ['with a number that is none', 'defrost', { equipment: 'cold-1', fields: { millimetres: null } }, 400],
    [
      'with more fields than a form has',
      'defrost',
      { equipment: 'cold-1', fields: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`f${index}`, 1])) },
      400,
    ],
  ])('%s is refused', async (_name, kind, body, status) => {
    expect((await write(kind, body)).status).toBe(status)
  })

  test('is refused to who may only look, and to an inspector', async () => {
    for (const role of ['viewer', 'inspector'] as const)
      expect((await write('defrost', { equipment: 'cold-1' }, await gateway.cookie(role))).status).toBe(403)
  })

  test('is not accepted while it cannot be made durable', async () => {
    gateway.house.isFull = true
    expect((await write('defrost', { equipment: 'cold-1' })).status).toBe(503)
    gateway.house.isFull = false
  })
})
