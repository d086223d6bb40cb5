import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SigningKey } from '../../gateway/evidence/signed.ts'
import type { LogDocument, LogRow, LogSection } from '../../gateway/report/document.ts'
import { Seal } from '../../gateway/report/seal.ts'
import type { Words } from '../../protocols/contract/driver.ts'
import { days, hours, instant, minutes } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'

export const words = (zh: string, en: string): Words => ({ zh, en })
const folders: string[] = []
process.once('exit', () => folders.forEach(folder => rmSync(folder, { recursive: true, force: true })))

/** Gone when the tests of the file are over. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-report-'))
  folders.push(folder)
  return folder
}

export const testKey: SigningKey = {
  pem: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
}

/** 1 November 2026, 00:00 in Shanghai. */
export const november = instant(Date.UTC(2026, 9, 31, 16))

export function testSeal(more: { readonly unsigned?: boolean } = {}): Seal {
  const about = {
    export: randomUUID(),
    site: 'greenhill',
    log: 'temperature',
    from: november,
    to: november + days(30),
    madeAt: november + days(31),
    by: '王检查',
  }
  return new Seal(about, more.unsigned ? undefined : testKey)
}

/** One cabinet over `length` days, with an excursion, a gap and words that try to break a form. */
export function cabinetSection(number: number, length = 30, withChart = true): LogSection {
  const name = words(`${number}号留样冷藏柜`, `Sample fridge ${number}`)
  const at = (day: number): Instant => (november + days(day)) as Instant
  const mean = (day: number): number => 4 + Math.sin(day / 3 + number)
  return {
    id: `cabinet-${number}`,
    title: name,
    notes: [
      words(
        '平均值按时间加权：一个读数有效到下一个读数为止。',
        'Means are weighted by time: a reading holds until the next one.',
      ),
    ],
    columns: [
      { key: 'day', name: words('日期', 'Day'), holds: 'day' },
      { key: 'min', name: words('最低', 'Min'), holds: 'number', unit: '°C', decimals: 1 },
      { key: 'mean', name: words('平均', 'Mean'), holds: 'number', unit: '°C', decimals: 2 },
      { key: 'max', name: words('最高', 'Max'), holds: 'number', unit: '°C', decimals: 1 },
      { key: 'outside', name: words('超限时长', 'Outside'), holds: 'length' },
      { key: 'known', name: words('完整率', 'Known'), holds: 'share' },
      { key: 'verdict', name: words('结论', 'Verdict'), holds: 'verdict' },
      { key: 'worst', name: words('最高时刻', 'Warmest at'), holds: 'time' },
      { key: 'why', name: words('原因与处置', 'Cause and action'), holds: 'text', width: 24 },
    ],
    *rows() {
      for (let day = 0; day < length; day++) {
        const m = mean(day)
        if (day === 11)
          yield {
            cells: [
              at(day),
              null,
              null,
              null,
              null,
              0.25,
              'unknown',
              null,
              words('停电 18 小时：无读数，不作推算', 'Power cut for 18 h: no readings, nothing is made up'),
            ],
            tone: 'quiet',
            entries: [311],
          }
        else if (day === 17)
          yield {
            cells: [
              at(day),
              2.1,
              6.75,
              11.4,
              minutes(135),
              1,
              'bad',
              at(day) + hours(12) + minutes(5),
              words(
                '柜门未关严（CAN-2）；已关门，食品移出并废弃 3 份。王师傅 12:40',
                'Door left ajar (CAN-2); closed, 3 samples thrown away. Wang 12:40',
              ),
            ],
            tone: 'bad',
            entries: [402, 405],
          }
        else
          yield {
            cells: [at(day), m - 1.3, m, m + 1.2, 0, 1, 'good', at(day) + hours(14) + 7_000, ''],
          }
      }
      yield { cells: [words('全月', 'Month'), 1.7, 4.06, 11.4, minutes(135), 0.97499, 'bad', null, ''], tone: 'total' }
    },
    whenEmpty: words('本期没有读数。', 'There are no readings in this period.'),
    ...(withChart
      ? {
          chart: {
            unit: '°C',
            decimals: 1,
            every: hours(6),
            points: Array.from({ length: length * 4 }, (_, index) => {
              const day = Math.floor(index / 4)
              const m = mean(index / 4) + (day === 17 ? 4 : 0)
              return { t: (november + index * hours(6)) as Instant, min: m - 1.3, mean: m, max: m + 1.2 + (day === 17 ? 2 : 0) }
            }).filter(({ t }) => t < november + days(11) || t >= november + days(11) + hours(18)),
            limits: { min: 0, max: 8 },
            gaps: [{ from: at(11), to: (at(11) + hours(18)) as Instant, cause: words('停电', 'power cut') }],
          },
        }
      : {}),
  }
}

