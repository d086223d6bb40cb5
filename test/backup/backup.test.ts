import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import { makeBackup } from '../../gateway/backup/make.ts'
import { lockAway, unlock } from '../../gateway/backup/lock-away.ts'
import { isMemberName, readManifest } from '../../gateway/backup/manifest.ts'
import { checkBackup, restoreBackup, tryBackup } from '../../gateway/backup/restore.ts'
import { leafOf } from '../../gateway/journal/leaf.ts'
import { openDatabase } from '../../gateway/store/database.ts'
import { openStore, openStoreReadOnly } from '../../gateway/store/open.ts'
import { openZip, writeZip } from '../../gateway/zip.ts'
import { emptyFolder, forever, temperature, walk, wall } from '../store/folder.ts'
import { about, now, site, stateOf, usedFolder } from './ground.ts'

const passphrase = 'correct horse battery staple'
const backUp = (folder: string, more: object = {}) =>
  makeBackup({ ...about, folder, file: join(emptyFolder(), 'backup.zip'), ...more })
const restoreInto = (file: string, folder = join(emptyFolder(), 'data'), more: object = {}) =>
  restoreBackup({ file, folder, replace: false, passphrase: undefined, now, ...more })

/** One backup for the tests that only read it; they copy it before they spoil it. */
let whole: string
let folderOfWhole: string
beforeAll(async () => {
  const ground = mkdtempSync(join(tmpdir(), 'zhishou-backup-'))
  folderOfWhole = join(ground, 'data')
  await (await usedFolder(5_000, folderOfWhole)).store.close()
  whole = join(ground, 'whole.zip')
  await makeBackup({ ...about, folder: folderOfWhole, file: whole })
  return () => rmSync(ground, { recursive: true, force: true })
})
function copyOfWhole(): string {
  const file = join(emptyFolder(), 'backup.zip')
  cpSync(whole, file)
  return file
}

test('what was backed up while the gateway writes comes back whole, and the gateway goes on in both places', async () => {
  const { folder, store } = await usedFolder()
  const stop = new AbortController()
  const writing = (async () => {
    for (let index = 0; !stop.signal.aborted; index++) {
      await store.historian.record(walk(50, 5_000 + index * 50))
      await store.journal.append([{ kind: 'record.round', at: instant(index), by: 'li', data: { index } }])
    }
  })()
  const made = await backUp(folder)
  stop.abort()
  await writing
  const target = join(emptyFolder(), 'data')

  const outcome = await restoreInto(made.file, target)

  expect(outcome).toMatchObject({ ok: true, secrets: false, setAside: undefined })
  const restored = await openStore(target, { wall })
  const { entries } = await restored.journal.page({ limit: 10_000 })
  expect(entries).toHaveLength(made.manifest.entries)
  expect(entries.every(entry => leafOf(entry) === entry.leaf)).toBe(true)
  expect((await restored.stats()).readings).toBe(made.manifest.readings)
  const { samples } = await restored.historian.raw(temperature, ...forever, 1_000_000)
  const { samples: all } = await store.historian.raw(temperature, ...forever, 1_000_000)
  // The history is copied after the ledger and is a prefix of what was written.
  expect(samples).toEqual(all.slice(0, samples.length))
  expect(samples.length).toBeGreaterThanOrEqual(5_000)
  expect((await restored.journal.append([{ kind: 'x', at: now, by: 'system', data: {} }]))[0]?.seq).toBe(entries.length + 1)
  await restored.close()
  await store.close()
})

test('the archive is an ordinary one, its first member says what is in it, and each member has its digest', async () => {
  const python = `
import sys, zipfile, json, hashlib
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
manifest = json.loads(z.read(z.namelist()[0]))
for member in manifest['members']:
    data = z.read(member['name'])
    assert len(data) == member['bytes'] and hashlib.sha256(data).hexdigest() == member['sha256'], member
print(json.dumps([z.namelist(), manifest['entries'], manifest['readings'], manifest['site']['id']]))`
  const [names, entries, readings, id] = JSON.parse(
    execFileSync('python3', ['-c', python, whole], { encoding: 'utf8' }),
  ) as never[]

  expect(names).toEqual([
    'manifest.json',
    'ledger.db',
    'history.db',
    'site-as-run.json',
    expect.stringMatching(/^photos\/[0-9a-f]{64}\.jpg$/),
    expect.stringMatching(/^plans\/[0-9a-f]{64}\.svg$/),
    'connections/opc/pki/own/certs/certificate.pem',
    'site/site.yaml',
  ])
  expect({ entries, readings, id }).toEqual({ entries: 300, readings: 5_000, id: site.id })
})

