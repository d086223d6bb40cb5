import { describe, expect, onTestFinished, test } from 'vitest'
import { fingerprintOf, nodeProving } from '../../gateway/evidence/signed.ts'
import type { SignedHead } from '../../gateway/evidence/signed.ts'
import { isSigned } from '../../gateway/evidence/statement.ts'
import { bytesOfHex } from '../../gateway/journal/hashing.ts'
import { nodeHashing } from '../../gateway/journal/node-hashing.ts'
import { MerkleTree } from '../../gateway/journal/tree.ts'
import { done, stand } from '../evidence/stand.ts'
import { run } from './house.ts'

/** The server on a real store. */
async function running() {
  const [ground, server] = [await stand(), await run()]
  onTestFinished(() => server.close())
  const { journal, accounts, evidence } = ground.store
  Object.assign(server.house.store, { journal, accounts, evidence })
  Object.assign(server.house, { note: ground.note })
  const get = async (path: string, role: 'viewer' | 'inspector' = 'inspector') => {
    const response = await server.get(path, await server.cookie(role))
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  return { ground, house: server.house, get }
}

describe('the evidence over HTTP', () => {
  test('is not there yet at first, and says so in words', async () => {
    const { get } = await running()
    expect(await get('/api/v1/evidence')).toMatchObject({ status: 200, body: { head: null, fingerprint: null, outside: [] } })
    expect(await get('/api/v1/evidence/key')).toMatchObject({
      status: 404,
      body: { detail: expect.stringMatching(/密钥|signing key/) },
    })
    expect((await get('/api/v1/evidence/proof?seq=1')).status).toBe(404)
  })

  test('shows the newest head, the key and its fingerprint, and every head', async () => {
    const { get, house } = await running()
    await house.keeping.evidence.prove()
    await house.keeping.evidence.prove()
    const { body } = await get('/api/v1/evidence')
    expect(isSigned(body['head'] as SignedHead, nodeProving)).toBe(true)
    const key = await get('/api/v1/evidence/key', 'viewer')
    expect(fingerprintOf(key.body['publicKey'] as string)).toBe(body['fingerprint'])
    const first = await get('/api/v1/evidence/heads?limit=1')
    const second = await get(`/api/v1/evidence/heads?limit=1&cursor=${first.body['next']}`)
    const sizes = [first, second].flatMap(({ body: { items } }) => (items as { head: SignedHead }[]).map(({ head }) => head.size))
    expect(sizes.length).toBe(2)
    expect(sizes[0]).toBeGreaterThan(sizes[1] as number)
    expect(second.body['next']).toBeNull()
  })

  test('proves one entry, also one that was written just now', async () => {
    const { get, ground, house } = await running()
    await house.keeping.evidence.prove()
    await ground.store.journal.append(Array.from({ length: 9 }, () => done))
    const { body } = await get('/api/v1/evidence/proof?seq=7')
    const { seq, leaf, path, head } = body as unknown as { seq: number; leaf: string; path: string[]; head: SignedHead }
    const bytes = (text: string): Uint8Array => bytesOfHex(text) as Uint8Array
    const inclusion = { leaf: bytes(leaf), place: seq - 1, size: head.size, path: path.map(bytes) }
    expect(new MerkleTree(nodeHashing).includes(bytes(head.root), inclusion)).toBe(true)
    expect(isSigned(head, nodeProving)).toBe(true)
    expect((await get('/api/v1/evidence/proof?seq=999')).status).toBe(404)
    expect((await get('/api/v1/evidence/proof?seq=7', 'viewer')).status).toBe(403)
  })
})
