import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { get } from 'sparkplug-payload'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ScanStep } from '../../protocols/contract/driver.ts'
import { millis } from '../../protocols/contract/time.ts'
import { mqttBroker, mqttClient } from '../../protocols/mqtt/driver.ts'
import { binding, codeOf, freePort, Gateway, isGood, point, prepared, realClock, run } from './kit.ts'
import { fridge, good } from './own-site.ts'
import { Listener } from './peers/listener.ts'
import type { Peer } from './peers/programs.ts'
import { hasMosquitto, startMosquitto } from './peers/programs.ts'

/** Payloads as the reference library of Eclipse Tahu makes and reads them. */
const reference = get('spBv1.0')
if (!reference) throw new Error('The reference library does not know spBv1.0.')
const { encodePayload, decodePayload } = reference
type Metrics = NonNullable<Parameters<typeof encodePayload>[0]['metrics']>

/** An edge node by the reference library, on somebody's connection. */
class Edge {
  #seq = 0
  readonly #listener: Listener
  constructor(listener: Listener) {
    this.#listener = listener
  }
  async says(kind: string, metrics: Metrics, device = ''): Promise<void> {
    const seq = kind === 'NBIRTH' ? (this.#seq = 0) : ++this.#seq
    const payload = encodePayload({ timestamp: Date.now(), seq, metrics })
    await this.#listener.says(`spBv1.0/plant/${kind}/e1${device && '/'}${device}`, payload)
  }
  async isBorn(temperature = 4): Promise<void> {
    await this.says('NBIRTH', [
      { name: 'bdSeq', type: 'Int64', value: 0, timestamp: Date.now() },
      { name: 'Node Control/Rebirth', type: 'Boolean', value: false, timestamp: Date.now() },
    ])
    await this.says('DBIRTH', [{ name: 'temp', alias: 1, type: 'Float', value: temperature, timestamp: Date.now() }], 'd1')
  }
}

const points = [binding('cold-1.temperature', { metric: 'temp' }, { sparkplug: 'plant/e1/d1' })]
const temperature = point('cold-1.temperature')

describe.skipIf(!hasMosquitto())('Sparkplug over mosquitto, with the reference library at the other end', () => {
  let peer: Peer
  beforeAll(async () => {
    peer = await startMosquitto(await freePort())
  })
  afterAll(() => peer?.stop())
  const url = (): string => `mqtt://127.0.0.1:${peer.port}`

  test('a host tells of its presence, asks for births, reads births and data, and takes a death for what it is', async () => {
    const other = await Listener.on(peer.port)
    const edge = new Edge(other)
    const { host, driver } = run(mqttClient, { url: url(), sparkplug: { host: 'zhishou' } }, points)

    const asked = (): boolean => other.on('spBv1.0/plant/NCMD/e1').length > 0
    await other.until('a request for births', asked)
    const [request] = other.on('spBv1.0/plant/NCMD/e1')
    expect(decodePayload(request?.payload ?? new Uint8Array()).metrics).toMatchObject([
      { name: 'Node Control/Rebirth', type: 'Boolean', value: true },
    ])
    await edge.isBorn(4.1)
    await host.until('the birth', () => host.last(temperature)?.value === 4.1)
    await edge.says('DDATA', [{ alias: 1, type: 'Float', value: 5.5, timestamp: Date.now() } as Metrics[number]], 'd1')
    await host.until('the data', () => host.last(temperature)?.value === 5.5)
    const death = encodePayload({ timestamp: Date.now(), metrics: [{ name: 'bdSeq', type: 'Int64', value: 0 }] })
    await other.says('spBv1.0/plant/NDEATH/e1', death)
    await host.until('the death', () => codeOf(host.last(temperature)) === 'device-silent')
    await driver.stop()
    await other.until('its own leaving', () => String(other.on('spBv1.0/STATE/zhishou').at(-1)?.payload).includes('false'))

    const states = other
      .on('spBv1.0/STATE/zhishou')
      .map(({ payload }) => JSON.parse(String(payload)) as { online: boolean; timestamp: number })
    expect(states[0]?.online).toBe(true)
    expect(new Set(states.map(({ timestamp }) => timestamp)).size).toBe(1)
    // All that was ever said by the gateway: its presence, and the request.
    expect(new Set(other.heard.map(({ topic }) => topic).filter(topic => !/BIRTH|DATA|DEATH/.test(topic)))).toEqual(
      new Set(['spBv1.0/STATE/zhishou', 'spBv1.0/plant/NCMD/e1']),
    )
    await other.leaves()
  })

  test('a host that is said to be gone by a late will says that it is there', async () => {
    const other = await Listener.on(peer.port, ['spBv1.0/STATE/guard'])
    const { host, driver } = run(mqttClient, { url: url(), sparkplug: { host: 'guard' } }, points)
    await other.until('its presence', () => other.heard.length > 0)
    await host.until('up', () => host.ups === 1)

    await other.says('spBv1.0/STATE/guard', '{"online":false,"timestamp":1}', true)
    await other.until(
      'its presence again',
      () => other.heard.filter(({ payload }) => String(payload).includes('true')).length > 1,
    )
    await driver.stop()
    await other.leaves()
  })

  test('a broken connection is the end of every value until the next birth', async () => {
    const port = await freePort()
    const first = await startMosquitto(port)
    const { host, driver } = run(mqttClient, { url: `mqtt://127.0.0.1:${port}`, sparkplug: { host: 'z' } }, points)
    const other = await Listener.on(port, ['spBv1.0/STATE/z'])
    const edge = new Edge(other)
    await other.until('its presence', () => other.heard.length > 0)
    await edge.isBorn()
    await host.until('the birth', () => isGood(host.last(temperature)))
    await first.stop()
    await host.until('the loss', () => codeOf(host.last(temperature)) === 'disconnected')

    const second = await startMosquitto(port)
    // Retained: it is there whoever was first on the new broker.
    const again = await Listener.on(port, ['spBv1.0/STATE/z'])
    await again.until('its presence', () => again.heard.some(({ payload }) => String(payload).includes('true')), 40_000)
    const reborn = new Edge(again)
    await reborn.says('DDATA', [{ alias: 1, type: 'Float', value: 9, timestamp: Date.now() } as Metrics[number]], 'd1')
    await reborn.isBorn(6)
    await host.until('the birth', () => host.last(temperature)?.value === 6)
    await driver.stop()
    await again.leaves()
    await second.stop()

    expect(host.of(temperature).some(({ value }) => value === 9)).toBe(false)
  })

  test('the gateway is an edge node: births, data, a rebirth on command, and a death that keeps its number', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zhishou-edge-'))
    const other = await Listener.on(peer.port, ['spBv1.0/school/#'])
    const open = () => {
      const host = new Gateway(realClock, realClock, folder)
      return run(mqttClient, { url: url(), sparkplug: { edge: 'school/canteen' } }, [], host)
    }
    const kinds = (): string[] => other.heard.map(({ topic }) => topic.split('/')[2] ?? '')
    const { driver } = open()
    driver.outbound?.present?.(fridge)
    await other.until('births', () => kinds().includes('DBIRTH'))
    driver.outbound?.tell?.([good('temperature', 4.5)])
    await other.until('data', () => kinds().includes('DDATA'))
    const command = (metrics: Metrics) => encodePayload({ timestamp: Date.now(), metrics })
    await other.says('spBv1.0/school/NCMD/canteen', command([{ name: 'temperature', type: 'Double', value: 99 }]))
    await other.says('spBv1.0/school/DCMD/canteen/cold-1', command([{ name: 'temperature', type: 'Double', value: 99 }]))
    await other.says('spBv1.0/school/NCMD/canteen', command([{ name: 'Node Control/Rebirth', type: 'Boolean', value: true }]))
    await other.until('a rebirth', () => kinds().filter(kind => kind === 'NBIRTH').length === 2)
    // Of a flood of commands the last stands for all: the refusal of the first is what is sure.
    expect(driver.counters?.()['sparkplug_edge_refused_commands']).toBeGreaterThanOrEqual(1)
    await driver.stop()
    await other.until('its death', () => kinds().includes('NDEATH'))
    const bdSeq = (kind: string): number[] =>
      other.heard
        .filter(({ topic }) => topic.includes(kind))
        .map(({ payload }) => Number(decodePayload(payload).metrics?.find(({ name }) => name === 'bdSeq')?.value))
    expect([...bdSeq('NBIRTH'), bdSeq('NDEATH')[0]]).toEqual([0, 0, 0])

    const second = open()
    second.driver.outbound?.present?.(fridge)
    await other.until('births of the next run', () => kinds().filter(kind => kind === 'NBIRTH').length === 3)
    await second.driver.stop()
    expect(bdSeq('NBIRTH').at(-1)).toBe(1)
    expect(other.heard.every(({ retain }) => !retain)).toBe(true)
    expect(kinds().filter(kind => kind === 'NCMD' || kind === 'DCMD')).toHaveLength(3)
    await other.leaves()
    rmSync(folder, { recursive: true })
  })

  test('an edge node waits for its primary host and leaves with it; what was read meanwhile comes later', async () => {
    const other = await Listener.on(peer.port, ['spBv1.0/depot/#'])
    const { host, driver } = run(mqttClient, { url: url(), sparkplug: { edge: 'depot/gate', primaryHost: 'scada' } }, [])
    driver.outbound?.present?.(fridge)
    await host.until('up', () => host.ups === 1)
    driver.outbound?.tell?.([good('temperature', 4.5, Date.now() - 5_000)])
    expect(other.heard).toEqual([])

    await other.says('spBv1.0/STATE/scada', JSON.stringify({ online: true, timestamp: 10 }), true)
    const of = (kind: string) => other.heard.filter(({ topic }) => topic.includes(kind))
    await other.until('what was kept', () => of('DDATA').length === 1)
    expect(decodePayload(of('DDATA')[0]?.payload ?? new Uint8Array()).metrics).toMatchObject([{ value: 4.5, isHistorical: true }])
    await other.says('spBv1.0/STATE/scada', JSON.stringify({ online: false, timestamp: 10 }), true)
    await other.until('its death', () => of('NDEATH').length > 0)
    await other.says('spBv1.0/STATE/scada', JSON.stringify({ online: true, timestamp: 20 }), true)
    await other.until('births of the next connection', () => of('NBIRTH').length === 2)
    await driver.stop()
    await other.leaves()
  })

  test('a scan asks who is heard without a birth, and finds what can be bound; a probe reads it', async () => {
    const other = await Listener.on(peer.port, ['spBv1.0/plant/NCMD/e1'])
    const edge = new Edge(other)
    await edge.isBorn()
    other.client.on('message', topic => topic.includes('NCMD') && void edge.isBorn(7))
    const driver = prepared(mqttClient, { url: url(), sparkplug: { host: 'zhishou' } }, points).open(new Gateway())
    const steps: ScanStep[] = []
    let hasSpoken = false
    for await (const step of driver.scan?.({ most: 10, listen: millis(3_000) }, AbortSignal.timeout(10_000)) ?? []) {
      steps.push(step)
      if (hasSpoken) continue
      hasSpoken = true
      await edge.says('DDATA', [{ alias: 1, type: 'Float', value: 5, timestamp: Date.now() } as Metrics[number]], 'd1')
    }

    const found = steps.flatMap(step => (step.step === 'found' ? [step.found] : []))
    expect(found).toContainEqual({
      device: { sparkplug: 'plant/e1/d1' },
      name: 'plant/e1/d1',
      points: [{ settings: { metric: 'temp' }, name: 'temp', value: 7, raw: 'Float' }],
    })
    const [probe] = (await driver.probe?.(AbortSignal.timeout(10_000))) ?? []
    expect(probe?.reading).toMatchObject({ value: 7, quality: 'good' })
    await other.leaves()
  })
})

test('an edge node at the embedded broker is understood, and hears its commands and nothing else', async () => {
  const port = await freePort()
  const bound = [binding('cold-1.temperature', { metric: 'temp' }, { sparkplug: 'plant/e1/d1' })]
  const { host, driver } = run(mqttBroker, { port, accounts: { e1: 'secret' }, sparkplug: { host: 'zhishou' } }, bound)
  await host.until('up', () => host.ups === 1)
  const login = { username: 'e1', password: 'secret' }
  const device = await Listener.on(port, ['spBv1.0/plant/NCMD/e1', 'spBv1.0/STATE/zhishou'], login)
  await device.until('the presence of the host', () => device.heard.length > 0)
  expect(String(device.heard[0]?.payload)).toContain('"online":true')
  const edge = new Edge(device)
  await edge.says('DDATA', [{ alias: 1, type: 'Float', value: 9, timestamp: Date.now() } as Metrics[number]], 'd1')
  await edge.isBorn(4.5)
  await host.until('the birth', () => host.last(temperature)?.value === 4.5)
  await expect(device.client.subscribeAsync('spBv1.0/#')).rejects.toThrow()
  await device.leaves()
  await driver.stop()

  expect(host.of(temperature).filter(isGood)).toHaveLength(1)
})
