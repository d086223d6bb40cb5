import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { PointId } from '../../protocols/contract/reading.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { lineAt } from '../historian/line.ts'
import { byName, seriesLeaf } from '../historian/seals.ts'
import type { SealedPeriod } from '../historian/seals.ts'
import { canonical } from '../journal/canonical.ts'
import { hexOf } from '../journal/hashing.ts'
import { nodeHashing } from '../journal/node-hashing.ts'
import { stubIn } from '../journal/removal.ts'
import { MerkleTree } from '../journal/tree.ts'
import type { Past } from '../store/past.ts'
import type { RawEntry } from '../store/past-evidence.ts'
import type { SignedHead } from './signed.ts'

/** What a pack has to prove. */
export interface EvidenceQuestion {
  /** The points whose readings its logs are made of. */
  readonly points: readonly PointId[]
  readonly from: Instant
  readonly to: Instant
  /** Places in the journal that its logs cite. */
  readonly seqs: Iterable<number>
}

export interface EvidenceFile {
  /** Within the pack. */
  readonly name: string
  /** Where it lies. */
  readonly file: string
}

/** Kinds that explain a period whatever its logs cite; of the configuration and the key also what was before it. */
const explaining = [
  'gateway.started',
  'gateway.stopped',
  'site.changed',
  'clock.set',
  'record.corrected',
  'retention.removed',
  'readings.trimmed',
]
const standing = ['site.configured', 'evidence.key-made', 'evidence.head']
const tree = new MerkleTree(nodeHashing)

/**
 * Writes the evidence of an inspector pack into a folder: canonical journal entries with their proof against the signed head, and the readings
 * of the points with theirs against the roots in the journal. Formats: docs/evidence.md. Needs memory for the numbers of the entries alone.
 */
export function writeEvidence(past: Past, question: EvidenceQuestion, head: SignedHead, folder: string): readonly EvidenceFile[] {
  const files: EvidenceFile[] = []
  const put = (name: string, lines: Iterable<string>): void => {
    const file = join(folder, String(files.length))
    mkdirSync(folder, { recursive: true })
    writeLines(file, lines)
    files.push({ name: `evidence/${name}`, file })
  }
  const periods = periodsOf(past, question)
  const sealed = new Map<number, SealedPeriod>()
  for (const period of past.evidence.periods()) if (periods.has(period.period)) sealed.set(period.period, period)
  const seqs = seqsOf(past, question, new Set(sealed.keys()), head.size)
  put('heads.ndjson', headLines(past, head))
  put('entries.ndjson', entryLines(past, seqs))
  put('tree.json', [
    canonical({ what: 'zhishou-tree-1', size: head.size, root: head.root, beside: past.evidence.beside(seqs, head.size) }),
  ])
  put('periods.ndjson', periodLines(past, question.points, sealed))
  for (const point of question.points) put(`readings/${point}.ndjson`, readingLines(past, point, sealed))
  return files
}

/** The sealed periods in which a reading of the time was written down. */
function periodsOf(past: Past, { points, from, to }: EvidenceQuestion): Set<number> {
  const periods = new Set<number>()
  for (const point of points)
    for (const rows of past.columns(point, from, to))
      for (const period of Array.from(rows.period)) if (period > 0) periods.add(period)
  return periods
}

function seqsOf(past: Past, { from, to, seqs }: EvidenceQuestion, periods: ReadonlySet<number>, size: number): number[] {
  const found = new Set<number>(seqs)
  for (const { seq } of past.entries(explaining, from, to)) found.add(seq)
  const always = -8.64e15 as Instant
  const end = 8.64e15 as Instant
  for (const { seq } of past.entries(standing, always, to)) found.add(seq)
  for (const { seq, data } of past.entries(['readings.sealed'], always, end))
    if (periods.has(Number(data['period']))) found.add(seq)
  return [...found].filter(seq => seq <= size).toSorted((a, b) => a - b)
}

function* headLines(past: Past, newest: SignedHead): Generator<string> {
  let isThere = false
  const text = JSON.stringify(newest)
  for (const { json } of past.evidence.heads()) {
    isThere ||= json === text
    yield json
  }
  if (!isThere) yield text
}

function* entryLines(past: Past, seqs: readonly number[]): Generator<string> {
  for (const entry of past.evidence.some(seqs)) yield entryLine(entry)
}

/** Canonical JSON of the entry without its leaf; of one whose data were removed after their time, its place and its leaf. */
function entryLine({ seq, at, writtenAt, kind, by, about, data, leaf }: RawEntry): string {
  if (stubIn(data) !== undefined) return canonical({ seq, leaf })
  return canonical({ seq, at, writtenAt, kind, by, ...(about === undefined ? {} : { about }), data: JSON.parse(data) as unknown })
}

function* periodLines(past: Past, points: readonly PointId[], sealed: ReadonlyMap<number, SealedPeriod>): Generator<string> {
  const wanted = new Set<string>(points)
  for (const [period, { root, points: count, rows }] of sealed) {
    const all = past.evidence.seriesOf(period).toSorted(byName)
    const places = all.flatMap(({ point }, place) => (wanted.has(point) ? [place] : []))
    const leaves = all.map(series => seriesLeaf(tree, series))
    const nodes = (level: number, place: number) => tree.root(leaves.slice(place * 2 ** level, (place + 1) * 2 ** level))
    yield canonical({
      period,
      root,
      points: count,
      rows,
      series: places.map(place => ({ place, ...all[place] })),
      beside: tree.some(nodes, places, all.length).map(hexOf),
    })
  }
}

/** `{"period":12,"reading":[…]}`, in the order of their times. */
function* readingLines(past: Past, point: PointId, sealed: ReadonlyMap<number, SealedPeriod>): Generator<string> {
  let [first, last] = [Infinity, -Infinity]
  for (const period of sealed.keys()) {
    const series = past.evidence.series(period, point)
    if (!series) continue
    first = Math.min(first, series.first)
    last = Math.max(last, series.last)
  }
  if (first > last) return
  for (const rows of past.columns(point, first as Instant, (last + 1) as Instant))
    for (let row = 0; row < rows.at.length; row++) {
      const period = rows.period[row] as number
      if (sealed.has(period)) yield `{"period":${period},"reading":${lineAt(rows, row).trimEnd()}}`
    }
}

function writeLines(file: string, lines: Iterable<string>): void {
  const descriptor = openSync(file, 'wx')
  try {
    let waiting = ''
    const flush = (): void => {
      const bytes = Buffer.from(waiting)
      for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done)
      waiting = ''
    }
    for (const line of lines) {
      waiting += `${line}\n`
      if (waiting.length > 65_536) flush()
    }
    flush()
  } finally {
    closeSync(descriptor)
  }
}
