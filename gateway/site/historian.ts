import { outsideKinds, outsideUses, usualBackfill, usualBudget } from '../outside/settings.ts'
import type { OutsideSettings } from '../outside/settings.ts'
import { below, idKey, mapping, oneOf, pairs, required, text } from './reader.ts'
import type { Item, Report } from './report.ts'

const keys = ['kind', 'url', 'token', 'org', 'bucket', 'keep', 'budget', 'backfill'] as const

/** The block `historian` of the site file: outside historians by their names, in its order. */
export function readOutside(report: Report, item: Item | undefined): readonly OutsideSettings[] {
  if (!item || item.value === null || !mapping(report, item)) return []
  const found = pairs(item).flatMap(([id, one]) => {
    const isNamed = idKey(report, one, id)
    const settings = mapping(report, one, keys) ? readOne(report, id, one) : undefined
    return isNamed && settings ? [settings] : []
  })
  const [, second] = found.filter(({ keep }) => keep === 'archive')
  const place = second && below(item, second.id)
  if (place)
    report.error(below(place, 'keep') ?? place, {
      code: 'two-archives',
      wrong: { zh: '只能从一个外部历史库读回旧数据', en: 'old readings can be asked of one outside historian only' },
      write: { zh: '其余的写 `keep: mirror`', en: 'write `keep: mirror` for the others' },
    })
  return found
}

function readOne(report: Report, id: string, item: Item): OutsideSettings | undefined {
  const kind = oneOf(report, required(report, item, 'kind', 'influxdb'), outsideKinds, 'unknown-historian-kind')
  const url = readUrl(report, required(report, item, 'url', 'http://10.0.0.5:8086'))
  const token = text(report, below(item, 'token'), '${INFLUX_TOKEN}')
  // InfluxDB cannot do without them; VictoriaMetrics knows neither.
  const named = (key: 'org' | 'bucket', example: string): string | undefined =>
    text(report, kind === 'influxdb' ? required(report, item, key, example) : below(item, key), example)
  const org = named('org', 'school')
  const bucket = named('bucket', 'readings')
  if (kind === 'influxdb' && !below(item, 'token')) required(report, item, 'token', '${INFLUX_TOKEN}')
  const keep = oneOf(report, below(item, 'keep'), outsideUses, 'unknown-use') ?? 'mirror'
  const budget = readBudget(report, below(item, 'budget')) ?? usualBudget
  const backfill = readRate(report, below(item, 'backfill')) ?? usualBackfill
  if (kind === undefined || url === undefined) return undefined
  return {
    id,
    kind,
    url,
    ...(token === undefined ? {} : { token }),
    org: org ?? '',
    bucket: bucket ?? '',
    keep,
    budget,
    backfill,
  }
}

function readUrl(report: Report, item: Item | undefined): string | undefined {
  const url = text(report, item, 'http://10.0.0.5:8086')
  if (!item || url === undefined) return undefined
  if (/^https?:\/\//.test(url) && URL.canParse(url)) {
    const { search, hash, username, password } = new URL(url)
    if (search === '' && hash === '' && username === '' && password === '') return url.replace(/\/+$/, '')
  }
  report.error(item, {
    code: 'bad-url',
    wrong: { zh: '这不是历史库的地址', en: 'this is no address of a historian' },
    write: {
      zh: '写 http:// 或 https:// 开头的地址，不带问号、用户名和密码，例如 `http://10.0.0.5:8086`；口令写在 token',
      en: 'write an address with http:// or https://, without question mark, name or password, for example `http://10.0.0.5:8086`; the secret goes to `token`',
    },
  })
  return undefined
}

const units: Readonly<Record<string, number>> = { MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4, MB: 1e6, GB: 1e9, TB: 1e12 }
const leastBudget = 1024 ** 2

function readBudget(report: Report, item: Item | undefined): number | undefined {
  if (!item) return undefined
  const [, digits = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)\s*([MGT]i?B)$/.exec(String(item.value)) ?? []
  const bytes = Number(digits) * (units[unit] ?? Number.NaN)
  if (digits !== '' && bytes >= leastBudget) return Math.round(bytes)
  report.error(item, {
    code: 'bad-size',
    wrong: { zh: `“${String(item.value)}”不是可用的磁盘大小`, en: `"${String(item.value)}" is no usable size` },
    write: { zh: '至少 1MiB，例如 `2GiB`', en: 'at least 1MiB, for example `2GiB`' },
  })
  return undefined
}

function readRate(report: Report, item: Item | undefined): number | undefined {
  if (!item) return undefined
  const [, digits] = /^(\d{1,9})\s*\/\s*s$/.exec(String(item.value)) ?? []
  if (digits !== undefined && Number(digits) >= 1) return Number(digits)
  report.error(item, {
    code: 'bad-rate',
    wrong: { zh: `“${String(item.value)}”不是补发速度`, en: `"${String(item.value)}" is no rate` },
    write: { zh: '每秒多少个读数，例如 `5000/s`', en: 'readings a second, for example `5000/s`' },
  })
  return undefined
}
