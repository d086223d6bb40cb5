import type { Frame, LineReport, PlannedRead, Words } from '../contract/driver.ts'
import type { Clock, Instant } from '../contract/time.ts'
import { instant, minutes } from '../contract/time.ts'
import type { OpcuaConfig } from './config.ts'
import type { DataValue } from './decode.ts'
import type { Memory } from './session.ts'

const framesKept = 64
/** A chunk may have 64 kB; its head says what it is. */
const frameBytes = 96
const asksKept = 200
const window = minutes(5)

interface Ask {
  readonly at: number
  readonly took: number
}

/** Keeps count of one connection: what was asked, what came back, and what it looks like. */
export class LineDoctor {
  readonly #wall: Clock
  readonly #since: Instant
  readonly #frames: { readonly at: Instant; readonly way: Frame['way']; readonly bytes: Uint8Array }[] = []
  readonly #asks: Ask[] = []
  readonly #refusals = new Map<string, number>()
  #asked = 0
  #answered = 0
  #told = 0
  #renewed = 0

  constructor(wall: Clock) {
    this.#wall = wall
    this.#since = wall.now()
  }

  frame(way: Frame['way'], chunk: Uint8Array): void {
    this.#frames.push({ at: this.#wall.now(), way, bytes: Uint8Array.from(chunk.subarray(0, frameBytes)) })
    if (this.#frames.length > framesKept) this.#frames.shift()
  }

  /** One read of all nodes; `values` undefined where it failed. */
  read(begun: Instant, values: readonly DataValue[] | undefined): void {
    const now = this.#wall.now()
    this.#asked += 1
    this.#asks.push({ at: now, took: now - begun })
    if (this.#asks.length > asksKept) this.#asks.shift()
    if (!values) return
    this.#answered += 1
    for (const { status, statusName } of values) {
      if (status >>> 30 >= 2) this.#refusals.set(statusName, (this.#refusals.get(statusName) ?? 0) + 1)
    }
  }

  told(values: number): void {
    this.#told += values
  }

  /** The subscription slept and was made anew. */
  renewed(): void {
    this.#renewed += 1
  }

  report({ connection, points }: OpcuaConfig, memory: Memory, isUp: boolean): LineReport {
    const now = this.#wall.now()
    const recent = this.#asks.filter(({ at }) => now - at <= window)
    const length = Math.max(1, Math.min(window, now - this.#since))
    const times = recent.map(({ took }) => took).toSorted((a, b) => a - b)
    const [median, worst] = [times[times.length >> 1], times.at(-1)]
    return {
      since: this.#since,
      busy: Math.min(1, times.reduce((sum, took) => sum + took, 0) / length),
      devices: [
        {
          device: connection.endpoint,
          asked: this.#asked,
          answered: this.#answered,
          timeouts: this.#asked - this.#answered,
          garbled: 0,
          refusals: Object.fromEntries(this.#refusals),
          ...(median === undefined || worst === undefined
            ? {}
            : { roundTrip: { median: median as never, worst: worst as never } }),
          reads: planOf({ connection, points }),
          learned: this.#learned(memory),
          advice: [...memory.advice, ...openness(connection), ...this.#advice(isUp)],
        },
      ],
      frames: this.#frames.map(({ at, way, bytes }) => ({
        at: instant(at),
        device: connection.endpoint,
        way,
        hex: Buffer.from(bytes).toString('hex'),
        note: Buffer.from(bytes.subarray(0, 3))
          .toString('latin1')
          .replaceAll(/[^A-Z]/g, '?'),
      })),
    }
  }

  #learned({ bridged: { resumed, fromHistory, gaps, lostMessages } }: Memory): readonly Words[] {
    const words: Words[] = [{ zh: `订阅送来 ${this.#told} 个值`, en: `The subscription has told ${this.#told} values.` }]
    if (resumed > 0)
      words.push({
        zh: `断线后接着原来的订阅 ${resumed} 次，没有漏值`,
        en: `After ${resumed} losses of the link the same subscription went on.`,
      })
    if (lostMessages > 0)
      words.push({
        zh: `有 ${lostMessages} 条消息服务器已不再保留`,
        en: `${lostMessages} messages were no longer kept by the server.`,
      })
    if (fromHistory > 0)
      words.push({
        zh: `有 ${fromHistory} 次用服务器的历史补齐`,
        en: `${fromHistory} times the server's own history filled the gap.`,
      })
    if (gaps > 0)
      words.push({
        zh: `有 ${gaps} 次断线期间的值补不回来：服务器没有保留，也没有历史`,
        en: `${gaps} times values were lost while the link was away: the server kept none and has no history.`,
      })
    return words
  }

  #advice(isUp: boolean): readonly Words[] {
    const words: Words[] = []
    if (this.#refusals.has('BadNodeIdUnknown'))
      words.push({
        zh: '有节点服务器不认识：查拼写和命名空间号（ns=），设备升级后它可能变了；用“查找设备”重新找一遍',
        en: 'The server does not know some node ids: check spelling and namespace number (ns=), which may change with an update; search again.',
      })
    if (this.#renewed > 0)
      words.push({
        zh: `订阅 ${this.#renewed} 次睡着（值变了却不通知），已重新订阅。查服务器的版本和负载`,
        en: `The subscription slept ${this.#renewed} times (values changed untold) and was made anew. Check the server's version and load.`,
      })
    if (!isUp && this.#asked === 0)
      words.push({
        zh: '还没连上过：查地址、端口（通常 4840）、防火墙，以及服务器是否提供所写的安全策略',
        en: 'It has never been connected: check address, port (usually 4840), firewall, and whether the server offers the security written here.',
      })
    return words
  }
}

/** What an open channel means. */
function openness({ security, username }: OpcuaConfig['connection']): readonly Words[] {
  if (security !== 'none') return []
  return [
    {
      zh: 'security: none：内容不加密，也不知道对面是谁。服务器支持时改成 sign-and-encrypt',
      en: 'security: none: nothing is encrypted and nobody knows who answers. Write sign-and-encrypt where the server can.',
    },
    ...(username === undefined ? [] : [{ zh: '密码也可能被听到', en: 'The password may be overheard as well.' }]),
  ]
}

/** One subscription over all nodes. */
export const planOf = ({ connection, points }: OpcuaConfig): readonly PlannedRead[] =>
  points.length === 0
    ? []
    : [
        {
          device: connection.endpoint,
          request: `subscribe to ${points.length} nodes, published every ${connection.publishEvery} ms`,
          points: points.map(({ point }) => point),
          bytes: points.length * 40,
        },
      ]
