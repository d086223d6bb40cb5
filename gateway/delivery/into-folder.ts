import { createHash, randomUUID } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { copyFile, link, open, rm, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'

/**
 * Puts a file into a folder under a name, whole or not at all, and never over another: the same bytes are left as they lie, others get the
 * next free name. Answers the name. Rejects with what the disk says.
 */
export async function intoFolder(
  file: string,
  { folder, name }: { readonly folder: string; readonly name: string },
): Promise<string> {
  // A share that is not mounted must not be mistaken for a folder that has to be made.
  if (!(await stat(folder)).isDirectory()) throw new Error(`${folder} is no folder`)
  const part = join(folder, `.zhishou-${randomUUID()}.part`)
  try {
    await copyFile(file, part)
    const handle = await open(part, 'r')
    await handle.sync().finally(() => handle.close())
    const ending = extname(name)
    for (let count = 1; count <= 1_000; count++) {
      const free = count === 1 ? name : `${name.slice(0, name.length - ending.length)}-${count}${ending}`
      const target = join(folder, free)
      if (await putOnce(part, target)) return free
      if ((await digestOf(target)) === (await digestOf(part))) return free
    }
    throw new Error(`${name} is there a thousand times`)
  } finally {
    await rm(part, { force: true })
  }
}

/** False where something has that name already. */
async function putOnce(part: string, target: string): Promise<boolean> {
  try {
    await link(part, target)
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (code === 'EEXIST') return false
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error
  }
  // Some shares know no links.
  try {
    await copyFile(part, target, constants.COPYFILE_EXCL)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    await rm(target, { force: true })
    throw error
  }
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}
