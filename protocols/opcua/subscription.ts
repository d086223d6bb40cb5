import type * as Library from 'node-opcua-client'
import type { Cancel } from '../contract/time.ts'
import { millis, seconds } from '../contract/time.ts'
import { whatWentWrong } from '../kit/answer.ts'
import { before, isAfter, next } from './sequence.ts'
import { askFor, keepAlives } from './subscribe.ts'
import type { Item, Raw, SubscriptionParts } from './subscribe.ts'

/** Messages the server may forget. */
type Acknowledged = readonly { readonly subscriptionId: number; readonly sequenceNumber: number }[]

/** Questions that wait at the server, so that it can always answer at once. */
const waiting = 3

/**
 * One subscription on a server, independent of the session it is served through: after a loss of the link it goes on where it was. Every
 * message has a number; what is missing is asked for again, so that nothing the server kept is lost. (The library's own would have to be
 * thrown away with its session.)
 */
export class Subscription {
  readonly #parts: SubscriptionParts
  #heard: SubscriptionParts['heard']
  #ended: SubscriptionParts['ended']
  #session: Raw
  #id = 0
  /** The number of the last message that was handed on; 0: none yet. */
  #last = 0
  #interval: number
  #round = 0
  #cancelWatch: Cancel = () => {}
  #lost = 0
  #settled: (() => void) | undefined
  /** Messages are taken one after the other, however many questions wait. */
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(parts: SubscriptionParts, session: Raw) {
    this.#parts = parts
    this.#heard = parts.heard
    this.#ended = parts.ended
    this.#session = session
    this.#interval = parts.publishEvery
  }

  /** Subscribes to every node; those the server does not accept are handed on as values with its status. */
  static async begin(parts: SubscriptionParts, session: Raw): Promise<Subscription> {
    const subscription = new Subscription(parts, session)
    await subscription.#create()
    subscription.#listen()
    return subscription
  }

  /** Messages that were missing and that the server had no more; counted once. */
  takeLost(): number {
    const lost = this.#lost
    this.#lost = 0
    return lost
  }

  /** From now on somebody else listens. */
  moveTo({ heard, ended }: Pick<SubscriptionParts, 'heard' | 'ended'>): void {
    this.#heard = heard
    this.#ended = ended
  }