test('a plain backup holds no secret in any byte; accounts are in it', async () => {
  const zip = await openZip(whole)
  let all = ''
  for (const name of zip.names) for await (const piece of await zip.read(name)) all += (piece as Buffer).toString('latin1')
  zip.close()

  for (const secret of [
    'BEGIN PRIVATE KEY',
    'token-hash-value',
    'session-value',
    'the private key',
    'nobody took it',
    'nobody wrote it to its end',
  ])
    expect(all.includes(secret), secret).toBe(false)
  expect(all).toContain('argon-hash')
})

test('with a passphrase keys come back, sessions do not; with another one nothing is restored', async () => {
  const { folder, store } = await usedFolder(10)
  await store.close()
  const { file } = await backUp(folder, { passphrase })
  const target = join(emptyFolder(), 'data')

  expect(await restoreInto(file, target, { passphrase: 'another passphrase' })).toMatchObject({
    ok: false,
    why: 'wrong-passphrase',
  })
  expect(existsSync(target)).toBe(false)
  expect(await restoreInto(file, target, { passphrase })).toMatchObject({ ok: true, secrets: true })

  const restored = await openStoreReadOnly(target, { wall })
  expect(await restored.accounts.get('secret', 'evidence-key')).toMatchObject({ pem: expect.stringContaining('PRIVATE KEY') })
  expect(await restored.accounts.get('token', 'abc')).toMatchObject({ name: 'telegraf' })
  expect(await restored.accounts.all('session')).toEqual([])
  await restored.close()
  expect(readFileSync(join(target, 'connections/opc/pki/own/private/private_key.pem'), 'utf8')).toBe('the private key')
  // Without the passphrase the data come back all the same.
  expect(await restoreInto(file)).toMatchObject({ ok: true, secrets: false })
})

test('everything beside the databases comes back as it was', async () => {
  const target = join(emptyFolder(), 'data')
  await restoreInto(whole, target)
  const before = stateOf(folderOfWhole)
  const after = stateOf(target)
  for (const name of Object.keys(before).filter(one => !/\.db|waiting|private|\.part$/.test(one)))
    expect(after[name], name).toBe(before[name])
})

describe('a target', () => {
  test('that holds something is left alone', async () => {
    const target = emptyFolder()
    writeFileSync(join(target, 'mine.txt'), 'mine')
    expect(await restoreInto(whole, target)).toMatchObject({ ok: false, why: 'not-empty' })
    expect(readdirSync(target)).toEqual(['mine.txt'])
  })

  test('that is empty is taken', async () => {
    expect(await restoreInto(whole, emptyFolder())).toMatchObject({ ok: true })
  })

  test('is set aside whole where it is to be replaced', async () => {
    const { folder, store } = await usedFolder(20)
    await store.close()
    const before = dataOf(folder)
    const outcome = await restoreInto(whole, folder, { replace: true })

    expect(outcome).toMatchObject({ ok: true, setAside: expect.stringContaining('before-restore-2026-11-22') })
    const aside = outcome.ok ? (outcome.setAside ?? '') : ''
    expect(dataOf(aside)).toEqual(before)
    rmSync(aside, { recursive: true })
  })

  test('on which a gateway runs is refused', async () => {
    const { folder, store } = await usedFolder(20)
    expect(await restoreInto(whole, folder, { replace: true })).toMatchObject({ ok: false, why: 'in-use' })
    expect((await store.journal.append([{ kind: 'x', at: now, by: 'a', data: {} }])).length).toBe(1)
    await store.close()
  })

  test('of another site is refused', async () => {
    const { folder, store } = await usedFolder(20)
    await store.close()
    writeFileSync(join(folder, 'site-as-run.json'), JSON.stringify({ ...site, id: 'riverside' }))
    expect(await restoreInto(whole, folder, { replace: true })).toMatchObject({ ok: false, why: 'other-site' })
    expect(readdirSync(dirname(folder)).filter(name => name.startsWith(`${basename(folder)}.`))).toEqual([])
  })
})

