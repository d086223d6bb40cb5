import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { instant, minutes } from '../../protocols/contract/time.ts'
import { faultCodes } from '../../protocols/contract/fault.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import type { StoredReading } from '../../gateway/store/store.ts'
import type { EmbeddedStore } from '../../gateway/store/open.ts'
import { emptyFolder, fails, forever, opened, point, reads, temperature, wall } from '../store/folder.ts'
import { FakeClock } from '../kit/fake-clock.ts'
import { outsideOn, points, SetClock, settingsOf, settled } from './ground.ts'
import { Victoria } from './victoria.ts'

// A year in which VictoriaMetrics keeps data and which is no time of day of this machine.
const start = Date.UTC(2026, 8, 1)
const names = points.map(({ id }) => id as PointId)

/** So many seconds of three points, one reading a second each. */
function seconds(from: number, count: number): StoredReading[] {
  return Array.from({ length: count * names.length }, (_, index) => {
    const second = from + Math.floor(index / names.length)
    return reads(
      start + second * 1_000,
      Math.round(40 + 15 * Math.sin(second / 50)) / 10 + (index % names.length),
      names[index % names.length] ?? temperature,
    )
  })
}

/** What is stored here, in the words of the export over there. */
async function stored(store: EmbeddedStore): Promise<string[]> {
  const all: string[] = []
  for (const name of names) {
    const { samples } = await store.historian.raw(name, ...forever, 10_000_000)
    all.push(...samples.filter(({ v }) => v !== null).map(({ t, v }) => `${name}@${t}=${v}`))
  }
  return all.toSorted()
}

