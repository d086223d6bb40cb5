import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Accounts } from '../../gateway/accounts/accounts.ts'
import { routes } from '../../gateway/api/routes.ts'
import { PortTaken } from '../../gateway/api/address.ts'
import { serve } from '../../gateway/api/serve.ts'
import { slowestRequest } from '../../gateway/api/server.ts'
import { parseInstant } from '../../gateway/api/time.ts'
import { isoInZone } from '../../gateway/zone.ts'
import { parseDuration } from '../../protocols/contract/duration.ts'
import { instant } from '../../protocols/contract/time.ts'
import { noon, realClock, run, TestHouse } from './house.ts'
import type { Running } from './house.ts'

const folder = mkdtempSync(join(tmpdir(), 'zhishou-page-'))
let gateway: Running
beforeAll(async () => {
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>值守</title>')
  writeFileSync(join(folder, 'assets', 'app-1a2b3c.js'), `console.log(${JSON.stringify('x'.repeat(5_000))})`)
  gateway = await run({ dashboardFolder: folder })
})
afterAll(async () => {
  await gateway.close()
  rmSync(folder, { recursive: true })
})
const page = { accept: 'text/html' }

describe('the dashboard', () => {
  test('is served at / and wherever the page itself finds the way', async () => {
    for (const path of ['/', '/alarms', '/equipment/cold-1?tab=trend']) {
      const answer = await gateway.get(path, undefined, page)
      expect([path, answer.status, await answer.text()]).toEqual([path, 200, '<!doctype html><title>值守</title>'])
      expect(answer.headers.get('cache-control')).toBe('no-cache')
    }
  })
  test('has assets that a browser keeps for ever, packed', async () => {
    const answer = await gateway.get('/assets/app-1a2b3c.js', undefined, { 'accept-encoding': 'gzip' })
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(answer.headers.get('content-encoding')).toBe('gzip')
    expect((await gateway.get('/assets/gone.js', undefined, page)).status).toBe(404)
  })
  test('is let to load nothing from elsewhere', async () => {
    const policy = (await gateway.get('/', undefined, page)).headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'self'")
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("frame-ancestors 'none'")
  })
  test('does not hide that an address of the interface does not exist', async () => {
    expect((await gateway.get('/api/v1/nothing', undefined, page)).status).toBe(404)
    expect((await gateway.get('/nothing')).headers.get('content-type')).toContain('application/problem+json')
  })
})

test('a photo from a phone has time to come over 50 kbit/s', () => {
  const largestUsual = 1024 * 1024
  expect((slowestRequest / 1_000) * 6_250).toBeGreaterThan(largestUsual)
})

describe('the description of the interface', () => {
  test('lists every route with its answers, and no other', async () => {
    const document = await (await gateway.get('/openapi.json')).json()
    expect(document.openapi).toMatch(/^3\.1/)
    const described = Object.entries(document.paths as Record<string, Record<string, unknown>>).flatMap(([path, methods]) =>
      Object.keys(methods).map(method => `${method.toUpperCase()} ${path}`),
    )
    const declared = routes.map(({ method, url }) => `${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`)
    expect(described.toSorted()).toEqual(declared.toSorted())
    for (const { method, url, answers } of routes) {
      const operation = document.paths[url.replaceAll(/:(\w+)/g, '{$1}')][method.toLowerCase()]
      expect([url, Object.keys(operation.responses)]).toEqual([url, expect.arrayContaining(Object.keys(answers))])
      expect(operation.summary.length).toBeGreaterThan(3)
    }
  })
  test('says which routes need a sign-in, and what a reading looks like', async () => {
    const { paths } = await (await gateway.get('/openapi.json')).json()
    expect(paths['/healthz'].get.security).toEqual([])
    expect(paths['/api/v1/site'].get.security).toEqual([{ session: [] }, { token: [] }])
    const body = paths['/api/v1/readings'].post.requestBody.content
    expect(Object.keys(body).toSorted()).toEqual(['application/json', 'text/plain'])
  })
  test('can be read at /docs under the same strict policy', async () => {
    const answer = await gateway.get('/docs/', undefined, page)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'")
    const html = await answer.text()
    expect(html).not.toMatch(/<script(?![^>]*src=)/)
    expect((await gateway.get('/docs/static/swagger-ui-bundle.js')).status).toBe(200)
  })
})

describe('a busy port', () => {
  test('is named in the refusal, and nothing is left behind', async () => {
    const port = Number(new URL(gateway.url).port)
    const house = new TestHouse(realClock, noon)
    const refused = serve(house, new Accounts(house.shelf, realClock), { host: '127.0.0.1', port })
    await expect(refused).rejects.toBeInstanceOf(PortTaken)
    await expect(refused).rejects.toMatchObject({
      host: '127.0.0.1',
      port,
      message: expect.stringContaining(`127.0.0.1:${port}`),
    })
    expect(house.listeners.size).toBe(0)
  })
  test('is free again once the server has closed, with a browser still connected', async () => {
    const first = await run()
    const port = Number(new URL(first.url).port)
    await first.get('/healthz')
    await first.close()
    const again = await run({ port })
    expect((await again.get('/healthz')).status).toBe(200)
    await again.close()
  })
})

describe('a time', () => {
  test.each([
    ['2026-09-01T12:00:00+08:00', noon],
    ['2026-09-01T04:00:00Z', noon],
    ['2026-09-01T04:00Z', noon],
    ['2026-09-01T04:00:00.5z', noon + 500],
    ['2026-09-01T04:00:00.123456789Z', noon + 123],
    ['2026-08-31T22:30:00-0530', noon],
    [String(noon), noon],
    [noon, noon],
  ])('%s is understood', (text, at) => expect(parseInstant(text)).toBe(at))
  test.each([
    '2026-09-01T12:00:00',
    '2026-09-01',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-09-01T24:00:00Z',
    'now',
    '',
    '2026-09-01T12:00:00+25:00',
    Number.NaN,
    1e300,
  ])('%s is refused', text => expect(parseInstant(text)).toBeUndefined())
  test('is written with the offset that held there then', () => {
    expect(isoInZone(noon, 'Asia/Shanghai')).toBe('2026-09-01T12:00:00.000+08:00')
    expect(isoInZone(noon, 'UTC')).toBe('2026-09-01T04:00:00.000+00:00')
    expect(isoInZone(noon, 'Asia/Kathmandu')).toBe('2026-09-01T09:45:00.000+05:45')
    const change = Date.UTC(2026, 9, 25, 1)
    expect(isoInZone(instant(change - 1), 'Europe/Berlin')).toBe('2026-10-25T02:59:59.999+02:00')
    expect(isoInZone(instant(change), 'Europe/Berlin')).toBe('2026-10-25T02:00:00.000+01:00')
  })
  test('survives writing and reading in any zone', () => {
    for (let at = noon; at < noon + 400 * 86_400_000; at = instant(at + 37_123_457)) {
      for (const zone of ['Asia/Shanghai', 'America/St_Johns', 'Australia/Lord_Howe'])
        expect(parseInstant(isoInZone(at, zone))).toBe(at)
    }
  })
  test('span is read with its unit', () => {
    expect(['60s', '10m', '6h', '10d', '5', '-1s', '1w'].map(parseDuration)).toEqual([
      60_000,
      600_000,
      21_600_000,
      864_000_000,
      undefined,
      undefined,
      undefined,
    ])
  })
})
