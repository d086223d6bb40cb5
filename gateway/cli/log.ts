import { randomUUID } from 'node:crypto'
import { createReadStream, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Words } from '../../protocols/contract/driver.ts'
import { later } from '../../protocols/contract/time.ts'
import { systemClock } from '../clock.ts'
import type { SignedHead, SigningKey } from '../evidence/signed.ts'
import { logKinds } from '../report/document.ts'
import { makeLog } from '../report/make.ts'
import type { LogMade } from '../report/make.ts'
import { makePack } from '../report/pack.ts'
import { paperSiteIn } from '../report/paper.ts'
import { parseFrom, parseTo } from '../report/period.ts'
import type { Language, LogQuestion } from '../report/question.ts'
import type { PaperSite } from '../report/source.ts'
import { lookBack } from '../store/past.ts'
import { StoreTrouble } from '../store/store.ts'
import { dataFolder } from './data-folder.ts'
import { languageOf } from './io.ts'
import type { ExitCode, Io } from './io.ts'
import { parseLogOptions } from './log-options.ts'
import type { LogOptions } from './log-options.ts'

export const logHelp = `zhishou log KIND --from DAY --to DAY [--data DIR] [--equipment ID,…] [--area ID,…]
            [--format csv|xlsx|pdf|json] [--out FILE] [--lang zh|en] [--json]
zhishou log --pack FILE.zip [KIND,KIND…] --from DAY --to DAY [--data DIR] [--equipment ID,…] [--area ID,…]

Writes an inspector's log of a period to standard output, or to a file; or several in every format, with what proves them, as
one pack. Signed with the key of the data folder. Safe beside a running gateway; changes nothing.
导出一段时间的记录，供检查用，写到标准输出或文件；或把几种记录的全部格式连同证明打成一个检查包。用数据目录里的密钥签名。
可在网关运行时使用；不改动任何数据。

  KIND             ${logKinds.join(' ')}
  --from, --to     a day (2026-11-01; --to is included), ISO 8601, or ms since 1970 (then --to is not included)
  --data DIR       the data folder; default: ZHISHOU_DATA, else the only one below data/
  --format         default: csv
  --out FILE       where to; an existing file is replaced once the new one is whole
  --pack FILE.zip  an inspector pack; all logs where none is named
  --json           says what was written, as JSON (with --out or --pack)

Exit 0 written, 1 there is no such data, 2 wrong usage.`

/** `zhishou log`: exit 0 written, 1 no such data, 2 wrong usage. */
export async function log(args: readonly string[], io: Io): Promise<ExitCode> {
  const language = languageOf(args, io.env)
  const tell = (words: Words): void => io.err(words[language])
  const options = parseLogOptions(args)
  if (options === 'help') {
    io.out(logHelp)
    return 0
  }
  if ('zh' in options) {
    tell(options)
    io.err(logHelp)
    return 2
  }
  const place = dataFolder(options.data, io.env)
  if (!place.ok) {
    tell(place.say)
    return 1
  }
  const { folder } = place
  const site = paperSiteIn(folder)
  if (!site) {
    tell({
      zh: `${folder} 里还没有现场信息：先用这个版本的网关启动一次`,
      en: `${folder} does not say which site it is of: start this version of the gateway on it once`,
    })
    return 1
  }
  const asked = questionsOf(options, site)
  if ('code' in asked) {
    tell(asked.say)
    return asked.code
  }
  const target = options.pack ?? options.out
  const file = join(target === undefined ? tmpdir() : dirname(target), `.zhishou-${randomUUID()}.part`)
  try {
    const made = await written(options, asked, { site, folder, file, language, by: io.env['USER'] ?? 'command line' })
    if (target === undefined) await pipeline(createReadStream(file), process.stdout, { end: false })
    else renameSync(file, target)
    if (options.json && target !== undefined) io.out(JSON.stringify({ file: target, ...made }))
    return 0
  } catch (error) {
    const words = wordsOf(error)
    if (!words) throw error
    tell(words)
    return 1
  } finally {
    rmSync(file, { force: true })
  }
}

