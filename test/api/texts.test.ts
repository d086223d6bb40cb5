import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { hiddenSigns } from '../../gateway/api/hidden-signs.ts'
import { routes } from '../../gateway/api/routes.ts'
import { Rounds } from '../../gateway/rounds/rounds.ts'
import { night, uuid } from '../rounds/ground.ts'
import { anAlarm, noon, passwords, realClock, run } from './house.ts'
import type { Running } from './house.ts'

/** What people type comes in at any length and with any sign: what is too long or unreadable is refused in words, the rest kept as it was typed. */
let gateway: Running
let operator: string
beforeAll(async () => {
  gateway = await run({ wall: { now: () => noon, after: realClock.after } })
  await gateway.house.demo?.setSpeed(1)
  operator = await gateway.cookie('operator')
})
beforeEach(() => {
  gateway.house.alarms.clear()
  gateway.house.entries.length = 0
  gateway.house.alarmed(anAlarm())
})
afterAll(() => gateway.close())

const acknowledge = async (comment: string, language = 'en') => {
  const headers = { 'accept-language': language }
  const answer = await gateway.send('POST', '/api/v1/alarms/A1/acknowledge', { comment }, operator, headers)
  return { status: answer.status, ...((await answer.json()) as Record<string, unknown>) }
}

type Schema = Readonly<Record<string, unknown>>
const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null

/** Where a schema takes a text of any length. */
function endless(schema: unknown, path: string): readonly string[] {
  if (!isSchema(schema)) return []
  const isText = schema['type'] === 'string'
  const isBounded = ['maxLength', 'pattern', 'enum', 'const', 'format'].some(key => key in schema)
  const inside = Object.entries(schema).flatMap(([key, value]) => {
    if (key === 'propertyNames') return endless(value, `${path}{}`)
    if (key === 'properties' && isSchema(value))
      return Object.entries(value).flatMap(([name, one]) => endless(one, `${path}.${name}`))
    if (key === 'items' || key === 'additionalProperties') return endless(value, `${path}[]`)
    return Array.isArray(value) ? value.flatMap(one => endless(one, path)) : []
  })
  return isText && !isBounded ? [path, ...inside] : inside
}

describe('a text that is sent', () => {
  test('has a greatest length on every route', () => {
    const found = routes.flatMap(({ method, url, params, query, body }) =>
      Object.entries({ params, query, body }).flatMap(([part, schema]) =>
        schema === undefined
          ? []
          : endless(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), part).map(
              path => `${method} ${url} ${path}`,
            ),
      ),
    )
    // Line protocol is as long as its body may be, and each of its lines is judged by itself.
    expect(found).toEqual(['POST /api/v1/readings body', 'POST /api/v2/write body'])
  })

  test('that is too long is refused in words that say which and how long it may be', async () => {
    expect(await acknowledge('W'.repeat(2_001), 'zh-CN')).toMatchObject({
      status: 400,
      detail: '有 1 处错误：“WWWWWWWWWWWW…”太长：最多 2000 个字，现在有 2001 个。',
    })
    expect(await acknowledge('W'.repeat(2_001))).toMatchObject({
      detail: '1 mistake: “WWWWWWWWWWWW…” is too long: at most 2000 characters, it has 2001.',
    })
    expect(await acknowledge('W'.repeat(1_048_576))).toMatchObject({ status: 413, detail: 'Send smaller requests.' })
    expect(gateway.house.entries.map(({ kind }) => kind)).toEqual(['alarm.raised'])
  })

  test('that is too long and a password is not repeated', async () => {
    const word = 'secret'.repeat(200)
    const answer = await gateway.send('POST', '/api/v1/session', { username: 'admin', password: word })
    expect(answer.status).toBe(400)
    expect(await answer.text()).not.toContain('secret')
  })

  test('is kept to the letter, whatever its script', async () => {
    const comment = '<script>x()</script><img src=x onerror=x()> 👩‍🍳🧊 مرحبا שלום\n第二行\t完'
    expect(await acknowledge(comment)).toMatchObject({ status: 200, acknowledged: { comment } })
  })
})

describe('a sign that nobody sees and that upsets what others see', () => {
  test.each([
    ['turns all that follows', '门\u202Eenog si ti', 'U+202E', '“门”后面'],
    ['keeps a part apart', '\u2066abc', 'U+2066', '开头'],
    ['is a control character', 'a\u0000b', 'U+0000', '“a”后面'],
    ['is half a character', 'ab\uD83D', 'U+D83D', '“ab”后面'],
  ])('and %s is refused, with where it is and what to do', async (_what, comment, sign, where) => {
    expect(await acknowledge(comment, 'zh')).toMatchObject({
      status: 400,
      detail: `有 1 处错误：${where}有一个看不见的字符（${sign}），会打乱文字的显示；请删掉它，或把这里重新输入。`,
      errors: [{ path: 'body.comment' }],
    })
    expect(gateway.house.entries.map(({ kind }) => kind)).toEqual(['alarm.raised'])
  })

  test('is found at any depth, in keys too, and no depth is too deep', () => {
    let deep: unknown = '\u202E'
    for (let i = 0; i < 200_000; i++) deep = [deep]
    expect(hiddenSigns({ a: [{ b: 'x\u202E' }], 'k\u0007': 1 }).map(({ path }) => path)).toEqual([['a', 0, 'b'], []])
    expect(hiddenSigns(deep)).toHaveLength(1)
    expect(hiddenSigns(new Uint8Array([0, 7]))).toEqual([])
  })

  test('may be in a password', async () => {
    const sign = (password: string) => gateway.send('POST', '/api/v1/session', { username: 'admin', password })
    expect((await sign('wrong\u202E')).status).toBe(401)
    expect((await sign(passwords.admin)).status).toBe(200)
  })

  test('keeps back one visit of a round, with its reason, and none of the others', async () => {
    Object.assign(gateway.house, { rounds: new Rounds({ routes: [{ ...night, equipment: 'cold-1' }] }) })
    const visit = (note: string) => ({ id: uuid(), code: '7F3K-9QPM', at: noon - 60_000, note })
    const visits = [visit('锁坏了\u202E'), visit('锁坏了')]
    const answer = await gateway.send('POST', '/api/v1/rounds/visits', { sentAt: noon, visits }, operator)
    expect(await answer.json()).toMatchObject({
      items: [
        { outcome: 'refused', why: 'hidden-sign', say: { zh: expect.stringContaining('看不见的字符') } },
        { outcome: 'taken' },
      ],
    })
  })
})
