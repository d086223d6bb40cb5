import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Words } from '../../protocols/contract/driver.ts'
import { makeBackup } from '../backup/make.ts'
import { backupName } from '../backup/shelf.ts'
import { systemClock } from '../clock.ts'
import { paperSiteIn } from '../report/paper.ts'
import { StoreTrouble } from '../store/store.ts'
import { dataFolder } from './data-folder.ts'
import { languageOf } from './io.ts'
import type { ExitCode, Io } from './io.ts'
import { packageVersion } from './version.ts'

export const backupHelp = `zhishou backup [--data DIR] [--out FILE] [--with-secrets] [--json] [--lang zh|en]

Writes everything of a data folder into one file: journal, readings, accounts, photos, floor plans, certificates, site files. Safe beside a
running gateway. The file has its name when it is whole.
把数据目录的全部内容备份成一个文件：日志、读数、账户、照片、平面图、证书、现场文件。可在网关运行时使用；写完整后文件才会出现。

  --data DIR       the data folder; default: ZHISHOU_DATA, else the only one below data/
  --out FILE       where to; default: zhishou-SITE-TIME.zip in this folder. An existing file is never replaced
  --with-secrets   takes keys, API tokens and push subscriptions along, locked with a passphrase: ZHISHOU_BACKUP_PASSPHRASE (or …_FILE),
                   else one line of standard input. Without them a restored gateway makes a new signing key and says so in its journal
  --json           prints what was written as JSON

Exit 0 written, 1 it could not be, 2 wrong usage.`

/** `zhishou backup`: exit 0 written, 1 not, 2 wrong usage. */
export async function backup(args: readonly string[], io: Io): Promise<ExitCode> {
  const language = languageOf(args, io.env)
  const tell = (words: Words): void => io.err(words[language])
  const options = parseOptions(args)
  if (options === 'help') {
    io.out(backupHelp)
    return 0
  }
  if (typeof options === 'string') {
    io.err(options)
    io.err(backupHelp)
    return 2
  }
  const place = dataFolder(options.data, io.env)
  if (!place.ok) {
    tell(place.say)
    return 1
  }
  const passphrase = options.withSecrets ? await passphraseOf(io) : undefined
  if (passphrase !== undefined && passphrase.length < 12) {
    tell({ zh: '口令至少 12 个字符', en: 'the passphrase has at least 12 characters' })
    return 2
  }
  const now = systemClock.now()
  const paper = paperSiteIn(place.folder)
  const site = paper && { id: paper.id, name: paper.name }
  const file = options.out ?? join('.', backupName(site?.id ?? 'data', now))
  try {
    const made = await makeBackup({ folder: place.folder, file, now, version: await packageVersion(), site, passphrase })
    if (options.json) io.out(JSON.stringify(made))
    else tellMade(made, language, io)
    return 0
  } catch (error) {
    if (!(error instanceof StoreTrouble)) throw error
    tell({ zh: `没有备份成功：${error.message}`, en: `nothing was backed up: ${error.message}` })
    return 1
  }
}

type Made = Awaited<ReturnType<typeof makeBackup>>

function tellMade({ file, bytes, manifest }: Made, language: 'zh' | 'en', io: Io): void {
  const { entries, readings, secrets } = manifest
  const size = `${(bytes / 1024 ** 2).toFixed(1)} MiB`
  const count = new Intl.NumberFormat(language)
  io.out(
    language === 'zh'
      ? `已备份到 ${file}：${size}，日志 ${count.format(entries)} 条，读数 ${count.format(readings)} 个`
      : `backed up to ${file}: ${size}, ${count.format(entries)} journal entries, ${count.format(readings)} readings`,
  )
  if (secrets === 'none')
    io.out(
      language === 'zh'
        ? '不含密钥和令牌：恢复后网关会生成新的签名密钥；要带上请用 --with-secrets'
        : 'without keys and tokens: a restored gateway makes a new signing key; --with-secrets takes them along',
    )
}

/** From the environment, from the file that `…_FILE` names, else one line of standard input. */
export async function passphraseOf({ env, readPassword }: Pick<Io, 'env' | 'readPassword'>): Promise<string> {
  const file = env['ZHISHOU_BACKUP_PASSPHRASE_FILE']
  if (env['ZHISHOU_BACKUP_PASSPHRASE'] !== undefined) return env['ZHISHOU_BACKUP_PASSPHRASE']
  return file === undefined ? await readPassword() : readFileSync(file, 'utf8').trim()
}

interface Options {
  readonly data: string | undefined
  readonly out: string | undefined
  readonly withSecrets: boolean
  readonly json: boolean
}

function parseOptions(args: readonly string[]): Options | 'help' | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        data: { type: 'string' },
        out: { type: 'string', short: 'o' },
        'with-secrets': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        lang: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) return 'help'
    if (positionals.length > 0) return `unexpected: ${positionals.join(' ')}`
    return { data: values.data, out: values.out, withSecrets: values['with-secrets'], json: values.json }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
