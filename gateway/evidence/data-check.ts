import type { Words } from '../../protocols/contract/driver.ts'
import { seriesLeaf } from '../historian/seals.ts'
import type { SealedSeries } from '../historian/seals.ts'
import { bytesOfHex, hexOf } from '../journal/hashing.ts'
import { nodeHashing } from '../journal/node-hashing.ts'
import { stubIn } from '../journal/removal.ts'
import { MerkleTree } from '../journal/tree.ts'
import { lookBackLong } from '../store/past.ts'
import type { PastEvidence, RawEntry } from '../store/past-evidence.ts'
import { cutOff, diagnosed, leafAs, readingsWrong, told, wrong } from './data-findings.ts'
import { keyKind, sealedKind } from './notary.ts'
import { checkSigned } from './proof-check.ts'
import { Removals } from './removals.ts'
import type { SignedHead } from './signed.ts'
import { BadStamp, readStamp } from './timestamp.ts'
import { noVerdict, Wrong } from './verdict.ts'
import type { Given, Verdict } from './verdict.ts'

const tree = new MerkleTree(nodeHashing)
/**
 * A data directory, also beside the gateway that runs on it: every entry of the journal, every signed head, every sealed reading. Ten years need
 * no more memory than one. Throws StoreTrouble for a folder that holds no data or cannot be opened.
 */
export async function checkData(folder: string, given: Given): Promise<Verdict> {
  return lookBackLong(folder, async past => {
    const check = new DataCheck(past.evidence, given)
    try {
      check.all()
      return { ...check.verdict(folder), finding: undefined }
    } catch (error) {
      if (error instanceof Wrong) return { ...check.verdict(folder), finding: error.finding }
      throw error
    }
  })
}

class DataCheck {
  readonly #past: PastEvidence
  readonly #given: Given
  readonly #notes: Words[] = []
  readonly #keys = new Set<string>()
  /** What the journal says of sealed periods, in its order. */
  readonly #sealed = new Map<number, { readonly root: string; readonly rows: number; readonly seq: number }>()
  /** Of each point, in how many periods it has readings. */
  readonly #series = new Map<string, number>()
  readonly #removals = new Removals()
  #fingerprint: string | undefined
  #head: SignedHead | undefined
  #counts = { entries: 0, heads: 0, removed: 0, periods: 0, readings: 0, unsealed: 0, stamps: 0 }

  constructor(past: PastEvidence, given: Given) {
    this.#past = past
    this.#given = given
  }

  verdict(name: string): Omit<Verdict, 'finding'> {
    return {
      ...noVerdict,
      what: 'data',
      name,
      notes: this.#notes,
      fingerprint: this.#fingerprint,
      head: this.#head,
      counts: { ...this.#counts },
    }
  }

  all(): void {
    for (const fault of this.#past.faults())
      throw wrong('unreadable', fault.split(':')[0] ?? '', `数据库文件已损坏：${fault}`, `the database file is damaged: ${fault}`)
    this.#journal()
    this.#periods()
    this.#readings()
    this.#say()
  }

  /** Every entry, and at its size every head. */
  #journal(): void {
    const heads = this.#headsInOrder()
    const growing = tree.grow()
    let next = heads.next()
    let since = 0
    const entries = this.#past.entries()[Symbol.iterator]()
    for (let step = entries.next(); !step.done; step = entries.next()) {
      const entry = step.value
      if (entry.seq !== growing.size + 1)
        throw wrong(
          'missing',
          `entry ${growing.size + 1}`,
          `日志缺第 ${growing.size + 1} 条（后面一条是第 ${entry.seq} 条）`,
          `entry ${growing.size + 1} of the journal is missing (the next one is ${entry.seq})`,
        )
      this.#entry(entry, () => entries.next().value as RawEntry | undefined)
      growing.add(bytesOfHex(entry.leaf) ?? new Uint8Array())
      for (; !next.done && next.value.size === growing.size; next = heads.next()) {
        if (hexOf(growing.root) !== next.value.root) throw this.#otherRoot(since, next.value)
        since = growing.size
      }
    }
    this.#counts.entries = growing.size
    if (!next.done) throw cutOff(growing.size, next.value)
  }

  /** Kept in the ledger and outside, by size; each signature first, because only a signed one counts. */
  *#headsInOrder(): Generator<SignedHead> {
    const outside = this.#given.heads.toSorted((a, b) => a.size - b.size)
    const own = this.#ownHeads()
    let [mine, at] = [own.next(), 0]
    for (;;) {
      const theirs = outside[at]
      if (mine.done && !theirs) return
      if (!mine.done && (!theirs || mine.value.size <= theirs.size)) {
        this.#head = mine.value
        yield mine.value
        mine = own.next()
      } else if (theirs) {
        checkSigned(theirs, `head of ${told(theirs.at)}`, this.#given)
        yield theirs
        at += 1
      }
    }
  }

  *#ownHeads(): Generator<SignedHead> {
    for (const { json, stamp, id } of this.#past.heads()) {
      const head = headIn(json)
      if (!head)
        throw wrong(
          'altered',
          `head ${id}`,
          `第 ${id} 个签名被改过，读不出来`,
          `signed head ${id} was altered and cannot be read`,
        )
      const fingerprint = checkSigned(head, `head of ${told(head.at)}`, this.#given)
      this.#keys.add(fingerprint)
      this.#fingerprint = fingerprint
      this.#counts.heads += 1
      if (stamp) this.#stamp(stamp, json, head)
      yield head
    }
  }

  #stamp(stamp: Uint8Array, json: string, { at }: SignedHead): void {
    try {
      readStamp(stamp, json)
      this.#counts.stamps += 1
    } catch (error) {
      if (!(error instanceof BadStamp)) throw error
      throw wrong(
        'altered',
        `time stamp of ${told(at)}`,
        `${told(at)} 的时间戳无效：${error.message}`,
        `the time stamp of ${told(at)} is not valid: ${error.message}`,
      )
    }
  }

