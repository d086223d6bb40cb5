import { connect } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, expectTypeOf, test } from 'vitest'
import type { Binding, ScanStep } from '../../protocols/contract/driver.ts'
import { minutes, seconds } from '../../protocols/contract/time.ts'
import { fireUnits } from '../../protocols/fire/driver.ts'
import type { FireFrame } from '../../protocols/fire/frame.ts'
import { acknowledgementOf, cutFire, readTime } from '../../protocols/fire/frame.ts'
import { isAnalog, signalsOf, unitOfSignal, valueOf } from '../../protocols/fire/signals.ts'
import { readWords } from '../../protocols/fire/words.ts'
import { chinaTime } from '../../protocols/kit/local-time.ts'
import { FrameFinder } from '../../protocols/kit/frame-finder.ts'
import type { Moment, PartAt } from '../../simulators/servers/fire-unit.ts'
import { FireUnit, frameOf, message, sendDatagram, stateOf } from '../../simulators/servers/fire-unit.ts'
import { binding, codeOf, FakeClock, freePort, Gateway, point, prepared, realClock, run, settled } from './kit.ts'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const framesIn = (raw: Uint8Array): readonly FireFrame[] => {
  const finder = new FrameFinder(cutFire)
  return [...finder.take(raw), ...finder.silent()]
}
const ackVector = bytes(`40 40 01 00 01 01 00 1E 09 01 06 19 ${'00 '.repeat(12)} 00 00 03 4D 23 23`)

const now = (): Moment => chinaTime.shows(realClock.now())
const smoke: PartAt = { system: 1, systemAddress: 1, type: 40, loop: 2, number: 15 }
const hydrant: PartAt = { system: 11, systemAddress: 1, type: 128, loop: 0, number: 7 }
const at = { source: 12, system: 1, part: '2-15' }
const points: readonly Binding[] = [
  binding('smoke-1.smoke', { signal: 'fire' }, at),
  binding('smoke-1.trouble', { signal: 'fault' }, at),
  binding(
    'hydrant-1.pressure',
    { signal: 'pressure' },
    { source: 12, system: 11, part: 7 },
    { plausible: { min: -0.1, max: 6 } },
  ),
  binding('panel.manual', { signal: 'manual' }, { source: 12, system: 1 }),
  binding('unit.alive', { signal: 'alive' }, { source: 12 }),
  binding('unit.wire', { signal: 'wire-fault' }, { source: 12 }),
]

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

async function centre(more: object = {}, host = new Gateway(), bindings = points) {
  const port = await freePort()
  const { driver } = run(fireUnits, { host: '127.0.0.1', port, ...more }, bindings, host)
  stops.push(() => driver.stop())
  await host.until('listening', () => host.ups === 1)
  return { host, driver, port }
}
async function unitAt(port: number, source = 12): Promise<FireUnit> {
  const unit = new FireUnit({ host: '127.0.0.1', port, source, now })
  await unit.connect()
  stops.push(() => unit.stop())
  return unit
}

