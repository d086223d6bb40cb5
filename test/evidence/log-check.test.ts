import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Chain } from '../../gateway/evidence/chain.ts'
import { fingerprintOf, makeKey, nodeProving, publicKeyOf, signed } from '../../gateway/evidence/signed.ts'
import type { SignedProof } from '../../gateway/evidence/signed.ts'
import type { Given } from '../../gateway/evidence/verdict.ts'
import { verifyFile } from '../../gateway/evidence/verify.ts'
import { canonical } from '../../gateway/journal/canonical.ts'
import { nodeHashing } from '../../gateway/journal/node-hashing.ts'
import type { LogFormat } from '../../gateway/report/question.ts'
import { fileOf, inMemory } from './log-files.ts'

const key = makeKey()
const fingerprint = fingerprintOf(publicKeyOf(key))
const given: Given = { proving: nodeProving, key: undefined, heads: [] }
const check = (format: LogFormat, bytes: Uint8Array, more = given) => verifyFile(`log.${format}`, inMemory(bytes), more)
const checkText = (format: LogFormat, text: string, more = given) => check(format, new TextEncoder().encode(text), more)
const textOf = async (format: LogFormat, rows: number): Promise<string> =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(await fileOf(format, rows, key))
const formats = ['json', 'csv', 'xlsx', 'pdf'] as const

describe.each(formats)('a log as %s', format => {
  test('is as it was made, says who signed it, and that it must be a key that was asked for', async () => {
    for (const rows of [0, 1, 40, 400]) {
      const verdict = await check(format, await fileOf(format, rows, key))
      expect(verdict.finding).toBeUndefined()
      expect(verdict).toMatchObject({ what: format, fingerprint, proof: { export: 'e-1', by: 'wang' }, head: { size: 9 } })
    }
    const bytes = await fileOf(format, 3, key)
    expect((await check(format, bytes, { ...given, key: fingerprint })).finding).toBeUndefined()
    const other = { ...given, key: fingerprintOf(publicKeyOf(makeKey())) }
    expect((await check(format, bytes, other)).finding).toMatchObject({ kind: 'other-key' })
  })

  test('that is not signed is told so', async () => {
    expect((await check(format, await fileOf(format, 3, undefined))).finding).toMatchObject({ kind: 'unsigned' })
  })

  test('of which any byte was altered, left out or cut off at is found', async () => {
    const bytes = await fileOf(format, 30, key)
    const content = format === 'xlsx' ? contentOf(bytes) : ''
    expect(content).not.toBe('refused')
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), async (place, by) => {
        const flipped = Uint8Array.from(bytes)
        flipped[place] = (flipped[place] ?? 0) ^ by
        const { finding } = await check(format, flipped)
        // The dates of members of a workbook's archive are no content: nobody sees them. What they hold is the same then.
        if (format !== 'xlsx') expect(finding).toBeDefined()
        else if (!finding) expect([content, 'refused']).toContain(contentOf(flipped))
        expect((await check(format, bytes.subarray(0, place))).finding).toBeDefined()
        const without = Uint8Array.from([...bytes.subarray(0, place), ...bytes.subarray(place + 1)])
        if (format !== 'xlsx') expect((await check(format, without)).finding).toBeDefined()
      }),
      { numRuns: format === 'xlsx' || format === 'pdf' ? 60 : 150 },
    )
    expect((await check(format, Uint8Array.from([...bytes, 10]))).finding).toBeDefined()
  })
})

/** What the members of a workbook hold, read by Python's own reader; `refused` where that does not take the file, as stricter versions of it do. */
function contentOf(bytes: Uint8Array): string {
  const program =
    'import sys,io,zipfile,hashlib\nz=zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))\nprint([(n,hashlib.sha256(z.read(n)).hexdigest()) for n in z.namelist()])'
  const { status, stdout } = spawnSync('python3', ['-c', program], { input: bytes })
  return status === 0 ? String(stdout) : 'refused'
}

