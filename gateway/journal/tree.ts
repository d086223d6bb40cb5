import { areEqual } from './hashing.ts'
import type { Hashing } from './hashing.ts'

/** SHA-256, 32 bytes. */
export type Hash = Uint8Array

/** The hash over the `2 ** level` leaves from `place * 2 ** level` on; all of them exist. */
export type Nodes = (level: number, place: number) => Hash

const leafMark = Uint8Array.of(0)
const nodeMark = Uint8Array.of(1)

/** The Merkle tree of RFC 9162 §2.1. Leaves are counted from 0; what a leaf or a node is hashed from begins with its own mark. */
export class MerkleTree {
  readonly #hashing: Hashing

  constructor(hashing: Hashing) {
    this.#hashing = hashing
  }

  leaf(data: Uint8Array): Hash {
    return this.#hashing.of(leafMark, data)
  }

  node(left: Hash, right: Hash): Hash {
    return this.#hashing.of(nodeMark, left, right)
  }

  get empty(): Hash {
    return this.#hashing.of()
  }

  /** Over all leaves. */
  root(leaves: Iterable<Hash>): Hash {
    const growing = this.grow()
    for (const leaf of leaves) growing.add(leaf)
    return growing.root
  }

  /** A tree that grows at its end and remembers no more than it must. */
  grow(): GrowingTree {
    return new GrowingTree(this)
  }

  /** Over the first `size` leaves. */
  rootAt(nodes: Nodes, size: number): Hash {
    return size === 0 ? this.empty : this.#over(nodes, 0, size)
  }