describe('a GB/T 26875.3 frame', () => {
  test('is read as in the vector, and the vector is what is sent for it', () => {
    const [frame] = framesIn(ackVector)
    const time = { year: 2025, month: 6, day: 1, hour: 9, minute: 30, second: 0 }
    expect(frame).toMatchObject({
      sequence: 1,
      version: 0x0101,
      time,
      source: 0,
      destination: 0,
      command: 3,
      data: new Uint8Array(),
    })
    expect(frame && acknowledgementOf(frame, time)).toEqual(ackVector)
  })

  test('only its arrival can be said: there is no way to name another command', () => {
    expectTypeOf(acknowledgementOf).parameters.toEqualTypeOf<[FireFrame, Moment]>()
    fc.assert(
      fc.property(fc.nat(65_535), fc.nat(65_535), fc.nat(2 ** 48 - 1), fc.nat(255), (sequence, version, source, command) => {
        const frame = {
          sequence,
          version,
          time: undefined,
          source,
          destination: 7,
          command,
          data: new Uint8Array([1, 1]),
          raw: new Uint8Array(),
        }
        const [answer] = framesIn(acknowledgementOf(frame, now()))
        expect(answer).toMatchObject({ sequence, version, source: 7, destination: source, command: 3 })
        expect(answer?.data).toHaveLength(0)
      }),
    )
  })

  test('is found among noise and in pieces, and not where one byte is another', () => {
    const frame = frameOf(5, 2, 12, now(), message.unitState(1, now()))
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.nat(60),
        fc.nat(frame.length - 1),
        fc.integer({ min: 1, max: 255 }),
        (noise, cut, where, by) => {
          const quiet = noise.filter(byte => byte !== 0x40)
          const all = Uint8Array.of(...quiet, ...frame, ...quiet)
          const finder = new FrameFinder(cutFire)
          const found = [...finder.take(all.subarray(0, cut)), ...finder.take(all.subarray(cut)), ...finder.silent()]
          expect(found.map(({ sequence }) => sequence)).toEqual([5])
          expect(framesIn(Uint8Array.from(frame).with(where, ((frame[where] ?? 0) + by) & 255))).toEqual([])
        },
      ),
    )
  })

  test('has a time or none, never one that does not exist', () => {
    expect(readTime(Uint8Array.of(0, 0, 8, 29, 2, 24))).toMatchObject({ year: 2024, month: 2, day: 29 })
    for (const wrong of [
      [0, 0, 8, 29, 2, 25],
      [60, 0, 8, 1, 1, 25],
      [0, 0, 24, 1, 1, 25],
      [0, 0, 0, 0, 0, 0],
      [0, 0, 0, 1, 13, 25],
      [1],
    ])
      expect(readTime(Uint8Array.from(wrong))).toBeUndefined()
  })
})

describe('what a unit says', () => {
  test('is read object by object; Chinese names too', () => {
    const text = [0xd1, 0xcc, 0xb8, 0xd0] // 烟感 in GB 18030
    const said = readWords(Uint8Array.from(message.partState(smoke, stateOf(1, 2), text, now())))
    expect(said).toMatchObject({
      ok: true,
      type: 2,
      words: [{ of: 'part', state: 3, text: '烟感', part: { address: 2 * 65_536 + 15 } }],
    })
  })

  test('is nothing where the lengths do not fit, and unknown kinds are told apart from broken ones', () => {
    const right = message.systemState(1, 1, 1, now())
    expect(readWords(Uint8Array.from([1, 2, ...right.slice(2)])).ok).toBe(false)
    expect(readWords(Uint8Array.from(right.slice(0, -1))).ok).toBe(false)
    expect(readWords(Uint8Array.from([1, 0])).ok).toBe(false)
    expect(readWords(new Uint8Array()).ok).toBe(false)
    expect(readWords(Uint8Array.from([200, 1, 9, 9]))).toEqual({ ok: true, type: 200, words: [] })
    expect(readWords(Uint8Array.from([25, 1, 1, 0]))).toEqual({ ok: true, type: 25, words: [] })
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), raw => void readWords(raw)))
  })

  test('is a value of its signals and of no other', () => {
    const word = {
      of: 'part',
      system: { type: 1, address: 1 },
      part: { type: 40, address: 1 },
      state: stateOf(1, 2, 4),
      text: '',
      at: undefined,
    } as const
    const shown = signalsOf('part').map(signal => [signal, valueOf(word, signal)] as const)
    const set = shown.flatMap(([signal, value]) => (value?.ok && value.value === 1 ? [signal] : []))
    expect(set).toEqual(['fire', 'shielded'])
    expect(shown.filter(([signal]) => isAnalog(signal)).every(([, value]) => value === undefined)).toBe(true)
    expect(valueOf({ ...word, state: 0 }, 'test')).toEqual({ ok: true, value: 1 })
  })

  test.each([
    [1, 'count', 3, 3],
    [2, 'height', 250, 2.5],
    [3, 'temperature', -55, -5.5],
    [4, 'pressure-coarse', 3, 0.3],
    [5, 'pressure', 1_520, 0.152],
    [6, 'gas', 105, 10.5],
    [7, 'time', 12, 12],
    [8, 'voltage', 241, 24.1],
    [9, 'current', 15, 1.5],
    [10, 'flow', 50, 18],
    [11, 'flow', 3, 18],
    [12, 'speed', 4, 4],
  ] as const)('analog code %i is %s', (code, signal, raw, value) => {
    const word = {
      of: 'analog',
      system: { type: 11, address: 1 },
      part: { type: 1, address: 1 },
      code,
      value: raw,
      at: undefined,
    } as const
    const answer = valueOf(word, signal)
    expect(answer?.ok && answer.value).toBeCloseTo(value, 9)
    expect(typeof unitOfSignal(signal)).toBe('string')
    for (const other of signalsOf('part').filter(one => one !== signal && one !== 'pressure'))
      expect(valueOf(word, other)).toBeUndefined()
  })
})

