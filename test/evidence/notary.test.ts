import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { isSigned } from '../../gateway/evidence/statement.ts'
import { fingerprintOf, nodeProving } from '../../gateway/evidence/signed.ts'
import { bytesOfHex } from '../../gateway/journal/hashing.ts'
import { nodeHashing } from '../../gateway/journal/node-hashing.ts'
import { MerkleTree } from '../../gateway/journal/tree.ts'
import { openDatabase } from '../../gateway/store/database.ts'
import { hours } from '../../protocols/contract/time.ts'
import { done, readings, stand } from './stand.ts'
import type { Stand } from './stand.ts'

const tree = new MerkleTree(nodeHashing)
const all = async ({ store }: Stand, ...kinds: string[]) =>
  (await store.journal.page({ limit: 10_000, ...(kinds.length > 0 && { kinds }) })).entries
const sha = (text: string): string => createHash('sha256').update(text).digest('hex')
/** Until what was set off by a clock is over: the store answers questions in order. */
const settled = async ({ notary }: Stand): Promise<void> => void (await notary.prove())

/** The root of a period as the documentation says it, from the readings themselves. */
function rootOf(stored: ReturnType<typeof readings>): string {
  const lines = new Map<string, [number, string][]>()
  for (const { reading } of stored) {
    const { point, at, receivedAt, quality } = reading
    const line = [at, receivedAt, quality === 'bad' ? null : reading.value, quality, quality === 'bad' ? reading.fault.code : '']
    lines.set(point, [...(lines.get(point) ?? []), [at, `${JSON.stringify(line)}\n`]])
  }
  const leaves = [...lines.keys()].toSorted().map(point => {
    const own = (lines.get(point) ?? []).toSorted(([a], [b]) => a - b)
    const digest = sha(own.map(([, text]) => text).join(''))
    const leaf = `{"digest":"${digest}","first":${own[0]?.[0]},"last":${own.at(-1)?.[0]},"point":"${point}","rows":${own.length}}`
    return createHash('sha256').update(Uint8Array.of(0)).update(leaf).digest()
  })
  return Buffer.from(tree.root(leaves)).toString('hex')
}

describe('a period of readings', () => {
  test('is closed after an hour of domain time, and its root is that of its readings', async () => {
    const ground = await stand()
    const first = readings(90)
    await ground.store.historian.record(first)
    ground.notary.start()
    await settled(ground)
    const second = readings(40, 90)
    await ground.store.historian.record(second)
    await ground.clock.passes(hours(1))
    await settled(ground)

    const sealed = await all(ground, 'readings.sealed')
    expect(sealed.map(({ data }) => data)).toMatchObject([
      { period: 1, points: 3, rows: 270, root: rootOf(first) },
      { period: 2, points: 3, rows: 120, root: rootOf(second) },
    ])
  })

  test('has what was read while it ran, late or under a clock that was set back, in blocks or not', async () => {
    const ground = await stand()
    // More than a block of each point, then older ones.
    const first = readings(1_500, 500)
    await ground.store.historian.record(first)
    await settled(ground)
    const late = readings(500).map(one => ({ ...one, mark: 'late' as const }))
    await ground.store.historian.record(late)
    await ground.store.historian.record(readings(20, 500))
    await settled(ground)
    await settled(ground)

    const sealed = await all(ground, 'readings.sealed')
    expect(sealed.map(({ data }) => data)).toMatchObject([
      { period: 1, rows: 4_500, root: rootOf(first) },
      { period: 2, rows: 1_500, root: rootOf(late) },
    ])
  })

  test('that is closed on disk and not in the journal is written there at the next start, and no reading is in two', async () => {
    const ground = await stand()
    const first = readings(30)
    await ground.store.historian.record(first)
    const closed = await ground.store.evidence.closePeriod(1, 0)
    await ground.store.historian.record(readings(10, 30))
    await ground.store.close()

    const again = await stand(ground.folder)
    again.notary.start()
    await settled(again)
    const sealed = await all(again, 'readings.sealed')
    expect(closed).toMatchObject({ period: 1, root: rootOf(first) })
    expect(sealed.map(({ data }) => data)).toMatchObject([
      { period: 1, rows: 90, root: rootOf(first) },
      { period: 2, rows: 30, root: rootOf(readings(10, 30)) },
    ])
  })

  test('goes on counting above the journal where the readings were lost', async () => {
    const ground = await stand()
    await ground.store.historian.record(readings(5))
    await settled(ground)
    await ground.store.close()
    const other = await stand()
    // A journal from before, with a history that is new.
    await other.store.journal.append([{ ...done, kind: 'readings.sealed', data: { period: 7 } }])
    other.notary.start()
    await settled(other)
    await other.store.historian.record(readings(5))
    await settled(other)
    expect((await all(other, 'readings.sealed')).map(({ data }) => data['period'])).toEqual([7, 8])
  })
})

