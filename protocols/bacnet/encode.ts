import type { Property } from './answers.ts'
import type { Address } from './frame.ts'
import type { ObjectId } from './names.ts'

/**
 * What is said on the network, put into bytes by the library's own encoders, one module each: there is no module for writing,
 * commanding or setting among them, so there is nothing here that could. What is heard is not read by the library: it takes a real
 * number of three bytes for 0 and a bit string of none for "all well" (3.3.2; our tests show it), and such a zero is no reading.
 */
const load = async () => {
  const [link, network, application, whoIs, read, readMultiple, subscribe, register] = await Promise.all([
    import('@bacnet-js/client/dist/lib/bvlc.js'),
    import('@bacnet-js/client/dist/lib/npdu.js'),
    import('@bacnet-js/client/dist/lib/apdu.js'),
    import('@bacnet-js/client/dist/lib/services/WhoIs.js'),
    import('@bacnet-js/client/dist/lib/services/ReadProperty.js'),
    import('@bacnet-js/client/dist/lib/services/ReadPropertyMultiple.js'),
    import('@bacnet-js/client/dist/lib/services/SubscribeCov.js'),
    import('@bacnet-js/client/dist/lib/services/RegisterForeignDevice.js'),
  ])
  return {
    link,
    network,
    application,
    whoIs: exportOf(whoIs),
    read: exportOf(read),
    readMultiple: exportOf(readMultiple),
    subscribe: exportOf(subscribe),
    register: exportOf(register),
  }
}
/** A CommonJS default export: Node hands it out inside another one, bundlers do not. */
const exportOf = <T>({ default: outer }: { readonly default: { readonly default: T } }): T =>
  (outer as { readonly default?: T }).default ?? (outer as unknown as T)
type Library = Awaited<ReturnType<typeof load>>

/** Everything the gateway ever says to a BACnet device. */
export const services = {
  readProperty: 12,
  readMultiple: 14,
  subscribe: 5,
  confirmedNotification: 1,
  notification: 2,
  iAm: 0,
  whoIs: 8,
} as const

let library: Promise<Speech> | undefined
/** Once for the process: a site without BACnet never loads it. */
export const loadSpeech = (): Promise<Speech> => (library ??= load().then(loaded => new Speech(loaded)))

const wholeArray = 0xffff_ffff
/** Segments in an answer: more than 64; bytes of an APDU: 1476. */
const accepted = [0x70, 0x05] as const
const longest = 1_497

/** To one; to everybody; to everybody by way of a broadcast device. */
const links = { unicast: 10, broadcast: 11, distributed: 9 } as const

interface Target {
  readonly net: number
  readonly adr?: number[]
}
const targetOf = ({ network, mac }: Address): Target | undefined =>
  network === undefined ? undefined : { net: network, adr: [...Buffer.from(mac ?? '', 'hex')] }

/** Questions and acknowledgements as datagrams. */
export class Speech {
  readonly #library: Library

  constructor(loaded: Library) {
    this.#library = loaded
  }

  /** `everywhere`: on every network behind routers too; `network`: on that one. */
  whoIs(way: keyof typeof links, range: { readonly from: number; readonly to: number } | undefined, network = 0xffff): Buffer {
    const { application, whoIs } = this.#library
    return this.#datagram(links[way], { net: network }, false, out => {
      application.encodeUnconfirmedServiceRequest(out, 0x10, services.whoIs)
      if (range) whoIs.encode(out, range.from, range.to)
    })
  }

  /** Asks a broadcast device (BBMD) to pass on to us, for so many seconds, what is said to everybody in its network. */
  register(seconds: number): Buffer {
    const out = { buffer: Buffer.alloc(6), offset: 4 }
    this.#library.register.encode(out, seconds)
    this.#library.link.encode(out.buffer, 5, out.offset)
    return out.buffer
  }

  readProperty(to: Address, invokeId: number, { object, property, index }: Property): Buffer {
    const { read } = this.#library
    return this.#question(to, invokeId, services.readProperty, out =>
      read.encode(out, object.type, object.instance, property, index ?? wholeArray),
    )
  }

  /** The library leaves an index of 0 out, which would ask for the whole array: those are for `readProperty`. */
  readMultiple(to: Address, invokeId: number, asked: readonly Property[]): Buffer {
    const { readMultiple } = this.#library
    const groups = Map.groupBy(asked, ({ object }) => `${object.type}:${object.instance}`)
    const specifications = [...groups.values()].flatMap(group => {
      const [first] = group
      if (!first) return []
      const list = group.map(({ property, index }) => ({ id: property, index: index ?? wholeArray }))
      return [{ objectId: { ...first.object }, properties: list }]
    })
    return this.#question(to, invokeId, services.readMultiple, out => readMultiple.encode(out, specifications))
  }

  /** Without a lifetime: takes the subscription back. */
  subscribe(to: Address, invokeId: number, wish: Subscription): Buffer {
    const { subscribe } = this.#library
    const { process, object, confirmed, lifetime } = wish
    return this.#question(to, invokeId, services.subscribe, out =>
      subscribe.encode(out, process, { ...object }, lifetime === undefined, confirmed, lifetime ?? 0),
    )
  }

  /** That a confirmed notification has come. */
  heardNotification(to: Address, invokeId: number): Buffer {
    const { application } = this.#library
    return this.#datagram(10, targetOf(to), false, out =>
      application.encodeSimpleAck(out, 0x20, services.confirmedNotification, invokeId),
    )
  }

  segmentAck(
    to: Address,
    invokeId: number,
    ack: { readonly number: number; readonly window: number; readonly refused: boolean },
  ): Buffer {
    const { application } = this.#library
    return this.#datagram(10, targetOf(to), false, out =>
      application.encodeSegmentAck(out, ack.refused ? 0x42 : 0x40, invokeId, ack.number, ack.window),
    )
  }

  #question(to: Address, invokeId: number, service: number, encode: (out: Out) => void): Buffer {
    const { application } = this.#library
    return this.#datagram(10, targetOf(to), true, out => {
      // Segmented answers are taken; the question itself is one.
      application.encodeConfirmedServiceRequest(out, 0x02, service, accepted[0], accepted[1], invokeId)
      encode(out)
    })
  }

  #datagram(link: number, target: Target | undefined, expectsReply: boolean, encode: (out: Out) => void): Buffer {
    const out = { buffer: Buffer.alloc(longest), offset: 4 }
    this.#library.network.encode(out, expectsReply ? 4 : 0, target, undefined, 255)
    encode(out)
    this.#library.link.encode(out.buffer, link, out.offset)
    return out.buffer.subarray(0, out.offset)
  }
}
interface Out {
  readonly buffer: Buffer
  offset: number
}
export interface Subscription {
  readonly process: number
  readonly object: ObjectId
  /** The device repeats itself until it is acknowledged. */
  readonly confirmed: boolean
  /** Seconds. */
  readonly lifetime?: number
}
