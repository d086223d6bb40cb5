import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { canonical } from '../../gateway/journal/canonical.ts'
import { publicKeyOf } from '../../gateway/evidence/signed.ts'
import { Holds } from '../../gateway/retention/holds.ts'
import { KeepingBook } from '../../gateway/retention/plan.ts'
import { Trimmer, trimmedKind } from '../../gateway/retention/trimmer.ts'
import { usualRetention } from '../../gateway/retention/settings.ts'
import { StoreTrouble } from '../../gateway/store/store.ts'
import type { RolledBucket } from '../../gateway/store/store.ts'
import type { Decide } from '../../gateway/turn.ts'
import { days, instant, minutes } from '../../protocols/contract/time.ts'
import { FakeClock } from '../kit/fake-clock.ts'
import { emptyFolder, opened, reads, temperature } from '../store/folder.ts'

const now = instant(Date.UTC(2026, 10, 22))
const old = now - 4 * 365 * 86_400_000
const rows = 6_000
const site = {
  id: 'greenhill',
  timeZone: 'Asia/Shanghai',
  points: [{ id: temperature, equipment: 'cold-1' }],
  equipment: [],
  rules: [],
}

async function ground(settings: Partial<typeof usualRetention> & { readonly full?: boolean } = {}) {
  const store = await opened(emptyFolder())
  await store.historian.listening(instant(old))
  await store.historian.limits(instant(old), site.timeZone, [
    { point: temperature, min: 0, max: 8, staleAfter: minutes(10), silentAfter: minutes(10) },
  ])
  // Four years ago by the minute, and the last days.
  for (const began of [old, now - rows * 60_000])
    await store.historian.record(Array.from({ length: rows }, (_, index) => reads(began + index * 60_000, 4 + (index % 30) / 10)))
  while (await store.evidence.closePeriod(now, 0)) {
    // Until all of it is sealed.
  }
  const holds = new Holds()
  const pem = String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const act = async <T>(decide: Decide<T>): Promise<T> => {
    const decision = decide(now)
    if (settings.full === true) {
      decision.undo?.()
      throw new StoreTrouble('disk full')
    }
    return decision.answer(await store.journal.append(decision.drafts ?? []))
  }
  const said: string[] = []
  const book = new KeepingBook({ ...site, settings: { ...usualRetention, ...settings } } as ConstructorParameters<
    typeof KeepingBook
  >[0])
  const trimmer = new Trimmer({
    site,
    book,
    holds,
    historian: store.historian,
    clock: new FakeClock(now),
    budget: settings.budget ?? usualRetention.budget,
    removes: settings.remove ?? true,
    key: async () => ({ pem }),
    act,
    complain: line => said.push(line),
  })
  const kept = async (from: number, to: number): Promise<number> =>
    (await store.historian.raw(temperature, instant(from), instant(to), 100_000)).samples.length
  const stubs = async () => (await store.journal.page({ kinds: [trimmedKind], limit: 100 })).entries
  return { store, trimmer, holds, act, kept, stubs, pem, said }
}

/** Sums of the same figures in another order. */
const rounded = ({ mean, ...rest }: RolledBucket) => ({ ...rest, mean: mean === null ? null : Number(mean.toFixed(9)) })

test('readings whose time is over go, signed first; what was counted of them stays', async () => {
  const { store, trimmer, kept, stubs, pem } = await ground()
  const before = await store.historian.rollup(temperature, instant(old), instant(old + days(2)), '1h')
  const gone = await trimmer.run()
  expect(gone).toBeGreaterThan(rows / 2)
  expect(await kept(old, old + days(30))).toBe(rows - gone)
  expect(await kept(now - days(10), now)).toBe(rows)
  const [stub] = await stubs()
  const { publicKey, signature, ...statement } = Object(stub).data as {
    publicKey: string
    signature: string
    readings: { rows: number }[]
    why: string
  }
  expect(statement.why).toBe('time')
  expect(publicKey).toBe(publicKeyOf({ pem }))
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey, 'base64').toString('base64url') },
    format: 'jwk',
  })
  expect(verify(null, Buffer.from(canonical({ ...statement, publicKey })), key, Buffer.from(signature, 'base64'))).toBe(true)
  expect(
    (await stubs()).flatMap(({ data }) => data['readings'] as { rows: number }[]).reduce((sum, one) => sum + one.rows, 0),
  ).toBe(gone)
  const after = await store.historian.rollup(temperature, instant(old), instant(old + days(2)), '1h')
  expect(after.map(rounded)).toEqual(before.map(rounded))
  expect(await trimmer.run()).toBe(0)
  expect(await stubs()).toHaveLength(1)
})

test('where nothing is to be removed by itself only the budget makes them go, the oldest first', async () => {
  const { trimmer, kept, stubs } = await ground({ remove: false, budget: 1 })
  const gone = await trimmer.run()
  expect(gone).toBeGreaterThan(rows)
  expect((await stubs()).every(({ data }) => data['why'] === 'budget')).toBe(true)
  expect(await kept(old, old + days(30))).toBeLessThan(rows / 2)
})

test('within the budget nothing goes before its time', async () => {
  const { trimmer, stubs } = await ground({ remove: false })
  expect(await trimmer.run()).toBe(0)
  expect(await stubs()).toEqual([])
})

test('what another historian is still to be told stays, until it has been told or the room is needed', async () => {
  const waiting = await ground()
  await waiting.store.spool.begin(['archive'])
  expect(await waiting.trimmer.run()).toBe(0)
  await waiting.store.spool.begin([])
  expect(await waiting.trimmer.run()).toBeGreaterThan(rows / 2)
  const full = await ground({ budget: 1 })
  await full.store.spool.begin(['archive'])
  expect(await full.trimmer.run()).toBeGreaterThan(rows / 2)
})

test('a hold keeps them, also from the budget, and a hold on other equipment does not', async () => {
  const held = await ground({ budget: 1 })
  const asked = { reason: 'complaint 17', from: instant(old - 1), to: null, equipment: [], kinds: [] }
  await held.act(held.holds.place('h1', asked, 'li'))
  expect(await held.trimmer.run()).toBe(0)
  expect(await held.kept(old, old + days(30))).toBe(rows)
  const other = await ground()
  await other.act(other.holds.place('h2', { ...asked, equipment: ['freezer-1'] }, 'li'))
  expect(await other.trimmer.run()).toBeGreaterThan(0)
})

test('what cannot be written down does not go', async () => {
  const { trimmer, kept } = await ground({ full: true })
  await expect(trimmer.run()).rejects.toThrow(StoreTrouble)
  expect(await kept(old, old + days(30))).toBe(rows)
})