describe('the first record that is not as it was', () => {
  const rowsOf = { json: '\n', csv: '\r\n' } as const
  /** Lines of a row each: line 0 of JSON is the head, and the rows of CSV begin where the first cabinet does. */
  const lines = async (
    format: 'json' | 'csv',
    rows: number,
  ): Promise<{ lines: string[]; first: number; join(lines: readonly string[]): string }> => {
    const parts = (await textOf(format, rows)).split(rowsOf[format])
    return { lines: parts, first: parts.findIndex(line => line.includes('冷柜 0')), join: all => all.join(rowsOf[format]) }
  }

  test.each(['json', 'csv'] as const)('is named in %s: altered, missing, inserted, swapped, cut off', async format => {
    for (const rows of [40, 700]) {
      const { lines: all, first, join } = await lines(format, rows)
      const at = first + 10
      const place =
        format === 'json'
          ? expect.stringMatching(/^daily row 11 \(2026-09-01T00:10Z 冷柜 10\)$/)
          : expect.stringContaining('冷柜 10')
      const find = async (changed: readonly string[]) => (await checkText(format, join(changed))).finding
      const altered = all.with(at, (all[at] ?? '').replace('冷柜 10', '冷柜 99'))
      expect(await find(altered)).toMatchObject({
        kind: 'altered',
        place: format === 'json' ? expect.stringMatching(/^daily row 11 .*冷柜 99/) : expect.stringContaining('冷柜 99'),
      })
      expect(await find(all.toSpliced(at, 1))).toMatchObject({
        kind: 'missing',
        place: format === 'json' ? expect.stringMatching(/^daily row 11 .*冷柜 11/) : expect.stringContaining('冷柜 11'),
      })
      expect(await find(all.toSpliced(at, 0, all[at - 3] ?? ''))).toMatchObject({ kind: 'inserted' })
      expect(await find(all.toSpliced(at, 2, all[at + 1] ?? '', all[at] ?? ''))).toMatchObject({ kind: 'swapped' })
      const word = all.with(
        at,
        (all[at] ?? '').replace(
          format === 'json' ? /"check":"[0-9a-f]{8}"/ : /[0-9a-f]{8}$/,
          format === 'json' ? '"check":"00000000"' : '00000000',
        ),
      )
      expect(await find(word)).toMatchObject({ kind: 'altered', place })
      expect(await find(all.slice(0, at))).toMatchObject({ kind: 'truncated' })
      expect(await find([...all.slice(0, at), ''])).toMatchObject({ kind: 'truncated' })
    }
  })

  test('is found where all check words were written anew: the row itself in a short log, the stretch in a long one', async () => {
    for (const [rows, stretch] of [
      [40, 1],
      [700, 8],
    ] as const) {
      const { lines: all, first, join } = await lines('json', rows)
      const chain = new Chain(nodeHashing)
      const changed = all.with(first + 20, (all[first + 20] ?? '').replace('冷柜 20', '冷柜 99'))
      const anew = changed.map((line, index) => rewritten(line, index, chain))
      const { finding } = await checkText('json', join(anew))
      expect(finding?.kind).toBe('altered')
      if (stretch === 1) expect(finding?.place).toMatch(/^daily row 21 .*冷柜 99/)
      else expect(finding?.say.en).toMatch(/was altered$/)
    }
  })

  test('does not hide behind a proof that another key has signed', async () => {
    const text = await textOf('json', 5)
    const [, proof = ''] = /"proof":(\{.*\})\}\n$/.exec(text) ?? []
    const { publicKey: _, signature: __, ...bare } = JSON.parse(proof) as SignedProof
    const resigned = text.replace(proof, JSON.stringify(signed(bare, makeKey())))
    expect((await checkText('json', resigned)).finding).toMatchObject({ kind: 'other-key', place: 'head' })
    expect((await checkText('json', text.replace('"by":"wang"', '"by":"li"'))).finding).toMatchObject({ kind: 'wrong-signature' })
  })

  test('is no matter for a file of somebody else', async () => {
    for (const text of [
      '',
      '{}',
      'a,b\r\n1,2\r\n',
      '\uFEFFa,b\r\n1,2\r\n',
      'PK',
      '%PDF-1.7',
      '[]\n',
      '{"log":"zhishou-log-1"}\n',
    ])
      expect((await checkText('json', text)).finding).toBeDefined()
  })
})

/** Every check word of a JSON log made new, as a forger would who knows how. */
function rewritten(line: string, index: number, chain: Chain): string {
  return line.replaceAll(
    /\{"check":"[0-9a-f]{8}"(,[\s\S]*?)?(,"rows":\[|\}(?=,?$|\]\}))|("log":"zhishou-log-1","check":")[0-9a-f]{8}("(,[\s\S]*?),"sections":\[)/g,
    (whole, members, end, top, _rest, topMembers) => {
      if (top) return `${top}${chain.add(canonical(JSON.parse(`{${String(topMembers).slice(1)}}`)))}"${topMembers},"sections":[`
      return `{"check":"${chain.add(canonical(JSON.parse(`{${String(members).slice(1)}}`)))}"${members}${end}`
    },
  )
}
