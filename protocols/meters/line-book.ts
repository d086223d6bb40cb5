import type { DeviceReport, Frame, Words } from '../contract/driver.ts'
import type { Clock, Instant, Millis } from '../contract/time.ts'
import { instant, millis, minutes } from '../contract/time.ts'
import type { Outcome } from './session.ts'

interface Page {
  asked: number
  answered: number
  timeouts: number
  garbled: number
  strangers: number
  readonly refusals: Record<string, number>
  readonly trips: number[]
}

const mostFrames = 64
const mostTrips = 50
const mostSpans = 4_000
/** So far back the load of a line is told. */
const lately = minutes(5)
/** No frame of a meter is longer than this. */
const longestShown = 240

/** What was asked on a line and what came of it, for the polling doctor. */
export class LineBook {
  readonly #wall: Clock
  readonly since: Instant
  readonly #pages = new Map<string, Page>()
  readonly #frames: Frame[] = []
  readonly #spans: { readonly to: Instant; readonly ms: number }[] = []

  constructor(wall: Clock) {
    this.#wall = wall
    this.since = wall.now()
  }

  get frames(): readonly Frame[] {
    return [...this.#frames]
  }

  /** Share of the last minutes in which the line was in use. */
  get busy(): number {
    const now = this.#wall.now()
    const from = Math.max(this.since, now - lately)
    const used = this.#spans.filter(({ to }) => to > from).reduce((sum, { to, ms }) => sum + Math.min(ms, to - from), 0)
    return now > from ? Math.min(1, used / (now - from)) : 0
  }

  /** `outcome` is absent for a call to everybody, which nobody has to answer. */
  note(device: string, talk: { sent: Uint8Array; heard: Uint8Array; ms: number }, outcome?: Outcome<unknown>): void {
    const now = this.#wall.now()
    this.#spans.push({ to: now, ms: talk.ms })
    if (this.#spans.length > mostSpans) this.#spans.shift()
    const said = outcome && 'fault' in outcome ? outcome.fault.detail : undefined
    this.#frame({ at: instant(now - talk.ms), device, way: 'sent', hex: hex(talk.sent) })
    if (talk.heard.length > 0)
      this.#frame({ at: now, device, way: 'heard', hex: hex(talk.heard), ...(said ? { note: said } : {}) })
    if (outcome) this.#count(device, talk.ms, outcome)
  }

  page(device: string): Pick<DeviceReport, 'asked' | 'answered' | 'timeouts' | 'garbled' | 'refusals' | 'roundTrip'> & {
    readonly strangers: number
  } {
    const { trips, ...page } = this.#pages.get(device) ?? blank()
    const sorted = trips.toSorted((a, b) => a - b)
    const [median, worst] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
    return {
      ...page,
      ...(median !== undefined && worst !== undefined ? { roundTrip: { median: millis(median), worst: millis(worst) } } : {}),
    }
  }

  #count(device: string, ms: number, outcome: Outcome<unknown>): void {
    const page = this.#pages.get(device) ?? blank()
    this.#pages.set(device, page)
    page.asked += 1
    if (outcome.kind === 'fault') {
      if (outcome.fault.code === 'timeout') page.timeouts += 1
      else if (outcome.fault.code === 'wrong-reply') page.strangers += 1
      else if (outcome.fault.code === 'garbled') page.garbled += 1
      return
    }
    page.answered += 1
    if (outcome.kind === 'refused') page.refusals[outcome.fault.detail] = (page.refusals[outcome.fault.detail] ?? 0) + 1
    page.trips.push(ms)
    if (page.trips.length > mostTrips) page.trips.shift()
  }

  #frame(frame: Frame): void {
    this.#frames.push(frame)
    if (this.#frames.length > mostFrames) this.#frames.shift()
  }
}

const blank = (): Page => ({ asked: 0, answered: 0, timeouts: 0, garbled: 0, strangers: 0, refusals: {}, trips: [] })
const hex = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, longestShown)).toString('hex')

/** What the counts of one meter look like, and what to try. */
export function adviceOf(
  { asked, answered, timeouts, garbled, strangers }: Pick<Page, 'asked' | 'answered' | 'timeouts' | 'garbled' | 'strangers'>,
  others: { readonly answer: boolean },
  timeout: Millis,
): readonly Words[] {
  const advice: Words[] = []
  if (asked < 3) return advice
  if (answered === 0 && garbled > timeouts)
    advice.push({
      zh: '有应答但认不出来：多半是波特率或校验不对（常用 2400 8E1，也见 1200、9600、8N1），或两块表同时应答。',
      en: 'Something answers that cannot be read: mostly a wrong speed or parity (2400 8E1 is usual, 1200, 9600 and 8N1 occur), or two meters at once.',
    })
  else if (answered === 0 && timeouts > 0 && strangers === 0)
    advice.push(
      others.answer
        ? {
            zh: '同一条线上别的表有应答，只有这块没有：核对表地址和表的种类，看这块表的接线和电池。',
            en: 'Other meters of this line answer, this one does not: check its address and kind, its wiring and its battery.',
          }
        : {
            zh: '整条线都没有应答：看 A、B 是否接反、表或采集器有没有电、波特率对不对；红外口要对准。',
            en: 'Nobody on this line answers: are A and B swapped, is there power, is the speed right? An optical head must sit straight.',
          },
    )
  else if (timeouts * 5 > asked)
    advice.push({
      zh: `每五次就有一次超过 ${timeout} 毫秒没有应答：把 timeout 加长，或检查线长和终端电阻。`,
      en: `One question in five is not answered within ${timeout} ms: give it a longer timeout, or check the length of the line and its terminators.`,
    })
  if (strangers > 0)
    advice.push({
      zh: '别的表或别的数据在应答：看有没有两块表设了同一个地址，线上是否还有别的主机在抄表。',
      en: 'Another meter or other data answers: do two meters have one address, does another master read on this line?',
    })
  return advice
}
