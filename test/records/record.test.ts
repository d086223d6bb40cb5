import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import type { Entry } from '../../gateway/journal/entry.ts'
import { leafOf } from '../../gateway/journal/leaf.ts'
import { isDay, mistakeIn } from '../../gateway/records/field.ts'
import type { Field } from '../../gateway/records/field.ts'
import { differenceOf } from '../../gateway/records/hand-reading.ts'
import { mistakesIn, recordKind, recordKinds } from '../../gateway/records/kinds.ts'
import { readingsIn, readingsOf } from '../../gateway/alarm/people.ts'
import type { Said } from '../../gateway/alarm/people.ts'
import type { Reading } from '../../protocols/contract/reading.ts'
import { corrected, digestOf, fold, recorded, recordOf } from '../../gateway/records/record.ts'
import type { KeptRecord } from '../../gateway/records/record.ts'

const at = instant(Date.UTC(2026, 8, 1, 4))
let seq = 0
const enter = (draft: Omit<Entry, 'seq' | 'writtenAt' | 'leaf'>): Entry => {
  const entry = { ...draft, seq: ++seq, writtenAt: at }
  return { ...entry, leaf: leafOf(entry) }
}
const written = (fields: Said['fields'], beside = {}): Entry => {
  const record = { kind: 'dosing', equipment: 'tank-1', at, by: 'li', verdict: 'passed' as const, fields }
  return enter(recorded(record, beside, instant(at + 60_000)).drafts?.[0] as Entry)
}
const kept = (entry: Entry): KeptRecord => recordOf(entry) as KeptRecord
const put = (of: KeptRecord, said: Partial<Said>, reason = '写错了，重新称过'): Entry =>
  enter(
    corrected(
      { of, said: { at: of.at, verdict: of.verdict, fields: of.fields, ...said }, reason, by: 'li' },
      {},
      instant(at + 3_600_000),
    ).drafts?.[0] as Entry,
  )

describe('a record in the journal', () => {
  test('comes back as it went in', () => {
    const signed = { by: 'li', name: '李强', at, meaning: { zh: '属实', en: 'true' } }
    const entry = written(
      { grams: 23, product: '次氯酸钙' },
      { signed, photos: ['a.jpg'], reckoned: { why: 'right' }, key: 'k', sent: 's' },
    )
    expect(kept(entry)).toEqual({
      seq: entry.seq,
      kind: 'dosing',
      equipment: 'tank-1',
      at,
      by: 'li',
      verdict: 'passed',
      fields: { grams: 23, product: '次氯酸钙' },
      enteredAt: at + 60_000,
      leaf: entry.leaf,
      photos: ['a.jpg'],
      reckoned: { why: 'right' },
      signed,
      corrections: [],
    })
  })

  test.each([
    ['what a rule wrote', { equipment: 'tank-1', rule: 'tank-1.x', fields: {} }],
    ['what was damaged', { damaged: '{' }],
    ['what was removed', { removed: 7 }],
    ['what has no fields', { equipment: 'tank-1', verdict: 'passed' }],
  ])('is not %s', (_, data) => {
    expect(recordOf(enter({ kind: 'record.dosing', at, by: 'system', about: 'tank-1', data }))).toBeUndefined()
    expect(recordOf(enter({ kind: 'alarm.raised', at, by: 'system', data: { equipment: 'tank-1', fields: {} } }))).toBeUndefined()
  })

  test('of an older gateway has the time it was done as the time it was entered', () => {
    const old = enter({
      kind: 'record.defrost',
      at,
      by: 'li',
      about: 'f',
      data: { equipment: 'f', verdict: 'failed', fields: {} },
    })
    expect(kept(old)).toMatchObject({ enteredAt: at, verdict: 'failed', photos: [] })
  })
})

