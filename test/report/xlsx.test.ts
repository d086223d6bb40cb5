import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesOfView } from '../../gateway/evidence/archive.ts'
import { nodeProving } from '../../gateway/evidence/signed.ts'
import { verifyFile } from '../../gateway/evidence/verify.ts'
import type { LogDocument } from '../../gateway/report/document.ts'
import { writeXlsx } from '../../gateway/report/forms/xlsx.ts'
import { columnName, sheetNames } from '../../gateway/report/workbook.ts'
import { cabinetSection, emptySection, logDocument, newFolder, november, testSeal, textSection } from './sheet.ts'

async function written(document: LogDocument, language: 'zh' | 'en' = 'zh', seal = testSeal()): Promise<string> {
  const file = join(newFolder(), 'log.xlsx')
  await writeXlsx(document, file, language, seal)
  return file
}

const reader = join(newFolder(), 'read.py')
writeFileSync(
  reader,
  'import csv, json, sys\njson.dump(list(csv.reader(open(sys.argv[1], encoding="utf-8", newline=""))), sys.stdout)\n',
)

const viewed = (file: string) => bytesOfView(new DataView(new Uint8Array(readFileSync(file)).buffer))

/** Every sheet as LibreOffice Calc shows it. */
function opened(file: string): ReadonlyMap<string, string[][]> {
  const out = newFolder()
  // Semicolons of the filter: separator, quote, UTF-8, first row, column formats, language, quote all, special numbers, cells as shown, …, every sheet.
  const filter = 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true,false,false,-1'
  execFileSync(
    'soffice',
    [`-env:UserInstallation=file://${join(out, 'profile')}`, '--headless', '--convert-to', filter, '--outdir', out, file],
    {
      stdio: 'ignore',
    },
  )
  const sheets = readdirSync(out).filter(name => name.endsWith('.csv'))
  return new Map(
    sheets.map(name => [
      name.slice(basename(file, '.xlsx').length + 1, -4),
      JSON.parse(execFileSync('python3', [reader, join(out, name)], { encoding: 'utf8' })) as string[][],
    ]),
  )
}

/** A member of the archive as Python reads it; each is checked to be well-formed XML. */
function parts(file: string): Readonly<Record<string, string>> {
  const code =
    'import json, sys, xml.dom.minidom, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\np = {n: z.read(n).decode() for n in z.namelist()}\n[xml.dom.minidom.parseString(t) for t in p.values()]\njson.dump(p, sys.stdout)'
  return JSON.parse(execFileSync('python3', ['-c', code, file], { encoding: 'utf8', maxBuffer: 1e9 })) as Record<string, string>
}

