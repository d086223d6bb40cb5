import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SigningKey } from '../../gateway/evidence/signed.ts'
import { signed } from '../../gateway/evidence/signed.ts'
import type { Bytes } from '../../gateway/evidence/verdict.ts'
import type { LogDocument, LogRow } from '../../gateway/report/document.ts'
import { forms } from '../../gateway/report/forms.ts'
import type { LogFormat } from '../../gateway/report/question.ts'
import { Seal } from '../../gateway/report/seal.ts'
import { instant } from '../../protocols/contract/time.ts'
import { emptyFolder } from '../store/folder.ts'

const from = instant(Date.UTC(2026, 8, 1))
const to = instant(Date.UTC(2026, 9, 1))
const words = (zh: string, en: string) => ({ zh, en })

/** A log of so many rows, with everything in it that a reader may stumble over: quotes, line breaks, commas, formulas, gaps. */
export const documentOf = (rows: number): LogDocument => ({
  kind: 'temperature',
  title: words('温度记录', 'Temperature log'),
  head: {
    site: { id: 'greenhill', name: words('青山小学', 'Greenhill') },
    from,
    to,
    timeZone: 'Asia/Shanghai',
    scope: [],
    clock: [],
    completeness: 0.987,
    limits: [],
    sensors: [],
    policies: [{ id: 'canteen', version: '2026.1' }],
    remarks: [words('样表', 'A sample')],
  },
  sections: [
    {
      id: 'daily',
      title: words('每日', 'Daily'),
      columns: [
        { key: 'at', name: words('时间', 'time'), holds: 'time' },
        { key: 'cabinet', name: words('柜', 'cabinet'), holds: 'text' },
        { key: 'mean', name: words('平均', 'mean'), holds: 'number', unit: '°C', decimals: 1 },
      ],
      *rows(): Generator<LogRow> {
        for (let index = 0; index < rows; index++)
          yield {
            cells: [
              from + index * 60_000,
              index % 5 === 4 ? '第"4"柜, 门\n口' : words(`冷柜 ${index}`, `cabinet ${index}`),
              index % 7 === 6 ? null : index / 10,
            ],
            ...(index % 9 === 8 && { tone: 'bad' as const }),
            entries: [index + 1],
          }
      },
      whenEmpty: words('没有', 'nothing'),
    },
    {
      id: 'gaps',
      title: words('缺口', 'Gaps'),
      columns: [{ key: 'why', name: words('原因', 'cause'), holds: 'text' }],
      rows: () => [],
      whenEmpty: words('没有缺口', 'no gaps'),
    },
  ],
  signatures: [words('记录人', 'Recorded by')],
})

/** The file as the product writes it. */
export async function fileOf(format: LogFormat, rows: number, key: SigningKey | undefined): Promise<Uint8Array> {
  const file = join(emptyFolder(), `log.${format}`)
  mkdirSync(join(file, '..'), { recursive: true })
  const head =
    key &&
    signed({ what: 'zhishou-head-1', site: 'greenhill', size: 9, root: 'ab'.repeat(32), at: 1, why: 'export' } as const, key)
  const about = {
    export: 'e-1',
    site: 'greenhill',
    log: 'temperature',
    from,
    to,
    madeAt: from,
    by: 'wang',
    ...(head && { head }),
  }
  await forms[format].write(documentOf(rows), file, 'zh', new Seal(about, key))
  return Uint8Array.from(readFileSync(file))
}

export const inMemory = (bytes: Uint8Array): Bytes => ({
  size: bytes.length,
  async *read(start = 0, end = bytes.length) {
    // Small pieces: what lies on a border must not matter.
    for (let at = start; at < Math.min(end, bytes.length); at += 997)
      yield bytes.subarray(at, Math.min(at + 997, end, bytes.length))
  },
})
