import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BadDer, der, objectId, objectIdOf, partsOf, readDer, sequence, unsigned } from '../../gateway/evidence/der.ts'
import { Evidence } from '../../gateway/evidence/evidence.ts'
import type { CourierState } from '../../gateway/evidence/couriers.ts'
import { headIn } from '../../gateway/evidence/data-check.ts'
import { nodeProving } from '../../gateway/evidence/signed.ts'
import { isSigned } from '../../gateway/evidence/statement.ts'
import type { EvidenceSettings } from '../../gateway/evidence/settings.ts'
import { usualEvidence } from '../../gateway/evidence/settings.ts'
import { askForStamp, BadStamp, readStamp, stampRequest, tokenIn } from '../../gateway/evidence/timestamp.ts'
import { days, minutes } from '../../protocols/contract/time.ts'
import { emptyFolder, wall } from '../store/folder.ts'
import { stand } from './stand.ts'

const openssl = (folder: string, args: string): Buffer =>
  execFileSync('openssl', args.split(' '), { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })

/** A time-stamping authority of openssl's, with a root and a certificate for time stamps alone. */
function authority(): { readonly folder: string; answer(query: Buffer): Buffer } {
  const folder = emptyFolder()
  writeFileSync(
    join(folder, 'tsa.cnf'),
    `
[tsa]
default_tsa = one
[one]
serial = ./serial
signer_cert = ./tsa.pem
certs = ./root.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
[ext]
extendedKeyUsage = critical,timeStamping
`,
  )
  writeFileSync(join(folder, 'serial'), '01\n')
  openssl(folder, 'req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -subj /CN=Root -days 30')
  openssl(folder, 'req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj /CN=Stamp-Office')
  openssl(
    folder,
    'x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -out tsa.pem -days 30 -extfile tsa.cnf -extensions ext',
  )
  return {
    folder,
    answer(query) {
      writeFileSync(join(folder, 'query.tsq'), query)
      openssl(folder, 'ts -reply -config tsa.cnf -section one -queryfile query.tsq -out reply.tsr')
      return readFileSync(join(folder, 'reply.tsr'))
    },
  }
}

/** A small server, gone when the test is over. */
async function serving(answer: (body: Buffer, request: IncomingMessage) => { status?: number; body?: Buffer }): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk as Buffer))
    request.on('end', () => {
      const { status = 200, body } = answer(Buffer.concat(chunks), request)
      response.writeHead(status).end(body)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

describe('a time stamp', () => {
  test('of a real authority is asked for by digest alone, and found right', async () => {
    const office = authority()
    const asked: Buffer[] = []
    const url = await serving(body => {
      asked.push(body)
      return { body: office.answer(body) }
    })
    const stamp = await askForStamp(url, 'a signed head', wall)
    expect(stamp).toMatchObject({ by: 'CN=Stamp-Office', policy: '1.2.3.4.1' })
    expect(Math.abs(stamp.at - Date.now())).toBeLessThan(60_000)
    expect(String(asked[0])).not.toContain('signed head')
    // And openssl says the same of our token.
    writeFileSync(join(office.folder, 'token.der'), stamp.token)
    writeFileSync(join(office.folder, 'data'), 'a signed head')
    expect(String(openssl(office.folder, 'ts -verify -data data -in token.der -token_in -CAfile root.pem'))).toContain(
      'Verification: OK',
    )
    expect(readStamp(stamp.token, 'a signed head').at).toBe(stamp.at)
  })

  test('that was altered, or is of something else, or answers another question is refused', () => {
    const office = authority()
    const nonce = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 200)
    const reply = office.answer(Buffer.from(stampRequest('head', nonce)))
    const token = tokenIn(reply)
    expect(readStamp(token, 'head', nonce).by).toBe('CN=Stamp-Office')
    expect(() => readStamp(token, 'another head')).toThrow('of something else')
    expect(() => readStamp(token, 'head', Uint8Array.of(9))).toThrow('another question')
    const time = /\d{14}Z/.exec(Buffer.from(token).toString('latin1'))
    const bent = Uint8Array.from(token)
    const place = (time?.index ?? 0) + 3
    bent[place] = (bent[place] ?? 0) ^ 1
    expect(() => readStamp(bent, 'head')).toThrow(BadStamp)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: token.length - 1 }), place => {
        expect(() => readStamp(token.subarray(0, place), 'head')).toThrow(BadStamp)
      }),
      { numRuns: 50 },
    )
    expect(() => tokenIn(sequence(sequence(der(2, Uint8Array.of(2)))))).toThrow('status 2')
  })

  test('is written and read in DER as openssl reads it', () => {
    const folder = emptyFolder()
    writeFileSync(join(folder, 'query.tsq'), stampRequest('x', Uint8Array.of(0, 0, 255)))
    expect(String(openssl(folder, 'ts -query -in query.tsq -text'))).toMatch(
      /Hash Algorithm: sha256[\s\S]*Nonce: 0xFF\nCertificate required: yes/,
    )
    for (const id of ['1.2.840.113549.1.9.16.1.4', '2.16.840.1.101.3.4.2.1', '0.9.2342', '2.999.3'])
      expect(objectIdOf(readDer(objectId(id)))).toBe(id)
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 })), parts => {
        const whole = sequence(...parts.map(part => der(4, part)))
        expect(partsOf(readDer(whole)).map(({ content }) => [...content])).toEqual(parts.map(part => [...part]))
        if (whole.length > 2) expect(() => readDer(whole.subarray(0, whole.length - 1))).toThrow(BadDer)
      }),
    )
    expect([...unsigned(Uint8Array.of(0, 0, 128))]).toEqual([2, 2, 0, 128])
    expect(() => readDer(Uint8Array.of(0x1f, 0))).toThrow(BadDer)
    expect(() => readDer(Uint8Array.of(0x04, 0x80))).toThrow(BadDer)
  })
})

