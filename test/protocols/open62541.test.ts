import type { ChildProcess } from 'node:child_process'
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { opcua } from '../../protocols/opcua/driver.ts'
import { asScada, good, password, startFace } from '../outlets/ground.ts'
import { binding, freePort, isGood, point, run } from './kit.ts'
import { wireTo } from './peers/cut.ts'

/** The program that `peers/open62541.c` makes: no distribution packages the library, so it is built by hand, as docs/decisions.md 44 says. */
const program = process.env['OPEN62541'] ?? ''
const temperature = point('room.temperature')
const bound = [binding('room.temperature', { node: 'ns=1;s=temperature' })]
const soon = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

describe.skipIf(program === '')('open62541, which shares nothing with the library of the gateway', () => {
  let folder = ''
  const at = (name: string): string => join(folder, name)
  const running = new Set<ChildProcess>()
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'zhishou-62541-'))
    const subject = 'subjectAltName=URI:urn:open62541:peer,DNS:localhost,IP:127.0.0.1'
    const usage = 'keyUsage=digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment,keyCertSign'
    const extended = 'extendedKeyUsage=serverAuth,clientAuth'
    const extensions = [subject, usage, extended].flatMap(one => ['-addext', one])
    const made = ['-keyout', at('key.pem'), '-out', at('certificate.pem')]
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=peer', ...extensions, ...made],
      {
        stdio: 'ignore',
      },
    )
    execFileSync('openssl', ['x509', '-in', at('certificate.pem'), '-outform', 'der', '-out', at('certificate.der')])
    execFileSync('openssl', ['rsa', '-in', at('key.pem'), '-outform', 'der', '-out', at('key.der')], { stdio: 'ignore' })
  })
  afterAll(async () => {
    await Promise.all([...running].map(leave))
    rmSync(folder, { recursive: true, force: true })
  })

  function begin(...args: readonly string[]): { readonly child: ChildProcess; readonly said: () => readonly string[] } {
    const child = spawn(program, [...args.slice(0, 2), at('certificate.der'), at('key.der'), ...args.slice(2)], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    running.add(child)
    let heard = ''
    child.stdout.on('data', (bytes: Buffer) => (heard += bytes.toString()))
    return { child, said: () => heard.split('\n').filter(line => /^[a-z]+( |$)/.test(line)) }
  }
  const leave = async (child: ChildProcess): Promise<void> => {
    running.delete(child)
    if (child.exitCode !== null) return
    const gone = new Promise(resolve => child.once('exit', resolve))
    child.stdin?.end('\n')
    await gone
  }

  describe('as a server', () => {
    let port = 0
    let trust = ''
    beforeAll(async () => {
      port = await freePort()
      const { said } = begin('serve', String(port))
      await vi.waitFor(() => expect(said()).toContain('ready'), { timeout: 120_000 })
      trust = createHash('sha256')
        .update(await readFile(at('certificate.der')))
        .digest('hex')
    })
    const endpoint = (): string => `opc.tcp://127.0.0.1:${port}`

    test.each([
      ['none', {}],
      ['sign', { security: 'sign', policy: 'Basic256Sha256' }],
      ['Basic256Sha256', { security: 'sign-and-encrypt', policy: 'Basic256Sha256' }],
      ['Aes128_Sha256_RsaOaep', { security: 'sign-and-encrypt', policy: 'Aes128_Sha256_RsaOaep' }],
      ['Aes256_Sha256_RsaPss', { security: 'sign-and-encrypt', policy: 'Aes256_Sha256_RsaPss' }],
      ['a user', { security: 'sign-and-encrypt', username: 'watch', password: 'man-of-war' }],
    ])('is read over %s', async (_, settings) => {
      const secure = 'security' in settings ? { trust } : {}
      const { host, driver } = run(opcua, { endpoint: endpoint(), publishEvery: '100ms', ...settings, ...secure }, bound)
      await host.until('three values', () => host.of(temperature).filter(isGood).length >= 3, 30_000)
      await driver.stop()
    })

    test('refuses a wrong password, and that is said', async () => {
      const settings = { endpoint: endpoint(), security: 'sign-and-encrypt', trust, username: 'watch', password: 'wrong' }
      const { host, driver } = run(opcua, settings, bound)
      await host.until('down', () => host.downs.length > 0, 30_000)
      await driver.stop()
      expect(host.downs[0]?.code).toBe('refused')
    })

    test('is looked around in: the node is found as it is written', async () => {
      const { driver } = run(opcua, { endpoint: endpoint() }, [])
      const found: unknown[] = []
      for await (const step of driver.scan?.({ most: 50 }, AbortSignal.timeout(20_000)) ?? [])
        if (step.step === 'found') found.push(...(step.found.points ?? []))
      await driver.stop()
      expect(found).toContainEqual(expect.objectContaining({ settings: { node: 'ns=1;s=temperature' }, name: 'Temperature' }))
    })

    test('loses no sample over a cut, because what it kept is asked for again', async () => {
      const wire = await wireTo(port)
      const settings = { endpoint: `opc.tcp://127.0.0.1:${wire.port}`, publishEvery: '50ms' }
      const { host, driver } = run(opcua, settings, bound)
      const told = (): readonly number[] =>
        [
          ...new Set(host.of(temperature).flatMap(({ quality, value }) => (quality === 'good' ? [value as number] : []))),
        ].toSorted((a, b) => a - b)
      await host.until('up and told', () => told().length > 5, 30_000)
      wire.cut()
      await host.until('down', () => host.downs.length === 1, 20_000)
      await soon(1_500)
      wire.mend()
      await host.until('up again', () => host.ups === 2, 30_000)
      const back = told().at(-1) ?? 0
      await host.until('told on', () => (told().at(-1) ?? 0) > back + 10, 20_000)
      await driver.stop()
      await wire.stop()
      // The server counts up by one each 50 ms and samples as often, which now and then skips one; a cut of over a second is a gap of 30.
      const steps = told()
        .slice(1)
        .map((value, index) => value - (told()[index] ?? value))
      expect(Math.max(...steps)).toBeLessThan(5)
      expect(driver.counters?.()).toMatchObject({ opcuaResumed: 1, opcuaGaps: 0, opcuaLostMessages: 0 })
    })
  })

  test('as a SCADA reads and hears what the gateway shows, and gets no further', async () => {
    const ground = await startFace({ latest: [good('cold-1.temperature', 4.5)] })
    const { userName = '' } = asScada() as { userName?: string }
    const { child, said } = begin('look', ground.address, userName, password)
    await vi.waitFor(() => expect(said()).toContain('listening'), { timeout: 120_000 })
    for (const value of [5, 6, 7]) {
      ground.outlet.readings([good('cold-1.temperature', value)])
      await vi.waitFor(() => expect(said()).toContain(`changed ${value} Good`), { timeout: 120_000 })
    }
    await leave(child)
    expect(said().filter(line => !line.startsWith('changed'))).toEqual([
      expect.stringMatching(/^anonymous Bad/),
      'guess BadUserAccessDenied',
      'entered Good',
      'read Good 4.5',
      'written BadUserAccessDenied',
      'acknowledged BadUserAccessDenied',
      'listening',
      'left',
    ])
    await ground.stop()
  })
})
