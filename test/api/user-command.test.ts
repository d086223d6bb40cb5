import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Accounts } from '../../gateway/accounts/accounts.ts'
import { user } from '../../gateway/cli/user.ts'
import { openStore } from '../../gateway/store/open.ts'
import { realClock } from './house.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zhishou-user-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function command(line: string, password = ''): Promise<{ code: number; out: string[]; err: string[] }> {
  const out: string[] = []
  const err: string[] = []
  const io = {
    out: (text: string) => out.push(text),
    err: (text: string) => err.push(text),
    env: { LANG: 'en' },
    readPassword: async () => password,
  }
  const code = await user([...line.split(' '), '--data', folder], io)
  return { code, out, err }
}

describe('zhishou user', () => {
  test('adds, lists, changes and disables accounts in a folder no gateway has used yet', async () => {
    expect(await command('add li --role operator', 'operate-22')).toMatchObject({ code: 0, out: ['li operator'] })
    const listed = JSON.parse((await command('list --json')).out[0] ?? '[]')
    expect(listed).toMatchObject([{ name: 'li', role: 'operator', disabled: false }])
    expect((await command('passwd li', 'operate-33')).code).toBe(0)
    expect((await command('disable li')).out).toEqual(['li operator disabled'])
    expect((await command('enable li')).out).toEqual(['li operator'])
  })
  test('says what is wrong and exits 1, or 2 for wrong usage', async () => {
    expect(await command('add li --role viewer', 'short')).toMatchObject({ code: 1, err: ['a password has 8 to 256 characters'] })
    expect(await command('disable nobody')).toMatchObject({ code: 1, err: ['there is no such account'] })
    for (const line of ['', 'add', 'add li', 'add li --role god', 'remove li', 'list --wat'])
      expect((await command(line)).code).toBe(2)
  })
  test('makes up a password when asked', async () => {
    const { out } = await command('add li --role viewer --random')
    expect(out[0]).toMatch(/^password: ([a-z2-9]{5}-){4}[a-z2-9]{5}$/)
  })
  test('works beside the gateway that runs on the folder: sessions end, and the gateway journals it', async () => {
    const store = await openStore(folder, { wall: realClock })
    try {
      const accounts = new Accounts(store.accounts, realClock)
      await accounts.begin('administer-4')
      await accounts.create('li', 'viewer', 'look-only-1')
      const signIn = await accounts.signIn('li', 'look-only-1', '::1')
      const token = signIn.ok ? signIn.token : ''
      expect(await accounts.bySession(token)).toMatchObject({ name: 'li' })

      expect((await command('disable li')).code).toBe(0)
      expect(await accounts.bySession(token)).toBeUndefined()
      expect((await command('add chen --role inspector', 'inspect-33')).code).toBe(0)
      expect((await accounts.signIn('chen', 'inspect-33', '::1')).ok).toBe(true)

      const stories: string[] = []
      await accounts.recordStories(async ({ kind, by, about }) => void stories.push(`${by}: ${kind} ${about}`))
      await accounts.recordStories(async () => expect.unreachable())
      expect(stories.toSorted()).toEqual(['command line: account.created chen', 'command line: account.disabled li'])
    } finally {
      await store.close()
    }
  })
  test('loses none of many changes made at the same time by gateway and commands', async () => {
    const store = await openStore(folder, { wall: realClock })
    try {
      const accounts = new Accounts(store.accounts, realClock)
      await accounts.begin('administer-4')
      const names = Array.from({ length: 6 }, (_, i) => `p${i}`)
      await Promise.all(
        names.flatMap(name => [
          accounts.create(`${name}-a`, 'viewer', 'look-only-1'),
          command(`add ${name}-b --role viewer`, 'look-only-1'),
        ]),
      )
      expect((await accounts.list()).length).toBe(13)
    } finally {
      await store.close()
    }
  })
})
