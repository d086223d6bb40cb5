import snmpLibrary from 'net-snmp'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Reading } from '../../protocols/contract/reading.ts'
import type { Clock } from '../../protocols/contract/time.ts'
import { instant } from '../../protocols/contract/time.ts'
import { snmp } from '../../protocols/snmp/driver.ts'
import { binding, codeOf, Gateway, isGood, point, prepared, realClock, run } from './kit.ts'
import type { Snmpd } from './peers/snmpd.ts'
import { freeUdpPort, hasSnmpd, sealPassword, signPassword, startSnmpd } from './peers/snmpd.ts'
import { UdpProxy } from './peers/udp-proxy.ts'

const charge = '1.3.6.1.2.1.33.1.2.4.0'
const own = '1.3.6.1.4.1.55555'
const served = (value: number) => ({
  [charge]: ['integer', value] as const,
  [`${own}.1.0`]: ['integer', 7] as const,
  ...Object.fromEntries(Array.from({ length: 30 }, (_, row) => [`${own}.20.1.${row + 1}`, ['integer', row] as const])),
})
const v2c = { community: 'hidden-word' }
const signed = { username: 'sha256', auth: 'sha256', password: signPassword }
const sealed = {
  username: 'sha256-aes128',
  auth: 'sha256',
  password: signPassword,
  encrypt: 'aes128',
  encryptPassword: sealPassword,
}
const ways = [
  ['v2c', v2c],
  ['v3 signed', signed],
  ['v3 encrypted', sealed],
] as const
const one = [binding('ups.charge', { oid: charge })]
const it = point('ups.charge')

