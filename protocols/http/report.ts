import type { DeviceReport, Found, LineReport, Words } from '../contract/driver.ts'
import type { Instant } from '../contract/time.ts'
import type { SentBook, Sender, Stranger } from './book.ts'
import { headOf, writtenOut } from './book.ts'
import type { HttpConfig } from './config.ts'

/** Who sends, what became of it, and what to write into the site file. Nothing is asked, so there are no reads and no round trips. */
export function reportOf(book: SentBook, config: HttpConfig, since: Instant): LineReport {
  const { from, points } = config
  const senders = book.senders
  const expected = from
    ? [...from].filter(name => !senders.some(sender => sender.name === name))
    : senders.length === 0
      ? ['?']
      : []
  return {
    since,
    // Whoever is sent to waits for nobody.
    busy: 0,
    devices: [
      ...senders.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(sender => deviceOf(sender, book, config)),
      ...(points.length > 0 ? expected.map(absent) : []),
    ],
    frames: book.frames,
  }
}

function deviceOf(sender: Sender, book: SentBook, config: HttpConfig): DeviceReport {
  const unknown: readonly [string, number][] = sender.unknown > 0 ? [['unknown series', sender.unknown]] : []
  return {
    device: sender.name,
    asked: sender.sent,
    answered: sender.taken,
    timeouts: 0,
    garbled: sender.unreadable,
    refusals: Object.fromEntries([...sender.refused, ...unknown]),
    reads: [],
    learned: [
      {
        zh: `${sender.requests} 次请求，${sender.sent} 个值，收下 ${sender.taken} 个`,
        en: `${sender.requests} requests with ${sender.sent} values, ${sender.taken} of them taken`,
      },
    ],
    advice: [...adviceOf(sender, book, config), ...mixedOf(sender, book)],
  }
}

function adviceOf(sender: Sender, book: SentBook, { from, unknown }: HttpConfig): readonly Words[] {
  const advice: Words[] = []
  advice.push(...strangersOf(sender, book, unknown))
  if (sender.refused.has('not-admitted'))
    advice.push({
      zh: `它不在 from 里：加上 ${sender.name}，或换令牌（现在是 ${[...(from ?? [])].join('、')}）`,
      en: `It is not in from: add ${sender.name}, or give it another token (${[...(from ?? [])].join(', ')} may send)`,
    })
  if (sender.refused.has('too-new'))
    advice.push({
      zh: `它的时钟快了 ${Math.round(sender.ahead / 1_000)} 秒：校时（NTP），或不带时间发送；精度 precision 也可能不对`,
      en: `Its clock is ${Math.round(sender.ahead / 1_000)} s ahead: set it (NTP) or send without times; the precision may be wrong as well`,
    })
  if (sender.refused.has('too-old'))
    advice.push({
      zh: '它发来 30 天以前的时间：时钟没对，或 precision 不对（秒当成了毫秒）',
      en: 'Its times are more than 30 days old: the clock was never set, or the precision is wrong (seconds taken for milliseconds)',
    })
  if (sender.refused.has('no-number'))
    advice.push({
      zh: '有的值是文字：在测点写 map: { 文字: 数 }',
      en: 'Some values are texts: write map: { TEXT: NUMBER } at the point',
    })
  if (sender.unreadable > 0)
    advice.push({
      zh: '有的行读不懂：对照 line protocol 的写法（逗号、空格、等号前加反斜杠，文字加引号）',
      en: 'Some lines cannot be read: commas, spaces and equal signs need a backslash, texts need quotes',
    })
  return advice
}

/** The latest device that is not in the site file, of each of a few measurements. */
function strangersOf(sender: Sender, book: SentBook, unknown: HttpConfig['unknown']): readonly Words[] {
  const strangers = book.strangers.filter(one => one.sender === sender.name)
  const latest = [...new Map(strangers.map(one => [one.sent.named.measurement, one])).values()].slice(-mostAdvised)
  const more = strangers.length - latest.length + book.overlooked
  const advice = latest.map(one => ({
    zh: `现场文件里没有它：${writtenOut(one.sent)}。要它就在设备写 ${entryOf(one)}，在测点写 field: ${one.sent.named.field}`,
    en: `Not in the site file: ${writtenOut(one.sent)}. Where it is wanted write ${entryOf(one)} at the equipment and field: ${one.sent.named.field} at its point`,
  }))
  if (latest.length === 0) return []
  const rest = {
    zh: `${more > 0 ? `另有 ${more} 个。` : ''}${unknown === 'refuse' ? '不要的让它不要发，或在连接上写 unknown: ignore' : '不要的已略过（unknown: ignore）'}`,
    en: `${more > 0 ? `There are ${more} more. ` : ''}${unknown === 'refuse' ? 'What is not wanted it should not send; or write unknown: ignore at the connection' : 'What is not wanted is passed over (unknown: ignore)'}`,
  }
  return [...advice, rest]
}
const mostAdvised = 3

/** Two devices on one point would look like one that jumps. */
function mixedOf(sender: Sender, book: SentBook): readonly Words[] {
  return [...book.heardPoints].flatMap(([point, { series, sender: by }]): readonly Words[] => {
    const [first, second] = series
    if (by !== sender.name || first === undefined || second === undefined) return []
    return [
      {
        zh: `${point} 收到了不止一个来源的值（${first} 和 ${second}）：用 tags 写明是哪一个`,
        en: `${point} gets values of more than one series (${first} and ${second}): say by tags which one it is`,
      },
    ]
  })
}

const absent = (name: string): DeviceReport => ({
  device: name,
  asked: 0,
  answered: 0,
  timeouts: 0,
  garbled: 0,
  refusals: {},
  reads: [],
  learned: [],
  advice: [
    {
      zh: '还没有收到它发来的东西：地址 /api/v1/readings 或 /api/v2/write，令牌用“操作员”角色，端口和防火墙要放行',
      en: 'Nothing was sent yet: post to /api/v1/readings or /api/v2/write with a token of the role operator; look at the port and the firewall',
    },
  ],
})

const entryOf = ({ sent: { named } }: Stranger): string => {
  const tags = [...named.tags].map(([tag, is]) => `${JSON.stringify(tag)}: ${JSON.stringify(is)}`).join(', ')
  return `measurement: ${JSON.stringify(named.measurement)}${tags === '' ? '' : ` tags: { ${tags} }`}`
}

/** What was sent and belongs to no point yet: fields of one measurement and the same tags are one device. */
export function foundIn(strangers: readonly Stranger[]): readonly Found[] {
  const devices = Map.groupBy(strangers, ({ sent }) => headOf(sent.named))
  return [...devices].map(([head, fields]): Found => {
    const { measurement, tags } = (fields[0] as Stranger).sent.named
    const senders = [...new Set(fields.map(({ sender }) => sender))].join(', ')
    return {
      device: { measurement, ...(tags.size > 0 ? { tags: Object.fromEntries(tags) } : {}) },
      name: head,
      points: fields.map(({ sent }) => ({
        settings: { field: sent.named.field },
        name: sent.named.field,
        ...valueOf(sent.value),
        raw: writtenOut(sent),
      })),
      note: { zh: `由 ${senders} 发来`, en: `sent by ${senders}` },
    }
  })
}

function valueOf(value: Stranger['sent']['value']): { readonly value?: number | string } {
  if (value === null) return {}
  return { value: typeof value === 'boolean' ? Number(value) : value }
}
