import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { days, instant } from '../../protocols/contract/time.ts'
import { publicKeyOf } from '../../gateway/evidence/signed.ts'
import { canonical } from '../../gateway/journal/canonical.ts'
import type { Aged } from '../../gateway/journal/removal.ts'
import type { Draft } from '../../gateway/journal/entry.ts'
import { covers, Holds } from '../../gateway/retention/holds.ts'
import type { Hold } from '../../gateway/retention/holds.ts'
import { endOfKeeping, isLonger, keepWords, longest, parseKeep, textOf, yearsFrom } from '../../gateway/retention/keep.ts'
import { verify as verifyCommand } from '../../gateway/cli/verify.ts'
import { openDatabase } from '../../gateway/store/database.ts'
import { KeepingBook, kindOf, planRemoval, rangesOf } from '../../gateway/retention/plan.ts'
import { Retention } from '../../gateway/retention/retention.ts'
import type { Decide } from '../../gateway/turn.ts'
import { FakeClock } from '../kit/fake-clock.ts'
import { emptyFolder, opened, wall } from '../store/folder.ts'

const now = instant(Date.UTC(2026, 10, 22))
const yearsAgo = (years: number): number => yearsFrom(now, -years)

describe('a time of keeping', () => {
  test.each([
    ['2y', { years: 2 }],
    ['400d', { days: 400 }],
    ['forever', 'forever'],
    ['0y', undefined],
    ['2', undefined],
    ['two years', undefined],
    [3, undefined],
    ['99999y', undefined],
  ])('%j is %j', (text, keep) => {
    expect(parseKeep(text)).toEqual(keep)
    if (keep !== undefined) expect(textOf(parseKeep(text) ?? 'forever')).toBe(text)
  })

  test('ends on the same day of the calendar, years later', () => {
    const at = (text: string) => instant(Date.parse(text))
    expect(endOfKeeping({ years: 2 }, at('2026-11-22T05:06:07Z'))).toBe(at('2024-11-22T05:06:07Z'))
    expect(endOfKeeping({ years: 1 }, at('2024-02-29T00:00:00Z'))).toBe(at('2023-02-28T00:00:00Z'))
    expect(endOfKeeping({ years: 4 }, at('2028-02-29T00:00:00Z'))).toBe(at('2024-02-29T00:00:00Z'))
    expect(endOfKeeping({ days: 10 }, at('2026-11-22T00:00:00Z'))).toBe(at('2026-11-12T00:00:00Z'))
    expect(endOfKeeping('forever', now)).toBeUndefined()
  })

  test('is compared by its length and said in words', () => {
    expect(isLonger({ years: 1 }, { days: 365 })).toBe(true)
    expect(longest([{ years: 2 }, undefined, 'forever', { days: 9 }])).toBe('forever')
    expect(longest([])).toBeUndefined()
    expect([keepWords('forever'), keepWords({ years: 1 }), keepWords({ days: 3 })].map(({ en }) => en)).toEqual([
      'for good',
      '1 year',
      '3 days',
    ])
  })
})

const rule = (equipment: string, record: string, retention: string, clause = 'CAN-1') => ({
  record,
  retention,
  clause,
  equipment,
  watches: [`${equipment}.temperature` as never],
})
const book = new KeepingBook({
  rules: [
    rule('cold-1', 'temperature', '3y'),
    rule('vaccine-1', 'temperature', '10y', 'VAC-1'),
    rule('tank-1', 'dosing', '15y', 'WAT-3'),
  ],
  equipment: [
    { id: 'cold-1', type: 'fresh-keeping-cabinet', facts: {} },
    { id: 'vaccine-1', type: 'vaccine-fridge', facts: {} },
  ],
  settings: { records: { rounds: { years: 4 }, gate: 'forever' }, readings: undefined },
})
const aged = (kind: string, age: number, more: Partial<Aged> = {}): Aged => ({
  seq: 1,
  at: instant(yearsAgo(age)),
  kind,
  leaf: 'ab'.repeat(32),
  ...more,
})

