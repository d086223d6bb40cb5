import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import { opcua } from '../../protocols/opcua/driver.ts'
import { revokedBy } from '../../protocols/opcua/revoked.ts'
import type { Judged } from '../../protocols/opcua/trust.ts'
import { judge, plain, readShelf, shown } from '../../protocols/opcua/trust.ts'
import { binding, codeOf, freePort, isGood, point, run } from './kit.ts'
import type { OpcuaPeer } from './peers/opcua.ts'
import { startOpcua } from './peers/opcua.ts'

const day = 86_400_000
/** After the certificates below were made. */
const now = instant(Date.now() + day)

/** Certificates made by openssl, which nobody here wrote. */
describe('whether a server is the one that is meant', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-trust-'))
  const shelf = join(folder, 'trusted')
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const der = (name: string): Buffer => new X509Certificate(readFileSync(join(folder, `${name}.pem`))).raw
  const key = ['-newkey', 'rsa:2048', '-nodes']
  const self = (name: string, subject: string, more: string[] = []): void =>
    openssl('req', '-x509', ...key, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', subject, '-days', '30', ...more)
  const issue = (name: string, names: string): void => {
    openssl(
      'req',
      ...key,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
      '-addext',
      `subjectAltName=${names}`,
    )
    openssl('ca', '-batch', '-config', 'ca.cnf', '-in', `${name}.csr`, '-out', `${name}.pem`, '-notext')
  }
  beforeAll(() => {
    mkdirSync(shelf)
    writeFileSync(
      join(folder, 'ca.cnf'),
      '[ca]\ndefault_ca=d\n[d]\ndir=.\ndatabase=./index.txt\nnew_certs_dir=.\nserial=./serial\ncrlnumber=./crlnumber\ncertificate=./ca.pem\nprivate_key=./ca.key\ndefault_md=sha256\npolicy=p\ndefault_days=30\ndefault_crl_days=30\ncopy_extensions=copy\n[p]\ncommonName=supplied\n',
    )
    writeFileSync(join(folder, 'index.txt'), '')
    writeFileSync(join(folder, 'serial'), '1000\n')
    writeFileSync(join(folder, 'crlnumber'), '01\n')
    self('ca', '/CN=Plant authority', ['-addext', 'basicConstraints=critical,CA:TRUE'])
    self('forged', '/CN=Plant authority', ['-addext', 'basicConstraints=critical,CA:TRUE'])
    self('plc', '/CN=PLC 7', ['-addext', 'subjectAltName=IP:10.0.0.7,DNS:plc-7'])
    issue('boiler', 'IP:10.0.0.8')
    issue('old', 'IP:10.0.0.9')
    openssl('ca', '-config', 'ca.cnf', '-revoke', 'old.pem')
    openssl('ca', '-config', 'ca.cnf', '-gencrl', '-out', 'plant.crl')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const put = (...names: string[]): void => {
    rmSync(shelf, { recursive: true, force: true })
    mkdirSync(join(shelf, 'certs'), { recursive: true })
    for (const name of names) writeFileSync(join(shelf, 'certs', name), readFileSync(join(folder, name)))
  }
  const ask = async (name: string, host: string, trust?: string, at = now): Promise<Judged> =>
    judge({ certificate: der(name), trust, host, now: at, folder: shelf, shelf: await readShelf(shelf) })
  const fingerprint = (name: string): string => plain(new X509Certificate(der(name)).fingerprint256)

  test('an unknown certificate is refused and named, with what to write', async () => {
    put()
    const judged = await ask('plc', '10.0.0.7')
    expect(judged).toMatchObject({ trusted: false, fault: { code: 'refused' } })
    expect(judged.advice[0]?.en).toContain(`trust: '${fingerprint('plc')}'`)
    expect(judged.advice[0]?.zh).toContain(shown(fingerprint('plc')))
    expect(judged.advice[0]?.zh).toContain('PLC 7')
  })
  test('a fingerprint trusts exactly that one, also when its dates are over, and says so', async () => {
    put()
    expect(await ask('plc', '10.0.0.7', fingerprint('plc'))).toEqual({ trusted: true, advice: [] })
    expect(await ask('plc', '10.0.0.7', plain(new X509Certificate(der('plc')).fingerprint))).toMatchObject({ trusted: true })
    const late = await ask('plc', '192.168.1.1', fingerprint('plc'), instant(now + 60 * day))
    expect(late).toMatchObject({ trusted: true })
    expect(late.advice.map(({ en }) => en)).toEqual([expect.stringContaining('expired'), expect.stringContaining('192.168.1.1')])
    expect(await ask('boiler', '10.0.0.8', fingerprint('plc'))).toMatchObject({ trusted: false })
  })
  test('a certificate of the folder must be within its dates', async () => {
    put('plc.pem')
    expect(await ask('plc', '10.0.0.7')).toMatchObject({ trusted: true, advice: [] })
    expect(await ask('plc', '10.0.0.7', undefined, instant(now + 60 * day))).toMatchObject({
      trusted: false,
      advice: [{ en: expect.stringContaining('expired') }],
    })
    expect(await ask('plc', '10.0.0.7', undefined, instant(now - 60 * day))).toMatchObject({
      trusted: false,
      advice: [{ en: expect.stringContaining('not valid yet') }],
    })
  })
  test('what an authority of the folder issued is trusted for its own host, unless it was revoked or forged', async () => {
    put('ca.pem')
    expect(await ask('boiler', '10.0.0.8')).toMatchObject({ trusted: true })
    expect(await ask('boiler', '10.0.0.9')).toMatchObject({
      trusted: false,
      advice: [{ en: expect.stringContaining('another host') }],
    })
    put('forged.pem')
    expect(await ask('boiler', '10.0.0.8')).toMatchObject({ trusted: false })
    put('ca.pem', 'plant.crl')
    expect(await ask('boiler', '10.0.0.8')).toMatchObject({ trusted: true })
    expect(await ask('old', '10.0.0.9')).toMatchObject({ trusted: false, advice: [{ en: expect.stringContaining('revoked') }] })
    expect(await ask('old', '10.0.0.9', fingerprint('old'))).toMatchObject({ trusted: false })
    expect(await ask('old', '10.0.0.9', 'any')).toMatchObject({ trusted: false })
  })
  test('any is any, and is warned about', async () => {
    put()
    const judged = await ask('plc', '10.0.0.7', 'any')
    expect(judged).toMatchObject({ trusted: true })
    expect(judged.advice[0]?.en).toContain('anybody')
  })
  test('no bytes are a certificate or a list by accident', async () => {
    put()
    const empty = await readShelf(shelf)
    const list = readFileSync(join(folder, 'plant.crl'))
    expect(revokedBy(list)).toEqual(['1001'])
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(list.length), (noise, cut) => {
        expect(judge({ certificate: noise, trust: undefined, host: 'x', now, folder: shelf, shelf: empty }).trusted).toBe(false)
        revokedBy(Buffer.concat([list.subarray(0, cut), noise]))
      }),
    )
  })
})

