import { canonical } from '../journal/canonical.ts'
import { bytesOf, bytesOfHex, hexOf } from '../journal/hashing.ts'
import type { RunningHash } from '../journal/hashing.ts'
import { MerkleTree } from '../journal/tree.ts'
import type { Archive } from './archive.ts'
import { checkSigned } from './proof-check.ts'
import type { SignedHead } from './signed.ts'
import { linesOf, textOf, unreadable, Wrong } from './verdict.ts'
import type { Given } from './verdict.ts'

const names = {
  heads: 'evidence/heads.ndjson',
  entries: 'evidence/entries.ndjson',
  tree: 'evidence/tree.json',
  periods: 'evidence/periods.ndjson',
}
const readingsFolder = 'evidence/readings/'

interface Series {
  readonly place: number
  readonly point: string
  readonly rows: number
  readonly first: number
  readonly last: number
  readonly digest: string
}

/**
 * The evidence of a pack: its entries are under the signed head, its periods are what the entries say, its readings are what the periods say.
 * Throws Wrong. Gives how much was looked at; `undefined` where the pack has no evidence.
 */
export async function checkEvidence(
  archive: Archive,
  head: SignedHead | undefined,
  given: Given,
): Promise<{ readonly entries: number; readonly readings: number } | undefined> {
  if (!archive.names.some(name => name.startsWith('evidence/'))) return undefined
  if (!head) throw new Wrong('unsigned', names.heads, { zh: '证据没有签名', en: 'the evidence is not signed' })
  await checkHeads(archive, head, given)
  const { roots, entries } = await checkEntries(archive, head, given)
  const series = await checkPeriods(archive, roots, given)
  let readings = 0
  for (const [point, periods] of series) readings += await checkReadings(archive, point, periods, given)
  for (const name of archive.names) {
    const point = name.startsWith(readingsFolder) ? name.slice(readingsFolder.length, -'.ndjson'.length) : undefined
    if (point !== undefined && !series.has(point) && archive.sizeOf(name) > 0) throw unreadable(name)
  }
  return { entries, readings }
}

async function checkHeads(archive: Archive, head: SignedHead, given: Given): Promise<void> {
  let number = 0
  let isThere = false
  for await (const line of linesOf(archive.read(names.heads), '\n')) {
    number += 1
    const place = `${names.heads} line ${number}`
    const one = objectIn(line, place) as unknown as SignedHead
    checkSigned(one, place, given)
    if (one.size === head.size && one.root !== head.root) throw unreadable(place)
    isThere ||= one.signature === head.signature
  }
  if (!isThere)
    throw new Wrong('missing', names.heads, { zh: `${names.heads} 缺少签名`, en: `${names.heads} lacks the signed head` })
}

/** Each entry is hashed and all of them are joined to the root that was signed. Gives the roots of periods that they speak of. */
async function checkEntries(
  archive: Archive,
  head: SignedHead,
  { proving }: Given,
): Promise<{ readonly roots: ReadonlyMap<number, string>; readonly entries: number }> {
  const tree = new MerkleTree(proving.hashing)
  const proof = objectIn((await textOf(archive.read(names.tree), names.tree)).trimEnd(), names.tree)
  const beside = proof['beside']
  if (proof['what'] !== 'zhishou-tree-1' || proof['size'] !== head.size || proof['root'] !== head.root || !Array.isArray(beside))
    throw unreadable(names.tree)
  const hashes = beside.map(text => bytesOfHex(String(text)) ?? new Uint8Array())
  const joined = tree.joinSome(head.size, hashes)
  const roots = new Map<number, string>()
  let entries = 0
  let last = 0
  for await (const line of linesOf(archive.read(names.entries), '\n')) {
    const entry = objectIn(line, `${names.entries} line ${entries + 1}`)
    const seq = Number(entry['seq'])
    if (seq <= last)
      throw new Wrong('swapped', `entry ${seq}`, {
        zh: `日志第 ${seq} 条不在它的位置`,
        en: `entry ${seq} of the journal is not in its place`,
      })
    last = seq
    entries += 1
    const leaf = typeof entry['leaf'] === 'string' ? bytesOfHex(entry['leaf']) : tree.leaf(bytesOf(line))
    joined.add(seq - 1, leaf ?? new Uint8Array())
    const data = entry['data'] as Readonly<Record<string, unknown>> | undefined
    if (entry['kind'] === 'readings.sealed' && data) roots.set(Number(data['period']), String(data['root']))
  }
  const root = joined.end()
  if (!root || hexOf(root) !== head.root)
    throw new Wrong('altered', names.entries, {
      zh: `${names.entries} 中有记录被改过、增加或减少：合起来不是签名的日志`,
      en: `in ${names.entries} an entry was altered, put in or taken out: together they are not the journal that was signed`,
    })
  return { roots, entries }
}

