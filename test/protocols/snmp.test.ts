import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import snmpLibrary from 'net-snmp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadShelf } from '../../gateway/site/shelf.ts'
import type { Binding, ScanStep } from '../../protocols/contract/driver.ts'
import { snmp } from '../../protocols/snmp/driver.ts'
import { encodeCommunity } from '../../protocols/snmp/message.ts'
import { binding, codeOf, Gateway, isGood, point, prepared, run } from './kit.ts'
import type { Served, Snmpd } from './peers/snmpd.ts'
import { freeUdpPort, hasSnmpd, sealPassword, signPassword, startSnmpd } from './peers/snmpd.ts'
import { UdpProxy } from './peers/udp-proxy.ts'

const ups = '1.3.6.1.2.1.33.1'
const own = '1.3.6.1.4.1.55555'
const objects: Served = {
  [`${ups}.2.1.0`]: ['integer', 2],
  [`${ups}.2.2.0`]: ['integer', 0],
  [`${ups}.2.3.0`]: ['integer', 41],
  [`${ups}.2.4.0`]: ['integer', 87],
  [`${ups}.2.5.0`]: ['integer', 541],
  [`${ups}.2.6.0`]: ['integer', -12],
  [`${ups}.2.7.0`]: ['integer', 24],
  [`${ups}.3.3.1.2.1`]: ['integer', 499],
  [`${ups}.3.3.1.3.1`]: ['integer', 229],
  [`${ups}.4.1.0`]: ['integer', 3],
  [`${ups}.4.4.1.5.1`]: ['integer', 20],
  [`${ups}.4.4.1.5.2`]: ['integer', 35],
  [`${ups}.4.4.1.5.3`]: ['integer', 5],
  [`${ups}.6.1.0`]: ['gauge', 0],
  [`${own}.1.0`]: ['string', '23.5'],
  [`${own}.2.0`]: ['string', '75 F'],
  [`${own}.3.0`]: ['string', 'on battery'],
  [`${own}.4.0`]: ['counter', 4_294_967_295],
  [`${own}.5.0`]: ['counter64', '9007199254740991'],
  [`${own}.6.0`]: ['counter64', '18446744073709551615'],
  [`${own}.7.0`]: ['timeticks', 1_234],
  [`${own}.8.0`]: ['integer', 65_535],
  [`${own}.9.0`]: ['ipaddress', '10.1.2.3'],
  [`${own}.10.0`]: ['objectid', '.1.3.6.1.4.1.55555.77'],
  [`${own}.11.0`]: ['gauge', 4_000_000_000],
  ...Object.fromEntries(Array.from({ length: 60 }, (_, row) => [`${own}.20.1.${row + 1}`, ['integer', row] as const])),
}
const community = 'hidden-word'
const v3 = { username: 'sha1-aes128', auth: 'sha1', password: signPassword, encrypt: 'aes128', encryptPassword: sealPassword }

