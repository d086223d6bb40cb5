import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { passwords, RecordsGround } from '../records/records-ground.ts'

let ground: RecordsGround
const hour = 3_600_000
const product = '次氯酸钙 65 %'
beforeAll(async () => {
  ground = await RecordsGround.make()
  await ground.reads({ 'tank-1.volume': 10, 'tank-1.chlorine': 0.1, 'tank-1.dosings': 4, 'tank-2.dosings': 1 })
})
afterAll(() => ground?.remove())

const tank = async (id = 'tank-1') => (await ground.send('li', 'GET', `/dosing/${id}`)).body
const advise = (body: object, id = 'tank-1', headers = {}) => ground.send('li', 'POST', `/dosing/${id}/advice`, body, headers)
const dose = (fields: object, more: object = {}) =>
  ground.send('li', 'POST', '/records/dosing', { equipment: 'tank-1', fields: { product, ...fields }, ...more })
const signed = { password: passwords.li }

describe('the dose assistant', () => {
  test('knows the water there is, what is wanted of it, and the product at hand', async () => {
    const known = await tank()
    expect(known).toMatchObject({
      capacity: 20,
      volume: { point: 'tank-1.volume', value: 10, quality: 'good', usable: true },
      residual: { value: 0.1, usable: true },
      target: 0.5,
      demand: 1,
      most: 2,
      last: null,
      contact: null,
      batches: [{ product, strength: 0.65, strengthNow: 0.65, from: 'facts', retest: false }],
    })
  })

  test('reckons what to weigh out from the water that is there, rounded down', async () => {
    // 10 m³ × (0.5 + 1 − 0.1) mg/L ÷ 0.65 = 21.538… g
    const { status, body } = await advise({ product, strength: 0.65 })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      grams: 21.53,
      volume: 10,
      volumeFrom: 'sensor',
      residual: 0.1,
      residualFrom: 'sensor',
      secondPerson: false,
    })
    expect(body.required).toBeCloseTo((10 * 1.4) / 0.65, 9)
    expect(body.peak).toBeCloseTo(0.1 + (21.53 * 0.65) / 10, 9)
    expect(body.how.zh).toContain('10 m³ × 1.4 mg/L ÷ 65 % = 21.53 g')
  })

  test('takes a typed volume where there is no sensor, and says that it was typed', async () => {
    expect((await advise({ product, strength: 0.65 }, 'tank-2')).status).toBe(409)
    const { body } = await advise({ product, strength: 0.28, volume: 10, residual: 0 }, 'tank-2')
    expect(body).toMatchObject({ grams: 53.57, volumeFrom: 'typed', residualFrom: 'typed' })
  })

  test.each([
    ['more chlorine than the water may have', { product, strength: 0.65, target: 1.5 }, 409, '超过 2 mg/L'],
    ['a typed volume that the sensor does not see', { product, strength: 0.65, volume: 19, residual: 0 }, 409, '液位计说 10 m³'],
    ['more water than the tank holds', { product, strength: 0.65, volume: 200 }, 400, '装不下'],
    ['a strength that cannot be', { product, strength: 1.2 }, 400, ''],
    ['a day that does not exist', { product, strength: 0.65, madeOn: '2026-02-31' }, 400, ''],
  ])('refuses %s', async (_, body, status, words) => {
    const answer = await advise(body)
    expect(answer.status).toBe(status)
    expect(answer.body.detail).toContain(words)
  })

  test('speaks the language of who asks', async () => {
    const { body } = await advise({ product, strength: 0.65, target: 1.5 }, 'tank-1', { 'accept-language': 'en' })
    expect(body.detail).toContain('above 2 mg/L: do not dose')
  })

  test('knows no tank that is none, and answers nobody who may not record', async () => {
    expect((await ground.send('li', 'GET', '/dosing/cold-1')).status).toBe(404)
    expect((await ground.send('guest', 'POST', '/dosing/tank-1/advice', { product, strength: 0.65 })).status).toBe(403)
  })
})

