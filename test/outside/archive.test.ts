import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { archiveOn, withArchive } from '../../gateway/outside/archive.ts'
import type { Archive } from '../../gateway/outside/archive.ts'
import { InfluxPeer } from '../../gateway/outside/influx.ts'
import type { Sample } from '../../gateway/store/store.ts'
import { emptyFolder, fails, opened, reads, temperature } from '../store/folder.ts'
import { outsideOn, points, SetClock, settingsOf, settled } from './ground.ts'
import { Victoria } from './victoria.ts'

const start = Date.UTC(2025, 5, 1)
const day = 86_400_000
const tagsOf = (id: string) => ({
  site: 'school',
  equipment: 'cold-1',
  point: points.find(one => one.id === id)?.key ?? '',
  unit: '°C',
})

test('readings come back from VictoriaMetrics as they were told: value, quality, time, limit', async () => {
  const victoria = await Victoria.begin()
  const store = await opened(emptyFolder())
  const told = outsideOn(store, [settingsOf(victoria.url)], new SetClock(start))
  onTestFinished(() => told.outside.stop())
  await told.outside.begin()
  const uncertain = reads(start + 2_000, 7)
  await store.historian.record([
    ...Array.from({ length: 50 }, (_, index) => reads(start + index * 10_000, index / 10)),
    { reading: { ...uncertain.reading, quality: 'uncertain' } as never },
    fails(start + 3_000, 'timeout'),
    // Far away: the time in between is looked through in large steps.
    reads(start + 200 * day, 99),
  ])
  await settled(told)
  await victoria.rows('reading_value')
  const peer = new InfluxPeer(settingsOf(victoria.url))
  onTestFinished(() => peer.close())
  const archive = archiveOn(settingsOf(victoria.url), peer, tagsOf)
  const { samples } = await store.historian.raw(temperature, instant(start), instant(start + 201 * day), 1_000)
  expect(await archive.raw(temperature, instant(start), instant(start + 201 * day), 1_000)).toEqual(samples)
  expect(samples.map(({ q }) => q).filter(q => q !== 'good')).toEqual(['uncertain', 'bad'])
  expect(await archive.raw(temperature, instant(start), instant(start + 201 * day), 3)).toEqual(samples.slice(0, 3))
  // Until before the end, as everywhere.
  expect(await archive.raw(temperature, instant(start + 10_000), instant(start + 20_000), 9)).toEqual(
    samples.filter(({ t }) => t === start + 10_000),
  )
  expect(await archive.raw('cold-1.door' as PointId, instant(start), instant(start + day), 9)).toEqual([])
})

test('what is here no more comes from the archive and says so, and a page runs over from there to here', async () => {
  const store = await opened(emptyFolder())
  await store.historian.record(Array.from({ length: 10 }, (_, index) => reads(start + (10 + index) * 1_000, index)))
  const all = Array.from({ length: 20 }, (_, index): Sample => ({ t: instant(start + index * 1_000), v: index - 10, q: 'good' }))
  const asked: string[] = []
  const archive: Archive = {
    id: 'metrics',
    async raw(_point, from, to, limit) {
      asked.push(`${from - start}–${to - start}`)
      return all.filter(({ t }) => t >= from && t < to).slice(0, limit)
    },
  }
  const historian = withArchive(store.historian, archive)
  const page = (from: number, to: number, limit: number) =>
    historian.raw(temperature, instant(start + from), instant(start + to), limit)
  const said = async (from: number, to: number, limit: number) => {
    const { samples, more } = await page(from, to, limit)
    return [samples.map(({ v, source }) => `${v}${source === undefined ? '' : ` ${source}`}`).join(), more]
  }
  expect(await said(8_000, 12_000, 100)).toEqual(['-2 metrics,-1 metrics,0,1', false])
  expect(await said(8_000, 12_000, 3)).toEqual(['-2 metrics,-1 metrics,0', true])
  expect(await said(0, 12_000, 2)).toEqual(['-10 metrics,-9 metrics', true])
  expect(asked).toEqual(['8000–10000', '8000–10000', '0–10000'])
  // What is here is not asked for elsewhere.
  expect(await said(10_000, 12_000, 5)).toEqual(['0,1', false])
  expect(asked.length).toBe(3)
  await expect(
    withArchive(store.historian, { id: 'metrics', raw: () => Promise.reject(new Error('gone')) }).raw(
      temperature,
      instant(start),
      instant(start + 1),
      1,
    ),
  ).rejects.toMatchObject({ name: 'StoreTrouble', message: 'metrics: gone' })
})

test('InfluxDB is asked in Flux, and its annotated CSV is read', async () => {
  const asked: { url: string; body: Record<string, unknown> }[] = []
  // As the documentation of the query interface has it: annotations, a table for each field, an empty line between.
  const answer = [
    '#datatype,string,long,string,dateTime:RFC3339,double',
    '#group,false,false,true,false,false',
    '#default,_result,,,,',
    ',result,table,_field,_time,_value',
    `,,0,value,${new Date(start).toISOString()},4.2`,
    `,,0,value,${new Date(start + 1_000).toISOString()},4.3`,
    '',
    '#datatype,string,long,string,dateTime:RFC3339,double',
    '#group,false,false,true,false,false',
    '#default,_result,,,,',
    ',result,table,_field,_time,_value',
    `,,1,q,${new Date(start + 1_000).toISOString()},1`,
    `,,1,q,${new Date(start + 2_000).toISOString()},102`,
    '',
    '',
  ].join('\r\n')
  const server = createServer((incoming, outgoing) => {
    let body = ''
    incoming.on('data', chunk => (body += String(chunk)))
    incoming.on('end', () => {
      asked.push({ url: incoming.url ?? '', body: JSON.parse(body) as Record<string, unknown> })
      outgoing.writeHead(200, { 'content-type': 'text/csv; charset=utf-8' }).end(answer)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.closeAllConnections())
  onTestFinished(() => void server.close())
  const settings = settingsOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    kind: 'influxdb',
    org: 'school',
    bucket: 'read"ings',
    token: 't',
  })
  const peer = new InfluxPeer(settings)
  onTestFinished(() => peer.close())
  const samples = await archiveOn(settings, peer, tagsOf).raw(temperature, instant(start), instant(start + day), 100)
  expect(samples).toEqual([
    { t: start, v: 4.2, q: 'good' },
    { t: start + 1_000, v: 4.3, q: 'uncertain' },
    { t: start + 2_000, v: null, q: 'bad' },
  ])
  expect(asked[0]?.url).toBe('/api/v2/query?org=school')
  const { query } = asked[0]?.body ?? {}
  expect(query).toContain('from(bucket: "read\\"ings")')
  expect(query).toContain('range(start: time(v: "2025-06-01T00:00:00.000Z"), stop: time(v: "2025-06-02T00:00:00.000Z"))')
  expect(query).toContain(
    'r._measurement == "reading" and r.site == "school" and r.equipment == "cold-1" and r.point == "temperature"',
  )
  expect(query).toContain('limit(n: 100)')
})
