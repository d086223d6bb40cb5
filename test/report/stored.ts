import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Draft } from '../../gateway/journal/entry.ts'
import type { LogDocument, LogRow } from '../../gateway/report/document.ts'
import { logs } from '../../gateway/report/logs.ts'
import type { LogQuestion } from '../../gateway/report/question.ts'
import { paperSiteOf } from '../../gateway/report/source.ts'
import type { PaperSite } from '../../gateway/report/source.ts'
import { configurationOf, configuredKind, Configurations } from '../../gateway/site/configuration.ts'
import { loadSite } from '../../gateway/site/load.ts'
import type { Site } from '../../gateway/site/site.ts'
import { openStore } from '../../gateway/store/open.ts'
import { lookBackLong } from '../../gateway/store/past.ts'
import type { StoredReading } from '../../gateway/store/store.ts'
import { wall } from '../store/folder.ts'

export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour

/** A reading of every minute from `from` until before `to`. */
export function everyMinute(
  point: string,
  from: number,
  to: number,
  valueAt: (at: number) => number | undefined,
): StoredReading[] {
  const readings: StoredReading[] = []
  for (let at = from; at < to; at += minute) {
    const value = valueAt(at)
    if (value !== undefined) readings.push(reads(point, at, value))
  }
  return readings
}
export const reads = (point: string, at: number, value: number, quality: 'good' | 'uncertain' = 'good'): StoredReading => ({
  reading: { point: point as never, at: instant(at), receivedAt: instant(at + 20), value, quality },
})
export const fails = (point: string, at: number): StoredReading => ({
  reading: {
    point: point as never,
    at: instant(at),
    receivedAt: instant(at),
    quality: 'bad',
    fault: { code: 'timeout', detail: 'no answer' },
  },
})

export async function siteFrom(yaml: string): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-report-'))
  try {
    writeFileSync(join(folder, 'site.yaml'), yaml)
    const loaded = await loadSite(join(folder, 'site.yaml'), {})
    if (!loaded.ok) throw new Error(loaded.problems.map(({ wrong }) => wrong.en).join('\n'))
    return loaded.site
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** `site.configured` as the gateway writes it. */
export const configured = (site: Site, at: number): Draft => ({
  kind: configuredKind,
  at: instant(at),
  by: 'system',
  data: { ...configurationOf(site) },
})

/** A data folder with these readings and entries in it; gone when the test is over. */
export async function stored(
  listening: number,
  readings: Iterable<readonly StoredReading[]>,
  entries: readonly Draft[],
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-report-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const store = await openStore(folder, { wall })
  try {
    await store.historian.listening(instant(listening))
    for (const batch of readings) await store.historian.record(batch)
    await store.journal.append(entries)
  } finally {
    await store.close()
  }
  return folder
}

/** The log as it would be written, with every row read. */
export async function logOf(
  folder: string,
  site: Site,
  question: LogQuestion,
  now: number,
): Promise<{
  readonly document: LogDocument
  row(section: string, index: number): Readonly<Record<string, unknown>>
  rows(section: string): readonly Row[]
}> {
  const paper: PaperSite = paperSiteOf(site)
  return lookBackLong(folder, async past => {
    const configurations = new Configurations(past.entries([configuredKind], 0 as Instant, question.to))
    const document = logs[question.kind].make({ site: paper, past, configurations, now: instant(now) }, question)
    const read = new Map(document.sections.map(section => [section.id, namedRows(section.columns, [...section.rows()])]))
    const rows = (section: string): readonly Row[] => {
      const found = read.get(section)
      if (!found) throw new Error(`no section ${section}; there are ${[...read.keys()].join(', ')}`)
      return found
    }
    return { document, rows, row: (section, index) => rows(section)[index]?.cells ?? {} }
  })
}

export interface Row extends Omit<LogRow, 'cells'> {
  readonly cells: Readonly<Record<string, unknown>>
}
const namedRows = (columns: readonly { readonly key: string }[], rows: readonly LogRow[]): readonly Row[] =>
  rows.map(row => ({ ...row, cells: Object.fromEntries(columns.map(({ key }, index) => [key, row.cells[index]])) }))