/** The periods against the entries. Gives the series by point and period. */
async function checkPeriods(
  archive: Archive,
  roots: ReadonlyMap<number, string>,
  { proving }: Given,
): Promise<Map<string, Map<number, Series>>> {
  const tree = new MerkleTree(proving.hashing)
  const found = new Map<string, Map<number, Series>>()
  for await (const line of linesOf(archive.read(names.periods), '\n')) {
    const { period, points, series, beside } = objectIn(line, names.periods) as {
      period: number
      points: number
      series: Series[]
      beside: string[]
    }
    const joined = tree.joinSome(
      points,
      beside.map(text => bytesOfHex(text) ?? new Uint8Array()),
    )
    for (const { place, ...one } of series) {
      joined.add(place, tree.leaf(bytesOf(canonical(one))))
      let own = found.get(one.point)
      if (!own) found.set(one.point, (own = new Map()))
      own.set(period, { place, ...one })
    }
    const root = joined.end()
    if (!root || hexOf(root) !== roots.get(period))
      throw new Wrong('altered', `${names.periods} period ${period}`, {
        zh: `第 ${period} 段读数的摘要与日志不符`,
        en: `the digests of readings of period ${period} are not what the journal says`,
      })
  }
  return found
}

/** One point's readings: each period's lines are hashed as they come. */
async function checkReadings(
  archive: Archive,
  point: string,
  periods: ReadonlyMap<number, Series>,
  { proving }: Given,
): Promise<number> {
  const open = new Map<number, { readonly hash: RunningHash; rows: number }>()
  const name = `${readingsFolder}${point}.ndjson`
  const done = new Set<number>()
  let readings = 0
  for await (const line of linesOf(archive.read(name), '\n')) {
    readings += 1
    const [, number, text] = /^\{"period":(\d+),"reading":(\[.*\])\}$/.exec(line) ?? []
    const period = Number(number)
    const expected = periods.get(period)
    if (text === undefined || !expected || done.has(period)) throw readingWrong('inserted', name, readings, line)
    let known = open.get(period)
    if (!known) open.set(period, (known = { hash: proving.hashing.begin(), rows: 0 }))
    known.hash.add(bytesOf(`${text}\n`))
    known.rows += 1
    if (known.rows < expected.rows) continue
    if (hexOf(known.hash.end()) !== expected.digest) throw seriesWrong('altered', expected, period)
    open.delete(period)
    done.add(period)
  }
  for (const [period, expected] of periods) if (!done.has(period)) throw seriesWrong('missing', expected, period)
  return readings
}

const readingWrong = (kind: 'inserted', name: string, row: number, line: string): Wrong =>
  new Wrong(kind, `${name} line ${row}`, {
    zh: `${name} 第 ${row} 行是后加的：${line.slice(0, 60)}`,
    en: `line ${row} of ${name} was inserted: ${line.slice(0, 60)}`,
  })

function seriesWrong(kind: 'altered' | 'missing', { point, first, last }: Series, period: number): Wrong {
  const [from, to] = [new Date(first).toISOString(), new Date(last).toISOString()]
  const [zh, en] = kind === 'altered' ? ['有被改过的', 'some were altered'] : ['有缺少的', 'some are missing']
  return new Wrong(kind, `readings of ${point}, period ${period}`, {
    zh: `测点 ${point} 在 ${from} 至 ${to} 的读数${zh}`,
    en: `of the readings of ${point} from ${from} to ${to} ${en}`,
  })
}

/** A line of JSON as it was written. */
function objectIn(text: string, place: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && JSON.stringify(value) === text)
      return value as Readonly<Record<string, unknown>>
  } catch {
    // Told below.
  }
  throw unreadable(place)
}
