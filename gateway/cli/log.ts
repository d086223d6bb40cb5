import { randomUUID } from 'node:crypto'
import { createReadStream, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import type { Words } from '../../protocols/contract/driver.ts'
import { systemClock } from '../clock.ts'
import { logKinds } from '../report/document.ts'
import type { LogKind } from '../report/document.ts'
import { makeLog } from '../report/make.ts'
import { paperSiteIn } from '../report/paper.ts'
import { parseFrom, parseTo } from '../report/period.ts'
import { logFormats } from '../report/question.ts'
import type { LogFormat } from '../report/question.ts'
import { StoreTrouble } from '../store/store.ts'
import { dataFolder } from './data-folder.ts'
import { languageOf } from './io.ts'
import type { ExitCode, Io } from './io.ts'

export const logHelp = `zhishou log KIND --from DAY --to DAY [--data DIR] [--equipment ID,…] [--area ID,…]
            [--format csv|xlsx|pdf|json] [--out FILE] [--lang zh|en] [--json]

Writes an inspector's log of a period to standard output, or to a file. Safe beside a running gateway; changes nothing.
导出一段时间的记录，供检查用，写到标准输出或文件。可在网关运行时使用；不改动任何数据。

  KIND             ${logKinds.join(' ')}
  --from, --to     a day (2026-11-01; --to is included), ISO 8601, or ms since 1970 (then --to is not included)
  --data DIR       the data folder; default: ZHISHOU_DATA, else the only one below data/
  --format         default: csv
  --out FILE       where to; an existing file is replaced once the new one is whole
  --json           says what was written, as JSON (with --out)

Exit 0 written, 1 there is no such data, 2 wrong usage.`

interface Options {
  readonly kind: LogKind
  readonly from: string
  readonly to: string
  readonly data: string | undefined
  readonly equipment: readonly string[]
  readonly areas: readonly string[]
  readonly format: LogFormat
  readonly out: string | undefined
  readonly json: boolean
}

/** `zhishou log`: exit 0 written, 1 no such data, 2 wrong usage. */
export async function log(args: readonly string[], io: Io): Promise<ExitCode> {
  const language = languageOf(args, io.env)
  const tell = (words: Words): void => io.err(words[language])
  const options = parseOptions(args)
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
  const [from, to] = [parseFrom(options.from, site.timeZone), parseTo(options.to, site.timeZone)]
  if (from === undefined || to === undefined || from >= to) {
    tell({
      zh: `--from（${options.from}）和 --to（${options.to}）要写成 2026-11-01，且先后不能颠倒`,
      en: `write --from (${options.from}) and --to (${options.to}) as 2026-11-01, the earlier one first`,
    })
    return 2
  }
  const known = new Set([...site.equipment, ...site.areas].map(({ id }) => id))
  const unknown = [...options.equipment, ...options.areas].filter(id => !known.has(id))
  if (unknown.length > 0) {
    tell({ zh: `现场没有 ${unknown.join('、')}`, en: `the site has no ${unknown.join(', ')}` })
    return 1
  }
  const { kind, equipment, areas, format, out } = options
  const id = randomUUID()
  const file = join(out === undefined ? tmpdir() : dirname(out), `.zhishou-${id}.part`)
  const now = systemClock.now()
  const by = io.env['USER'] ?? 'command line'
  try {
    const made = await makeLog({
      site,
      folder,
      question: { kind, from, to, equipment, areas },
      format,
      language,
      file,
      now,
      about: { export: id, site: site.id, log: kind, from, to, madeAt: now, by },
      key: undefined,
    })
    if (out === undefined) await pipeline(createReadStream(file), process.stdout, { end: false })
    else renameSync(file, out)
    if (options.json && out !== undefined) io.out(JSON.stringify({ file: out, ...made }))
    return 0
  } catch (error) {
    if (!(error instanceof StoreTrouble) && !isDisk(error)) throw error
    io.err(error.message)
    return 1
  } finally {
    rmSync(file, { force: true })
  }
}

const isDisk = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT', 'EACCES', 'ENOENT', 'EROFS'].includes(String(error.code))

function parseOptions(args: readonly string[]): Options | 'help' | Words {
  const wrong = (zh: string, en: string): Words => ({ zh, en })
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        data: { type: 'string' },
        equipment: { type: 'string', multiple: true },
        area: { type: 'string', multiple: true },
        format: { type: 'string', default: 'csv' },
        out: { type: 'string', short: 'o' },
        json: { type: 'boolean', default: false },
        lang: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) return 'help'
    const [asked, ...more] = positionals
    const kind = logKinds.find(one => one === asked)
    if (!kind || more.length > 0)
      return wrong(`要导出哪种记录？有 ${logKinds.join('、')}`, `which log? There are ${logKinds.join(', ')}`)
    const format = logFormats.find(one => one === values.format)
    if (!format)
      return wrong(
        `没有格式“${values.format}”；有 ${logFormats.join('、')}`,
        `there is no format "${values.format}": ${logFormats.join(', ')}`,
      )
    const { from, to, data, out, json } = values
    if (from === undefined || to === undefined) return wrong('缺少 --from 或 --to', '--from or --to is missing')
    const ids = (texts: readonly string[] = []): string[] => texts.flatMap(text => text.split(',')).filter(id => id !== '')
    return { kind, from, to, data, equipment: ids(values.equipment), areas: ids(values.area), format, out, json }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return wrong(text, text)
  }
}
