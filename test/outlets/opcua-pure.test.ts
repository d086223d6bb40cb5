import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Alarm } from '../../gateway/alarm/alarm.ts'
import { alarmStates } from '../../gateway/alarm/alarm.ts'
import { both, conditionFor, dataOf, faceOf, stateOf, unitId } from '../../gateway/outlets/opcua/face.ts'
import { isRepeating, services } from '../../gateway/outlets/opcua/guard.ts'
import { Doorkeeper } from '../../gateway/outlets/opcua/doorkeeper.ts'
import { FaceDoctor, figuresOf } from '../../gateway/outlets/opcua/doctor.ts'
import { neighbourhood, Turnstile, wayOf } from '../../gateway/outlets/opcua/turnstile.ts'
import { hashPassword } from '../../gateway/accounts/password.ts'
import { readSite } from '../../gateway/site/load.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import { faultCodes } from '../../protocols/contract/fault.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { instant, millis, seconds } from '../../protocols/contract/time.ts'
import { http } from '../../protocols/http/driver.ts'
import { FakeClock } from '../protocols/kit.ts'
import { alarmOf, good, siteOn } from './ground.ts'

const title = { zh: '过暖', en: 'too warm' }
const deed = { by: 'wang', at: instant(5) }

describe('an alarm as a Part 9 condition', () => {
  const of = (state: Alarm['state'], more: Partial<Alarm> = {}) => stateOf(alarmOf('r', state, more), { title }, 9)

  test('is retained until it is over, and only a person who has seen it makes it acknowledged', () => {
    expect(alarmStates.map(state => [state, of(state).retain, of(state).acked])).toEqual([
      ['normal', false, true],
      ['unacknowledged', true, false],
      ['acknowledged', true, false],
      ['returned-unacknowledged', true, false],
      ['latched-unacknowledged', true, false],
      ['latched-acknowledged', true, false],
      ['shelved', true, false],
      ['suppressed', true, false],
      ['out-of-service', true, false],
    ])
    expect(of('acknowledged', { acknowledged: { ...deed, comment: '' } }).acked).toBe(true)
    // What came again after it had been seen has not been seen.
    expect(of('unacknowledged', { acknowledged: { ...deed, comment: '' } }).acked).toBe(false)
  })
  test('says what keeps it quiet', () => {
    const shelved = { ...deed, until: instant(10), reason: 'noise', oneShot: true }
    expect(of('shelved', { shelved })).toMatchObject({ shelving: 'OneShotShelved', comment: 'noise', by: 'wang' })
    expect(of('shelved', { shelved: { ...shelved, oneShot: false } }).shelving).toBe('TimedShelved')
    expect(of('suppressed')).toMatchObject({ suppressed: true, outOfService: false, shelving: 'Unshelved' })
    expect(of('out-of-service')).toMatchObject({ suppressed: false, outOfService: true })
    expect(of('latched-acknowledged')).toMatchObject({ latched: true })
  })
  test('has the words of whoever spoke last', () => {
    const acknowledged = { by: 'wang', at: instant(1), comment: 'seen' }
    const confirmed = { by: 'li', at: instant(2), action: 'closed the door' }
    expect(of('acknowledged', { acknowledged, confirmed })).toMatchObject({
      comment: 'closed the door',
      by: 'li',
      confirmed: true,
    })
    expect(of('unacknowledged', { because: { zh: '门开着', en: 'the door is open' } }).message.en).toBe(
      'too warm: the door is open',
    )
  })
})

describe('a reading as a data value', () => {
  test('is good only where the gateway is sure', () => {
    expect(dataOf(good('a.b', 4, 7))).toEqual({ point: 'a.b', at: 7, value: 4, status: 'Good' })
    expect(dataOf({ ...good('a.b', 4, 7), quality: 'uncertain' } as never).status).toBe('Uncertain')
    expect(dataOf(good('a.b', 4, 7), true).status).toBe('UncertainLastUsableValue')
    for (const code of faultCodes) {
      const at = instant(7)
      const data = dataOf({ point: 'a.b' as PointId, at, receivedAt: at, quality: 'bad', fault: { code, detail: '' } })
      expect(data).toMatchObject({ value: null, status: expect.stringMatching(/^Bad/) })
    }
  })
  test('has the unit number that Part 8 makes of the common code', () => {
    // From the list of the OPC Foundation: CEL, P1, KWH, MTQ.
    expect(['°C', '%', 'kWh', 'm³', 'florins'].map(unitId)).toEqual([4_408_652, 20_529, 4_937_544, 5_067_857, -1])
  })
})