describe('a head', () => {
  test('is signed at a start, daily and for each export, by one key that the journal names', async () => {
    const ground = await stand()
    ground.notary.start()
    const { key, head } = await ground.notary.prove()
    await ground.wall.passes(hours(24), async () => void (await settled(ground)))

    const [made] = await all(ground, 'evidence.key-made')
    const heads = (await ground.store.evidence.heads({ limit: 100 })).map(({ json }) => JSON.parse(json))
    expect(heads.map(({ why }) => why).slice(0, 2)).toEqual(['start', 'export'])
    expect(heads.map(({ why }) => why)).toContain('daily')
    expect(key).toBeDefined()
    expect(made?.data['fingerprint']).toMatch(/^[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}$/)
    expect(fingerprintOf(String(made?.data['publicKey']))).toBe(made?.data['fingerprint'])
    for (const one of heads) {
      expect(isSigned(one, nodeProving)).toBe(true)
      expect(isSigned({ ...one, size: one.size + 1 }, nodeProving)).toBe(false)
      expect(one.publicKey).toBe(made?.data['publicKey'])
    }
    const leaves = (await all(ground)).map(({ leaf }) => bytesOfHex(leaf) as Uint8Array)
    for (const { size, root } of heads) expect(Buffer.from(tree.root(leaves.slice(0, size))).toString('hex')).toBe(root)
    expect(head?.size).toBeLessThan(leaves.length)
    expect((await all(ground, 'evidence.head')).map(({ data }) => data['size'])).toEqual(heads.map(({ size }) => size))
  })

  test('is shared by exports that are asked for at once', async () => {
    const ground = await stand()
    await ground.notary.prove()
    await Promise.all(Array.from({ length: 20 }, () => ground.notary.prove()))
    expect((await all(ground, 'evidence.head')).length).toBeLessThanOrEqual(3)
  })

  test('keeps its key over restarts', async () => {
    const ground = await stand()
    const first = await ground.notary.prove()
    await ground.store.close()
    const again = await stand(ground.folder)
    expect((await again.notary.prove()).key).toEqual(first.key)
    expect(await all(again, 'evidence.key-made')).toHaveLength(1)
  })

  test('that the disk does not take leaves the export without it, and is told', async () => {
    const ground = await stand()
    await ground.notary.prove()
    await ground.store.close()
    expect(await ground.notary.prove()).toMatchObject({ key: {} })
    expect(ground.notary.state.trouble).toContain('closed')
  })

  test('cannot be altered or removed, not even with SQL', async () => {
    const ground = await stand()
    await ground.notary.prove()
    await ground.store.close()
    const database = openDatabase(`${ground.folder}/ledger.db`)
    expect(() => database.exec("UPDATE head SET json = '{}'")).toThrow('append-only')
    expect(() => database.exec('DELETE FROM head')).toThrow('append-only')
    database.close()
  })
})

describe('the tree of the journal', () => {
  test('proves each entry under each later size, from what is kept and from what is not', async () => {
    const ground = await stand()
    for (let written = 0; written < 3_000; written += 500)
      await ground.store.journal.append(Array.from({ length: 500 }, () => done))
    const entries = await all(ground)
    const leaves = entries.map(({ leaf }) => bytesOfHex(leaf) as Uint8Array)
    for (const [seq, size] of [
      [1, 1],
      [1, 3_000],
      [257, 300],
      [2_048, 2_900],
      [3_000, 3_000],
      [512, 513],
    ] as const) {
      const path = (await ground.store.evidence.treeProof(seq, size)).map(text => bytesOfHex(text) as Uint8Array)
      const inclusion = { leaf: leaves[seq - 1] as Uint8Array, place: seq - 1, size, path }
      expect(tree.includes(tree.root(leaves.slice(0, size)), inclusion)).toBe(true)
    }
    for (const [before, size] of [
      [1, 3_000],
      [256, 3_000],
      [2_999, 3_000],
      [300, 301],
    ] as const) {
      const path = (await ground.store.evidence.treeConsistency(before, size)).map(text => bytesOfHex(text) as Uint8Array)
      const rootAt = (count: number) => ({ size: count, root: tree.root(leaves.slice(0, count)) })
      expect(tree.isConsistent(rootAt(before), rootAt(size), path)).toBe(true)
    }
    await expect(ground.store.evidence.treeProof(3_001, 3_000)).rejects.toThrow('3000')
    await ground.store.close()
    const database = openDatabase(`${ground.folder}/ledger.db`, 'beside')
    expect(database.prepare('SELECT count(*) AS n FROM tree_node').get()).toEqual({ n: 187 + 11 })
    database.close()
  })
})
