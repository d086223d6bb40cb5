import { readFileSync } from 'node:fs'
import { InfluxDB, Point, setLogger } from '@influxdata/influxdb-client'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client } from '../crash/client.ts'
import { cabinet, Ground, pushedSite, until } from '../crash/ground.ts'
import type { Running } from '../crash/ground.ts'

/** Series of Telegraf and of InfluxDB's client, on a real site file, over HTTP, with a kill in between. */
let ground: Ground
let gateway: Running
let client: Client
const tokens = new Map<string, string>()
const minute = 60_000
const now = Math.floor(Date.now() / 1_000) * 1_000
const ago = (minutes: number): number => now - minutes * minute
const all = (id: string) => client.readings(id, ago(60 * 24 * 29), Date.now() + minute)

const lines = `
  kitchen: { protocol: http, from: [kitchen], unknown: ignore }
  quick: { protocol: http, from: [quick], silent: 2s }
`
const modbus = cabinet('modbus', 'kitchen', 'measurement: modbus\n        tags: { slave_id: 3 }', '{ field: temp, scale: 0.1 }')
const fahrenheit = cabinet('fahrenheit', 'kitchen', 'measurement: weather', '{ field: t, unit: °F }')
const sudden = cabinet('sudden', 'quick')

const write = (token: string, body: string, precision = 'ms') =>
  fetch(`${gateway.address}/api/v2/write?org=o&bucket=b&precision=${precision}`, {
    method: 'POST',
    headers: { authorization: `Token ${tokens.get(token)}`, 'content-type': 'text/plain' },
    body,
  })

beforeAll(async () => {
  setLogger({ error() {}, warn() {} })
  ground = await Ground.with(pushedSite(8, lines) + modbus + fahrenheit + sudden)
  gateway = await ground.start()
  client = await Client.signIn(gateway.address)
  for (const name of ['kitchen', 'office', 'quick']) {
    const made = await client.send('POST', '/api/v1/tokens', { name, role: 'operator' })
    expect(made.status).toBe(201)
    tokens.set(name, ((await made.json()) as { token: string }).token)
  }
})
afterAll(() => ground?.remove())

