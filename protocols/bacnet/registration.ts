import type { Words } from '../contract/driver.ts'
import type { Cancel, Clock } from '../contract/time.ts'
import { seconds } from '../contract/time.ts'
import type { Exchange } from './exchange.ts'

/** Asked for; said again at half of it, so that one lost datagram does no harm. */
const lasts = 120

/**
 * Keeps us in the table of a broadcast device (annex J.5), so that devices of its subnet are found by their number. It is the only thing
 * that is asked of a BBMD; where it forgets us, devices that were found are read all the same.
 */
export class Registration {
  readonly #wall: Clock
  readonly #bbmd: { readonly host: string; readonly port: number }
  #exchange: Exchange | undefined
  #cancel: Cancel = () => {}
  #state: 'unknown' | 'asked' | 'taken' | 'refused' = 'unknown'

  constructor(wall: Clock, bbmd: { readonly host: string; readonly port: number }) {
    this.#wall = wall
    this.#bbmd = bbmd
  }

  start(exchange: Exchange): void {
    this.#exchange = exchange
    this.#register()
  }

  stop(): void {
    this.#cancel()
    this.#exchange = undefined
  }

  /** What the BBMD answered: 0 is yes. */
  heard(host: string, port: number, code: number): void {
    if (host === this.#bbmd.host && port === this.#bbmd.port) this.#state = code === 0 ? 'taken' : 'refused'
  }

  get advice(): readonly Words[] {
    const { host } = this.#bbmd
    if (this.#state === 'refused')
      return [
        {
          zh: `BBMD ${host} 不让登记：它没有开外部设备登记，或表满了。设备改用 address 写`,
          en: `The BBMD ${host} does not take us: foreign devices are not enabled there, or its table is full. Write the devices' address.`,
        },
      ]
    if (this.#state === 'asked')
      return [
        {
          zh: `BBMD ${host} 没有应答：核对地址和防火墙（UDP 47808）`,
          en: `The BBMD ${host} does not answer: check its address and the firewall (UDP 47808).`,
        },
      ]
    return []
  }

  #register(): void {
    const exchange = this.#exchange
    if (!exchange) return
    if (this.#state === 'unknown') this.#state = 'asked'
    exchange.say(exchange.speech.register(lasts), this.#bbmd.host, this.#bbmd.port)
    this.#cancel = this.#wall.after(seconds(lasts / 2), () => this.#register())
  }
}