describe('a site as a SCADA sees it', () => {
  test('has each point with its scale and each rule with its bound', async () => {
    const face = faceOf(await siteOn(4840))
    expect(face.points.map(({ id, unit, labels }) => [id, unit, labels.length])).toEqual([
      ['cold-1.temperature', '°C', 0],
      ['cold-1.door', '', 2],
    ])
    const bounds = face.conditions.map(({ rule, shape, high, low }) => [rule, shape, high, low])
    expect(bounds).toContainEqual(['cold-1.temperature.too-warm', 'limit', 8, undefined])
    expect(bounds).toContainEqual(['cold-1.temperature.too-cold', 'limit', undefined, 0])
    expect(bounds).toContainEqual(['cold-1.temperature.silent', 'alarm', undefined, undefined])
    expect(JSON.parse(JSON.stringify(face))).toEqual(face)
  })
  test('takes no bound from a rule whose number is none', async () => {
    const [rule] = (await siteOn(4840)).rules
    if (!rule) throw new Error('no rule')
    for (const spec of [undefined, {}, { op: 'gt' }, { op: 'gt', value: Number.NaN }, { op: 'about', value: 3 }])
      expect(conditionFor({ ...rule, spec }).shape).toBe('alarm')
    expect(conditionFor({ ...rule, kind: 'state' }).shape).toBe('state')
    expect(both({ zh: 'A', en: 'A' })).toBe('A')
  })
})

describe('what may be asked', () => {
  test('is to look, and to have said again what is', () => {
    for (const name of services) expect(name).not.toMatch(/HistoryUpdate|AddNodes|DeleteNodes|References/)
    expect(isRepeating('ns=0;i=2782', 'ns=0;i=3875')).toBe(true)
    fc.assert(
      fc.property(fc.nat(20_000), fc.nat(20_000), (object, method) => {
        const may = isRepeating(`ns=0;i=${object}`, `ns=0;i=${method}`)
        return !may || ([2782, 2253].includes(object) && [3875, 12_912, 11_492, 12_873].includes(method))
      }),
    )
  })
  test('is asked by those who know a password, the slower the more they guess', async () => {
    const told: string[] = []
    const wall = new FakeClock()
    const accounts = [['scada', await hashPassword('watch-the-fridges')]] as const
    const door = new Doorkeeper({
      wall,
      accounts,
      clients: [],
      tell: what => told.push(what.say === 'refused' ? what.why : what.say),
    })
    for (let guess = 0; guess < 5; guess++) expect(await door.opensFor('scada', `guess-${guess}`, '10.0.0.9')).toBe(false)
    expect(await door.opensFor('scada', 'watch-the-fridges', '10.0.0.1')).toBe(false)
    await wall.passes(millis(2_000))
    expect(await door.opensFor('scada', 'watch-the-fridges', '10.0.0.1')).toBe(true)
    expect(await door.opensFor('nobody', 'watch-the-fridges', '10.0.0.1')).toBe(false)
    expect(told).toEqual([...Array.from({ length: 5 }, () => 'wrong-password'), 'waiting', 'entered', 'wrong-password'])
    // Whoever got in from there before does not wait for what somebody elsewhere guesses at his name.
    for (let guess = 0; guess < 9; guess++) await door.opensFor('scada', `guess-${guess}`, '10.0.0.9')
    expect(await door.opensFor('scada', 'watch-the-fridges', '10.0.0.2')).toBe(false)
    expect(await door.opensFor('scada', 'watch-the-fridges', '10.0.0.1')).toBe(true)
    const waited = told.length
    const crowd = await Promise.all(Array.from({ length: 20 }, (_, from) => door.opensFor(`n${from}`, 'x', `10.0.1.${from}`)))
    expect(crowd).not.toContain(true)
    expect(told.slice(waited).filter(why => why === 'busy')).toHaveLength(12)
    expect(door.knows(undefined)).toBe(false)
    expect(door.knows(Buffer.from('noise'))).toBe(false)
  })
})

