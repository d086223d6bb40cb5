import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { canonical } from '../../gateway/journal/canonical.ts'
import { leafOf } from '../../gateway/journal/leaf.ts'
import { instant } from '../../protocols/contract/time.ts'

describe('canonical JSON', () => {
  const vectors: readonly { name: string; value: unknown; text: string }[] = [
    { name: 'sorts keys', value: { b: 1, a: { d: 2, c: 3 } }, text: '{"a":{"c":3,"d":2},"b":1}' },
    { name: 'keeps the order of arrays', value: [3, 1, { z: 0, y: [] }], text: '[3,1,{"y":[],"z":0}]' },
    {
      // RFC 8785, section 3.2.3.
      name: 'sorts by UTF-16 code units',
      value: {
        '\u20ac': 'Euro Sign',
        '\r': 'Carriage Return',
        '\ufb33': 'Hebrew Letter Dalet With Dagesh',
        '1': 'One',
        '\ud83d\ude00': 'Emoji',
        '\u0080': 'Control',
        ö: 'o',
      },
      text: '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"o","\u20ac":"Euro Sign","\ud83d\ude00":"Emoji","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    },
    {
      // RFC 8785, section 3.2.2.
      name: 'writes numbers and strings as the RFC does',
      value: {
        numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
        string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
        literals: [null, true, false],
      },
      text: '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    },
    { name: 'has one zero', value: [-0, 0], text: '[0,0]' },
    {
      name: 'keeps the largest and the smallest number',
      value: [5e-324, -1.7976931348623157e308, 9007199254740992],
      text: '[5e-324,-1.7976931348623157e+308,9007199254740992]',
    },
    { name: 'keeps Chinese as it is', value: { 依据: '保鲜柜 0–8 °C' }, text: '{"依据":"保鲜柜 0–8 °C"}' },
    { name: 'leaves out what is undefined', value: { a: undefined, b: null }, text: '{"b":null}' },
  ]
  test.each(vectors)('$name', ({ value, text }) => {
    expect(canonical(value)).toBe(text)
  })

  test.each([Number.NaN, Infinity, 1n, () => 1, Symbol('x'), new Date(0), new Map(), [undefined]])(
    'refuses what JSON cannot say (%#)',
    value => {
      expect(() => canonical({ value })).toThrow(TypeError)
    },
  )

  test('reads back as what it was, whatever order the keys came in', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), value => {
        const plain: unknown = JSON.parse(JSON.stringify(value))
        expect(JSON.parse(canonical(plain))).toEqual(plain)
        expect(canonical(backwards(plain))).toBe(canonical(plain))
      }),
    )
  })
})

test('a leaf is SHA-256 over a zero byte and the canonical entry', () => {
  const entry = {
    seq: 7,
    at: instant(5),
    writtenAt: instant(6),
    kind: 'alarm.raised',
    by: 'system',
    about: 'cold-1',
    data: { b: '值守', a: 0.5 },
  }
  const text = '{"about":"cold-1","at":5,"by":"system","data":{"a":0.5,"b":"值守"},"kind":"alarm.raised","seq":7,"writtenAt":6}'

  expect(leafOf(entry)).toBe(createHash('sha256').update(`\0${text}`, 'utf8').digest('hex'))
})

function backwards(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(backwards)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, backwards(member)]),
  )
}
