import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { minutes } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { suggestionFor } from '../../gateway/alarm/kpi-advice.ts'
import type { AdvisedRule } from '../../gateway/alarm/kpi-advice.ts'
import { shortLengths, Tally } from '../../gateway/alarm/kpi-rules.ts'
import type { RuleTally } from '../../gateway/alarm/kpi-rules.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'

const id = 'cold-1.temperature.too-warm' as RuleId
const point = { unit: '°C', decimals: 1, range: { min: -5, max: 20 } }
const limit = (onDelay = 0, deadband = 0): AdvisedRule => ({
  kind: 'limit',
  spec: { op: 'gt', value: 8, onDelay: minutes(onDelay), offDelay: minutes(0), deadband },
})
/** Alarms of so many minutes each, an hour apart. */
const lasting = (...lengths: readonly number[]): RuleTally => {
  const tally = new Tally(id)
  for (const [n, length] of lengths.entries()) {
    tally.raise((n * 3_600_000) as Instant)
    tally.clear((n * 3_600_000 + length * 60_000) as Instant)
  }
  return tally.figures
}
const chattering: RuleTally = { ...lasting(1, 1, 1), chatters: 2 }

describe('a suggestion', () => {
  test.each([
    [
      'a limit that chatters',
      chattering,
      limit(),
      '抖动：回差从 0 °C 加到 0.5 °C',
      { setting: 'deadband', from: '0', to: '0.5' },
    ],
    [
      'a limit that chatters with a deadband',
      chattering,
      limit(0, 0.5),
      '抖动：回差从 0.5 °C 加到 1 °C',
      { setting: 'deadband', from: '0.5', to: '1' },
    ],
    [
      'four in five over within two minutes',
      lasting(2, 1.5, 1.2, 2, 40),
      limit(),
      '短于 2 分钟的占 80 %：延时从 0 分钟加到 3 分钟',
      { setting: 'onDelay', from: '0s', to: '3m' },
    ],
    [
      'short ones in spite of a delay',
      lasting(4, 4, 4),
      limit(10),
      '短于 5 分钟的占 100 %：延时从 10 分钟加到 20 分钟',
      { setting: 'onDelay', from: '10m', to: '20m' },
    ],
    ['alarms that last', lasting(50, 55, 40), limit(), '多数持续较久，不是报警太灵：要修的是设备', undefined],
    [
      'short ones of a rule without a delay',
      lasting(1, 1, 1),
      { kind: 'fact', spec: {} },
      '短于 1 分钟的占 100 %，但这条规则没有可加的延时：查设备或使用习惯',
      undefined,
    ],
    [
      'short ones beyond the longest delay',
      lasting(25, 25, 25),
      limit(60),
      '短于 30 分钟的占 100 %，但这条规则没有可加的延时：查设备或使用习惯',
      undefined,
    ],
    ['another rule that chatters', chattering, { kind: 'rate', spec: {} }, '一分钟内反复报警：查探头接线和固定', undefined],
    ['a deadband that is wide enough', chattering, limit(0, 2), '一分钟内反复报警：查探头接线和固定', undefined],
    ['no data', lasting(1, 1, 1), { kind: 'stale', spec: {} }, '时断时续：查线路、电源和信号，不要只调报警', undefined],
    [
      'short alarms of gas',
      lasting(0.5, 0.5, 0.5),
      { ...limit(), lifeSafety: true },
      '涉及人身安全，不加延时：请校验或更换探头',
      undefined,
    ],
  ] as const)('for %s', (_what, tally, rule, zh, change) => {
    const suggestion = suggestionFor(tally, rule, point)
    expect(suggestion?.say.zh).toBe(zh)
    expect(suggestion?.change).toEqual(change)
  })
  test.each([
    ['two alarms', lasting(1, 1), limit()],
    ['gas that lasts', lasting(50, 50, 50), { ...limit(), lifeSafety: true }],
    ['alarms whose end is not known', { ...lasting(), calls: 9 }, limit()],
  ])('is not made for %s', (_what, tally, rule) => {
    expect(suggestionFor(tally, rule, point)).toBeUndefined()
  })
  test('that changes something always makes delay or deadband longer, and never speaks of the limit', () => {
    const lengths = fc.array(fc.double({ min: 0.01, max: 200, noNaN: true }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(
        lengths,
        fc.integer({ min: 0, max: 90 }),
        fc.integer({ min: 0, max: 30 }),
        fc.boolean(),
        (all, onDelay, tenths, chatters) => {
          const rule = limit(onDelay, tenths / 10)
          const before = structuredClone(rule)
          const change = suggestionFor({ ...lasting(...all), chatters: chatters ? 1 : 0 }, rule, point)?.change
          expect(rule).toEqual(before)
          if (change?.setting === 'deadband') expect(Number(change.to)).toBeGreaterThan(tenths / 10)
          if (change?.setting === 'onDelay')
            expect(Number.parseInt(change.to, 10) * (change.to.endsWith('h') ? 60 : 1)).toBeGreaterThan(onDelay)
        },
      ),
    )
  })
})

describe('the tally of a rule', () => {
  const at = (second: number): Instant => (second * 1_000) as Instant
  test('says that three raises within a minute are one chatter, and three more later another', () => {
    const tally = new Tally(id)
    for (const second of [0, 30, 60, 90, 200, 220, 261, 280]) tally.raise(at(second))
    expect(tally.figures).toMatchObject({ calls: 8, chatters: 2 })
  })
  test('calls one fleeting that was over within ten seconds and stood alone, also when it was the last', () => {
    const tally = new Tally(id)
    tally.raise(at(0))
    tally.clear(at(10))
    tally.raise(at(100))
    tally.clear(at(105))
    tally.raise(at(130))
    tally.clear(at(131))
    tally.raise(at(300))
    tally.clear(at(309))
    expect(tally.figures).toMatchObject({ calls: 4, fleeting: 2, ended: 4 })
    expect(tally.figures.shorter).toEqual(shortLengths.map(() => 4))
  })
  test('does not know how long one stood that somebody put aside, and counts what called again as a call', () => {
    const tally = new Tally(id)
    tally.raise(at(0))
    tally.putAside()
    tally.clear(at(3))
    tally.again()
    expect(tally.figures).toMatchObject({ calls: 2, ended: 0, fleeting: 0 })
  })
})