describe('signed heads outside', () => {
  async function keeping(settings: Partial<EvidenceSettings>) {
    const ground = await stand()
    const evidence = new Evidence({ ...ground, site: 'greenhill', settings: { ...usualEvidence, ...settings } })
    onTestFinished(() => evidence.stop())
    return { ...ground, evidence }
  }
  const until = async (evidence: Evidence, is: (outside: readonly CourierState[]) => boolean): Promise<void> => {
    for (let tries = 0; !is(evidence.state.outside); tries++) {
      if (tries > 2_000) throw new Error(`still ${JSON.stringify(evidence.state.outside)}`)
      await new Promise(resolve => setImmediate(resolve))
    }
  }

  test('are in a folder, each once, and every one is signed', async () => {
    const folder = emptyFolder()
    const { evidence } = await keeping({ copies: [{ folder }] })
    const first = (await evidence.prove()).head
    await until(evidence, ([copy]) => copy?.at !== undefined)
    const second = (await evidence.prove()).head
    const lines = (): string[] => readFileSync(join(folder, 'zhishou-greenhill-heads.ndjson'), 'utf8').trimEnd().split('\n')
    await until(evidence, () => lines().length === 2)
    const heads = lines().map(line => headIn(line))
    expect(heads).toEqual([first, second])
    for (const head of heads) expect(head && isSigned(head, nodeProving)).toBe(true)
  })

  test('come to an address with a token, after it has failed for two days, which was told; nothing is made where a share is not mounted', async () => {
    let isUp = false
    const got: [string | undefined, string][] = []
    const url = await serving((body, request) => {
      if (!isUp) return { status: 503 }
      got.push([request.headers.authorization, String(body)])
      return {}
    })
    const folder = join(emptyFolder(), 'not-mounted')
    const { evidence, wall: real } = await keeping({ copies: [{ url, token: 'secret' }, { folder }] })
    await evidence.prove()
    await until(evidence, outside => outside.every(({ failing }) => failing !== undefined))
    expect(evidence.troubles).toEqual([])
    await real.passes(days(2), () => new Promise(resolve => setImmediate(resolve)))
    expect(evidence.troubles.map(({ say }) => say.zh).join()).toContain(url)
    isUp = true
    mkdirSync(folder)
    await real.passes(minutes(61), () => new Promise(resolve => setImmediate(resolve)))
    await until(evidence, outside => outside.every(({ at, failing }) => at !== undefined && !failing))
    expect(got[0]?.[0]).toBe('Bearer secret')
    expect(headIn(got[0]?.[1].split('\n')[0] ?? '')).toBeDefined()
    expect(evidence.troubles).toEqual([])
    expect(JSON.stringify(evidence.state.outside)).not.toContain('secret')
    rmSync(folder, { recursive: true })
  })

  test('are stamped by an authority, and the stamp is kept beside the head', async () => {
    const office = authority()
    const timestamp = await serving(body => ({ body: office.answer(body) }))
    const { evidence, store } = await keeping({ timestamp })
    await evidence.prove()
    await until(evidence, ([stamp]) => stamp?.at !== undefined)
    const [head] = await store.evidence.heads({ limit: 1 })
    expect(readStamp(head?.stamp ?? new Uint8Array(), head?.json ?? '').by).toBe('CN=Stamp-Office')
    expect(await store.evidence.heads({ limit: 1, unstamped: true })).toEqual([])
  })
})
