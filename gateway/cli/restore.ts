import { parseArgs } from 'node:util'
import type { Words } from '../../protocols/contract/driver.ts'
import { restoreBackup } from '../backup/restore.ts'
import type { Restored, RestoreRefusal } from '../backup/restore.ts'
import { systemClock } from '../clock.ts'
import { fingerprintOf } from '../evidence/signed.ts'
import { passphraseOf } from './backup.ts'
import { languageOf } from './io.ts'
import type { ExitCode, Io } from './io.ts'
import { packageVersion } from './version.ts'

export const restoreHelp = `zhishou restore FILE --data DIR [--replace] [--with-secrets] [--json] [--lang zh|en]

Makes a data folder of a backup. Everything is unpacked beside it, checked and opened first; until then DIR is as it was. A file that is
damaged, cut off, none of ours or of a newer version is refused; one of an older version is brought to this one.
用备份恢复数据目录。先在旁边解开、核对、试着打开，全部无误后才换上；在此之前目录原样不动。损坏、不完整、不是本产品或更新版本的备份一律拒绝。

  --data DIR       the data folder; must be absent or empty
  --replace        a folder that holds data is set aside (DIR.before-restore-TIME), never deleted
  --with-secrets   brings keys and tokens back: passphrase from ZHISHOU_BACKUP_PASSPHRASE (or …_FILE), else one line of standard input
  --json           prints what was restored, or why not, as JSON

Exit 0 restored, 1 refused, 2 wrong usage.`

interface Options {
  readonly file: string
  readonly data: string
  readonly replace: boolean
  readonly withSecrets: boolean
  readonly json: boolean
}

/** `zhishou restore`: exit 0 restored, 1 refused, 2 wrong usage. */
export async function restore(args: readonly string[], io: Io): Promise<ExitCode> {
  const language = languageOf(args, io.env)
  const options = parseOptions(args)
  if (options === 'help') {
    io.out(restoreHelp)
    return 0
  }
  if (typeof options === 'string') {
    io.err(options)
    io.err(restoreHelp)
    return 2
  }
  const passphrase = options.withSecrets ? await passphraseOf(io) : undefined
  const outcome = await restoreBackup({
    file: options.file,
    folder: options.data,
    replace: options.replace,
    passphrase,
    now: systemClock.now(),
  })
  if (options.json)
    io.out(JSON.stringify(outcome.ok ? { ...outcome, manifest: { ...outcome.manifest, members: undefined } } : outcome))
  else if (outcome.ok) for (const line of linesOf(outcome, options.data, await packageVersion())) io.out(line[language])
  else io.err(refusalWords(outcome, options)[language])
  return outcome.ok ? 0 : 1
}

function linesOf({ manifest, publicKey, setAside, secrets }: Restored, folder: string, version: string): readonly Words[] {
  const { entries, readings, madeAt, site, gateway } = manifest
  const made = new Date(madeAt).toISOString()
  const name = site?.name ?? { zh: '（未知现场）', en: '(unknown site)' }
  const lines: Words[] = [
    {
      zh: `已恢复到 ${folder}：${name.zh}，备份于 ${made}，日志 ${entries} 条，读数 ${readings} 个`,
      en: `restored to ${folder}: ${name.en}, backed up at ${made}, ${entries} journal entries, ${readings} readings`,
    },
  ]
  if (gateway !== version)
    lines.push({
      zh: `备份由 ${gateway} 版制作，数据已换成本版本（${version}）的格式`,
      en: `it was made by version ${gateway}; the data are now in the form of this version (${version})`,
    })
  if (publicKey === undefined) lines.push({ zh: '这份备份没有签名', en: 'nobody signed this backup' })
  else lines.push({ zh: `签名密钥指纹 ${fingerprintOf(publicKey)}`, en: `signed by the key ${fingerprintOf(publicKey)}` })
  if (!secrets)
    lines.push({
      zh: '没有带回密钥和令牌：网关启动时生成新的签名密钥并记入日志；API 令牌要重新发，浏览器通知要重新订阅',
      en: 'keys and tokens did not come back: at its start the gateway makes a new signing key and says so in the journal; API tokens have to be made anew, browsers sign up again',
    })
  if (setAside !== undefined) lines.push({ zh: `原来的数据在 ${setAside}`, en: `what was there before is in ${setAside}` })
  return lines
}

export function refusalWords({ why, detail }: RestoreRefusal, { file, data }: { file: string; data: string }): Words {
  switch (why) {
    case 'foreign':
      return {
        zh: `${file} 不是值守的备份，或者不完整（${detail}）`,
        en: `${file} is no backup of Zhishou, or cut off (${detail})`,
      }
    case 'damaged':
      return { zh: `${file} 已损坏，没有恢复：${detail}`, en: `${file} is damaged, nothing was restored: ${detail}` }
    case 'newer':
      return {
        zh: `备份由更新的版本制作（${detail}）；请先升级这个网关`,
        en: `it was made by a newer version (${detail}): upgrade this gateway first`,
      }
    case 'wrong-passphrase':
      return { zh: '口令不对，密钥打不开；没有恢复', en: 'the passphrase is wrong, the keys stay locked; nothing was restored' }
    case 'in-use':
      return { zh: `网关正在 ${data} 上运行；先停下它`, en: `a gateway runs on ${data}: stop it first (${detail})` }
    case 'not-empty':
      return {
        zh: `${data} 里已有东西；要替换请加 --replace（原来的会放到一边，不会删除）`,
        en: `${data} is not empty: --replace sets what is there aside, nothing is deleted`,
      }
    case 'other-site':
      return {
        zh: `${data} 是另一个现场的数据（${detail}）；请换一个目录`,
        en: `${data} belongs to another site (${detail}): name another folder`,
      }
    case 'disk':
      return { zh: `磁盘写不下或不能写：${detail}；没有恢复`, en: `the disk would not take it: ${detail}; nothing was restored` }
  }
}

function parseOptions(args: readonly string[]): Options | 'help' | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        data: { type: 'string' },
        replace: { type: 'boolean', default: false },
        'with-secrets': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        lang: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) return 'help'
    const [file, ...more] = positionals
    if (file === undefined || more.length > 0) return '要写一个备份文件 · name one backup file'
    if (values.data === undefined) return '要用 --data 写恢复到哪里 · say where to with --data'
    return { file, data: values.data, replace: values.replace, withSecrets: values['with-secrets'], json: values.json }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
