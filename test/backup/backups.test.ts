import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { days, instant, minutes } from '../../protocols/contract/time.ts'
import { Backups } from '../../gateway/backup/backups.ts'
import { overdue } from '../../gateway/backup/overdue.ts'
import type { LastTimes } from '../../gateway/backup/overdue.ts'
import { backupName, madeAtIn } from '../../gateway/backup/shelf.ts'
import { keepSiteFiles } from '../../gateway/backup/site-files.ts'
import { noBackups } from '../../gateway/backup/settings.ts'
import type { BackupSettings } from '../../gateway/backup/settings.ts'
import type { Draft } from '../../gateway/journal/entry.ts'
import { FakeClock } from '../kit/fake-clock.ts'
import { emptyFolder } from '../store/folder.ts'
import { site, usedFolder } from './ground.ts'

async function house(settings: Partial<BackupSettings>, clock = new FakeClock(Date.UTC(2026, 10, 21, 18))) {
  const { folder, store } = await usedFolder(50)
  onTestFinished(() => store.close())
  const said: Omit<Draft, 'at'>[] = []
  const out = emptyFolder()
  const backups = new Backups({
    site: { ...site, timeZone: 'Asia/Shanghai' },
    settings: { ...noBackups, folder: out, ...settings },
    folder,
    version: '0.5.0',
    wall: clock,
    journal: store.journal,
    mention: draft => void said.push(draft),
  })
  onTestFinished(() => backups.stop())
  await backups.start()
  return { backups, folder, store, said, out, clock, kinds: () => said.map(({ kind }) => kind) }
}
/** Lets the thread finish what the clock set off. */
const idle = async (backups: Backups): Promise<void> => {
  do await new Promise(resolve => setImmediate(resolve))
  while (backups.isBusy)
}

test('at its hour a backup is made, read through, carried out, tried; a day later it is only made', async () => {
  const nas = emptyFolder()
  const { backups, clock, out, said, kinds } = await house({ at: '0 3 * * *', copies: [{ folder: nas }] })
  expect(backups.next).toBe(Date.UTC(2026, 10, 21, 19))

  await clock.passes(days(0.1), () => idle(backups))

  const name = 'zhishou-greenhill-20261121T190000Z.zip'
  expect(kinds()).toEqual(['backup.made', 'backup.copied', 'backup.verified'])
  expect(said[0]?.data).toMatchObject({ backup: name, entries: 300, readings: 50, secrets: 'none', why: 'schedule' })
  expect(said[2]?.data).toMatchObject({ backup: name, root: said[0]?.data['root'] })
  expect([readdirSync(out), readdirSync(nas)]).toEqual([[name], [name]])
  expect(
    createHash('sha256')
      .update(readFileSync(join(nas, name)))
      .digest('hex'),
  ).toBe(said[0]?.data['sha256'])
  await clock.passes(days(1), () => idle(backups))
  expect(kinds().slice(3)).toEqual(['backup.made'])
  expect(backups.troubles).toEqual([])
})

test('so many stay as are asked for, and nothing else in the folder is touched', async () => {
  const { backups, clock, out } = await house({ at: '0 3 * * *', keep: 2, verifyEvery: days(900) })
  writeFileSync(join(out, 'holiday.zip'), 'mine')
  writeFileSync(join(out, 'zhishou-riverside-20200101T000000Z.zip'), 'another site')
  await clock.passes(days(4), () => idle(backups))
  expect(readdirSync(out).toSorted()).toEqual([
    'holiday.zip',
    'zhishou-greenhill-20261123T190000Z.zip',
    'zhishou-greenhill-20261124T190000Z.zip',
    'zhishou-riverside-20200101T000000Z.zip',
  ])
})

test('one that was spoiled on the disk fails its trial, and that is said', async () => {
  const { backups, said } = await house({})
  const made = await backups.make('asked', 'admin')
  expect(made).toMatchObject({ ok: true })
  const [kept] = await backups.list()
  if (!kept) throw new Error('no backup')
  truncateSync(kept.file, kept.bytes - 40)
  expect(await backups.verify(kept, 'admin')).toMatchObject({ ok: false, why: 'foreign' })
  expect(said.at(-1)).toMatchObject({ kind: 'backup.failed', by: 'admin', data: { what: 'verify' } })
  expect(backups.troubles).toMatchObject([{ code: 'backup-verify' }])
})

test('an address takes it with its token and digest; one that refuses is tried again', async () => {
  const seen: { url: string; auth: string; bytes: Buffer; sha: string }[] = []
  let count = 0
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', piece => pieces.push(piece as Buffer))
    request.on('end', () => {
      const { authorization = '', 'x-content-sha256': sha = '' } = request.headers
      if (count++ === 0) return response.writeHead(503).end()
      seen.push({ url: request.url ?? '', auth: authorization, bytes: Buffer.concat(pieces), sha: String(sha) })
      response.writeHead(201).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => new Promise<void>(resolve => void server.close(() => resolve())))
  const { port } = server.address() as { port: number }
  const url = `http://127.0.0.1:${port}/store`
  const { backups, clock, kinds, said } = await house({
    at: '0 3 * * *',
    copies: [{ url, token: 'geheim' }],
    verifyEvery: days(900),
  })

  await clock.passes(days(0.05), () => idle(backups))
  await clock.passes(minutes(2), () => idle(backups))

  expect(kinds()).toEqual(['backup.made', 'backup.failed', 'backup.verified', 'backup.copied'])
  expect(seen).toHaveLength(1)
  const [{ url: path, auth, bytes, sha } = { url: '', auth: '', bytes: Buffer.alloc(0), sha: '' }] = seen
  expect([path, auth]).toEqual(['/store/zhishou-greenhill-20261121T190000Z.zip', 'Bearer geheim'])
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha)
  expect(backups.troubles).toEqual([])
  expect(JSON.stringify(said)).not.toContain('geheim')
})

