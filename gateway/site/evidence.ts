import { hours, minutes } from '../../protocols/contract/time.ts'
import { usualEvidence } from '../evidence/settings.ts'
import type { EvidenceSettings } from '../evidence/settings.ts'
import { readPlace } from './backup.ts'
import { below, duration, list, mapping, required, text } from './reader.ts'
import type { Item, Report } from './report.ts'

/** The block `evidence` of the site file. */
export function readEvidence(report: Report, item: Item | undefined): EvidenceSettings {
  if (!item || item.value === null) return usualEvidence
  if (!mapping(report, item, ['every', 'copies', 'timestamp'])) return usualEvidence
  return {
    every: readEvery(report, below(item, 'every')),
    copies: list(report, below(item, 'copies')).flatMap(place => readPlace(report, place) ?? []),
    timestamp: readTimestamp(report, below(item, 'timestamp')),
  }
}

function readEvery(report: Report, item: Item | undefined): EvidenceSettings['every'] {
  const length = duration(report, item)
  if (!item || length === undefined) return usualEvidence.every
  if (length >= minutes(1) && length <= hours(24)) return length
  report.error(item, {
    code: 'bad-period',
    wrong: { zh: '封存读数的间隔要在 1 分钟到 1 天之间', en: 'readings are sealed between once a minute and once a day' },
    write: { zh: '例如 `1h`', en: 'for example `1h`' },
  })
  return usualEvidence.every
}

function readTimestamp(report: Report, item: Item | undefined): string | undefined {
  if (!item || !mapping(report, item, ['url'])) return undefined
  const urlItem = required(report, item, 'url', 'http://timestamp.example.org/tsa')
  const url = text(report, urlItem, 'http://timestamp.example.org/tsa')
  if (url === undefined || !urlItem || (/^https?:\/\//.test(url) && URL.canParse(url))) return url
  report.error(urlItem, {
    code: 'bad-url',
    wrong: { zh: `“${url}”不是网址`, en: `"${url}" is no address` },
    write: {
      zh: '写时间戳机构的网址，以 http:// 或 https:// 开头',
      en: 'write the address of the authority, beginning with http:// or https://',
    },
  })
  return undefined
}
