import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import type { Words } from '../../protocols/contract/driver.ts'
import { removedKind } from '../journal/removal.ts'
import type { Range } from '../journal/removal.ts'
import type { RawEntry } from '../store/past-evidence.ts'
import { Wrong } from './verdict.ts'

export const trimmedKind = 'readings.trimmed'

interface Struck {
  readonly first: number
  last: number
  count: number
  readonly ranges: [number, number][]
  readonly leaves: Hash
}

interface Trimmed {
  readonly point: string | undefined
  readonly from: number
  readonly to: number
}

/** What was removed after its time, and what the journal says of it: the one must be covered by the other. */
export class Removals {
  readonly #struck = new Map<number, Struck>()
  readonly #trimmed: Trimmed[] = []
  #trims = 0

  /** An entry whose data are gone; `stub` is the entry that says so. */
  found(seq: number, stub: number, leaf: string): void {
    let known = this.#struck.get(stub)
    if (!known) this.#struck.set(stub, (known = { first: seq, last: seq, count: 0, ranges: [], leaves: createHash('sha256') }))
    const range = known.ranges.at(-1)
    if (range && range[1] === seq - 1) range[1] = seq
    else known.ranges.push([seq, seq])
    known.last = seq
    known.count += 1
    known.leaves.update(Buffer.from(leaf, 'hex'))
  }

  /** An entry that may speak of removal. Throws Wrong where it says something else than what was found. */
  told({ seq, kind }: RawEntry, data: Readonly<Record<string, unknown>>): void {
    if (kind === trimmedKind) {
      this.#trims += 1
      const lists = Object.values(data).filter(value => Array.isArray(value))
      const list = lists.length > 0 ? lists.flat() : [data]
      for (const span of list as Readonly<Record<string, unknown>>[])
        this.#trimmed.push({
          point: typeof span['point'] === 'string' ? span['point'] : undefined,
          from: typeof span['from'] === 'number' ? span['from'] : -Infinity,
          to: typeof span['to'] === 'number' ? span['to'] : -Infinity,
        })
    }
    const struck = kind === removedKind ? this.#struck.get(seq) : undefined
    if (!struck) return
    const ranges = (Array.isArray(data['seqs']) ? data['seqs'] : []) as Range[]
    const isCovered = struck.ranges.every(([from, to]) => ranges.some(([first, last]) => first <= from && to <= last))
    // A removal that a power cut has interrupted goes on at the next start.
    const isWhole = struck.count >= Number(data['count'])
    if (!isCovered || (isWhole && struck.leaves.digest('hex') !== data['leaves'])) throw uncovered(struck.first, seq)
    this.#struck.delete(seq)
  }

  /** After the last entry: data that are gone though nothing says so. */
  uncovered(): Wrong | undefined {
    const [first] = [...this.#struck].toSorted(([, a], [, b]) => a.first - b.first)
    return first && uncovered(first[1].first, first[0])
  }

  hasReadings(point: string, first: number, last: number): boolean {
    return this.#trimmed.some(one => (one.point ?? point) === point && one.from <= last && first < one.to)
  }

  get notes(): readonly Words[] {
    if (this.#trims === 0) return []
    return [
      {
        zh: '一部分原始读数已按保存期限清除，清除有记录',
        en: 'Some raw readings were removed after their time; the removal is on record',
      },
    ]
  }
}

const uncovered = (seq: number, stub: number): Wrong =>
  new Wrong('altered', `entry ${seq}`, {
    zh: `日志第 ${seq} 条的内容被去掉，而第 ${stub} 条并没有这样的清除记录`,
    en: `what entry ${seq} of the journal said was taken away, and entry ${stub} does not say so`,
  })