test('a folder that cannot be written says so; two at once are refused', async () => {
  const file = join(emptyFolder(), 'a-file')
  writeFileSync(file, '')
  const { backups, kinds } = await house({ folder: join(file, 'below') })
  const [first, second] = await Promise.all([backups.make('asked', 'admin'), backups.make('asked', 'li')])
  expect(first).toMatchObject({ ok: false, why: 'failed' })
  expect(second).toMatchObject({ ok: false, why: 'busy' })
  expect(kinds()).toEqual(['backup.failed'])
  expect(backups.troubles).toMatchObject([{ code: 'backup-make' }])
})

test('what earlier runs did is known from the journal', async () => {
  const { store, backups, folder } = await house({})
  await store.journal.append([
    { kind: 'backup.made', at: instant(1), by: 'system', data: {} },
    { kind: 'backup.verified', at: instant(2), by: 'system', data: {} },
    { kind: 'backup.copied', at: instant(3), by: 'system', data: { place: '/mnt/nas' } },
  ])
  await backups.start()
  expect(backups.last).toMatchObject({ made: expect.any(Number), verified: expect.any(Number) })
  expect([...backups.last.copied.keys()]).toEqual(['/mnt/nas'])
  expect(existsSync(folder)).toBe(true)
})

test('a name says of which site and when', () => {
  const at = instant(Date.UTC(2026, 10, 22, 3, 4, 5))
  expect(madeAtIn(backupName('green-hill', at), 'green-hill')).toBe(at)
  expect(madeAtIn(backupName('green-hill', at), 'hill')).toBeUndefined()
  expect(madeAtIn('zhishou-a-2026.zip', 'a')).toBeUndefined()
  expect(madeAtIn('zhishou-a-20269922T030405Z.zip', 'a')).toBeUndefined()
})

test('the site files lie beside the data as they were loaded, and those that went are gone', () => {
  const [folder, source] = [emptyFolder(), emptyFolder()]
  for (const name of ['a.yaml', 'b.yml', 'notes.txt']) writeFileSync(join(source, name), name)
  keepSiteFiles(folder, source)
  expect(readdirSync(join(folder, 'site-files')).toSorted()).toEqual(['a.yaml', 'b.yml'])
  keepSiteFiles(folder, join(source, 'a.yaml'))
  expect(readdirSync(join(folder, 'site-files'))).toEqual(['a.yaml'])
})

test('what is owed becomes an alarm and ends when it is made good, over a restart too', async () => {
  const at = (text: string) => instant(Date.parse(text))
  const settings = { ...noBackups, at: '0 3 * * *', copies: [{ folder: '/mnt/nas' }] }
  const began = at('2026-11-01T00:00Z')
  const owed = (now: string, last: Partial<LastTimes> = {}) => [
    ...overdue(settings, {
      last: { made: undefined, verified: undefined, copied: new Map(), ...last },
      began,
      zone: 'Asia/Shanghai',
      now: at(now),
    }),
  ]
  expect(owed('2026-11-01T10:00Z')).toEqual([])
  expect(owed('2026-11-01T20:00Z')).toEqual([])
  expect(owed('2026-11-01T21:30Z')).toEqual(['make'])
  expect(owed('2026-11-01T21:30Z', { made: at('2026-11-01T19:00Z') })).toEqual([])
  const made = at('2026-12-09T19:00Z')
  expect(owed('2026-12-10T00:00Z', { made })).toEqual(['verify', 'copy'])
  expect(owed('2026-12-10T00:00Z', { made, verified: made, copied: new Map([['/mnt/nas', made]]) })).toEqual([])
  expect([
    ...overdue(noBackups, {
      last: { made: undefined, verified: undefined, copied: new Map() },
      began,
      zone: 'UTC',
      now: at('2036-01-01T00:00Z'),
    }),
  ]).toEqual([])
})

test('an overdue backup is said once, and once more when it is in time again', async () => {
  const file = join(emptyFolder(), 'a-file')
  writeFileSync(file, '')
  const { backups, clock, said } = await house({ at: '0 3 * * *', folder: join(file, 'below') })
  await clock.passes(days(1), () => idle(backups))
  expect(said.filter(({ kind }) => kind === 'backup.overdue')).toMatchObject([
    { about: 'make', data: { why: expect.any(String) } },
  ])
  rmSync(file)
  await clock.passes(days(1), () => idle(backups))
  expect(said.filter(({ kind }) => kind === 'backup.in-time')).toMatchObject([{ about: 'make' }])
})
