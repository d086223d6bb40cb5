import { execFileSync } from 'node:child_process'
import { verify } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RowChain } from '../../gateway/evidence/signed.ts'
import type { SignedProof } from '../../gateway/evidence/signed.ts'
import { canonical } from '../../gateway/journal/canonical.ts'
import type { LogDocument } from '../../gateway/report/document.ts'
import { guarded, writeCsv } from '../../gateway/report/forms/csv.ts'
import { cabinetSection, emptySection, logDocument, newFolder, testKey, testSeal, textSection, words } from './sheet.ts'

const script = join(newFolder(), 'read.py')
writeFileSync(
  script,
  'import csv, json, sys\nwith open(sys.argv[1], encoding="utf-8-sig", newline="") as f:\n  json.dump(list(csv.reader(f, strict=True)), sys.stdout)\n',
)

async function written(
  document: LogDocument,
  { language = 'zh', seal = testSeal() }: { language?: 'zh' | 'en'; seal?: ReturnType<typeof testSeal> } = {},
) {
  const file = join(newFolder(), 'log.csv')
  await writeCsv(document, file, language, seal)
  const text = readFileSync(file, 'utf8')
  const rows = JSON.parse(execFileSync('python3', [script, file], { encoding: 'utf8', maxBuffer: 1e9 })) as string[][]
  return { file, text, rows }
}

/** The records as they stand in the file, split where no quote is open. */
function recordsOf(text: string): readonly string[] {
  const found: string[] = []
  let open = false
  let start = 1
  for (let at = 1; at < text.length; at++) {
    if (text[at] === '"') open = !open
    else if (!open && text.startsWith('\r\n', at)) {
      found.push(text.slice(start, at))
      start = at + 2
    }
  }
  return found
}

