import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { plainCalendar } from '../policy/calendar.ts'
import { isFor, Recording, toldLine } from '../policy/evaluate.ts'
import type { CheckedRule } from '../policy/evaluate.ts'
import { singleInput } from '../policy/kind.ts'
import type { InputShape, SpecProblem } from '../policy/kind.ts'
import { ruleKinds } from '../policy/kinds.ts'
import { expandLevels } from '../policy/levels.ts'
import { parseYaml } from '../site/document.ts'
import { isZone, parseTime } from '../zone.ts'
import { readCsv } from './csv.ts'
import { parseDuration } from '../../protocols/contract/duration.ts'
import type { Millis } from '../../protocols/contract/time.ts'
import { languageOf } from './io.ts'
import type { ExitCode, Io } from './io.ts'

export const evaluateHelp = `zhishou evaluate --rule FILE --readings FILE.csv [--time COLUMN] [--value COLUMN] [--delimiter C] [--timezone ZONE]

Runs one rule over recorded readings in event time and prints one JSON line per transition and record, then a summary line.
运行一条规则于已记录的读数(按事件时间),每次变化输出一行 JSON,最后一行为汇总。

  --rule FILE       one rule, YAML or JSON: {"kind":"limit","op":"lt","value":60,"deadband":2,"onDelay":"10m"}
  --readings FILE   CSV with a header
  --time COLUMN     default: timestamp   (ISO 8601, or epoch in ms; naive times are in --timezone)
  --value COLUMN    default: value       (what is no finite number is a bad reading); a rule of several inputs takes the columns
                    that are called like them, and there an empty cell says nothing
  --delimiter C     default: ,           (\\t for a tab)
  --timezone ZONE   default: UTC         (Asia/Shanghai …)
  --lateness TIME   default: 0s          (rows that come within this of their own time are put in order first)`

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
  const rules = await readRule(options.rule, io, zh, options.timezone)
  if (!rules) return 1

  let recording: Recording | undefined
  let columns: Columns | undefined
  for await (const { line, cells } of readCsv(options.readings, options.delimiter)) {
    if (!columns || !recording) {
      columns = findColumns(cells, options, shapesOf(rules), line, io, zh)
      if (!columns) return 1
      recording = new Recording(
        rules,
        columns.inputs.map(({ input }) => input),
        options.lateness,
      )
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
    for (const told of recording.hear({ at, values: valuesOf(cells, columns) })) io.out(toldLine(told, rules.length > 1))
  }
  if (!recording) {
    io.err(
      zh ? `${options.readings}: 文件是空的，至少要有一行列名` : `${options.readings}: the file is empty; it needs a header line`,
    )
    return 1
  }
  const { told, summary } = recording.end()
  for (const one of told) io.out(toldLine(one, rules.length > 1))
  io.out(JSON.stringify({ summary }))
  return 0
}

/** Where in a row the time stands, and each input; in a file of several inputs an empty cell says nothing. */
interface Columns {
  readonly time: number
  readonly inputs: readonly { readonly input: string; readonly index: number }[]
  readonly several: boolean
}

const shapesOf = ([rule]: readonly CheckedRule[]): readonly InputShape[] =>
  (rule && ruleKinds.get(rule.kind)?.inputs?.(rule.spec)) ?? singleInput

function valuesOf(cells: readonly string[], { inputs, several }: Columns): Readonly<Record<string, number | undefined>> {
  const values: Record<string, number | undefined> = {}
  for (const { input, index } of inputs) {
    const text = cells[index]
    if (several && (text === undefined || text.trim() === '')) continue
    values[input] = parseValue(text)
  }
  return values
}

