import { chmodSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { days, instant } from '../../protocols/contract/time.ts'
import { doctor } from '../../gateway/cli/doctor.ts'
import { agoText, sizeText } from '../../gateway/doctor/finding.ts'
import { clock, diskOf, permissions, runtime } from '../../gateway/doctor/machine.ts'
import { recordFindings } from '../../gateway/doctor/records.ts'
import type { RecordTimes } from '../../gateway/doctor/records.ts'
import { usedFolder } from '../backup/ground.ts'
import { emptyFolder } from '../store/folder.ts'

const now = instant(Date.UTC(2026, 10, 22))
const ago = (count: number) => instant(now - days(count))
const well: RecordTimes = {
  now,
  made: ago(0.5),
  verified: ago(20),
  copied: ago(5),
  head: ago(0.5),
  sealed: ago(0.1),
  outsideBehindSince: undefined,
  settings: { scheduled: true, copies: 1, copyEvery: days(7), verifyEvery: days(30), headCopies: 1 },
}
const statesOf = (times: RecordTimes) =>
  Object.fromEntries(recordFindings(times).flatMap(({ code, state }) => (state === 'good' ? [] : [[code, state]])))

describe('records', () => {
  test('that are kept well give no reason to act', () => expect(statesOf(well)).toEqual({}))

  test.each([
    [{ made: ago(3) }, { backup: 'wrong' }],
    [{ made: undefined }, { backup: 'wrong' }],
    [{ verified: ago(33) }, { 'backup-verified': 'wrong' }],
    [{ copied: ago(10) }, { 'backup-offsite': 'wrong' }],
    [{ copied: undefined, settings: { ...well.settings, copies: 0 } as never }, { 'backup-offsite': 'remark' }],
    [{ head: ago(4) }, { head: 'wrong' }],
    [{ sealed: ago(4) }, { sealed: 'remark' }],
    [{ outsideBehindSince: ago(1) }, { outside: 'wrong' }],
    [{ settings: { ...well.settings, headCopies: 0 } as never }, { 'head-outside': 'remark' }],
    [{ settings: undefined, copied: ago(20) }, { 'backup-offsite': 'remark' }],
    [{ settings: { ...well.settings, scheduled: false } as never, made: ago(6) }, {}],
  ])('%j: %j', (change, states) => {
    const times = { ...well, ...change } as RecordTimes
    expect(statesOf(times)).toEqual(states)
    for (const { state, remedy } of recordFindings(times)) expect(state === 'good').toBe(remedy === undefined)
  })
})

describe('the machine', () => {
  test('needs the runtime the product brings', () => {
    expect(runtime('v24.21.0').state).toBe('good')
    expect(runtime('v20.20.2')).toMatchObject({ state: 'wrong', remedy: { en: expect.stringContaining('npm start') } })
  })

  test.each([
    [50 * 1024 ** 3, { bytes: 1024 ** 3, days: 100 }, 'good'],
    [500 * 1024 ** 2, { bytes: 0, days: 0 }, 'remark'],
    [100 * 1024 ** 2, { bytes: 0, days: 0 }, 'wrong'],
    [20 * 1024 ** 3, { bytes: 100 * 1024 ** 3, days: 100 }, 'remark'],
    [5 * 1024 ** 3, { bytes: 100 * 1024 ** 3, days: 100 }, 'wrong'],
    [5 * 1024 ** 3, { bytes: 100 * 1024 ** 3, days: 0.5 }, 'good'],
  ] as const)('with %s bytes left at %j is %s', (free, data, state) => expect(diskOf(free, data).state).toBe(state))

  test('is told when its clock stands before the journal', () => {
    const folder = emptyFolder()
    const real = instant(Date.now())
    expect(clock(folder, { now: real, newest: undefined }).state).toBe('good')
    expect(clock(folder, { now: real, newest: instant(real + days(1)) }).state).toBe('wrong')
    expect(clock(folder, { now: instant(real + days(1)), newest: real }).state).toBe('remark')
  })

  test('a folder that everybody may read is remarked', () => {
    const folder = emptyFolder()
    writeFileSync(join(folder, 'ledger.db'), '')
    chmodSync(folder, 0o700)
    expect(permissions(folder).state).toBe('good')
    chmodSync(folder, 0o755)
    chmodSync(join(folder, 'ledger.db'), 0o644)
    expect(permissions(folder).state).toBe('remark')
    expect(permissions(join(folder, 'nowhere')).state).toBe('wrong')
  })
})

test('sizes and ages are said as people say them', () => {
  expect([sizeText(5 * 1024 ** 2), sizeText(3.25 * 1024 ** 3)]).toEqual(['5.0 MiB', '3.3 GiB'])
  expect([ago(0.01), ago(1), ago(3)].map(at => agoText(at, now).en)).toEqual(['14 min ago', '24 h ago', '3 days ago'])
})

async function run(args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []]
  const code = await doctor(args, {
    out: line => void out.push(line),
    err: line => void err.push(line),
    env: {},
    readPassword: () => Promise.resolve(''),
  })
  return { code, out, err }
}

