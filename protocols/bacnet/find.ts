import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Clock, Millis } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed } from '../kit/answer.ts'
import type { IAm } from './answers.ts'
import type { BacnetConfig, StationSettings } from './config.ts'
import type { Exchange } from './exchange.ts'
import type { Address } from './frame.ts'
import { placeOf, standardPort } from './frame.ts'
import type { Contact, Patience, Tally } from './talk.ts'
import { readOne } from './talk.ts'
import { anyInstance, deviceType, properties } from './names.ts'

export interface Present {
  readonly from: Address
  readonly iAm: IAm
}

/** What every device takes, clause 20.1.2.5; said of one that has not said it. */
const usualApdu = 480
/** For questions that are no part of a rhythm. */
export const uncounted: Tally = { heard() {}, garbled() {} }

/** Asks who is there, of the numbers from `from` to `to`: everybody in reach, or those at and behind the host of the connection. */
export function callOut(
  exchange: Exchange,
  config: BacnetConfig,
  range?: { readonly from: number; readonly to: number },
  network?: number,
): void {
  const { host, broadcast, bbmd } = config
  if (host) {
    exchange.say(exchange.speech.whoIs('unicast', range, network), host.host, host.port)
    return
  }
  if (bbmd) exchange.say(exchange.speech.whoIs('distributed', range, network), bbmd.host, bbmd.port)
  const everybody = broadcast ? [broadcast] : exchange.broadcasts.map(one => ({ host: one, port: standardPort }))
  for (const one of everybody) exchange.say(exchange.speech.whoIs('broadcast', range, network), one.host, one.port)
}

/** Whoever has that number says so within `patience`; two who say so are both told. */
async function whoIs(
  exchange: Exchange,
  config: BacnetConfig,
  device: number,
  patience: Millis,
  network?: number,
): Promise<readonly Present[]> {
  const heard = new Map<string, Present>()
  return new Promise(resolve => {
    let cancelWait = (): void => {}
    let cancelClose = (): void => {}
    const done = (): void => {
      cancelListening()
      cancelWait()
      cancelEnd()
      cancelClose()
      resolve([...heard.values()])
    }
    const cancelListening = exchange.onIAm((from, iAm) => {
      if (iAm.device !== device || (config.host && config.host.host !== from.host)) return
      if (network !== undefined && from.network !== network) return
      heard.set(placeOf(from), { from, iAm })
      // A moment more: a second one with the same number must not win by being faster today.
      if (heard.size === 1) cancelWait = exchange.wall.after(brief, done)
    })
    const cancelEnd = exchange.wall.after(patience, done)
    cancelClose = exchange.onEnd(done)
    callOut(exchange, config, { from: device, to: device }, network)
  })
}
const brief = 150 as Millis

export interface Met {
  readonly contact: Contact
  /** Others that say the same number. */
  readonly twins: readonly string[]
}

/** Reaches a device: by its address, by its number, or by both, which then must fit. */
export async function meet(
  exchange: Exchange,
  config: BacnetConfig,
  station: StationSettings,
  patience: Patience,
  tally: Tally,
): Promise<Answer<Met>> {
  const { device, address, network, name } = station
  if (address) return meetAt(exchange, address, station, patience, tally)
  if (device !== undefined) {
    const [first, ...others] = await whoIs(exchange, config, device, patience.timeout, network)
    if (first) {
      const contact = contactAt(first.from, station, { device, maxApdu: first.iAm.maxApdu })
      return answered({ contact, twins: others.map(({ from }) => placeOf(from)) })
    }
  }
  if (config.host) return meetAt(exchange, config.host, station, patience, tally)
  return failed(fault('timeout', `Nobody says to be ${name} within ${patience.timeout} ms.`))
}

const contactAt = (
  address: Address,
  { most }: StationSettings,
  known: { readonly device?: number; readonly maxApdu: number },
): Contact => ({
  address,
  ...known,
  multiple: true,
  most,
})

/** A device of which the address is known is asked for its number; one that has another than is written is not ours. */
async function meetAt(
  exchange: Exchange,
  address: Address,
  station: StationSettings,
  patience: Patience,
  tally: Tally,
): Promise<Answer<Met>> {
  const { device } = station
  const contact = contactAt(address, station, { maxApdu: usualApdu })
  const object = { type: deviceType, instance: device ?? anyInstance }
  const said = await readOne(exchange, contact, { object, property: properties['max-apdu-length-accepted'] }, patience, tally)
  if (!said.ok) {
    if (isSilence(said.fault) || device !== undefined) return failed(said.fault)
    return answered({ contact, twins: [] })
  }
  if ('error' in said.value) {
    // Without a number written, one that does not know the number for "whoever you are" is simply read.
    if (device === undefined) return answered({ contact, twins: [] })
    const why = said.value.error.code === 31 ? `At ${placeOf(address)} is another device than ${device}.` : undefined
    return why ? failed(fault('wrong-reply', why)) : answered({ contact: { ...contact, device }, twins: [] })
  }
  const [value] = said.value.values
  const maxApdu = value?.type === 'unsigned' ? value.value : usualApdu
  return answered({ contact: { ...contact, ...(device === undefined ? {} : { device }), maxApdu }, twins: [] })
}

const isSilence = ({ code }: Fault): boolean => code === 'timeout' || code === 'device-silent' || code === 'disconnected'

/** Everybody who answers within `listen`. */
export async function* roll(
  exchange: Exchange,
  { wall, listen, signal }: { readonly wall: Clock; readonly listen: Millis; readonly signal: AbortSignal },
  call: () => void,
): AsyncGenerator<Present> {
  const waiting: Present[] = []
  const seen = new Set<string>()
  let wake = (): void => {}
  let over = false
  const end = (): void => {
    over = true
    wake()
  }
  const cancelListening = exchange.onIAm((from, iAm) => {
    const key = `${placeOf(from)} ${iAm.device}`
    if (seen.has(key) || seen.size >= mostHeard) return
    seen.add(key)
    waiting.push({ from, iAm })
    wake()
  })
  const cancelEnd = wall.after(listen, end)
  signal.addEventListener('abort', end, { once: true })
  const cancelClose = exchange.onEnd(end)
  call()
  try {
    while (!signal.aborted) {
      const next = waiting.shift()
      if (next) yield next
      else if (over) return
      else await new Promise<void>(resolve => (wake = resolve))
    }
  } finally {
    cancelListening()
    cancelEnd()
    cancelClose()
    signal.removeEventListener('abort', end)
  }
}
const mostHeard = 2_000
