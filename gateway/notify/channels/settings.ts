import type { SettingProblem, Words } from '../../../protocols/contract/driver.ts'
import { SettingReader } from '../../../protocols/kit/settings.ts'
import type { PreparedChannel } from '../channel.ts'
import type { ChannelKind } from '../channels.ts'

type Settings = Readonly<Record<string, unknown>>

/** The settings of one channel, read key by key; keeps every mistake. */
export class ChannelSettings extends SettingReader {
  /** An http or https address without a name and password in it. */
  url(key: string, example: string): URL {
    const text = this.requiredText(key, example)
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (url && /^https?:$/.test(url.protocol) && url.hostname !== '' && url.username === '' && url.password === '') return url
    // The address itself is not repeated: it may hold a key.
    if (text !== '')
      this.problem(
        [key],
        { zh: `${key} 不是网址`, en: `${key} is no web address` },
        { zh: `写完整的网址，例如 ${example}`, en: `write the whole address, for example ${example}` },
        'bad-url',
      )
    return new URL('http://unset.invalid')
  }

  /** What signs or opens; never repeated in a problem. */
  secret(key: string, least: number): string {
    const value = this.raw(key)
    if (typeof value === 'string' && value.length >= least) return value
    const name = `\${${key.toUpperCase()}}`
    const write = {
      zh: `写至少 ${least} 个字符的文字，最好放在环境变量里：${key}: '${name}'`,
      en: `write a text of at least ${least} characters, best from the environment: ${key}: '${name}'`,
    }
    const wrong: Words =
      value === undefined
        ? { zh: `缺少 ${key}`, en: `${key} is missing` }
        : { zh: `${key} 不是文字或太短`, en: `${key} is no text, or too short` }
    this.problem([key], wrong, write, value === undefined ? 'missing' : 'bad-value')
    return ''
  }

  optionalSecret(key: string, least = 1): string | undefined {
    return this.has(key) ? this.secret(key, least) : undefined
  }

  /** Headers of our own requests: names and values that HTTP can carry. */
  headers(key: string): Readonly<Record<string, string>> {
    const value = this.raw(key)
    if (value === undefined) return {}
    const pairs = isRecord(value) ? Object.entries(value) : undefined
    if (pairs === undefined) this.problem([key], noMapping, { zh: '写 { 名称: 值 }', en: 'write { name: value }' }, 'wrong-type')
    const found: Record<string, string> = {}
    for (const [name, text] of pairs ?? []) {
      if (/^[\w!#$%&'*+.^`|~-]+$/.test(name) && typeof text === 'string' && /^[\t\x20-\x7E]*$/.test(text))
        found[name.toLowerCase()] = text
      else
        this.problem(
          [key, name],
          { zh: `${name} 不能作请求头`, en: `${name} cannot be a header` },
          {
            zh: '名称和值只用英文字母、数字和符号，值写成文字',
            en: 'use ASCII in name and value, and write the value as a text',
          },
          'bad-value',
        )
    }
    return found
  }

  /** How many messages a minute the other side takes. */
  perMinute(usual: number | undefined, most = 6_000): number | undefined {
    return this.has('perMinute') ? this.integer('perMinute', usual ?? most, 1, most) : usual
  }
}

const isRecord = (value: unknown): value is Settings => typeof value === 'object' && value !== null && !Array.isArray(value)
const noMapping: Words = { zh: '这里要一组“名称：值”', en: 'this must be a mapping of names to values' }

/** Reads settings with `read` and tells either the channel or everything that is wrong with them. */
export function prepared(
  id: string,
  kind: string,
  settings: Settings,
  read: (settings: ChannelSettings) => Omit<PreparedChannel, 'id' | 'kind'>,
): ReturnType<ChannelKind['prepare']> {
  const problems: ConstructorParameters<typeof ChannelSettings>[2] = []
  const reader = new ChannelSettings(settings, 'connection', problems)
  const channel = read(reader)
  reader.done()
  if (problems.length === 0) return { ok: true, channel: { id, kind, ...channel } }
  const found = problems.map(({ code, path, wrong, write }): SettingProblem => ({
    path,
    wrong,
    write,
    ...(code === undefined ? {} : { code }),
  }))
  return { ok: false, problems: found }
}

/** What may open something: everything in an address after its host, and what else is named. */
export function secretsIn(url: URL | undefined, ...others: readonly (string | undefined)[]): readonly string[] {
  const ofUrl = url ? [...url.searchParams.values(), ...url.pathname.split('/').filter(part => part.length >= 8), url.search] : []
  return [...ofUrl, ...others].flatMap(secret => (secret === undefined || secret === '' ? [] : [secret]))
}

/** Schema parts that several kinds share. */
export const urlSchema = { type: 'string', pattern: '^(https?://.+|.*\\$\\{.*)$' } as const
export const secretSchema = { type: 'string', minLength: 1 } as const
export const perMinuteSchema = { type: 'integer', minimum: 1, maximum: 6_000 } as const
