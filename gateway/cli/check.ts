import { parseArgs } from 'node:util'
import type { Protocol } from '../../protocols/contract/driver.ts'
import { protocols as registry } from '../../protocols/registry.ts'
import { asOf, loadSite } from '../site/load.ts'
import type { Loaded } from '../site/load.ts'
import type { Problem } from '../site/site.ts'
import { languageOf } from './io.ts'
import { printProblem } from './problem.ts'
import type { ExitCode, Io } from './io.ts'

type Output = Pick<Io, 'out' | 'err' | 'env' | 'now'>

export const checkHelp = `zhishou check SITE [--json] [--lang zh|en]

Validates a site file, or a directory of them, and the policies it brings: every problem at once, each with
file:line:column, severity, code and path, then what is wrong and what to write.
检查现场文件（或目录）和随之生效的制度：一次列出所有问题，写明位置、错在哪里、应写什么。

zhishou check --stories [DIR…]   plays stories that test the rules 播放检验规则的故事 (--stories --help)

Exit 0 good (warnings allowed), 1 errors, 2 wrong usage.`

/** `zhishou check`: prints every problem of a site file. Exit 0 where it may run, warnings allowed; 1 where it may not; 2 for wrong usage. */
export async function check(args: readonly string[], io: Output, protocols: readonly Protocol[] = registry): Promise<ExitCode> {
  if (args.includes('--stories')) return (await import('./stories.ts')).stories(args, io)
  const asked = readSiteArgs(args, io, checkHelp)
  if (typeof asked === 'number') return asked
  const loaded = await loadSite(asked.path, io.env, protocols, io.now && asOf(io.now()))
  if (asked.json) printJson(loaded, io)
  else {
    for (const problem of loaded.problems) printProblem(problem, asked.language, line => io.out(line))
    io.out(summaryOf(loaded, asked.language))
  }
  return loaded.ok ? 0 : 1
}

export interface SiteArgs {
  readonly path: string
  readonly json: boolean
  readonly language: 'zh' | 'en'
}

/** The arguments of a command on a site file; the exit code where help was asked for or the usage is wrong. */
export function readSiteArgs(args: readonly string[], io: Output, help: string): SiteArgs | ExitCode {
  const language = languageOf(args, io.env)
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, lang: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    })
    if (values.help) {
      io.out(help)
      return 0
    }
    const [path] = positionals
    if (path !== undefined && positionals.length === 1) return { path, json: values.json, language }
    io.err(language === 'zh' ? '要写一个现场文件或目录' : 'name one site file or directory')
  } catch (error) {
    io.err(error instanceof Error ? error.message : String(error))
  }
  io.err(help)
  return 2
}

function printJson(loaded: Loaded, io: Output) {
  const counts = loaded.ok
    ? { equipment: loaded.site.equipment.length, points: loaded.site.points.length, rules: loaded.site.rules.length }
    : {}
  io.out(
    JSON.stringify({
      ok: loaded.ok,
      errors: countOf(loaded, 'error'),
      warnings: countOf(loaded, 'warning'),
      ...counts,
      problems: loaded.problems,
    }),
  )
}

const countOf = (loaded: Loaded, severity: Problem['severity']) =>
  loaded.problems.filter(problem => problem.severity === severity).length

function summaryOf(loaded: Loaded, language: 'zh' | 'en'): string {
  const [errors, warnings] = [countOf(loaded, 'error'), countOf(loaded, 'warning')]
  if (!loaded.ok)
    return language === 'zh'
      ? `${errors} 个错误，${warnings} 个提醒`
      : `${counted(errors, 'error')}, ${counted(warnings, 'warning')}`
  const { equipment, points, rules } = loaded.site
  const clauses = new Set(rules.map(({ clause }) => clause))
  return language === 'zh'
    ? `可用：${equipment.length} 台设备，${points.length} 个点，${rules.length} 条规则，${clauses.size} 条制度，${warnings} 个提醒`
    : `good: ${counted(equipment.length, 'piece')} of equipment, ${counted(points.length, 'point')}, ${counted(rules.length, 'rule')} under ${counted(clauses.size, 'clause')}, ${counted(warnings, 'warning')}`
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`
