import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { Recording } from '../policy/evaluate.ts'
import type { Transition } from '../policy/kind.ts'
import { ruleKinds } from '../policy/kinds.ts'
import { nowhere } from '../policy/place.ts'
import { parseYaml } from '../site/document.ts'
import { isZone, parseTime } from '../zone.ts'
import { readCsv } from './csv.ts'
import { languageOf } from './io.ts'
import type { ExitCode, Io } from './io.ts'

export const evaluateHelp = `zhishou evaluate --rule FILE --readings FILE.csv [--time COLUMN] [--value COLUMN] [--delimiter C] [--timezone ZONE]

Runs one rule over recorded readings in event time and prints one JSON line per transition, then a summary line.
运行一条规则于已记录的读数(按事件时间),每次变化输出一行 JSON,最后一行为汇总。

  --rule FILE       one rule, YAML or JSON: {"kind":"limit","op":"lt","value":60,"deadband":2,"onDelay":"10m"}
  --readings FILE   CSV with a header
  --time COLUMN     default: timestamp   (ISO 8601, or epoch in ms; naive times are in --timezone)
  --value COLUMN    default: value       (what is no finite number is a bad reading)
  --delimiter C     default: ,           (\\t for a tab)
  --timezone ZONE   default: UTC         (Asia/Shanghai …)`

/** `zhishou evaluate`: exit 0 whether or not anything was raised, 1 when rule or recording is wrong, 2 for wrong usage. */
export async function evaluate(args: readonly string[], io: Io): Promise<ExitCode> {
  const options = parseOptions(args)
  const zh = languageOf(args, io.env) === 'zh'
  if (options === 'help') {
    io.out(evaluateHelp)
    return 0
  }
  if (typeof options === 'string') {
    io.err(options)
    io.err(evaluateHelp)
    return 2
  }
  for (const file of [options.rule, options.readings]) {
    if (existsSync(file)) continue
    io.err(zh ? `找不到文件 ${file}` : `there is no file ${file}`)
    return 1
  }
  const rule = await readRule(options.rule, io, zh)
  if (!rule) return 1

  const recording = new Recording(rule)
  let columns: { readonly time: number; readonly value: number } | undefined
  for await (const { line, cells } of readCsv(options.readings, options.delimiter)) {
    if (!columns) {
      columns = findColumns(cells, options, line, io, zh)
      if (!columns) return 1
      continue
    }
    const timeText = cells[columns.time] ?? ''
    const at = parseTime(timeText, options.timezone)
    if (at === undefined) {
      io.err(
        zh
          ? `${options.readings}:${line}: 时间“${timeText}”无法识别，请写 2026-09-01T08:00:00+08:00 或毫秒数`
          : `${options.readings}:${line}: "${timeText}" is no time; write 2026-09-01T08:00:00+08:00 or ms since 1970`,
      )
      return 1
    }
    for (const transition of recording.hear({ at, value: parseValue(cells[columns.value]) })) io.out(show(transition))
  }
  const { transitions, summary } = recording.end()
  for (const transition of transitions) io.out(show(transition))
  io.out(JSON.stringify({ summary }))
  return 0
}

type Options = {
  readonly rule: string
  readonly readings: string
  readonly time: string
  readonly value: string
  readonly delimiter: string
  readonly timezone: string
}

function parseOptions(args: readonly string[]): Options | 'help' | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        rule: { type: 'string' },
        readings: { type: 'string' },
        time: { type: 'string', default: 'timestamp' },
        value: { type: 'string', default: 'value' },
        delimiter: { type: 'string', default: ',' },
        timezone: { type: 'string', default: 'UTC' },
        lang: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) return 'help'
    if (positionals.length > 0) return `unexpected "${positionals[0]}"`
    const { rule, readings, time, value, timezone } = values
    if (rule === undefined) return '--rule FILE is missing'
    if (readings === undefined) return '--readings FILE is missing'
    const delimiter = values.delimiter === '\\t' ? '\t' : values.delimiter
    if ([...delimiter].length !== 1) return '--delimiter takes one character'
    if (!isZone(timezone)) return `--timezone ${timezone} is unknown; write an IANA name such as Asia/Shanghai`
    return { rule, readings, time, value, delimiter, timezone }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** What a rule of a pack says beside its numbers: whose it is, how it is told. It changes nothing in the judging. */
const spoken = new Set(['id', 'name', 'clause', 'equipment', 'point', 'priority', 'title', 'advice', 'limit', 'alarm', 'reason'])

async function readRule(file: string, io: Io, zh: boolean): Promise<{ kind: string; spec: unknown } | undefined> {
  const document = parseYaml(file, await readFile(file, 'utf8'), name => io.env[name])
  for (const { line, column, wrong, write } of document.faults) {
    io.err(`${file}:${line}:${column}: ${zh ? `${wrong.zh};${write.zh}` : `${wrong.en}; ${write.en}`}`)
  }
  if (document.faults.length > 0) return undefined
  const raw = document.value
  const kindName: unknown = typeof raw === 'object' && raw !== null && 'kind' in raw ? raw.kind : undefined
  const kind = typeof kindName === 'string' ? ruleKinds.get(kindName) : undefined
  if (!kind) {
    const known = [...ruleKinds.keys()].join(', ')
    const shown = JSON.stringify(kindName) ?? 'undefined'
    io.err(zh ? `${file}: kind ${shown} 不认识，可用：${known}` : `${file}: kind ${shown} is unknown; known are ${known}`)
    return undefined
  }
  const parsed = kind.parse(Object.fromEntries(Object.entries(Object(raw)).filter(([key]) => !spoken.has(key))), nowhere)
  if (parsed.ok) return { kind: kind.kind, spec: parsed.spec }
  for (const { path, wrong, write } of parsed.problems) {
    const { line, column } = document.place(path, 'value')
    io.err(`${file}:${line}:${column}: ${path.join('.')}: ${zh ? `${wrong.zh};${write.zh}` : `${wrong.en}; ${write.en}`}`)
  }
  return undefined
}

function findColumns(
  header: readonly string[],
  options: Options,
  line: number,
  io: Io,
  zh: boolean,
): { time: number; value: number } | undefined {
  const names = header.map(name => name.trim())
  const found = { time: names.indexOf(options.time), value: names.indexOf(options.value) }
  for (const key of ['time', 'value'] as const) {
    if (found[key] >= 0) continue
    const has = names.join(', ')
    io.err(
      zh
        ? `${options.readings}:${line}: 没有“${options[key]}”列（有：${has}），用 --${key} 指定列名`
        : `${options.readings}:${line}: no column "${options[key]}" (there are: ${has}); name it with --${key}`,
    )
  }
  return found.time >= 0 && found.value >= 0 ? found : undefined
}

function parseValue(text: string | undefined): number | undefined {
  const trimmed = text?.trim()
  if (trimmed === undefined || !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(trimmed)) return undefined
  return Number(trimmed)
}

function show(transition: Transition): string {
  const at = new Date(transition.at).toISOString()
  if (transition.what === 'cleared') return JSON.stringify({ event: 'cleared', at })
  const { value } = transition
  return JSON.stringify({
    event: 'raised',
    at,
    since: new Date(transition.since).toISOString(),
    ...(value === undefined ? {} : { value }),
  })
}
