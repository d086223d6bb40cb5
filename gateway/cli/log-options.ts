import { parseArgs } from 'node:util'
import type { Words } from '../../protocols/contract/driver.ts'
import { logKinds } from '../report/document.ts'
import type { LogKind } from '../report/document.ts'
import { logFormats } from '../report/question.ts'
import type { LogFormat } from '../report/question.ts'

/** What `zhishou log` was asked for, before anything is known of the site. */
export interface LogOptions {
  /** One, but for a pack. */
  readonly kinds: readonly [LogKind, ...LogKind[]]
  readonly from: string
  readonly to: string
  readonly data: string | undefined
  readonly equipment: readonly string[]
  readonly areas: readonly string[]
  readonly format: LogFormat
  readonly out: string | undefined
  readonly pack: string | undefined
  readonly json: boolean
}

const wrong = (zh: string, en: string): Words => ({ zh, en })
const listOf = (texts: readonly string[] = []): string[] => texts.flatMap(text => text.split(',')).filter(id => id !== '')

export function parseLogOptions(args: readonly string[]): LogOptions | 'help' | Words {
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
        format: { type: 'string' },
        out: { type: 'string', short: 'o' },
        pack: { type: 'string' },
        json: { type: 'boolean', default: false },
        lang: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) return 'help'
    const { from, to, data, out, pack, json } = values
    const kinds = kindsOf(positionals, pack !== undefined)
    if ('zh' in kinds) return kinds
    const format = logFormats.find(one => one === (values.format ?? 'csv'))
    if (!format)
      return wrong(
        `没有格式“${values.format}”；有 ${logFormats.join('、')}`,
        `there is no format "${values.format}": ${logFormats.join(', ')}`,
      )
    if (pack !== undefined && (out !== undefined || values.format !== undefined))
      return wrong(
        '检查包含有全部格式：--pack 不与 --format、--out 同用',
        'a pack has every format: --pack goes without --format and --out',
      )
    if (from === undefined || to === undefined) return wrong('缺少 --from 或 --to', '--from or --to is missing')
    return { kinds, from, to, data, equipment: listOf(values.equipment), areas: listOf(values.area), format, out, pack, json }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return wrong(text, text)
  }
}

function kindsOf(asked: readonly string[], isPack: boolean): LogOptions['kinds'] | Words {
  const names = [...new Set(listOf(asked))]
  const unknown = names.find(name => !logKinds.some(kind => kind === name))
  if (unknown !== undefined)
    return wrong(`没有“${unknown}”这种记录；有 ${logKinds.join('、')}`, `there is no log "${unknown}": ${logKinds.join(', ')}`)
  const [first, ...more] = isPack && names.length === 0 ? logKinds : logKinds.filter(kind => names.includes(kind))
  if (!first) return wrong(`要导出哪种记录？有 ${logKinds.join('、')}`, `which log? There are ${logKinds.join(', ')}`)
  if (!isPack && more.length > 0)
    return wrong('一次只能导出一种记录；几种一起用 --pack', 'one log at a time; several make a pack: --pack FILE.zip')
  return [first, ...more]
}