type Options = {
  readonly rule: string
  readonly readings: string
  readonly time: string
  readonly value: string
  readonly delimiter: string
  readonly timezone: string
  readonly lateness: Millis
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
        lateness: { type: 'string', default: '0s' },
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
    const lateness = values.lateness === '0' ? (0 as Millis) : parseDuration(values.lateness)
    if (lateness === undefined) return `--lateness ${values.lateness} is no duration; write 30s, 5m`
    return { rule, readings, time, value, delimiter, timezone, lateness }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** What a rule of a pack says beside its numbers: whose it is, how it is told. It changes nothing in the judging. */
const spoken = new Set(
  (
    'id name clause equipment point reads priority title advice limit alarm reason record retention regions where facts ' +
    'latching lifeSafety reAlarm locksOut notDuring'
  ).split(' '),
)

async function readRule(
  file: string,
  io: Io,
  zh: boolean,
  zone: string,
): Promise<readonly [CheckedRule, ...CheckedRule[]] | undefined> {
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
  const settings = Object.fromEntries(Object.entries(Object(raw)).filter(([key]) => !spoken.has(key)))
  const { levels, problems } = expandLevels(settings, 'level-1')
  const place = { facts: factsOf(raw), calendar: plainCalendar(zone) }
  const rules: CheckedRule[] = []
  const wrong: SpecProblem[] = [...problems]
  for (const [index, level] of levels.entries()) {
    const parsed = kind.parse(level.raw, place)
    if (parsed.ok) rules.push({ name: `level-${index + 1}`, kind: kind.kind, spec: parsed.spec })
    else if (index === 0 || problems.length === 0)
      wrong.push(
        ...(index === 0 ? parsed.problems : parsed.problems.map(one => ({ ...one, path: ['levels', index - 1, ...one.path] }))),
      )
  }
  const [first, ...more] = rules
  if (first && wrong.length === 0) return [first, ...more]
  for (const { path, wrong: what, write } of wrong) {
    const { line, column } = document.place(path, 'value')
    io.err(`${file}:${line}:${column}: ${path.join('.')}: ${zh ? `${what.zh};${write.zh}` : `${what.en}; ${write.en}`}`)
  }
  return undefined
}

/** The facts of the equipment that the rule's settings may refer to, written beside the rule. */
function factsOf(raw: unknown): Readonly<Record<string, string | number | boolean>> {
  const facts = typeof raw === 'object' && raw !== null && 'facts' in raw ? raw.facts : undefined
  return typeof facts === 'object' && facts !== null ? (facts as Readonly<Record<string, string | number | boolean>>) : {}
}

function findColumns(
  header: readonly string[],
  options: Options,
  shapes: readonly InputShape[],
  line: number,
  io: Io,
  zh: boolean,
): Columns | undefined {
  const names = header.map(name => name.trim())
  const single = shapes.length === 1 && shapes[0]?.name === 'value'
  const time = names.indexOf(options.time)
  const inputs = single
    ? [{ input: 'value', index: names.indexOf(options.value) }]
    : names.flatMap((name, index) => (shapes.some(shape => isFor(shape, name)) ? [{ input: name, index }] : []))
  const missing: { readonly column: string; readonly flag?: string }[] = []
  if (time < 0) missing.push({ column: options.time, flag: '--time' })
  if (single && inputs[0]?.index === -1) missing.push({ column: options.value, flag: '--value' })
  for (const { name, need } of single ? [] : shapes) if (need === 'one' && !names.includes(name)) missing.push({ column: name })
  if (!single && missing.length === 0 && inputs.length === 0 && shapes.length > 0)
    missing.push({ column: shapes.map(({ name, need }) => (need === 'many' ? `${name}/…` : name)).join(' / ') })
  const has = names.join(', ')
  for (const { column, flag } of missing) {
    const [zhHow, enHow] = flag ? [`，用 ${flag} 指定列名`, `; name it with ${flag}`] : ['', '']
    io.err(
      zh
        ? `${options.readings}:${line}: 没有“${column}”列（有：${has}）${zhHow}`
        : `${options.readings}:${line}: no column "${column}" (there are: ${has})${enHow}`,
    )
  }
  return missing.length === 0 ? { time, inputs, several: !single } : undefined
}

function parseValue(text: string | undefined): number | undefined {
  const trimmed = text?.trim()
  if (trimmed === undefined || !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(trimmed)) return undefined
  return Number(trimmed)
}
