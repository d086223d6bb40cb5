import { createSocket } from 'node:dgram'
import { afterEach, describe, expect, test } from 'vitest'
import { bacnet } from '../../protocols/bacnet/driver.ts'
import type { Binding, Driver, Found, ScanAsk } from '../../protocols/contract/driver.ts'
import { millis } from '../../protocols/contract/time.ts'
import { binding, codeOf, Gateway, isGood, point, prepared } from './kit.ts'
import { BacnetDevice, bits, enumerated, flags, freePort, object, real, text, unsigned } from './peers/bacnet-device.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const room = point('room.temperature')
const fan = point('room.fan')

/** A controller with a temperature, a contact and a mode. */
async function controller(instance = 12, port = 0): Promise<{ device: BacnetDevice; port: number }> {
  const device = new BacnetDevice(instance)
  device.objects.set('0:1', object(real(21.3), { name: 'Room', units: 62 }))
  device.objects.set('3:1', object(enumerated(0), { name: 'Fan' }))
  device.objects.set('19:1', object(unsigned(2), { name: 'Mode' }))
  ends.push(() => device.stop())
  return { device, port: await device.start(port) }
}
const quick = { interface: '127.0.0.1', port: 0, every: '40ms', timeout: '500ms', retries: 1, cov: false }
const at = (port: number, more: Record<string, unknown> = {}) => ({ ...quick, host: `127.0.0.1:${port}`, ...more })
const temperature = binding('room.temperature', { object: 'AI1' }, { device: 12 })
const contact = binding('room.fan', { object: 'BI1' }, { device: 12 })
const mode = binding('room.mode', { object: 'MSV1', map: { 1: 0, 2: 5 } }, { device: 12 })

function run(
  settings: Record<string, unknown>,
  bindings: readonly Binding[],
  host = new Gateway(),
): { driver: Driver; host: Gateway } {
  const driver = prepared(bacnet, settings, bindings).open(host)
  ends.push(() => driver.stop())
  driver.start()
  return { driver, host }
}
const open = (settings: Record<string, unknown>, bindings: readonly Binding[] = []): Driver =>
  prepared(bacnet, settings, bindings).open(new Gateway())
const never = new AbortController().signal
async function scanned(driver: Driver, ask: Partial<ScanAsk> = {}): Promise<{ found: Found[]; steps: string[] }> {
  const found: Found[] = []
  const steps: string[] = []
  for await (const step of driver.scan?.({ most: 50, listen: millis(200), ...ask }, never) ?? []) {
    steps.push(step.step === 'trouble' ? `trouble ${step.fault.detail}` : step.step)
    if (step.step === 'found') found.push(step.found)
  }
  return { found, steps }
}
const probed = async (driver: Driver, bindings?: readonly Binding[]) =>
  (await driver.probe?.(never, bindings))?.map(({ reading, raw }) => [
    reading.quality === 'bad' ? `${reading.fault.code}: ${reading.fault.detail}` : reading.value,
    raw,
  ])
const learned = (driver: Driver): string =>
  JSON.stringify(driver.report?.().devices.map(({ learned: taught }) => taught.map(({ en }) => en)))
const advice = (driver: Driver): string =>
  JSON.stringify(driver.report?.().devices.map(({ advice: given }) => given.map(({ en }) => en)))