describe('corrections', () => {
  test('fold into the newest version, with every version before it, whatever their number', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 8 }), amounts => {
        const first = kept(written({ grams: 99 }))
        let now = first
        const entries: Entry[] = []
        for (const grams of amounts) {
          entries.push(put(now, { fields: { grams } }))
          now = fold([first], entries)[0] as KeptRecord
        }
        expect(now.fields).toEqual({ grams: amounts.at(-1) })
        expect(now.corrections.map(({ before }) => before.fields['grams'])).toEqual([99, ...amounts.slice(0, -1)])
        expect(entries.map(({ data }) => data['replaces'])).toEqual([
          first.seq,
          ...entries.slice(0, -1).map(({ seq: place }) => place),
        ])
        expect(entries.every(({ data }) => data['seq'] === first.seq)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  test('leave other records and what is damaged alone', () => {
    const [one, other] = [kept(written({ grams: 1 })), kept(written({ grams: 2 }))]
    const damaged = enter({ kind: 'record.corrected', at, by: 'li', data: { damaged: '{' } })
    const folded = fold([one, other], [put(one, { verdict: 'failed' }), damaged])
    expect(folded[0]).toMatchObject({ verdict: 'failed', corrections: [{ reason: '写错了，重新称过' }] })
    expect(folded[1]).toBe(other)
  })

  test('take the old signature and the old figures with them, for they were of other words', () => {
    const signed = { by: 'li', name: '李强', at, meaning: { zh: '属实', en: 'true' } }
    const of = kept(written({ grams: 23 }, { signed, reckoned: { why: 'right' } }))
    const [now] = fold([of], [put(of, { fields: { grams: 20 } })])
    expect(now).not.toHaveProperty('signed')
    expect(now).not.toHaveProperty('reckoned')
  })

  test('are heard by the rules a millisecond after what they replace, and only where something changed', () => {
    const of = kept(written({ grams: 23, note: 'a' }))
    const heard = (now: KeptRecord, said: Partial<Said>): readonly Reading[] => {
      const whole = { at: now.at, verdict: now.verdict, fields: now.fields, ...said }
      const { drafts, readings = [] } = corrected(
        { of: now, said: whole, reason: '写错了，重新称过', by: 'li' },
        {},
        instant(at + 60_000),
      )
      // What a restart and a back-test read out of the journal is what was heard at the time.
      expect(readingsIn(drafts?.[0] as Entry)).toEqual(readings)
      return readings
    }
    expect(heard(of, { fields: { grams: 23, note: 'b' } })).toEqual([])
    expect(heard(of, { fields: { grams: 20 } })).toEqual([
      { point: 'tank-1.record:dosing/grams', at: at + 1, receivedAt: at + 1, value: 20, quality: 'good' },
    ])
    expect(heard(of, { at: instant(at - 1_000) }).map(({ point }) => point)).toEqual([
      'tank-1.record:dosing/grams',
      'tank-1.record:dosing',
    ])
    const [twice] = fold([of], [put(of, { fields: { grams: 21 } })])
    expect(heard(twice as KeptRecord, { fields: { grams: 20 } })[0]?.at).toBe(at + 2)
  })

  test('and records are read out of the journal as they were heard, and what is damaged is not heard', () => {
    const entry = written({ grams: 23 })
    expect(readingsIn(entry)).toEqual(
      readingsOf({ kind: 'dosing', equipment: 'tank-1', at, verdict: 'passed', fields: { grams: 23 } }),
    )
    for (const data of [
      { damaged: '{' },
      { equipment: 'tank-1', kind: 'dosing', nth: 1 },
      { equipment: 'tank-1', nth: 1, before: {} },
    ])
      expect(readingsIn({ kind: 'record.corrected', at, data })).toEqual([])
  })
})

describe('what was sent', () => {
  test('has the same digest whatever the order of its parts', () => {
    expect(digestOf({ a: 1, b: { c: 'x' } })).toBe(digestOf({ b: { c: 'x' }, a: 1 }))
    expect(digestOf({ a: 1 })).not.toBe(digestOf({ a: 2 }))
  })
})

describe('a field', () => {
  const field = (more: object): Field =>
    ({ key: 'x', name: { zh: '某项', en: 'Item' }, need: 'may', holds: 'text', longest: 5, ...more }) as Field
  test.each([
    [{ need: 'always' }, undefined, '没有填写某项'],
    [{ need: 'always' }, '  ', '没有填写某项'],
    [{ need: 'form' }, undefined, undefined],
    [{}, '五个字以内', undefined],
    [{}, '这里超过五个字', '最多 5 个字'],
    [{}, 5, '请写文字'],
    [{ holds: 'number', unit: 'g', min: 0, max: 10 }, 10, undefined],
    [{ holds: 'number', unit: 'g', min: 0, max: 10 }, 10.5, '10.5 g 不可能，应在 0–10 g 之间'],
    [{ holds: 'number', unit: '', min: 0, max: 10 }, -1, '-1 不可能，应在 0–10 之间'],
    [{ holds: 'number', unit: 'g', min: 0, max: 10 }, '3', '请写数字'],
    [{ holds: 'flag' }, true, undefined],
    [{ holds: 'flag' }, 'yes', '请写 true 或 false'],
    [{ holds: 'day' }, '2028-02-29', undefined],
    [{ holds: 'day' }, '2027-02-29', '请写日期，例如 2026-09-01'],
    [{ holds: 'day' }, 20270301, '请写日期，例如 2026-09-01'],
    [{ holds: 'choice', choices: [{ value: 'a', name: { zh: '甲', en: 'A' } }] }, 'a', undefined],
    [{ holds: 'choice', choices: [{ value: 'a', name: { zh: '甲', en: 'A' } }] }, 'b', '请从这些里选：a（甲）'],
    [{ holds: 'choice', isOpen: true, choices: [] }, 'b', undefined],
    [{ holds: 'choice', isOpen: true, choices: [] }, 4, '请从这些里选：'],
    [{ holds: 'point' }, 'temperature', undefined],
    [{ holds: 'point' }, 'lid', '这台设备没有测点“lid”，可选：temperature'],
  ])('%o with %o: %s', (more, value, wrong) => {
    expect(mistakeIn(field(more), value, ['temperature'])?.zh).toBe(wrong)
  })

  test('takes exactly the days and months that exist', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1990, max: 2060 }),
        fc.integer({ min: 0, max: 13 }),
        fc.integer({ min: 0, max: 32 }),
        (year, month, day) => {
          const two = (value: number) => String(value).padStart(2, '0')
          const text = `${year}-${two(month)}-${two(day)}`
          const date = new Date(`${text}T00:00:00Z`)
          expect(isDay(text)).toBe(!Number.isNaN(date.getTime()) && date.toISOString().startsWith(text))
        },
      ),
    )
    expect(isDay('2026-13')).toBe(false)
    expect(isDay('2026-12')).toBe(true)
  })
})

