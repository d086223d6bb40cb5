import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hantTable, openCC } from '../../dashboard/hant-build.ts'
import { dress } from '../../dashboard/src/words/hant/dress.ts'
import { field } from '../../dashboard/src/words/hant/field.ts'
import { hantBy } from '../../dashboard/src/words/hant/hant.ts'
import { sayAge } from '../../dashboard/src/words/say.ts'
import { firstKnown } from '../../dashboard/src/words/tongues.ts'
import { zh } from '../../dashboard/src/words/zh.ts'
import { languageOf } from '../../gateway/api/problem.ts'
import { leaves, onlySimplified, spoken } from './said.ts'

const root = join(import.meta.dirname, '../..')
const table = readFileSync(join(root, 'dashboard/src/words/hant/table.txt'), 'utf8')
const asOpenCC = hantBy(table)
const convert = hantBy(table, field)

/** Every dictionary of the dashboard, those of pages that come later included. */
const pages = join(root, 'dashboard/src/pages')
const dictionaries: readonly (readonly [string, unknown])[] = [
  ['words/zh.ts', { zh }],
  ...(await Promise.all(
    readdirSync(pages)
      .filter(name => name.endsWith('-words.ts'))
      .map(async name => [name, await import(join(pages, name))] as const),
  )),
]
const han = /\p{Script=Han}/u
const words = dictionaries
  .flatMap(([, all]) => Object.values(all as object).filter(one => typeof one !== 'function'))
  .flatMap(all => leaves(all).map(([, value]) => spoken(value)))
  .filter(text => han.test(text))

/** What the gateway says in Chinese: its own sentences and the rule packs, as they stand in the files. */
const gateway = readdirSync(join(root, 'gateway'), { recursive: true, encoding: 'utf8' })
  .filter(name => /\.(ts|yaml)$/.test(name))
  .flatMap(name => readFileSync(join(root, 'gateway', name), 'utf8').split('\n'))
  .filter(line => han.test(line))

describe('繁體 of what is written in 简体', () => {
  test('is shown from a table that is made of the dictionaries installed', async () => {
    expect(table === (await hantTable())).toBe(true)
  })

  test('is what OpenCC itself makes of it: every word of every page, and every sentence of the gateway', () => {
    expect(dictionaries.length).toBeGreaterThan(3)
    expect(words.length).toBeGreaterThan(1_000)
    expect(gateway.length).toBeGreaterThan(1_000)
    expect([...words, ...gateway].filter(text => asOpenCC(text) !== openCC(text))).toEqual([])
  })

  test('is so too wherever one thing follows another', () => {
    const part = fc.constantFrom(
      ...words,
      '统一出口',
      '干',
      '发',
      '后',
      '里',
      '😀',
      '𠀀',
      '𫖃',
      '𫌀',
      '<script>',
      ' 8 °C',
      '\u202f',
      '',
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), fc.nat(12), (parts, from) => {
        const text = parts.join('').slice(from)
        expect(asOpenCC(text)).toBe(openCC(text))
      }),
    )
  })

  test('differs from it only where a word of our field stands', () => {
    const own = Object.keys(field)
    expect(own.filter(word => convert(word) !== field[word])).toEqual([])
    expect(words.filter(text => convert(text) !== openCC(text) && !own.some(word => text.includes(word)))).toEqual([])
    expect(own.filter(word => field[word] === openCC(word))).toEqual([])
    expect(convert('报警：设备没有应答，请登录后查看')).toBe('告警：設備沒有應答，請登入後查看')
    expect(convert('头发、发现、皇后、以后、干燥、干部、面条')).toBe('頭髮、發現、皇后、以後、乾燥、幹部、麪條')
  })

  test('leaves no character that only 简体 has', () => {
    expect(onlySimplified.size).toBeGreaterThan(2_000)
    expect([...words, ...gateway].flatMap(text => [...convert(text)]).filter(one => onlySimplified.has(one))).toEqual([])
  })
})

describe('a dictionary in other characters', () => {
  const hant = dress(zh, convert)

  test('says the same things under the same names', () => {
    const shape = (of: unknown) => leaves(of).map(([path, value]) => `${path} ${typeof value}`)
    expect(shape(hant)).toEqual(shape(zh))
    expect(hant.signIn.title).toBe('登入')
    expect(hant.triage.segments.acknowledged).toBe('已確認')
    expect(hant.cases.path).toContain('報修')
    expect(sayAge(95 * 60_000, hant)).toBe('1\u00a0小時\u00a035\u00a0分前')
  })

  test('leaves what it is told as it is told: the names of persons and what they wrote', () => {
    expect(hant.alarm.acknowledgedBy('范后丽', '14:05')).toBe('范后丽 於 14:05 確認')
    expect(hant.handover.comment('门没关严')).toBe('交接說明：门没关严'.replace('說', '説'))
    expect(hant.nav.few('于里、余干', 3)).toBe('于里、余干等 3 人')
    expect(hant.policies.offAt('1 號櫃', undefined)).toBe('1 號櫃')
    expect(dress((all: readonly string[], n: number) => [all.join('、'), n], convert)(['干部', '里'], 2)).toEqual(['干部、里', 2])
    expect(dress({ none: null, no: undefined, n: 3 }, convert)).toEqual({ none: null, no: undefined, n: 3 })
  })
})

describe('who reads which', () => {
  test.each([
    ['zh-TW', 'zh-Hant'],
    ['zh-HK', 'zh-Hant'],
    ['zh-MO', 'zh-Hant'],
    ['zh-Hant', 'zh-Hant'],
    ['zh-Hant-CN', 'zh-Hant'],
    ['ZH-tw', 'zh-Hant'],
    ['zh-Hans-HK', 'zh'],
    ['zh-CN', 'zh'],
    ['zh', 'zh'],
    ['zh-SG', 'zh'],
    ['en-US', 'en'],
    ['ja', 'en'],
  ])('a browser that asks for %s first sees %s', (asked, shown) => {
    expect(firstKnown([asked, 'en'])).toBe(shown)
    expect(firstKnown(['fr-FR', asked])).toBe(shown)
  })

  test.each(['zh-Hant', 'zh-TW', 'zh-HK,zh;q=0.9,en;q=0.8', 'fr, zh-Hant-MO;q=0.5, en;q=0.4'])(
    'the gateway answers %s in Chinese',
    asked => {
      expect(languageOf(asked)).toBe('zh')
    },
  )

  test('no page takes its words past the characters the reader chose', () => {
    const folder = join(root, 'dashboard/src')
    const drawn = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.svelte'))
    expect(drawn.filter(name => /Words\[|said\.zh\b|sayTerm\((?!.*inScript)/.test(withoutScripted(join(folder, name))))).toEqual(
      [],
    )
  })
})

const withoutScripted = (file: string): string => readFileSync(file, 'utf8').replaceAll(/inScript\(say(Term|Note)\(/g, '')