describe('reading', () => {
  test('several objects in one question, value and flags together', async () => {
    const { device, port } = await controller()
    const { host } = run(at(port), [temperature, contact, mode])
    await host.until('all three', () => [room, fan, point('room.mode')].every(id => isGood(host.last(id))))
    expect([room, fan, point('room.mode')].map(id => host.last(id)?.value)).toEqual([21.3, 0, 5])
    expect(device.count('confirmed 12')).toBe(0)
    device.set('0:1', 85, real(4.1))
    expect((await host.next(room, ({ value }) => value === 4.1)).value).toBe(4.1)
  })

  test('a device without ReadPropertyMultiple is asked for one after the other', async () => {
    const { device, port } = await controller()
    device.multiple = false
    const { host, driver } = run(at(port), [temperature, contact])
    await host.until('both', () => isGood(host.last(room)) && isGood(host.last(fan)))
    expect(learned(driver)).toContain('it does not read several at once (reject unrecognized-service)')
    const before = device.count('confirmed 14')
    await host.next(room)
    expect(device.count('confirmed 14')).toBe(before)
  })

  test('a device that cannot answer so much at once teaches how much it can', async () => {
    const { device, port } = await controller()
    for (let instance = 1; instance <= 30; instance++) device.objects.set(`2:${instance}`, object(real(instance)))
    device.mostBytes = 120
    const bindings = Array.from({ length: 30 }, (_, at) => binding(`room.p${at + 1}`, { object: `AV${at + 1}` }, { device: 12 }))
    const { host, driver } = run(at(port), bindings)
    await host.until('all thirty', () => bindings.every(({ point: id }) => isGood(host.last(id))))
    expect(bindings.map(({ point: id }) => host.last(id)?.value)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1))
    expect(learned(driver)).toContain('properties at a time (abort segmentation-not-supported)')
    // What was learned is kept: the next sweep is not refused again.
    const refusals = (): number => driver.report?.().devices[0]?.refusals['abort segmentation-not-supported'] ?? 0
    const before = refusals()
    await host.next(room.replace('temperature', 'p30') as typeof room)
    expect(refusals()).toBe(before)
  })

  test('an answer in parts is put together', async () => {
    const { device, port } = await controller()
    for (let instance = 1; instance <= 12; instance++) device.objects.set(`2:${instance}`, object(real(instance)))
    device.mostBytes = 50
    device.segments = true
    const bindings = Array.from({ length: 12 }, (_, n) => binding(`room.p${n + 1}`, { object: `AV${n + 1}` }, { device: 12 }))
    const probes = await probed(open(at(port), bindings))
    expect(probes?.map(([value]) => value)).toEqual(Array.from({ length: 12 }, (_, n) => n + 1))
    expect(device.count('segment-ack')).toBeGreaterThan(2)
  })

  test('what the device does not have spoils its own point only, and is not asked again in every sweep', async () => {
    const { device, port } = await controller()
    const absent = binding('room.humidity', { object: 'AI9' }, { device: 12 })
    const odd = binding('room.odd', { object: 'AI1', property: 'priority-array', index: 3 }, { device: 12 })
    const { host, driver } = run(at(port), [temperature, absent, odd])
    await host.until('all', () => [room, absent.point, odd.point].every(id => host.last(id) !== undefined))
    expect([absent, odd].map(({ point: id }) => codeOf(host.last(id)))).toEqual(['no-such-address', 'no-such-address'])
    const before = device.count('confirmed 14')
    await host.next(room)
    await host.next(room)
    expect(device.count('confirmed 14') - before).toBeLessThanOrEqual(3)
    expect(host.of(absent.point).length).toBeGreaterThan(2)
    expect(advice(driver)).toContain('it does not have analog-input:9, analog-input:1 priority-array[3]')
  })

  test('a value that is out of service, overridden or in fault is none, and says why', async () => {
    const { device, port } = await controller()
    const { host } = run(at(port), [temperature])
    await host.until('good', () => isGood(host.last(room)))
    device.set('0:1', 111, flags('out'))
    expect(await host.next(room, reading => !isGood(reading))).toMatchObject({
      fault: { code: 'device-reported', detail: /out of service/ },
    })
    device.set('0:1', 111, flags('overridden'))
    await host.next(room, reading => reading.quality === 'bad' && reading.fault.detail.includes('overridden'))
    device.set('0:1', 103, enumerated(1))
    device.set('0:1', 111, flags('fault'))
    expect(await host.next(room, reading => codeOf(reading) === 'sentinel')).toMatchObject({ fault: { detail: /no-sensor/ } })
    device.set('0:1', 111, flags('alarm'))
    await host.next(room, isGood)
  })

  test('an object without status flags is read without them', async () => {
    const { device, port } = await controller()
    device.objects.set('0:1', object(real(5), { flags: undefined }))
    const { host } = run(at(port), [temperature])
    await host.until('good', () => isGood(host.last(room)))
    expect(host.last(room)?.value).toBe(5)
  })

  test('a device that answers for the value and leaves the flags out is not believed', async () => {
    const { device, port } = await controller()
    device.instead = request =>
      request.service === 14
        ? [
            device.ack(
              request,
              Buffer.concat([request.data.subarray(0, 5), Buffer.from('1e29554e', 'hex'), real(99), Buffer.from('4f1f', 'hex')]),
            ),
          ]
        : undefined
    const { host } = run(at(port), [temperature])
    await host.until('a word', () => codeOf(host.last(room)) === 'wrong-reply')
    await host.next(room)
    expect(host.of(room).some(isGood)).toBe(false)
  })

  test('one element, one bit, a text', async () => {
    const { device, port } = await controller()
    device.objects.get('0:1')?.set(87, [Buffer.from([0]), real(7), real(8)])
    device.objects.get('0:1')?.set(28, text('warm'))
    const probes = await probed(
      open(at(port), [
        binding('a.element', { object: 'AI1', property: 'priority-array', index: 3 }, { device: 12 }),
        binding('a.count', { object: 'AI1', property: 87, index: 0 }, { device: 12 }),
        binding('a.array', { object: 'AI1', property: 87 }, { device: 12 }),
        binding('a.bit', { object: 'AI1', property: 'status-flags', bit: 3 }, { device: 12 }),
        binding('a.text', { object: 'AI1', property: 'description', map: { warm: 1 } }, { device: 12 }),
      ]),
    )
    expect(probes).toEqual([
      [8, real(8).toString('hex')],
      [3, unsigned(3).toString('hex')],
      [expect.stringContaining('not-a-number: There are 3 values'), expect.any(String)],
      [0, bits(false, false, false, false).toString('hex')],
      [1, text('warm').toString('hex')],
    ])
  })

  test('degrees Fahrenheit are not taken for Celsius, unless the site file names a unit itself', async () => {
    const { device, port } = await controller()
    device.set('0:1', 117, enumerated(64))
    const silent = { ...temperature, unit: { symbol: '°C', said: false } }
    const { host, driver } = run(at(port), [silent])
    await host.until('a word', () => codeOf(host.last(room)) === 'device-reported')
    expect(host.last(room)).toMatchObject({ quality: 'bad', fault: { code: 'device-reported', detail: /°F.*°C/ } })
    expect(advice(driver)).toContain('Write unit: °F at the point if the device is right')
    expect((await probed(open(at(port), [{ ...silent, unit: { symbol: '°C', said: true } }])))?.[0]?.[0]).toBe(21.3)
    expect(
      (
        await probed(
          open(at(port), [{ ...silent, unit: { symbol: '°F', said: true }, convert: { scale: 5 / 9, offset: -160 / 9 } }]),
        )
      )?.[0]?.[0],
    ).toBeCloseTo(-5.944, 3)
  })
})

