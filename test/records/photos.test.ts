import { createHash } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { days, instant } from '../../protocols/contract/time.ts'
import { Photos } from '../../gateway/records/photos.ts'
import { StoreTrouble } from '../../gateway/store/store.ts'
import { png } from '../kit/picture.ts'

let folder: string
let photos: Photos
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zhishou-photos-'))
  photos = new Photos(join(folder, 'photos'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))
const files = async (): Promise<readonly string[]> =>
  (await readdir(join(folder, 'photos'), { recursive: true })).filter(name => name !== 'waiting').toSorted()

describe('a photo', () => {
  test('is kept once under its own digest, readable by the gateway alone', async () => {
    const bytes = png()
    const digest = createHash('sha256').update(bytes).digest('hex')

    const sent = await Promise.all([photos.keep(bytes), photos.keep(bytes), photos.keep(png())])

    expect(new Set(sent.map(one => one?.id))).toEqual(new Set([`${digest}.png`]))
    expect(await files()).toEqual([`waiting/${digest}.png`])
    expect((await stat(join(folder, 'photos/waiting', `${digest}.png`))).mode & 0o777).toBe(0o600)
    expect(await photos.read(`${digest}.png`)).toEqual({ type: 'image/png', bytes })
  })

  test('that a record took stays; one that nobody took is gone after a day, and so is what a kill left half written', async () => {
    const taken = await photos.keep(png(2, 2, 1))
    const left = await photos.keep(png(2, 2, 2))
    const young = await photos.keep(png(2, 2, 3))
    await writeFile(join(folder, 'photos/waiting', 'half.7-1'), 'half')
    expect(await photos.claim([taken?.id ?? ''])).toBe(true)
    const old = new Date('2026-09-01T00:00:00Z')
    await utimes(join(folder, 'photos', taken?.id ?? ''), old, old)
    await utimes(join(folder, 'photos/waiting', left?.id ?? ''), old, old)
    const now = instant(old.getTime() + days(1))
    await utimes(join(folder, 'photos/waiting', young?.id ?? ''), new Date(now), new Date(now))

    expect(await photos.sweep(now)).toBe(2)

    expect(await files()).toEqual([taken?.id, `waiting/${young?.id}`].toSorted())
  })

  test('can be taken by two records', async () => {
    const { id = '' } = (await photos.keep(png())) ?? {}
    expect(await photos.claim([id])).toBe(true)
    expect(await photos.claim([id])).toBe(true)
    expect(await photos.keep(png())).toMatchObject({ id })
    expect(await files()).toEqual([id])
  })

  test.each([
    '../../etc/passwd',
    `${'a'.repeat(64)}.jpg/../../x`,
    `${'a'.repeat(64)}.svg`,
    `${'A'.repeat(64)}.jpg`,
    `waiting/${'a'.repeat(64)}.jpg`,
    '',
    `${'a'.repeat(64)}.jpg`,
  ])('is not found under %s', async id => {
    expect(await photos.read(id)).toBeUndefined()
    expect(await photos.claim([id])).toBe(false)
  })

  test('that was exchanged on the disk is not shown as what the journal has', async () => {
    const { id = '' } = (await photos.keep(png())) ?? {}
    await photos.claim([id])
    await writeFile(join(folder, 'photos', id), png(4, 3, 9))
    expect(await photos.read(id)).toBe('damaged')
    expect((await readFile(join(folder, 'photos', id))).length).toBeGreaterThan(0)
  })

  test('that the disk does not take leaves nothing behind', async () => {
    await writeFile(join(folder, 'photos'), 'a file where the folder should be')
    await expect(photos.keep(png())).rejects.toBeInstanceOf(StoreTrouble)
    await chmod(join(folder, 'photos'), 0o600)
  })

  test('is nothing that is no picture', async () => {
    expect(await photos.keep(Buffer.from('<html>'))).toBeUndefined()
    expect(await photos.sweep(instant(0))).toBe(0)
  })
})