describe('settings of a fire line', () => {
  const problems = (settings: object, ...bindings: Binding[]) => {
    const result = fireUnits.prepare('fire', settings as Record<string, unknown>, bindings)
    return result.ok
      ? []
      : result.problems.map(({ in: where, path, code }) => [
          typeof where === 'string' ? where : where.point,
          path.join('.'),
          code,
        ])
  }
  test('are told one by one', () => {
    expect(problems({ prot: 1 })).toEqual([
      ['connection', 'port', 'missing'],
      ['connection', 'prot', 'unknown-key'],
    ])
    expect(problems({ port: 1 }, binding('a.b', {}, {}))).toEqual([
      ['a.b', 'source', 'missing'],
      ['a.b', 'signal', 'missing'],
    ])
    expect(problems({ port: 1 }, binding('a.b', { signal: 'manual' }, at))).toEqual([['a.b', 'signal', 'bad-value']])
    expect(problems({ port: 1 }, binding('a.b', { signal: 'pressure', unit: 'kPa' }, at))).toEqual([['a.b', 'unit', 'bad-value']])
    expect(problems({ port: 1 }, binding('a.b', { signal: 'fire', unit: 'kPa' }, { ...at, part: '70000-1' }))).toEqual([
      ['a.b', 'part', 'bad-value'],
      ['a.b', 'unit', 'bad-value'],
    ])
    expect(
      problems({ port: 1 }, binding('a.b', { signal: 'fire' }, at), binding('c.d', { signal: 'fire' }, at)).map(
        ([, , code]) => code,
      ),
    ).toEqual(['register-taken', 'register-taken'])
    expect(problems({ port: 1, silent: '0' }, ...points)).toEqual([])
  })
})

