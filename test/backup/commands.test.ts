import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { backup } from '../../gateway/cli/backup.ts'
import { restore } from '../../gateway/cli/restore.ts'
import type { Io } from '../../gateway/cli/io.ts'
import { openStoreReadOnly } from '../../gateway/store/open.ts'
import { emptyFolder, wall } from '../store/folder.ts'
import { usedFolder } from './ground.ts'

type Command = (args: readonly string[], io: Io) => Promise<number>
async function run(command: Command, args: readonly string[], password = '') {
  const [out, err]: [string[], string[]] = [[], []]
  const io = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line), env: {} }
  const code = await command(args, { ...io, readPassword: () => Promise.resolve(password) })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

test('a folder is backed up beside its gateway and restored, keys included, by the commands alone', async () => {
  const { folder, store } = await usedFolder(100)
  const file = join(emptyFolder(), 'b.zip')
  const made = await run(backup, ['--data', folder, '--out', file, '--with-secrets', '--json'], 'a long enough phrase')
  expect(made).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse(made.out)).toMatchObject({
    file,
    manifest: { entries: 300, readings: 100, secrets: 'locked', site: { id: 'greenhill' } },
  })
  expect((await run(backup, ['--data', folder, '--out', file])).code).toBe(1)
  await store.close()

  const target = join(emptyFolder(), 'data')
  expect(await run(restore, [file, '--data', target, '--with-secrets'], 'another long phrase')).toMatchObject({
    code: 1,
    err: expect.stringContaining('passphrase is wrong'),
  })
  const restored = await run(restore, [file, '--data', target, '--with-secrets', '--lang', 'zh'], 'a long enough phrase')
  expect(restored).toMatchObject({ code: 0, err: '' })
  expect(restored.out).toMatch(/已恢复到 .*青山小学.*日志 300 条，读数 100 个[\s\S]*签名密钥指纹 ([0-9a-f]{4}-){3}/)
  const again = await openStoreReadOnly(target, { wall })
  expect(await again.accounts.get('secret', 'evidence-key')).toBeDefined()
  await again.close()
  // A second time the folder is full; with --replace it is set aside.
  expect(await run(restore, [file, '--data', target])).toMatchObject({ code: 1, err: expect.stringContaining('--replace') })
  const replaced = await run(restore, [file, '--data', target, '--replace', '--json'])
  expect(JSON.parse(replaced.out)).toMatchObject({
    ok: true,
    secrets: false,
    setAside: expect.stringContaining('before-restore'),
  })
  expect(readdirSync(join(target, '..'))).toHaveLength(2)
})

test('wrong usage is told, and leaves nothing', async () => {
  const folder = emptyFolder()
  expect((await run(backup, ['--data', folder, '--out', join(folder, 'x.zip')])).code).toBe(1)
  expect(existsSync(join(folder, 'x.zip'))).toBe(false)
  expect((await run(backup, ['more'])).code).toBe(2)
  expect((await run(backup, ['--nonsense'])).code).toBe(2)
  expect((await run(restore, [])).code).toBe(2)
  expect((await run(restore, ['a.zip'])).code).toBe(2)
  expect(await run(restore, ['/nowhere.zip', '--data', join(folder, 'd')])).toMatchObject({
    code: 1,
    err: expect.stringContaining('no backup'),
  })
  const { folder: used, store } = await usedFolder(1)
  expect((await run(backup, ['--data', used, '--out', join(folder, 'y.zip'), '--with-secrets'], 'short')).code).toBe(2)
  await store.close()
})
