import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesOfView } from '../../gateway/evidence/archive.ts'
import { fingerprintOf, nodeProving, publicKeyOf } from '../../gateway/evidence/signed.ts'
import { verifyFile } from '../../gateway/evidence/verify.ts'
import type { LogDocument } from '../../gateway/report/document.ts'
import { writeJson } from '../../gateway/report/forms/json.ts'
import { writePdf } from '../../gateway/report/forms/pdf.ts'
import { readQr } from './qr.ts'
import { cabinetSection, emptySection, logDocument, newFolder, testKey, testSeal, textSection, words } from './sheet.ts'

async function written(document: LogDocument, language: 'zh' | 'en' = 'zh', seal = testSeal()) {
  const file = join(newFolder(), 'log.pdf')
  await writePdf(document, file, language, seal)
  const text = execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8', maxBuffer: 1e9 })
  const info = execFileSync('pdfinfo', [file], { encoding: 'utf8' })
  return { file, text, info, pages: text.split('\f').slice(0, -1), plain: text.replaceAll(/\s/g, '') }
}
const given = { proving: nodeProving } as Parameters<typeof verifyFile>[2]
const viewOf = (bytes: Buffer): DataView => new DataView(new Uint8Array(bytes).buffer)

describe('a log on paper', () => {
  test('has all of it as text: head, limits, every figure, the gap and its cause', async () => {
    const { text, plain } = await written(logDocument())

    for (const piece of [
      '青山小学(greenhill)',
      '2026-11-01至2026-11-30（30天）',
      '99.99%',
      '网关系统时钟',
      'CAN-1留样冷藏0–8°C',
      '（未核对原文）',
      'canteen1.2',
      '没有校准记录',
      '本期没有超限。',
      '停电18小时：无读数，不作推算',
      '柜门未关严（CAN-2）',
    ])
      expect(plain).toContain(piece)
    const lines = text.split('\n').map(line => line.trim().split(/\s{2,}| (?=\d{4}-)/))
    for (let day = 1; day <= 30; day++) {
      const name = `2026-11-${String(day).padStart(2, '0')}`
      const mean = 4 + Math.sin((day - 1) / 3 + 1)
      const expected =
        day === 12
          ? ['—', '—', '—', '—', '25.00%']
          : day === 18
            ? ['2.1', '6.75', '11.4', '2小时15分', '100.00%']
            : [(mean - 1.3).toFixed(1), mean.toFixed(2), (mean + 1.2).toFixed(1), '0', '100.00%']
      const line = lines.find(
        fields => fields.join(' ').replace(/^▲\s*/, '').startsWith(`${name} `) && fields.join(' ').includes('%'),
      )
      expect(line?.join(' ').replace(/^▲\s*/, '').split(/\s+/).slice(1, 6), name).toEqual(expected)
    }
  })

  test('marks what is bad with a sign, and says so in English too', async () => {
    const { text } = await written(logDocument(), 'en')
    expect(text).toMatch(/▲\s*2026-11-18\s+2\.1\s+6\.75\s+11\.4\s+2 h 15 min\s+100\.00%\s+FAIL/)
    expect(text).toContain('Nothing was out of its limits in this period.')
    expect(text).toContain('Recorded by:')
    expect(text.replaceAll('王检查', '')).not.toMatch(/[\u4E00-\u9FFF]/)
  })

  test('numbers its pages, repeats heads, and has the key on each', async () => {
    const { pages } = await written(logDocument([cabinetSection(1, 120), cabinetSection(2, 20), emptySection]))
    expect(pages.length).toBeGreaterThan(4)
    const fingerprint = fingerprintOf(publicKeyOf(testKey))
    for (const [index, page] of pages.entries()) {
      expect(page.replaceAll(' ', '')).toContain(`第${index + 1}页/共${pages.length}页`)
      expect(page).toContain(fingerprint)
      if (index > 0 && /2026-\d\d-\d\d +[\d—]/.test(page)) expect(page).toMatch(/日期 .*最低 \(°C\)/)
    }
  })

  test('ends with lines to sign on and a code that is the proof of the same log as JSON', async () => {
    const document = logDocument()
    const [paper, data] = [testSeal(), testSeal()]
    const { file, pages } = await written(document, 'zh', paper)
    await writeJson(document, join(newFolder(), 'log.json'), 'zh', data)

    expect(paper.whole).toBe(data.whole)
    const said = `zhishou:proof:${paper.about.export}:${data.whole.slice(0, 16)}:${fingerprintOf(publicKeyOf(testKey))}`
    const last = pages.at(-1) ?? ''
    expect(last.replaceAll(/\s/g, '')).toMatch(/记录人：.*审核人：.*日期：/)
    expect(last).toContain(said)
    expect(readQr(file, pages.length)).toBe(said)
  })

  test('is verified as a whole, by whoever has only the file; one byte more is found', async () => {
    const { file } = await written(logDocument())
    const bytes = readFileSync(file)
    expect(await verifyFile('log.pdf', bytesOfView(viewOf(bytes)), given)).toMatchObject({ what: 'pdf', finding: undefined })
    const other = Buffer.from(bytes)
    other.writeUInt8((other[2_000] ?? 0) ^ 1, 2_000)
    expect((await verifyFile('log.pdf', bytesOfView(viewOf(other)), given)).finding).toMatchObject({ kind: 'altered' })
  })

  test('says who made it and in which language, with its letters inside and no place of ours', async () => {
    const { file, info } = await written(logDocument())
    expect(info).toMatch(/Title:\s+青山小学 冷藏冷冻温度记录 2026-11-01 至 2026-11-30/)
    expect(info).toMatch(/Author:\s+青山小学/)
    expect(info).toMatch(/Page size:\s+(841\.89 x 595\.28|595\.28 x 841\.89) pts \(A4\)/)
    const fonts = execFileSync('pdffonts', [file], { encoding: 'utf8' }).trim().split('\n').slice(2)
    expect(fonts.map(line => line.split(/\s+/).slice(-5, -2))).toEqual([
      ['yes', 'yes', 'yes'],
      ['yes', 'yes', 'yes'],
    ])
    expect(readFileSync(file, 'latin1')).toMatch(/\/Lang \(zh-CN\)/)
    expect(readFileSync(file, 'latin1')).toMatch(/pdfaid:part>2/)
    expect(readFileSync(file, 'latin1')).not.toMatch(/\/(?:work|home|root|tmp)\//)
    expect(statSync(file).size).toBeLessThan(150_000)
  })

  test('loses no character of long words, names of 200 characters, pages of text, emoji and controls', async () => {
    const long = Array.from({ length: 2_500 }, (_, index) => `字${index}`).join('')
    const { plain, pages } = await written(
      logDocument([textSection(['w'.repeat(200), '很长的名字'.repeat(40), long, '👩‍👧 ok\u0007 end', '𠀀'])]),
    )
    const body = plain.replaceAll('\f', '')
    expect(body).toContain('□')
    expect(body.split('w').length - 1).toBeGreaterThanOrEqual(200)
    expect(body.split('很长的名字').length - 1).toBe(40)
    for (const index of [0, 1_000, 2_499]) expect(body).toContain(`字${index}`)
    expect(pages.length).toBeGreaterThan(2)
  })

  test('of nothing at all, unsigned, is still a sheet', async () => {
    const { head } = logDocument()
    const bare = { ...head, limits: [], sensors: [], policies: [], remarks: [], clock: [], scope: [] }
    const { plain } = await written(logDocument([], { head: bare, signatures: [] }), 'zh', testSeal({ unsigned: true }))
    expect(plain).toContain('第1页/共1页')
    expect(plain).toContain('未签名')
  })

  test('takes any words', async () => {
    const some = fc.sample(
      fc.record({ zh: fc.string({ unit: 'binary', maxLength: 80 }), en: fc.string({ unit: 'grapheme', maxLength: 80 }) }),
      60,
    )
    const section = {
      ...textSection([]),
      columns: [{ key: 'a', name: words('甲', 'A'), holds: 'text' as const }],
      *rows() {
        for (const one of some) yield { cells: [one] }
      },
    }
    expect((await written(logDocument([section]))).pages.length).toBeGreaterThan(0)
  })

  test('fails with the disk’s own word where it is full', async () => {
    await expect(writePdf(logDocument(), '/dev/full', 'zh', testSeal())).rejects.toThrow(/ENOSPC/)
  })
})