describe('a series of the site file', () => {
  test('is a reading of its point, in the unit of the point, with the time of its sender', async () => {
    const body = `modbus,host=pi,name=fridge,slave_id=3,type=holding_register temp=45i,hum=55i ${ago(2)}\nweather t=41.9 ${ago(2)}`
    expect((await write('kitchen', body)).status).toBe(204)

    expect(await client.point('modbus.temperature')).toMatchObject({ value: 4.5, quality: 'good' })
    expect(await client.point('fahrenheit.temperature')).toMatchObject({ value: 5.5, quality: 'good' })
    expect(Date.parse((await client.point('modbus.temperature')).at ?? '')).toBe(ago(2))
  })

  test('is taken from nobody but those who may send it', async () => {
    const foreign = await write('office', `modbus,slave_id=3 temp=99i ${ago(1)}`)
    expect(foreign.status).toBe(403)
    expect(await foreign.json()).toMatchObject({ code: 'forbidden' })
    const byId = await client.push([{ point: 'modbus.temperature', v: 9.9 }])
    expect(byId.status).toBe(403)
    // What everybody may send is kept, what not is named.
    const mixed = await write('office', `modbus,slave_id=3 temp=98i ${ago(1)}\ncold-1 temperature=4 ${ago(1)}`)
    expect(mixed.status).toBe(400)
    expect(((await mixed.json()) as { errors: { wrong: string }[] }).errors).toEqual([
      { path: 'line 1', wrong: 'office may not send readings of modbus.temperature' },
    ])

    expect((await all('modbus.temperature')).map(({ v }) => v)).not.toContain(9.9)
    expect(await client.point('modbus.temperature')).toMatchObject({ value: 4.5 })
    expect(await client.point('cold-1.temperature')).toMatchObject({ value: 4 })
  })

  test('that nobody named is passed over where the site file says so, refused elsewhere, and shown by the doctor in both', async () => {
    expect((await write('kitchen', `cpu,cpu=cpu0 usage=3 ${ago(1)}`)).status).toBe(204)
    const refused = await write('office', `disk,path=/ used=71 ${ago(1)}`)
    expect(refused.status).toBe(400)

    interface Doctor {
      readonly report: {
        readonly devices: readonly { readonly device: string; readonly advice: readonly { readonly en: string }[] }[]
      }
    }
    const advice = async (line: string, device: string) =>
      (await client.get<Doctor>(`/api/v1/connections/${line}`)).report.devices
        .find(one => one.device === device)
        ?.advice.map(({ en }) => en)
        .join()
    expect(await advice('kitchen', 'kitchen')).toContain(
      'measurement: "cpu" tags: { "cpu": "cpu0" } at the equipment and field: usage',
    )
    expect(await advice('push', 'office')).toContain('measurement: "disk"')
    expect(await advice('kitchen', 'office')).toContain('add office')
  })

  test('that nobody named is found by the search, tried out with live values, and watched once it is written into the site file', async () => {
    const begun = await client.send('POST', '/api/v1/commissioning/scans', { connection: 'kitchen', ask: { listen: '1s' } })
    expect(begun.status).toBeLessThan(300)
    const { id } = (await begun.json()) as { id: string }
    interface Scan {
      readonly ended: string | null
      readonly found: readonly {
        readonly name: string
        readonly device: Record<string, unknown>
        readonly points: readonly { readonly settings: Record<string, unknown> }[]
      }[]
    }
    const scan = await until(
      () => client.get<Scan>(`/api/v1/commissioning/scans/${id}`),
      seen => seen.ended !== null,
    )
    const found = scan.found.find(({ name }) => name === 'cpu,cpu=cpu0')
    expect(found).toMatchObject({
      device: { measurement: 'cpu', tags: { cpu: 'cpu0' } },
      points: [{ settings: { field: 'usage' } }],
    })
    const tried = await client.send('POST', '/api/v1/commissioning/try', {
      connection: 'kitchen',
      equipment: { type: 'fresh-keeping-cabinet', device: found?.device, points: { temperature: found?.points[0]?.settings } },
    })
    expect([tried.status, ((await tried.json()) as { tried: { points: unknown[] } }).tried.points]).toMatchObject([
      200,
      [{ key: 'temperature', value: 3, quality: 'good', raw: 'cpu,cpu=cpu0 usage=3' }],
    ])

    // Written into the site file while somebody else goes on sending: he is told to come again at most, and nothing of his is lost.
    const sentMeanwhile: number[] = []
    const answers = new Set<number>()
    const over = new AbortController()
    const sending = (async () => {
      for (let index = 0; !over.signal.aborted; index++) {
        const { status } = await write('office', `cold-8 temperature=5 ${ago(600) + index}`)
        answers.add(status)
        if (status === 204) sentMeanwhile.push(ago(600) + index)
      }
    })()
    const entry = {
      type: 'fresh-keeping-cabinet',
      name: 'Found',
      facts: { holds: 'cooked' },
      connection: 'kitchen',
      ...found?.device,
      points: { temperature: found?.points[0]?.settings },
    }
    const change = await client.send('POST', '/api/v1/site/draft', {
      changes: [{ what: 'equipment', id: 'found', area: 'canteen', entry }],
    })
    const draft = (await change.json()) as { files: unknown[]; before: string; problems: unknown[]; diff: string }
    expect(draft.problems).toEqual([])
    expect(draft.diff).toContain('measurement: cpu')
    const applied = await client.send('POST', '/api/v1/site/apply', {
      files: draft.files,
      before: draft.before,
      why: 'found by its series',
    })
    expect([applied.status, applied.ok ? '' : await applied.text()]).toEqual([200, ''])
    over.abort()
    await sending

    expect((await write('kitchen', `cpu,cpu=cpu0 usage=7.5 ${Date.now()}`)).status).toBe(204)
    expect(await client.point('found.temperature')).toMatchObject({ value: 7.5, quality: 'good' })
    expect([...answers].filter(status => status !== 503)).toEqual([204])
    const kept = new Set((await all('cold-8.temperature')).map(({ t }) => Date.parse(t)))
    expect(sentMeanwhile.filter(at => !kept.has(at))).toEqual([])
  })
})

test('silence of a sender is the silence of its line, and a backlog that comes afterwards is judged all the same', async () => {
  expect((await write('quick', 'sudden temperature=4')).status).toBe(204)
  const link = () => client.get<{ items: { id: string; up: boolean; fault: { code: string } | null }[] }>('/api/v1/connections')
  const seen = await until(link, ({ items }) => items.find(({ id }) => id === 'quick')?.up === false)
  expect(seen.items.find(({ id }) => id === 'quick')?.fault?.code).toBe('device-silent')
  expect(await client.point('sudden.temperature')).toMatchObject({ quality: 'bad', fault: { code: 'device-silent' } })

  expect((await write('quick', `sudden temperature=4.5 ${Date.now()}`)).status).toBe(204)
  await until(link, ({ items }) => items.find(({ id }) => id === 'quick')?.up === true)
  expect(await client.point('sudden.temperature')).toMatchObject({ value: 4.5, quality: 'good' })
})