describe('a unit that reports', () => {
  test('is believed, bit by bit and value by value, and each message is confirmed with its number', async () => {
    const { host, port, driver } = await centre()
    const unit = await unitAt(port)
    const sent = [
      unit.send(message.partState(smoke, stateOf(1, 2), [], now())),
      unit.send(message.analog(hydrant, 5, 1_520, now())),
      unit.send(message.systemState(1, 1, stateOf(1, 12), now())),
      unit.send(message.unitState(stateOf(1, 7), now())),
    ]
    const answers = framesIn(await unit.answered(4 * 30))
    expect(answers.map(({ sequence, command, destination }) => [sequence, command, destination])).toEqual(
      sent.map(sequence => [sequence, 3, 12]),
    )
    const values = ['smoke-1.smoke', 'smoke-1.trouble', 'hydrant-1.pressure', 'panel.manual', 'unit.alive', 'unit.wire'].map(
      id => host.last(point(id))?.value,
    )
    expect(values).toEqual([1, 0, 0.152, 1, 1, 1])
    const frames = driver.report?.().frames ?? []
    expect(frames.map(({ way, device }) => `${way} ${device}`)).toEqual(sent.flatMap(() => ['heard unit 12', 'sent unit 12']))
    // One frame of one part says nothing of another.
    expect(host.of(point('hydrant-1.pressure'))).toHaveLength(1)
  })

  test('in steps of 0.1 MPa is told to be too coarse and is no pressure', async () => {
    const { host, port, driver } = await centre()
    const unit = await unitAt(port)
    unit.send(message.analog(hydrant, 4, 1, now()))
    await unit.answered(30)
    const reading = host.last(point('hydrant-1.pressure'))
    expect(codeOf(reading)).toBe('garbled')
    expect(driver.report?.().devices[0]?.advice.some(({ en }) => en.includes('code 5'))).toBe(true)
  })

  test('and is not in the site file gets no word, is counted and is found by the search', async () => {
    const { driver, port, host } = await centre()
    const [known, stranger] = [await unitAt(port), await unitAt(port, 99)]
    stranger.send(message.partState(smoke, stateOf(1), [], now()))
    stranger.send(message.partState({ ...smoke, number: 16 }, stateOf(1, 3), [0xd1, 0xcc, 0xb8, 0xd0], now()))
    for (let look = 0; look < 2_000 && driver.counters?.()['fire_unknown_units'] !== 2; look++) await settled()
    known.send(message.unitState(1, now()))
    await known.answered(30)
    expect(stranger.answers).toHaveLength(0)
    expect(driver.counters?.()).toMatchObject({ fire_frames: 3, fire_unknown_units: 2 })
    const steps: ScanStep[] = []
    for await (const step of driver.scan!({ most: 10, listen: seconds(0) }, new AbortController().signal)) steps.push(step)
    const found = steps.flatMap(step => (step.step === 'found' ? [step.found] : []))
    expect(found.map(({ device }) => device)).toEqual([
      { source: 99, system: 1, systemAddress: 1, part: '2-15' },
      { source: 99, system: 1, systemAddress: 1, part: '2-16' },
      { source: 12 },
    ])
    expect(found[1]).toMatchObject({ name: 'unit 99 system 1/1 part 2-16 烟感' })
    expect(found[1]?.points.find(({ name }) => name === 'fault')?.value).toBe(1)
    expect(host.readings.every(reading => reading.point.startsWith('unit.'))).toBe(true)
    expect(driver.report?.().devices.map(({ device, advice }) => [device, advice.length])).toEqual([
      ['unit 12', 0],
      ['unit 99', 1],
    ])
  })

  test('an inspection of the post is confirmed; kinds that say nothing a point could hold are counted', async () => {
    const { port, driver } = await centre()
    const unit = await unitAt(port)
    unit.send([91, 1, 0], 4)
    unit.send([200, 1, 1, 2, 3])
    unit.send([25, 1, 1, 0])
    expect(framesIn(await unit.answered(90)).map(({ command }) => command)).toEqual([3, 3, 3])
    expect(driver.counters?.()).toMatchObject({ fire_unknown_kinds: 2 })
  })

  test('by datagrams is heard as well', async () => {
    const { host, port } = await centre({ transport: 'both' })
    const answer = await sendDatagram(port, frameOf(9, 2, 12, now(), message.unitState(1, now())), 5_000)
    expect(framesIn(answer ?? new Uint8Array())[0]).toMatchObject({ sequence: 9, command: 3 })
    expect(host.last(point('unit.alive'))?.value).toBe(1)
    expect(await sendDatagram(port, Buffer.from('nonsense'), 100)).toBeUndefined()
  })

  test('is dated by its own clock only where the site trusts it and it can be right', async () => {
    const told = { ...now(), year: now().year - 3 }
    const early = await centre({ clock: 'unit' })
    const unit = await unitAt(early.port)
    const hourAgo = chinaTime.shows((realClock.now() - minutes(60)) as ReturnType<typeof realClock.now>)
    unit.send(message.partState(smoke, stateOf(1, 2), [], hourAgo))
    unit.send(message.analog(hydrant, 5, 1_000, told))
    await unit.answered(60)
    const age = (id: string): number => realClock.now() - (early.host.last(point(id))?.at ?? 0)
    expect(age('smoke-1.smoke')).toBeGreaterThan(minutes(59))
    expect(age('hydrant-1.pressure')).toBeLessThan(minutes(1))
    expect(early.driver.counters?.()).toMatchObject({ fire_wrong_clocks: 1 })

    const plain = await centre()
    const other = await unitAt(plain.port)
    other.send(message.partState(smoke, stateOf(1, 2), [], hourAgo))
    await other.answered(30)
    expect(realClock.now() - (plain.host.last(point('smoke-1.smoke'))?.at ?? 0)).toBeLessThan(minutes(1))
  })

  test('and then says nothing any more is told as silent at each of its points', async () => {
    const wall = new FakeClock(realClock.now())
    const { host, port, driver } = await centre({ silent: '5m' }, new Gateway(realClock, wall))
    const unit = await unitAt(port)
    unit.send(message.unitState(1, now()))
    await unit.answered(30)
    await wall.passes(minutes(4))
    unit.send(message.unitState(1, now()))
    await unit.answered(60)
    await wall.passes(minutes(4))
    expect(host.readings.some(({ quality }) => quality === 'bad')).toBe(false)
    await wall.passes(minutes(1))
    expect(points.map(({ point: id }) => codeOf(host.last(id)))).toEqual(points.map(() => 'device-silent'))
    expect(driver.report?.().devices[0]?.silent?.why.code).toBe('device-silent')
    unit.send(message.unitState(1, now()))
    await unit.answered(90)
    expect(host.last(point('unit.alive'))?.value).toBe(1)
    // That it speaks again says nothing of the smoke detector.
    expect(codeOf(host.last(point('smoke-1.smoke')))).toBe('device-silent')
  })
})

