import { expect, test } from 'vitest'
import { z } from 'zod'
import { InvalidInput } from '../../gateway/api/invalid.ts'

const body = z.object({ reason: z.string().trim().min(1), count: z.number(), code: z.string().min(8).optional() })
const told = (input: unknown): unknown => {
  const result = body.safeParse(input, { reportInput: true })
  if (result.success) throw new Error('nothing is wrong with it')
  return new InvalidInput('body', result.error.issues).toRefusal().errors
}

test('what is left out or left empty is said in words for people', () => {
  expect(told({ count: 1 })).toEqual([{ path: 'body.reason', wrong: { zh: '没有填写', en: 'it is missing' } }])
  expect(told({ reason: '  ', count: 1 })).toEqual([
    { path: 'body.reason', wrong: { zh: '不能为空', en: 'it may not be empty' } },
  ])
})

test('what is of the wrong kind is told with what is expected', () => {
  expect(told({ reason: 'x', count: 1, code: 'abc' })).toMatchObject([{ wrong: { en: expect.stringContaining('8') } }])
  expect(told({ reason: 'x', count: 'many' })).toMatchObject([
    { path: 'body.count', wrong: { en: expect.stringContaining('expected number') } },
  ])
})