describe('finding', () => {
  test('a device is found by its number, wherever it is', async () => {
    const port = await freePort()
    const device = new BacnetDevice(77)
    device.objects.set('0:1', object(real(3)))
    ends.push(() => device.stop())
    await device.start(port, '0.0.0.0')
    const { host } = run({ ...quick, broadcast: `127.255.255.255:${port}` }, [
      binding('room.temperature', { object: 'AI1' }, { device: 77 }),
    ])
    await host.until('good', () => isGood(host.last(room)))
    expect(device.count('unconfirmed 8')).toBe(1)
  })

  test('a device behind a router is found, read, and only its own answers are taken', async () => {
    const { device, port } = await controller()
    device.behind = { network: 5, mac: 12 }
    const { host } = run(at(port), [temperature])
    await host.until('good', () => isGood(host.last(room)))
    const direct = await probed(
      open({ ...quick }, [
        binding('room.temperature', { object: 'AI1' }, { device: 12, address: `127.0.0.1:${port}`, network: 5, mac: 12 }),
      ]),
    )
    expect(direct?.[0]?.[0]).toBe(21.3)
    const other = await probed(
      open({ ...quick, retries: 0 }, [
        binding('room.temperature', { object: 'AI1' }, { address: `127.0.0.1:${port}`, network: 5, mac: 13 }),
      ]),
    )
    expect(other?.[0]?.[0]).toContain('timeout')
  })

  test('a router that cannot reach the network says so at once', async () => {
    const { device, port } = await controller()
    device.instead = ({ frame }) => {
      device.send(Buffer.from('810a000a018003010007', 'hex'), { address: '127.0.0.1', port: 1 })
      return frame ? [Buffer.from('810a000a018003010007', 'hex')] : undefined
    }
    device.behind = { network: 7, mac: 1 }
    const driver = open({ ...quick, timeout: '5s' }, [
      binding('room.temperature', { object: 'AI1' }, { address: `127.0.0.1:${port}`, network: 7, mac: 1 }),
    ])
    expect((await probed(driver))?.[0]?.[0]).toContain('device-silent: The router at 127.0.0.1 cannot reach network 7.')
  })

  test('another device at the address is not taken for ours', async () => {
    const { port } = await controller(13)
    const { host, driver } = run({ ...quick }, [
      binding('room.temperature', { object: 'AI1' }, { device: 12, address: `127.0.0.1:${port}` }),
    ])
    await host.until('a word', () => codeOf(host.last(room)) === 'wrong-reply')
    expect(host.last(room)).toMatchObject({ quality: 'bad', fault: { code: 'wrong-reply', detail: /another device than 12/ } })
    expect(advice(driver)).toContain('Another device is at this address')
  })

  test('two devices with one number are told of', async () => {
    const port = await freePort()
    const twins = [new BacnetDevice(12), new BacnetDevice(12)]
    for (const [n, device] of twins.entries()) {
      device.objects.set('0:1', object(real(n)))
      ends.push(() => device.stop())
    }
    await twins[0]?.start(port, '0.0.0.0')
    await twins[1]?.start()
    // The second one answers the same call from where it is.
    const [first, second] = twins
    if (first) first.answersWhoIs = false
    const own = await freePort()
    const { host, driver } = run({ ...quick, port: own, broadcast: `127.255.255.255:${port}`, timeout: '800ms' }, [temperature])
    await first?.until(() => first.count('unconfirmed 8') > 0)
    for (const one of [first, second]) one?.iAm({ address: '127.0.0.1', port: own })
    await host.until('good', () => isGood(host.last(room)))
    expect(advice(driver)).toContain('Two devices say to be 12')
  })

  test('a port that is taken is said in a sentence, and our own probe beside it still works', async () => {
    const { port } = await controller()
    const holder = createSocket('udp4')
    await new Promise<void>(resolve => holder.bind(0, '127.0.0.1', resolve))
    ends.push(() => new Promise<void>(resolve => holder.close(() => resolve())))
    const taken = holder.address().port
    const { host } = run(at(port, { port: taken }), [temperature])
    await host.until('down', () => host.downs.length > 0)
    expect(host.downs[0]).toMatchObject({ code: 'unreachable' })
    expect(host.downs[0]?.detail).toContain(`UDP port ${taken} is in use`)
    expect(host.downs[0]?.detail).toContain(`port: ${taken + 1}`)
    expect(codeOf(host.last(room))).toBe('unreachable')
    expect((await probed(open(at(port, { port: taken }), [temperature])))?.[0]?.[0]).toBe(21.3)
  })

  test('an interface that this machine does not have is said', async () => {
    const { host } = run({ ...quick, interface: 'eth99', host: '127.0.0.1:9' }, [temperature])
    await host.until('down', () => host.downs.length > 0)
    expect(host.downs[0]?.detail).toContain('no network interface eth99')
  })

  test('a dead device does not hold up the others', async () => {
    const { port } = await controller()
    const dead = await freePort()
    const { host, driver } = run({ ...quick }, [
      binding('room.temperature', { object: 'AI1' }, { address: `127.0.0.1:${port}` }),
      binding('cellar.temperature', { object: 'AI1' }, { address: `127.0.0.1:${dead}` }),
    ])
    await host.until('the dead is known', () => codeOf(host.last(point('cellar.temperature'))) === 'timeout')
    const before = host.of(room).filter(isGood).length
    await host.until('twenty more', () => host.of(room).filter(isGood).length >= before + 20)
    expect(host.downs).toEqual([])
    const report = driver.report?.()
    expect(report?.devices.map(({ silent }) => silent?.why.code)).toEqual([undefined, 'timeout'])
    expect(report?.devices[1]?.asked).toBeLessThan(6)
  })

  /** A broadcast device of another subnet, with one device in it. */
  async function broadcastDevice(code: number) {
    const { device, port } = await controller()
    const heard: string[] = []
    const socket = createSocket('udp4')
    socket.on('message', (bytes, from) => {
      heard.push(bytes.toString('hex'))
      if (bytes[1] === 5) socket.send(Buffer.from([0x81, 0, 0, 6, 0, code]), from.port, from.address)
      if (bytes[1] !== 9 || code !== 0) return
      // I-Am of the device, passed on with where it came from.
      const origin = Buffer.from([127, 0, 0, 1, port >> 8, port & 255])
      const iAm = Buffer.from('01001000c40200000c2205c491032204d2', 'hex')
      socket.send(Buffer.concat([Buffer.from([0x81, 4, 0, 10 + iAm.length]), origin, iAm]), from.port, from.address)
    })
    await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
    ends.push(() => new Promise<void>(resolve => socket.close(() => resolve())))
    return { device, heard, bbmd: `127.0.0.1:${socket.address().port}` }
  }

  test('a broadcast device passes on who is in its subnet', async () => {
    const { heard, bbmd } = await broadcastDevice(0)
    const { host, driver } = run({ ...quick, bbmd, broadcast: '127.0.0.1:9' }, [temperature])
    await host.until('good', () => isGood(host.last(room)))
    expect(heard.slice(0, 2)).toEqual(['810500060078', '810900100120ffff00ff1008090c190c'])
    expect(advice(driver)).toBe('[[]]')
    expect((await scanned(open({ ...quick, bbmd, broadcast: '127.0.0.1:9' }))).found).toHaveLength(1)
  })

  test('one that does not take us is told of', async () => {
    const { bbmd } = await broadcastDevice(0x30)
    const { host, driver } = run({ ...quick, bbmd, broadcast: '127.0.0.1:9' }, [temperature])
    await host.until('down', () => host.downs.length > 0)
    expect(advice(driver)).toContain('does not take us')
    const nobody = run({ ...quick, bbmd: '127.0.0.1:9', broadcast: '127.0.0.1:9' }, [temperature])
    await nobody.host.until('down', () => nobody.host.downs.length > 0)
    expect(advice(nobody.driver)).toContain('does not answer')
  })

  test('behind one router the dead do not take the turns of the living', async () => {
    const { device, port } = await controller()
    device.stations = { network: 5, macs: new Set(Array.from({ length: 24 }, (_, n) => n + 1)) }
    const bindings = Array.from({ length: 32 }, (_, n) =>
      binding(`s${n + 1}.t`, { object: 'AI1' }, { address: `127.0.0.1:${port}`, network: 5, mac: n + 1 }),
    )
    // The dead are first in the file, so that they are asked first.
    const { host, driver } = run({ ...quick, every: '200ms', timeout: '1s' }, [...bindings.slice(24), ...bindings.slice(0, 24)])
    const living = bindings.slice(0, 24).map(({ point: id }) => id)
    const askedTwice = (): boolean =>
      driver.report?.().devices.every(({ answered, asked }) => answered > 0 || asked >= 2) ?? false
    await host.until('the living read, the dead asked again', () => living.every(id => host.of(id).some(isGood)) && askedTwice())
    // Each asking of the dead takes a second, eight at a time; one lost datagram may cost one of the living as much.
    const heldUp = living.filter(id => {
      const times = host.of(id).map(({ receivedAt }) => receivedAt)
      return times.some((time, n) => n > 0 && time - (times[n - 1] ?? 0) >= 900)
    })
    expect(heldUp.length).toBeLessThan(6)
    expect(driver.report?.().devices.filter(({ answered }) => answered > 0)).toHaveLength(24)
  })

  test('a scan lists who answers, with objects, names, values and units, and what to write', async () => {
    const { device, port } = await controller()
    device.set('3:1', 111, flags('out'))
    const { found, steps } = await scanned(open(at(port)))
    expect(steps.at(-1)).toBe('asked')
    expect(found).toEqual([
      {
        device: { device: 12, address: `127.0.0.1:${port}` },
        name: 'Controller 12 (Nobody & Sons M-1)',
        points: [
          { settings: { object: 'analog-input:1' }, name: 'Room', value: 21.3, unit: '°C', raw: real(21.3).toString('hex') },
          { settings: { object: 'binary-input:1' }, name: 'Fan', raw: '9100' },
          { settings: { object: 'multi-state-value:1' }, name: 'Mode', value: 2, raw: '2102' },
        ],
      },
    ])
    expect((await scanned(open(at(port)), { from: 13, to: 99 })).found).toEqual([])
    expect((await scanned(open(at(port)), { from: 12, to: 12 })).found).toHaveLength(1)
  })

  test('an object list that does not fit into one answer is read piece by piece', async () => {
    const { device, port } = await controller()
    for (let instance = 1; instance <= 70; instance++)
      device.objects.set(`2:${instance}`, object(real(instance), { name: `Value ${instance}` }))
    device.mostBytes = 200
    const whole = (await scanned(open(at(port)))).found[0]
    expect(whole?.points).toHaveLength(73)
    expect(whole?.points.at(-1)).toMatchObject({ settings: { object: 'analog-value:70' }, name: 'Value 70', value: 70 })
    device.multiple = false
    expect((await scanned(open(at(port)))).found[0]?.points).toHaveLength(73)
  })

  test('over the open port a scan and a probe run beside the sweeps', async () => {
    const { port } = await controller()
    const own = await freePort()
    const { host, driver } = run(at(port, { port: own }), [temperature])
    await host.until('good', () => isGood(host.last(room)))
    const [list, probes] = await Promise.all([scanned(driver), probed(driver, [contact])])
    expect(list.found).toHaveLength(1)
    expect(probes).toEqual([[0, '9100']])
    expect(host.downs).toEqual([])
  })
})

