import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { once } from 'node:events'

/** What comes to the asker in place of an answer; nothing is a loss. */
export type Tamper = (answer: Buffer, asked: Buffer, proxy: UdpProxy) => readonly Buffer[]

/** Stands between a driver and an agent and does to datagrams what networks and liars do. */
export class UdpProxy {
  readonly sent: Buffer[] = []
  readonly heard: Buffer[] = []
  /** What is done to answers from now on. */
  tamper: Tamper = answer => [answer]
  /** Questions that never arrive. */
  loses: (asked: Buffer) => boolean = () => false
  readonly #near: Socket
  readonly #far: Socket
  readonly #target: number
  #asker: { readonly address: string; readonly port: number } | undefined
  #last: Buffer = Buffer.alloc(0)

  private constructor(target: number) {
    this.#target = target
    this.#near = createSocket('udp4')
    this.#far = createSocket('udp4')
    this.#near.on('message', (asked, from) => {
      this.#asker = from
      this.#last = asked
      this.sent.push(asked)
      if (!this.loses(asked)) this.#far.send(asked, this.#target, '127.0.0.1')
    })
    this.#far.on('message', answer => {
      this.heard.push(answer)
      for (const each of this.tamper(answer, this.#last, this)) this.says(each)
    })
    // Nobody at the other end: the asker hears nothing, as behind a router that drops.
    this.#far.on('error', () => {})
    this.#near.on('error', () => {})
  }

  static async to(target: number): Promise<UdpProxy> {
    const proxy = new UdpProxy(target)
    proxy.#near.bind(0, '127.0.0.1')
    await once(proxy.#near, 'listening')
    return proxy
  }

  get port(): number {
    return this.#near.address().port
  }

  says(datagram: Buffer): void {
    if (this.#asker) this.#near.send(datagram, this.#asker.port, this.#asker.address)
  }

  /** From another port of this machine, as a liar would. */
  async liesFromElsewhere(datagram: Buffer): Promise<void> {
    const liar = createSocket('udp4')
    const { port, address } = this.#asker ?? { port: 9, address: '127.0.0.1' }
    await new Promise<void>(resolve => liar.send(datagram, port, address, () => resolve()))
    await new Promise<void>(resolve => liar.close(() => resolve()))
  }

  async stop(): Promise<void> {
    await Promise.all([this.#near, this.#far].map(socket => new Promise<void>(resolve => socket.close(() => resolve()))))
  }
}
