import type { Words } from '../../protocols/contract/driver.ts'
import type { Person } from '../duty/duty.ts'
import type { Parts } from './parts.ts'
import { below, idKey, list, mapping, oneOf, pairs, required, text, wordsOf } from './reader.ts'
import { suggest } from './report.ts'
import type { Item, Report } from './report.ts'

/** A handle the entry may name for each kind of channel that needs one, with an example. */
const handleExamples = {
  wecom: 'WangFang',
  dingtalk: '13800000000',
  feishu: 'ou_1a2b',
  sms: '13800000000',
  smtp: 'w@example.org',
}

export const personKeys = ['name', 'account', 'roles', 'language', 'phone', 'email', ...Object.keys(handleExamples), 'channels']

/** Kinds of channel that reach everybody: they go to a machine or to the whole group. */
const reachAll = new Set(['webhook', 'mqtt'])
/** Reaches the browsers an account has allowed it in. */
const reachAccounts = 'web-push'

/** The people below `people:`; every mistake is told with its place, and who is without a name is left out. */
export function readPeople(report: Report, parts: Parts): ReadonlyMap<string, Person> {
  const people = new Map<string, Person>()
  if (!parts.people || !mapping(report, parts.people)) return people
  const channels = channelKindsOf(parts)
  const accounts = new Map<string, string>()
  for (const [id, item] of pairs(parts.people)) {
    if (!idKey(report, item, id) || !mapping(report, item, personKeys)) continue
    const person = readPerson(report, id, item, channels)
    if (!person) continue
    people.set(id, person)
    const account = below(item, 'account')
    const other = person.account === undefined ? undefined : accounts.get(person.account)
    if (account && other !== undefined) report.error(account, accountTwice(String(account.value), other))
    if (person.account !== undefined) accounts.set(person.account, id)
    warnUnreached(report, item, person, channels)
  }
  return people
}

/** The kind of each channel of the site, as far as it is written: the channels' own reader tells what is wrong with them. */
function channelKindsOf({ channels }: Parts): ReadonlyMap<string, string | undefined> {
  return new Map(
    pairs(channels).map(([id, item]) => {
      const kind = below(item, 'kind')?.value
      return [id, typeof kind === 'string' ? kind : undefined]
    }),
  )
}

function readPerson(
  report: Report,
  id: string,
  item: Item,
  channels: ReadonlyMap<string, string | undefined>,
): Person | undefined {
  const name = wordsOf(report, required(report, item, 'name', '王芳'))
  const account = text(report, below(item, 'account'), 'wangfang')
  const roles = list(report, below(item, 'roles')).flatMap(role => text(report, role, '食堂主管') ?? [])
  const language = oneOf(report, below(item, 'language'), ['zh', 'en']) ?? 'zh'
  const handles = readHandles(report, item)
  const named = list(report, below(item, 'channels')).flatMap(channel => oneOfChannels(report, channel, channels) ?? [])
  if (!name) return undefined
  return {
    id,
    name,
    ...(account === undefined ? {} : { account }),
    roles,
    language,
    channels: below(item, 'channels') ? [...new Set(named)] : [...channels.keys()],
    handles,
  }
}

/** A phone number serves for SMS and DingTalk, an address for mail, unless the entry says otherwise for one of them. */
function readHandles(report: Report, item: Item): Readonly<Record<string, string>> {
  const phone = text(report, below(item, 'phone'), "'13800000000'")
  const email = readEmail(report, below(item, 'email'))
  const own = Object.entries(handleExamples).flatMap(([kind, example]) => {
    const handle = text(report, below(item, kind), `'${example}'`)
    return handle === undefined ? [] : [[kind, handle]]
  })
  return {
    ...(phone === undefined ? {} : { sms: phone, dingtalk: phone }),
    ...(email === undefined ? {} : { smtp: email }),
    ...Object.fromEntries(own),
  }
}

function readEmail(report: Report, item: Item | undefined): string | undefined {
  const email = text(report, item, 'w@example.org')
  if (email === undefined || !item) return undefined
  if (/^[^\s@<>,;]+@[^\s@<>,;]+$/.test(email)) return email
  report.error(item, {
    code: 'bad-value',
    wrong: { zh: `“${email}”不是邮箱地址`, en: `"${email}" is no mail address` },
    write: { zh: '例如 `w@example.org`', en: 'for example `w@example.org`' },
  })
  return undefined
}

/** A channel of the site by its id. */
export function oneOfChannels(report: Report, item: Item, channels: ReadonlyMap<string, unknown>): string | undefined {
  if (typeof item.value === 'string' && channels.has(item.value)) return item.value
  const none: Words = { zh: '先在 `channels:` 下写好渠道', en: 'write the channel below `channels:` first' }
  report.error(item, {
    code: 'unknown-channel',
    wrong: { zh: `没有渠道 \`${String(item.value)}\``, en: `there is no channel \`${String(item.value)}\`` },
    write: channels.size === 0 ? none : suggest(String(item.value), channels.keys()),
  })
  return undefined
}

const accountTwice = (account: string, other: string) => ({
  code: 'duplicate-account',
  wrong: { zh: `账号 \`${account}\` 已经是 \`${other}\` 的`, en: `the account \`${account}\` is already that of \`${other}\`` },
  write: { zh: '一个账号只归一个人，谁做的才说得清', en: 'an account belongs to one person, so that it is clear who did what' },
})

/** Somebody whom no channel reaches is only told on the page. Where the site has no channel that holds for everybody. */
function warnUnreached(report: Report, item: Item, person: Person, channels: ReadonlyMap<string, string | undefined>): void {
  if (channels.size === 0 || report.has(below(item, 'channels') ?? item)) return
  const kinds = person.channels.map(id => channels.get(id))
  const reached = kinds.some(
    kind =>
      kind === undefined ||
      reachAll.has(kind) ||
      person.handles[kind] !== undefined ||
      (kind === reachAccounts && person.account !== undefined),
  )
  if (reached) return
  report.warn(item, {
    code: 'person-unreachable',
    on: 'key',
    wrong: {
      zh: `没有一个渠道找得到 \`${person.id}\`，报警只能在页面上看到`,
      en: `no channel reaches \`${person.id}\`: alarms show on the page only`,
    },
    write: {
      zh: '写上 phone、email 或所用渠道的账号，或给 account 以便网页推送',
      en: 'write phone, email or the handle of a channel in use, or an account for web push',
    },
  })
}