describe('a log as a workbook', () => {
  test('is opened by LibreOffice: a cover, a sheet a section, a sheet with the proof, the cells as they were', async () => {
    const seal = testSeal()
    const sheets = opened(
      await written(logDocument([cabinetSection(1), emptySection, textSection(['=1+1', 'a\nb', '_x0041_', '<&>"'])]), 'zh', seal),
    )

    expect([...sheets.keys()]).toEqual(expect.arrayContaining(['概要', '1号留样冷藏柜', '超限记录', '文字', '校验']))
    const cover = new Map(sheets.get('概要')?.map(([label = '', value = '']) => [label, value]))
    expect(cover.get('单位')).toBe('青山小学 (greenhill)')
    expect(cover.get('时段')).toBe('2026-11-01 至 2026-11-30（30 天）')
    expect(cover.get('数据完整率')).toBe('99.99%')
    expect([...cover.keys()].some(label => label.startsWith('记录人: ___'))).toBe(true)
    const cabinet = sheets.get('1号留样冷藏柜') ?? []
    expect(cabinet[3]).toEqual([
      '日期',
      '最低 (°C)',
      '平均 (°C)',
      '最高 (°C)',
      '超限时长',
      '完整率',
      '结论',
      '最高时刻',
      '原因与处置',
      '标记',
      '日志序号',
    ])
    const row = (day: string): string[] | undefined => cabinet.find(([first]) => first === day)
    expect(row('2026-11-01')?.slice(0, 8)).toEqual([
      '2026-11-01',
      '3.5',
      '4.84',
      '6.0',
      '0:00:00',
      '100.00%',
      '合格',
      '2026-11-01 14:00:07',
    ])
    expect(row('2026-11-18')).toEqual([
      '2026-11-18',
      '2.1',
      '6.75',
      '11.4',
      '2:15:00',
      '100.00%',
      '不合格',
      '2026-11-18 12:05:00',
      '柜门未关严（CAN-2）；已关门，食品移出并废弃 3 份。王师傅 12:40',
      '异常',
      '402 405',
    ])
    expect(row('2026-11-12')?.slice(0, 7)).toEqual(['2026-11-12', '—', '—', '—', '—', '25.00%', '无法判定'])
    expect(row('全月')?.slice(3, 6)).toEqual(['11.4', '2:15:00', '97.49%'])
    expect(
      sheets
        .get('文字')
        ?.slice(4)
        .map(([, text]) => text),
    ).toEqual(['=1+1', 'a\nb', '_x0041_', '<&>"'])
    expect(sheets.get('超限记录')?.[4]?.[0]).toBe('本期没有超限。')
    expect(sheets.get('校验')?.flat()).toContain(seal.whole)
  })

  test('holds numbers, dates and shares as such, not as text', async () => {
    const found = parts(await written(logDocument()))
    const sheet = found['xl/worksheets/sheet2.xml'] ?? ''
    // 1 November 2026 is day 46327 of Excel's calendar.
    expect(sheet).toMatch(/<c r="A5" s="\d+"><v>46327<\/v><\/c>/)
    expect(sheet).toMatch(/<c r="D22" s="\d+"><v>11\.4<\/v><\/c>/)
    expect(sheet).toMatch(/<c r="E22" s="\d+"><v>0\.09375<\/v><\/c>/)
    expect(sheet).toMatch(/<c r="H22" s="\d+"><v>46344\.50347\d*<\/v><\/c>/)
    expect(found['xl/styles.xml']).toContain('formatCode="0.00%"')
  })

  test('is set up to be printed: A4, its width on the page, the head repeated, page of pages', async () => {
    const found = parts(await written(logDocument()))
    const sheet = found['xl/worksheets/sheet2.xml'] ?? ''
    expect(sheet).toContain('<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>')
    expect(sheet).toContain('第 &amp;P 页 / 共 &amp;N 页')
    expect(sheet).toContain('state="frozen"')
    expect(found['xl/workbook.xml']).toContain("'1号留样冷藏柜'!$4:$4")
    // The order of elements that ECMA-376 asks for and Excel insists on.
    const order = [
      '<sheetPr>',
      '<sheetViews>',
      '<sheetFormatPr',
      '<cols>',
      '<sheetData>',
      '<mergeCells',
      '<printOptions',
      '<pageMargins',
      '<pageSetup',
      '<headerFooter>',
    ]
    expect(order.map(tag => sheet.indexOf(tag))).toEqual(order.map(tag => sheet.indexOf(tag)).toSorted((a, b) => a - b))
    expect(Object.values(found).join('')).not.toMatch(/\/(?:work|home|root|tmp)\//)
  })

  test('carries its proof, which holds for every byte in it', async () => {
    const file = await written(logDocument())
    const given = { proving: nodeProving } as Parameters<typeof verifyFile>[2]
    const verdict = await verifyFile('log.xlsx', viewed(file), given)
    expect(verdict).toMatchObject({ what: 'xlsx', finding: undefined, proof: { site: 'greenhill' } })

    const resaved = join(newFolder(), 'log.xlsx')
    const code =
      'import sys, zipfile\ni = zipfile.ZipFile(sys.argv[1])\no = zipfile.ZipFile(sys.argv[2], "w")\n[o.writestr(n, i.read(n).replace(b"11.4<", b"7.9<")) for n in i.namelist()]\no.close()'
    execFileSync('python3', ['-c', code, file, resaved])
    const altered = await verifyFile('log.xlsx', viewed(resaved), given)
    expect(altered.finding).toMatchObject({ kind: 'altered' })
  })

  test('takes any text as XML, and cuts one that is longer than a cell', async () => {
    const texts = fc.sample(fc.string({ unit: 'binary', maxLength: 300 }), 200)
    const found = parts(
      await written(logDocument([textSection([...texts, '\uD800', '\u0000\u001F', '\uFFFF', 'x'.repeat(40_000)])])),
    )
    expect(found['xl/worksheets/sheet2.xml']).toContain('…</t>')
  })

  test('fails with the disk’s own word where it is full', async () => {
    await expect(
      writeXlsx(
        logDocument([
          {
            ...cabinetSection(1),
            rows: () => {
              throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
            },
          },
        ]),
        join(newFolder(), 'x.xlsx'),
        'zh',
        testSeal(),
      ),
    ).rejects.toThrow('no space')
    await expect(writeXlsx(logDocument(), join(newFolder(), 'no', 'x.xlsx'), 'zh', testSeal())).rejects.toThrow(/ENOENT/)
  })

  test('of very many rows needs no memory for them', async () => {
    let most = 0
    const rows = 60_000
    const long = {
      ...cabinetSection(1, 30, false),
      *rows() {
        for (let row = 0; row < rows; row++) {
          if (row % 10_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed)
          yield { cells: [november + row * 60_000, row, 2, 3, 4, 0.5, 'good', november + row * 60_000, `第 ${row} 行`] }
        }
      },
    }
    const before = process.memoryUsage().heapUsed
    await written(logDocument([long]))
    expect(most - before).toBeLessThan(80 * 1024 * 1024)
  })
})

describe('names of sheets', () => {
  test('are names that Excel takes, each another one, whatever the titles are', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 30 }), titles => {
        const names = sheetNames(titles)
        expect(names).toHaveLength(titles.length)
        expect(new Set(names.map(name => name.toLowerCase())).size).toBe(names.length)
        for (const name of names) {
          expect(name.length).toBeGreaterThan(0)
          expect(name.length).toBeLessThanOrEqual(31)
          expect(name).not.toMatch(/[[\]:*?/\\]|^'|'$/)
        }
      }),
    )
    expect(sheetNames(['1号柜', '1号柜', 'a/b:c', 'History', ''])).toEqual([
      '1号柜',
      '1号柜 (2)',
      'a b c',
      'History (2)',
      'Sheet',
    ])
  })

  test('of columns go on after Z', () => {
    expect([0, 25, 26, 51, 52, 701, 702].map(columnName)).toEqual(['A', 'Z', 'AA', 'AZ', 'BA', 'ZZ', 'AAA'])
  })
})