export const emptySection: LogSection = {
  id: 'excursions',
  title: words('超限记录', 'Excursions'),
  columns: [
    { key: 'from', name: words('开始', 'From'), holds: 'time' },
    { key: 'what', name: words('情况', 'What'), holds: 'text' },
  ],
  *rows() {},
  whenEmpty: words('本期没有超限。', 'Nothing was out of its limits in this period.'),
}

/** A log as the makers of logs give it. */
export function logDocument(
  sections: readonly LogSection[] = [cabinetSection(1), emptySection],
  more: Partial<LogDocument> = {},
): LogDocument {
  return {
    kind: 'temperature',
    title: words('冷藏冷冻温度记录', 'Cold storage temperature log'),
    head: {
      site: { id: 'greenhill', name: words('青山小学', 'Greenhill School') },
      from: november,
      to: (november + days(30)) as Instant,
      timeZone: 'Asia/Shanghai',
      scope: [words('食堂', 'Canteen')],
      clock: [words('网关系统时钟；本期没有调整', 'The gateway’s clock; it was not set in this period')],
      completeness: 0.99996,
      limits: sections
        .filter(({ id }) => id.startsWith('cabinet'))
        .map(({ title }) => ({
          equipment: title,
          point: words('温度', 'Temperature'),
          min: 0,
          max: 8,
          unit: '°C',
          clause: 'CAN-1',
          title: words('留样冷藏 0–8 °C', 'Food samples are kept at 0–8 °C'),
          basis: { kind: 'house-rule', source: words('食堂管理制度 第 3 章', 'Canteen rules, chapter 3'), verified: false },
          policy: { id: 'canteen', version: '1.2' },
        })),
      sensors: sections
        .filter(({ id }) => id.startsWith('cabinet'))
        .map(({ title }, index) => ({
          equipment: title,
          point: words('温度', 'Temperature'),
          ...(index % 3 === 0
            ? {}
            : {
                serial: `PT-${1000 + index}`,
                calibratedAt: (november - days(200)) as Instant,
                dueAt: (november + days(165)) as Instant,
              }),
          isDue: index % 3 === 0,
        })),
      policies: [{ id: 'canteen', version: '1.2', name: words('食堂', 'Canteen') }],
      remarks: [words('2 条读数因磁盘块损坏未能读出。', 'Two readings could not be read: a block on the disk is damaged.')],
    },
    sections,
    signatures: [words('记录人', 'Recorded by'), words('审核人', 'Checked by')],
    ...more,
  }
}

/** One cell of text a row, and a number beside it. */
export const textSection = (texts: readonly string[]): LogSection => ({
  id: 'texts',
  title: words('文字', 'Texts'),
  columns: [
    { key: 'n', name: words('序号', 'No.'), holds: 'number', decimals: 0 },
    { key: 'text', name: words('内容', 'Text'), holds: 'text' },
    { key: 'value', name: words('数值', 'Value'), holds: 'number', decimals: 2 },
  ],
  *rows() {
    for (const [index, text] of texts.entries()) yield { cells: [index + 1, text, -1.5 * index] } satisfies LogRow
  },
  whenEmpty: words('没有', 'none'),
})
