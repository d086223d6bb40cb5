import type { Database, Statement } from '../store/database.ts'
import { scalar } from '../store/database.ts'
import { nodeHashing } from './node-hashing.ts'
import { MerkleTree } from './tree.ts'
import type { Hash, Nodes } from './tree.ts'

/** Every fourth level of the tree is kept, as a cache: what lies between is at most 15 hashes away. A verifier never reads it. */
export const treeSchema = `
  CREATE TABLE tree_node (level INTEGER NOT NULL, place INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, place)) STRICT, WITHOUT ROWID;
`

const step = 4
const width = 2 ** step
const tilesPerTurn = 128

/** The tree over the journal's leaves. Runs in the worker. */
export class TreeTable {
  readonly #database: Database
  readonly #tree = new MerkleTree(nodeHashing)
  readonly #leaves: Statement
  readonly #nodes: Statement
  readonly #node: Statement
  readonly #keep: Statement
  /** Whole tiles of the lowest kept level that are there. */
  #built: number

  constructor(database: Database) {
    this.#database = database
    this.#leaves = database.prepare('SELECT leaf FROM entry WHERE seq > ? AND seq <= ? ORDER BY seq')
    this.#nodes = database.prepare(
      'SELECT place, hash FROM tree_node WHERE level = ? AND place >= ? AND place < ? ORDER BY place',
    )
    this.#node = database.prepare('SELECT hash FROM tree_node WHERE level = ? AND place = ?')
    this.#keep = database.prepare('INSERT OR REPLACE INTO tree_node VALUES (?, ?, ?)')
    this.#built = Number(scalar(database, `SELECT coalesce(max(place) + 1, 0) FROM tree_node WHERE level = ${step}`))
  }

  /** The root over the first `size` entries. */
  rootAt(size: number): Hash {
    return this.#tree.rootAt(this.#at, size)
  }

  /** What leads from the entry to the root over the first `size`. Throws RangeError. */
  inclusion(seq: number, size: number): Hash[] {
    return this.#tree.inclusion(this.#at, seq - 1, size)
  }

  consistency(before: number, size: number): Hash[] {
    return this.#tree.consistency(this.#at, before, size)
  }

  /** What lies beside these entries, in ascending order. */
  some(seqs: readonly number[], size: number): Hash[] {
    return this.#tree.some(
      this.#at,
      seqs.map(seq => seq - 1),
      size,
    )
  }

  /** Whether `build` has something to do, the journal having so many entries. */
  isDue(entries: number): boolean {
    return Math.floor(entries / width) > this.#built
  }

  /** Keeps some nodes more, inside the caller's transaction. */
  build(entries: number): void {
    const whole = Math.floor(entries / width)
    for (let tile = this.#built; tile < Math.min(whole, this.#built + tilesPerTurn); tile++) {
      this.#keep.run(step, tile, this.#compute(step, tile))
      for (let [level, place] = [step, tile]; (place + 1) % width === 0;) {
        ;[level, place] = [level + step, (place + 1) / width - 1]
        this.#keep.run(level, place, this.#compute(level, place))
      }
    }
  }

  /** After the commit: what is kept now is counted. */
  built(): void {
    this.#built = Number(scalar(this.#database, `SELECT coalesce(max(place) + 1, 0) FROM tree_node WHERE level = ${step}`))
  }

  readonly #at: Nodes = (level, place) => {
    const kept = level > 0 && level % step === 0 ? this.#node.get(level, place) : undefined
    return kept ? (kept['hash'] as Uint8Array) : this.#compute(level, place)
  }

  #compute(level: number, place: number): Hash {
    const below = level === 0 ? 0 : Math.floor((level - 1) / step) * step
    const count = 2 ** (level - below)
    return this.#fold(this.#row(below, place * count, count))
  }

  /** `count` neighbours of one kept level. */
  #row(level: number, place: number, count: number): Hash[] {
    if (level === 0) {
      const rows = this.#leaves.all(place, place + count)
      if (rows.length < count) throw new RangeError(`the journal has no entries ${place + 1} to ${place + count}`)
      return rows.map(row => Buffer.from(String(row['leaf']), 'hex'))
    }
    const known = new Map(
      this.#nodes.all(level, place, place + count).map(row => [Number(row['place']), row['hash'] as Uint8Array]),
    )
    return Array.from({ length: count }, (_, index) => known.get(place + index) ?? this.#compute(level, place + index))
  }

  #fold(row: readonly Hash[]): Hash {
    let hashes = row
    while (hashes.length > 1)
      hashes = Array.from({ length: hashes.length / 2 }, (_, index) =>
        this.#tree.node(hashes[index * 2] as Hash, hashes[index * 2 + 1] as Hash),
      )
    return hashes[0] as Hash
  }
}
