import type { Words } from '../../protocols/contract/driver.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { hours } from '../../protocols/contract/time.ts'
import type { Priority, Rule, RuleId } from '../policy/rule.ts'

/** What the gateway says about itself: no rule of a pack judges it, a part of the gateway raises and clears it. */
export const ownKinds = ['connection', 'channel', 'roster', 'clock', 'case', 'outside', 'backup'] as const
export type OwnKind = (typeof ownKinds)[number]

/** `gateway.connection:canteen-bus` */
export const ownRuleId = (kind: OwnKind, name: string): RuleId => `gateway.${kind}:${name}` as RuleId

const pattern = /^gateway\.([a-z]+):(.+)$/

/** The kind and name in an id of the gateway's own; `undefined` for any other rule. */
export function ownOf(id: RuleId): { readonly kind: OwnKind; readonly name: string } | undefined {
  const [, kind, name] = pattern.exec(id) ?? []
  const known = ownKinds.find(one => one === kind)
  return known && name !== undefined ? { kind: known, name } : undefined
}

/** The clause such an alarm cites where the packs have none for it. */
export const gatewayClause = 'GATEWAY'

interface OwnText {
  readonly clause: string
  readonly priority: Priority
  title(name: Words): Words
  readonly advice: Words
}

const texts: Readonly<Record<OwnKind, OwnText>> = {
  connection: {
    clause: gatewayClause,
    priority: 'medium',
    title: name => ({ zh: `连接中断：${name.zh}`, en: `Connection down: ${name.en}` }),
    advice: {
      zh: '查这条线路的电源、网线或串口转换器。恢复前，线上的设备请人工巡看；它们的“无数据”报警已归到这一条下面。',
      en: 'Check power, cable or serial converter of this line. Until it is back have its equipment looked at; their "no data" alarms are listed below this one.',
    },
  },
  channel: {
    clause: gatewayClause,
    priority: 'medium',
    title: name => ({ zh: `通知发不出去：${name.zh}`, en: `Notices do not get out: ${name.en}` }),
    advice: {
      zh: '通知已改走下一个渠道。查网络、地址、密码或密钥；修好后在“通知”页发一条试验消息。',
      en: 'Notices go by the next channel. Check network, address, password or key; then send a trial message.',
    },
  },
  roster: {
    clause: 'DUT-2',
    priority: 'medium',
    title: name => ({ zh: `值班表有空缺：${name.zh}`, en: `Nobody on duty: ${name.en}` }),
    advice: {
      zh: '现在就指定一个人顶班，在“值班”页登记换班。在此之前，报警直接通知上一级。',
      en: 'Name somebody now and enter the swap under Duty. Until then alarms go to the next level.',
    },
  },
  clock: {
    clause: 'SRV-5',
    priority: 'low',
    title: () => ({ zh: '网关的时钟被调整', en: "The gateway's clock was set" }),
    advice: {
      zh: '查对时服务和主板电池，弄清是谁、为什么调的。正在计时的报警和上报按实际经过的时间继续。',
      en: 'Check time service and battery, and find out who set it and why. What counts time goes on by the time that really passed.',
    },
  },
  backup: {
    clause: 'SRV-4',
    priority: 'medium',
    title: name => ({ zh: `备份没有按时完成：${name.zh}`, en: `Backup overdue: ${name.en}` }),
    advice: {
      zh: '在“系统”页看上次为什么没成，腾出磁盘或接上共享目录，再手动做一份并核验。',
      en: 'See on the System page why the last one failed, make room or mount the share, then make one by hand and verify it.',
    },
  },
  outside: {
    clause: gatewayClause,
    priority: 'medium',
    title: name => ({ zh: `外部历史库收不到数据：${name.zh}`, en: `The outside historian takes no data: ${name.en}` }),
    advice: {
      zh: '查它的地址、网络、令牌和磁盘。数据都存在网关上，恢复后按顺序自动补发，不需要人工处理。',
      en: 'Check its address, network, token and disk. Everything is kept here and sent in order once it is back; nothing has to be done by hand.',
    },
  },
  case: {
    clause: 'DUT-3',
    priority: 'medium',
    title: name => ({ zh: `报修超过时限：${name.zh}`, en: `Case overdue: ${name.en}` }),
    advice: {
      zh: '现在答复报修人：由谁办、什么时候办好；办不了的说明原因，或上报上一级。',
      en: 'Answer the reporter now: who deals with it and when it will be done. If it cannot be done, say why or take it up a level.',
    },
  },
}

/**
 * The rule behind an alarm of the gateway's own, as every other alarm has one. `nameOf` says what people call it, and that there is such a
 * thing; `priorityOf` how urgent this one is, where that is not as usual.
 */
export function ownRule(
  id: RuleId,
  nameOf: (kind: OwnKind, name: string) => Words | undefined,
  priorityOf: (kind: OwnKind, name: string) => Priority | undefined = () => undefined,
): Rule | undefined {
  const own = ownOf(id)
  const name = own && nameOf(own.kind, own.name)
  if (!own || !name) return undefined
  const { clause, priority: usual, title, advice } = texts[own.kind]
  const priority = priorityOf(own.kind, own.name) ?? usual
  return {
    id,
    kind: 'own',
    spec: {},
    settings: {},
    watches: [],
    point: '' as PointId,
    equipment: '',
    clause,
    title: title(name),
    priority,
    ...(priority === 'high' ? { reAlarm: hours(8) } : {}),
    alarmBasis: {
      kind: 'design',
      source: { zh: '网关对自身的看管，为本产品默认', en: 'the gateway watching itself, a product default' },
      verified: false,
    },
    advice,
    record: 'alarms',
    retention: '2y',
    policy: { id: 'site', version: '1' },
  }
}