describe('how long an entry is kept', () => {
  test.each([
    ['record.round', {}, 4, undefined],
    ['record.defrost', { about: 'cold-1' }, 3, 'CAN-1'],
    ['record.dosing', { about: 'tank-1' }, 15, 'WAT-3'],
    ['alarm.raised', { equipment: 'cold-1', retention: '2y', clause: 'CAN-1' }, 3, 'CAN-1'],
    ['alarm.raised', { retention: '5y', clause: 'FIR-1' }, 5, 'FIR-1'],
    ['alarm.raised', { about: 'vaccine-1' }, 2, undefined],
    ['link.down', {}, 2, undefined],
  ] as const)('%s %j: %s years', (kind, more, years, clause) => {
    expect(book.keptOf(aged(kind, 1, more))).toMatchObject({ keep: { years }, ...(clause && { clause }) })
    expect(book.isOver(aged(kind, years + 0.1 > 1 ? years : 1, more), instant(now + 1), new Map())).toBeDefined()
    expect(book.isOver(aged(kind, years, more), now, new Map())).toBeUndefined()
  })

  test.each([
    'account.created',
    'gateway.started',
    'site.configured',
    'evidence.head',
    'retention.removed',
    'hold.placed',
    'x.y',
    'record.corrected',
    'record.gate',
  ])('%s is never over', kind => expect(book.isOver(aged(kind, 900), now, new Map())).toBeUndefined())

  test('the records of vaccines stay five years beyond the expiry of the last of them, and ten at least', () => {
    const old = aged('record.defrost', 11, { about: 'vaccine-1' })
    const until = (text: string) => new Map([['vaccine-1', instant(Date.parse(text))]])
    expect(book.isOver(old, now, until('2021-11-01'))).toMatchObject({ clause: 'VAC-1' })
    expect(book.isOver(old, now, until('2021-12-01'))).toBeUndefined()
    expect(book.isOver(aged('record.defrost', 9, { about: 'vaccine-1' }), now, until('2010-01-01'))).toBeUndefined()
  })

  test('readings stay as long as the longest record made of them', () => {
    expect(book.readingsOf('vaccine-1.temperature')).toEqual({ years: 10 })
    expect(book.readingsOf('nothing.reads-it')).toEqual({ years: 2 })
  })
})

test('positions become the fewest ranges that hold exactly them', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 })), seqs => {
      const sorted = seqs.toSorted((a, b) => a - b)
      const ranges = rangesOf(sorted)
      expect(ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index))).toEqual(
        sorted,
      )
      for (const [index, [first]] of ranges.entries())
        if (index > 0) expect(first).toBeGreaterThan((ranges[index - 1]?.[1] ?? 0) + 1)
    }),
  )
})

test('a plan names what is over and nothing that is held, whatever else there is', () => {
  const kinds = ['record.round', 'record.defrost', 'alarm.raised', 'account.created', 'link.down', 'record.dosing']
  const entry = fc.record({
    kind: fc.constantFrom(...kinds),
    age: fc.double({ min: 0, max: 20, noNaN: true }),
    about: fc.constantFrom('cold-1', 'tank-1'),
  })
  const hold: Hold = {
    id: 'h',
    reason: 'court',
    by: 'a',
    placedAt: now,
    from: instant(yearsAgo(12)),
    to: instant(yearsAgo(6)),
    equipment: ['cold-1'],
    kinds: [],
  }
  fc.assert(
    fc.property(fc.array(entry), raw => {
      const entries = raw.map(({ kind, age, about }, index) => ({
        ...aged(kind, 0, { about }),
        seq: index + 1,
        at: instant(Math.round(now - age * 365.25 * 86_400_000)),
      }))
      const plan = planRemoval(entries, { book, now, expiries: new Map(), isHeld: held => covers(hold, held) })
      const gone = new Set(plan.removals.flatMap(({ entries: all }) => all.map(({ seq }) => seq)))
      for (const one of entries) {
        const over = book.isOver(one, now, new Map()) !== undefined
        // As a person would say it: within the hold's time, and of that cabinet or of none that is named.
        const isHeld = one.at >= hold.from && one.at < (hold.to ?? 0) && (one.kind === 'alarm.raised' || one.about === 'cold-1')
        expect(gone.has(one.seq)).toBe(over && !isHeld)
      }
      expect(plan.spared + gone.size).toBe(entries.filter(one => book.isOver(one, now, new Map())).length)
      for (const { kept, entries: all } of plan.removals) for (const one of all) expect(kindOf(one)).toBe(kept.kind)
    }),
  )
})

const { privateKey } = generateKeyPairSync('ed25519')
const key = { pem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }

