import type { DeviceReport, Frame, LineReport, Words } from '../contract/driver.ts'
import type { Clock } from '../contract/time.ts'
import type { Broker } from './broker.ts'
import type { Refusal } from './limits.ts'
import { refusals } from './limits.ts'

/** What each refusal looks like to whoever set the device up, and what to try. */
const advice: Readonly<Partial<Record<Refusal, Words>>> = {
  garbage: {
    zh: '发来的不是 MQTT 3.1.1：检查设备里填的端口和协议（加密要用 tls 的端口）',
    en: 'It does not send MQTT 3.1.1: look at port and protocol in the device (encrypted devices belong on the port of tls)',
  },
  version: { zh: '设备用的是 MQTT 5：在设备里改为 3.1.1', en: 'The device speaks MQTT 5: set it to 3.1.1' },
  oversize: {
    zh: '一条消息超过 maxPacket：让设备分开发送，或加大 maxPacket',
    en: 'A message is longer than maxPacket: have it sent in parts, or allow more',
  },
  slow: {
    zh: '连上后没有登录，或一条消息没有发完：网络太慢或被截断',
    en: 'It connects without logging in, or does not end a message: the network is slow or cuts off',
  },
  silent: {
    zh: '超过保活时间没有消息：信号不好，或设备掉电',
    en: 'It was silent beyond its keep-alive: bad reception or no power',
  },
  credentials: { zh: '账号或密码不对：对照 accounts', en: 'Name or password are wrong: compare with accounts' },
  certificate: {
    zh: '证书不是 tls.ca 签发的，或名称不在 accounts 里',
    en: 'Its certificate is not signed by tls.ca, or its name is not in accounts',
  },
  session: {
    zh: '客户端编号不可用，或持久会话太多：固定 client id',
    en: 'Its client id cannot be used, or it has too many sessions: give it one fixed client id',
  },
  will: { zh: '遗嘱主题不属于它，或太长', en: 'Its last will is on a topic of others, or too long' },
  topic: {
    zh: '发到了不属于它的主题：在测点上写 topic，或让设备发到 devices/账号/…',
    en: 'It speaks on a topic of others: write topic at the point, or have it speak below devices/ACCOUNT/',
  },
  subscription: {
    zh: '订阅了不属于它的主题：在账号上写 hears',
    en: 'It listens to topics of others: write hears at its account',
  },
  retained: { zh: '保留消息太多：见 limits.retained', en: 'There are too many retained messages: see limits.retained' },
  clients: { zh: '连接太多：见 limits', en: 'There are too many connections: see limits' },
  flood: { zh: '一秒内消息太多，被放慢', en: 'It sends too many packets in a second and is slowed down' },
}

/** How the broker does: every account and every stranger that was refused, and the last refusals in words. */
export function reportOf(broker: Broker): LineReport {
  const names = new Set([...broker.present.keys(), ...broker.book.names])
  return {
    since: broker.since,
    // A broker waits for nobody.
    busy: 0,
    devices: [...names].toSorted().map(name => deviceOf(broker, name)),
    frames: broker.book.last.map(({ at, who, why, detail }): Frame => ({
      at,
      device: who,
      way: 'heard',
      hex: '',
      note: `${why}: ${detail}`,
    })),
  }
}

function deviceOf(broker: Broker, name: string): DeviceReport {
  const counts = broker.book.of(name)
  const connections = broker.present.get(name) ?? 0
  const messages = broker.messages.get(name) ?? 0
  return {
    device: name,
    asked: messages,
    answered: messages,
    timeouts: counts.silent ?? 0,
    garbled: counts.garbage ?? 0,
    refusals: counts,
    reads: [],
    learned: [
      { zh: `${connections} 个连接，收到 ${messages} 条消息`, en: `${connections} connections, ${messages} messages heard` },
    ],
    advice: refusals.flatMap(why => {
      const words = advice[why]
      return counts[why] !== undefined && words ? [words] : []
    }),
  }
}

/** A line that is not up, or an outside broker: what its clients do is not ours to know. */
export const nothingYet = (wall: Clock): LineReport => ({ since: wall.now(), busy: 0, devices: [], frames: [] })
