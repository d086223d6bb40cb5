import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { log } from '../../gateway/cli/log.ts'
import type { Manifest } from '../../gateway/evidence/signed.ts'
import { fingerprintOf, publicKeyOf } from '../../gateway/evidence/signed.ts'
import { filled, photo } from './filled.ts'
import { newFolder, november, testKey } from './sheet.ts'

async function run(...args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []]
  const code = await log(args, {
    out: line => void out.push(line),
    err: line => void err.push(line),
    env: { USER: 'wang' },
    readPassword: async () => '',
  })
  return { code, out: out.join('\n'), err: err.join('\n') }
}
let folder = ''
beforeAll(async () => {
  ;({ folder } = await filled(november))
})
const twoDays = ['--from', '2026-11-01', '--to', '2026-11-02'] as const
const unzip = (file: string): string => {
  const folder = newFolder()
  execFileSync('python3', [
    '-c',
    'import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nz.extractall(sys.argv[2])',
    file,
    folder,
  ])
  return folder
}

describe('zhishou log', () => {
  test.for(['csv', 'json', 'xlsx', 'pdf'] as const)(
    'writes a signed %s of a data folder and leaves nothing beside it',
    async format => {
      const place = newFolder()
      const file = join(place, `log.${format}`)

      const { code, out, err } = await run(
        'temperature',
        ...twoDays,
        '--data',
        folder,
        '--format',
        format,
        '--out',
        file,
        '--json',
      )

      expect([code, err]).toEqual([0, ''])
      expect(readdirSync(place)).toEqual([`log.${format}`])
      const bytes = readFileSync(file)
      expect(JSON.parse(out)).toMatchObject({
        file,
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      })
    },
  )

  test('says what is wrong: the period, the log, the equipment, the format, the data, the place', async () => {
    const data = ['--data', folder]
    const out = join(newFolder(), 'x.csv')

    const inverted = await run('temperature', '--from', '2026-11-02', '--to', '2026-11-01', ...data, '--lang', 'zh')
    expect(inverted).toMatchObject({ code: 2, err: expect.stringContaining('先后不能颠倒') })
    expect(await run('weather', ...twoDays, ...data)).toMatchObject({
      code: 2,
      err: expect.stringContaining('there is no log "weather"'),
    })
    expect(await run('temperature', 'dosing', ...twoDays, ...data)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--pack'),
    })
    expect(await run('temperature', ...twoDays, ...data, '--equipment', 'cold-9')).toMatchObject({
      code: 1,
      err: 'the site has no cold-9',
    })
    expect(await run('temperature', ...twoDays, ...data, '--format', 'doc')).toMatchObject({
      code: 2,
      err: expect.stringContaining('"doc"'),
    })
    expect(await run('temperature', ...twoDays, '--data', newFolder())).toMatchObject({ code: 1 })
    expect(await run('temperature', ...twoDays, ...data, '--out', join(out, 'y', 'z.csv'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('no such folder'),
    })
    expect(await run('temperature', ...data)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--from or --to is missing'),
    })
    expect(await run('temperature', ...twoDays, ...data, '--pack', 'x.zip', '--out', out)).toMatchObject({ code: 2 })
    expect(await run('--help')).toMatchObject({ code: 0, out: expect.stringContaining('--pack') })
    expect(existsSync(out)).toBe(false)
  })

  test('leaves an older file as it was when the new one cannot be written', async () => {
    const file = join(newFolder(), 'log.csv')
    mkdirSync(file)
    writeFileSync(join(file, 'kept'), '')
    const { code, err } = await run('temperature', ...twoDays, '--data', folder, '--out', file, '--lang', 'zh')

    expect(code).toBe(1)
    expect(err).toMatch(/文件夹/)
    expect(readdirSync(file)).toEqual(['kept'])
  })
})

describe('an inspector pack', () => {
  let place = ''
  let file = ''
  let manifest: Manifest & { readonly publicKey: string }
  beforeAll(async () => {
    file = join(newFolder(), 'pack.zip')
    const { code, err } = await run('--pack', file, 'temperature,alarms', ...twoDays, '--data', folder, '--lang', 'zh', '--json')
    expect([code, err]).toEqual([0, ''])
    place = unzip(file)
    manifest = JSON.parse(readFileSync(join(place, 'manifest.json'), 'utf8'))
  })

  test('has every log in every form, the pictures of its records, and how to check it', () => {
    const names = manifest.files.map(({ name }) => name)
    for (const title of ['温度记录', '报警记录'])
      for (const format of ['json', 'csv', 'xlsx', 'pdf']) expect(names).toContain(`${title}/${title}.${format}`)
    expect(names).toContain('读我 README.txt')
    const readMe = readFileSync(join(place, '读我 README.txt'), 'utf8')
    expect(readMe).toContain('sha256sum')
    expect(readMe).toContain(fingerprintOf(publicKeyOf(testKey)))
    expect(readMe).toMatch(/温度记录 \/ Temperature log/)
    expect(names).toContain(`照片/${photo}`)
    expect(readFileSync(join(place, '照片', photo), 'utf8')).toBe('a picture')
  })

  test('lists every file it has with size and digest, and nothing else', () => {
    const on = readdirSync(place, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name).slice(place.length + 1))
    expect(on.toSorted()).toEqual([...manifest.files.map(({ name }) => name), 'manifest.json'].toSorted())
    for (const { name, bytes, sha256 } of manifest.files) {
      const content = readFileSync(join(place, name))
      expect([name, content.length, createHash('sha256').update(content).digest('hex')]).toEqual([name, bytes, sha256])
    }
  })

  test('says the same in JSON, on paper and in the workbook: one chain', () => {
    const json = JSON.parse(readFileSync(join(place, '温度记录/温度记录.json'), 'utf8')) as { proof: { chain: string } }
    const paper = execFileSync('pdftotext', ['-layout', join(place, '温度记录/温度记录.pdf'), '-'], { encoding: 'utf8' })
    expect(paper).toContain(json.proof.chain)
    expect(paper).toContain(
      `zhishou:proof:${manifest.export}:${json.proof.chain.slice(0, 16)}:${fingerprintOf(manifest.publicKey)}`,
    )
  })
})