describe('how the server does', () => {
  const ready = { say: 'ready', address: 'opc.tcp://here:4840/zhishou', fingerprint: 'ab'.repeat(32) } as const
  const counts = { say: 'counts', sessions: 2, refusedWrites: 3, refusedCalls: 1, turnedAway: 500 } as const

  test('is known from what its process says, and each trouble is news once', async () => {
    const wall = new FakeClock()
    const doctor = new FaceDoctor(wall)
    expect([doctor.report().state, doctor.troubles()]).toEqual(['starting', []])
    const taken = { say: 'trouble', why: 'listen EADDRINUSE: address already in use' } as const
    await wall.passes(seconds(3))
    expect([doctor.hear(taken), doctor.died('exit code 1'), doctor.hear(taken), doctor.died('exit code 1')]).toEqual([
      true,
      false,
      false,
      false,
    ])
    expect(doctor.report()).toMatchObject({ state: 'down', since: wall.now(), trouble: taken.why, counts: { restarts: 2 } })
    expect(doctor.troubles()[0]?.say.en).toContain('EADDRINUSE')
    expect(doctor.report().advice[0]?.en).toContain('another port')
    expect(doctor.hear(ready)).toBe(true)
    expect(doctor.report()).toMatchObject({ state: 'serving', address: ready.address, fingerprint: ready.fingerprint })
    expect([doctor.report().trouble, doctor.troubles()]).toEqual([undefined, []])
    // One that has served and ends by itself is news every time.
    expect(doctor.died('SIGKILL')).toBe(true)
    expect(doctor.report()).toMatchObject({ state: 'down', trouble: 'SIGKILL', counts: { sessions: 0 } })
  })
  test('says who came, what was refused and what to do about it', () => {
    const doctor = new FaceDoctor(new FakeClock())
    doctor.hear(ready)
    expect(doctor.report().advice).toEqual([])
    expect(doctor.hear({ say: 'entered', account: 'scada', from: '10.0.0.2' })).toBe(true)
    for (const [why, isNews] of [
      ['wrong-password', true],
      ['waiting', false],
      ['busy', false],
    ] as const)
      expect(doctor.hear({ say: 'refused', account: 'x', from: '10.0.0.9', why })).toBe(isNews)
    for (let more = 0; more < 30; more++) doctor.hear({ say: 'refused', account: 'x', from: '10.0.0.9', why: 'waiting' })
    expect(doctor.hear(counts)).toBe(false)
    const { visits, advice } = doctor.report()
    expect([visits.length, visits[0]?.outcome]).toEqual([20, 'waiting'])
    expect(doctor.counts).toEqual({
      sessions: 2,
      refusedWrites: 3,
      refusedCalls: 1,
      turnedAway: 500,
      refusedLogins: 33,
      restarts: 0,
    })
    expect(advice.map(({ en }) => /\d+/.exec(en)?.[0])).toEqual(['4', '33', '500'])
    expect(figuresOf(doctor.report())).toMatchObject({
      opcua_server_up: 1,
      opcua_server_sessions: 2,
      opcua_server_turned_away_total: 500,
    })
    expect(figuresOf(undefined)).toEqual({})
    doctor.hear({ say: 'trouble', why: 'listen EACCES: permission denied 0.0.0.0:102' })
    expect(doctor.report().advice[0]?.en).toContain('host and port')
    expect(figuresOf(doctor.report())['opcua_server_up']).toBe(0)
  })
})

