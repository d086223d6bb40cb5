import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Words } from '../../protocols/contract/driver.ts'
import type { Io } from './io.ts'

/** The data directory a command is about: `--data`, ZHISHOU_DATA, or the only one below `data/`. */
export function dataFolder(
  asked: string | undefined,
  env: Io['env'],
): { readonly ok: true; readonly folder: string } | { readonly ok: false; readonly say: Words } {
  const named = asked ?? env['ZHISHOU_DATA']
  if (named !== undefined) return found(named) ? { ok: true, folder: named } : { ok: false, say: holdsNothing(named) }
  const below = existsSync('data')
    ? readdirSync('data')
        .map(name => join('data', name))
        .filter(found)
    : []
  const [only, ...others] = below
  if (only === undefined) return { ok: false, say: holdsNothing('data') }
  if (others.length > 0)
    return {
      ok: false,
      say: {
        zh: `有几个数据目录：${below.join('、')}；请用 --data 指明一个`,
        en: `there are several data folders: ${below.join(', ')}; name one with --data`,
      },
    }
  return { ok: true, folder: only }
}

const found = (folder: string): boolean => existsSync(join(folder, 'ledger.db'))
const holdsNothing = (folder: string): Words => ({
  zh: `${folder} 里没有网关的数据；请用 --data 指明数据目录`,
  en: `${folder} holds no data of a gateway; name the data folder with --data`,
})
