import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Found, ScanStep } from '../../protocols/contract/driver.ts'
import { opcua } from '../../protocols/opcua/driver.ts'
import { binding, freePort, Gateway, isGood, point, prepared, run } from './kit.ts'
import { wireTo } from './peers/cut.ts'
import type { OpcuaPeer } from './peers/opcua.ts'
import { startOpcua } from './peers/opcua.ts'

const temperature = point('room.temperature')
const bound = [binding('room.temperature', { node: 'ns=1;s=temperature' })]

describe('looking around on an OPC UA server', () => {
  let peer: OpcuaPeer
  beforeAll(async () => {
    peer = await startOpcua(await freePort())
  })
  afterAll(() => peer?.stop())
  const closed = (settings: Record<string, unknown> = {}) =>
    prepared(opcua, { endpoint: peer.endpoint, ...settings }, bound).open(new Gateway())
  async function look(ask: { at?: string; most?: number }, driver = closed()): Promise<readonly ScanStep[]> {
    const steps: ScanStep[] = []
    for await (const step of driver.scan?.({ most: 100, ...ask }, AbortSignal.timeout(20_000)) ?? []) steps.push(step)
    return steps
  }
  const found = (steps: readonly ScanStep[]): readonly Found[] =>
    steps.flatMap(step => (step.step === 'found' ? [step.found] : []))

  test('finds each object with its variables, values, types and units', async () => {
    const finds = found(await look({}))
    const boiler = finds.find(({ name }) => name.endsWith('Boiler'))
    expect(boiler).toMatchObject({
      name: 'Plant / Boiler',
      device: {},
      points: [
        { settings: { node: 'ns=1;s=Boiler.Pressure' }, name: 'Pressure', value: 3.5, unit: 'bar', raw: 'Good Double 3.5' },
      ],
    })
    const room = finds.flatMap(({ points }) => points).find(({ name }) => name === 'leak')
    expect(room).toMatchObject({ settings: { node: 'ns=1;s=leak' }, value: 1 })
    // What it says of itself is no equipment.
    expect(finds.flatMap(({ points }) => points).every(({ settings }) => String(settings['node']).startsWith('ns=1;'))).toBe(true)
  })
  test('begins where it is told and stops at the number it is told', async () => {
    expect(found(await look({ at: 'ns=1;s=Plant' })).map(({ name }) => name)).toEqual(['Boiler'])
    expect(found(await look({ most: 1 }))).toHaveLength(1)
  })
  test('a node that is not there is no find, and a server that is not there is the trouble', async () => {
    expect(found(await look({ at: 'ns=1;s=Nothing' }))).toEqual([])
    const nobody = closed({ endpoint: `opc.tcp://127.0.0.1:${await freePort()}` })
    expect((await look({}, nobody)).map(({ step }) => step)).toEqual(['trouble'])
  })
  test('what was found is written as found, and reads good', async () => {
    const [first] = found(await look({ at: 'ns=1;s=Plant' }))
    const node = first?.points[0]?.settings ?? {}
    const probes = await closed().probe?.(AbortSignal.timeout(20_000), [binding('boiler.pressure', node)])
    expect(probes?.[0]).toMatchObject({ reading: { value: 3.5, quality: 'good' }, raw: 'Good Double 3.5' })
  })
  test('trying out other nodes goes over the line that stands, which the server counts once', async () => {
    const wire = await wireTo(Number(peer.endpoint.split(':').at(-1)))
    const { host, driver } = run(opcua, { endpoint: `opc.tcp://127.0.0.1:${wire.port}`, publishEvery: '100ms' }, bound)
    await host.until('good', () => isGood(host.last(temperature)))
    const before = wire.calls
    const probes = await driver.probe?.(AbortSignal.timeout(10_000), [
      binding('boiler.pressure', { node: 'ns=1;s=Boiler.Pressure' }),
    ])
    await look({ at: 'ns=1;s=Plant' }, driver)
    expect(probes?.[0]?.reading.value).toBe(3.5)
    expect(wire.calls).toBe(before)
    await driver.stop()
    await wire.stop()
  })
  test('nothing that could change anything was ever sent', () => {
    const reading =
      /^(GetEndpoints|FindServers|(Create|Activate|Close)Session|Browse(Next)?|Read|(Create|Modify|Delete)(Subscriptions?|MonitoredItems)|Publish|Republish|SetPublishingMode|TransferSubscriptions|HistoryRead)Request$/
    expect(peer.requests.size).toBeGreaterThan(6)
    expect([...peer.requests].filter(name => !reading.test(name))).toEqual([])
  })
  test('the report says what was asked, what was refused and what that means', async () => {
    const wrong = binding('room.humidity', { node: 'ns=1;s=gone' })
    const { host, driver } = run(opcua, { endpoint: peer.endpoint, publishEvery: '100ms' }, [...bound, wrong])
    await host.until('read', () => (driver.report?.().devices[0]?.answered ?? 0) > 0)
    const report = driver.report?.()
    await driver.stop()
    const device = report?.devices[0]
    expect(device?.refusals).toEqual({ BadNodeIdUnknown: 1 })
    expect(device?.roundTrip?.median).toBeGreaterThanOrEqual(0)
    expect(device?.advice.map(({ en }) => en).join('\n')).toMatch(/security: none[\s\S]*namespace number/)
    expect(device?.reads[0]?.points).toHaveLength(2)
    expect(report?.frames.length).toBeGreaterThan(4)
    expect(report?.frames.length).toBeLessThanOrEqual(64)
    expect(report?.frames.every(({ hex, note }) => /^([0-9a-f]{2})+$/.test(hex) && /^[A-Z]{3}$/.test(note ?? ''))).toBe(true)
    expect(report?.busy).toBeLessThan(1)
  })
})
