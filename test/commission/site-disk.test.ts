import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { changeEntries } from '../../gateway/commission/entries.ts'
import { finishChange, notWritable, replace, whyNotWritable, writeSiteFiles } from '../../gateway/commission/site-disk.ts'
import { veiled } from '../../gateway/commission/veil.ts'
import { mostVersions, Versions } from '../../gateway/commission/versions.ts'
import { instant } from '../../protocols/contract/time.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zhishou-disk-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
const at = (name: string): string => join(folder, name)
const read = (name: string): Promise<string> => readFile(at(name), 'utf8')
const files = (...texts: readonly string[]) => texts.map((text, index) => ({ name: at(`${index + 1}.yaml`), text }))

describe('site files on the disk', () => {
  test('are replaced in one step, with their rights, and leave nothing beside them', async () => {
    const [old] = files('old\n')
    await writeFile(at('1.yaml'), 'old\n')
    await chmod(at('1.yaml'), 0o640)
    await writeSiteFiles(folder, files('new\n'), old ? [old] : [])
    expect([await read('1.yaml'), (await stat(at('1.yaml'))).mode & 0o777]).toEqual(['new\n', 0o640])
    expect(await readdir(folder)).toEqual(['1.yaml'])
  })

  test('stay links where they are links', async () => {
    await mkdir(at('real'))
    await writeFile(at('real/site.yaml'), 'old')
    await symlink(at('real/site.yaml'), at('1.yaml'))
    await replace(at('1.yaml'), 'new')
    expect([await read('real/site.yaml'), await readdir(at('real'))]).toEqual(['new', ['site.yaml']])
  })

  test('are all new after a crash between two of them', async () => {
    // As the disk looks when the process ends after the first rename.
    await writeFile(at('1.yaml'), 'new 1')
    await writeFile(at('2.yaml'), 'old 2')
    const plan = {
      files: [
        { name: '1.yaml', before: hash('old 1'), text: 'new 1' },
        { name: '2.yaml', before: hash('old 2'), text: 'new 2' },
      ],
    }
    await writeFile(at('.zhishou-change.json'), JSON.stringify(plan))
    await finishChange(folder)
    expect([await read('1.yaml'), await read('2.yaml'), await readdir(folder)]).toEqual(['new 1', 'new 2', ['1.yaml', '2.yaml']])
  })

  test('are left to whoever has edited them after the crash', async () => {
    await writeFile(at('1.yaml'), 'mended by hand')
    await writeFile(at('.zhishou-change.json'), JSON.stringify({ files: [{ name: '1.yaml', before: hash('old'), text: 'new' }] }))
    await finishChange(folder)
    expect([await read('1.yaml'), await readdir(folder)]).toEqual(['mended by hand', ['1.yaml']])
  })

  test.each([
    'no json',
    'null',
    '{}',
    '{"files":[{"name":"../outside.yaml","before":"","text":"x"}]}',
    '{"files":[{"name":"passwd","before":"","text":"x"}]}',
    '{"files":[{"name":"1.yaml","before":"","text":7}]}',
  ])('are not touched by a plan that is none: %s', async text => {
    await writeFile(at('1.yaml'), 'old')
    await writeFile(at('.zhishou-change.json'), text)
    await finishChange(folder)
    expect([await read('1.yaml'), await readdir(folder)]).toEqual(['old', ['1.yaml']])
  })

  test('are no folder where the site is one file', async () => {
    await writeFile(at('1.yaml'), 'old')
    await finishChange(at('1.yaml'))
    await finishChange(at('gone.yaml'))
    expect(await read('1.yaml')).toBe('old')
  })

  test('say why they cannot be written', async () => {
    expect(await whyNotWritable(folder)).toBeUndefined()
    expect((await whyNotWritable(at('gone.yaml')))?.en).toContain('gone')
    expect(notWritable('EBUSY')?.en).toContain('mount the folder')
    expect(notWritable('EROFS')?.zh).toContain('权限')
    expect(notWritable('ENOSPC')).toBeUndefined()
  })
})

describe('several site files', () => {
  test('are all written, and none where one of them cannot be', async () => {
    await writeFile(at('1.yaml'), 'old 1')
    await writeFile(at('2.yaml'), 'old 2')
    await writeSiteFiles(folder, files('new 1', 'new 2'), files('old 1', 'old 2'))
    expect([await read('1.yaml'), await read('2.yaml'), await readdir(folder)]).toEqual(['new 1', 'new 2', ['1.yaml', '2.yaml']])

    // The plan has no room: a folder is in its place.
    await mkdir(at('.zhishou-change.json/taken'), { recursive: true })
    await expect(writeSiteFiles(folder, files('newer 1', 'newer 2'), files('new 1', 'new 2'))).rejects.toThrow(/./)
    expect([await read('1.yaml'), await read('2.yaml')]).toEqual(['new 1', 'new 2'])
    expect(await readdir(folder)).toEqual(['.zhishou-change.json', '1.yaml', '2.yaml'])
  })
})

