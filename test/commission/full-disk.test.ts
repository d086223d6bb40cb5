import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { whatToDo } from '../../gateway/commission/site-disk.ts'
import { another, ReloadGround, until } from './ground.ts'

const mount = mkdtempSync(join(tmpdir(), 'zhishou-site-full-'))
const canMount = process.getuid?.() === 0 && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount]).status === 0
afterAll(() => {
  if (canMount) spawnSync('umount', [mount])
  rmSync(mount, { recursive: true, force: true })
})

/** Takes what is left of the disk, to the last byte. */
function fill(): void {
  const descriptor = openSync(join(mount, 'filler'), 'a')
  for (let size = 1 << 16; size >= 1;) {
    try {
      if (writeSync(descriptor, Buffer.alloc(size, 1)) < size) size >>= 1
    } catch {
      size >>= 1
    }
  }
  closeSync(descriptor)
}
const makeRoom = (): void => rmSync(join(mount, 'filler'))

describe.skipIf(!canMount)('a site file on a disk without room', () => {
  let ground: ReloadGround
  beforeAll(async () => {
    ground = await ReloadGround.make(mount)
  })
  afterAll(() => ground?.remove())

  test('stays as it was to the letter, says what to do, and is changed when there is room again', async () => {
    const [text, beside] = [await ground.text(), readdirSync(mount)]
    fill()
    expect(statfsSync(mount).bavail).toBe(0)
    const sweeps = ground.steady.at.length
    const refused = await ground.change(now => another(now, 'cold-9'))
    expect(refused).toMatchObject({ status: 503, body: { detail: expect.stringContaining('make room') } })
    expect(refused.body.detail).toContain('nothing was changed')
    expect(await ground.text()).toBe(text)
    expect(readdirSync(mount).filter(name => name !== 'filler')).toEqual(beside)
    // No version is kept of a change that did not come about, and everything goes on.
    expect((await ground.send('GET', '/site/versions')).body.items).toEqual([])
    expect((await ground.send('GET', '/site')).body.equipment.map(({ id }: { id: string }) => id)).not.toContain('cold-9')
    await ground.steady.reaches(sweeps + 2)
    expect(ground.steady.connections).toBe(1)

    makeRoom()
    expect((await ground.change(now => another(now, 'cold-9'))).status).toBe(200)
    await until(() => ground.other.at.length > 2, 'the other line speaks')
    expect(await ground.text()).toContain('cold-9:')
    expect(ground.complaints).toEqual([])
  })
})

describe('site files that may not grow so large', () => {
  const module = fileURLToPath(new URL('../../gateway/commission/site-disk.ts', import.meta.url))

  test.each([1, 2])('stay as they were, %d of them, and leave nothing beside them', async count => {
    const folder = await mkdtemp(join(tmpdir(), 'zhishou-limit-'))
    const names = Array.from({ length: count }, (_, index) => `${index + 1}.yaml`)
    for (const name of names) await writeFile(join(folder, name), `old ${name}`)
    const code = `
      const { writeSiteFiles } = await import(${JSON.stringify(module)})
      const at = name => ${JSON.stringify(folder)} + '/' + name
      const names = ${JSON.stringify(names)}
      const before = names.map(name => ({ name: at(name), text: 'old ' + name }))
      // The first has room, the last has not.
      const files = names.map((name, index) => ({ name: at(name), text: 'new '.repeat(index + 1 === names.length ? 5_000 : 1) }))
      await writeSiteFiles(${JSON.stringify(folder)}, files, before).then(
        () => console.log('written'),
        error => console.log(error.code),
      )`
    const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code]
    // 8 blocks of 1,024 bytes.
    const { stdout } = spawnSync('bash', ['-c', 'ulimit -f 8; exec "$@"', 'bash', ...node], { encoding: 'utf8' })
    expect(stdout.trim()).toBe('EFBIG')
    expect(await readdir(folder)).toEqual(names)
    for (const name of names) expect(await readFile(join(folder, name), 'utf8')).toBe(`old ${name}`)
    await rm(folder, { recursive: true })
  })

  test.each(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EWHATEVER'])('%s comes with what to do about it, in both languages', code => {
    const { zh, en } = whatToDo(code)
    expect(zh).toMatch(/[\u4e00-\u9fff]{4}/)
    expect(en.split(' ').length).toBeGreaterThan(4)
  })
})