describe('a CSV log', () => {
  test('is read by Python row by row, every row equally wide, with the site, the limits and the remarks above', async () => {
    const { rows, text } = await written(logDocument())

    expect(text.startsWith('\uFEFF')).toBe(true)
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    expect(new Set(rows.map(({ length }) => length)).size).toBe(1)
    const facts = new Map(rows.map(([label = '', value = '']) => [label, value]))
    expect(facts.get('值守记录')).toBe('冷藏冷冻温度记录')
    expect(facts.get('单位')).toBe('青山小学 (greenhill)')
    expect(facts.get('时段')).toBe('2026-11-01 至 2026-11-30（30 天）')
    expect(facts.get('时区')).toBe('Asia/Shanghai (UTC+08:00)')
    expect(facts.get('数据完整率'), 'what is not whole is not rounded to whole').toBe('99.99%')
    expect(facts.get('备注')).toContain('损坏')
    const limit = rows.find(([, , min]) => min === '0')
    expect(limit?.slice(0, 8)).toEqual([
      '1号留样冷藏柜',
      '温度',
      '0',
      '8',
      '°C',
      'CAN-1 留样冷藏 0–8 °C',
      '本单位制度：食堂管理制度 第 3 章（未核对原文）',
      'canteen 1.2',
    ])
    expect(rows.some(([first]) => first === '本期没有超限。')).toBe(true)
  })

  test('keeps numbers as numbers, times with their offset, lengths, a dash for nothing and a word beside what is bad', async () => {
    const { rows } = await written(logDocument())

    const bad = rows.find(([day]) => day === '2026-11-18')
    expect(bad?.slice(0, 10)).toEqual([
      '2026-11-18',
      '2.1',
      '6.75',
      '11.4',
      '2:15:00',
      '100.00%',
      '不合格',
      '2026-11-18 12:05:00',
      'UTC+08:00',
      '柜门未关严（CAN-2）；已关门，食品移出并废弃 3 份。王师傅 12:40',
    ])
    expect(bad?.slice(-3, -1)).toEqual(['异常', '402 405'])
    const gap = rows.find(([day]) => day === '2026-11-12')
    expect(gap?.slice(0, 9)).toEqual(['2026-11-12', '', '', '', '', '25.00%', '无法判定', '', ''])
  })

  test('shows a time twice a year by two offsets in a zone that changes its clocks', async () => {
    const at = [Date.UTC(2026, 9, 25, 0, 30), Date.UTC(2026, 9, 25, 1, 30)]
    const { head } = logDocument()
    const { rows } = await written(
      logDocument(
        [
          {
            id: 's',
            title: words('时刻', 'Times'),
            columns: [{ key: 't', name: words('时刻', 'Time'), holds: 'time' }],
            *rows() {
              for (const t of at) yield { cells: [t] }
            },
            whenEmpty: words('无', 'none'),
          },
        ],
        { head: { ...head, timeZone: 'Europe/Berlin', limits: [], sensors: [] } },
      ),
      { language: 'en' },
    )
    expect(rows.filter(([first]) => first?.startsWith('2026-10-25')).map(row => row.slice(0, 2))).toEqual([
      ['2026-10-25 02:30:00', 'UTC+02:00'],
      ['2026-10-25 02:30:00', 'UTC+01:00'],
    ])
  })

  test('chains every record, and its last one holds the proof', async () => {
    const { text, rows } = await written(
      logDocument([cabinetSection(1), emptySection, textSection(['a,"b"', 'c\r\nd', ' ', '"'])]),
    )

    const records = recordsOf(text)
    expect(records).toHaveLength(rows.length)
    const chain = new RowChain()
    for (const record of records.slice(0, -1)) {
      const comma = record.lastIndexOf(',')
      expect(record.slice(comma + 1), record).toBe(chain.add(record.slice(0, comma)))
    }
    const proof = JSON.parse(Buffer.from(rows.at(-1)?.[1] ?? '', 'base64').toString()) as SignedProof
    const { signature, ...statement } = proof
    expect(proof).toMatchObject({ rows: records.length - 1, chain: chain.whole, site: 'greenhill' })
    expect(verify(null, Buffer.from(canonical(statement)), testKey.pem, Buffer.from(signature, 'base64'))).toBe(true)
  })

  test('says so where there is no key to sign with', async () => {
    expect((await written(logDocument(), { seal: testSeal({ unsigned: true }) })).rows.at(-1)?.slice(0, 2)).toEqual([
      '校验证明',
      '未签名',
    ])
  })

  test('gives back any text as it was, guarded where a spreadsheet would run it', async () => {
    const texts = fc.sample(fc.string({ unit: 'binary', minLength: 1 }), 300).filter(text => !text.includes('\0'))
    const risky = ['=1+1', '@SUM(A1)', '+8613800000000', '-3', '-3,5', '\tx', '\rx', '\n=1', '＝1+1', '＋1', '－1', '＠SUM(A1)']
    const { rows } = await written(logDocument([textSection([...texts, ...risky])]))
    const start = rows.findIndex(([first]) => first === '序号') + 1
    const read = rows.slice(start, start + texts.length + risky.length).map(([, text]) => text)

    expect(read.slice(0, texts.length)).toEqual(texts.map(text => guarded(text)))
    expect(read.slice(texts.length)).toEqual(risky.map(text => (['+8613800000000', '-3'].includes(text) ? text : `'${text}`)))
  })

  test('of very many rows needs no memory for them', async () => {
    const file = join(newFolder(), 'long.csv')
    let most = 0
    const long = {
      ...cabinetSection(1),
      *rows() {
        for (let row = 0; row < 150_000; row++) {
          if (row % 15_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed)
          yield { cells: [row * 60_000, 1, 2, 3, 4, 0.5, 'good', row * 60_000, '正常'] }
        }
      },
    }
    const before = process.memoryUsage().heapUsed
    await writeCsv(logDocument([long]), file, 'zh', testSeal())
    expect(most - before).toBeLessThan(60 * 1024 * 1024)
  })

  test('fails with the disk’s own word where it is full', async () => {
    await expect(writeCsv(logDocument(), '/dev/full', 'zh', testSeal())).rejects.toThrow(/ENOSPC/)
  })
})
