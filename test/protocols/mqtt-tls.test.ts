import { execFileSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Clock } from '../../protocols/contract/time.ts'
import { instant, millis } from '../../protocols/contract/time.ts'
import { makeCertificate } from '../../protocols/mqtt/certificate.ts'
import { mqttBroker, mqttClient } from '../../protocols/mqtt/driver.ts'
import { binding, freePort, Gateway, isGood, point, realClock, run } from './kit.ts'
import { hasOpenssl, Papers } from './peers/papers.ts'
import { hasMosquitto, mosquittoPub, startMosquittoWith } from './peers/programs.ts'

const level = binding('tank-1.level', {})
const now = instant(Date.parse('2026-11-22T08:00:00Z'))

describe('a certificate of our own making', () => {
  test('is one to Node: names, validity, its own signature', () => {
    const { cert, key } = makeCertificate(['gateway.local', '192.168.1.5', '::1', 'fd00::12:0:5'], now)
    const made = new X509Certificate(cert)

    expect(made.verify(made.publicKey)).toBe(true)
    expect(made.ca).toBe(false)
    expect(made.checkHost('gateway.local')).toBe('gateway.local')
    expect(['192.168.1.5', '::1', 'fd00::12:0:5'].map(address => made.checkIP(address))).not.toContain(undefined)
    expect(made.checkIP('192.168.1.6')).toBeUndefined()
    expect(new Date(made.validTo).getUTCFullYear()).toBe(2036)
    expect(made.checkPrivateKey(createPrivateKey(key))).toBe(true)
  })

  test('keeps its key when it is renewed, also beyond 2049', () => {
    const first = makeCertificate(['a'], now)
    const second = makeCertificate(['a', 'b'], instant(Date.parse('2045-01-01T00:00:00Z')), first.key)

    expect(second.key).toBe(first.key)
    expect(new X509Certificate(second.cert).validTo).toContain('2055')
  })

  test('is well formed whatever its names', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,60}(\.[a-z]{2,8})?$/)
    fc.assert(
      fc.property(fc.array(fc.oneof(name, fc.ipV4(), fc.ipV6()), { minLength: 1, maxLength: 60 }), names => {
        const made = new X509Certificate(makeCertificate(names, now).cert)
        return made.verify(made.publicKey) && made.subjectAltName !== undefined
      }),
      { numRuns: 40 },
    )
  })

  test.skipIf(!hasOpenssl())('is one to openssl', () => {
    const folder = mkdtempSync(join(tmpdir(), 'zhishou-own-'))
    const file = join(folder, 'own.pem')
    writeFileSync(file, makeCertificate(['localhost', '127.0.0.1'], now).cert)
    const said = execFileSync(
      '/usr/bin/openssl',
      ['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_ip', '127.0.0.1', '-CAfile', file, file],
      { encoding: 'utf8' },
    )
    rmSync(folder, { recursive: true })

    expect(said).toContain('OK')
  })
})