/** A way to the other side through which something can happen to each request. */
async function between(
  target: string,
  act: (incoming: IncomingMessage, outgoing: ServerResponse, pass: () => void, body: Buffer) => void,
): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const body = Buffer.concat(chunks)
      const pass = (): void => {
        const onward = request(target + (incoming.url ?? ''), { method: incoming.method, headers: incoming.headers }, answer => {
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
          answer.pipe(outgoing)
        })
        onward.on('error', () => outgoing.destroy())
        onward.end(body)
      }
      act(incoming, outgoing, pass, body)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('the real VictoriaMetrics', () => {
  test('holds what is stored here: values, quality, and the mark of what came late', async () => {
    const victoria = await Victoria.begin()
    const store = await opened(emptyFolder())
    const told = outsideOn(store, [settingsOf(victoria.url)], new SetClock(start + 10_000))
    onTestFinished(() => told.outside.stop())
    await told.outside.begin()
    await store.historian.record([...seconds(0, 10), fails(start + 10_000, 'timeout', point('door'))])
    await settled(told)

    expect(await victoria.rows('reading_value')).toEqual(await stored(store))
    expect(await victoria.rows('reading_q')).toEqual([`cold-1.door@${start + 10_000}=${100 + faultCodes.indexOf('timeout')}`])
    expect(await victoria.rows('reading_backfill')).toEqual([])
    const [state] = await told.outside.states()
    expect(state).toMatchObject({ id: 'metrics', state: 'well', rows: 0, bytes: 0, refused: 0, url: victoria.url })
  })

  test('stopped for an hour of load and started again holds the same set, row by row', async () => {
    const victoria = await Victoria.begin()
    const store = await opened(emptyFolder())
    const clock = new SetClock(start)
    const told = outsideOn(store, [settingsOf(victoria.url)], clock)
    onTestFinished(() => told.outside.stop())
    await told.outside.begin()
    await store.historian.record(seconds(0, 600))
    await settled(told)
    await victoria.stop()
    // An hour of the domain: every minute is written down while nobody takes it.
    for (let minute = 10; minute < 70; minute++) {
      clock.at = instant(start + (minute + 1) * 60_000)
      await store.historian.record(seconds(minute * 60, 60))
    }
    const [waiting] = await told.outside.states()
    expect(waiting?.rows).toBe(3 * 3_600)
    expect(waiting?.oldest).toBeLessThan(start + 11 * 60_000)
    expect(waiting?.holds).toBeGreaterThan(0)
    await victoria.start()
    await settled(told)

    const here = await stored(store)
    expect(here.length).toBe(3 * 4_200)
    expect(await victoria.rows('reading_value')).toEqual(here)
    // What is older than five minutes when it is sent says so.
    expect((await victoria.rows('reading_backfill')).length).toBe(3 * 60 * 55)
  })

  test('killed in the middle again and again holds the same set in the end', async () => {
    const victoria = await Victoria.begin()
    const store = await opened(emptyFolder())
    const told = outsideOn(store, [settingsOf(victoria.url)], new SetClock(start))
    onTestFinished(() => told.outside.stop())
    await told.outside.begin()
    for (let round = 0; round < 5; round++) {
      for (let part = 0; part < 10; part++) await store.historian.record(seconds((round * 10 + part) * 60, 60))
      // It answers before it has written to disk: a kill is only fair once it has.
      await fetch(`${victoria.url}/internal/force_flush`)
      await settled(told)
      await fetch(`${victoria.url}/internal/force_flush`)
      await victoria.stop()
      await store.historian.record(seconds(10_000 + round * 100, 100))
      await victoria.start()
    }
    await settled(told)
    expect(await victoria.rows('reading_value')).toEqual(await stored(store))
  })

  test('over the budget the oldest is let go, the journal says which, and in the end the sets are equal', async () => {
    const victoria = await Victoria.begin()
    const store = await opened(emptyFolder())
    const told = outsideOn(store, [settingsOf(victoria.url, { budget: 20_000 })], new SetClock(start))
    onTestFinished(() => told.outside.stop())
    await told.outside.begin()
    await victoria.stop()
    for (let minute = 0; minute < 120; minute++) await store.historian.record(seconds(minute * 60, 60))
    await vi.waitFor(() => expect(told.notes.filter(({ kind }) => kind === 'outside.dropped').length).toBeGreaterThan(0), 60_000)
    await vi.waitFor(async () => expect((await told.outside.states())[0]?.bytes).toBeLessThanOrEqual(20_000), 120_000)
    expect(told.notes[0]).toMatchObject({ about: 'metrics', data: { name: 'metrics', from: start + 59_020 } })
    await victoria.start()
    await settled(told)
    expect(await victoria.rows('reading_value')).toEqual(await stored(store))
  })

  test('that is named later hears of everything that was stored before', async () => {
    const victoria = await Victoria.begin()
    const store = await opened(emptyFolder())
    await store.historian.listening(instant(start))
    await store.historian.record(seconds(0, 3_000))
    const told = outsideOn(store, [settingsOf(victoria.url)], new SetClock(start))
    onTestFinished(() => told.outside.stop())
    await told.outside.begin()
    await settled(told)
    expect(await victoria.rows('reading_value')).toEqual(await stored(store))
  })

  test('whose answers are lost on the way has every reading once', async () => {
    const victoria = await Victoria.begin()
    let swallowed = 0
    let writes = 0
    const url = await between(victoria.url, (incoming, outgoing, pass, body) => {
      if (!incoming.url?.startsWith('/api/v2/write') || ++writes % 3 === 0) return pass()
      swallowed += 1
      // It arrives, and nobody hears that it has.
      const onward = request(victoria.url + incoming.url, { method: 'POST', headers: incoming.headers }, answer => {
        answer.resume()
        answer.on('end', () => outgoing.destroy())
      })
      onward.end(body)
    })
    const store = await opened(emptyFolder())
    const told = outsideOn(store, [settingsOf(url)], new SetClock(start))
    onTestFinished(() => told.outside.stop())
    await told.outside.begin()
    for (let part = 0; part < 5; part++) {
      await store.historian.record(seconds(part * 100, 100))
      await settled(told)
    }
    expect(swallowed).toBeGreaterThan(2)
    expect(await victoria.rows('reading_value')).toEqual(await stored(store))
  })
})