describe('the turnstile', () => {
  const bounds = {
    strangers: 4,
    strangersOfAddress: 2,
    comings: { atOnce: 50, perSecond: 10 },
    comingsOfAddress: { atOnce: 5, perSecond: 1 },
    bytesBefore: 100,
    tries: 2,
    patience: seconds(10),
  }
  function stand() {
    const wall = new FakeClock()
    const turnstile = new Turnstile({ wall, bounds })
    const out: string[] = []
    let port = 0
    const come = (address: string): string | undefined => {
      const knock = { address, port: ++port, hangUp: () => out.push(address) }
      return turnstile.admits(knock) ? wayOf(knock) : undefined
    }
    return { wall, turnstile, out, come }
  }

  test('gives each address its share and makes room in a full queue by showing out the first', () => {
    const { turnstile, out, come } = stand()
    expect(['a', 'a', 'a', 'b', 'c'].map(address => come(address) !== undefined)).toEqual([true, true, false, true, true])
    expect([out, turnstile.turnedAway, turnstile.inside]).toEqual([[], 1, { strangers: 4, known: 0 }])
    expect(come('d')).toBeDefined()
    expect([out, turnstile.turnedAway, turnstile.inside.strangers]).toEqual([['a'], 2, 4])
  })
  test('never asks those to make room over whose connection somebody has signed in', async () => {
    const { wall, turnstile, out, come } = stand()
    const scada = come('s') ?? ''
    turnstile.signedIn(scada)
    turnstile.says(scada, 1_000_000)
    for (let count = 0; count < 20; count++) come(`x${count}`)
    await wall.passes(seconds(60))
    for (let count = 0; count < 20; count++) expect(turnstile.mayTry(scada)).toBe(true)
    expect(out).not.toContain('s')
    expect(turnstile.inside).toEqual({ strangers: 0, known: 1 })
    // Signed out he stands in the queue like everybody, and not for long.
    turnstile.signedOut(scada)
    turnstile.signedOut(scada)
    await wall.passes(seconds(11))
    expect([out.at(-1), turnstile.inside]).toEqual(['s', { strangers: 0, known: 0 }])
  })
  test('shows out who says too much, tries too often or stays too long, and forgets who goes', async () => {
    const { wall, turnstile, out, come } = stand()
    const [loud, guesser, sitter, leaver] = ['l', 'g', 's', 'v'].map(address => come(address) ?? '') as [
      string,
      string,
      string,
      string,
    ]
    turnstile.says(loud, 60)
    expect(out).toEqual([])
    turnstile.says(loud, 60)
    expect([1, 2, 3, 4].map(() => turnstile.mayTry(guesser))).toEqual([true, true, false, false])
    turnstile.gone(leaver)
    for (const way of [loud, leaver]) turnstile.signedIn(way)
    await wall.passes(seconds(11))
    expect([out, turnstile.inside]).toEqual([['l', 'g', 's'], { strangers: 0, known: 0 }])
    turnstile.says(sitter, 1)
  })
  test('lets an address come only so often, and all together only so often', async () => {
    const { wall, turnstile, come } = stand()
    const pass = (address: string): boolean => {
      const way = come(address)
      if (way !== undefined) turnstile.gone(way)
      return way !== undefined
    }
    expect(Array.from({ length: 8 }, () => pass('a')).filter(Boolean)).toHaveLength(5)
    await wall.passes(seconds(2))
    expect(Array.from({ length: 8 }, () => pass('a')).filter(Boolean)).toHaveLength(2)
    const crowd = Array.from({ length: 80 }, (_, of) => pass(`c${of}`)).filter(Boolean)
    expect(crowd.length).toBeGreaterThan(40)
    expect(crowd.length).toBeLessThanOrEqual(50)
  })
  test.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:0DB8::9', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['1::', '1:0:0:0'],
  ])('counts %s among %s', (address, of) => expect(neighbourhood(address)).toBe(of))
})

describe('the block of the site file', () => {
  async function problems(block: string): Promise<readonly string[]> {
    const text = `site: { id: a, name: A }\nconnections: { push: { protocol: http } }\nopcuaServer: ${block}\nareas:\n  hall: { name: Hall, equipment: { t: { type: rack-sensor, connection: push, points: { temperature: {} } } } }\n`
    const loaded = readSite([{ name: 'site.yaml', text }], {}, [http], await loadShelf())
    return loaded.problems.filter(({ severity }) => severity === 'error').map(({ code, path }) => `${path}: ${code}`)
  }
  test.each([
    ['{ accounts: { scada: watch-the-fridges } }', []],
    ['{}', ['opcuaServer: missing']],
    ['{ accounts: {} }', ['opcuaServer.accounts: missing']],
    ['{ accounts: { scada: short } }', ['opcuaServer.accounts.scada: weak-passphrase']],
    ['{ accounts: { scada: 12345678 } }', ['opcuaServer.accounts.scada: wrong-type']],
    ['{ accounts: { s: long-enough }, port: 0 }', ['opcuaServer.port: bad-count']],
    ['{ accounts: { s: long-enough }, sessions: 1.5 }', ['opcuaServer.sessions: bad-count']],
    ['{ accounts: { s: long-enough }, clients: [AB] }', ['opcuaServer.clients.0: bad-value']],
    ['{ accounts: { s: long-enough }, policies: [None] }', ['opcuaServer.policies.0: unknown-word']],
    ['{ accounts: { s: long-enough }, anonymous: true }', ['opcuaServer.anonymous: unknown-key']],
  ])('%s', async (block, expected) => {
    expect(await problems(block)).toEqual(expected)
  })
})