describe('a server over a secured channel', () => {
  let peer: OpcuaPeer
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-trusting-'))
  beforeAll(async () => {
    peer = await startOpcua(await freePort())
  })
  afterAll(async () => {
    await peer?.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  })
  const temperature = point('room.temperature')
  const bound = [binding('room.temperature', { node: 'ns=1;s=temperature' })]
  const settings = (more: Record<string, unknown>): Record<string, unknown> => ({
    endpoint: peer.endpoint,
    security: 'sign-and-encrypt',
    publishEvery: '100ms',
    folder,
    ...more,
  })

  test('is refused while nobody has said that it is the right one, and the report says what to write', async () => {
    const { host, driver } = run(opcua, settings({}), bound)
    await host.until('down', () => host.downs.length > 0)
    const advice = driver
      .report?.()
      .devices[0]?.advice.map(({ en }) => en)
      .join('\n')
    await driver.stop()
    expect(host.downs[0]).toMatchObject({ code: 'refused', detail: expect.stringContaining(shown(peer.fingerprint)) })
    expect(codeOf(host.last(temperature))).toBe('refused')
    expect(advice).toContain(`trust: '${peer.fingerprint}'`)
  })
  test.each(['Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss'])(
    'is read over %s once it is trusted',
    async policy => {
      const { host, driver } = run(opcua, settings({ policy, trust: shown(peer.fingerprint) }), bound)
      await host.until('good', () => isGood(host.last(temperature)))
      await driver.stop()
      expect(host.downs).toEqual([])
    },
  )
  test('is read once its certificate lies in the trusted folder', async () => {
    mkdirSync(join(folder, 'trusted'), { recursive: true })
    writeFileSync(join(folder, 'trusted', 'server.der'), peer.certificate)
    const { host, driver } = run(opcua, settings({}), bound)
    await host.until('good', () => isGood(host.last(temperature)))
    await driver.stop()
    expect(host.downs).toEqual([])
  })
  test('is refused when it shows another certificate than the one that is written', async () => {
    const { host, driver } = run(opcua, settings({ trust: 'ab'.repeat(32) }), bound)
    await host.until('down', () => host.downs.length > 0)
    await driver.stop()
    expect(host.downs[0]?.detail).toContain('another certificate')
  })
})

describe('settings of a connection', () => {
  const problems = (settings: Record<string, unknown>): readonly string[] => {
    const prepared = opcua.prepare('line', { endpoint: 'opc.tcp://10.0.0.7:4840', ...settings }, [])
    return prepared.ok ? [] : prepared.problems.map(({ path, wrong }) => `${path.join('.')}: ${wrong.en}`)
  }
  test('tell each mistake by its place', () => {
    expect(problems({ security: 'sign', trust: 'AB:CD' })).toEqual(['trust: AB:CD is no fingerprint of a certificate'])
    expect(problems({ trust: 'any' })).toEqual([expect.stringContaining('with security: none no certificate is looked at')])
    expect(problems({ userCertificate: 'a.pem' })).toEqual([expect.stringMatching(/^userKey: .*belong together/)])
    expect(problems({ policy: 'Basic128' })).toEqual([expect.stringMatching(/^policy: /)])
    expect(problems({ bridge: '1ms' })).toEqual([expect.stringMatching(/^bridge: /)])
    expect(problems({ security: 'sign', trust: 'any', policy: 'Aes256_Sha256_RsaPss', bridge: '1h' })).toEqual([])
  })
})