describe('refused, and the target stays away', () => {
  const refused = async (file: string) => {
    const target = join(emptyFolder(), 'data')
    const outcome = await restoreInto(file, target)
    expect(readdirSync(dirname(target))).toEqual([])
    return outcome
  }
  test('a file that is not there, and one of something else', async () => {
    expect(await refused('/nowhere/backup.zip')).toMatchObject({ why: 'foreign' })
    const text = join(emptyFolder(), 'a.zip')
    writeFileSync(text, 'hello')
    expect(await refused(text)).toMatchObject({ why: 'foreign' })
    const other = join(emptyFolder(), 'b.zip')
    await writeZip(other, [{ name: 'holiday.txt', from: { bytes: Buffer.from('sun') } }], now)
    expect(await refused(other)).toMatchObject({ why: 'foreign' })
  })

  test('one that was cut off anywhere', async () => {
    const size = readFileSync(whole).length
    for (const length of [1, 30, 5_000, size >> 1, size - 30, size - 1]) {
      const file = copyOfWhole()
      truncateSync(file, length)
      expect(await refused(file), `${length}`).toMatchObject({ ok: false, why: 'foreign' })
    }
  })

  test('one with any byte of a member flipped', async () => {
    const bytes = readFileSync(whole)
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 7 }), async (place, bit) => {
        const file = join(emptyFolder(), 'flipped.zip')
        const spoiled = Buffer.from(bytes)
        spoiled[place] = (spoiled[place] ?? 0) ^ (1 << bit)
        writeFileSync(file, spoiled)
        const outcome = await checkBackup(file)
        rmSync(file)
        // What is not said by any byte of the content (times, attributes in the zip's own heads) may pass; content never changes unseen.
        if (outcome.ok) {
          const target = join(emptyFolder(), 'data')
          expect(await restoreInto(copyOfWhole(), target)).toMatchObject({ ok: true })
        }
        return outcome.ok ? isZipHead(bytes, place) : ['foreign', 'damaged', 'newer'].includes(outcome.why)
      }),
      { numRuns: 60 },
    )
  })

  test('one with a member more, a member less, or another member in its place', async () => {
    const rewritten = async (change: (members: Map<string, Buffer>) => void): Promise<string> => {
      const zip = await openZip(whole)
      const members = new Map<string, Buffer>()
      for (const name of zip.names) {
        const pieces: Buffer[] = []
        for await (const piece of await zip.read(name)) pieces.push(piece as Buffer)
        members.set(name, Buffer.concat(pieces))
      }
      zip.close()
      change(members)
      const file = join(emptyFolder(), 'rewritten.zip')
      await writeZip(
        file,
        [...members].map(([name, bytes]) => ({ name, from: { bytes } })),
        now,
      )
      return file
    }
    expect(await refused(await rewritten(members => members.set('more.txt', Buffer.from('x'))))).toMatchObject({ why: 'damaged' })
    expect(await refused(await rewritten(members => members.delete('history.db')))).toMatchObject({ why: 'damaged' })
    expect(await refused(await rewritten(members => members.set('site/site.yaml', Buffer.from('site: other'))))).toMatchObject({
      why: 'damaged',
      detail: expect.stringContaining('site/site.yaml'),
    })
    const resigned = (members: Map<string, Buffer>): void => {
      const manifest = JSON.parse(String(members.get('manifest.json'))) as Record<string, unknown>
      members.set('manifest.json', Buffer.from(JSON.stringify({ ...manifest, entries: 299 })))
    }
    expect(await refused(await rewritten(resigned))).toMatchObject({
      why: 'damaged',
      detail: expect.stringContaining('signature'),
    })
    const newer = (members: Map<string, Buffer>): void => {
      const manifest = JSON.parse(String(members.get('manifest.json'))) as Record<string, unknown>
      members.set('manifest.json', Buffer.from(JSON.stringify({ ...manifest, format: 3 })))
    }
    expect(await refused(await rewritten(newer))).toMatchObject({ why: 'newer' })
  })

  test('one whose databases are of a newer version', async () => {
    const { folder, store } = await usedFolder(10)
    await store.close()
    const staging = emptyFolder()
    const { file } = await backUp(folder)
    const zip = await openZip(file)
    const manifest = JSON.parse(await textOf(zip, 'manifest.json')) as {
      members: { name: string; bytes: number; sha256: string }[]
    }
    for (const { name } of manifest.members) {
      mkdirSync(dirname(join(staging, name)), { recursive: true })
      writeFileSync(join(staging, name), await bytesIn(zip, name))
    }
    zip.close()
    const database = openDatabase(join(staging, 'ledger.db'))
    database.exec('PRAGMA user_version = 99')
    database.exec('PRAGMA journal_mode = DELETE')
    database.close()
    const { hashOf } = await import('../../gateway/backup/make.ts')
    const members = await Promise.all(
      manifest.members.map(async one => ({
        name: one.name,
        bytes: readFileSync(join(staging, one.name)).length,
        sha256: await hashOf(join(staging, one.name)),
      })),
    )
    const { publicKey: _, signature: __, ...plain } = { ...manifest, members } as unknown as Record<string, unknown>
    const forged = join(emptyFolder(), 'newer.zip')
    await writeZip(
      forged,
      [
        { name: 'manifest.json', from: { bytes: Buffer.from(JSON.stringify(plain)) } },
        ...members.map(({ name }) => ({ name, from: { file: join(staging, name) } })),
      ],
      now,
    )
    expect(await refused(forged)).toMatchObject({ why: 'newer' })
  })
})

