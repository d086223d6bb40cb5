import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { dayText, say } from './cell-text.ts'
import type { Reader } from './cell-text.ts'
import type { LogFormat } from './question.ts'

/** A name that every system takes: nothing that separates folders, no control characters, not too long. */
export function plainName(text: string): string {
  const plain = text
    .replace(/[/\\:*?"<>|]|\p{Cc}/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[. ]+|[. ]+$/g, '')
  return [...plain].slice(0, 60).join('').trim()
}

/** `青山小学-温度记录-2026-11-01至11-30.pdf`: what a person would call the file. */
export function fileNameOf(
  site: Words,
  log: Words,
  { from, to }: { readonly from: Instant; readonly to: Instant },
  ending: LogFormat | 'zip',
  reader: Reader,
): string {
  const [first, last] = [dayText(from, reader.zone), dayText((to - 1) as Instant, reader.zone)]
  const rest = first.slice(0, 5) === last.slice(0, 5) ? last.slice(5) : last
  const period = first === last ? first : `${first}${say({ zh: '至', en: ' to ' }, reader)}${rest}`
  return `${[site, log].map(words => plainName(say(words, reader))).join('-')}-${period}.${ending}`
}

/** RFC 6266: the name in UTF-8 (RFC 8187), and one in ASCII for who cannot read that. */
export function attachmentHeader(name: string, ascii: string): string {
  const encoded = encodeURIComponent(name).replace(/['()*]/g, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename="${ascii.replaceAll(/[^\w.-]/g, '_')}"; filename*=UTF-8''${encoded}`
}
