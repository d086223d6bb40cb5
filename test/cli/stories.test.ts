import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { check } from '../../gateway/cli/check.ts'

const shipped = fileURLToPath(new URL('../stories', import.meta.url))

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stories-'))
  await cp(join(shipped, 'silent-fridge'), join(folder, 'silent-fridge'), { recursive: true })
})
afterEach(() => rm(folder, { recursive: true }))

const inStory = (name: string): string => join(folder, 'silent-fridge', name)
const expected = 'journal.expected.ndjson'

async function run(...args: readonly string[]) {
  const out: string[] = []
  const err: string[] = []
  const io = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line), env: {} }
  const code = await check(['--stories', ...args], io)
  return { code, out, err: err.join('\n') }
}

async function changed(name: string, change: (text: string) => string): Promise<void> {
  await writeFile(inStory(name), change(await readFile(inStory(name), 'utf8')))
}

test('every story that ships goes as expected', async () => {
  const { code, out } = await run(shipped)

  expect(out.filter(line => !line.startsWith('ok   '))).toEqual([out.at(-1)])
  expect(out.at(-1)).toMatch(/^\d+ stories, \d+ as expected, 0 not$/)
  expect(code).toBe(0)
})

describe('check --stories', () => {
  test('takes a story or a folder of them, and says what was played', async () => {
    for (const path of [folder, join(folder, 'silent-fridge')]) {
      const { code, out } = await run(path)
      expect(code).toBe(0)
      expect(out).toEqual([
        expect.stringMatching(/^ok {3}silent-fridge: The probe .* \(5 rules, 14 readings, 2 entries\)$/),
        '1 stories, 1 as expected, 0 not',
      ])
    }
    expect((await run(folder, '--lang', 'zh')).out.at(-1)).toBe('1 个故事，1 个符合，0 个不符合')
  })

  test('fails when a rule is broken, and says in what it differs', async () => {
    await changed('site.yaml', text =>
      text.replace(
        'points: { temperature: {}, door: {} }',
        'points: { temperature: {}, door: {} }\n        rules: { temperature.silent: { after: 15m, reason: test } }',
      ),
    )
    const { code, out } = await run(folder)

    expect(code).toBe(1)
    expect(out.slice(0, 2)).toEqual(['FAIL silent-fridge', `  ${inStory(expected)}:1 entry 1 is another:`])
    expect(out[2]).toBe('    expected 2026-11-23T08:40:00+08:00 alarm.raised fridge-1.temperature.silent')
    expect(out[3]).toBe('    got      2026-11-23T08:45:00.000+08:00 alarm.raised fridge-1.temperature.silent')
    expect(out[4]).toBe('    at: expected "2026-11-23T08:40:00+08:00", got 2026-11-23T08:45:00.000+08:00')
    expect(out.at(-1)).toBe('1 stories, 0 as expected, 1 not')
  })

  test('fails when an entry is missing or was not expected', async () => {
    await changed(expected, text => `${text}{"kind":"alarm.raised","rule":"fridge-1.door.left-open"}\n`)
    const { code, out } = await run(folder)
    expect(code).toBe(1)
    expect(out.slice(1, 3)).toEqual([
      `  ${inStory(expected)}:3 expects entry 3, but the journal has 2. Missing:`,
      '    alarm.raised fridge-1.door.left-open',
    ])

    await writeFile(inStory(expected), '')
    const more = await run(folder, '--lang', 'zh')
    expect(more.code).toBe(1)
    expect(more.out.slice(0, 2)).toEqual(['不符 silent-fridge', '  日志多了第 1 条（共 2 条）：'])
  })

  test('says what is wrong with a story, and with its site', async () => {
    await changed('readings.csv', text => text.replace('4.5', 'warm'))
    expect((await run(folder)).out[1]).toBe(
      `  ${inStory('readings.csv')}:2 "warm" is no number; write a number, or nothing where it could not be read`,
    )
    await changed('readings.csv', text => text.replace('warm', '4.5').replace('fridge-1.temperature', 'fridge-2.temperature'))
    expect((await run(folder)).out[1]).toContain('the site has no point fridge-2.temperature')
    await changed('site.yaml', text => text.replace('vaccine-fridge', 'vaccine-frige'))
    const { code, out } = await run(folder)
    expect(code).toBe(1)
    expect(out.join('\n')).toContain('error unknown-equipment-type')
  })

  test('refuses what nobody has said, until --update says it, loudly', async () => {
    await rm(inStory(expected))
    const before = await run(folder)
    expect([before.code, before.out[1]]).toEqual([1, expect.stringContaining('nobody has said yet what the journal must say')])

    const update = await run(folder, '--update')
    expect(update.code).toBe(0)
    expect(update.out).toEqual([
      'REWRITTEN silent-fridge: 2 entries',
      expect.stringMatching(/^NOTE: .*Read them before you keep them/),
    ])
    expect((await readFile(inStory(expected), 'utf8')).split('\n')[0]).toBe(
      '{"at":"2026-11-23T08:40:00.000+08:00","kind":"alarm.raised","rule":"fridge-1.temperature.silent","clause":"VAC-1","since":"2026-11-23T08:30:00.000+08:00"}',
    )
    expect((await run(folder)).code).toBe(0)

    const again = await run(folder, '--update')
    expect(again.out).toEqual(['as it was silent-fridge', '1 stories, 1 as expected, 0 not'])
  })

  test('leaves a file alone that already expects what happens', async () => {
    const before = await readFile(inStory(expected), 'utf8')
    await run(folder, '--update', '--lang', 'zh')

    expect(await readFile(inStory(expected), 'utf8')).toBe(before)
  })

  test('prints JSON where asked', async () => {
    const good = await run(folder, '--json')
    expect(good.out.map(line => JSON.parse(line) as unknown)).toEqual([
      { story: 'silent-fridge', ok: true, entries: 2, rules: 5, readings: 14 },
      { summary: { stories: 1, failed: 0, rewritten: 0 } },
    ])
    await writeFile(inStory(expected), '{"kind":"alarm.cleared"}')
    const bad = await run(folder, '--json')
    expect(JSON.parse(bad.out[0] ?? '')).toMatchObject({ ok: false, difference: { entry: 1, fields: [{ name: 'kind' }] } })
    await rm(inStory(expected))
    expect(JSON.parse((await run(folder, '--json', '--update')).out[0] ?? '')).toEqual({
      story: 'silent-fridge',
      rewritten: true,
      entries: 2,
    })
  })

  test('knows its own usage', async () => {
    expect((await run('--help')).out[0]).toContain('zhishou check --stories')
    expect((await run('--colour')).code).toBe(2)
    expect(await run(join(folder, 'nowhere'))).toMatchObject({ code: 2, err: expect.stringContaining('there is no story in') })
  })
})
