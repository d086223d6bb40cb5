import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { unifiedDiff } from '../../gateway/commission/diff.ts'

/** Applies a diff as its format says, line by line, and refuses what does not fit. */
function apply(text: string, diff: string): string {
  if (diff === '') return text
  const lines: readonly string[] = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  const out: string[] = []
  let at = 0
  const [, , ...body] = diff.split('\n')
  for (const [index, line] of body.entries()) {
    const hunk = /^@@ -(\d+),(\d+) \+/.exec(line)
    const ended = body[index + 1] === '\\ No newline at end of file' ? '' : '\n'
    if (hunk) {
      const start = Number(hunk[1]) - (Number(hunk[2]) > 0 ? 1 : 0)
      out.push(...lines.slice(at, start))
      at = start
    } else if (line.startsWith('+')) out.push(line.slice(1) + ended)
    else if (line.startsWith(' ') || line.startsWith('-')) {
      if (lines[at] !== line.slice(1) + ended) throw new Error(`line ${at + 1} is ${lines[at]}, not ${line}`)
      if (line.startsWith(' ')) out.push(lines[at] ?? '')
      at += 1
    }
  }
  return [...out, ...lines.slice(at)].join('')
}

const line = fc.constantFrom('a', 'b', 'c: 1', '', '  - x', '+', '-', '@@ -1,1 +1,1 @@', '\\ odd', '中文')
const text = fc
  .tuple(fc.array(line, { maxLength: 40 }), fc.boolean())
  .map(([lines, ends]) => lines.join('\n') + (ends ? '\n' : ''))

describe('a unified diff', () => {
  test('gives the new text when it is applied to the old one', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(apply(before, unifiedDiff('site.yaml', before, after))).toBe(after)
      }),
      { numRuns: 2_000 },
    )
  })

  test('is nothing where nothing changed', () => {
    fc.assert(fc.property(text, same => void expect(unifiedDiff('f', same, same)).toBe('')))
  })

  test('names no more lines than were changed, in texts of which one line is another', () => {
    const before = Array.from({ length: 300 }, (_, index) => `line ${index}\n`)
    const after = before.with(150, 'another\n')
    const diff = unifiedDiff('f', before.join(''), after.join(''))
    expect(diff.split('\n')).toEqual([
      '--- f',
      '+++ f',
      '@@ -148,7 +148,7 @@',
      ' line 147',
      ' line 148',
      ' line 149',
      '-line 150',
      '+another',
      ' line 151',
      ' line 152',
      ' line 153',
      '',
    ])
  })

  test('shows texts that have nothing in common and are very long as one change', () => {
    const before = Array.from({ length: 2_100 }, (_, index) => `old ${index}\n`).join('')
    const after = Array.from({ length: 2_100 }, (_, index) => `new ${index}\n`).join('')
    const diff = unifiedDiff('f', before, after)
    expect(diff.match(/^@@/gm)).toHaveLength(1)
    expect(apply(before, diff)).toBe(after)
  })

  test('is taken by patch, which nobody here wrote', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'zhishou-diff-'))
    const file = join(folder, 'site.yaml')
    try {
      for (const [before, after] of fc.sample(fc.tuple(text, text), { numRuns: 40, seed: 5 })) {
        if (before === after) continue
        await writeFile(file, before)
        const patched = spawnSync('patch', ['-s', '--posix', file], { input: unifiedDiff('site.yaml', before, after) })
        expect(String(patched.stdout) + String(patched.stderr)).toBe('')
        expect(await readFile(file, 'utf8').catch(() => '')).toBe(after)
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
