import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { causeWords } from '../../historian/gap-words.ts'
import { reasonInWords } from '../../notify/reasons.ts'
import { both, numberIn, saidIn, say, textIn, wordsIn } from './cells.ts'
import type { Said } from './cells.ts'
import type { Names } from './names.ts'

const labels: Readonly<Record<string, Words>> = {
  address: say('地址', 'address'),
  at: say('处', 'at'),
  role: say('角色', 'role'),
  name: say('名称', 'name'),
  reason: say('原因', 'reason'),
  why: say('原因', 'why'),
  second: say('复核人', 'second person'),
  via: say('方式', 'via'),
  log: say('记录', 'log'),
  kinds: say('种类', 'kinds'),
  from: say('起', 'from'),
  to: say('止', 'to'),
  format: say('格式', 'format'),
  bytes: say('字节', 'bytes'),
  sha256: say('SHA-256', 'SHA-256'),
  export: say('导出编号', 'export'),
  fingerprint: say('密钥指纹', 'key fingerprint'),
  size: say('条数', 'entries'),
  entries: say('条数', 'entries'),
  readings: say('读数', 'readings'),
  root: say('根', 'root'),
  count: say('条数', 'count'),
  oldest: say('最早', 'oldest'),
  newest: say('最晚', 'newest'),
  retention: say('保存期限', 'kept for'),
  clause: say('条款', 'clause'),
  equipment: say('设备', 'equipment'),
  point: say('测点', 'point'),
  backup: say('备份', 'backup'),
  place: say('地点', 'place'),
  file: say('文件', 'file'),
  folder: say('目录', 'folder'),
  what: say('内容', 'what'),
  version: say('版本', 'version'),
  digest: say('现场文件摘要', 'digest of the site file'),
  speed: say('速度', 'speed'),
  by: say('拨动', 'set by'),
  fault: say('故障', 'fault'),
  roster: say('值班表', 'roster'),
  on: say('日期', 'day'),
  shift: say('班次', 'shift'),
  person: say('人', 'person'),
  hold: say('封存编号', 'hold'),
}
const times: ReadonlySet<string> = new Set(['from', 'to', 'oldest', 'newest', 'since', 'until', 'madeAt'])

/** What else an entry says, in plain words: known fields by their names, in the order in which a reader asks; lists and objects are left to the journal. */
export function detailsOf(data: Said, names: Names): Words | null {
  const parts = Object.entries(labels).flatMap(([key, label]) => {
    const words = valueOf(key, data[key], names)
    return words ? [say(`${label.zh} ${words.zh}`, `${label.en} ${words.en}`)] : []
  })
  if (parts.length === 0) return null
  return say(parts.map(({ zh }) => zh).join('，'), parts.map(({ en }) => en).join(', '))
}

function valueOf(key: string, value: unknown, names: Names): Words | undefined {
  const number = numberIn(value)
  if (number !== null) {
    if (times.has(key)) return both(names.moment(number as Instant))
    return key === 'by' ? say(`${number / 1_000} 秒`, `${number / 1_000} s`) : both(String(number))
  }
  if (key === 'equipment' && typeof value === 'string') return names.equipment(value)
  const text = textIn(value)
  if (key === 'why' && text !== null) return reasonInWords(text) ?? both(text.slice(0, 200))
  const { code } = key === 'fault' ? saidIn(value) : {}
  if (typeof code === 'string' && Object.hasOwn(causeWords, code)) return causeWords[code as keyof typeof causeWords]
  // Digests are told by their beginning; the whole one stands in the journal.
  if (text !== null) return both(/^[0-9a-f]{40,}$/.test(text) ? `${text.slice(0, 16)}…` : text.slice(0, 200))
  if (Array.isArray(value) && value.every(one => typeof one === 'string')) return both(value.join('、').slice(0, 200))
  return wordsIn(value) ?? undefined
}
