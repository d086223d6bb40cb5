import { describe, expect, test } from 'vitest'
import { instant, millis } from '../../protocols/contract/time.ts'
import { Doctor } from '../../protocols/snmp/doctor.ts'
import { element, integer, objectId, octets } from '../../protocols/snmp/ber.ts'
import { encodeCommunity } from '../../protocols/snmp/message.ts'
import { UserVoice } from '../../protocols/snmp/user-voice.ts'
import type { Credentials } from '../../protocols/snmp/usm.ts'
import { cipherNames, securityOf, signatureNames } from '../../protocols/snmp/usm.ts'
import { CommunityVoice } from '../../protocols/snmp/voice.ts'
import { FakeClock } from './kit.ts'

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')

describe('the cryptography', () => {
  test('makes the keys of RFC 3414, and signatures of the lengths of RFC 7860', async () => {
    // RFC 3414 A.3: the password maplesyrup for the engine 00…02 gives these two keys.
    const engine = bytes('000000000000000000000002')
    const sign = async (by: (typeof signatureNames)[number]): Promise<string> => {
      const security = await securityOf({ username: 'u', auth: { by, password: 'maplesyrup' } })
      return security.sign(Buffer.from('abc'), engine).toString('hex')
    }
    const { createHmac } = await import('node:crypto')
    const hmac = (hash: string, key: string, length: number): string =>
      createHmac(hash, bytes(key))
        .update('abc')
        .digest('hex')
        .slice(0, length * 2)

    expect(await sign('md5')).toBe(hmac('md5', '526f5eed9fcce26f8964c2930787d82b', 12))
    expect(await sign('sha1')).toBe(hmac('sha1', '6695febc9288e36282235fc7151f128497b38f3f', 12))
    const lengths = await Promise.all(
      signatureNames.map(async by => (await securityOf({ username: 'u', auth: { by, password: 'maplesyrup' } })).signatureLength),
    )
    expect(lengths).toEqual([12, 12, 16, 24, 32, 48])
  })

  test('opens what it has sealed, and nothing with another salt, time or password', async () => {
    for (const by of cipherNames) {
      const credentials = (password: string): Credentials => ({
        username: 'u',
        auth: { by: 'sha1', password: 'maplesyrup' },
        privacy: { by, password },
      })
      const security = await securityOf(credentials('maplesyrup'))
      const engine = { id: bytes('8000000001020304'), boots: 3, time: 100 }
      const text = Buffer.from('what nobody else may read')
      const sealed = security.encrypt(text, engine)
      expect(security.decrypt(sealed.text, sealed.salt, engine)).toEqual(text)
      expect(security.decrypt(sealed.text, sealed.salt, { ...engine, time: 101 })).not.toEqual(text)
      const other = await securityOf(credentials('another one'))
      expect(other.decrypt(sealed.text, sealed.salt, engine)).not.toEqual(text)
    }
    const open = await securityOf({ username: 'u' })
    expect(open.signatureLength).toBe(0)
    expect(() => open.encrypt(Buffer.alloc(1), { id: Buffer.alloc(5), boots: 0, time: 0 })).toThrow('nothing to encrypt')
    expect(() => open.decrypt(Buffer.alloc(1), Buffer.alloc(8), { id: Buffer.alloc(5), boots: 0, time: 0 })).toThrow(
      'nothing to decrypt',
    )
  })
})

test('a community is hidden wherever it stands, a short one where it belongs', () => {
  const long = new CommunityVoice('public')
  const asked = encodeCommunity('public', 7, { kind: 'get', oids: ['1.3.6.1.2.1.1.3.0'] })
  expect(long.hide(asked).toString('latin1')).not.toContain('public')
  expect(long.hide(asked)).toHaveLength(asked.length)
  expect(long.hide(Buffer.from('xpublicpublicx')).toString()).toBe('x************x')
  const short = new CommunityVoice('0')
  const brief = encodeCommunity('0', 7, { kind: 'get', oids: [] })
  expect(short.hide(brief).toString('hex')).toBe(brief.toString('hex').replace('040130', '04012a'))
  expect(asked).toEqual(encodeCommunity('public', 7, { kind: 'get', oids: ['1.3.6.1.2.1.1.3.0'] }))
})