describe('a recorded dosing', () => {
  test('is reckoned again by the gateway, signed, and makes the water wait', async () => {
    const { status, body } = await dose(
      { grams: 21.5, batch: 'B-7', strength: 0.65, madeOn: '2026-11-01', weighed: true },
      signed,
    )
    expect(status).toBe(200)
    expect(body.data).toMatchObject({
      signed: { by: 'li', name: '李强', meaning: { en: 'I dosed what is recorded here' } },
      reckoned: {
        volumeCubicMetres: 10,
        volumeFrom: 'sensor',
        residualMgPerLitre: 0.1,
        dosedGrams: 21.5,
        lastGrams: null,
        why: 'right',
      },
    })
    expect(JSON.stringify(body)).not.toContain(passwords.li)
    const now = await tank()
    expect(now.last).toMatchObject({ grams: 21.5, product, by: 'li', seq: body.seq })
    expect(now.contact).toMatchObject({ seq: body.seq, state: 'waiting' })
    expect(now.batches[0]).toMatchObject({ product, batch: 'B-7', madeOn: '2026-11-01', from: 'record' })
  })

  test('above 2 mg/L is not taken', async () => {
    const { status, body } = await dose({ grams: 31 }, signed)
    expect(status).toBe(400)
    expect(body.errors).toEqual([{ path: 'fields.grams', wrong: expect.stringContaining('超过 2 mg/L，不能投') }])
  })

  test('that went wrong is taken as what it is, with what happened', async () => {
    const { status, body } = await dose({ grams: 31, note: '秤没归零，已停水并放水' }, { ...signed, verdict: 'failed' })
    expect(status).toBe(200)
    expect(body.data).toMatchObject({ verdict: 'failed', reckoned: { why: 'too-much' } })
    await ground.send('li', 'POST', `/records/${body.seq}/correction`, {
      reason: '其实只投了 8 克，袋子还在',
      verdict: 'passed',
      fields: { grams: 8, note: null },
      ...signed,
    })
    expect((await tank()).last.grams).toBe(8)
  })

  test('of more than twice the last takes a second person, who is somebody else', async () => {
    const fields = { grams: 20 }
    const alone = await dose(fields, signed)
    expect([alone.status, alone.body.errors[0].path]).toEqual([400, 'second'])
    const self = await dose(fields, { ...signed, second: { username: 'li', password: passwords.li } })
    expect(self.body.errors[0].path).toBe('second.username')
    const looker = await dose(fields, { ...signed, second: { username: 'guest', password: passwords.guest } })
    expect(looker.body.errors[0].wrong).toContain('没有登记权限')
    const wrong = await dose(fields, { ...signed, second: { username: 'wang', password: 'guess' } })
    expect(wrong.body.errors[0].path).toBe('second.password')
    const both = await dose(fields, { ...signed, second: { username: 'wang', password: passwords.wang } })
    expect(both.status).toBe(200)
    expect(both.body.data).toMatchObject({ signed: { by: 'li' }, second: { by: 'wang', name: '王芳' } })
  })

  test('of another product is refused until an administrator has recorded that everything was cleaned', async () => {
    const other = { product: '三氯异氰尿酸', strength: 0.9 }
    expect((await advise(other)).body.detail).toContain('会着火')
    expect((await dose({ grams: 10, ...other })).body.errors[0].path).toBe('fields.product')
    const change = { equipment: 'tank-1', fields: { what: '药桶和管路', newProduct: other.product } }
    expect((await ground.send('li', 'POST', '/records/cleaning', change)).status).toBe(400)
    expect((await ground.send('admin', 'POST', '/records/cleaning', change)).status).toBe(200)
    expect((await advise(other)).status).toBe(200)
    expect((await advise({ product, strength: 0.65 })).status).toBe(409)
  })

  test('lets the water be drunk only after somebody measured it right', async () => {
    const at = Date.now() - hour
    const { body } = await ground.send('wang', 'POST', '/records/dosing', {
      equipment: 'tank-2',
      at,
      fields: { grams: 20, volume: 10 },
    })
    expect(body.data.reckoned).toMatchObject({ volumeFrom: 'typed', residualFrom: 'unknown', why: 'right' })
    expect((await tank('tank-2')).contact.state).toBe('measure')
    const measured = (value: number) =>
      ground.send('wang', 'POST', '/records/reading', {
        equipment: 'tank-2',
        fields: { point: 'chlorine', value, follows: body.seq },
      })
    await measured(2.4)
    expect((await tank('tank-2')).contact).toMatchObject({ state: 'unsafe', residual: 2.4 })
    await measured(0.6)
    expect((await tank('tank-2')).contact).toMatchObject({ state: 'safe', residual: 0.6 })
  })
})
