import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { Client } from '../crash/client.ts'
import { Ground, pushedSite, until } from '../crash/ground.ts'

/** A disk that flips a bit in one row: SQLite finds nothing wrong, and the row must cost no more than itself. */
let ground: Ground
afterEach(() => ground.remove())
const minute = 60_000

/** A cabinet with an alarm that was answered, stopped cleanly, and then one byte of the ledger changed. */
async function rotten(before: RegExp, change: (found: string) => string): Promise<void> {
  ground = await Ground.with(pushedSite(1))
  const gateway = await ground.start()
  const client = await Client.signIn(gateway.address)
  const warm = [40, 30, 20, 10, 0].map(ago => ({ point: 'cold-1.temperature', t: Date.now() - ago * minute, v: 9.5 }))
  expect((await client.push(warm)).status).toBe(204)
  const [alarm] = await until(
    () => client.openAlarms(),
    open => open.length > 0,
  )
  expect((await client.acknowledge(alarm?.id ?? '', 'on my way')).status).toBe(200)
  expect(await gateway.stop()).toBe(0)
  const file = join(ground.data, 'ledger.db')
  const text = readFileSync(file, 'latin1')
  const changed = text.replace(before, found => change(found))
  expect(changed).not.toBe(text)
  expect(changed.length).toBe(text.length)
  writeFileSync(file, changed, 'latin1')
}

test('in a session costs that session, and is told', async () => {
  await rotten(/\{"account":"admin","epoch"/, found => found.replace('"account":', '"account";'))

  const gateway = await ground.start()

  const client = await Client.signIn(gateway.address)
  expect(await client.openAlarms()).toMatchObject([{ state: 'acknowledged' }])
  const screen = await client.watch()
  const troubles = await until(
    () => screen.health.troubles,
    seen => seen.length > 0,
  )
  expect(troubles).toMatchObject([{ code: 'store-damaged', say: { en: expect.stringContaining('one session') } }])
  screen.close()
})

test('in a journal entry marks that entry, and hides none of the others', async () => {
  // Wherever it stands: in the entry, and in what the alarm was last.
  await rotten(/"comment":"on my way"/g, found => found.replace('on my way', 'on my day'))

  const gateway = await ground.start()

  const client = await Client.signIn(gateway.address)
  const journal = await client.journal()
  expect(journal.map(({ seq }) => seq)).toEqual(journal.map((_, index) => index + 1))
  const altered = journal.filter(({ data }) => 'damaged' in data)
  expect(altered).toMatchObject([{ kind: 'alarm.acknowledged', data: { damaged: expect.stringContaining('on my day') } }])
  expect(await client.openAlarms()).toHaveLength(1)
})

test('in the text of the tables sets the file aside instead of failing at every start', async () => {
  await rotten(/CREATE TABLE checkpoint \(key/, found => found.replace('key', 'kex'))

  const gateway = await ground.start()

  expect(gateway.said()).toMatch(/ledger\.db was damaged/)
  const client = await Client.signIn(gateway.address)
  expect(await client.readings('cold-1.temperature', Date.now() - 60 * minute, Date.now())).toHaveLength(5)
})