/** A server that says what the test wants, and remembers what it was sent. */
async function answering(
  say: (lines: readonly string[], outgoing: ServerResponse) => void,
): Promise<{ url: string; asked: { url: string; auth: string; lines: string[] }[] }> {
  const asked: { url: string; auth: string; lines: string[] }[] = []
  const url = await between('', (incoming, outgoing, _pass, body) => {
    const text = (incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString()
    const lines = text.split('\n')
    asked.push({ url: incoming.url ?? '', auth: incoming.headers.authorization ?? '', lines })
    say(lines, outgoing)
  })
  return { url, asked }
}
const influx = (url: string) =>
  settingsOf(url, { id: 'influx', kind: 'influxdb', org: 'school', bucket: 'readings', token: 'secret' })

describe('a server that speaks as InfluxDB 2 does', () => {
  test('is asked as its interface has it', async () => {
    const server = await answering((_lines, outgoing) => void outgoing.writeHead(204).end())
    const store = await opened(emptyFolder())
    const told = outsideOn(store, [influx(server.url)], new SetClock(start))
    onTestFinished(() => told.outside.stop())
    await told.outside.begin()
    await store.historian.record(seconds(0, 1))
    await settled(told)
    expect(server.asked[0]).toEqual({
      url: '/api/v2/write?org=school&bucket=readings&precision=ms',
      auth: 'Token secret',
      lines: [
        `reading,equipment=cold-1,point=temperature,site=school,unit=°C value=4 ${start}`,
        `reading,equipment=cold-1,point=door,site=school,unit=°C value=5 ${start}`,
        `reading,equipment=cold-1,point=humidity,site=school,unit=°C value=6 ${start}`,
      ],
    })
  })

  test('may refuse one line: the others are there, that one is kept aside and told', async () => {
    const taken = new Set<string>()
    const server = await answering((lines, outgoing) => {
      if (lines.some(line => line.endsWith(` ${start + 7_000}`) && line.includes('door')))
        return void outgoing
          .writeHead(400, { 'content-type': 'application/json' })
          .end('{"code":"invalid","message":"unable to parse: field type conflict"}')
      for (const line of lines) taken.add(line)
      outgoing.writeHead(204).end()
    })
    const store = await opened(emptyFolder())
    const told = outsideOn(store, [influx(server.url)], new SetClock(start))
    onTestFinished(() => told.outside.stop())
    await told.outside.begin()
    await store.historian.record(seconds(0, 100))
    await settled(told)
    expect([...taken].filter(line => line.includes('equipment=cold-1')).length).toBe(299)
    expect((await told.outside.states())[0]?.refused).toBe(1)
    expect(await store.spool.refused('influx')).toEqual([
      {
        at: start,
        line: expect.stringContaining(`value=`) && expect.stringContaining(` ${start + 7_000}`),
        why: '400 unable to parse: field type conflict',
      },
    ])
  })

  test('that refuses everything is trouble, and nothing is lost of it', async () => {
    let isBack = false
    const server = await answering(
      (_lines, outgoing) =>
        void outgoing.writeHead(isBack ? 204 : 400).end(isBack ? undefined : 'The plain HTTP request was sent to HTTPS port'),
    )
    const store = await opened(emptyFolder())
    const told = outsideOn(store, [influx(server.url)], new SetClock(start))
    onTestFinished(() => told.outside.stop())
    await told.outside.begin()
    await store.historian.record(seconds(0, 100))
    await vi.waitFor(async () => expect((await told.outside.states())[0]?.why).toContain('HTTPS port'), 120_000)
    expect((await told.outside.states())[0]).toMatchObject({ rows: 300, refused: 0 })
    isBack = true
    await settled(told)
  })

  test('that is not let in, is full or asks to wait is asked again later, and says why', async () => {
    const answers = [401, 503, 429]
    const server = await answering((_lines, outgoing) => {
      const status = answers.shift() ?? 204
      outgoing.writeHead(status, status === 429 ? { 'retry-after': '1' } : {}).end()
    })
    const store = await opened(emptyFolder())
    const told = outsideOn(store, [influx(server.url)], new SetClock(start))
    onTestFinished(() => told.outside.stop())
    await told.outside.begin()
    await store.historian.record(seconds(0, 1))
    await vi.waitFor(async () => expect((await told.outside.states())[0]?.why).toMatch(/^401/), 120_000)
    await settled(told)
    expect(answers).toEqual([])
  })

  test('that takes nothing for a quarter of an hour is behind: the journal and the screens say so once, and when it has caught up', async () => {
    let isBack = false
    const server = await answering((_lines, outgoing) => void outgoing.writeHead(isBack ? 204 : 503).end())
    const store = await opened(emptyFolder())
    const real = new FakeClock(0)
    const told = outsideOn(store, [influx(server.url)], new SetClock(start), real)
    onTestFinished(() => told.outside.stop())
    await told.outside.begin()
    await store.historian.record(seconds(0, 1))
    for (let minute = 0; minute < 20; minute++) {
      await vi.waitFor(async () => expect(real.waiting).toBeGreaterThan(0), 120_000)
      const asked = server.asked.length
      await real.passes(minutes(1))
      await vi.waitFor(() => expect(server.asked.length).toBeGreaterThan(asked), 120_000)
    }
    await vi.waitFor(() => expect(told.outside.troubles().map(({ code }) => code)).toEqual(['outside-behind']), 120_000)
    expect(told.notes.map(({ kind }) => kind)).toEqual(['outside.behind'])
    expect(told.notes[0]?.data).toMatchObject({ name: 'influx', rows: 3, why: expect.stringContaining('503') })
    // A restart does not forget that it was behind.
    await told.outside.stop()
    isBack = true
    const again = outsideOn(store, [influx(server.url)], new SetClock(start))
    onTestFinished(() => again.outside.stop())
    await again.outside.begin()
    await settled(again)
    expect(again.notes.map(({ kind }) => kind)).toEqual(['outside.caught-up'])
    expect(again.outside.troubles()).toEqual([])
  })

  test('is not flooded with what is filled in', async () => {
    const server = await answering((_lines, outgoing) => void outgoing.writeHead(204).end())
    const store = await opened(emptyFolder())
    await store.historian.listening(instant(start))
    await store.historian.record(seconds(0, 4_000))
    const told = outsideOn(store, [{ ...influx(server.url), backfill: 6_000 }], new SetClock(start + 24 * 3_600_000))
    onTestFinished(() => told.outside.stop())
    const began = wall.now()
    await told.outside.begin()
    await settled(told)
    // 12,000 readings in pages of 5,000: the last page may go at once.
    expect(wall.now() - began).toBeGreaterThan(1_500)
    expect(server.asked.length).toBe(3)
  })

  test('that is over the budget still keeps it when readings come in the middle of letting go', async () => {
    const store = await opened(emptyFolder())
    for (let minute = 0; minute < 2; minute++) await store.historian.record(seconds(minute * 60, 60))
    let minute = 2
    const more = async (): Promise<void> => store.historian.record(seconds(minute++ * 60, 60))
    const drops: number[] = []
    const spool: typeof store.spool = {
      ...store.spool,
      async drop(name, upTo) {
        drops.push(upTo)
        await store.spool.drop(name, upTo)
        // More than is kept while the first are let go.
        for (let batch = 0; batch < 12 && drops.length === 1; batch++) await more()
      },
    }
    const told = outsideOn({ ...store, spool }, [settingsOf('http://127.0.0.1:9', { budget: 8_000 })], new SetClock(start))
    onTestFinished(() => told.outside.stop())
    await told.outside.begin()
    while (((await told.outside.states())[0]?.bytes ?? 0) <= 8_000 && drops.length === 0) await more()
    await vi.waitFor(() => expect(drops.length).toBeGreaterThanOrEqual(2), 120_000)
    await vi.waitFor(async () => expect((await told.outside.states())[0]?.bytes).toBeLessThanOrEqual(8_000), 120_000)
    // Each letting go was told before it happened.
    const dropped = told.notes.filter(({ kind }) => kind === 'outside.dropped')
    expect(dropped.length).toBe(drops.length)
  })

  test('stops at once while the other side does not answer', { retry: 3 }, async () => {
    const server = await answering(() => {})
    const store = await opened(emptyFolder())
    const told = outsideOn(store, [influx(server.url)], new SetClock(start))
    await told.outside.begin()
    await store.historian.record(seconds(0, 1))
    await vi.waitFor(() => expect(server.asked.length).toBe(1), 120_000)
    const began = wall.now()
    await told.outside.stop()
    expect(wall.now() - began).toBeLessThan(2_000)
    expect((await store.spool.state('influx')).rows).toBe(3)
  })
})
