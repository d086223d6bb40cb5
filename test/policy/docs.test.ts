import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { evaluate } from '../../gateway/cli/evaluate.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import { nowhere } from '../../gateway/policy/place.ts'

const folder = fileURLToPath(new URL('../../docs/rules', import.meta.url))
const pages = (await readdir(folder)).filter(name => name.endsWith('.md')).toSorted()

/** What is no kind of rule has no readings. */
const withoutReadings = ['calendar.md']

/** The page's own language for each of its fenced blocks, in order. */
const blocksOf = (text: string): readonly { readonly language: string; readonly body: string }[] =>
  [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', body = '']) => ({ language, body }))

/** The worked example: a rule, its readings, and what `evaluate` prints of them. */
function exampleOf(text: string): { readonly rule: string; readonly readings: string; readonly printed: string } | undefined {
  const blocks = blocksOf(text)
  const at = blocks.findIndex(({ language }, index) => language === 'yaml' && blocks[index + 1]?.language === 'csv')
  const [rule, readings, printed] = blocks.slice(at, at + 3)
  if (at < 0 || !rule || !readings || printed?.language !== 'json') return undefined
  return { rule: rule.body, readings: readings.body, printed: printed.body }
}

async function print(rule: string, readings: string): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'rules-'))
  try {
    const [ruleFile, readingsFile] = [join(place, 'rule.yaml'), join(place, 'readings.csv')]
    await writeFile(ruleFile, rule)
    await writeFile(readingsFile, readings)
    const lines: string[] = []
    const say = (line: string): void => void lines.push(line)
    await evaluate(['--rule', ruleFile, '--readings', readingsFile], {
      out: say,
      err: say,
      env: {},
      readPassword: () => Promise.resolve(''),
    })
    return `${lines.join('\n')}\n`
  } finally {
    await rm(place, { recursive: true })
  }
}

describe('the page of', () => {
  test('every kind is there, and of nothing else', () => {
    const kinds = [...ruleKinds.keys(), 'calendar'].map(kind => `${kind}.md`)

    expect(pages).toEqual(kinds.toSorted())
  })

  test.each(pages.filter(page => !withoutReadings.includes(page)))('%s prints what evaluate prints', async page => {
    const example = exampleOf(await readFile(join(folder, page), 'utf8'))

    expect(example, 'three blocks in this order: yaml, csv, json').toBeDefined()
    expect(await print(example?.rule ?? '', example?.readings ?? '')).toBe(example?.printed)
  })

  test.each(withoutReadings)('%s has no example that nobody runs', async page => {
    expect(blocksOf(await readFile(join(folder, page), 'utf8')).map(({ language }) => language)).not.toContain('csv')
  })

  test.each(pages)('%s is short enough to be read', async page => {
    expect((await readFile(join(folder, page), 'utf8')).split('\n').length).toBeLessThanOrEqual(81)
  })

  test.each([...ruleKinds.keys()])('%s names every setting there is', async name => {
    const kind = ruleKinds.get(name)
    const text = await readFile(join(folder, `${name}.md`), 'utf8')
    // A setting nobody knows makes a kind say which it does know.
    const parsed = kind?.parse({ 'no-such-setting': 1 }, nowhere)
    const known = parsed?.ok === false ? (parsed.problems.find(({ path }) => path[0] === 'no-such-setting')?.write.en ?? '') : ''
    const settings = known
      .replace('known are ', '')
      .split(', ')
      .filter(setting => setting !== '' && setting !== 'kind')

    expect(settings.filter(setting => !new RegExp(`\`[^\`\n]*\\b${setting}\\b`).test(text))).toEqual([])
  })
})