  /** §2.1.3.1: what leads from one leaf to the root over the first `size`. Throws RangeError for a leaf that is not among them. */
  inclusion(nodes: Nodes, place: number, size: number): Hash[] {
    if (!(place >= 0 && place < size)) throw new RangeError(`leaf ${place} is not among the first ${size}`)
    const path: Hash[] = []
    let [from, to] = [0, size]
    while (to - from > 1) {
      const middle = from + split(to - from)
      if (place < middle) {
        path.push(this.#over(nodes, middle, to))
        to = middle
      } else {
        path.push(this.#over(nodes, from, middle))
        from = middle
      }
    }
    return path.toReversed()
  }

  /** §2.1.4.1: that the tree over the first `before` leaves is the beginning of the tree over the first `size`. */
  consistency(nodes: Nodes, before: number, size: number): Hash[] {
    if (!(before > 0 && before <= size)) throw new RangeError(`${before} is no earlier size of ${size}`)
    const path: Hash[] = []
    let [from, to, isWhole] = [0, size, true]
    while (before !== to) {
      const middle = from + split(to - from)
      if (before <= middle) {
        path.push(this.#over(nodes, middle, to))
        to = middle
      } else {
        path.push(this.#over(nodes, from, middle))
        from = middle
        isWhole = false
      }
    }
    if (!isWhole) path.push(this.#over(nodes, from, to))
    return path.toReversed()
  }

  /** For some leaves, in ascending order: the hashes of everything beside them, from left to right. A range is a proof of this kind too. */
  some(nodes: Nodes, places: readonly number[], size: number): Hash[] {
    const beside: Hash[] = []
    let next = 0
    const walk = (from: number, to: number): void => {
      if (!((places[next] ?? Infinity) < to)) {
        beside.push(this.#over(nodes, from, to))
      } else if (to - from === 1) {
        next += 1
      } else {
        const middle = from + split(to - from)
        walk(from, middle)
        walk(middle, to)
      }
    }
    if (size > 0) walk(0, size)
    if (next < places.length) throw new RangeError(`not among the first ${size}, or not in order: leaf ${places[next]}`)
    return beside
  }

  /** Takes leaves in ascending order and says in the end which root they and what lies beside them make. */
  joinSome(size: number, beside: Iterable<Hash>): SomeJoined {
    return new SomeJoined(this, size, beside)
  }

  /** §2.1.3.2. A path that is too long or too short is refused. */
  includes(root: Hash, { leaf, place, size, path }: Inclusion): boolean {
    if (!(place >= 0 && place < size)) return false
    let [index, last, hash] = [place, size - 1, leaf]
    for (const step of path) {
      if (last === 0) return false
      if (index % 2 === 1 || index === last) {
        hash = this.node(step, hash)
        while (index % 2 === 0 && index !== 0) [index, last] = [half(index), half(last)]
      } else {
        hash = this.node(hash, step)
      }
      ;[index, last] = [half(index), half(last)]
    }
    return last === 0 && areEqual(hash, root)
  }

  /** §2.1.4.2. */
  isConsistent(older: { readonly size: number; readonly root: Hash }, newer: typeof older, path: readonly Hash[]): boolean {
    if (older.size <= 0 || older.size > newer.size) return false
    if (older.size === newer.size) return path.length === 0 && areEqual(older.root, newer.root)
    const isPower = split(older.size + 1) === older.size
    const [first, ...steps] = isPower ? [older.root, ...path] : path
    if (first === undefined) return false
    let [index, last] = [older.size - 1, newer.size - 1]
    while (index % 2 === 1) [index, last] = [half(index), half(last)]
    let [before, now] = [first, first]
    for (const step of steps) {
      if (last === 0) return false
      if (index % 2 === 1 || index === last) {
        before = this.node(step, before)
        now = this.node(step, now)
        while (index % 2 === 0 && index !== 0) [index, last] = [half(index), half(last)]
      } else {
        now = this.node(now, step)
      }
      ;[index, last] = [half(index), half(last)]
    }
    return last === 0 && areEqual(before, older.root) && areEqual(now, newer.root)
  }

  /** Over the leaves from `from` until before `to`, as they hang together in the tree. */
  #over(nodes: Nodes, from: number, to: number): Hash {
    const count = to - from
    const left = split(count)
    // A whole power of two is a node of its own.
    if (left * 2 === count || count === 1) return nodes(Math.log2(count), from / count)
    return this.node(this.#over(nodes, from, from + left), this.#over(nodes, from + left, to))
  }
}

/** One leaf and what leads from it to the root. */
export interface Inclusion {
  readonly leaf: Hash
  readonly place: number
  readonly size: number
  readonly path: readonly Hash[]
}

/** A tree of which only the right edge is known: one whole subtree for each bit of its size. */
export class GrowingTree {
  readonly #tree: MerkleTree
  readonly #edge: { readonly leaves: number; readonly hash: Hash }[] = []
  #size = 0

  constructor(tree: MerkleTree) {
    this.#tree = tree
  }

  get size(): number {
    return this.#size
  }

  add(leaf: Hash): void {
    let [leaves, hash] = [1, leaf]
    for (let last = this.#edge.at(-1); last?.leaves === leaves; last = this.#edge.at(-1)) {
      this.#edge.pop()
      hash = this.#tree.node(last.hash, hash)
      leaves *= 2
    }
    this.#edge.push({ leaves, hash })
    this.#size += 1
  }

  get root(): Hash {
    const last = this.#edge.at(-1)
    if (!last) return this.#tree.empty
    return this.#edge.slice(0, -1).reduceRight((right, { hash }) => this.#tree.node(hash, right), last.hash)
  }
}

/** Some leaves of a tree and the hashes beside them on the way to a root. */
export class SomeJoined {
  readonly #walk: Generator<void, Hash | undefined, void>
  #next: { readonly place: number; readonly leaf: Hash } | undefined
  #last = -1
  #isWrong = false

  constructor(tree: MerkleTree, size: number, beside: Iterable<Hash>) {
    const hashes = beside[Symbol.iterator]()
    // Stops wherever it has to know which leaf comes next.
    const walk = function* (this: SomeJoined, from: number, to: number): Generator<void, Hash | undefined, void> {
      if (!((this.#next?.place ?? Infinity) < to)) {
        const { done, value } = hashes.next()
        return done ? undefined : value
      }
      if (to - from === 1) {
        const leaf = this.#next?.leaf
        yield
        return leaf
      }
      const middle = from + split(to - from)
      const left = yield* walk.call(this, from, middle)
      const right = yield* walk.call(this, middle, to)
      return left && right && tree.node(left, right)
    }
    this.#walk = function* (this: SomeJoined): Generator<void, Hash | undefined, void> {
      yield
      const root = size > 0 ? yield* walk.call(this, 0, size) : tree.empty
      return hashes.next().done ? root : undefined
    }.call(this)
    this.#walk.next()
  }

  add(place: number, leaf: Hash): void {
    if (place <= this.#last) this.#isWrong = true
    this.#last = place
    this.#next = { place, leaf }
    if (this.#walk.next().done) this.#isWrong = true
  }

  /** `undefined` where leaves or hashes were left over, missing or out of order. */
  end(): Hash | undefined {
    this.#next = undefined
    const { done, value } = this.#walk.next()
    return done && !this.#isWrong ? (value ?? undefined) : undefined
  }
}

const half = (number: number): number => Math.floor(number / 2)

/** The largest power of two below `count`; for 1 it is 1. */
function split(count: number): number {
  let power = 1
  while (power * 2 < count) power *= 2
  return power
}