async function house(folder = emptyFolder()) {
  const store = await opened(folder)
  const clock = new FakeClock(now)
  const act = async <T>(decide: Decide<T>): Promise<T> => {
    const decision = decide(clock.now())
    return decision.answer(await store.journal.append(decision.drafts ?? []))
  }
  const holds = new Holds()
  await holds.restore(store.journal)
  const retention = new Retention({
    site: { id: 'greenhill', timeZone: 'Asia/Shanghai' },
    book,
    holds,
    store,
    clock,
    wall,
    act,
    removes: true,
    photos: join(folder, 'photos'),
    key: async () => key,
    complain: line => expect(line).toBe(''),
  })
  return { store, clock, act, holds, retention, folder }
}
const draft = (kind: string, age: number, more: Partial<Draft> = {}): Draft => ({
  kind,
  at: instant(yearsAgo(age)),
  by: 'wang',
  data: { said: `${kind} of ${age} years ago` },
  ...more,
})

test('what is over goes behind a signed stub; everything else, and every leaf, stays', async () => {
  const { store, retention } = await house()
  const before = await store.journal.append([
    draft('record.round', 5),
    draft('record.round', 3),
    draft('account.created', 30),
    draft('record.defrost', 6, { about: 'cold-1' }),
    draft('alarm.raised', 6, { data: { equipment: 'cold-1', retention: '2y', clause: 'CAN-1' } }),
    draft('record.round', 6),
  ])

  expect(await retention.run()).toMatchObject({ removed: 4, spared: 0 })

  const { entries } = await store.journal.page({ limit: 100 })
  const stubs = entries.slice(6)
  expect(entries.slice(0, 6).map(({ data }) => data['removed'])).toEqual([
    expect.any(Number),
    undefined,
    undefined,
    expect.any(Number),
    expect.any(Number),
    expect.any(Number),
  ])
  expect(entries.slice(0, 6).map(({ leaf }) => leaf)).toEqual(before.map(({ leaf }) => leaf))
  expect(
    stubs.map(({ kind, data }) => [kind, data['seqs'], data['record'], data['retention'], data['clause'], data['kinds']]),
  ).toEqual([
    [
      'retention.removed',
      [
        [1, 1],
        [6, 6],
      ],
      'rounds',
      '4y',
      undefined,
      { 'record.round': 2 },
    ],
    ['retention.removed', [[4, 4]], 'defrost', '3y', 'CAN-1', { 'record.defrost': 1 }],
    ['retention.removed', [[5, 5]], 'alarms', '3y', 'CAN-1', { 'alarm.raised': 1 }],
  ])
  const [first] = stubs
  const { signature, ...statement } = (first?.data ?? {})['statement'] as Record<string, unknown> & { signature: string }
  const leaves = createHash('sha256')
  for (const seq of [1, 6]) leaves.update(Buffer.from(before[seq - 1]?.leaf ?? '', 'hex'))
  expect(statement).toMatchObject({
    what: 'zhishou-removal-1',
    site: 'greenhill',
    count: 2,
    leaves: leaves.digest('hex'),
    publicKey: publicKeyOf(key),
  })
  expect(verify(null, Buffer.from(canonical(statement)), createPublicKey(key.pem), Buffer.from(signature, 'base64'))).toBe(true)
  // The next night there is nothing left to do.
  expect(await retention.run()).toMatchObject({ removed: 0 })
  expect((await store.journal.page({ limit: 100 })).entries).toHaveLength(9)
})

test('a kill between the stub and the removal is made good at the next start', async () => {
  const folder = emptyFolder()
  const first = await house(folder)
  await first.store.journal.append([draft('record.round', 5)])
  await first.store.journal.append([draft('retention.removed', 0, { data: { seqs: [[1, 1]] } })])
  await first.store.close()

  const { store, retention } = await house(folder)
  await retention.start()
  await retention.stop()

  expect((await store.journal.page({ limit: 1 })).entries[0]?.data).toEqual({ removed: 2 })
})

test('it looks every night at half past two of the site', async () => {
  const { store, retention, clock } = await house()
  await store.journal.append([draft('record.round', 5)])
  await retention.start()
  // 22 November 00:00 UTC is 08:00 in Shanghai: the next half past two is 18:30 UTC.
  await clock.passes(days(0.75))
  expect(retention.state.lastAt).toBeUndefined()
  await clock.passes(days(0.1))
  await retention.stop()
  expect(retention.state).toMatchObject({ removed: 1, lastAt: Date.UTC(2026, 10, 22, 18, 30) })
})

