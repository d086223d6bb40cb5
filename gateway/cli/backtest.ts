import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parseDuration } from '../../protocols/contract/duration.ts'
import type { Millis } from '../../protocols/contract/time.ts'
import { backtestSite } from '../backtest.ts'
import { TooManyAlarms } from '../policy/episodes.ts'
import { loadTrial } from '../site/trial.ts'
import { StoreTrouble } from '../store/store.ts'
import { parseTime } from '../zone.ts'
import { jsonOf, printAnswer } from './backtest-print.ts'
import { languageOf } from './io.ts'
import type { ExitCode, Io } from './io.ts'
import { printProblem } from './problem.ts'

export const backtestHelp = `zhishou backtest SITE --policy FILE --from TIME --to TIME [--data DIR] [--warm-up 35d] [--json]

Shows what a changed policy would have raised over the stored history, beside what the present one raises over it. Safe beside a
running gateway; writes nothing, and never changes a verdict that was given.
对已存的历史读数试运行改动后的制度，与现行制度并排比较。可在网关运行时使用；不写任何东西，也不改动已有的判定。

  --policy FILE    an overlay  rules: { cold-1.temperature.too-warm: { onDelay: 30m, reason: … } }  or a whole changed pack
  --from, --to     ISO 8601 (naive times are the site's), or ms since 1970; --to is not included
  --data DIR       the data folder; default: ZHISHOU_DATA, else data/SITE-ID
  --warm-up 35d    how much is heard before --from, so that delays and duties under way are known

Exit 0 done, 1 the site, the change or the data is wrong, 2 wrong usage.`

interface Options {
  readonly site: string
  readonly policy: string
  readonly from: string
  readonly to: string
  readonly data: string | undefined
  readonly warmUp: Millis | undefined
  readonly json: boolean
}

/** `zhishou backtest`: exit 0 whatever the comparison says, 1 where a file is wrong or holds nothing, 2 for wrong usage. */
export async function backtest(args: readonly string[], io: Pick<Io, 'out' | 'err' | 'env'>): Promise<ExitCode> {
  const language = languageOf(args, io.env)
  const options = parseOptions(args)
  if (options === 'help') {
    io.out(backtestHelp)
    return 0
  }
  if (typeof options === 'string') {
    io.err(options)
    io.err(backtestHelp)
    return 2
  }
  const text = await readFile(options.policy, 'utf8').catch(() => undefined)
  if (text === undefined) {
    io.err(language === 'zh' ? `读不了文件 ${options.policy}` : `the file ${options.policy} cannot be read`)
    return 1
  }
  const change = { name: options.policy, text }
  const tried = await loadTrial(options.site, change, io.env)
  for (const problem of tried.problems) printProblem(problem, language, line => io.err(line))
  if (!tried.ok) return 1
  const { timeZone, id } = tried.before
  const [from, to] = [parseTime(options.from, timeZone), parseTime(options.to, timeZone)]
  if (from === undefined || to === undefined || from >= to) {
    io.err(
      language === 'zh'
        ? '--from 和 --to 要写成 2026-09-01T08:00+08:00，且先后不能颠倒'
        : 'write --from and --to as 2026-09-01T08:00+08:00, the earlier one first',
    )
    return 2
  }
  const folder = options.data ?? io.env['ZHISHOU_DATA'] ?? join('data', id)
  const ask = { from, to, folder, ...(options.warmUp === undefined ? {} : { warmUp: options.warmUp }) }
  try {
    const answer = backtestSite(tried, change, ask)
    if (options.json) io.out(JSON.stringify(jsonOf(answer)))
    else printAnswer(answer, language, options.policy, line => io.out(line))
    return 0
  } catch (error) {
    if (!(error instanceof StoreTrouble) && !(error instanceof TooManyAlarms)) throw error
    io.err(error.message)
    return 1
  }
}

function parseOptions(args: readonly string[]): Options | 'help' | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        policy: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        data: { type: 'string' },
        'warm-up': { type: 'string' },
        json: { type: 'boolean', default: false },
        lang: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) return 'help'
    const [site, ...more] = positionals
    if (site === undefined || more.length > 0) return 'name one site file or directory'
    if (!existsSync(site)) return `there is no ${site}`
    const { policy, from, to, data, json } = values
    if (policy === undefined) return '--policy FILE is missing'
    if (from === undefined || to === undefined) return '--from and --to are missing'
    const warmUp = values['warm-up'] === undefined ? undefined : parseDuration(values['warm-up'])
    if (values['warm-up'] !== undefined && warmUp === undefined) return '--warm-up takes a duration such as 35d'
    return { site, policy, from, to, data, warmUp, json }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