test('another community is not ours', () => {
  const answer = encodeCommunity('secret', 7, { kind: 'get', oids: [] })
  answer[answer.indexOf(0xa0)] = 0xa2
  expect(new CommunityVoice('public').hear(answer)).toMatchObject({ is: 'noise', why: { code: 'wrong-reply' } })
  expect(new CommunityVoice('secret').hear(answer)).toMatchObject({ is: 'answer', id: 7 })
})

test('a line is busy for the share of the time in which it waits, also when more was asked than is kept', () => {
  const clock = new FakeClock()
  const doctor = new Doctor(clock, 'ups')
  expect(doctor.busy).toBe(0)
  let now = clock.now() as number
  const wall = { now: () => instant(now), after: () => () => {} }
  const quick = new Doctor(wall, 'ups')
  for (let turn = 0; turn < 1_000; turn++) {
    now += 100
    quick.spent(millis(25), undefined)
  }
  expect(quick.busy).toBeCloseTo(0.25, 1)
  expect(quick.roundTrip).toEqual({ median: 25, worst: 25 })
  for (let turn = 0; turn < 30; turn++) quick.refused(`reason ${turn}`)
  expect(quick.refusals.size).toBe(21)
})

describe('a conversation of version 3', () => {
  const engine = bytes('8000000001020304')
  interface Said {
    readonly id?: number
    readonly flags?: number
    readonly model?: number
    readonly engine?: Buffer
    readonly boots?: Buffer
    readonly time?: number
    readonly user?: string
    readonly signature?: Buffer
    readonly salt?: Buffer
    readonly text?: Buffer
    readonly context?: string
    readonly kind?: number
    readonly about?: string
    readonly pduId?: number
    readonly version?: number
    readonly scopedEngine?: Buffer
  }
  const said = (with_: Said): Buffer => {
    const its = with_.engine ?? engine
    const varbind = element(0x30, objectId(with_.about ?? '1.3.6.1.2.1.1.3.0'), element(0x41, bytes('01')))
    const pdu = element(with_.kind ?? 0xa2, integer(with_.pduId ?? with_.id ?? 5), integer(0), integer(0), element(0x30, varbind))
    return element(
      0x30,
      integer(with_.version ?? 3),
      element(0x30, integer(with_.id ?? 5), integer(65_507), octets(Buffer.from([with_.flags ?? 0])), integer(with_.model ?? 3)),
      octets(
        element(
          0x30,
          octets(its),
          with_.boots ?? integer(1),
          integer(with_.time ?? 1_000),
          octets(with_.user ?? 'plain'),
          octets(with_.signature ?? Buffer.alloc(0)),
          octets(with_.salt ?? Buffer.alloc(0)),
        ),
      ),
      with_.text ?? element(0x30, octets(with_.scopedEngine ?? its), octets(with_.context ?? ''), pdu),
    )
  }
  const usm = (number: number): string => `1.3.6.1.6.3.15.1.1.${number}.0`
  const begun = async (credentials: Credentials = { username: 'plain' }): Promise<UserVoice> => {
    const voice = new UserVoice({ credentials, context: '', security: await securityOf(credentials), wall: new FakeClock() })
    expect(voice.hello(1)).toBeDefined()
    expect(voice.hear(said({ kind: 0xa8, about: usm(4), user: '' }))).toEqual({ is: 'again', id: 5 })
    expect(voice.hello(1)).toBeUndefined()
    return voice
  }

  test('takes an answer that fits', async () => {
    expect((await begun()).hear(said({}))).toMatchObject({ is: 'answer', id: 5 })
  })

  test.each<[string, Said, string]>([
    ['another version', { version: 1 }, 'garbled'],
    ['another security model', { model: 2 }, 'garbled'],
    ['encrypted and not signed', { flags: 2, text: octets('x') }, 'garbled'],
    ['a time below zero', { boots: element(2, bytes('ff')) }, 'garbled'],
    ['signed where there is no user who signs', { flags: 1, signature: Buffer.alloc(24) }, 'wrong-reply'],
    ['another agent', { engine: bytes('8000000001020399') }, 'wrong-reply'],
    ['another agent inside', { scopedEngine: bytes('8000000001020399') }, 'wrong-reply'],
    ['another context', { context: 'other' }, 'wrong-reply'],
    ['two numbers', { pduId: 6 }, 'wrong-reply'],
    ['a question', { kind: 0xa0 }, 'garbled'],
    ['a report of another agent', { kind: 0xa8, about: usm(3), engine: bytes('8000000001020399') }, 'wrong-reply'],
    ['no content', { text: element(4, bytes('00')) }, 'garbled'],
  ])('drops %s', async (_, with_, code) => {
    expect((await begun()).hear(said(with_))).toMatchObject({ is: 'noise', why: { code } })
  })

  test('drops what is not signed, signed wrongly, signed by another or encrypted for nobody', async () => {
    const voice = await begun({ username: 'signer', auth: { by: 'sha256', password: 'long-enough' } })
    const user = 'signer'
    expect(voice.hear(said({ user }))).toMatchObject({ is: 'noise', why: { code: 'garbled' } })
    expect(voice.hear(said({ user, flags: 1, signature: Buffer.alloc(24) }))).toMatchObject({
      is: 'noise',
      why: { code: 'garbled' },
    })
    expect(voice.hear(said({ user, flags: 1, signature: Buffer.alloc(12) }))).toMatchObject({
      is: 'noise',
      why: { code: 'garbled' },
    })
    expect(voice.hear(said({ flags: 1, signature: Buffer.alloc(24) }))).toMatchObject({
      is: 'noise',
      why: { code: 'wrong-reply' },
    })
    const sealed = said({ user, flags: 3, signature: Buffer.alloc(24), salt: Buffer.alloc(8), text: octets('sealed') })
    expect(voice.hear(sealed)).toMatchObject({ is: 'noise', why: { code: 'garbled' } })
  })

  test('takes a signed answer of its time and drops one of long ago or of a former start', async () => {
    const credentials = { username: 'signer', auth: { by: 'sha256', password: 'long-enough' } } as const
    const security = await securityOf(credentials)
    const voice = await begun(credentials)
    const signed = (with_: Said): Buffer => {
      const blank = said({ user: 'signer', flags: 1, signature: Buffer.alloc(24), ...with_ })
      security.sign(blank, engine).copy(blank, blank.indexOf(Buffer.alloc(24)))
      return blank
    }
    const isTaken = (with_: Said): boolean => voice.hear(signed(with_)).is === 'answer'

    expect(isTaken({ time: 2_000 })).toBe(true)
    expect(isTaken({ time: 1_900 })).toBe(true)
    expect(isTaken({ time: 1_800 })).toBe(false)
    expect(isTaken({ boots: integer(0), time: 2_000 })).toBe(false)
    expect(isTaken({ boots: integer(2), time: 5 })).toBe(true)
    expect(isTaken({ time: 2_000 })).toBe(false)
    expect(voice.hear(signed({ kind: 0xa8, about: usm(2), boots: integer(1), time: 7 }))).toEqual({ is: 'again', id: 5 })
    expect(isTaken({ time: 8 })).toBe(true)
  })

  test('hears what the agent reports of the conversation', async () => {
    const voice = await begun()
    const report = (about: string): unknown => {
      const heard = voice.hear(said({ kind: 0xa8, about }))
      return heard.is === 'report' ? [heard.fault.code, heard.fault.detail] : heard.is
    }
    expect(report(usm(1))).toEqual(['refused', expect.stringContaining('unsupportedSecLevels')])
    expect(report(usm(2))).toBe('again')
    expect(report(usm(3))).toEqual(['refused', expect.stringContaining('unknownUserNames')])
    expect(report(usm(4))).toEqual(['disconnected', expect.stringContaining('Another SNMP agent')])
    expect(report(usm(5))).toEqual(['refused', expect.stringContaining('wrongDigests')])
    expect(report(usm(6))).toEqual(['refused', expect.stringContaining('decryptionErrors')])
    expect(report('1.3.6.1.6.3.12.1.5.0')).toEqual(['refused', expect.stringContaining('1.3.6.1.6.3.12.1.5.0')])
  })

  test('does not begin with an engine id of a length that there is not', async () => {
    const voice = new UserVoice({
      credentials: { username: 'u' },
      context: '',
      security: await securityOf({ username: 'u' }),
      wall: new FakeClock(),
    })
    for (const id of [Buffer.alloc(4, 1), Buffer.alloc(33, 1)])
      expect(voice.hear(said({ kind: 0xa8, about: usm(4), engine: id }))).toMatchObject({ is: 'noise' })
    expect(voice.hello(9)).toBeDefined()
  })
})