describe.skipIf(!hasSnmpd())('a network and agents that lie', () => {
  let agent: Snmpd
  let proxy: UdpProxy
  beforeAll(async () => {
    agent = await startSnmpd(await freeUdpPort(), served(87))
    await reads(agent.port)
  })
  afterAll(() => agent?.stop())
  beforeEach(async () => {
    agent.serve(served(87))
    proxy = await UdpProxy.to(agent.port)
  })
  afterEach(() => proxy.stop())

  const settings = (more: Record<string, unknown>): Record<string, unknown> => ({
    host: '127.0.0.1',
    port: proxy.port,
    every: '30ms',
    timeout: '500ms',
    ...more,
  })

  test.each(ways)('%s: a lost datagram is asked for again and spoils nothing', async (_, way) => {
    proxy.loses = () => proxy.sent.length % 3 === 0
    const { host, driver } = run(snmp, settings({ ...way, timeout: '250ms' }), one)
    await host.until('six values', () => host.of(it).length >= 6)
    await driver.stop()

    expect(host.of(it).every(isGood)).toBe(true)
    expect(host.links).toEqual(['up'])
  })

  test.each(ways)('%s: an answer that comes late is not taken for a later question’s', async (_, way) => {
    const { host, driver } = run(snmp, settings({ ...way, timeout: '40ms', retries: 0 }), one)
    await host.until('a value', () => isGood(host.last(it)))
    const held: Buffer[] = []
    proxy.tamper = answer => {
      held.push(answer)
      return []
    }
    await host.until('one is held', () => codeOf(host.last(it)) !== 'good')
    const begun = host.readings.length
    agent.serve(served(12))
    // Whatever is asked now is answered at once with everything that was held, and then truly.
    proxy.tamper = answer => [...held, answer]
    await host.until('the new value, thrice', () => host.of(it).filter(({ value }) => value === 12).length >= 3)
    const late = driver.report?.().frames.filter(({ note }) => note?.includes('dropped')) ?? []
    await driver.stop()

    expect(held.length).toBeGreaterThan(0)
    expect(late.length).toBeGreaterThan(0)
    expect(host.readings.slice(begun).flatMap(({ value }) => value ?? [])).not.toContain(87)
  })

  test.each(ways)('%s: an answer that comes three times counts once', async (_, way) => {
    proxy.tamper = answer => [answer, answer, answer]
    const { host, driver } = run(snmp, settings(way), one)
    await host.until('five values', () => host.of(it).length >= 5)
    const { answered, garbled } = driver.report?.().devices[0] ?? {}
    await driver.stop()

    expect(host.of(it).every(({ value }) => value === 87)).toBe(true)
    expect(garbled).toBe(0)
    expect(answered).toBeLessThanOrEqual(host.of(it).length + 2)
  })

  test.each(ways)('%s: what another address says in the agent’s name is not heard', async (_, way) => {
    agent.serve(served(13))
    const { host, driver } = run(snmp, settings(way), one)
    await host.until('a value', () => host.last(it)?.value === 13)
    proxy.tamper = answer => {
      // The very answer that is waited for, a moment before it comes from where it should.
      void proxy.liesFromElsewhere(answer).then(() => proxy.says(answer))
      return []
    }
    await host.until('more', () => host.of(it).length >= 8)
    const { frames } = driver.report?.() ?? { frames: [] }
    await driver.stop()

    // Each was heard once: the liar's was none of them.
    expect(frames.filter(({ note }) => note?.includes('once more'))).toEqual([])
    expect(host.of(it).every(isGood)).toBe(true)
  })

  test('an answer to another question’s number is never taken', async () => {
    const { host, driver } = run(snmp, settings({ ...v2c, retries: 0, timeout: '40ms' }), one)
    await host.until('a value', () => isGood(host.last(it)))
    proxy.tamper = answer => {
      const other = Buffer.from(answer)
      const at = other.indexOf(Buffer.from([0xa2]))
      // Tag and length of the answer, then of its number.
      other[at + 5] = (other[at + 5] ?? 0) ^ 0x55
      return [other]
    }
    const { fault } = (await host.next(it, reading => reading.quality === 'bad')) as Reading & { fault: { code: string } }
    const begun = host.readings.length
    await host.until('down', () => host.downs.length > 0)
    await driver.stop()

    expect(fault.code).toBe('wrong-reply')
    expect(host.readings.slice(begun).some(isGood)).toBe(false)
  })

  test('an answer about other objects than were asked for is never taken', async () => {
    const { host, driver } = run(snmp, settings(v2c), [...one, binding('ups.other', { oid: `${own}.1.0` })])
    await host.until('a value', () => isGood(host.last(it)))
    proxy.tamper = answer => {
      const other = Buffer.from(answer)
      const at = other.indexOf(objectBytes)
      if (at >= 0) other[at + objectBytes.length] = 3
      return [other]
    }
    await host.next(it, reading => reading.quality === 'bad')
    const begun = host.readings.length
    await host.until('more', () => host.readings.length > begun + 6)
    await driver.stop()

    expect(new Set(host.readings.slice(begun).map(codeOf))).toEqual(new Set(['wrong-reply']))
    expect(host.links).toEqual(['up'])
  })

  test.each(ways)(
    '%s: three hundred mutilated answers before the true ones are survived, and none is believed',
    async (_, way) => {
      let seed = 20_261_122
      const random = (below: number): number => {
        seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff
        return Math.floor((seed / 0x8000_0000) * below)
      }
      let sent = 0
      proxy.tamper = answer => {
        const mutilated = Array.from({ length: 10 }, () => mutilate(answer, random))
        sent += mutilated.length
        return [...mutilated, answer]
      }
      const { host, driver } = run(snmp, settings(way), one)
      await host.until('three hundred', () => sent >= 300 && isGood(host.last(it)), 30_000)
      proxy.tamper = answer => [answer]
      await host.next(it, isGood)
      await driver.stop()

      expect(
        host
          .of(it)
          .filter(isGood)
          .map(({ value }) => value),
      ).toEqual(
        host
          .of(it)
          .filter(isGood)
          .map(() => 87),
      )
    },
  )

  test('a flood of nonsense does not stop the values', async () => {
    const { host, driver } = run(snmp, settings(sealed), one)
    await host.until('a value', () => isGood(host.last(it)))
    proxy.tamper = answer => [...Array.from({ length: 50 }, (_, length) => Buffer.alloc(length * 20, 0x30)), answer]
    const begun = host.of(it).length
    await host.until('twenty more', () => host.of(it).length >= begun + 20)
    await driver.stop()

    expect(host.of(it).filter(isGood).length).toBeGreaterThan(begun + 15)
    expect(host.links).toEqual(['up'])
  })

  test('an unsigned answer in a signed conversation is not believed, and neither is a plain one in an encrypted one', async () => {
    for (const way of [signed, sealed]) {
      const { host, driver } = run(snmp, settings({ ...way, retries: 0, timeout: '40ms' }), one)
      await host.until('a value', () => isGood(host.last(it)))
      proxy.tamper = answer => [unsignedAnswer(answer, 66)]
      await host.until('told', () => codeOf(host.last(it)) !== 'good')
      const begun = host.readings.length
      await host.until('down', () => host.downs.length > 0)
      await driver.stop()
      proxy.tamper = answer => [answer]

      expect(host.readings.slice(begun).some(isGood)).toBe(false)
      expect(host.readings.some(({ value }) => value === 66)).toBe(false)
      expect(host.readings.map(codeOf)).toContain('garbled')
    }
  })

  test('a message of version 3 in a conversation of version 2c is dropped', async () => {
    const { host, driver } = run(snmp, settings(v2c), one)
    proxy.tamper = (answer, asked) => [unsignedAnswer(answer, 66, numberIn(asked)), answer]
    await host.until('values', () => host.of(it).length >= 5)
    await driver.stop()

    expect(host.of(it).map(each => each.value ?? each.fault)).toEqual(host.of(it).map(() => 87))
  })

  test('a signed answer that is repeated is not taken again', async () => {
    const { host, driver } = run(snmp, settings(signed), one)
    await host.until('values', () => host.of(it).length >= 3)
    const old = proxy.heard.at(-1) ?? Buffer.alloc(0)
    agent.serve(served(12))
    await host.until('the new value', () => host.last(it)?.value === 12)
    const begun = host.readings.length
    proxy.tamper = answer => [old, answer]
    await host.until('more', () => host.readings.length >= begun + 5)
    await driver.stop()

    expect(host.readings.slice(begun).flatMap(({ value }) => value ?? [])).not.toContain(87)
  })

  test('an agent that goes silent over long requests is asked in shorter ones', async () => {
    proxy.loses = asked => asked.length > 350
    const rows = Array.from({ length: 20 }, (_, row) => binding(`x.r${row}`, { oid: `${own}.20.1.${row + 1}` }))
    const { host, driver } = run(snmp, settings({ ...v2c, timeout: '1s', retries: 0 }), rows)
    await host.until('all good', () => rows.every(each => isGood(host.last(each.point))))
    const learned = driver.report?.().devices[0]?.learned ?? []
    await driver.stop()

    expect(learned.map(({ en }) => en)).toEqual([expect.stringContaining('objects in one request')])
    expect(host.links).toEqual(['up'])
  })

  test('a leap of the gateway’s own clock is healed by what the agent says of its time', async () => {
    let leap = 0
    const wall: Clock = { now: () => instant(realClock.now() + leap), after: (delay, act) => realClock.after(delay, act) }
    const host = new Gateway(realClock, wall)
    const driver = prepared(snmp, settings({ ...signed, timeout: '2s' }), one).open(host)
    driver.start()
    await host.until('a value', () => isGood(host.last(it)))
    leap = 3_600_000
    const begun = host.readings.length
    await host.until('more', () => host.readings.slice(begun).filter(isGood).length >= 5)
    await driver.stop()

    expect(host.links).toEqual(['up'])
    expect(host.readings.slice(begun).every(isGood)).toBe(true)
  })

  test('leaves no socket behind, wherever it is stopped', async () => {
    const sockets = (): number => process.getActiveResourcesInfo().filter(kind => kind === 'UDPWrap').length
    for (const wait of [0, 1, 5, 20]) {
      const { driver } = run(snmp, settings(sealed), one)
      await new Promise(resolve => realClock.after(wait as never, () => resolve(undefined)))
      await driver.stop()
    }
    const giveUp = new AbortController()
    proxy.loses = () => true
    const probed = prepared(snmp, settings({ ...v2c, timeout: '10s' }), one)
      .open(new Gateway())
      .probe?.(giveUp.signal)
    realClock.after(30 as never, () => giveUp.abort())
    const probes = await probed

    expect(probes?.map(({ reading }) => codeOf(reading))).toEqual(['disconnected'])
    // The proxy's own two; closing takes a moment.
    for (let look = 0; look < 40 && sockets() > 2; look++)
      await new Promise(resolve => realClock.after(25 as never, () => resolve(undefined)))
    expect(sockets()).toBeLessThanOrEqual(2)
  })

  test('only three kinds of question are ever sent: GET, GETNEXT and GETBULK', async () => {
    const kinds = new Map<number, number>()
    for (const way of [v2c, { username: 'plain' }, signed, sealed]) {
      proxy.sent.length = 0
      const rows = [
        ...one,
        binding('x.rows', { oid: `${own}.20.1`, rows: 'sum' }),
        binding('x.rate', { oid: '1.3.6.1.2.1.11.1.0', rate: true }),
      ]
      const { host, driver } = run(snmp, settings(way), rows)
      await host.until('good', () => isGood(host.last(point('x.rows'))))
      await driver.probe?.(new AbortController().signal, one)
      for await (const step of driver.scan?.({ most: 5, at: own }, new AbortController().signal) ?? [])
        expect(step.step).not.toBe('trouble')
      await driver.stop()
      for (const datagram of proxy.sent) {
        const kind = kindOf(datagram)
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      }
    }

    expect([...kinds.keys()].toSorted()).toEqual([0xa0, 0xa5])
    expect(kinds.get(0xa0)).toBeGreaterThan(20)
    expect(agent.wasWritten()).toBe(false)
  })
})

