import { beforeEach, describe, expect, test } from 'vitest'
import { Accounts } from '../../gateway/accounts/accounts.ts'
import { hashPassword, isPassword, randomPassword } from '../../gateway/accounts/password.ts'
import { accountPatience, Throttle } from '../../gateway/accounts/throttle.ts'
import { days, hours, millis, minutes, seconds } from '../../protocols/contract/time.ts'
import { ManualClock, MemoryShelf, noon } from './house.ts'

let wall: ManualClock
let shelf: MemoryShelf
let accounts: Accounts
beforeEach(async () => {
  wall = new ManualClock(noon)
  shelf = new MemoryShelf()
  accounts = new Accounts(shelf, wall)
  await accounts.begin('first-admin-1')
})
const signIn = async (name: string, password: string, address = '10.0.0.1') => accounts.signIn(name, password, address)
async function session(name: string, password: string): Promise<string> {
  const result = await signIn(name, password)
  if (!result.ok) throw new Error(`refused: ${result.why}`)
  return result.token
}

describe('a password', () => {
  test('is kept as argon2id with its own salt and parameters', async () => {
    const [one, other] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')])
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(one).not.toBe(other)
    expect(await isPassword('correct horse', one)).toBe(true)
    expect(await isPassword('correct hors', one)).toBe(false)
  })
  test('that was kept with older parameters still opens', async () => {
    const older = '$scrypt$n=16384,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$'
    const { scryptSync } = await import('node:crypto')
    const tag = scryptSync('letmein-please', Buffer.from('saltsaltsaltsalt'), 32, { N: 16_384, r: 8, p: 1 })
    expect(await isPassword('letmein-please', older + tag.toString('base64'))).toBe(true)
  })
  test('kept as nonsense matches nothing', async () => {
    for (const hash of ['', '$', 'plain', '$argon2id$v=19$m=0$$', '$md5$x=1$aa$bb']) {
      expect(await isPassword('', hash).catch(() => false)).toBe(false)
    }
  })
  test('that is made up is long and never the same', () => {
    expect(randomPassword()).toMatch(/^([a-z2-9]{5}-){4}[a-z2-9]{5}$/)
    expect(randomPassword()).not.toBe(randomPassword())
  })
})

describe('the first start', () => {
  test('makes up a password for admin once', async () => {
    const fresh = new Accounts(new MemoryShelf(), wall)
    const password = (await fresh.begin()) ?? ''
    expect((await fresh.signIn('admin', password, '::1')).ok).toBe(true)
    expect(await fresh.begin()).toBeUndefined()
  })
  test('does not print a password that was given', async () => {
    expect(await new Accounts(new MemoryShelf(), wall).begin('given-one')).toBeUndefined()
  })
  test('makes admin even where a command made other accounts before', async () => {
    const fresh = new Accounts(new MemoryShelf(), wall)
    await fresh.create('li', 'viewer', 'look-only-1')
    expect(await fresh.begin()).toBeDefined()
  })
})

describe('a session', () => {
  test('survives a restart, because only its digest is stored', async () => {
    const token = await session('admin', 'first-admin-1')
    expect(JSON.stringify([...shelf.rows])).not.toContain(token)
    expect(await new Accounts(shelf, wall).bySession(token)).toMatchObject({ name: 'admin', role: 'admin' })
  })
  test('ends when it was not used for twelve hours, and lives on while it is', async () => {
    const token = await session('admin', 'first-admin-1')
    wall.pass(hours(11))
    expect(await accounts.bySession(token)).toBeDefined()
    wall.pass(hours(11))
    expect(await accounts.bySession(token)).toBeDefined()
    wall.pass(hours(12))
    expect(await accounts.bySession(token)).toBeUndefined()
  })
  test('ends after a week however much it is used', async () => {
    const token = await session('admin', 'first-admin-1')
    for (let hour = 0; hour < 7 * 24 - 1; hour += 6) {
      wall.pass(hours(6))
      if (hour < 7 * 24 - 6) await accounts.bySession(token)
    }
    expect(await accounts.bySession(token)).toBeUndefined()
  })
  test.each([
    ['its password', (name: string) => accounts.setPassword(name, 'another-one')],
    ['its role', (name: string) => accounts.setRole(name, 'operator')],
    ['its standing', (name: string) => accounts.disable(name)],
  ])('ends with a change of %s, also one made by another process', async (_what, change) => {
    await accounts.create('li', 'viewer', 'look-only-1')
    const token = await session('li', 'look-only-1')
    const sessions = [...shelf.rows].filter(([key]) => key.startsWith('session/'))
    await change('li')
    // The other process may know nothing of the session rows; the epoch alone must do.
    for (const [key, row] of sessions) shelf.rows.set(key, row)
    expect(await new Accounts(shelf, wall).bySession(token)).toBeUndefined()
  })
  test('cannot be brought back by a request that was under way while it was signed out', async () => {
    const token = await session('admin', 'first-admin-1')
    wall.pass(minutes(5))
    await Promise.all([accounts.bySession(token), accounts.signOut(token), accounts.bySession(token)])
    expect(await accounts.bySession(token)).toBeUndefined()
    expect([...shelf.rows.keys()].filter(key => key.startsWith('session/'))).toEqual([])
  })
  test('can be begun and ended while the disk takes nothing', async () => {
    shelf.isFull = true
    const token = await session('admin', 'first-admin-1')
    expect(await accounts.bySession(token)).toBeDefined()
    await accounts.signOut(token)
    expect(await accounts.bySession(token)).toBeUndefined()
  })
  test('beyond the twentieth of an account pushes out the oldest', async () => {
    const first = await session('admin', 'first-admin-1')
    for (let i = 0; i < 20; i += 1) {
      wall.pass(millis(1))
      await session('admin', 'first-admin-1')
    }
    expect(await accounts.bySession(first)).toBeUndefined()
  })
})

