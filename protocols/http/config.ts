import type { Binding, PreparedProblem, Protocol } from '../contract/driver.ts'
import type { Inlet } from '../contract/inlet.ts'
import type { Millis } from '../contract/time.ts'
import { millis, seconds } from '../contract/time.ts'
import { SettingReader } from '../kit/settings.ts'
import type { SentPoint } from './points.ts'
import { parsePoint } from './points.ts'
import { clashesOf } from './series.ts'

export interface HttpConfig {
  /** Accounts and tokens that may send here, by name. Absent: whoever may push readings at all. */
  readonly from?: ReadonlySet<string>
  readonly unknown: Inlet['unknown']
  /** Nobody has sent anything for so long: the senders are gone. 0: each point's own `stale` alone counts. */
  readonly silent: Millis
  readonly points: readonly SentPoint[]
}

const tags = { type: 'object', minProperties: 1, additionalProperties: { type: ['string', 'integer', 'boolean'] } }
const text = { type: 'string', minLength: 1 }

export const httpSchema: Protocol['schema'] = {
  connection: {
    type: 'object',
    properties: {
      from: { type: 'array', minItems: 1, items: text },
      unknown: { enum: ['refuse', 'ignore'], default: 'refuse' },
      silent: { type: 'string', pattern: '^(0|\\d+(\\.\\d+)?(ms|s|m|h|d))$', default: '0' },
    },
  },
  equipment: { type: 'object', properties: { measurement: text, tags } },
  point: {
    type: 'object',
    properties: {
      measurement: text,
      tags,
      field: text,
      map: { type: 'object', minProperties: 1, additionalProperties: { type: 'number' } },
      scale: { type: 'number', not: { const: 0 }, default: 1 },
      offset: { type: 'number', default: 0 },
    },
  },
}

/** Settings and bindings; what is wrong with any of them goes into `problems`. */
export function parseHttp(
  settings: Readonly<Record<string, unknown>>,
  bindings: readonly Binding[],
  problems: PreparedProblem[],
): HttpConfig {
  const reader = new SettingReader(settings, 'connection', problems)
  reader.raw('protocol')
  const from = namesOf(reader)
  const config = {
    unknown: reader.choice('unknown', ['refuse', 'ignore'], 'refuse'),
    silent: silentOf(reader),
    ...(from ? { from } : {}),
  }
  reader.done()
  const points = bindings.map(binding => parsePoint(binding, problems))
  for (const { point, other, how } of clashesOf(points)) {
    const key =
      bindings.find(binding => binding.point === point.point)?.settings['measurement'] === undefined ? 'field' : 'measurement'
    problems.push({
      in: { point: point.point },
      path: [key],
      code: how === 'same' ? 'series-taken' : 'series-unclear',
      wrong:
        how === 'same'
          ? { zh: `和 ${other.point} 是同一条数据`, en: `this is the very series of ${other.point}` }
          : { zh: `有的数据既像它又像 ${other.point}`, en: `some series would fit this and ${other.point} alike` },
      write:
        how === 'same'
          ? { zh: '写另一个 field，或用 tags 区分', en: 'name another field, or tell them apart by tags' }
          : { zh: '让其中一个写全两者的 tags', en: "let one of them name all the other's tags as well" },
    })
  }
  return { ...config, points }
}

function namesOf(reader: SettingReader): ReadonlySet<string> | undefined {
  const written = reader.raw('from')
  if (written === undefined) return undefined
  const list: readonly unknown[] = Array.isArray(written) ? written : [written]
  const names = list.filter((name): name is string => typeof name === 'string' && name !== '')
  if (names.length === 0 || names.length < list.length) {
    reader.problem(
      ['from'],
      { zh: 'from 应列出账号或令牌的名称', en: 'from names accounts or tokens' },
      { zh: '例如 from: [telegraf]', en: 'write for example from: [telegraf]' },
      'bad-value',
    )
  }
  return new Set(names)
}

/** Below a second every pause between two requests would be a loss. */
function silentOf(reader: SettingReader): Millis {
  const silent = reader.duration('silent', millis(0), millis(0))
  if (silent === 0 || silent >= seconds(1)) return silent
  reader.problem(
    ['silent'],
    { zh: 'silent 至少 1 秒', en: 'silent is a second at least' },
    { zh: '例如 silent: 5m；0 为不管', en: 'write for example silent: 5m, or 0 for never' },
    'bad-value',
  )
  return seconds(1)
}