test('a data directory of the version before is brought to this one, with all that is in it', async () => {
  // As version 1 made it: the schema of version 1 and its rows.
  const { folder, store } = await usedFolder(300)
  await store.close()
  const { ledgerLayout } = await import('../../gateway/store/ledger.ts')
  const old = join(folder, 'old.db')
  const database = openDatabase(old)
  database.exec(`PRAGMA application_id = ${ledgerLayout.applicationId}; PRAGMA user_version = 1;`)
  database.exec(ledgerLayout.schema)
  database.exec(`ATTACH '${join(folder, 'ledger.db')}' AS newer`)
  for (const table of ['entry', 'checkpoint', 'shelf']) database.exec(`INSERT INTO ${table} SELECT * FROM newer.${table}`)
  database.exec('DETACH newer')
  database.exec('PRAGMA journal_mode = DELETE')
  database.close()
  const { file } = await backUp(folder)
  const zip = await openZip(file)
  const manifest = JSON.parse(await textOf(zip, 'manifest.json')) as Record<string, unknown>
  const { hashOf } = await import('../../gateway/backup/make.ts')
  const history = join(emptyFolder(), 'history.db')
  writeFileSync(history, await bytesIn(zip, 'history.db'))
  zip.close()
  const member = async (name: string, path: string) => ({ name, bytes: readFileSync(path).length, sha256: await hashOf(path) })
  const members = [await member('ledger.db', old), await member('history.db', history)]
  const { publicKey: _, signature: __, ...plain } = { ...manifest, members } as Record<string, unknown>
  const older = join(emptyFolder(), 'older.zip')
  await writeZip(
    older,
    [
      { name: 'manifest.json', from: { bytes: Buffer.from(JSON.stringify(plain)) } },
      { name: 'ledger.db', from: { file: old } },
      { name: 'history.db', from: { file: history } },
    ],
    now,
  )
  const target = join(emptyFolder(), 'data')

  expect(await restoreInto(older, target)).toMatchObject({ ok: true, publicKey: undefined })

  const restored = await openStore(target, { wall })
  expect(await restored.stats()).toMatchObject({ entries: 300, readings: 300 })
  expect(restored.damage).toEqual([])
  await restored.close()
})

test('a trial opens and counts it, and leaves nothing behind', async () => {
  const folder = emptyFolder()
  expect(await tryBackup(whole, { folder, passphrase: undefined, now })).toMatchObject({ ok: true, manifest: { entries: 300 } })
  expect(readdirSync(folder)).toEqual([])
})

