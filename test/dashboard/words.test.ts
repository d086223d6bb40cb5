import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { faultCodes } from '../../protocols/contract/fault.ts'
import { en } from '../../dashboard/src/words/en.ts'
import { sayAge, sayDuration, sayNumber, sayQuantity, setText } from '../../dashboard/src/words/say.ts'
import { linesWords } from '../../dashboard/src/pages/lines-words.ts'
import { cyclesWords } from '../../dashboard/src/pages/cycles-words.ts'
import { dosingWords } from '../../dashboard/src/pages/dosing-words.ts'
import { gaugesWords } from '../../dashboard/src/pages/gauges-words.ts'
import { metersWords } from '../../dashboard/src/pages/meters-words.ts'
import { specialWords } from '../../dashboard/src/pages/special-words.ts'
import { kpiWords } from '../../dashboard/src/pages/kpi-words.ts'
import { systemWords } from '../../dashboard/src/pages/system-words.ts'
import { zh } from '../../dashboard/src/words/zh.ts'
import { leaves, spoken } from './said.ts'

describe('the dictionaries', () => {
  test('say the same things in both languages', () => {
    expect(
      leaves(en)
        .map(([path]) => path)
        .toSorted(),
    ).toEqual(
      leaves(zh)
        .map(([path]) => path)
        .toSorted(),
    )
  })

  test('have Chinese in Chinese and no Chinese in English', () => {
    const han = /\p{Script=Han}/u
    const foreign = leaves(en).filter(([, value]) => han.test(spoken(value)))
    const missing = leaves(zh).filter(([, value]) => !han.test(spoken(value)) && /[a-z]{2}/i.test(spoken(value)))

    expect([...foreign, ...missing].map(([path]) => path)).toEqual([])
  })

  test('use full-width punctuation in Chinese', () => {
    expect(
      leaves(zh)
        .map(([, value]) => spoken(value))
        .filter(text => /\p{Script=Han}\s?[,;:?!()]/u.test(text)),
    ).toEqual([])
  })

  test('name every cause a gap can have', () => {
    const causes = [...faultCodes, 'gateway-stopped', 'silent']
    expect(causes.filter(code => zh.fault[code] === undefined || !(code in en.fault))).toEqual([])
  })

  test('are the only place where the pages take Chinese from', () => {
    const folder = join(import.meta.dirname, '../../dashboard/src')
    const drawn = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      name => name.endsWith('.svelte') || (name.endsWith('.ts') && !name.startsWith('words') && !name.endsWith('-words.ts')),
    )
    const stray = drawn.filter(name => /\p{Script=Han}/u.test(readFileSync(join(folder, name), 'utf8')))

    expect(drawn.length).toBeGreaterThan(20)
    expect(stray).toEqual([])
  })
})

describe('how numbers and times are said', () => {
  test.each([
    { value: 9.4, decimals: 1, said: '9.4' },
    { value: -18, decimals: 1, said: '−18.0' },
    { value: -0.04, decimals: 1, said: '0.0' },
    { value: 0.3, decimals: 2, said: '0.30' },
  ])('$value with $decimals decimals is $said', ({ value, decimals, said }) => {
    expect(sayNumber(value, decimals)).toBe(said)
  })

  test('number and unit stand a thin space apart and cannot break', () => {
    expect(sayQuantity(9.4, 1, '°C')).toBe('9.4\u202f°C')
    expect(setText('above 8 °C for 2 h', 'en')).toBe('above 8\u202f°C for 2\u202fh')
  })

  test.each([
    { ms: 400, zh: '刚刚', en: 'just now' },
    { ms: 3_000, zh: '3\u00a0秒前', en: '3\u00a0s ago' },
    { ms: 18 * 60_000, zh: '18\u00a0分钟前', en: '18\u00a0min ago' },
    { ms: 95 * 60_000, zh: '1\u00a0小时\u00a035\u00a0分前', en: '1\u00a0h\u00a035\u00a0min ago' },
    { ms: 49 * 3_600_000, zh: '2\u00a0天\u00a01\u00a0小时前', en: '2\u00a0d\u00a01\u00a0h ago' },
  ])('an age of $ms ms is $zh', ({ ms, zh: chinese, en: english }) => {
    expect(sayAge(ms, zh)).toBe(chinese)
    expect(sayAge(ms, en)).toBe(english)
  })

  test('a clock that was set back is not a negative time', () => {
    expect(sayDuration(-5000, zh)).toBe('0\u00a0秒')
  })

  test('half-width punctuation of rule packs is set full-width in Chinese only', () => {
    expect(setText('柜内温度 9.4 °C,高于 8 °C', 'zh')).toBe('柜内温度 9.4\u202f°C，高于 8\u202f°C')
    expect(setText('值班室:请关门', 'zh')).toBe('值班室：请关门')
    expect(setText('Fridge 1, too warm', 'zh')).toBe('Fridge 1, too warm')
    expect(setText('07:30 开门', 'zh')).toBe('07:30 开门')
  })
})

describe.each([
  ['the connections and the wizard', linesWords],
  ['how the records are kept', systemWords],
  ['the views by purpose', specialWords],
  ['disinfection cycles', cyclesWords],
  ['the reading sheet', metersWords],
  ['dosing', dosingWords],
  ['fire equipment', gaugesWords],
  ['alarm performance', kpiWords],
])('the words of the page of %s', (_, words) => {
  test('say the same things in both languages, without Chinese in English, and with full-width punctuation in Chinese', () => {
    const keys = (of: unknown) => leaves(of).map(([path]) => path)
    expect(keys(words.en)).toEqual(keys(words.zh))
    const han = /\p{Script=Han}/u
    expect(leaves(words.en).filter(([, value]) => han.test(spoken(value)))).toEqual([])
    expect(
      leaves(words.zh)
        .map(([, value]) => spoken(value))
        .filter(text => /\p{Script=Han}\s?[,;:?!()]/u.test(text)),
    ).toEqual([])
  })
})