describe.skipIf(!hasSnmpd())('against snmpd', () => {
  let agent: Snmpd
  beforeAll(async () => {
    agent = await startSnmpd(await freeUdpPort(), objects)
    // Its helper programs start with the first question.
    for (const oid of [`${ups}.2.1.0`, `${own}.1.0`]) await snmpget(agent.port, [oid])
  })
  afterAll(() => agent?.stop())

  const settings = (more: Record<string, unknown> = { community }): Record<string, unknown> => ({
    host: '127.0.0.1',
    port: agent.port,
    every: '200ms',
    ...more,
  })
  const at = (port: number, more: Record<string, unknown> = {}): Record<string, unknown> => ({ ...settings(), port, ...more })
  const probed = async (bindings: readonly Binding[], more?: Record<string, unknown>) => {
    const driver = prepared(snmp, settings(more), bindings).open(new Gateway())
    const probes = (await driver.probe?.(new AbortController().signal)) ?? []
    return Object.fromEntries(
      probes.map(({ reading }) => [reading.point.split('.')[1], reading.quality === 'bad' ? reading.fault.code : reading.value]),
    )
  }

  test('objects of the UPS-MIB are bound by name, in the units that the names promise', async () => {
    const names = {
      battery: 'upsBatteryStatus',
      onBattery: 'upsSecondsOnBattery',
      remaining: 'UPS-MIB::upsEstimatedMinutesRemaining.0',
      charge: 'upsEstimatedChargeRemaining',
      voltage: 'upsBatteryVoltage',
      current: 'upsbatterycurrent',
      temperature: 'upsBatteryTemperature',
      source: 'upsOutputSource',
      alarms: 'upsAlarmsPresent',
      frequency: 'upsInputFrequency',
      input: 'upsInputVoltage',
      second: 'upsOutputPercentLoad.2',
    }
    const read = await probed(Object.entries(names).map(([key, oid]) => binding(`ups.${key}`, { oid })))

    expect(read).toEqual({
      battery: 2,
      onBattery: 0,
      remaining: 41,
      charge: 87,
      voltage: 54.1,
      current: -1.2,
      temperature: 24,
      source: 3,
      alarms: 0,
      frequency: 49.9,
      input: 229,
      second: 35,
    })
  })

  test('the rows of a column are found, and what is made of them is written, not guessed', async () => {
    const load = 'upsOutputPercentLoad'
    const read = await probed([
      binding('ups.unsaid', { oid: load }),
      binding('ups.first', { oid: load, rows: 'first' }),
      binding('ups.highest', { oid: load, rows: 'highest' }),
      binding('ups.lowest', { oid: `${ups}.4.4.1.5`, rows: 'lowest' }),
      binding('ups.sum', { oid: load, rows: 'sum' }),
      binding('ups.mean', { oid: load, rows: 'mean' }),
      binding('ups.none', { oid: 'upsBypassVoltage' }),
      binding('ups.many', { oid: `${own}.20.1`, rows: 'sum' }),
    ])

    expect(read).toEqual({
      unsaid: 'no-such-address',
      first: 20,
      highest: 35,
      lowest: 5,
      sum: 60,
      mean: 20,
      none: 'no-such-address',
      many: 1_770,
    })
  })

  test('every type of SNMP is a number where it is one, and a fault where it is none', async () => {
    const read = await probed([
      binding('x.text', { oid: `${own}.1.0` }),
      binding('x.fahrenheit', { oid: `${own}.2.0` }),
      binding('x.suffix', { oid: `${own}.2.0`, suffix: 'F' }),
      binding('x.mapped', { oid: `${own}.3.0`, map: { 'on battery': 5, mains: 3 } }),
      binding('x.unmapped', { oid: `${own}.3.0`, map: { mains: 3 } }),
      binding('x.counter', { oid: `${own}.4.0` }),
      binding('x.counter64', { oid: `${own}.5.0` }),
      binding('x.tooLong', { oid: `${own}.6.0` }),
      binding('x.ticks', { oid: `${own}.7.0`, scale: 0.01 }),
      binding('x.noSensor', { oid: `${own}.8.0`, sentinel: 65_535 }),
      binding('x.address', { oid: `${own}.9.0` }),
      binding('x.object', { oid: `${own}.10.0`, map: { '1.3.6.1.4.1.55555.77': 1 } }),
      binding('x.gauge', { oid: `${own}.11.0` }),
      binding('x.nothing', { oid: `${own}.12.0` }),
      binding('x.nowhere', { oid: '1.3.6.1.9.9.9.0' }),
      binding('x.code', { oid: 'upsOutputSource', map: { 3: 0, 5: 1 } }),
    ])

    expect(read).toEqual({
      text: 23.5,
      fahrenheit: 'not-a-number',
      suffix: 75,
      mapped: 5,
      unmapped: 'not-a-number',
      counter: 4_294_967_295,
      counter64: Number.MAX_SAFE_INTEGER,
      tooLong: 'out-of-range',
      ticks: 12.34,
      noSensor: 'sentinel',
      address: 'not-a-number',
      object: 1,
      gauge: 4_000_000_000,
      nothing: 'no-such-address',
      nowhere: 'no-such-address',
      code: 0,
    })
  })

  test('a float in an opaque, as net-snmp sends its load, is the number its text beside it says', async () => {
    const read = await probed([
      binding('host.float', { oid: '1.3.6.1.4.1.2021.10.1.6.1' }),
      binding('host.text', { oid: '1.3.6.1.4.1.2021.10.1.3.1' }),
    ])

    expect(typeof read['float']).toBe('number')
    expect(Math.abs(Number(read['float']) - Number(read['text']))).toBeLessThan(0.02)
  })

  const signatures = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']
  const ciphers = ['aes128', 'aes256', 'aes256-cisco']
  const everybody = [
    { username: 'plain' },
    ...signatures.flatMap(auth => [
      { username: auth, auth, password: signPassword },
      ...ciphers.map(encrypt => ({
        username: `${auth}-${encrypt}`,
        auth,
        password: signPassword,
        encrypt,
        encryptPassword: sealPassword,
      })),
    ]),
  ]
  test('every signature and every cipher of v3 is understood by both sides', async () => {
    const bindings = [binding('ups.charge', { oid: 'upsEstimatedChargeRemaining' })]
    const read = await Promise.all(everybody.map(who => probed(bindings, { version: 3, ...who })))

    expect(everybody).toHaveLength(25)
    expect(read.map(each => each['charge'])).toEqual(everybody.map(() => 87))
  })

  const advised = async (more: Record<string, unknown>): Promise<readonly [code: string | undefined, advice: string]> => {
    const host = new Gateway()
    const driver = prepared(snmp, settings({ timeout: '150ms', retries: 1, ...more }), [
      binding('ups.charge', { oid: 'upsEstimatedChargeRemaining' }),
    ]).open(host)
    driver.start()
    await host.until('down', () => host.downs.length > 0)
    const advice = driver.report?.().devices[0]?.advice.map(({ en }) => en) ?? []
    await driver.stop()
    expect(codeOf(host.last(point('ups.charge')))).toBe(host.downs[0]?.code)
    return [host.downs[0]?.code, advice.join(' ')]
  }

  test('what is wrong with the words is told: community, user, password, cipher, level', async () => {
    expect(await advised({ community: 'publik' })).toEqual([
      'timeout',
      expect.stringContaining('A wrong community is met with silence'),
    ])
    expect(await advised({ ...v3, username: 'nobody' })).toEqual(['refused', expect.stringContaining('does not know this user')])
    expect(await advised({ ...v3, password: 'not-the-right-one' })).toEqual([
      'refused',
      expect.stringContaining('check password and auth'),
    ])
    expect(await advised({ ...v3, auth: 'sha256' })).toEqual(['refused', expect.stringContaining('check password and auth')])
    expect(await advised({ username: 'sha1', auth: 'sha1', password: signPassword, encrypt: 'aes128' })).toEqual([
      'refused',
      expect.stringContaining('another level'),
    ])
    const [code] = await advised({ ...v3, encryptPassword: 'not-the-right-one' })
    expect(['refused', 'timeout']).toContain(code)
  })

  test('a machine without an agent is told from one that is silent', async () => {
    const closed = await freeUdpPort()
    expect(await advised({ community, port: closed })).toEqual([
      'unreachable',
      expect.stringContaining('SNMP is off on that machine'),
    ])
    expect((await advised({ community, host: 'no-such-host.invalid' }))[0]).toBe('unreachable')
  })

  test('many objects go in few requests, each once, and values arrive as they change', async () => {
    const proxy = await UdpProxy.to(agent.port)
    const rows = Array.from({ length: 45 }, (_, row) => binding(`x.r${row + 1}`, { oid: `${own}.20.1.${row + 1}` }))
    const { host, driver } = run(snmp, at(proxy.port, { every: '1h' }), rows)
    await host.until('all good', () => rows.every(each => isGood(host.last(each.point))))
    await driver.stop()
    await proxy.stop()

    // The sign of life, and three requests of at most twenty.
    expect(proxy.sent).toHaveLength(4)
    expect(host.batches.map(batch => batch.length)).toEqual([20, 20, 5])
    expect(rows.map(each => host.last(each.point)?.value)).toEqual(rows.map((_, row) => row))
  })

  test('a counter gives its growth in a second by the agent’s own clock, also over its widest number', async () => {
    const count = (value: number): void => agent.serve({ ...objects, [`${own}.4.0`]: ['counter', value] })
    count(4_294_967_290)
    const { host, driver } = run(snmp, settings({ community, every: '100ms' }), [
      binding('x.rate', { oid: `${own}.4.0`, rate: true }),
      binding('x.count', { oid: `${own}.4.0` }),
    ])
    await host.until('seen', () => host.last(point('x.count'))?.value === 4_294_967_290 && host.of(point('x.rate')).length > 0)
    count(94)
    const { value = 0 } = await host.next(point('x.rate'), reading => reading.quality === 'good' && reading.value !== 0)
    await driver.stop()
    agent.serve(objects)

    // One hundred more in one interval of about a tenth of a second.
    expect(value).toBeGreaterThan(50)
    expect(value).toBeLessThanOrEqual(10_000)
    expect(host.of(point('x.rate')).every(isGood)).toBe(true)
  })

  test('a single read of a rate takes two looks', async () => {
    const read = await probed([binding('x.rate', { oid: '1.3.6.1.2.1.11.1.0', rate: true })])

    expect(read['rate']).toBeGreaterThan(0)
  })

  test('a probe shows the bytes and the rows as they came, and other bindings than its own', async () => {
    const { host, driver } = run(snmp, settings(), [binding('ups.charge', { oid: 'upsEstimatedChargeRemaining' })])
    await host.until('good', () => isGood(host.last(point('ups.charge'))))
    const probes = await driver.probe?.(new AbortController().signal, [
      binding('t.charge', { oid: 'upsEstimatedChargeRemaining' }),
      binding('t.text', { oid: `${own}.3.0` }),
      binding('t.load', { oid: 'upsOutputPercentLoad', rows: 'sum' }),
    ])
    await driver.stop()

    expect(probes?.map(({ raw }) => raw)).toEqual(['020157', 'on battery', '.1=020114 .2=020123 .3=020105'])
    expect(host.links).toEqual(['up'])
  })

  const scanned = async (more: Record<string, unknown>, ask: { readonly at?: string }): Promise<readonly ScanStep[]> => {
    const steps: ScanStep[] = []
    const driver = prepared(snmp, settings(more), []).open(new Gateway())
    for await (const step of driver.scan?.({ most: 10, ...ask }, new AbortController().signal) ?? []) steps.push(step)
    return steps
  }

  test('a scan says who it is, what of the UPS-MIB it has as it would be bound, and which models fit', async () => {
    const steps = await scanned(v3, {})
    const found = steps.flatMap(step => (step.step === 'found' ? step.found : []))[0]
    const again = await probed(found?.points.map(({ settings: bound }, index) => binding(`s.p${index}`, bound)) ?? [], {
      community,
    })

    expect(found?.name).toBe('ups-room-1')
    expect(found?.note?.en).toContain('A UPS for the tests · cellar · sysObjectID 1.3.6.1.4.1.318.1.3.27')
    expect(found?.models).toEqual(['ups-mib'])
    expect(found?.points).toContainEqual({
      settings: { oid: 'upsBatteryVoltage' },
      name: 'upsBatteryVoltage.0',
      value: 54.1,
      unit: 'V',
      raw: '0202021d',
    })
    expect(found?.points.map(({ settings: bound }) => bound['oid'])).toEqual(
      expect.arrayContaining(['upsInputVoltage', 'upsOutputPercentLoad.1', 'upsOutputPercentLoad.3']),
    )
    // What is found reads as it was shown.
    expect(again).toEqual(Object.fromEntries(found?.points.map(({ value }, index) => [`p${index}`, value]) ?? []))
    expect(steps.filter(({ step }) => step === 'asked')).toHaveLength(3)
  })

  test('a maker’s own objects beside the UPS-MIB name his model first', async () => {
    agent.serve({ ...objects, '1.3.6.1.4.1.318.1.1.1.2.2.1.0': ['gauge', 87] })
    const steps = await scanned({ community }, {})
    agent.serve(objects)

    expect(steps.flatMap(step => (step.step === 'found' ? step.found.models : []))).toEqual(['apc-powernet', 'ups-mib'])
  })

  test('a scan below an OID lists what snmpbulkwalk lists, value for value', async () => {
    const place = '1.3.6.1.2.1.1'
    const steps = await scanned({ community }, { at: place })
    const found = steps.flatMap(step => (step.step === 'found' ? step.found.points : []))
    const { stdout } = await promisify(execFile)('/usr/bin/snmpbulkwalk', [
      '-v2c',
      '-c',
      community,
      '-OneQt',
      `127.0.0.1:${agent.port}`,
      place,
    ])
    const theirs = stdout
      .trim()
      .split('\n')
      .map(line => line.split(' = ') as [string, string])
    const shown = new Map(found.map(each => [`.${String(each.settings['oid'])}`, each.value]))
    // Its clock has gone on meanwhile.
    const steady = theirs.filter(([oid]) => oid !== '.1.3.6.1.2.1.1.3.0')

    expect(theirs.length).toBeGreaterThan(20)
    expect(steady.map(([oid]) => [oid, String(shown.get(oid))])).toEqual(
      steady.map(([oid, value]) => [oid, value.replaceAll('"', '').replace(/^\.(?=\d)/, '')]),
    )
  })

  test('a scan of what cannot be asked is told in words', async () => {
    expect(await scanned({ community }, { at: 'upsNonsense' })).toEqual([
      { step: 'trouble', fault: { code: 'no-such-address', detail: expect.stringContaining('upsNonsense') } },
    ])
    expect(await scanned({ community: 'publik', timeout: '100ms', retries: 0 }, {})).toEqual([
      { step: 'trouble', fault: { code: 'timeout', detail: expect.stringContaining('No answer') } },
    ])
  })

  test('the report tells reads, round trips and frames, and no community', async () => {
    const { host, driver } = run(snmp, settings(), [
      binding('ups.charge', { oid: 'upsEstimatedChargeRemaining' }),
      binding('ups.load', { oid: 'upsOutputPercentLoad', rows: 'highest' }),
      binding('x.nothing', { oid: `${own}.12.0` }),
    ])
    await host.until('three sweeps', () => host.of(point('ups.load')).length >= 3)
    const report = driver.report?.()
    await driver.stop()
    const device = report?.devices[0]

    expect(device?.reads.map(({ request }) => request)).toEqual([`get 2 objects from ${ups}.2.4.0`, `walk ${ups}.4.4.1.5`])
    expect(device?.answered).toBe(device?.asked)
    expect(device?.roundTrip?.worst).toBeGreaterThanOrEqual(device?.roundTrip?.median ?? 1e9)
    expect(Object.keys(device?.refusals ?? {})).toEqual([expect.stringContaining(`${own}.12.0`)])
    expect(device?.advice.map(({ en }) => en)).toEqual([
      expect.stringContaining('write rows: one'),
      expect.stringContaining('in the clear'),
    ])
    expect(report?.sweeps?.done).toBeGreaterThanOrEqual(2)
    expect(report?.frames.length).toBeGreaterThan(10)
    expect(JSON.stringify(report)).not.toContain(Buffer.from(community).toString('hex'))
    expect(report?.frames[0]?.hex).toContain(Buffer.from('*'.repeat(community.length)).toString('hex'))
  })

  test('the models of the library read an agent that has their objects', async () => {
    const { models } = await loadShelf()
    const mine = [...models.values()].filter(({ protocol }) => protocol === 'snmp')
    agent.serve({
      ...objects,
      [`${ups}.4.4.1.2.1`]: ['integer', 231],
      [`${ups}.4.4.1.2.2`]: ['integer', 228],
      '1.3.6.1.4.1.318.1.1.1.2.2.1.0': ['gauge', 99],
      '1.3.6.1.4.1.318.1.1.1.2.2.2.0': ['gauge', 31],
      '1.3.6.1.4.1.318.1.1.1.2.2.3.0': ['timeticks', 246_000],
      '1.3.6.1.4.1.318.1.1.1.2.2.4.0': ['integer', 2],
      '1.3.6.1.4.1.318.1.1.1.3.2.1.0': ['gauge', 226],
      '1.3.6.1.4.1.534.1.2.1.0': ['integer', 3_155],
      '1.3.6.1.4.1.534.1.2.2.0': ['integer', 54],
      '1.3.6.1.4.1.534.1.2.4.0': ['integer', 93],
      '1.3.6.1.4.1.534.1.3.4.1.2.1': ['integer', 233],
      '1.3.6.1.4.1.534.1.3.4.1.2.2': ['integer', 0],
      '1.3.6.1.4.1.534.1.4.1.0': ['integer', 19],
    })
    const read = await Promise.all(
      mine.map(model => probed([...model.points.values()].map(({ key, settings: bound }) => binding(`ups.${key}`, bound)))),
    )
    agent.serve(objects)

    expect(Object.fromEntries(mine.map(({ id }, index) => [id, read[index]]))).toEqual({
      'apc-powernet': { charge: 99, temperature: 31, remaining: 2_460, replace: 1, 'input-voltage': 226 },
      'eaton-xups': { remaining: 3_155, 'battery-voltage': 54, charge: 93, load: 19, 'input-voltage': 0 },
      'ups-mib': {
        battery: 2,
        'on-battery': 0,
        remaining: 41,
        charge: 87,
        'battery-voltage': 54.1,
        temperature: 24,
        source: 3,
        'input-voltage': 229,
        'output-voltage': 228,
        load: 35,
      },
    })
  })

  test('a question is the one that snmpget and snmpbulkget ask, byte for byte', async () => {
    const proxy = await UdpProxy.to(agent.port)
    const oids = ['1.3.6.1.2.1.33.1.2.4.0', '1.3.6.1.4.1.55555.1.0', '2.999.4294967295.128']
    const place = [`127.0.0.1:${proxy.port}`, ...oids]
    await Promise.allSettled([
      promisify(execFile)('/usr/bin/snmpget', ['-v2c', '-c', community, '-r0', ...place]),
      promisify(execFile)('/usr/bin/snmpbulkget', ['-v2c', '-c', community, '-r0', '-Cr7', ...place]),
    ])
    await proxy.stop()
    const theirs = proxy.sent.toSorted((a, b) => a.length - b.length || kindOf(a) - kindOf(b))

    expect(theirs.map(kindOf)).toEqual([0xa0, 0xa5])
    expect(theirs).toEqual([
      encodeCommunity(community, numberOf(theirs[0]), { kind: 'get', oids }),
      encodeCommunity(community, numberOf(theirs[1]), { kind: 'bulk', oids, repetitions: 7 }),
    ])
  })

  test('nothing is ever written, although community and users may', async () => {
    expect(agent.wasWritten()).toBe(false)
    // It would have been seen.
    const place = [`127.0.0.1:${agent.port}`, `${own}.8.0`, 'i', '1']
    await promisify(execFile)('/usr/bin/snmpset', ['-v2c', '-c', community, '-t', '5', ...place]).catch(() => {})
    expect(agent.wasWritten()).toBe(true)
  })
})