describe('what was answered with 204', () => {
  test('is there once and with its value, whatever was sent twice, packed, cut into batches or killed in between', async () => {
    const batches = fc.sample(
      fc.array(
        fc.record({
          cabinet: fc.integer({ min: 2, max: 5 }),
          minute: fc.integer({ min: 100, max: 400 }),
          value: fc.integer({ min: 0, max: 70 }),
        }),
        { minLength: 1, maxLength: 60 },
      ),
      { numRuns: 40, seed: 46 },
    )
    const texts = batches.map(batch =>
      batch.map(one => `cold-${one.cabinet} temperature=${one.value / 10} ${ago(one.minute)}`).join('\n'),
    )
    const kept: string[] = []
    const unsure: string[] = []
    const send = async (text: string): Promise<void> => {
      const answer = await write('office', text).catch(() => undefined)
      ;(answer?.status === 204 ? kept : unsure).push(text)
    }
    const [first, rest] = [texts.slice(0, 20), texts.slice(20)]
    for (const text of first) await send(text)
    const under = Promise.all(rest.map(send))
    await gateway.kill()
    await under
    gateway = await ground.start()
    client = await Client.signIn(gateway.address)
    const before = new Map<string, number | null>()
    for (const cabinetNumber of [2, 3, 4, 5])
      for (const { t, v } of await all(`cold-${cabinetNumber}.temperature`)) before.set(`${cabinetNumber} ${Date.parse(t)}`, v)
    // The first word of an instant stands; which was first among those under way nobody knows.
    const said = (texts: readonly string[], key: string): string[] =>
      texts.flatMap(text => text.split('\n')).filter(line => key === line.replace(/^cold-(\d) temperature=\S+ (\d+)$/, '$1 $2'))
    for (const text of kept)
      for (const line of text.split('\n')) {
        const key = line.replace(/^cold-(\d) temperature=\S+ (\d+)$/, '$1 $2')
        expect([line, before.has(key)]).toEqual([line, true])
      }
    for (const [key, v] of before) expect(said(texts, key).map(line => Number(/=(\S+)/.exec(line)?.[1]))).toContain(v)

    for (const text of [...kept, ...unsure, ...unsure]) expect((await write('office', text)).status).toBe(204)
    const after: string[] = []
    for (const cabinetNumber of [2, 3, 4, 5])
      for (const { t, v } of await all(`cold-${cabinetNumber}.temperature`)) {
        const key = `${cabinetNumber} ${Date.parse(t)}`
        after.push(key)
        if (before.has(key)) expect([key, v]).toEqual([key, before.get(key)])
      }
    expect(new Set(after).size).toBe(after.length)
    const expected = new Set(
      texts.flatMap(text => text.split('\n')).map(line => line.replace(/^cold-(\d) temperature=\S+ (\d+)$/, '$1 $2')),
    )
    expect(new Set(after)).toEqual(expected)
  })

  test("is there when InfluxDB's own client wrote it, packed and in batches", async () => {
    // Its `close` does not wait for what it is sending.
    const whole = Promise.withResolvers<void>()
    let written = 0
    const influx = new InfluxDB({ url: gateway.address, token: tokens.get('office') ?? '' })
    const api = influx.getWriteApi('school', 'readings', 'ms', {
      batchSize: 200,
      flushInterval: 0,
      gzipThreshold: 100,
      maxRetries: 3,
      writeSuccess(lines) {
        written += lines.length
        if (written === 1_000) whole.resolve()
      },
    })
    for (let index = 0; index < 1_000; index++)
      api.writePoint(
        new Point('cold-6')
          .tag('host', 'a b,c=d')
          .floatField('temperature', index / 100)
          .timestamp(ago(300) + index * 1_000),
      )
    await whole.promise
    await api.close()
    expect((await all('cold-6.temperature')).map(({ v }) => v)).toEqual(Array.from({ length: 1_000 }, (_, index) => index / 100))
  })
})

describe('floods', () => {
  const memory = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'))?.[1]) / 1_024

  test('of series that nobody named are counted, the memory stays, and a reading gets through', async () => {
    const flood = (round: number): string =>
      Array.from({ length: 10_000 }, (_, index) => `noise${index},round=${round},tag=${'x'.repeat(200)} f=${index}`).join('\n')
    expect((await write('office', flood(0))).status).toBe(400)
    const before = memory()
    for (let round = 1; round < 4; round++) {
      const [refused, taken] = await Promise.all([
        write('office', flood(round)),
        write('office', `cold-7 temperature=${round / 10} ${ago(50) + round}`),
      ])
      expect([refused.status, taken.status]).toEqual([400, 204])
    }
    expect(memory() - before).toBeLessThan(80)
    expect(await all('cold-7.temperature')).toHaveLength(3)
  })

  test('of nonsense are survived', async () => {
    const nonsense = fc.sample(fc.string({ unit: 'binary', maxLength: 300 }), { numRuns: 25, seed: 12 })
    const valid = `cold-8 temperature=4 ${ago(1)}`
    const mutants = fc
      .sample(fc.tuple(fc.nat(valid.length), fc.string({ unit: 'binary', maxLength: 3 })), { numRuns: 25, seed: 13 })
      .map(([place, put]) => valid.slice(0, place) + put + valid.slice(place + 1))
    const huge = [
      'm f="' + 'x'.repeat(2_000_000),
      'm,' + 't=1,'.repeat(500_000),
      '\\'.repeat(2_000_000),
      'm ' + 'f=1,'.repeat(90_000) + 'f=1',
      '"'.repeat(2_000_000),
    ]
    for (const body of [...nonsense, ...mutants, ...huge]) {
      const { status } = await write('office', body)
      expect([204, 400, 413]).toContain(status)
    }
    expect((await fetch(`${gateway.address}/healthz`)).status).toBe(200)
    // Whatever of it was taken said so itself, and said it of that very point.
    for (const { v } of await all('cold-8.temperature'))
      expect(v === null || v === 5 || mutants.some(line => line.includes(String(v)))).toBe(true)
  })
})