describe('the kinds', () => {
  test('are named once, and each field of a kind once', () => {
    const names = recordKinds.map(({ kind }) => kind)
    expect(new Set(names).size).toBe(names.length)
    for (const { fields } of recordKinds) expect(new Set(fields.map(({ key }) => key)).size).toBe(fields.length)
    expect(recordKind('gossip')).toBeUndefined()
    expect(mistakesIn(undefined, { anything: 1 }, { points: [] })).toEqual([])
  })

  test('that are the contract’s take the least they were ever sent with', () => {
    const least: Readonly<Record<string, Said['fields']>> = {
      dosing: { grams: 23 },
      'meter-reading': { value: 1_200 },
      reading: { temperature: 4.2 },
    }
    for (const kind of [
      'dosing',
      'inspection',
      'meter-reading',
      'defrost',
      'cleaning',
      'maintenance',
      'repair',
      'corrective-action',
      'reading',
    ])
      expect([kind, mistakesIn(recordKind(kind), least[kind] ?? {}, { points: [] })]).toEqual([kind, []])
  })

  test('suit what they are made for', () => {
    const place = (type: string, ...readable: string[]) => ({ type, points: readable, readable })
    const suit = (kind: string, of: ReturnType<typeof place>) => recordKind(kind)?.suits(of)
    expect([suit('dosing', place('water-tank')), suit('dosing', place('freezer'))]).toEqual([true, false])
    expect([suit('reading', place('gate')), suit('reading', place('freezer', 'temperature'))]).toEqual([false, true])
    expect([suit('meter-reading', place('gas-meter')), suit('repair', place('gate'))]).toEqual([true, true])
  })
})

describe('a hand reading beside the sensor', () => {
  test('has the tolerance of its unit, else a twentieth of the scale', () => {
    const range = { min: 0, max: 40 }
    expect(differenceOf(4.6, 4.3, { unit: '°C', range })).toEqual({ difference: 0.3, tolerance: 1 })
    expect(differenceOf(10, 13, { unit: 'm³', range })).toEqual({ difference: -3, tolerance: 2 })
  })
})