test('what is held stays until somebody and a second person release it, also over a restart', async () => {
  const folder = emptyFolder()
  const first = await house(folder)
  await first.store.journal.append([draft('record.round', 5), draft('record.round', 9)])
  const asked = { reason: 'an inspection', from: instant(yearsAgo(6)), to: null, equipment: [], kinds: ['rounds'] as const }
  await first.act(first.holds.place('h1', asked, 'admin'))
  await first.store.close()

  const { retention, holds, act, store } = await house(folder)
  expect(holds.standing).toMatchObject([{ id: 'h1', reason: 'an inspection', by: 'admin', to: null, kinds: ['rounds'] }])
  expect(await retention.run()).toMatchObject({ removed: 1, spared: 1 })
  expect(await act(holds.release('h9', { reason: 'over', by: 'admin', second: 'li' }))).toBeUndefined()
  expect(await act(holds.release('h1', { reason: 'over', by: 'admin', second: 'li' }))).toMatchObject({
    released: { second: 'li' },
  })
  expect(await act(holds.release('h1', { reason: 'over', by: 'admin', second: 'li' }))).toBeUndefined()
  expect(await retention.run()).toMatchObject({ removed: 1, spared: 0 })
  expect((await store.journal.page({ kinds: ['hold.placed', 'hold.released'], limit: 9 })).entries).toHaveLength(2)
})

test('a hold that could not be written down does not count', async () => {
  const holds = new Holds()
  const asked = { reason: 'an inspection', from: instant(0), to: null, equipment: [], kinds: [] }
  const placed = holds.place('h1', asked, 'admin')(now)
  expect(holds.standing).toHaveLength(1)
  placed.undo?.()
  expect(holds.standing).toEqual([])
})

test('photos that no entry cites any more go with a stub; others and young ones stay', async () => {
  const { store, retention, folder } = await house()
  const photo = (letter: string): string => `${letter.repeat(64)}.jpg`
  mkdirSync(join(folder, 'photos'))
  for (const letter of ['a', 'b', 'c', 'd']) {
    const file = join(folder, 'photos', photo(letter))
    writeFileSync(file, letter)
    if (letter !== 'd') utimesSync(file, new Date(Date.now() - days(30)), new Date(Date.now() - days(30)))
  }
  await store.journal.append([
    draft('record.round', 5, { data: { photos: [photo('a'), photo('b')] } }),
    draft('record.round', 1, { data: { fields: { photo: photo('b') } } }),
  ])

  await retention.run()

  expect(['a', 'b', 'c', 'd'].filter(letter => existsSync(join(folder, 'photos', photo(letter))))).toEqual(['b', 'd'])
  const { entries } = await store.journal.page({ kinds: ['retention.removed'], limit: 9 })
  expect(entries.at(-1)?.data).toMatchObject({ photos: [photo('a'), photo('c')], count: 2 })
  await store.close()
  expect(await verified(folder)).toMatchObject({ code: 0 })
})

test('a data directory with removed entries is verified as whole, and one whose stub lies is not', async () => {
  const { store, retention, folder } = await house()
  await store.journal.append([
    draft('record.round', 5),
    draft('record.defrost', 6, { about: 'cold-1' }),
    draft('record.round', 1),
  ])
  expect(await retention.run()).toMatchObject({ removed: 2 })
  await store.close()
  expect(await verified(folder)).toMatchObject({ code: 0 })

  // Somebody removes one more by hand, with the triggers out of the way.
  const database = openDatabase(join(folder, 'ledger.db'))
  database.exec(`DROP TRIGGER entry_unaltered; UPDATE entry SET data = '{"removed":4}' WHERE seq = 3`)
  database.close()
  expect(await verified(folder)).toMatchObject({ code: 1 })
})

async function verified(folder: string): Promise<{ readonly code: number; readonly out: string }> {
  const out: string[] = []
  const print = (line: string): void => void out.push(line)
  const code = await verifyCommand([folder], { out: print, err: print, env: {}, readPassword: () => Promise.resolve('') })
  return { code, out: out.join('\n') }
}
