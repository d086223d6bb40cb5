import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parseDuration } from '../../protocols/contract/duration.ts'
import type { Millis } from '../../protocols/contract/time.ts'
import { adviseOnRule, backtestSite } from '../backtest.ts'
import type { BacktestAsk } from '../backtest.ts'
import { wireAdvice, wireBacktest } from '../backtest-answer.ts'
import { TooManyAlarms } from '../policy/episodes.ts'
import { loadSite } from '../site/load.ts'
import type { SourceFile } from '../site/load.ts'
import { suggest } from '../site/report.ts'
import type { Site } from '../site/site.ts'
import { loadTrial } from '../site/trial.ts'
import type { Tried } from '../site/trial.ts'
import { StoreTrouble } from '../store/store.ts'
import { parseTime } from '../zone.ts'
import { printAdvice } from './advice-print.ts'
import { printAnswer } from './backtest-print.ts'
import { languageOf } from './io.ts'
import type { ExitCode, Io } from './io.ts'
import { printProblem } from './problem.ts'

export const backtestHelp = `zhishou backtest SITE --policy FILE --from TIME --to TIME [--data DIR] [--warm-up 35d] [--json]
zhishou backtest SITE --advise RULE --from TIME --to TIME [--harm 45m] [--policy FILE] [--data DIR] [--json]

Shows what a changed policy would have raised over the stored history, beside what the present one raises over it. Safe beside a
running gateway; writes nothing, and never changes a verdict that was given. With --advise: which delay and deadband the history
speaks for; the limit itself is the clause's and stays.
对已存的历史读数试运行改动后的制度，与现行制度并排比较。可在网关运行时使用；不写任何东西，也不改动已有的判定。
用 --advise 可看历史支持怎样的延时和回差；限值属于制度，不会改动。

  --policy FILE    an overlay  rules: { cold-1.temperature.too-warm: { onDelay: 30m, reason: … } }  or a whole changed pack
  --from, --to     ISO 8601 (naive times are the site's), or ms since 1970; --to is not included
  --data DIR       the data folder; default: ZHISHOU_DATA, else data/SITE-ID
  --advise RULE    a rule's id, for example cold-1.temperature.too-warm
  --harm 45m       how long its limit may be exceeded before a person must know; default: its present delay
  --warm-up 35d    how much is heard before --from, so that delays and duties under way are known

Exit 0 done, 1 the site, the change or the data is wrong, 2 wrong usage.`

interface Options {
  readonly site: string
  readonly policy: string | undefined
  readonly advise: string | undefined
  readonly from: string
  readonly to: string
  readonly data: string | undefined
  readonly harm: Millis | undefined
  readonly warmUp: Millis | undefined
  readonly json: boolean
}

type Output = Pick<Io, 'out' | 'err' | 'env'>

/** `zhishou backtest`: exit 0 whatever the comparison says, 1 where a file is wrong or holds nothing, 2 for wrong usage. */
export async function backtest(args: readonly string[], io: Output): Promise<ExitCode> {
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
  const change = options.policy === undefined ? undefined : await readChange(options.policy)
  if (options.policy !== undefined && !change) {
    io.err(language === 'zh' ? `读不了文件 ${options.policy}` : `the file ${options.policy} cannot be read`)
    return 1
  }
  const loaded = change ? await loadTrial(options.site, change, io.env) : await loadAsItStands(options.site, io.env)
  for (const problem of loaded.problems) printProblem(problem, language, line => io.err(line))
  if (!loaded.ok) return 1
  const { timeZone, id } = loaded.before
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
    if (options.advise !== undefined)
      return advised(loaded.after, options.advise, { ...ask, harm: options.harm }, options.json, language, io)
    if (!change) return 2
    const answer = backtestSite(loaded, change, ask)
    if (options.json) io.out(JSON.stringify(wireBacktest(answer)))
    else printAnswer(answer, language, change.name, line => io.out(line))
    return 0
  } catch (error) {
    if (!(error instanceof StoreTrouble) && !(error instanceof TooManyAlarms)) throw error
    io.err(error.message)
    return 1
  }
}

function advised(
  site: Site,
  id: string,
  { harm, ...ask }: BacktestAsk & { readonly harm: Millis | undefined },
  json: boolean,
  language: 'zh' | 'en',
  io: Output,
): ExitCode {
  const rule = site.rules.find(one => one.id === id)
  if (!rule) {
    const { zh, en } = suggest(
      id,
      site.rules.map(one => one.id),
    )
    io.err(language === 'zh' ? `没有规则“${id}”；${zh}` : `there is no rule "${id}"; ${en}`)
    return 1
  }
  const advice = adviseOnRule(site, rule, { ...ask, ...(harm === undefined ? {} : { harm }) })
  if (!advice) {
    io.err(
      language === 'zh'
        ? `${id} 没有可建议的延时和回差：只有按连续时间判断的 limit 规则才有`
        : `${id} has no delay and deadband to advise on: only limit rules that count time in one piece have`,
    )
    return 1
  }
  if (json) io.out(JSON.stringify(wireAdvice(advice)))
  else printAdvice(advice, language, line => io.out(line))
  return 0
}

async function readChange(name: string): Promise<SourceFile | undefined> {
  const text = await readFile(name, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : { name, text }
}

async function loadAsItStands(path: string, env: Io['env']): Promise<Tried> {
  const loaded = await loadSite(path, env)
  return loaded.ok ? { ...loaded, before: loaded.site, after: loaded.site, pack: undefined } : loaded
}

function parseOptions(args: readonly string[]): Options | 'help' | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        policy: { type: 'string' },
        advise: { type: 'string' },
        harm: { type: 'string' },
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
    const { policy, advise, from, to, data, json } = values
    if (policy === undefined && advise === undefined) return 'say what to try: --policy FILE, or --advise RULE'
    if (from === undefined || to === undefined) return '--from and --to are missing'
    const warmUp = values['warm-up'] === undefined ? undefined : parseDuration(values['warm-up'])
    if (values['warm-up'] !== undefined && warmUp === undefined) return '--warm-up takes a duration such as 35d'
    const harm = values.harm === undefined ? undefined : parseDuration(values.harm)
    if (values.harm !== undefined && (harm === undefined || advise === undefined))
      return '--harm takes a duration such as 45m, together with --advise'
    return { site, policy, advise, from, to, data, harm, warmUp, json }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
