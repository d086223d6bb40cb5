import { noBackups } from '../backup/settings.ts'
import type { BackupSettings, CopyPlace } from '../backup/settings.ts'
import { parsePattern } from '../schedule.ts'
import { below, duration, list, mapping, number, text } from './reader.ts'
import type { Item, Report } from './report.ts'

/** The block `backup` of the site file. */
export function readBackup(report: Report, item: Item | undefined): BackupSettings {
  if (!item || item.value === null) return noBackups
  if (!mapping(report, item, ['at', 'folder', 'keep', 'passphrase', 'copies', 'copy', 'verify'])) return noBackups
  const keepItem = below(item, 'keep')
  const keep = number(report, keepItem, 14)
  if (keepItem && keep !== undefined && (!Number.isInteger(keep) || keep < 1 || keep > 1_000))
    report.error(keepItem, {
      code: 'bad-count',
      wrong: { zh: `留不了 ${keep} 份`, en: `${keep} backups cannot be kept` },
      write: { zh: '写 1–1000 的整数，例如 `14`', en: 'write a whole number from 1 to 1000, for example `14`' },
    })
  const phraseItem = below(item, 'passphrase')
  const passphrase = text(report, phraseItem, '${BACKUP_PASSPHRASE}')
  if (phraseItem && passphrase !== undefined && passphrase.length < 12)
    report.error(phraseItem, {
      code: 'weak-passphrase',
      wrong: { zh: '口令太短，容易被猜到', en: 'the passphrase is short enough to be guessed' },
      write: {
        zh: '至少 12 个字符，写成 `${BACKUP_PASSPHRASE}` 放在环境变量里',
        en: 'at least 12 characters, as `${BACKUP_PASSPHRASE}` out of the environment',
      },
    })
  const placesItem = below(item, 'copies')
  return {
    at: readPattern(report, below(item, 'at'), '0 3 * * *'),
    folder: text(report, below(item, 'folder'), '/var/backups/zhishou'),
    keep: keep ?? noBackups.keep,
    passphrase,
    copies: list(report, placesItem).flatMap(place => readPlace(report, place) ?? []),
    copyEvery: atLeast(report, below(item, 'copy'), noBackups.copyEvery),
    verifyEvery: atLeast(report, below(item, 'verify'), noBackups.verifyEvery),
  }
}

function atLeast(report: Report, item: Item | undefined, usual: BackupSettings['copyEvery']): BackupSettings['copyEvery'] {
  const length = duration(report, item)
  if (!item || length === undefined || length >= 3_600_000) return length ?? usual
  report.error(item, {
    code: 'too-often',
    wrong: { zh: '间隔太短', en: 'this is too often' },
    write: { zh: '至少 `1h`，例如 `7d`', en: 'at least `1h`, for example `7d`' },
  })
  return usual
}

/** When something is to be done: a cron pattern, or a word for one. */
export function readPattern(report: Report, item: Item | undefined, example: string): string | undefined {
  if (!item) return undefined
  const pattern = parsePattern(item.value)
  if (pattern !== undefined) return pattern
  report.error(item, {
    code: 'bad-schedule',
    wrong: {
      zh: `“${String(item.value)}”不是时间表，或永远不会到`,
      en: `"${String(item.value)}" is no schedule, or never comes`,
    },
    write: {
      zh: `写 daily、weekly、monthly，或“分 时 日 月 星期”，例如 \`'${example}'\``,
      en: `write daily, weekly, monthly, or minute hour day month weekday, for example \`'${example}'\``,
    },
  })
  return undefined
}

/** A folder that is mounted, or an address. */
export function readPlace(report: Report, item: Item): CopyPlace | undefined {
  if (!mapping(report, item, ['folder', 'url', 'token'])) return undefined
  const [folderItem, urlItem] = [below(item, 'folder'), below(item, 'url')]
  if ((folderItem === undefined) === (urlItem === undefined)) {
    report.error(item, {
      code: 'bad-place',
      wrong: { zh: '每个去处要写 folder 或 url，且只写一个', en: 'each place has either `folder` or `url`' },
      write: { zh: '例如 `{ folder: /mnt/nas }`', en: 'for example `{ folder: /mnt/nas }`' },
    })
    return undefined
  }
  const folder = text(report, folderItem, '/mnt/nas')
  if (folder !== undefined) return { folder }
  const url = text(report, urlItem, 'https://backup.example.org/zhishou/')
  if (url === undefined || !urlItem) return undefined
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    report.error(urlItem, {
      code: 'bad-url',
      wrong: { zh: `“${url}”不是网址`, en: `"${url}" is no address` },
      write: { zh: '以 https:// 开头', en: 'begin it with https://' },
    })
    return undefined
  }
  const token = text(report, below(item, 'token'), '${BACKUP_TOKEN}')
  return { url, ...(token !== undefined && { token }) }
}
