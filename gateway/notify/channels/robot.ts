import { millis } from '../../../protocols/contract/time.ts'
import type { Clock, Millis } from '../../../protocols/contract/time.ts'
import type { Person } from '../../duty/duty.ts'
import type { Channel, Delivery, Message } from '../channel.ts'
import { ask, refusal } from './http.ts'
import type { Asked, Answered } from './http.ts'
import type { ChannelSettings } from './settings.ts'
import { excerpt, oneLine } from './text.ts'

/** What a group robot of one vendor is like. All of them take one POST of JSON and answer 200 with a code of their own in the body. */
export interface Robot {
  /** The person's handle is under this name. */
  readonly kind: string
  readonly secrets: readonly string[]
  /** Nothing where the handle is none of this vendor's. */
  request(message: Message, handle: string, now: number): Pick<Asked, 'url' | 'body'> | undefined
  /** The code in the answer, 0 when the message was taken; `undefined` where it is no answer of this vendor. */
  codeIn(answer: Readonly<Record<string, unknown>>): { readonly code: unknown; readonly says: unknown }
  /** Codes of having sent too much, with how long it lasts. */
  readonly busy: ReadonlyMap<number, Millis>
  /** Codes that say the robot is set up wrongly here or there: no message gets through until somebody mends it. */
  readonly misfit: ReadonlySet<number>
}

/** Posts into a group and calls the person there. */
export class RobotChannel implements Channel {
  readonly #robot: Robot
  readonly #wall: Clock

  constructor(robot: Robot, wall: Clock) {
    this.#robot = robot
    this.#wall = wall
  }

  reaches({ handles }: Person): boolean {
    return handles[this.#robot.kind] !== undefined
  }

  async send(message: Message, person: Person, signal: AbortSignal): Promise<Delivery> {
    const { kind } = this.#robot
    const handle = person.handles[kind]
    const request = handle === undefined ? undefined : this.#robot.request(message, handle.trim(), this.#wall.now())
    if (request === undefined) return { is: 'refused', why: `no ${kind} handle that could be called`, fault: 'person' }
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    return this.#judge(await ask({ method: 'POST', headers, ...request }, { wall: this.#wall, signal }))
  }

  #judge(answered: Answered): Delivery {
    const { kind, secrets, busy, misfit } = this.#robot
    const answer = answered.ok ? parsed(answered.text) : undefined
    const { code, says } = answer ? this.#robot.codeIn(answer) : {}
    // A vendor's own code says more than the status it comes with.
    if (!answered.ok || typeof code !== 'number') {
      const refused = refusal(answered, this.#wall.now(), secrets)
      return refused ?? { is: 'failed', why: `that is no answer of ${kind}: ${said(answered, secrets)}` }
    }
    const words = `code ${code} ${excerpt(typeof says === 'string' ? says : '', secrets)}`.trim()
    if (code === 0) return { is: 'delivered', proof: words }
    const wait = busy.get(code)
    if (wait !== undefined) return { is: 'failed', why: words, after: wait }
    return misfit.has(code) ? { is: 'refused', why: words, fault: 'channel' } : { is: 'failed', why: words }
  }
}

const said = (answered: Answered, secrets: readonly string[]): string => (answered.ok ? excerpt(answered.text, secrets, 80) : '')

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

export const minute = millis(60_000)

/** A mainland mobile number as the vendors want it: eleven digits; `undefined` for anything else. */
export function mobile(handle: string): string | undefined {
  return /^(?:\+?86)?(1\d{10})$/.exec(handle.replaceAll(/[\s-]/g, ''))?.[1]
}

/** The word a robot asks for in every message (its 自定义关键词), before a text that does not hold it anyway. */
export const keywordFor = ({ title, text }: Message, keyword: string | undefined): string =>
  keyword === undefined || title.includes(keyword) || text.includes(keyword) ? '' : `【${keyword}】`

export const readKeyword = (settings: ChannelSettings): string | undefined => {
  const keyword = settings.text('keyword')
  return keyword === undefined ? undefined : oneLine(keyword).slice(0, 60)
}

export const keywordSchema = {
  description: '机器人安全设置里的自定义关键词 · the keyword of the robot’s security settings',
  type: 'string',
  minLength: 1,
} as const