/** The charge's OID as it stands in a message. */
const objectBytes = Buffer.from('060a2b06010201210102', 'hex')
/** Its last two parts. */
const objectEnd = Buffer.from([4, 0])

/** By the rules of BER, written anew: a liar shares no code with whom he lies to. */
function ber(tag: number, ...parts: readonly (Buffer | number)[]): Buffer {
  const content = Buffer.concat(parts.map(part => (typeof part === 'number' ? Buffer.from([part]) : part)))
  const length = content.length < 128 ? [content.length] : [0x82, content.length >> 8, content.length & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}
/** The elements of a constructed one, one level deep. */
function parts(bytes: Buffer): readonly { readonly tag: number; readonly content: Buffer; readonly whole: Buffer }[] {
  const list = []
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at + 1] ?? 0
    const width = first < 128 ? 0 : first & 127
    const length = width === 0 ? first : bytes.readUIntBE(at + 2, width)
    const from = at + 2 + width
    list.push({ tag: bytes[at] ?? 0, content: bytes.subarray(from, from + length), whole: bytes.subarray(at, from + length) })
    at = from + length
  }
  return list
}
const inside = (bytes: Buffer, ...path: readonly number[]): Buffer =>
  path.reduce((now, index) => parts(now)[index]?.content ?? Buffer.alloc(0), bytes)

