import { createHash, randomUUID } from 'node:crypto'
import { access, constants, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Words } from '../../protocols/contract/driver.ts'
import type { SourceFile } from '../site/load.ts'

/** A change of several files at once is written down here first, beside them, so that a crash leaves the old ones or the new ones. */
const planName = '.zhishou-change.json'

interface Plan {
  readonly files: readonly { readonly name: string; readonly before: string; readonly text: string }[]
}

/** Why the files cannot be changed from here; `undefined` where they can. */
export async function whyNotWritable(path: string): Promise<Words | undefined> {
  try {
    const real = await realpath(path)
    const isFolder = (await stat(real)).isDirectory()
    if (!isFolder) await access(real, constants.W_OK)
    await access(isFolder ? real : dirname(real), constants.W_OK)
    return undefined
  } catch (error) {
    return notWritable(codeOf(error))
  }
}

/** Puts these texts in the place of the files of those names: all of them or, after a crash too, none. Rejects where the disk refuses. */
export async function writeSiteFiles(path: string, files: readonly SourceFile[], before: readonly SourceFile[]): Promise<void> {
  const texts = new Map(before.map(({ name, text }) => [name, text]))
  const changed = files.filter(({ name, text }) => texts.get(name) !== text)
  const [only, ...more] = changed
  if (!only) return
  if (more.length === 0) return replace(only.name, only.text)
  const plan: Plan = {
    files: changed.map(({ name, text }) => ({ name: basename(name), before: hashOf(texts.get(name) ?? ''), text })),
  }
  // All the room it takes is taken before the first name changes.
  const drafts: Ready[] = []
  try {
    for (const { name, text } of changed) drafts.push(await prepare(name, text))
    await replace(join(path, planName), JSON.stringify(plan))
  } catch (error) {
    for (const { draft } of drafts) await rm(draft, { force: true }).catch(() => {})
    throw error
  }
  for (const { draft, target } of drafts) await rename(draft, target)
  await syncFolder(path)
  await rm(join(path, planName), { force: true })
}

/** After a crash: ends what was begun. Whoever has edited a file by hand since then is not overruled. Call it before the site is read. */
export async function finishChange(path: string): Promise<void> {
  let text: string
  try {
    text = await readFile(join(path, planName), 'utf8')
  } catch {
    return
  }
  const plan = planIn(text)
  if (plan) await carryOut(path, plan)
  else await rm(join(path, planName), { force: true })
}

async function carryOut(path: string, { files }: Plan): Promise<void> {
  for (const { name, before, text } of files) {
    const file = join(path, name)
    const now = await readFile(file, 'utf8').catch(() => '')
    if (now !== text && hashOf(now) === before) await replace(file, text)
  }
  await rm(join(path, planName), { force: true })
  await syncFolder(path)
}

/** Ours, but it may have been touched: anything else is no plan. */
function planIn(text: string): Plan | undefined {
  try {
    const plan = JSON.parse(text) as Partial<Plan> | null
    const isPlan =
      Array.isArray(plan?.files) && plan.files.every(({ name, text: own }) => isPlain(name) && typeof own === 'string')
    return isPlan ? (plan as Plan) : undefined
  } catch {
    return undefined
  }
}

const isPlain = (name: unknown): boolean => typeof name === 'string' && basename(name) === name && /\.ya?ml$/.test(name)
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

interface Ready {
  readonly draft: string
  readonly target: string
}

/** Written beside it, made durable, and put in its place in one step; a link stays a link. Rights and owner stay as they were. */
export async function replace(file: string, text: string): Promise<void> {
  const { draft, target } = await prepare(file, text)
  try {
    await rename(draft, target)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    throw error
  }
  await syncFolder(dirname(target))
}

async function prepare(file: string, text: string): Promise<Ready> {
  const target = await realpath(file).catch(() => file)
  const old = await stat(target).catch(() => undefined)
  const draft = join(dirname(target), `.${basename(target)}.${randomUUID().slice(0, 8)}.tmp`)
  try {
    const handle = await open(draft, 'wx', old?.mode ?? 0o600)
    try {
      await handle.writeFile(text)
      if (old) await handle.chown(old.uid, old.gid).catch(() => {})
      await handle.sync()
    } finally {
      await handle.close()
    }
    return { draft, target }
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    throw error
  }
}

/** The new name is durable when its folder is. Windows has no such thing and needs none. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => {})
  await handle?.close()
}

export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : error instanceof Error ? error.message : String(error)

/** What the disk's refusal means for a person; `undefined` where it is a disk in trouble. */
export function notWritable(code: string): Words | undefined {
  if (code === 'EBUSY' || code === 'EXDEV')
    return {
      zh: '现场文件是单独挂载的，不能替换：请改为挂载它所在的目录',
      en: 'the site file is mounted by itself and cannot be replaced: mount the folder it lies in',
    }
  if (['EACCES', 'EPERM', 'EROFS'].includes(code))
    return {
      zh: `网关没有权限改写现场文件（${code}）：请放开该目录的写权限，或在文件里改好后重新载入`,
      en: `the gateway may not write the site file (${code}): grant it the folder, or edit the file and load it anew`,
    }
  if (code === 'ENOENT') return { zh: '现场文件不在了', en: 'the site file is gone' }
  return undefined
}

/** What to do about a disk that takes nothing. `code`: as the system says it. */
export function whatToDo(code: string): Words {
  if (['ENOSPC', 'EDQUOT'].includes(code))
    return {
      zh: '磁盘满了：先腾出空间（例如移走旧的备份），再试一次',
      en: 'the disk is full: make room (move old backups away, for example) and try again',
    }
  if (code === 'EFBIG')
    return {
      zh: '文件大小受限制（ulimit -f、LimitFSIZE）：放宽限制，再试一次',
      en: 'the size of files is limited (ulimit -f, LimitFSIZE): raise the limit and try again',
    }
  if (code === 'EIO')
    return {
      zh: '磁盘读写出错：尽快备份并更换磁盘',
      en: 'the disk itself fails: back up and replace it soon',
    }
  return { zh: '查磁盘，再试一次', en: 'look at the disk and try again' }
}