describe('what is said of a draft', () => {
  test('has the names of variables and not what they stand for', () => {
    const text = 'a: ${PASSWORD}\nb: "${LONGER:-x}"\nport: ${PORT}\nc: ${UNSET}'
    const env = { PASSWORD: 'hunter2!', LONGER: 'hunter2!!$&', PORT: '502', OTHER: 'another' }
    const told = { wrong: { en: 'there is no "hunter2!" nor hunter2!!$& at 502' }, list: ['hunter2!', 5, null, 'another'] }
    expect(veiled(told, [{ text }], env)).toEqual({
      wrong: { en: 'there is no "${PASSWORD}" nor ${LONGER} at 502' },
      list: ['${PASSWORD}', 5, null, 'another'],
    })
    expect(veiled(told, [{ text: 'a: 1' }], env)).toBe(told)
  })
})

describe('versions of the site file', () => {
  const version = (why: string) => ({ digest: 'd', at: instant(5), by: 'admin', why, files: [{ name: 'site.yaml', text: why }] })

  test('are kept, the newest first, and no more than fifty', async () => {
    const versions = new Versions(at('versions'))
    expect(await versions.all()).toEqual([])
    for (let count = 1; count <= mostVersions + 3; count += 1) await versions.keep(version(`change ${count}`))
    const all = await versions.all()
    expect([all.length, all[0]?.why, all.at(-1)?.why, all[0]?.id]).toEqual([50, 'change 53', 'change 4', 53])
    await versions.drop(53)
    expect(await versions.get(53)).toBeUndefined()
    expect((await versions.keep(version('again'))).id).toBe(53)
  })

  test('leave out what is not one', async () => {
    const versions = new Versions(at('versions'))
    await versions.keep(version('good'))
    for (const [id, text] of [
      '{',
      'null',
      '{"id":1}',
      JSON.stringify({ id: 5, ...version('x'), files: [{ name: 'a' }] }),
    ].entries())
      await writeFile(at(`versions/00000${id + 2}.json`), text)
    await writeFile(at('versions/readme.txt'), 'x')
    expect((await versions.all()).map(({ why }) => why)).toEqual(['good'])
  })
})

describe('entries of a site that is several files', () => {
  const site = files(
    'site: { id: a }\nconnections:\n  bus: { protocol: http }\n',
    'areas:\n  hall:\n    equipment:\n      fan: { type: x }\n',
  )
  const texts = (...changes: Parameters<typeof changeEntries>[1]): readonly string[] | string => {
    const edited = changeEntries(site, changes)
    return edited.ok ? edited.files.map(({ text }) => text) : `${edited.why} ${edited.id}`
  }
  const [head, hall] = site.map(({ text }) => text)

  test('go where their like stand', () => {
    expect(texts({ what: 'connection', id: 'door', entry: { protocol: 'http' } })).toEqual([
      `${head}  door:\n    protocol: http\n`,
      hall,
    ])
    expect(texts({ what: 'equipment', id: 'lamp', area: 'hall', entry: { type: 'y' } })).toEqual([
      head,
      `${hall}      lamp:\n        type: y\n`,
    ])
    expect(texts({ what: 'equipment', id: 'lamp', area: 'yard', entry: { type: 'y' } })).toEqual([
      head,
      `${hall}  yard:\n    equipment:\n      lamp:\n        type: y\n`,
    ])
  })

  test('are changed where they are, moved, and taken out', () => {
    expect(texts({ what: 'equipment', id: 'fan', entry: { type: 'z' } })).toEqual([head, hall?.replace('type: x', 'type: z')])
    const moved = texts({ what: 'equipment', id: 'fan', area: 'yard', entry: { type: 'x' } })
    expect(moved[1]).toMatch(/yard:\n {4}equipment:\n {6}fan:\n {8}type: x\n/)
    expect(moved[1]?.match(/fan/g)).toHaveLength(1)
    expect(texts({ what: 'connection', id: 'bus', entry: null })[0]).toContain('connections: {}')
  })

  test('are refused where there is no such thing or no place for it', () => {
    expect(texts({ what: 'connection', id: 'nothing', entry: null })).toBe('no-such nothing')
    expect(texts({ what: 'equipment', id: 'nothing', entry: null })).toBe('no-such nothing')
    expect(texts({ what: 'equipment', id: 'new', entry: {} })).toBe('no-area new')
    const wrong = changeEntries(files('areas: ['), [{ what: 'equipment', id: 'new', area: 'a', entry: {} }])
    expect(wrong).toEqual({ ok: false, why: 'by-hand', id: 'new' })
  })
})