describe.skipIf(!hasOpenssl() || !hasMosquitto())('TLS', () => {
  let papers: Papers
  beforeAll(() => {
    papers = new Papers()
    papers.authority('house')
    papers.authority('stranger')
    papers.sign('house', 'broker', { alternative: 'IP:127.0.0.1,DNS:broker.house' })
    papers.sign('house', 'elsewhere', { alternative: 'DNS:broker.house' })
    papers.sign('house', 'expired', { days: -1 })
    papers.sign('stranger', 'foreign')
    papers.sign('house', 'tank-1')
    papers.sign('house', 'unknown')
    papers.sign('house', 'by-name', { common: 'Sensor 7', alternative: 'DNS:tank-1' })
    papers.sign('stranger', 'false-tank', { common: 'tank-1' })
  })
  afterAll(() => rmSync(papers.folder, { recursive: true, force: true }))

  const withTls = (): object => ({ cert: papers.cert('broker'), key: papers.key('broker'), ca: papers.cert('house') })

  async function ours(
    settings: object,
    wall: Clock = realClock,
    folder?: string,
  ): Promise<{ host: Gateway; tls: number; stop: () => Promise<void>; driver: ReturnType<typeof run>['driver'] }> {
    const [port, tls] = [await freePort(), await freePort()]
    const host = new Gateway(realClock, wall, folder)
    const { tls: tlsSettings, ...rest } = settings as { tls: object }
    const { driver } = run(mqttBroker, { port, tls: { port: tls, ...tlsSettings }, ...rest }, [level], host)
    await host.until('up or down', () => host.links.length > 0)
    return { host, tls, driver, stop: () => driver.stop() }
  }

  const say = (port: number, ...args: string[]): Promise<number> =>
    mosquittoPub(port, ['-q', '1', '-t', 'devices/tank-1/level', '-m', '7', ...args])
  const asTank = (): string[] => [
    '--cafile',
    papers.cert('house'),
    '--cert',
    papers.cert('tank-1'),
    '--key',
    papers.key('tank-1'),
  ]

  test('mosquitto_pub logs in with a password over it, and only trusts the certificate it should', async () => {
    const { host, tls, stop } = await ours({ accounts: { 'tank-1': 'secret' }, tls: { ...withTls(), clientCerts: 'off' } })

    expect(await say(tls, '-u', 'tank-1', '-P', 'secret', '--cafile', papers.cert('house'))).toBe(0)
    await host.until('the level', () => isGood(host.last(point('tank-1.level'))))
    expect(await say(tls, '-u', 'tank-1', '-P', 'wrong', '--cafile', papers.cert('house'))).not.toBe(0)
    expect(await say(tls, '-u', 'tank-1', '-P', 'secret', '--cafile', papers.cert('stranger'))).not.toBe(0)
    await stop()
  })

  test.each(['asked', 'required'])('a client certificate is the account where it is %s', async clientCerts => {
    const { host, tls, driver, stop } = await ours({
      accounts: { 'tank-1': { certificate: true }, 'tank-2': 'secret' },
      tls: { ...withTls(), clientCerts },
    })

    expect(await say(tls, ...asTank())).toBe(0)
    await host.until('the level', () => isGood(host.last(point('tank-1.level'))))
    const byName = ['--cafile', papers.cert('house'), '--cert', papers.cert('by-name'), '--key', papers.key('by-name')]
    expect(await say(tls, ...byName)).toBe(0)
    const byOthers = ['--cafile', papers.cert('house'), '--cert', papers.cert('false-tank'), '--key', papers.key('false-tank')]
    expect(await say(tls, ...byOthers)).not.toBe(0)
    const unknown = ['--cafile', papers.cert('house'), '--cert', papers.cert('unknown'), '--key', papers.key('unknown')]
    expect(await say(tls, ...unknown)).not.toBe(0)
    // A certificate does not open another account than its own.
    expect(await say(tls, ...asTank(), '-u', 'tank-2')).not.toBe(0)
    const without = await mosquittoPub(tls, [
      '-q',
      '1',
      '-u',
      'tank-2',
      '-P',
      'secret',
      '-t',
      'devices/tank-2/x',
      '-m',
      '1',
      '--cafile',
      papers.cert('house'),
    ])
    expect(without === 0).toBe(clientCerts === 'asked')
    expect(driver.counters?.()['mqtt_refused_certificate']).toBeGreaterThan(0)
    await stop()
  })

  test('only the pinned certificate opens an account that names one', async () => {
    const { tls, stop } = await ours({
      accounts: { 'tank-1': { fingerprint: papers.fingerprint('by-name') } },
      tls: { ...withTls(), clientCerts: 'required' },
    })

    expect(await say(tls, ...asTank())).not.toBe(0)
    expect(
      await say(tls, '--cafile', papers.cert('house'), '--cert', papers.cert('by-name'), '--key', papers.key('by-name')),
    ).toBe(0)
    await stop()
  })

  test('without papers the gateway makes its own, keeps it, and mosquitto_pub can trust it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zhishou-own-'))
    const file = join(folder, 'broker-cert.pem')
    const first = await ours({ accounts: { 'tank-1': 'secret' }, tls: {} }, realClock, folder)
    expect(await say(first.tls, '-u', 'tank-1', '-P', 'secret', '--cafile', file)).toBe(0)
    const before = readFileSync(file, 'utf8')
    await first.stop()
    const second = await ours({ accounts: { 'tank-1': 'secret' }, tls: { names: ['gateway.school'] } }, realClock, folder)
    expect(await say(second.tls, '-u', 'tank-1', '-P', 'secret', '--cafile', file)).toBe(0)
    await second.stop()

    expect(new X509Certificate(before).publicKey.equals(new X509Certificate(readFileSync(file)).publicKey)).toBe(true)
    expect(new X509Certificate(readFileSync(file)).checkHost('gateway.school')).toBeDefined()
    rmSync(folder, { recursive: true })
  })

  test('a certificate that is put in the place of the old one is shown from then on, and a broken one is not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zhishou-own-'))
    const [cert, key] = [join(folder, 'c.pem'), join(folder, 'k.pem')]
    const put = (name: string): void => {
      copyFileSync(papers.key(name), key)
      copyFileSync(papers.cert(name), cert)
    }
    put('broker')
    // A minute of this one is a tenth of a second.
    const hasty: Clock = {
      now: () => realClock.now(),
      after: (delay, act) => realClock.after(millis(delay >= 60_000 ? 100 : delay), act),
    }
    const { tls, stop, driver } = await ours(
      { accounts: { 'tank-1': 'secret' }, tls: { cert: 'c.pem', key: 'k.pem', clientCerts: 'off' } },
      hasty,
      folder,
    )
    const shown = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect({ port: tls, host: '127.0.0.1', rejectUnauthorized: false }, () => {
          resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '')
          socket.destroy()
        })
        socket.on('error', reject)
      })
    const becomes = async (fits: () => Promise<boolean>): Promise<void> => {
      while (!(await fits())) await new Promise(resolve => setTimeout(resolve, 50))
    }

    expect(await shown()).toBe(papers.fingerprint('broker'))
    put('elsewhere')
    await becomes(async () => (await shown()) === papers.fingerprint('elsewhere'))
    writeFileSync(cert, 'nothing of the kind')
    await becomes(() => Promise.resolve((driver.counters?.()['mqtt_refused_certificate'] ?? 0) > 0))
    expect(await shown()).toBe(papers.fingerprint('elsewhere'))
    await stop()
    rmSync(folder, { recursive: true })
  })

  test.each([
    ['a file that is not there', { cert: '/nowhere/c.pem', key: '/nowhere/k.pem' }, /cannot be read/],
    ['a certificate that has expired', { cert: 'expired', key: 'expired' }, /expired on/],
    ['a key of another certificate', { cert: 'broker', key: 'expired' }, /cannot be used/],
  ])('%s is said, and the broker does not come up without its lock', async (_, { cert, key }, expected) => {
    const place = (name: string, of: (name: string) => string): string => (name.startsWith('/') ? name : of(name))
    const { host, stop } = await ours({
      accounts: { 'tank-1': 'secret' },
      tls: { cert: place(cert, papers.cert), key: place(key, papers.key) },
    })

    expect(host.downs[0]).toMatchObject({ code: 'refused', detail: expect.stringMatching(expected) as string })
    await stop()
  })

  describe('to mosquitto', () => {
    async function through(
      server: string,
      settings: object,
      more = '',
    ): Promise<{ host: Gateway; stop: () => Promise<void>; port: number }> {
      const port = await freePort()
      const peer = await startMosquittoWith(
        port,
        `user root\nlistener ${port} 127.0.0.1\nallow_anonymous true\ncertfile ${papers.cert(server)}\nkeyfile ${papers.key(server)}\n${more}\n`,
      )
      const { host, driver } = run(mqttClient, { url: `mqtts://127.0.0.1:${port}`, ...settings }, [level])
      await host.until('up or down', () => host.links.length > 0)
      return {
        host,
        port,
        async stop() {
          await driver.stop()
          await peer.stop()
        },
      }
    }

    test('messages come through it', async () => {
      const { host, port, stop } = await through('broker', { ca: papers.cert('house') })
      expect(await say(port, '--cafile', papers.cert('house'))).toBe(0)
      await host.until('the level', () => isGood(host.last(point('tank-1.level'))))
      await stop()

      expect(host.links).toEqual(['up'])
    })

    test.each<[string, string, () => object]>([
      ['a pinned certificate of nobody', 'foreign', () => ({ fingerprint: papers.fingerprint('foreign') })],
      ['a name that is written', 'elsewhere', () => ({ ca: papers.cert('house'), serverName: 'broker.house' })],
      ['the authority as a text', 'broker', () => ({ ca: readFileSync(papers.cert('house'), 'utf8') })],
    ])('%s is trusted', async (_, server, settings) => {
      const { host, stop } = await through(server, settings())
      await stop()

      expect(host.links).toEqual(['up'])
    })

    test.each<[string, string, () => object, RegExp]>([
      ['an expired certificate', 'expired', () => ({ ca: papers.cert('house') }), /has expired/],
      ['a pinned one that has expired', 'expired', () => ({ fingerprint: papers.fingerprint('expired') }), /has expired/],
      ['one of another authority', 'foreign', () => ({ ca: papers.cert('house') }), /signed by nobody known here/],
      ['one of no known authority', 'broker', () => ({}), /signed by nobody known here/],
      ['one for another name', 'elsewhere', () => ({ ca: papers.cert('house') }), /for another name/],
      [
        'another than the pinned one',
        'broker',
        () => ({ fingerprint: papers.fingerprint('foreign') }),
        /another certificate than the pinned one/,
      ],
      ['a file that is not there', 'broker', () => ({ ca: '/nowhere/ca.pem' }), /ca cannot be read/],
    ])('%s is refused, before a password goes out', async (_, server, settings, expected) => {
      const { host, stop } = await through(server, { ...settings(), username: 'tank-1', password: 'secret' })
      await stop()

      expect(host.downs[0]).toMatchObject({ code: 'refused', detail: expect.stringMatching(expected) as string })
      expect(host.ups).toBe(0)
    })

    test('that wants a certificate of the gateway is shown it, and what is missing is said', async () => {
      const demand = `cafile ${papers.cert('house')}\nrequire_certificate true`
      const own = { ca: papers.cert('house'), cert: papers.cert('tank-1'), key: papers.key('tank-1') }
      const good = await through('broker', own, demand)
      await good.stop()
      const bad = await through('broker', { ca: papers.cert('house') }, demand)
      await bad.stop()

      expect(good.host.links).toEqual(['up'])
      expect(bad.host.downs[0]).toMatchObject({ code: 'refused', detail: expect.stringMatching(/write cert and key/) as string })
    })
  })
})
