import { createSocket } from 'node:dgram'
import { afterEach, expect, test } from 'vitest'
import { bacnet } from '../../protocols/bacnet/driver.ts'
import type { Binding, Driver } from '../../protocols/contract/driver.ts'
import { millis } from '../../protocols/contract/time.ts'
import { binding, codeOf, Gateway, isGood, point, prepared, realClock } from './kit.ts'
import type { Request } from './peers/bacnet-device.ts'
import { BacnetDevice, enumerated, freePort, object, real } from './peers/bacnet-device.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const room = point('room.temperature')
const cellar = point('cellar.temperature')
const bindings = [
  binding('room.temperature', { object: 'AI1' }, { device: 12 }),
  binding('cellar.temperature', { object: 'AI2' }, { device: 12 }),
]

async function ground(settings: Record<string, unknown> = {}, wired: readonly Binding[] = bindings) {
  const device = new BacnetDevice(12)
  device.objects.set('0:1', object(real(21.5)))
  device.objects.set('0:2', object(real(99.5)))
  const port = await device.start()
  ends.push(() => device.stop())
  const own = await freePort()
  const host = new Gateway()
  const usual = {
    interface: '127.0.0.1',
    port: own,
    host: `127.0.0.1:${port}`,
    every: '25ms',
    timeout: '60ms',
    retries: 0,
    cov: false,
  }
  const driver = prepared(bacnet, { ...usual, ...settings }, wired).open(host)
  ends.push(() => driver.stop())
  const good = (): boolean => [room, cellar].every(id => isGood(host.last(id)))
  return { device, host, driver, own, port, good }
}
/** What the device gave, and nothing else, is in every good reading. */
const onlyTrue = (host: Gateway): void => {
  expect([
    ...new Set(
      host
        .of(room)
        .filter(isGood)
        .map(({ value }) => value),
    ),
  ]).toEqual([21.5])
  expect([
    ...new Set(
      host
        .of(cellar)
        .filter(isGood)
        .map(({ value }) => value),
    ),
  ]).toEqual([99.5])
}

