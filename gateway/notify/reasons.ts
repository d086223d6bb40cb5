import type { Words } from '../../protocols/contract/driver.ts'

const say = (zh: string, en: string): Words => ({ zh, en })

/** Why a notice need not go out any more. */
export const spared = {
  cameAgain: say('又来了一次，以新的通知为准', 'it has come again; a newer notice stands in its place'),
  overBefore: say('送出之前已恢复', 'over before it went out'),
  answeredBefore: say('送出之前已有人处理', 'answered before it went out'),
  answered: say('已有人处理', 'answered meanwhile'),
  'alarm.shelved': say('已被搁置', 'it was shelved'),
  'alarm.suppressed': say('已归到另一条报警下', 'another alarm stands for it'),
  'alarm.out-of-service': say('已停用', 'it was taken out of service'),
  'alarm.withdrawn': say('规则已不在站点文件中', 'its rule is no longer in the site file'),
} as const

/** Why one could not go out at all. */
export const unsendable = {
  noChannel: say('没有能找到此人的渠道', 'no channel reaches this person'),
  nobody: say('无人可通知', 'there is nobody to tell'),
  tooMany: say('等待发送的通知太多', 'too many notices wait'),
} as const

/** What channels say of themselves, in one English sentence for the journal, as people read it. */
const ofChannels: readonly Words[] = [
  say('没有 MQTT 服务器收下', 'no broker took it'),
  say('网关停止，没有再试', 'given up: the gateway stops'),
  say('网关停止', 'the gateway stops'),
  say('没有及时应答', 'no answer in time'),
  say('没有应答', 'no answer'),
  say('连接被断开', 'the connection was cut'),
  say('没有手机号', 'no telephone number'),
  say('没有邮箱地址', 'no mail address'),
  say('此人没有浏览器订阅通知', 'no browser of this person is signed up'),
  say('此人的浏览器都退订了', 'every browser of this person has signed off'),
  say('数据目录读不了或写不进', 'the data directory cannot be read or written'),
  say('已不在站点文件中', 'no longer in the site file'),
]
const known: ReadonlyMap<string, Words> = new Map(
  [...Object.values(spared), ...Object.values(unsendable), ...ofChannels].flatMap(words => [
    [words.zh, words],
    [words.en, words],
  ]),
)

/** A reason of ours in both languages, however it was written down; what the other side said is left as it said it. */
export function reasonInWords(text: string): Words | undefined {
  const within = /^no answer within (\d+) s$/.exec(text)?.[1]
  return within === undefined ? known.get(text) : say(`${within} 秒内没有应答`, text)
}