  #entry(entry: RawEntry, peek: () => RawEntry | undefined): void {
    const stub = stubIn(entry.data)
    if (stub !== undefined) {
      this.#counts.removed += 1
      this.#removals.found(entry.seq, stub, entry.leaf)
      return
    }
    if (leafAs(entry, entry.seq) !== entry.leaf) throw diagnosed(entry, peek())
    const data = JSON.parse(entry.data) as Record<string, unknown>
    if (entry.kind === sealedKind)
      this.#sealed.set(Number(data['period']), { root: String(data['root']), rows: Number(data['rows']), seq: entry.seq })
    else if (entry.kind === keyKind) this.#keys.add(String(data['fingerprint']))
    else this.#removals.told(entry, data)
  }

  #otherRoot(since: number, head: SignedHead): Wrong {
    const place = head.size === since + 1 ? `entry ${head.size}` : `entries ${since + 1} to ${head.size}`
    return wrong(
      'altered',
      place,
      `日志第 ${since + 1} 至 ${head.size} 条中有被改过、调换或增删的：与 ${told(head.at)} 的签名不符（校验值已一并重算，只能定到这一段）`,
      `among ${place} of the journal something was altered, moved, put in or taken out: they are not what was signed at ${told(head.at)} (their check values were made anew, so the place is known to this stretch)`,
    )
  }

  /** Each sealed period against the journal: its series make the root that was written there. */
  #periods(): void {
    const known = new Set<number>()
    for (const { period, root, rows } of this.#past.periods()) {
      known.add(period)
      const growing = tree.grow()
      for (const series of this.#past.seriesOf(period)) {
        growing.add(seriesLeaf(tree, series))
        this.#series.set(series.point, (this.#series.get(series.point) ?? 0) + 1)
      }
      const written = this.#sealed.get(period)
      if (hexOf(growing.root) !== root || (written && (written.root !== root || written.rows !== rows)))
        throw wrong(
          'altered',
          `readings period ${period}`,
          `第 ${period} 段读数的摘要被改过，与日志第 ${written?.seq ?? '?'} 条不符`,
          `the digests of readings of period ${period} were altered: they are not what entry ${written?.seq ?? '?'} of the journal says`,
        )
    }
    for (const [period, { seq }] of this.#sealed)
      if (!known.has(period))
        throw wrong(
          'missing',
          `readings period ${period}`,
          `第 ${period} 段读数的摘要没有了，日志第 ${seq} 条有记载`,
          `the digests of readings of period ${period} are missing; entry ${seq} of the journal speaks of them`,
        )
    this.#counts.periods = known.size
  }

  /** Every stored reading, point by point. A period's digest is done when it has all its rows, so few are open at a time. */
  #readings(): void {
    for (const point of this.#past.points()) {
      const open = new Map<number, { readonly expected: SealedSeries; readonly digest: ReturnType<PastEvidence['digest']> }>()
      const ended = new Set<number>()
      for (const rows of this.#past.columns(point, -Infinity, Infinity)) {
        this.#counts.readings += rows.at.length
        for (const period of new Set(Array.from(rows.period))) {
          const isTheirs = (row: number): boolean => rows.period[row] === period
          if (period === 0 || !(open.has(period) || ended.has(period) || this.#past.series(period, point))) {
            if (period > 0 && this.#sealed.has(period))
              throw readingsWrong('inserted', point, period, rows.at[0] ?? 0, rows.at[rows.at.length - 1] ?? 0)
            for (let row = 0; row < rows.at.length; row++) if (isTheirs(row)) this.#counts.unsealed += 1
            continue
          }
          let known = open.get(period)
          if (!known) {
            const expected = this.#past.series(period, point)
            if (!expected || ended.has(period))
              throw readingsWrong('inserted', point, period, rows.at[0] ?? 0, rows.at[rows.at.length - 1] ?? 0)
            open.set(period, (known = { expected, digest: this.#past.digest() }))
          }
          known.digest.add(rows, isTheirs)
          if (known.digest.rows < known.expected.rows) continue
          open.delete(period)
          ended.add(period)
          this.#compare(known.expected, known.digest.of(point), period)
        }
      }
      for (const [period, { expected, digest }] of open) this.#compare(expected, digest.of(point), period)
      this.#whole(point, ended, open)
    }
  }

  #compare(expected: SealedSeries, found: SealedSeries, period: number): void {
    if (found.digest === expected.digest && found.rows === expected.rows) return
    if (found.rows < expected.rows && this.#removals.hasReadings(expected.point, expected.first, expected.last)) return
    const kind = found.rows < expected.rows ? 'missing' : found.rows > expected.rows ? 'inserted' : 'altered'
    throw readingsWrong(kind, expected.point, period, expected.first, expected.last, expected.rows - found.rows)
  }

  /** Periods of which not one row is left. */
  #whole(point: string, ended: ReadonlySet<number>, open: ReadonlyMap<number, unknown>): void {
    if (ended.size + open.size === (this.#series.get(point) ?? 0)) return
    for (const { period } of this.#past.periods()) {
      if (ended.has(period) || open.has(period)) continue
      const expected = this.#past.series(period, point)
      if (!expected || this.#removals.hasReadings(point, expected.first, expected.last)) continue
      throw readingsWrong('missing', point, period, expected.first, expected.last, expected.rows)
    }
  }

  #say(): void {
    const note = (zh: string, en: string): void => void this.#notes.push({ zh, en })
    const uncovered = this.#removals.uncovered()
    if (uncovered) throw uncovered
    const { removed, unsealed, entries, heads } = this.#counts
    if (removed > 0)
      note(
        `${removed} 条记录已按保存期限清除，清除本身有记录，日志仍可校验`,
        `${removed} entries were removed after their time; the removal is on record and the journal still proves the rest`,
      )
    for (const words of this.#removals.notes) this.#notes.push(words)
    if (unsealed > 0) note(`${unsealed} 个读数还没有封存`, `${unsealed} readings are not sealed yet`)
    if (this.#past.damaged > 0)
      throw wrong(
        'altered',
        'history.db',
        `有 ${this.#past.damaged} 块读数已损坏，读不出来`,
        `${this.#past.damaged} block(s) of readings are damaged and cannot be read`,
      )
    if (heads === 0)
      note(
        '还没有签名：无法证明日志没有被整体改写',
        'nothing is signed yet: that the journal was not rewritten as a whole cannot be proved',
      )
    else if (this.#head && entries > this.#head.size)
      note(
        `最近一次签名之后又有 ${entries - this.#head.size} 条记录`,
        `${entries - this.#head.size} entries were written after the newest signed head`,
      )
    if (this.#keys.size > 1)
      note(
        `签名密钥换过：${[...this.#keys].join('、')}，请与张贴的指纹核对`,
        `the signing key was changed: ${[...this.#keys].join(', ')}. Compare with the one that is posted`,
      )
    if (this.#given.heads.length === 0)
      note(
        '要证明末尾没有被截断，请用 --heads 给出存放在外面的签名',
        'to show that nothing was cut off at the end, give heads that were kept outside with --heads',
      )
  }
}

export function headIn(json: string): SignedHead | undefined {
  try {
    const head: unknown = JSON.parse(json)
    const isHead = typeof head === 'object' && head !== null && 'what' in head && head.what === 'zhishou-head-1'
    return isHead && JSON.stringify(head) === json ? (head as SignedHead) : undefined
  } catch {
    return undefined
  }
}