describe('the command', () => {
  test('looks at a used folder beside its gateway and says in order what to do', async () => {
    const { folder, store } = await usedFolder(100)
    onTestFinished(() => store.close())
    const { code, out } = await run(['--data', folder, '--json'])
    const { ok, findings } = JSON.parse(out[0] ?? '') as {
      ok: boolean
      findings: { code: string; state: string; remedy?: unknown }[]
    }
    expect({ code, ok }).toEqual({ code: 1, ok: false })
    expect(findings.find(({ code: one }) => one === 'backup')).toMatchObject({
      state: 'wrong',
      remedy: { en: expect.stringContaining('zhishou backup') },
    })
    expect(findings.find(({ code: one }) => one === 'store')).toMatchObject({
      state: 'good',
      found: { en: expect.stringContaining('300 journal entries, 100 readings') },
    })
    // The copy of the site file in this ground is none that may run.
    expect(findings.find(({ code: one }) => one === 'site')).toMatchObject({ state: 'wrong' })
    const text = (await run(['--data', folder, '--lang', 'zh'])).out.join('\n')
    expect(text).toContain('上次备份：从来没有')
    expect(text).toMatch(/→ .*zhishou backup/)
  })

  test('names a port that something else has', async () => {
    const { folder, store } = await usedFolder(1)
    onTestFinished(() => store.close())
    const other = createServer(socket => socket.on('error', () => {}).end('hello\n', () => socket.destroy())).listen(
      0,
      '127.0.0.1',
    )
    await once(other, 'listening')
    onTestFinished(() => new Promise<void>(resolve => void other.close(() => resolve())))
    const { port } = other.address() as { port: number }
    const site = join(emptyFolder(), 'site.yaml')
    writeFileSync(
      site,
      `site: { id: a, name: A, server: { port: ${port} } }
connections: { push: { protocol: http } }
areas: { canteen: { equipment: { cold-1: { type: fresh-keeping-cabinet, connection: push, points: { temperature: {}, door: {} } } } } }
`,
    )
    const { out } = await run(['--data', folder, '--site', site, '--json'])
    const { findings } = JSON.parse(out[0] ?? '') as { findings: { code: string; state: string }[] }
    expect(findings.find(({ code }) => code === 'port')).toMatchObject({ state: 'wrong' })
    expect(findings.find(({ code }) => code === 'site')).toMatchObject({ state: 'good' })
  })

  test('without data, and with wrong usage', async () => {
    expect(await run(['--data', emptyFolder()])).toMatchObject({ code: 1 })
    expect((await run(['what'])).code).toBe(2)
    expect((await run(['--nonsense'])).code).toBe(2)
    expect((await run(['--help'])).out.join('')).toMatch(/zhishou doctor[\s\S]*[一-鿿]{4}/)
  })
})
