import { expect, onTestFinished, test } from 'vitest'
import { Client } from '../crash/client.ts'
import { Ground, pushedSite, until } from '../crash/ground.ts'
import { Victoria } from './victoria.ts'

interface Shown {
  readonly items: readonly {
    readonly id: string
    readonly state: string
    readonly rows: number
    readonly holdsHours: number | null
  }[]
}
interface Ledger {
  readonly items: readonly {
    readonly cause: string
    readonly detail: { readonly en: string }
    readonly from: string
    readonly to: string | null
  }[]
}

test(
  'the product hands on what it records, through its own kill and the other side being away',
  { timeout: 300_000 },
  async () => {
    const victoria = await Victoria.begin()
    const ground = await Ground.with(`${pushedSite(2)}
historian:
  metrics: { kind: victoriametrics, url: '${victoria.url}' }
`)
    onTestFinished(() => ground.remove())
    let gateway = await ground.start()
    const begun = Math.floor(Date.now() / 1_000) * 1_000 - 600_000
    const point = 'cold-1.temperature'
    let sent = 0
    const push = async (client: Client, count: number): Promise<void> => {
      const readings = Array.from({ length: count }, () => ({ point, t: begun + sent * 1_000, v: 2 + (sent++ % 50) / 10 }))
      expect((await client.push(readings)).status).toBe(204)
    }
    let client = await Client.signIn(gateway.address)
    await push(client, 100)
    await until(
      async () => (await victoria.rows('reading_value')).length,
      rows => rows === 100,
      120_000,
    )

    await victoria.stop()
    await push(client, 100)
    await gateway.kill()
    gateway = await ground.start()
    client = await Client.signIn(gateway.address)
    await push(client, 100)
    const waiting = await client.get<Shown>('/api/v1/outside')
    expect(waiting.items).toMatchObject([{ id: 'metrics', state: 'telling', rows: 200 }])
    await victoria.start()
    await until(
      () => client.get<Shown>('/api/v1/outside'),
      ({ items }) => items[0]?.state === 'well',
      60_000,
    )

    const here = (await client.readings(point, begun, begun + 600_000)).map(({ t, v }) => `${point}@${Date.parse(t)}=${v}`)
    expect(here.length).toBe(300)
    expect(await victoria.rows('reading_value')).toEqual(here.toSorted())
    // The same kill is in the gap ledger, with what it was.
    const { items } = await client.get<Ledger>(`/api/v1/gaps?point=cold-2.temperature&from=${begun}&to=${Date.now()}`)
    expect(items.map(({ cause }) => cause)).toContain('not-begun')
    await gateway.stop()
  },
)
