import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client } from '../crash/client.ts'
import { Device } from '../crash/device.ts'
import { cabinet, Ground, pushedSite, until } from '../crash/ground.ts'
import type { Running } from '../crash/ground.ts'

/** The command line as a stranger types it, beside a running gateway. */
let ground: Ground
let gateway: Running
let device: Device
const commands = ['start', 'run', 'check', 'plan', 'poll', 'evaluate', 'simulate', 'user']

beforeAll(async () => {
  device = await new Device().start()
  const bus = `  bus: { protocol: modbus-tcp, host: 127.0.0.1, port: ${device.port}, every: 1s }`
  const wired = cabinet('bus-1', 'bus', 'unit: 1', '{ table: holding, register: 0, type: uint16, scale: 0.1 }')
  ground = await Ground.with(pushedSite(1, bus) + wired)
  gateway = await ground.start()
})
afterAll(async () => {
  await ground?.remove()
  await device?.stop()
})

test('every command of the overview explains itself', async () => {
  const overview = await ground.command(['--help'])
  expect(overview.code).toBe(0)
  for (const command of commands) {
    expect(overview.out).toContain(`  ${command} `)
    const { code, out, err } = await ground.command([command, '--help'])
    expect({ command, code, err }).toEqual({ command, code: 0, err: '' })
    expect(out).toContain(`zhishou ${command === 'start' ? '' : command}`)
    // Both languages, because whoever needs help may read only one.
    expect(out, command).toMatch(/[一-鿿]{4}/)
  }
})

describe('wrong usage', () => {
  test.each([
    [['frobnicate'], 'frobnicate'],
    [['run', '--port', 'eighty'], 'eighty'],
    [['run', '--port', '70000'], '70000'],
    [['run', '--speed', '0'], '0'],
    [['run', '--what'], '--what'],
    [['run', 'site.yaml'], 'site.yaml'],
    [['check'], 'check'],
    [['check', 'a', 'b'], 'check'],
    [['plan'], 'plan'],
    [['poll'], 'poll'],
    [['evaluate'], 'evaluate'],
    [['evaluate', '--rule'], 'rule'],
    [['user'], 'user'],
    [['user', 'promote', 'wang'], 'user'],
    [['user', 'add'], 'user'],
    [['simulate', '--fault', 'nonsense'], 'simulate'],
  ])('%j is 2 and says why', async (args, part) => {
    const { code, out, err } = await ground.command(args)

    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(part)
    expect(err).not.toMatch(/^\s+at /m)
  })
})

describe('a thing that is bad', () => {
  test.each([
    [['check', '/nowhere/site.yaml'], '/nowhere/site.yaml'],
    [['plan', '/nowhere/site.yaml'], '/nowhere/site.yaml'],
    [['poll', '/nowhere/site.yaml'], '/nowhere/site.yaml'],
    [['evaluate', '--rule', '/nowhere/rule.yaml', '--readings', '/nowhere/r.csv'], '/nowhere/rule.yaml'],
    [['simulate', '/nowhere/site.yaml'], '/nowhere/site.yaml'],
  ])('%j is 1, in a sentence', async (args, part) => {
    const { code, out, err } = await ground.command(args)

    expect(out + err).toContain(part)
    expect(out + err).not.toMatch(/^\s+at /m)
    expect(code).toBe(1)
  })
})

test('poll shows the raw bytes beside the value, and what cannot be asked', async () => {
  const { code, out, err } = await ground.command(['poll', ground.site, 'bus-1.temperature'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/bus-1\.temperature\s+4\.2 °C\s+good\s+[\d.]+ ms\s+.*00 ?2a/i)

  const json = await ground.command(['poll', ground.site, 'bus-1.temperature', '--json'])
  expect(JSON.parse(json.out)).toMatchObject({ reading: { point: 'bus-1.temperature', value: 4.2, quality: 'good' } })

  device.manner = 'silent'
  const silent = await ground.command(['poll', ground.site, 'bus-1.temperature'])
  device.manner = 'honest'
  expect(silent.code).toBe(1)
  expect(silent.out).toMatch(/timeout/)

  expect(await ground.command(['poll', ground.site, 'no.such'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('no.such'),
  })
})

test('an account made beside the running gateway signs in, and a disabled one is out', async () => {
  const secret = 'Wang-2026-standing'
  const added = await ground.command(['user', 'add', 'wang', '--role', 'operator', '--data', ground.data], {
    input: `${secret}\n`,
  })
  expect({ code: added.code, err: added.err }).toEqual({ code: 0, err: '' })
  const wang = await Client.signIn(gateway.address, 'wang', secret)
  expect(await wang.openAlarms()).toEqual([])
  const listed = await ground.command(['user', 'list', '--json', '--data', ground.data])
  expect(listed.out).toContain('wang')
  expect(listed.out).not.toContain(secret)

  expect(
    (await ground.command(['user', 'add', 'wang', '--role', 'viewer', '--data', ground.data], { input: `${secret}\n` })).code,
  ).toBe(1)
  expect(
    (await ground.command(['user', 'add', 'li', '--role', 'viewer', '--data', ground.data], { input: 'short\n' })).code,
  ).toBe(1)
  expect((await ground.command(['user', 'disable', 'wang', '--data', ground.data])).code).toBe(0)
  await until(
    () =>
      wang.openAlarms().then(
        () => 'in',
        () => 'out',
      ),
    seen => seen === 'out',
  )
  await expect(Client.signIn(gateway.address, 'wang', secret)).rejects.toThrow('401')
  expect((await ground.command(['user', 'disable', 'admin', '--data', ground.data])).code).toBe(1)
  const admin = await Client.signIn(gateway.address)
  const kinds = (
    await until(
      () => admin.journal(),
      journal => journal.some(({ kind }) => kind === 'account.disabled'),
    )
  ).map(({ kind }) => kind)
  expect(kinds).toContain('account.created')
})

test('nothing secret is in the data directory in clear', async () => {
  for (const file of ['ledger.db', 'ledger.db-wal']) {
    const bytes = readFileSync(`${ground.data}/${file}`)
    for (const secret of ['Wang-2026-standing', 'Watch-2026-standing']) expect(bytes.includes(secret)).toBe(false)
  }
})