/** A second agent that nobody here wrote. */
describe('against the agent of net-snmp', () => {
  const object = '1.3.6.1.4.1.55555.30'
  const start = async (): Promise<{ readonly port: number; stop(): void }> => {
    const port = await freeUdpPort()
    const agent = snmpLibrary.createAgent(
      { port, address: '127.0.0.1', disableAuthorization: false } as never,
      () => {},
    ) as unknown as {
      getAuthorizer(): { addCommunity(name: string): void; addUser(user: object): void }
      getMib(): {
        registerProvider(provider: object): void
        setScalarValue(name: string, value: unknown): void
        setTableSingleCell(...given: readonly unknown[]): void
        addTableRow(name: string, row: readonly unknown[]): void
      }
      close(): void
    }
    agent.getAuthorizer().addCommunity(community)
    agent.getAuthorizer().addUser({
      name: 'watch',
      level: snmpLibrary.SecurityLevel.authPriv,
      authProtocol: snmpLibrary.AuthProtocols.sha512,
      authKey: signPassword,
      privProtocol: snmpLibrary.PrivProtocols.aes256b,
      privKey: sealPassword,
    })
    const mib = agent.getMib()
    const scalar = (name: string, at: number, scalarType: number, value: unknown): void => {
      mib.registerProvider({
        name,
        type: snmpLibrary.MibProviderType.Scalar,
        oid: `${object}.${at}`,
        scalarType,
        maxAccess: snmpLibrary.MaxAccess['read-only'],
      })
      mib.setScalarValue(name, value)
    }
    scalar('signed', 1, snmpLibrary.ObjectType.Integer, -40)
    scalar('gauge', 2, snmpLibrary.ObjectType.Gauge, 3_000_000_000)
    scalar('words', 3, snmpLibrary.ObjectType.OctetString, '12.5')
    scalar('long', 4, snmpLibrary.ObjectType.Counter64, Buffer.from('000000ffffffffff', 'hex'))
    mib.registerProvider({
      name: 'phases',
      type: snmpLibrary.MibProviderType.Table,
      oid: `${object}.9.1`,
      maxAccess: snmpLibrary.MaxAccess['not-accessible'],
      tableColumns: [
        { number: 1, name: 'index', type: snmpLibrary.ObjectType.Integer, maxAccess: snmpLibrary.MaxAccess['not-accessible'] },
        { number: 2, name: 'volts', type: snmpLibrary.ObjectType.Integer, maxAccess: snmpLibrary.MaxAccess['read-only'] },
      ],
      tableIndex: [{ columnName: 'index' }],
    })
    for (const [index, volts] of [
      [1, 229],
      [2, 231],
      [3, 226],
    ] as const)
      mib.addTableRow('phases', [index, volts])
    return { port, stop: () => agent.close() }
  }

  test.each([
    ['v2c', { community }],
    ['v3', { username: 'watch', auth: 'sha512', password: signPassword, encrypt: 'aes256', encryptPassword: sealPassword }],
  ])('%s: scalars and columns arrive as it holds them', async (_, way) => {
    const agent = await start()
    const driver = prepared(snmp, { host: '127.0.0.1', port: agent.port, ...way }, [
      binding('n.signed', { oid: `${object}.1.0`, scale: 0.1 }),
      binding('n.gauge', { oid: `${object}.2.0` }),
      binding('n.words', { oid: `${object}.3.0` }),
      binding('n.long', { oid: `${object}.4.0` }),
      binding('n.volts', { oid: `${object}.9.1.2`, rows: 'lowest' }),
      binding('n.nothing', { oid: `${object}.5.0` }),
    ]).open(new Gateway())
    const probes = await driver.probe?.(new AbortController().signal)
    agent.stop()

    const read = Object.fromEntries(probes?.map(({ reading }) => [reading.point, reading.value ?? codeOf(reading)]) ?? [])
    expect(read).toEqual({
      'n.signed': -4,
      'n.gauge': 3_000_000_000,
      'n.words': 12.5,
      'n.long': 1_099_511_627_775,
      'n.volts': 226,
      'n.nothing': 'no-such-address',
    })
  })
})

/** Where the kind of the question stands behind version and community, and its number of four bytes behind that. */
const kindAt = (asked: Buffer): number =>
  (asked[1] ?? 0) & 0x80 ? 3 + ((asked[1] ?? 0) & 0x7f) - 1 + 3 + 2 + community.length : 2 + 3 + 2 + community.length
const kindOf = (asked: Buffer): number => asked[kindAt(asked)] ?? 0
const numberOf = (asked: Buffer | undefined): number => (asked ? asked.readInt32BE(kindAt(asked) + 4) : 0)

const snmpget = (port: number, oids: readonly string[]): Promise<unknown> =>
  promisify(execFile)('/usr/bin/snmpget', ['-v2c', '-c', community, '-t', '5', `127.0.0.1:${port}`, ...oids])