/** The request's number in a message of v2c. */
const numberIn = (asked: Buffer): Buffer => inside(asked, 0, 2, 0)

/** An answer of v3 with the flags of one that nobody signed, to the same number, with another value. */
function unsignedAnswer(answer: Buffer, value: number, number?: Buffer): Buffer {
  const isVersion3 = inside(answer, 0, 0)[0] === 3
  const id = ber(2, number ?? inside(answer, 0, 1, 0))
  const given = isVersion3 ? parts(inside(answer, 0, 2, 0)) : []
  const engine = given[0]?.whole ?? ber(4, Buffer.from('8000000001020304', 'hex'))
  const user = given[3]?.whole ?? ber(4)
  const rest = [given[1]?.whole ?? ber(2, 1), given[2]?.whole ?? ber(2, 1)]
  const varbind = ber(0x30, ber(6, objectBytes.subarray(2), objectEnd), ber(2, value))
  const pdu = ber(0xa2, id, ber(2, 0), ber(2, 0), ber(0x30, varbind))
  return ber(
    0x30,
    ber(2, 3),
    ber(0x30, id, ber(2, Buffer.from([0x00, 0xff, 0xe3])), ber(4, 0), ber(2, 3)),
    ber(4, ber(0x30, engine, ...rest, user, ber(4), ber(4))),
    ber(0x30, engine, ber(4), pdu),
  )
}

/** The kind of question in a message, opened with the library's own cryptography where it is encrypted. */
function kindOf(datagram: Buffer): number {
  const message = parts(inside(datagram, 0))
  if (message[0]?.content[0] === 1) return message[2]?.tag ?? 0
  if (message[3]?.tag === 0x30) return parts(message[3].content)[2]?.tag ?? 0
  const [engine, boots, time, , , salt] = parts(inside(message[2]?.content ?? Buffer.alloc(0), 0)).map(({ content }) => content)
  const whole = (bytes: Buffer | undefined): number => (bytes ? bytes.readIntBE(0, bytes.length) : 0)
  const { decryptPdu } = snmpLibrary.Encryption as unknown as { decryptPdu: (...given: readonly unknown[]) => Buffer }
  const plain = decryptPdu(
    snmpLibrary.PrivProtocols.aes,
    message[3]?.content,
    salt,
    sealPassword,
    snmpLibrary.AuthProtocols.sha256,
    { engineID: engine, engineBoots: whole(boots), engineTime: whole(time) },
  )
  return parts(inside(plain, 0))[2]?.tag ?? 0
}

/** One damage of many kinds, but never to the value itself: in v2c nobody could tell. */
function mutilate(answer: Buffer, random: (below: number) => number): Buffer {
  const bytes = Buffer.from(answer)
  const last = bytes.length - 1
  switch (random(6)) {
    case 0:
      return bytes.subarray(0, random(bytes.length))
    case 1:
      return Buffer.concat([bytes, Buffer.alloc(1 + random(9), random(256))])
    case 2:
      return Buffer.from(Array.from({ length: random(200) }, () => random(256)))
    case 3: {
      const at = random(last)
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([random(256)]), bytes.subarray(at)])
    }
    case 4: {
      const at = random(last)
      bytes[at] = random(256)
      return bytes
    }
    default: {
      for (let times = 0; times < 4; times++) bytes[random(last)] = random(256)
      return bytes
    }
  }
}

/** The agent's helper programs start with the first question. */
async function reads(port: number): Promise<void> {
  const driver = prepared(snmp, { host: '127.0.0.1', port, ...v2c, timeout: '5s' }, [
    ...one,
    binding('x.own', { oid: `${own}.1.0` }),
  ])
  await driver.open(new Gateway()).probe?.(new AbortController().signal)
}
