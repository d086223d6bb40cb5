import type { Words } from '../../protocols/contract/driver.ts'
import type { Millis } from '../../protocols/contract/time.ts'
import { parseDuration } from '../../protocols/contract/duration.ts'
import { hiddenSignIn, withoutHiddenSigns } from './plain-text.ts'
import { nearest, suggest } from './report.ts'
import type { Item, Report } from './report.ts'

/** How long an id may be and of what it is made: it goes into topics, URLs and file names. */
const idPattern = /^[a-z0-9][a-z0-9_-]{0,63}$/

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The item below a key or index; undefined where there is none. */
export function below(item: Item, key: string | number): Item | undefined {
  const { value, document, path } = item
  const child = Array.isArray(value) ? value[Number(key)] : isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined
  return child === undefined ? undefined : { document, path: [...path, key], value: child }
}

/** Every key of a mapping with what it holds; nothing for anything else. */
export function pairs(item: Item | undefined): readonly (readonly [string, Item])[] {
  if (!item || !isMapping(item.value)) return []
  return Object.entries(item.value).map(([key, value]) => [key, { document: item.document, path: [...item.path, key], value }])
}

/** The items of a list. Reports anything else. */
export function list(report: Report, item: Item | undefined): readonly Item[] {
  if (!item) return []
  if (!Array.isArray(item.value)) {
    report.error(item, wrongType(item.value, { zh: '列表', en: 'a list' }, { zh: '写成 [甲, 乙]', en: 'write it as [a, b]' }))
    return []
  }
  return item.value.map((value: unknown, index) => ({ document: item.document, path: [...item.path, index], value }))
}

/** True for a mapping; with `known`, every other key is reported with the likely one. */
export function mapping(report: Report, item: Item, known?: Iterable<string>): boolean {
  if (!isMapping(item.value)) {
    report.error(
      item,
      wrongType(
        item.value,
        { zh: '一组“键：值”', en: 'a mapping of keys to values' },
        { zh: '在下面缩进写“键：值”', en: 'indent `key: value` lines below it' },
      ),
    )
    return false
  }
  if (known) for (const [key, child] of pairs(item)) if (![...known].includes(key)) unknownKey(report, child, key, known)
  return true
}

export function unknownKey(report: Report, item: Item, key: string, known: Iterable<string>): void {
  const likely = nearest(key, known)
  if (likely !== undefined) report.meant({ ...item, path: [...item.path.slice(0, -1), likely] })
  report.error(item, {
    code: 'unknown-key',
    on: 'key',
    wrong: { zh: `这里没有 \`${key}\` 这个键`, en: `there is no key \`${key}\` here` },
    write: suggest(key, known),
  })
}

/** The item below a key that must be there. */
export function required(report: Report, item: Item, key: string, example: string): Item | undefined {
  const child = below(item, key)
  if (child && child.value !== null) return child
  if (report.wasMeant({ ...item, path: [...item.path, key] })) return undefined
  report.error(child ?? item, {
    code: 'missing',
    on: child ? 'value' : 'key',
    wrong: { zh: `缺少 \`${key}\``, en: `\`${key}\` is missing` },
    write: { zh: `写 \`${key}: ${example}\``, en: `write \`${key}: ${example}\`` },
  })
  return undefined
}

export function wrongType(value: unknown, expected: Words, write: Words): { code: string; wrong: Words; write: Words } {
  const [zh, en] = nameOf(value)
  return {
    code: 'wrong-type',
    wrong: { zh: `这里要${expected.zh}，写的是${zh}`, en: `this must be ${expected.en}, not ${en}` },
    write,
  }
}

function nameOf(value: unknown): [zh: string, en: string] {
  if (value === null || value === undefined) return ['空', 'nothing']
  if (Array.isArray(value)) return ['列表', 'a list']
  if (typeof value === 'object') return ['一组键值', 'a mapping']
  const shown = JSON.stringify(value)
  const short = shown.length > 40 ? `${shown.slice(0, 39)}…` : shown
  return [short, short]
}

export function text(report: Report, item: Item | undefined, example: string): string | undefined {
  if (!item) return undefined
  if (typeof item.value === 'string' && item.value !== '') return item.value
  report.error(
    item,
    wrongType(item.value, { zh: '文字', en: 'text' }, { zh: `例如 \`${example}\``, en: `for example \`${example}\`` }),
  )
  return undefined
}

export function number(report: Report, item: Item | undefined, example: number): number | undefined {
  if (!item) return undefined
  const value = asNumber(item)
  if (typeof value === 'number' && Number.isFinite(value)) return value
  report.error(
    item,
    wrongType(
      item.value,
      { zh: '数字', en: 'a number' },
      { zh: `例如 \`${example}\`，不加引号和单位`, en: `for example \`${example}\`, without quotes and unit` },
    ),
  )
  return undefined
}