  /**
   * Goes on through this session: the one of before, made active again, or another to which the subscription is transferred. False: the
   * server does not have it any more. Resolves when all that was queued meanwhile has been handed on.
   */
  async resume(session: Raw, isSame: boolean): Promise<boolean> {
    this.#session = session
    if (!isSame) {
      // Declared with a callback first; without one it answers.
      const transfer = session.transferSubscriptions({ subscriptionIds: [this.#id], sendInitialValues: false }) as unknown
      const answer = await (transfer as Promise<Library.TransferSubscriptionsResponse>)
      if (answer.results?.[0]?.statusCode.isNotGood() ?? true) return false
    }
    // What was sent and never arrived: the next numbers, until the server has no such message.
    const available = await this.#republishAfter(this.#last)
    if (!available) return false
    const drained = new Promise<void>(resolve => {
      this.#settled = resolve
    })
    const cancel = this.#parts.wall.after(millis(this.#interval * 2 + 1_000), () => this.#settle())
    this.#listen()
    await drained
    cancel()
    return true
  }

  /** Asks no more; on the server it stays. */
  pause(): void {
    this.#round += 1
    this.#cancelWatch()
    this.#settle()
  }

  #settle(): void {
    this.#settled?.()
    this.#settled = undefined
  }

  async #create(): Promise<void> {
    const { id, interval } = await askFor(this.#parts, this.#session, refused => this.#heard(refused, false))
    this.#id = id
    this.#interval = interval
  }

  #listen(): void {
    const round = ++this.#round
    this.#watch(round)
    for (let one = 0; one < waiting; one++) void this.#publish(round)
  }

  /** Asks for the next message, again and again, for as long as this round lasts. */
  async #publish(round: number): Promise<void> {
    let done: Acknowledged = []
    while (round === this.#round) {
      try {
        const answer = await this.#ask(done)
        if (round !== this.#round) return
        this.#watch(round)
        done = answer.subscriptionId === this.#id ? await this.#inTurn(answer) : []
      } catch (error) {
        if (round !== this.#round) return
        const why = whatWentWrong(error)
        // The server has more questions waiting than it wants: this one is not asked again.
        if (/BadTooManyPublishRequests/.test(why)) return
        this.#end(`The subscription is no longer served: ${why}`)
      }
    }
  }

  #ask(done: Acknowledged): Promise<Library.PublishResponse> {
    const { opcua } = this.#parts
    const request = new opcua.PublishRequest({
      requestHeader: { timeoutHint: Math.max(30_000, this.#interval * keepAlives * 4) },
      subscriptionAcknowledgements: [...done],
    })
    return new Promise((resolve, reject) => {
      this.#session.publish(request, (error, response) =>
        error || !response ? reject(error ?? new Error('no answer')) : resolve(response),
      )
    })
  }

  #inTurn(answer: Library.PublishResponse): Promise<Acknowledged> {
    const taken = this.#turn.then(() => this.#take(answer))
    this.#turn = taken.catch(() => {})
    return taken
  }

  /** Hands a message on and says which may be forgotten by the server. */
  async #take(answer: Library.PublishResponse): Promise<Acknowledged> {
    const { sequenceNumber, notificationData } = answer.notificationMessage
    // A keep-alive has the number of the message that comes next.
    const isEmpty = (notificationData ?? []).length === 0
    const complete = before(sequenceNumber)
    if (this.#last !== 0 && isAfter(complete, this.#last)) await this.#republish(this.#last, complete)
    if (isEmpty) {
      if (this.#last === 0) this.#last = complete
      this.#settle()
      return []
    }
    if (this.#last === 0 || isAfter(sequenceNumber, this.#last)) {
      this.#last = sequenceNumber
      this.#hand(answer.notificationMessage, this.#settled !== undefined)
    }
    if (!answer.moreNotifications) this.#settle()
    return [{ subscriptionId: this.#id, sequenceNumber }]
  }

  /** Messages that went missing on the way, from the one after `last` to `newest`. */
  async #republish(last: number, newest: number): Promise<void> {
    for (let number = next(last); !isAfter(number, newest); number = next(number)) {
      const message = await this.#again(number)
      this.#last = number
      if (message === undefined) {
        this.#lost += 1
        continue
      }
      this.#hand(message, true)
    }
  }

  /** Everything after `last` that the server still has. False: it has no such subscription. */
  async #republishAfter(last: number): Promise<boolean> {
    for (let number = next(last); ; number = next(number)) {
      try {
        const message = await this.#again(number)
        if (message === undefined) return true
        this.#last = number
        this.#hand(message, true)
      } catch {
        return false
      }
    }
  }

  /** The message once more; undefined where the server does not have it. Rejects when there is no subscription. */
  #again(number: number): Promise<Library.NotificationMessage | undefined> {
    const { opcua } = this.#parts
    const request = new opcua.RepublishRequest({ subscriptionId: this.#id, retransmitSequenceNumber: number })
    return new Promise((resolve, reject) => {
      this.#session.republish(request, (error, response) => {
        const result = response?.responseHeader.serviceResult
        const why = error ? whatWentWrong(error) : (result?.name ?? '')
        if (/BadMessageNotAvailable/.test(why)) resolve(undefined)
        else if (error || !response || result?.isNotGood()) reject(new Error(why))
        else resolve(response.notificationMessage)
      })
    })
  }

  #hand(message: Library.NotificationMessage, kept: boolean): void {
    const { opcua, nodes } = this.#parts
    const items: Item[] = []
    for (const data of message.notificationData ?? []) {
      if (data instanceof opcua.DataChangeNotification) {
        for (const { clientHandle, value } of data.monitoredItems ?? []) {
          if (clientHandle >= 1 && clientHandle <= nodes.length) items.push({ index: clientHandle - 1, value })
        }
      } else if (data instanceof opcua.StatusChangeNotification) this.#end('The server ended the subscription.')
    }
    if (items.length > 0) this.#heard(items, kept)
  }

  /** A server that says nothing at all, not even that there is nothing to say, has forgotten us. */
  #watch(round: number): void {
    this.#cancelWatch()
    const patience = millis(Math.max(seconds(5), this.#interval * keepAlives * 3))
    this.#cancelWatch = this.#parts.wall.after(patience, () => {
      if (round === this.#round) this.#end('The server says nothing more about the subscription.')
    })
  }

  #end(why: string): void {
    this.pause()
    this.#ended(why)
  }
}
