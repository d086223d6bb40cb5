import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync, cpSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Client } from '../crash/client.ts'
import { Ground, pushedSite, until } from '../crash/ground.ts'
import type { Running } from '../crash/ground.ts'

/** A disk that lost something: the start says so everywhere, keeps the evidence, and the watch goes on with what is left. */
let ground: Ground
let gateway: Running
let whole: string
const hour = 3_600_000
const began = Math.floor(Date.now() / 1_000) * 1_000 - 2 * hour
const guest = 'Guest-2026-standing'

beforeAll(async () => {
  ground = await Ground.with(pushedSite(2))
  gateway = await ground.start()
  const client = await Client.signIn(gateway.address)
  expect((await client.send('POST', '/api/v1/users', { username: 'guest', role: 'operator', password: guest })).status).toBe(201)
  const readings = Array.from({ length: 120 }, (_, index) => ({
    point: 'cold-1.temperature',
    t: began + index * 60_000,
    v: index < 60 ? 4 : 9.5,
  }))
  expect((await client.push(readings)).status).toBe(204)
  const [alarm] = await until(
    () => client.openAlarms(),
    open => open.length > 0,
  )
  expect((await client.acknowledge(alarm?.id ?? '', 'before the damage')).status).toBe(200)
  await gateway.kill()
  whole = join(ground.folder, 'whole')
  cpSync(ground.data, whole, { recursive: true })
})
// Killed, so that the write-ahead logs are left behind too.
afterEach(() => gateway.kill())
afterAll(() => ground?.remove())

function restored(): void {
  rmSync(ground.data, { recursive: true, force: true })
  cpSync(whole, ground.data, { recursive: true })
}
/** As after a clean stop or a copy that took only the file itself. */
const withoutLog = (file: string): void => {
  for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true })
}

const harms: readonly { readonly name: string; readonly harm: (file: string) => void }[] = [
  { name: 'overwritten with noise', harm: file => writeFileSync(file, noise(statSync(file).size)) },
  {
    name: 'cut off',
    harm: file => {
      withoutLog(file)
      truncateSync(file, Math.floor(statSync(file).size / 2))
    },
  },
  { name: 'filled with zeros', harm: file => writeFileSync(file, Buffer.alloc(statSync(file).size)) },
  {
    name: 'half written',
    harm: file => {
      withoutLog(file)
      const bytes = readFileSync(file)
      bytes.fill(0, 4_096 + Math.floor((bytes.length - 4_096) / 2))
      writeFileSync(file, bytes)
    },
  },
]
const noise = (length: number): Buffer => {
  let random = 7
  return Buffer.from(Array.from({ length }, () => (random = (random * 1_103_515_245 + 12_345) % 2 ** 31) >> 16))
}

describe.each(['ledger.db', 'history.db'])('a %s that was', name => {
  test.each(harms)('$name is said, set aside, and the other file costs nothing', async ({ harm }) => {
    restored()
    harm(join(ground.data, name))
    const harmed = readFileSync(join(ground.data, name))

    gateway = await ground.start()

    const said = gateway.said()
    expect(said).toMatch(new RegExp(`${name} was damaged`))
    const [aside = ''] = readdirSync(ground.data).filter(entry => entry.startsWith('damaged-'))
    expect(said).toContain(join(ground.data, aside, name))
    expect(readFileSync(join(ground.data, aside, name)).equals(harmed)).toBe(true)
    const client = await Client.signIn(gateway.address)
    const screen = await client.watch()
    const troubles = await until(
      () => screen.health.troubles,
      seen => seen.length > 0,
    )
    expect(troubles).toMatchObject([{ code: 'store-damaged', say: { en: expect.stringContaining(name) } }])
    const journal = await client.journal()
    expect(journal.findLast(({ kind }) => kind === 'gateway.started')?.data['damage']).toMatchObject([
      { file: expect.stringContaining(name) },
    ])

    const readings = await client.readings('cold-1.temperature', began, Date.now())
    const kinds = journal.map(({ kind }) => kind)
    if (name === 'ledger.db') {
      expect(readings).toHaveLength(120)
      expect(journal[0]?.seq).toBe(1)
      // The delays begin anew with the newest reading, and the watch goes on.
      const past = [40, 30, 20, 10, 0].map(minutes => ({ point: 'cold-2.temperature', t: Date.now() - minutes * 60_000, v: 9.5 }))
      expect((await client.push(past)).status).toBe(204)
      await until(
        () => client.openAlarms(),
        open => open.some(({ rule }) => rule === 'cold-2.temperature.too-warm'),
      )
    } else {
      expect(readings).toHaveLength(0)
      expect(kinds).toContain('alarm.acknowledged')
      expect(await client.openAlarms()).toMatchObject([
        { rule: 'cold-1.temperature.too-warm', state: 'acknowledged', acknowledged: { comment: 'before the damage' } },
      ])
      await Client.signIn(gateway.address, 'guest', guest)
    }
    expect((await client.push([{ point: 'cold-2.temperature', t: began, v: 5 }])).status).toBe(204)
    expect(await client.readings('cold-2.temperature', began, began + 1)).toHaveLength(1)
    expect((await fetch(`${gateway.address}/readyz`)).status).toBe(200)
    screen.close()
  })
})

test('a start after the damage was dealt with says nothing of it any more', async () => {
  gateway = await ground.start()

  expect(gateway.said()).not.toContain('damaged')
  expect(existsSync(join(ground.data, 'history.db'))).toBe(true)
})