/** A small generator, so that a run that fails can be run again. */
function chance(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Where the two values lie, tag and all: what stands there the device did give. */
function valuesIn(frame: Buffer): readonly (readonly [number, number])[] {
  return [real(21.5), real(99.5)].flatMap(bytes => {
    const at = frame.indexOf(bytes)
    return at < 0 ? [] : [[at, at + bytes.length] as const]
  })
}

/** One of eight ways to spoil a frame around its values. */
function spoiled(frame: Buffer, random: (below: number) => number): Buffer {
  const kept = valuesIn(frame)
  const free = [...frame.keys()].filter(at => !kept.some(([from, to]) => at >= from && at < to))
  const at = free[random(free.length)] ?? 0
  const out = Buffer.from(frame)
  const cut = (from: number, to: number, between = Buffer.alloc(0)): Buffer => {
    const made = Buffer.concat([frame.subarray(0, from), between, frame.subarray(to)])
    // Half of them with a length that fits, so that the spoiling reaches further in.
    if (made.length >= 4 && random(2) === 0) made.writeUInt16BE(made.length, 2)
    return made
  }
  switch (random(8)) {
    case 0:
      out[at] = random(256)
      return out
    case 1:
      out[at] = (out[at] ?? 0) ^ (1 << random(8))
      return out
    case 2:
      return cut(at, at + 1)
    case 3:
      return cut(at, at, Buffer.from([random(256)]))
    case 4:
      return cut(random(frame.length), frame.length)
    case 5:
      return cut(frame.length, frame.length, Buffer.from([random(256), random(256)]))
    case 6:
      for (let more = 0; more < 4; more++) out[free[random(free.length)] ?? 0] = random(256)
      return out
    default:
      return Buffer.from(Array.from({ length: random(120) }, () => random(256)))
  }
}

test.each([1, 2, 3])(
  '100 spoiled answers, each before the true one: survived, nothing good that was not given (seed %i)',
  async seed => {
    const { device, host, driver, good } = await ground({ timeout: '60ms', every: '20ms' })
    driver.start()
    await host.until('good', good)
    const random = chance(seed)
    let rounds = 0
    device.mangle = frame => {
      if (frame.length < 30) return [frame]
      rounds += 1
      return [spoiled(frame, random), frame]
    }
    await device.until(() => rounds >= 100)
    device.mangle = frame => [frame]
    const before = host.readings.length
    await host.until('good again', () => host.readings.slice(before).filter(isGood).length >= 4, 20_000)
    onlyTrue(host)
    expect(driver.report?.().devices[0]?.garbled).toBeGreaterThan(0)
  },
  300_000,
)

test('spoiled notifications: survived, and no value that was not told', async () => {
  const { device, host, driver } = await ground({ cov: true, confirm: '10s', timeout: '400ms' })
  driver.start()
  await host.until('told', () => (driver.report?.().devices[0]?.learned.length ?? 0) > 0)
  const random = chance(5)
  device.mangle = frame => [spoiled(frame, random)]
  const [one] = device.subscriptions.values()
  for (let round = 0; round < 300; round++) if (one) device.tell('0:1', one)
  device.mangle = frame => [frame]
  const before = host.readings.length
  device.show('0:1', real(21.5))
  await host.until('told again', () => host.readings.slice(before).some(reading => reading.point === room && isGood(reading)))
  onlyTrue(host)
})

test('a flood of nonsense, of strangers and of wrong numbers does not stop the reading', async () => {
  const { device, host, driver, own, good } = await ground({ timeout: '500ms' })
  driver.start()
  await host.until('good', good)
  const flood = createSocket('udp4')
  ends.push(() => new Promise<void>(resolve => flood.close(() => resolve())))
  const random = chance(6)
  const ack = (id: number): Buffer =>
    device.frame(
      Buffer.concat([
        Buffer.from([0x30, id & 255, 14]),
        Buffer.from('0c000000011e29554e', 'hex'),
        real(5),
        Buffer.from('4f1f', 'hex'),
      ]),
    )
  for (let round = 0; round < 40; round++) {
    for (let each = 0; each < 25; each++) {
      flood.send(Buffer.from(Array.from({ length: random(200) }, () => random(256))), own, '127.0.0.1')
      flood.send(ack(each * 7 + round), own, '127.0.0.1')
      device.iAm({ address: '127.0.0.1', port: own }, each)
    }
    await host.next(room, isGood)
  }
  await host.until('good at last', good)
  onlyTrue(host)
  expect(host.downs).toEqual([])
})

async function answeredBy(
  instead: (device: BacnetDevice, request: Request, own: number) => readonly Buffer[],
  codes: readonly string[],
) {
  const made = await ground()
  made.device.instead = request => (request.service === 14 ? instead(made.device, request, made.own) : undefined)
  made.driver.start()
  await made.host.until('a word', () => codes.includes(codeOf(made.host.last(room)) ?? ''))
  await made.host.next(room)
  return made
}
const body = (value: number, instance = 1, property = 85): Buffer =>
  Buffer.concat([
    Buffer.from('0c', 'hex'),
    Buffer.from([0, 0, 0, instance]),
    Buffer.from([0x1e, 0x29, property, 0x4e]),
    real(value),
    Buffer.from('4f1f', 'hex'),
  ])

test.each([
  [
    'an answer to another number',
    (d: BacnetDevice, r: Request) => [d.ack({ ...r, invokeId: r.invokeId ^ 1 }, body(5))],
    ['timeout'],
  ],
  ['an answer to another service', (d: BacnetDevice, r: Request) => [d.ack({ ...r, service: 12 }, body(5))], ['timeout']],
  ['an answer about another object', (d: BacnetDevice, r: Request) => [d.ack(r, body(5, 9))], ['wrong-reply']],
  ['an answer about another property', (d: BacnetDevice, r: Request) => [d.ack(r, body(5, 1, 87))], ['wrong-reply']],
  [
    'an answer that is given twice over',
    (d: BacnetDevice, r: Request) => [d.ack(r, Buffer.concat([body(5), body(6)]))],
    ['garbled', 'wrong-reply'],
  ],
  ['an empty answer', (d: BacnetDevice, r: Request) => [d.ack(r, Buffer.alloc(0))], ['wrong-reply']],
  [
    'an acknowledgement without a value',
    (d: BacnetDevice, r: Request) => [d.frame(Buffer.from([0x20, r.invokeId, 14]))],
    ['garbled'],
  ],
  ['an abort of an unknown reason', (d: BacnetDevice, r: Request) => [d.abort(r, 99)], ['refused', 'good']],
  ['an error that is none', (d: BacnetDevice, r: Request) => [d.frame(Buffer.from([0x50, r.invokeId, 14, 0x20]))], ['garbled']],
  [
    'a long answer that never ends',
    (d: BacnetDevice, r: Request) => [d.frame(Buffer.from([0x3c, r.invokeId, 0, 4, 14, 0x0c]))],
    ['timeout'],
  ],
  [
    'parts out of every order',
    (d: BacnetDevice, r: Request) => [5, 3, 9, 1].map(n => d.frame(Buffer.from([0x3c, r.invokeId, n, 4, 14, 0x0c]))),
    ['timeout'],
  ],
  [
    'a frame that says it is longer',
    (d: BacnetDevice, r: Request) => [Buffer.concat([Buffer.from('810affff', 'hex'), d.ack(r, body(5)).subarray(4)])],
    ['timeout'],
  ],
  [
    'a broadcast in place of an answer',
    (d: BacnetDevice, r: Request) => [Buffer.concat([Buffer.from([0x81, 0x0b]), d.ack(r, body(5)).subarray(2)])],
    ['timeout'],
  ],
] as const)('%s is no reading', async (_, instead, codes) => {
  const { host } = await answeredBy(instead, codes)
  expect(host.of(room).every(({ value }) => value === undefined || value === 21.5)).toBe(true)
  expect(host.of(cellar).every(({ value }) => value === undefined || value === 99.5)).toBe(true)
})

test('a device that sends parts for ever is left after a while', async () => {
  const { device, host, driver } = await ground({ timeout: '300ms' })
  let parts = 0
  device.instead = request => {
    if (request.service !== 14) return undefined
    parts = 0
    const some = (): void => {
      for (let each = 0; each < 16; each++, parts++)
        device.send(device.frame(Buffer.from([0x3c, request.invokeId, parts & 255, 16, 14, 0x0c, 0, 0, 0, 1])), request.from)
    }
    // Whoever acknowledges a part gets the next ones.
    const goOn = (left: number): void => {
      some()
      if (left > 0) realClock.after(millis(5), () => goOn(left - 1))
    }
    goOn(40)
    return []
  }
  driver.start()
  await host.until('a word', () => host.last(room) !== undefined)
  expect(['garbled', 'timeout']).toContain(codeOf(host.last(room)))
  expect(host.readings.some(isGood)).toBe(false)
})

test('an answer that comes too late is not taken for one to the next question', async () => {
  const { device, host, driver } = await ground({ timeout: '60ms' })
  const held: { readonly request: Request }[] = []
  device.instead = request => {
    if (request.service !== 14 || held.length >= 3) return undefined
    held.push({ request })
    return []
  }
  driver.start()
  await host.until('good', () => isGood(host.last(room)), 20_000)
  for (let round = 0; round < 5; round++) {
    for (const { request } of held) device.send(device.ack(request, body(5)), request.from)
    await host.next(room, isGood)
  }
  expect(held).toHaveLength(3)
  onlyTrue(host)
})

test('the right answer from the wrong place is nothing', async () => {
  const { device, host, driver } = await ground()
  const stranger = new BacnetDevice(12)
  await stranger.start()
  ends.push(() => stranger.stop())
  device.instead = request => {
    if (request.service !== 14) return undefined
    stranger.send(stranger.ack(request, body(5)), request.from)
    // As if it came from behind the device, which is no router.
    device.behind = { network: 9, mac: 1 }
    device.send(device.ack(request, body(6)), request.from)
    device.behind = undefined
    return []
  }
  driver.start()
  await host.until('a word', () => host.last(room) !== undefined)
  await host.next(room)
  expect(host.readings.some(isGood)).toBe(false)
  expect(codeOf(host.last(room))).toBe('timeout')
})

test('texts and lists of a hostile device stay within bounds in a scan', async () => {
  const { device, driver } = await ground()
  const long = Buffer.concat([Buffer.from([0x75, 0xfe, 0x03, 0xe8, 0x00]), Buffer.alloc(999, 0x1b)])
  device.objects.set(
    '0:3',
    new Map<number, Buffer>([
      [85, enumerated(1)],
      [77, long],
    ]),
  )
  device.instead = request =>
    request.service === 12 && request.data.includes(Buffer.from([0x19, 76, 0x29, 0]))
      ? [device.ack(request, Buffer.concat([request.data, Buffer.from('3e24ffffffff3f', 'hex')]))]
      : request.service === 12 && request.data.includes(Buffer.from([0x19, 76]))
        ? [device.abort(request, 4)]
        : undefined
  const found: unknown[] = []
  for await (const step of (driver as Required<Driver>).scan({ most: 5, listen: millis(100) }, new AbortController().signal))
    if (step.step === 'found') found.push(step.found)
  expect(found).toHaveLength(1)
  expect(JSON.stringify(found).length).toBeLessThan(5_000)
  expect(JSON.stringify(found)).toContain('its object list has 4294967295 entries')
})