describe('being told', () => {
  const told = { cov: true, confirm: '10s' }

  test('a change comes at once, confirmed, and the object is not polled meanwhile', async () => {
    const { device, port } = await controller()
    const { host, driver } = run(at(port, told), [temperature, contact])
    await host.until('subscribed', () => learned(driver).includes('changes of 2 objects are told'))
    const polled = device.count('confirmed 14')
    device.show('3:1', enumerated(1))
    expect((await host.next(fan)).value).toBe(1)
    await device.until(() => device.count('ack') >= 3)
    expect(device.count('confirmed 14')).toBe(polled)
    await driver.stop()
    await device.until(() => device.cancelled.length === 2)
    expect(device.cancelled.toSorted()).toEqual(['0:1', '3:1'])
    expect(device.subscriptions.size).toBe(0)
  })

  test('a subscription is renewed before it ends', async () => {
    const { device, port } = await controller()
    const { host, driver } = run(at(port, { ...told, lifetime: '2s' }), [temperature])
    await host.until('subscribed', () => learned(driver).includes('told by the device'))
    expect([...device.subscriptions.values()].map(({ lifetime, confirmed }) => [lifetime, confirmed])).toEqual([[2, true]])
    await device.until(() => device.count('confirmed 5') >= 2)
    expect(learned(driver)).toContain('told by the device')
  })

  test('a device that only tells unconfirmed is taken at that', async () => {
    const { device, port } = await controller()
    device.cov = 'only unconfirmed'
    const { host, driver } = run(at(port, told), [contact])
    await host.until('subscribed', () => learned(driver).includes('told by the device'))
    device.show('3:1', enumerated(1))
    expect((await host.next(fan)).value).toBe(1)
    expect(device.count('ack')).toBe(0)
  })

  test.each([
    ['refused', 'takes no subscription (error services: optional-functionality-not-supported)'],
    ['unknown', 'takes no subscription (reject unrecognized-service)'],
    ['silent', 'was accepted and nothing was told'],
  ] as const)('where it is %s the object is polled', async (cov, why) => {
    const { device, port } = await controller()
    device.cov = cov
    const { host, driver } = run(at(port, told), [contact])
    await host.until('given up', () => learned(driver).includes(why))
    device.set('3:1', 85, enumerated(1))
    expect((await host.next(fan, ({ value }) => value === 1)).value).toBe(1)
  })

  test('a device that keeps a change to itself is polled again', async () => {
    const { device, port } = await controller()
    const { host, driver } = run(at(port, { ...told, confirm: '100ms' }), [contact])
    await host.until('subscribed', () => learned(driver).includes('told by the device'))
    device.set('3:1', 85, enumerated(1))
    expect((await host.next(fan, ({ value }) => value === 1)).value).toBe(1)
    await host.until('found out', () => learned(driver).includes('a change was not told'))
  })

  test('a notification that is repeated because our word was lost is acknowledged again, and no newer value', async () => {
    const { device, port } = await controller()
    const { host, driver } = run(at(port, told), [contact])
    await host.until('subscribed', () => learned(driver).includes('told by the device'))
    const frames: Buffer[] = []
    device.mangle = frame => {
      frames.push(frame)
      return [frame]
    }
    device.show('3:1', enumerated(1))
    await host.next(fan, ({ value }) => value === 1)
    const [first] = frames
    device.show('3:1', enumerated(0))
    await host.next(fan, ({ value }) => value === 0)
    const acknowledged = device.count('ack')
    const said = host.of(fan).length
    const [to] = [...device.subscriptions.values()].map(one => one.to)
    if (first && to) device.send(first, to)
    await device.until(() => device.count('ack') > acknowledged)
    expect(host.of(fan)).toHaveLength(said)
    expect(host.last(fan)?.value).toBe(0)
  })

  test('a subscription that is not answered is no loss of the device', async () => {
    const { device, port } = await controller()
    device.instead = ({ service }) => (service === 5 ? [] : undefined)
    const { host, driver } = run(at(port, told), [contact])
    await device.until(() => device.count('confirmed 5') >= 2)
    await host.next(fan, isGood)
    expect(host.downs).toEqual([])
    expect(host.of(fan).every(isGood)).toBe(true)
    expect(driver.report?.().devices[0]?.silent).toBeUndefined()
  })

  test('notifications of strangers, of other devices, processes and objects are no readings', async () => {
    const { device, port } = await controller()
    const { host, driver } = run(at(port, told), [contact])
    await host.until('subscribed', () => learned(driver).includes('told by the device'))
    const [one] = device.subscriptions.values()
    if (!one) throw new Error('nobody subscribed')
    const stranger = new BacnetDevice(12)
    stranger.objects.set('3:1', object(enumerated(1)))
    ends.push(() => stranger.stop())
    await stranger.start()
    const acknowledged = device.count('ack')
    stranger.tell('3:1', one)
    device.objects.set('3:2', object(enumerated(1)))
    device.tell('3:2', one)
    device.set('3:1', 85, enumerated(1))
    device.tell('3:1', { ...one, process: one.process + 1 })
    device.tell('3:1', one, 13)
    device.set('3:1', 111, flags('out'))
    device.tell('3:1', one)
    await host.until('the last one', () => codeOf(host.last(fan)) === 'device-reported')
    expect(host.of(fan).every(({ value }) => value !== 1)).toBe(true)
    await device.until(() => device.count('ack') > acknowledged)
    expect(device.count('ack')).toBe(acknowledged + 1)
    expect(stranger.count('ack')).toBe(0)
  })
})

describe('never', () => {
  test('anything else is sent than questions, subscriptions and acknowledgements', async () => {
    const { device, port } = await controller()
    device.mostBytes = 60
    device.segments = true
    const sent = new Set<string>()
    const { host, driver } = run(at(port, { cov: true, confirm: '100ms', every: '30ms' }), [temperature, contact, mode])
    await host.until('told', () => learned(driver).includes('changes of 3 objects'))
    device.show('0:1', real(30))
    await host.next(room, ({ value }) => value === 30)
    await scanned(driver)
    await probed(driver, [temperature])
    device.cov = 'refused'
    device.multiple = false
    await host.next(room)
    await driver.stop()
    for (const what of device.counts.keys()) sent.add(what)
    expect([...sent].toSorted()).toEqual(['ack', 'confirmed 12', 'confirmed 14', 'confirmed 5', 'segment-ack', 'unconfirmed 8'])
  })
})