/** The value, read as a number where it is the text of one out of the environment: `port: '${PORT}'`. */
export function asNumber({ document, path, value }: Item): unknown {
  const isText = typeof value === 'string' && document.fromEnvironment(path) && /^-?\d+(\.\d+)?$/.test(value)
  return isText ? Number(value) : value
}

/** The same for `true` and `false`. */
export function asFlag({ document, path, value }: Item): unknown {
  return (value === 'true' || value === 'false') && document.fromEnvironment(path) ? value === 'true' : value
}

export function flag(report: Report, item: Item | undefined): boolean | undefined {
  if (!item) return undefined
  const value = asFlag(item)
  if (typeof value === 'boolean') return value
  report.error(
    item,
    wrongType(
      item.value,
      { zh: ' true 或 false', en: 'true or false' },
      { zh: '写 `true` 或 `false`', en: 'write `true` or `false`' },
    ),
  )
  return undefined
}

export function duration(report: Report, item: Item | undefined): Millis | undefined {
  if (!item) return undefined
  const parsed = typeof item.value === 'string' ? parseDuration(item.value) : undefined
  if (parsed === undefined) report.error(item, badDuration(item.value))
  return parsed
}

export function badDuration(value: unknown): { code: string; wrong: Words; write: Words } {
  const [zh, en] = nameOf(value)
  const seconds = typeof value === 'number' && value >= 0 ? `${value}s` : '10m'
  return {
    code: 'bad-duration',
    wrong: { zh: `${zh} 不是一段时间`, en: `${en} is not a length of time` },
    write: { zh: `数字加单位 s、m、h 或 d，例如 \`${seconds}\``, en: `a number with s, m, h or d, for example \`${seconds}\`` },
  }
}

/** A name in both languages: `{ zh, en }`, or one string that serves for both. */
export function wordsOf(report: Report, item: Item | undefined): Words | undefined {
  if (!item) return undefined
  if (typeof item.value === 'string' && item.value !== '') {
    const name = plainText(report, item, item.value)
    return { zh: name, en: name }
  }
  if (!isMapping(item.value)) {
    report.error(
      item,
      wrongType(
        item.value,
        { zh: '名称', en: 'a name' },
        { zh: '写 `{ zh: 食堂, en: Canteen }` 或一个名称', en: 'write `{ zh: 食堂, en: Canteen }` or one name' },
      ),
    )
    return undefined
  }
  if (!mapping(report, item, ['zh', 'en'])) return undefined
  const [first, second] = [required(report, item, 'zh', '食堂'), required(report, item, 'en', 'Canteen')]
  const zh = text(report, first, '食堂')
  const en = text(report, second, 'Canteen')
  if (!first || !second || zh === undefined || en === undefined) return undefined
  return { zh: plainText(report, first, zh), en: plainText(report, second, en) }
}

/** Without the signs that nobody sees: a site that has run with one goes on running, and whoever checks its file is told. */
export function plainText(report: Report, item: Item, said: string): string {
  const found = hiddenSignIn(said)
  if (!found) return said
  report.warn(item, {
    code: 'hidden-sign',
    wrong: {
      zh: `有看不见的字符（${found.sign}），读入时已略去`,
      en: `it has an invisible character (${found.sign}), which is left out`,
    },
    write: { zh: '删去它，或把这个名称重新输入', en: 'delete it, or type the name again' },
  })
  return withoutHiddenSigns(said)
}

/** One of a closed set of words. */
export function oneOf<T extends string>(
  report: Report,
  item: Item | undefined,
  known: readonly T[],
  code = 'unknown-word',
): T | undefined {
  if (!item) return undefined
  const found = known.find(word => word === item.value)
  if (found === undefined) {
    const [zh, en] = nameOf(item.value)
    report.error(item, {
      code,
      wrong: { zh: `不认识 ${zh}`, en: `${en} is not known` },
      write: suggest(String(item.value), known),
    })
  }
  return found
}

/** Checks the key of a part that others refer to. */
export function idKey(report: Report, item: Item, id: string): boolean {
  if (idPattern.test(id)) return true
  const better = id
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[-_]+|-+$/g, '')
    .slice(0, 64)
  report.error(item, {
    code: 'bad-id',
    on: 'key',
    wrong: { zh: `\`${id}\` 不能作编号：只能用 a-z、0-9、- 和 _`, en: `\`${id}\` cannot be an id: only a-z, 0-9, - and _` },
    write: { zh: `例如 \`${better || 'cold-1'}\``, en: `for example \`${better || 'cold-1'}\`` },
  })
  return false
}
