import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { modelTexts, siteDraft } from '../commission/import-draft.ts'
import { importMaps } from '../commission/import-maps.ts'
import type { Imported } from '../commission/import-shape.ts'
import { importTelegraf } from '../commission/import-telegraf.ts'
import { nearest } from '../site/report.ts'
import { loadShelf } from '../site/shelf.ts'
import { languageOf } from './io.ts'
import type { ExitCode, Io } from './io.ts'

type Output = Pick<Io, 'out' | 'err' | 'env'>

export const importHelp = `zhishou import FILE [--format auto|telegraf|evcc|mbmd] [--as site|model] [--type TYPE] [--connection ID] [--json] [--lang zh|en]

Reads how another program reads its equipment, and prints a draft of ours: Telegraf's inputs.modbus (TOML), evcc's meters and
templates, mbmd's configuration (YAML). What cannot be taken is named with its line, on standard error and at the end of the draft.
读入别的程序的设备配置，输出草稿：Telegraf 的 inputs.modbus，evcc 的 meters 和模板，mbmd 的配置。不能导入的逐条写明行号和原因。

  --as site        a site file that zhishou check takes (default) 现场文件的草稿
  --as model       a model file, to lie beside the site file 型号文件
  --type TYPE      the equipment type, where it cannot be told by the names of the points 设备种类
  --connection ID  use this connection of the site in place of the file's 用现场已有的连接

Exit 0 something was imported, 1 nothing was, 2 wrong usage.`

/** `zhishou import`: another program's file becomes a draft on standard output. Reads one file and writes nothing. */
export async function importFile(args: readonly string[], io: Output): Promise<ExitCode> {
  const language = languageOf(args, io.env)
  const asked = readArgs(args)
  if (asked === 'help') {
    io.out(importHelp)
    return 0
  }
  const wrong = (said: string): ExitCode => {
    io.err(said)
    io.err(importHelp)
    return 2
  }
  if ('said' in asked) return wrong(asked.said)
  const { path, format, as, type, connection, json } = asked
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return wrong(language === 'zh' ? `读不了 ${path}` : `${path} cannot be read`)
  const shelf = await loadShelf()
  if (type !== undefined && !shelf.types.has(type)) {
    const likely = nearest(type, shelf.types.keys())
    return wrong(
      language === 'zh'
        ? `没有设备种类“${type}”${likely === undefined ? '' : `，是 ${likely} 吗？`}`
        : `there is no equipment type "${type}"${likely === undefined ? '' : `: did you mean ${likely}?`}`,
    )
  }
  const imported = read(text, format, path)
  const drafts =
    as === 'model'
      ? modelTexts(imported, basename(path))
      : [siteDraft(imported, { ...shelf, ...(type !== undefined && { type }), ...(connection !== undefined && { connection }) })]
  const leftOut = drafts.length === 0 ? imported.leftOut : (drafts[0]?.leftOut ?? [])
  if (json) io.out(JSON.stringify({ drafts: drafts.filter(({ yaml }) => yaml !== ''), leftOut }))
  else {
    for (const { yaml } of drafts) if (yaml !== '') io.out(yaml.trimEnd())
    for (const { line, what, why } of leftOut) io.err(`${path}:${line} ${what}: ${language === 'zh' ? why.zh : why.en}`)
    const [pieces, points] = [sum(drafts.map(draft => draft.pieces)), sum(drafts.map(draft => draft.points))]
    io.err(
      language === 'zh'
        ? `导入了 ${pieces} 台设备、${points} 个点，${leftOut.length} 处没有导入`
        : `imported: ${pieces} pieces, ${points} points; left out: ${leftOut.length}`,
    )
  }
  return drafts.some(({ pieces }) => pieces > 0) ? 0 : 1
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)

const formats = ['auto', 'telegraf', 'evcc', 'mbmd']

interface Asked {
  readonly path: string
  readonly format: string
  readonly as: string
  readonly type: string | undefined
  readonly connection: string | undefined
  readonly json: boolean
}

function readArgs(args: readonly string[]): Asked | 'help' | { readonly said: string } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        format: { type: 'string', default: 'auto' },
        as: { type: 'string', default: 'site' },
        type: { type: 'string' },
        connection: { type: 'string' },
        json: { type: 'boolean', default: false },
        lang: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    const { format, as, type, connection, json } = values
    const [path] = positionals
    if (values.help) return 'help'
    if (path === undefined || positionals.length !== 1) return { said: 'name one FILE' }
    if (!formats.includes(format)) return { said: `--format is one of ${formats.join(', ')}` }
    if (as !== 'site' && as !== 'model') return { said: '--as is site or model' }
    if (connection !== undefined && !/^[a-z0-9][a-z0-9_-]{0,63}$/.test(connection))
      return { said: '--connection is an id: a-z, 0-9, - and _' }
    return { path, format, as, type, connection, json }
  } catch (error) {
    return { said: error instanceof Error ? error.message : String(error) }
  }
}

/** TOML by its tables or its name; YAML is all the others speak. */
function read(text: string, format: string, path: string): Imported {
  const isToml =
    format === 'telegraf' || (format === 'auto' && (/^\s*\[\[\s*inputs\s*\./m.test(text) || /\.(toml|conf)$/i.test(path)))
  return isToml ? importTelegraf(text) : importMaps(text)
}
