import { z } from 'zod'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { SignedHead } from '../../evidence/signed.ts'
import { Refusal, notFound } from '../problem.ts'
import { route } from '../route.ts'
import { list, problem, time as moment } from '../shapes.ts'

const head = z.object({
  what: z.literal('zhishou-head-1'),
  site: z.string(),
  size: z.int().meta({ description: 'How many entries of the journal' }),
  root: z.string().meta({ description: 'RFC 9162 root over them, SHA-256 in hex' }),
  at: z.number().meta({ description: 'Real time, ms; signed as it stands here' }),
  why: z.enum(['daily', 'export', 'start']),
  publicKey: z.string().meta({ description: 'Ed25519, raw 32 bytes, base64' }),
  signature: z.string().meta({ description: 'Over the canonical JSON (RFC 8785) of everything but itself, base64' }),
})
const noKeyYet = (): Refusal =>
  notFound({ zh: '网关还没有签名密钥，请稍候再试。', en: 'The gateway has no signing key yet: try again in a moment.' })

const state = route({
  method: 'GET',
  url: '/api/v1/evidence',
  may: 'see',
  summary: 'How the records are sealed: the newest signed head, the key, the last sealed readings, the copies outside',
  tag: 'Evidence',
  answer: z.object({
    fingerprint: z.string().nullable(),
    head: head.nullable(),
    sealed: z
      .object({ period: z.int(), at: moment, points: z.int(), rows: z.int(), root: z.string() })
      .nullable()
      .meta({ description: 'The last period of readings whose root is in the journal' }),
    outside: list(
      z.object({
        place: z.string(),
        is: z.enum(['copy', 'timestamp']),
        at: moment.nullable(),
        failing: z.object({ since: moment, why: z.string() }).nullable(),
      }),
    ),
    trouble: z.string().nullable(),
  }),
  act({ house, time }) {
    const { fingerprint, head: newest, sealed, outside, trouble } = house.keeping.evidence.state
    return {
      fingerprint: fingerprint ?? null,
      head: newest ?? null,
      sealed: sealed ? { ...sealed, at: time(sealed.at as Instant) } : null,
      outside: outside.map(({ place, is, at, failing }) => ({
        place,
        is,
        at: at === undefined ? null : time(at as Instant),
        failing: failing ? { ...failing, since: time(failing.since) } : null,
      })),
      trouble: trouble ?? null,
    }
  },
})

const heads = route({
  method: 'GET',
  url: '/api/v1/evidence/heads',
  may: 'see',
  summary: 'Signed heads of the journal, newest first; keep them outside the house',
  tag: 'Evidence',
  query: z.object({
    cursor: z.coerce.number().int().min(0).optional(),
    limit: z.coerce.number().int().min(1).max(500).default(100),
  }),
  answer: z.object({ items: list(z.object({ head, stamp: z.string().nullable() })), next: z.string().nullable() }),
  async act({ house, query: { cursor, limit } }) {
    const before = cursor ?? Number.MAX_SAFE_INTEGER
    const found = await house.store.evidence.heads({ before, limit: limit + 1, newestFirst: true })
    const items = found.slice(0, limit)
    return {
      items: items.map(({ json, stamp }) => ({
        head: JSON.parse(json) as SignedHead,
        stamp: stamp ? Buffer.from(stamp).toString('base64') : null,
      })),
      next: found.length > limit ? String(items.at(-1)?.id) : null,
    }
  },
})

const proof = route({
  method: 'GET',
  url: '/api/v1/evidence/proof',
  may: 'read-journal',
  summary: 'That one entry of the journal is under the newest signed head (RFC 9162 inclusion proof)',
  tag: 'Evidence',
  query: z.object({ seq: z.coerce.number().int().min(1) }),
  answer: z.object({ seq: z.int(), leaf: z.string(), path: list(z.string()), head }),
  answers: { 404: problem },
  async act({ house, query: { seq } }) {
    const newest = house.keeping.evidence.state.head
    if (!newest) throw noKeyYet()
    const { entries } = await house.store.journal.page({ after: seq - 1, limit: 1 })
    const [entry] = entries
    if (entry?.seq !== seq) throw notFound({ zh: `日志没有第 ${seq} 条。`, en: `The journal has no entry ${seq}.` })
    // What was written since the head is not under it yet: a new one is signed.
    const covering = seq <= newest.size ? newest : (await house.keeping.evidence.prove()).head
    if (!covering || seq > covering.size)
      throw new Refusal('not-recordable', {
        zh: '现在无法签名：磁盘写不进去。',
        en: 'It cannot be signed now: the disk takes nothing.',
      })
    return { seq, leaf: entry.leaf, path: [...(await house.store.evidence.treeProof(seq, covering.size))], head: covering }
  },
})

const key = route({
  method: 'GET',
  url: '/api/v1/evidence/key',
  may: 'see',
  summary: 'The public key that signs, and how it is called on paper',
  tag: 'Evidence',
  answer: z.object({ publicKey: z.string(), fingerprint: z.string(), algorithm: z.literal('Ed25519') }),
  answers: { 404: problem },
  act({ house }) {
    const { publicKey, fingerprint } = house.keeping.evidence.state
    if (publicKey === undefined || fingerprint === undefined) throw noKeyYet()
    return { publicKey, fingerprint, algorithm: 'Ed25519' as const }
  },
})

export const evidenceRoutes = [state, heads, proof, key]
