import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesOf, bytesOfHex, hexOf } from '../../gateway/journal/hashing.ts'
import { nodeHashing } from '../../gateway/journal/node-hashing.ts'
import { MerkleTree } from '../../gateway/journal/tree.ts'
import type { Nodes } from '../../gateway/journal/tree.ts'

const tree = new MerkleTree(nodeHashing)
const sha = (...parts: Uint8Array[]): Uint8Array => createHash('sha256').update(Buffer.concat(parts)).digest()

/** The definitions of RFC 9162 §2.1, word for word and without regard to cost. */
const mth = (leaves: readonly Uint8Array[]): Uint8Array => {
  if (leaves.length === 0) return sha()
  if (leaves.length === 1) return leaves[0] as Uint8Array
  const k = largestPowerBelow(leaves.length)
  return sha(Uint8Array.of(1), mth(leaves.slice(0, k)), mth(leaves.slice(k)))
}
const path = (m: number, leaves: readonly Uint8Array[]): Uint8Array[] => {
  if (leaves.length === 1) return []
  const k = largestPowerBelow(leaves.length)
  return m < k
    ? [...path(m, leaves.slice(0, k)), mth(leaves.slice(k))]
    : [...path(m - k, leaves.slice(k)), mth(leaves.slice(0, k))]
}
const subproof = (m: number, leaves: readonly Uint8Array[], isWhole: boolean): Uint8Array[] => {
  if (m === leaves.length) return isWhole ? [] : [mth(leaves)]
  const k = largestPowerBelow(leaves.length)
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), isWhole), mth(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), mth(leaves.slice(0, k))]
}
const largestPowerBelow = (n: number): number => 2 ** (Math.ceil(Math.log2(n)) - 1)

const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => tree.leaf(bytesOf(`entry ${index}`)))
const nodesOn =
  (leaves: readonly Uint8Array[]): Nodes =>
  (level, place) =>
    mth(leaves.slice(place * 2 ** level, (place + 1) * 2 ** level))
const hex = (hashes: readonly Uint8Array[]): string[] => hashes.map(hexOf)
const sizes = fc.integer({ min: 1, max: 70 })

/** The eight entries and roots of Certificate Transparency's reference (certificate-transparency-go and transparency-dev/merkle, testonly). */
const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

