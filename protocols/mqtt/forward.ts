import type { Guest } from './guest.ts'
import type { Qos } from './packet.ts'
import { owedFrom } from './persistence.ts'
import type { Seat } from './seat.ts'

/** A message as aedes has routed it to one client, a copy for this client alone. */
export interface Routed {
  topic: string
  payload: string | Buffer
  qos: Qos
  retain: boolean
  messageId?: number | undefined
  readonly brokerId: string
  readonly brokerCounter: number
}

/**
 * What a message is to a client, at the last moment: with the highest QoS that its subscriptions give, once, under an id that no other message
 * on its way has. Null when it is not told: it waits for its turn, or is let go because the client does not keep up.
 */
export function forwarded<Packet extends Routed>(guest: Guest, packet: Packet): Packet | null {
  const { seat } = guest
  if (!seat || !(packet.brokerId === owedFrom ? isWanted(seat, packet) : isTold(guest, seat, packet))) return null
  guest.expect(packet.topic.length + packet.payload.length + 8)
  return packet
}

/** Out of the client's own queue; with an id, aedes is saying it again. */
function isWanted(seat: Seat, packet: Routed): boolean {
  if (packet.messageId !== undefined) return true
  const parcel = seat.departs(packet.brokerCounter)
  if (parcel) packet.messageId = parcel.id
  return parcel !== undefined
}

function isTold(guest: Guest, seat: Seat, packet: Routed): boolean {
  if (!packet.retain) {
    if (guest.lastRouted === packet.brokerCounter) return false
    guest.lastRouted = packet.brokerCounter
  }
  packet.qos = packet.qos === 0 ? 0 : (Math.min(packet.qos, seat.granted(packet.topic)) as Qos)
  if (packet.qos > 0) return hasTurn(guest, seat, packet, packet.qos as 1 | 2)
  // Retained messages come at the client's own pace.
  if (packet.retain || guest.isRoomy) return true
  guest.note('slow-reader', 'does not read as fast as it is told')
  return false
}

/** False when it waits in the client's queue, where that of a persistent session was put when it was let in. */
function hasTurn(guest: Guest, seat: Seat, packet: Routed, qos: 1 | 2): boolean {
  const { topic, retain, payload } = packet
  if (seat.isKept && !retain) return false
  const id = seat.isKept ? undefined : seat.sendsNow(retain || guest.isRoomy)
  if (id === undefined) seat.queue({ topic, payload: Buffer.from(payload as Buffer), qos, retain }, qos)
  else packet.messageId = id
  return id !== undefined
}