describe('guessing', () => {
  test('gets the same answer for a wrong name, a wrong password and a disabled account', async () => {
    await accounts.create('li', 'viewer', 'look-only-1')
    await accounts.disable('li')
    const answers = [await signIn('nobody', 'x'), await signIn('admin', 'x'), await signIn('li', 'look-only-1')]
    expect(answers).toEqual([
      { ok: false, why: 'wrong' },
      { ok: false, why: 'wrong' },
      { ok: false, why: 'wrong' },
    ])
  })
  test('one name has to wait longer and longer, from whatever address', async () => {
    const waits: number[] = []
    for (let i = 0; i < 8; i += 1) {
      await signIn('admin', 'wrong', `10.0.0.${i}`)
      const next = await signIn('admin', 'wrong', `10.1.0.${i}`)
      if (next.ok || next.why === 'wrong') continue
      waits.push(next.wait)
      wall.pass(next.wait)
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000].slice(0, waits.length))
    expect(waits.length).toBeGreaterThan(3)
  })
  test('ten thousand passwords at once tries a handful', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10_000 }, (_, i) => signIn('admin', `guess-${i}`, `10.0.${i % 250}.1`)),
    )
    expect(answers.filter(answer => !answer.ok && answer.why === 'wrong').length).toBeLessThanOrEqual(accountPatience.free + 1)
    expect(await signIn('admin', 'first-admin-1')).toMatchObject({ ok: false, why: 'wait' })
    wall.pass(minutes(5))
    expect((await signIn('admin', 'first-admin-1')).ok).toBe(true)
  })
  test('many names from one address makes the address wait, nobody else', async () => {
    for (let i = 0; i < 25; i += 1) await signIn(`name-${i}`, 'x', '10.9.9.9')
    expect(await signIn('admin', 'first-admin-1', '10.9.9.9')).toMatchObject({ why: 'wait' })
    expect((await signIn('admin', 'first-admin-1', '10.0.0.2')).ok).toBe(true)
  })
})

describe('the throttle', () => {
  test('doubles the wait with each strike up to its longest, and forgets after an hour of quiet', () => {
    const throttle = new Throttle(wall, accountPatience)
    const waits = Array.from({ length: 16 }, () => {
      throttle.strike('li')
      return throttle.wait('li') / 1_000
    })
    expect(waits).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300])
    wall.pass(millis(hours(1) + seconds(1)))
    throttle.strike('li')
    expect(throttle.wait('li')).toBe(0)
  })
  test('keeps a table that cannot grow', () => {
    const throttle = new Throttle(wall, accountPatience, 100)
    for (let i = 0; i < 1_000; i += 1) throttle.strike(`name-${i}`)
    expect(throttle.size).toBe(100)
  })
})

describe('a token', () => {
  test('opens with its role until it is revoked or runs out', async () => {
    const { secret, token } = await accounts.createToken('telegraf', 'operator', 'admin', (noon + days(1)) as typeof noon)
    expect(JSON.stringify([...shelf.rows])).not.toContain(secret)
    expect(await accounts.byBearer(secret)).toMatchObject({ name: 'token:telegraf', role: 'operator', via: 'token' })
    wall.pass(days(1))
    expect(await accounts.byBearer(secret)).toBeUndefined()
    const other = await accounts.createToken('grafana', 'viewer', 'admin')
    await accounts.revokeToken(other.token.id)
    expect(await accounts.byBearer(other.secret)).toBeUndefined()
    expect((await accounts.listTokens()).map(({ id }) => id)).toEqual([token.id])
  })
})

describe('accounts', () => {
  test('are never told with their hash', async () => {
    expect(JSON.stringify(await accounts.list())).not.toContain('argon2')
  })
  test('keep their last administrator', async () => {
    expect(await accounts.disable('admin')).toEqual({ ok: false, why: 'last-admin' })
    expect(await accounts.setRole('admin', 'viewer')).toEqual({ ok: false, why: 'last-admin' })
    await accounts.create('chen', 'admin', 'administer-4')
    expect((await accounts.disable('admin')).ok).toBe(true)
  })
  test('are one whatever the case of the name', async () => {
    expect(await accounts.create('Admin', 'viewer', 'look-only-1')).toEqual({ ok: false, why: 'taken' })
  })
  test.each(['', ' li', 'a/b', 'x'.repeat(65), '<b>', '__proto__'])('refuse the name %j', async name => {
    expect(await accounts.create(name, 'viewer', 'look-only-1')).toMatchObject({ ok: false, why: 'bad-name' })
  })
  test('whose row somebody damaged open nothing', async () => {
    for (const row of [null, 1, 'x', {}, { name: 'li', role: 'god', password: '', disabled: false, epoch: 1, createdAt: 1 }]) {
      shelf.rows.set('account/li', row)
      expect(await signIn('li', 'x', String(Math.random()))).toMatchObject({ ok: false })
      wall.pass(hours(1))
    }
  })
})