describe('a hostile neighbour', () => {
  const right = (): Buffer => frameOf(1, 2, 12, now(), message.partState(smoke, stateOf(1, 2), [], now()))
  const evil: readonly (readonly [string, () => Buffer])[] = [
    ['a wrong checksum', () => Buffer.from(right().with(28, 99))],
    ['a wrong end', () => Buffer.from(right().with(right().length - 1, 0))],
    ['a length beyond the frame', () => Buffer.from(right().with(25, 3))],
    ['the longest length there is', () => Buffer.from(Uint8Array.from(right()).with(24, 255).with(25, 255))],
    ['objects that do not fit', () => frameOf(1, 2, 12, now(), [2, 9, ...message.partState(smoke, 3, [], now()).slice(2)])],
    ['no objects', () => frameOf(1, 2, 12, now(), [2, 0])],
    ['no data at all', () => frameOf(1, 2, 12, now(), [])],
    ['a control command', () => frameOf(1, 1, 12, now(), message.partState(smoke, stateOf(1, 2), [], now()))],
    ['a confirmation', () => frameOf(1, 3, 12, now(), message.partState(smoke, stateOf(1, 2), [], now()))],
    ['a request', () => frameOf(1, 4, 12, now(), [61, 1, 0, 0])],
    ['a refusal', () => frameOf(1, 6, 12, now(), message.partState(smoke, stateOf(1, 2), [], now()))],
    ['a command nobody knows', () => frameOf(1, 200, 12, now(), message.partState(smoke, stateOf(1, 2), [], now()))],
    ['a browser', () => Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['start bytes only', () => Buffer.alloc(2_000, 0x40)],
    ['end bytes only', () => Buffer.alloc(2_000, 0x23)],
  ]
  test.each(evil)('that sends %s gets no word and is no value', async (_name, made) => {
    const { host, port } = await centre()
    const [bad, good] = [await unitAt(port), await unitAt(port)]
    bad.raw(made())
    good.send(message.analog(hydrant, 5, 1_000, now()))
    await good.answered(30)
    expect(bad.answers).toHaveLength(0)
    expect(host.of(point('smoke-1.smoke'))).toEqual([])
    expect(host.last(point('hydrant-1.pressure'))?.value).toBe(0.1)
  })

  test('that sends noise without end is hung up on; that opens too many connections is turned away', async () => {
    const { port, driver } = await centre({ most: 3 })
    const noisy = await unitAt(port)
    noisy.raw(Buffer.alloc(20_000, 0x55))
    await noisy.answered(1)
    expect(noisy.isConnected).toBe(false)
    const sockets = Array.from({ length: 6 }, () =>
      connect(port, '127.0.0.1')
        .on('error', () => {})
        .resume(),
    )
    const closed = await Promise.all(
      sockets.slice(3).map(socket => new Promise(resolve => socket.once('close', () => resolve(true)))),
    )
    expect(closed).toEqual([true, true, true])
    for (const socket of sockets) socket.destroy()
    expect(driver.counters?.()['fire_refused_connections']).toBe(3)
  })

  test('that says nothing, or half a frame and nothing more, does not stay', async () => {
    const wall = new FakeClock(realClock.now())
    const { port } = await centre({}, new Gateway(realClock, wall))
    const [mute, half] = [await unitAt(port), await unitAt(port)]
    half.raw(right().subarray(0, 20))
    const closed = Promise.all([mute.answered(1), half.answered(1)])
    for (let step = 0; step < 40 && (mute.isConnected || half.isConnected); step++) await wall.passes(seconds(2))
    await closed
    expect([mute.isConnected, half.isConnected]).toEqual([false, false])
  })

  test('half a frame is no obstacle to the whole one behind it', async () => {
    const wall = new FakeClock(realClock.now())
    const { host, port } = await centre({}, new Gateway(realClock, wall))
    const unit = await unitAt(port)
    unit.raw(Buffer.concat([right().subarray(0, 40), right()]))
    const answer = unit.answered(30)
    for (let step = 0; step < 20 && unit.answers.length === 0; step++) await wall.passes(seconds(6))
    await answer
    expect(host.last(point('smoke-1.smoke'))?.value).toBe(1)
  })

  test('that sends anything at all a thousand times never makes the centre say anything but a confirmation', async () => {
    const { port, host } = await centre()
    const random = fc.sample(fc.tuple(fc.nat(60), fc.nat(255), fc.nat(10)), { numRuns: 1_000, seed: 7 })
    const unit = await unitAt(port)
    const sane = await unitAt(port)
    let alarms = 0
    for (const [where, by, kind] of random) {
      const frame = kind === 0 ? right() : Buffer.from(right().with(where % right().length, by))
      if (framesIn(frame).length > 0) alarms += 1
      if (unit.isConnected) unit.raw(frame)
    }
    sane.send(message.unitState(1, now()))
    await sane.answered(30)
    const answers = framesIn(unit.answers)
    expect(answers.every(({ command, data }) => command === 3 && data.length === 0)).toBe(true)
    expect(unit.answers.length).toBe(answers.length * 30)
    expect(host.of(point('smoke-1.smoke')).length).toBeLessThanOrEqual(alarms)
    expect(alarms).toBeGreaterThan(0)
  })
})

describe('the port', () => {
  test('is let go at once, also while somebody searches', async () => {
    const { driver } = await centre()
    let steps = 0
    for await (const _step of driver.scan!({ most: 9, listen: minutes(10) }, new AbortController().signal))
      if (++steps === 1) await driver.stop()
    expect(steps).toBeLessThan(4)
  })

  test('that another program has is told, and taken as soon as it is free', async () => {
    const port = await freePort()
    const first = run(fireUnits, { host: '127.0.0.1', port }, points)
    await first.host.until('listening', () => first.host.ups === 1)
    const second = run(fireUnits, { host: '127.0.0.1', port }, points)
    await second.host.until('down', () => second.host.downs.length === 1)
    expect(second.host.downs[0]?.code).toBe('unreachable')
    expect(points.map(({ point: id }) => codeOf(second.host.last(id)))).toEqual(points.map(() => 'unreachable'))
    await first.driver.stop()
    await second.host.until('its own', () => second.host.ups === 1)
    await second.driver.stop()
  })

  test('is only listened on by a search when the driver does not run, and nobody is told that he was heard', async () => {
    const port = await freePort()
    const driver = prepared(fireUnits, { host: '127.0.0.1', port }, points).open(new Gateway())
    const ended = new AbortController()
    const steps: ScanStep[] = []
    let unit: FireUnit | undefined
    for await (const step of driver.scan!({ most: 5, listen: minutes(5) }, ended.signal)) {
      steps.push(step)
      if (!unit) {
        unit = await unitAt(port)
        unit.send(message.unitState(1, now()))
      }
      if (step.step === 'found') ended.abort()
    }
    expect(steps.some(({ step }) => step === 'found')).toBe(true)
    expect(unit?.answers).toHaveLength(0)
    await driver.stop()
  })
})