/** What of the site is asked for, or what is wrong with it. */
function questionsOf(
  { kinds, from: first, to: last, equipment, areas }: LogOptions,
  site: PaperSite,
): readonly [LogQuestion, ...LogQuestion[]] | { readonly code: 1 | 2; readonly say: Words } {
  const [from, to] = [parseFrom(first, site.timeZone), parseTo(last, site.timeZone)]
  if (from === undefined || to === undefined || from >= to)
    return {
      code: 2,
      say: {
        zh: `--from（${first}）和 --to（${last}）要写成 2026-11-01，且先后不能颠倒`,
        en: `write --from (${first}) and --to (${last}) as 2026-11-01, the earlier one first`,
      },
    }
  const unknown = [...missing(equipment, site.equipment), ...missing(areas, site.areas)]
  if (unknown.length > 0)
    return { code: 1, say: { zh: `现场没有 ${unknown.join('、')}`, en: `the site has no ${unknown.join(', ')}` } }
  const [kind, ...more] = kinds
  const question = { kind, from, to, equipment, areas }
  return [question, ...more.map(one => ({ ...question, kind: one }))]
}

const missing = (ids: readonly string[], known: readonly { readonly id: string }[]): readonly string[] =>
  ids.filter(id => !known.some(one => one.id === id))

async function written(
  { kinds, pack, format }: LogOptions,
  questions: readonly [LogQuestion, ...LogQuestion[]],
  {
    by,
    ...where
  }: {
    readonly site: PaperSite
    readonly folder: string
    readonly file: string
    readonly language: Language
    readonly by: string
  },
): Promise<LogMade> {
  const [question] = questions
  const { from, to } = question
  const now = systemClock.now()
  const { lived, key, head } = lookBack(where.folder, past => ({
    lived: past.span?.to ?? now,
    key: keyIn(past.secret('evidence-key')),
    head: newestHead(past.evidence.heads()),
  }))
  const about = {
    export: randomUUID(),
    site: where.site.id,
    log: kinds.join(','),
    from,
    to,
    madeAt: now,
    by,
    ...(head && { head }),
  }
  // A demo's days pass faster than ours: what it has lived is past, whatever our clock says.
  const task = { ...where, now: later(lived, now), about, key }
  return pack === undefined ? makeLog({ ...task, question, format }) : makePack({ ...task, questions })
}

/** None where no gateway has made one yet: the file then says that it is not signed. */
const keyIn = (secret: unknown): SigningKey | undefined =>
  typeof secret === 'object' && secret !== null && 'pem' in secret && typeof secret.pem === 'string'
    ? { pem: secret.pem }
    : undefined

function newestHead(heads: Iterable<{ readonly json: string }>): SignedHead | undefined {
  let newest: SignedHead | undefined
  for (const { json } of heads) newest = JSON.parse(json) as SignedHead
  return newest
}

/** What a person can do something about, in words; a mistake of ours is none of it. */
function wordsOf(error: unknown): Words | undefined {
  if (error instanceof StoreTrouble) return { zh: `读不了数据：${error.message}`, en: error.message }
  if (!(error instanceof Error) || !('code' in error)) return undefined
  const known: Readonly<Record<string, Words>> = {
    ENOSPC: { zh: '磁盘已满：请先清理，再导出', en: 'the disk is full: make room and try again' },
    EDQUOT: { zh: '磁盘配额已用完：请先清理，再导出', en: 'this account may not use more of the disk: make room and try again' },
    EACCES: { zh: '没有权限写到那里', en: 'may not write there' },
    ENOENT: { zh: '没有那个文件夹', en: 'there is no such folder' },
    EROFS: { zh: '那里只能读，不能写', en: 'nothing can be written there' },
    EISDIR: { zh: '那是一个文件夹', en: 'that is a folder' },
    ENOTDIR: { zh: '路径中有一段不是文件夹', en: 'a part of that path is no folder' },
  }
  const words = known[String(error.code)]
  return words && { zh: `${words.zh}（${error.message}）`, en: `${words.en} (${error.message})` }
}