describe('the tree', () => {
  test('has the roots of the reference of Certificate Transparency', () => {
    const growing = tree.grow()
    expect(hexOf(growing.root)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    const found = inputs.map(input => {
      growing.add(tree.leaf(bytesOfHex(input) as Uint8Array))
      return hexOf(growing.root)
    })
    expect(found).toEqual(roots)
  })

  test('proves what the reference proves', () => {
    const leaves = inputs.map(input => tree.leaf(bytesOfHex(input) as Uint8Array))
    // transparency-dev/merkle, proof/verify_test.go: leaf 6 of 8, and size 6 of 8.
    expect(hex(tree.inclusion(nodesOn(leaves), 5, 8))).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ])
    expect(hex(tree.consistency(nodesOn(leaves), 6, 8))).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ])
  })

  test('is the tree of the definition, however it is made', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 70 }), size => {
        const leaves = leavesOf(size)
        expect(hexOf(tree.root(leaves))).toBe(hexOf(mth(leaves)))
        expect(hexOf(tree.rootAt(nodesOn(leavesOf(70)), size))).toBe(hexOf(mth(leaves)))
      }),
    )
  })

  test('says the paths of the definition, and accepts them', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (size, seed) => {
        const place = seed % size
        const leaves = leavesOf(size)
        const found = tree.inclusion(nodesOn(leaves), place, size)
        expect(hex(found)).toEqual(hex(path(place, leaves)))
        const inclusion = { leaf: leaves[place] as Uint8Array, place, size, path: found }
        expect(tree.includes(mth(leaves), inclusion)).toBe(true)
      }),
    )
  })

  test('refuses another leaf, another place, another size, a path with something left over or left out', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (size, seed) => {
        const place = seed % size
        const leaves = leavesOf(size)
        const root = mth(leaves)
        const right = { leaf: leaves[place] as Uint8Array, place, size, path: path(place, leaves) }
        const other = tree.leaf(bytesOf('somebody else'))
        expect(tree.includes(root, { ...right, leaf: other })).toBe(false)
        expect(tree.includes(root, { ...right, path: [...right.path, other] })).toBe(false)
        expect(tree.includes(root, { ...right, path: [other, ...right.path] })).toBe(false)
        expect(tree.includes(root, { ...right, place: size })).toBe(false)
        expect(tree.includes(root, { ...right, place: -1 })).toBe(false)
        if (right.path.length > 0) expect(tree.includes(root, { ...right, path: right.path.slice(0, -1) })).toBe(false)
        for (let wrong = 0; wrong < size; wrong++)
          if (wrong !== place) expect(tree.includes(root, { ...right, place: wrong })).toBe(false)
        right.path.forEach((_, index) => {
          const bent = right.path.map((hash, at) => (at === index ? other : hash))
          expect(tree.includes(root, { ...right, path: bent })).toBe(false)
        })
      }),
    )
  })

  test('proves that an older tree is the beginning of a newer one, as defined, and of no other', () => {
    fc.assert(
      fc.property(sizes, sizes, (a, b) => {
        const [before, size] = [Math.min(a, b), Math.max(a, b)]
        const leaves = leavesOf(size)
        const found = tree.consistency(nodesOn(leaves), before, size)
        expect(hex(found)).toEqual(hex(subproof(before, leaves, true)))
        const older = { size: before, root: mth(leaves.slice(0, before)) }
        const newer = { size, root: mth(leaves) }
        expect(tree.isConsistent(older, newer, found)).toBe(true)
        const other = tree.leaf(bytesOf('somebody else'))
        expect(tree.isConsistent({ ...older, root: other }, newer, found)).toBe(false)
        expect(tree.isConsistent(older, { ...newer, root: other }, found)).toBe(false)
        expect(tree.isConsistent(older, newer, [...found, other])).toBe(false)
        if (found.length > 0) expect(tree.isConsistent(older, newer, found.slice(1))).toBe(false)
        if (found.length > 0) expect(tree.isConsistent(older, newer, found.slice(0, -1))).toBe(false)
        expect(tree.isConsistent(newer, { ...older, size: before - 1 }, found)).toBe(false)
      }),
    )
  })

  test('proves any set of leaves at once, a range among them, and nothing but these', () => {
    const chosen = sizes.chain(size =>
      fc.record({ size: fc.constant(size), places: fc.uniqueArray(fc.integer({ min: 0, max: size - 1 })) }),
    )
    fc.assert(
      fc.property(chosen, fc.nat(), ({ size, places: unordered }, seed) => {
        const places = unordered.toSorted((a, b) => a - b)
        const leaves = leavesOf(size)
        const beside = tree.some(nodesOn(leaves), places, size)
        const join = (
          given: readonly (readonly [number, Uint8Array])[],
          hashes: readonly Uint8Array[] = beside,
        ): string | undefined => {
          const joined = tree.joinSome(size, hashes)
          for (const [place, leaf] of given) joined.add(place, leaf)
          const root = joined.end()
          return root && hexOf(root)
        }
        const right = places.map(place => [place, leaves[place] as Uint8Array] as const)
        const root = hexOf(mth(leaves))
        expect(join(right)).toBe(root)
        expect(join(right, [...beside, leaves[0] as Uint8Array])).not.toBe(root)
        expect(join([...right, [size, leaves[0] as Uint8Array]])).not.toBe(root)
        if (beside.length > 0) expect(join(right, beside.slice(0, -1))).not.toBe(root)
        if (right.length === 0) return
        const at = seed % right.length
        expect(join(right.filter((_, index) => index !== at))).not.toBe(root)
        expect(join(right.map((one, index) => (index === at ? ([one[0], tree.leaf(bytesOf('x'))] as const) : one)))).not.toBe(
          root,
        )
        if (right.length > 1) expect(join(right.toReversed())).not.toBe(root)
      }),
    )
    expect(() => tree.some(nodesOn(leavesOf(4)), [4], 4)).toThrow(RangeError)
    expect(() => tree.inclusion(nodesOn(leavesOf(4)), 4, 4)).toThrow(RangeError)
    expect(() => tree.consistency(nodesOn(leavesOf(4)), 0, 4)).toThrow(RangeError)
  })
})
