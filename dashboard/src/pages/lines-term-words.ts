/** Terms of the field as the drivers write them down, in the reader's language: `unit 3`, `exception 2 (illegal data address)`. */
import type { Language } from '../words/say.ts'
import type { LinesWords } from './lines-words.ts'

const exceptions: Readonly<Record<string, string>> = {
  'illegal function': '不支持这个功能码',
  'illegal data address': '没有这个地址',
  'illegal data value': '数量或值不对',
  'device failure': '设备故障',
  'acknowledge: needs more time': '已收到，还要时间',
  busy: '设备忙',
  'memory parity error': '存储校验错',
  'gateway path unavailable': '网关没有通路',
  'the device behind the gateway does not answer': '网关后面的设备不答',
  unknown: '未知',
}
const names = Object.keys(exceptions)
  .toSorted((a, b) => b.length - a.length)
  .join('|')

/** The driver's own sentence in brackets, which is for the maker's support: the beginning tells what it is about. */
const asides: readonly (readonly [RegExp, string])[] = [
  [/[(（](?:Garbled reply|Noise)[^)）]*[)）]/g, '（校验或长度不对）'],
  [/[(（]Wrong reply[^)）]*[)）]/g, '（答的不是所问）'],
  [/[(（]No answer[^)）]*[)）]/g, '（没有回答）'],
]
const terms: readonly (readonly [RegExp, string | ((...parts: string[]) => string)])[] = [
  [new RegExp(`\\s*\\((${names})\\)`, 'g'), (_all = '', name = '') => `（${exceptions[name] ?? name}）`],
  [/\bException (\d+)/gi, '异常 $1'],
  [/\bModbus (?=异常)/g, ''],
  [/\bunit (\d+\??)/g, '站号 $1'],
  [/\bmeter (\d+)/g, '表 $1'],
  [/\bholding(?= \d)/g, '保持寄存器'],
  [/\binput(?= \d)/g, '输入寄存器'],
  [/\bcoil(?= \d)/g, '线圈'],
  [/\bdiscrete(?= \d)/g, '离散输入'],
]

/** What came of a frame, where a driver says it in a sentence of its own: the beginning tells which. */
const notes: readonly (readonly [RegExp, string])[] = [
  [/^(garbled|checksum wrong|more bytes)/i, '乱码，校验或长度不对'],
  [/^(no answer to what was asked|wrong reply)/i, '答的不是所问'],
  [/^late/i, '迟到的回答，已丢弃'],
  [/^not asked/i, '没有问过，已丢弃'],
  [/^no answer/i, '没有回答'],
  [/^refused/i, '拒绝'],
]

/** Pure: in English as it is; what is not known stays as it is in either language. */
export const sayTerm = (text: string, language: Language): string =>
  language === 'en'
    ? text
    : [...asides, ...terms].reduce(
        (said, [known, word]) => (typeof word === 'string' ? said.replace(known, word) : said.replace(known, word)),
        text,
      )

export const sayNote = (text: string, language: Language): string =>
  language === 'en' ? text : (notes.find(([known]) => known.test(text))?.[1] ?? sayTerm(text, language))

/** A place in what was asked, in the words of the form: `points.temperature.register` is where it says "Register" below "Temperature". */
export function sayPlace(path: string, t: LinesWords, nameOf: (point: string) => string): string {
  const [first = '', ...rest] = path.split('.')
  const [point = '', setting] = rest
  const wordOf = (key: string, own = key) => t.setting[own]?.[0] ?? t.wizard.needs[key] ?? key
  if (first === 'points')
    return [nameOf(point), setting === undefined ? '' : wordOf(setting, setting === 'unit' ? 'pointUnit' : setting)]
      .filter(word => word !== '')
      .join(' · ')
  if (first === 'device' || first === 'connection') return rest.length > 0 ? wordOf(point) : wordOf(first)
  return t.wizard.needs[path] ?? t.setting[path]?.[0] ?? path
}

/** Sentences of `check` quote what is to be written in backticks; on a page they are marked by themselves. */
export const unticked = (text: string): string => text.replaceAll('`', '')