test('an existing file is never replaced, and a folder without data is no backup', async () => {
  await expect(makeBackup({ ...about, folder: folderOfWhole, file: whole })).rejects.toThrow('exists already')
  const out = emptyFolder()
  await expect(makeBackup({ ...about, folder: emptyFolder(), file: join(out, 'a.zip') })).rejects.toThrow()
  expect(readdirSync(out)).toEqual([])
})

const here = dirname(fileURLToPath(import.meta.url))

test('a restore that is killed at any moment leaves the target as it was', async () => {
  const { folder, store } = await usedFolder(100)
  await store.close()
  const { file } = await backUp(folderOfWhole)
  const before = dataOf(folder)
  let killed = 0
  for (let round = 0; round < 8; round++) {
    const child = spawn(process.execPath, [join(here, 'restore-child.ts'), file, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    for (let turn = 0; turn < round * 12; turn++) await new Promise(resolve => setImmediate(resolve))
    if (!child.kill('SIGKILL')) continue
    await once(child, 'exit')
    const asides = readdirSync(dirname(folder)).filter(name => name.startsWith(`${basename(folder)}.before-restore-`))
    if (asides.length > 0) break
    killed++
    expect(dataOf(folder)).toEqual(before)
  }
  expect(killed).toBeGreaterThan(0)
  for (const name of readdirSync(dirname(folder)))
    if (name.startsWith(`${basename(folder)}.`)) rmSync(join(dirname(folder), name), { recursive: true })
})

describe('what a passphrase locks', () => {
  test('opens with it and with nothing else', () => {
    const locked = lockAway(Buffer.from('秘密'), passphrase)
    expect(unlock(locked, passphrase)?.toString()).toBe('秘密')
    expect(unlock(locked, `${passphrase} `)).toBeUndefined()
    expect(locked.includes('秘密')).toBe(false)
    expect(lockAway(Buffer.from('秘密'), passphrase).equals(locked)).toBe(false)
    for (const place of [0, 9, 30, 40, locked.length - 1]) {
      const spoiled = Buffer.from(locked)
      spoiled[place] = (spoiled[place] ?? 0) ^ 1
      expect(unlock(spoiled, passphrase), `${place}`).toBeUndefined()
    }
    expect(unlock(locked.subarray(0, 20), passphrase)).toBeUndefined()
  })
})

describe('a manifest', () => {
  test.each([
    '../ledger.db',
    '/etc/passwd',
    'photos/../../x',
    'photos/./x',
    'ledger.db/x',
    'photos',
    'other/x',
    'photos/a\\b',
    '',
  ])('cannot name %s', name => expect(isMemberName(name)).toBe(false))
  test.each([
    ['', 'foreign'],
    ['null', 'foreign'],
    ['{"what":"other"}', 'foreign'],
    ['{"what":"zhishou-backup"}', 'foreign'],
    ['{"what":"zhishou-backup","format":3}', 'newer'],
    ['{"what":"zhishou-backup","format":1}', 'damaged'],
  ])('%s is %s', (text, why) => expect(readManifest(text)).toMatchObject({ ok: false, why }))
})

async function bytesIn(zip: Awaited<ReturnType<typeof openZip>>, name: string): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of await zip.read(name)) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}
const textOf = async (zip: Awaited<ReturnType<typeof openZip>>, name: string): Promise<string> =>
  (await bytesIn(zip, name)).toString()

/** Without what a lock leaves. */
const dataOf = (folder: string) =>
  Object.fromEntries(Object.entries(stateOf(folder)).filter(([name]) => !/^(lock\.db|gateway\.pid)/.test(name)))

/** Whether a place of a zip belongs to one of its heads rather than to content. */
function isZipHead(bytes: Buffer, place: number): boolean {
  const central = bytes.indexOf(Buffer.from('PK\x01\x02', 'latin1'))
  if (place >= central) return true
  const at = bytes.lastIndexOf(Buffer.from('PK\x03\x04', 'latin1'), place)
  if (at < 0) return false
  if (place < at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28)) return true
  // What stands behind a member repeats its head, and the last byte before it may be filled up with bits that say nothing.
  const after = bytes.lastIndexOf(Buffer.from('PK\x07\x08', 'latin1'), place + 1)
  return after > at && place < after + 16
}
