import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { byUrgency, countdownOf } from '../../dashboard/src/live/special/countdown.ts'
import type { WireDosedTank } from '../../gateway/api/wire-records.ts'
import { noon, passwords, SpecialGround } from './special-ground.ts'

const [minute, day] = [60_000, 86_400_000]
let ground: SpecialGround
const dose = async (equipment: string, at: number | undefined, fields: object): Promise<number> => {
  const body = {
    equipment,
    ...(at === undefined ? {} : { at }),
    fields: { product: '次氯酸钙 65 %', ...fields },
    password: passwords.li,
  }
  const { status, text, body: entry } = await ground.send('li', 'POST', '/records/dosing', body)
  if (status !== 200) throw new Error(text)
  return entry.seq
}
async function tanks(): Promise<readonly WireDosedTank[]> {
  return (await ground.send('li', 'GET', '/dosing')).body.items
}
beforeAll(async () => {
  ground = await SpecialGround.make()
  await ground.reads([
    { point: 'tank-1.volume', t: noon - 7 * day - minute, v: 12 },
    { point: 'tank-1.chlorine', t: noon - 7 * day - minute, v: 0.1 },
    { point: 'tank-1.chlorine', t: noon - 7 * day + 20 * minute, v: 1.4 },
    { point: 'tank-1.chlorine', t: noon - 7 * day + 40 * minute, v: 0.55 },
    { point: 'tank-1.volume', t: noon - minute, v: 16 },
    { point: 'tank-1.chlorine', t: noon - minute, v: 0.3 },
  ])
  // 12 m³ × (0.5 + 1 − 0.1) mg/L ÷ 0.65 = 25.846 g: right; then 16 × (1.5 − 0.3) ÷ 0.65 = 29.54 g, of which 15 are too little.
  await dose('tank-1', noon - 7 * day, { grams: 25.8 })
  await dose('tank-2', noon - 12 * day, { grams: 20 })
  const seq = await dose('tank-1', undefined, { grams: 15 })
  await ground.send('li', 'POST', '/records/reading', {
    equipment: 'tank-1',
    fields: { point: 'chlorine', value: 0.35, follows: seq, note: '试纸' },
  })
  await vi.waitFor(async () => expect((await tanks())[0]?.history[0]?.required).toBe(29.54), { timeout: 60_000, interval: 200 })
}, 120_000)
afterAll(() => ground?.remove())

describe('the tanks', () => {
  test('say how often they are dosed, how much water there is, and where they stand', async () => {
    const [first, second] = await tanks()
    expect(first).toMatchObject({
      equipment: 'tank-1',
      area: 'pumps',
      capacity: 20,
      every: 10 * day,
      volume: { value: 16, usable: true },
    })
    expect(second).toMatchObject({ equipment: 'tank-2', every: 10 * day, volume: null, last: { grams: 20 } })
  })
  test('say of each dosing what the water needed, and the chlorine before and after', async () => {
    const [first, second] = await tanks()
    expect(first?.history).toHaveLength(2)
    expect(first?.history[0]).toMatchObject({
      from: 'person',
      grams: 15,
      required: 29.54,
      verdict: 'failed',
      by: '李强',
      signed: true,
      before: 0.3,
      // Somebody tested it; that counts, however soon.
      after: { value: 0.35 },
    })
    expect(first?.history[1]).toMatchObject({
      at: '2026-11-16T12:00:00.000+08:00',
      grams: 25.8,
      required: 25.85,
      verdict: 'passed',
      before: 0.1,
      // The reading within the contact time says nothing yet.
      after: { at: '2026-11-16T12:40:00.000+08:00', value: 0.55 },
    })
    expect(second?.history[0]).toMatchObject({ grams: 20, required: null, verdict: 'unknown', before: null, after: null })
  })
  test('are not for who may only look', async () => {
    expect((await ground.send('guest', 'GET', '/dosing')).status).toBe(403)
  })
})

describe('the countdown', () => {
  const at = (days: number): string => new Date(noon + days * day).toISOString()
  const last = (days: number) => ({ at: at(days), grams: 20 })
  const due = (days: number, state: 'missed' | 'soon' | 'open' = 'open') => ({ at: at(days), state, clause: 'WAT-1' })
  const every = 10 * day
  test.each([
    ['7 of 10 days', { last: last(-7), every, due: due(3) }, { days: 7, of: 10, spent: 0.7, left: 3 * day, tone: 'calm' }],
    ['the last day', { last: last(-9.5), every, due: due(0.5) }, { days: 9, left: day / 2, tone: 'advisory' }],
    ['just due', { last: last(-10), every, due: due(0) }, { days: 10, spent: 1, left: 0, tone: 'advisory' }],
    ['overdue', { last: last(-12), every, due: due(8) }, { days: 12, spent: 1, left: -2 * day, tone: 'medium' }],
    ['missed, never dosed', { last: null, every, due: due(-1, 'missed') }, { days: undefined, spent: undefined, tone: 'medium' }],
    ['never dosed, not yet due', { last: null, every, due: due(4) }, { spent: undefined, left: 4 * day, tone: 'calm' }],
    [
      'not asked for',
      { last: last(-3), every: null, due: null },
      { days: 3, of: undefined, spent: undefined, left: undefined, tone: 'unknown' },
    ],
    ['of the future, by a clock that was set', { last: last(1), every, due: null }, { days: 0, spent: 0 }],
  ] as const)('is %s', (_, tank, expected) => {
    expect(countdownOf(tank, noon)).toMatchObject(expected)
  })
  test('never goes beyond the ring, and is overdue exactly when the time is over', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000 }), fc.integer({ min: 1, max: 1_000 }), (hours, each) => {
        const tank = {
          last: { at: new Date(noon - hours * 3_600_000).toISOString(), grams: 1 },
          every: each * 3_600_000,
          due: null,
        }
        const { spent = -1, tone } = countdownOf(tank, noon)
        expect(spent).toBeGreaterThanOrEqual(0)
        expect(spent).toBeLessThanOrEqual(1)
        expect(tone === 'medium').toBe(hours > each)
      }),
    )
  })
  test('puts the most pressing first, and what nobody knows of last', () => {
    const of = (days: number | null) => countdownOf({ last: days === null ? null : last(-days), every, due: null }, noon)
    const sorted = [of(null), of(3), of(12), of(9)].toSorted(byUrgency)
    expect(sorted.map(one => one.days)).toEqual([12, 9, 3, undefined])
  })
})
