import type { Who } from './fence.ts'
import type { Door, House } from './house.ts'
import type { Refusal } from './limits.ts'
import { houseRules } from './limits.ts'
import type { Connect } from './packet.ts'
import { refusal } from './packet.ts'

/** Who comes, or why he does not come in and what he is told. */
export type Greeting =
  | { readonly who: Who }
  | { readonly why: Refusal; readonly detail: string; readonly answer: Buffer; readonly isGuess: boolean; readonly who?: Who }

/** Before anybody is let in, aedes does not hear of him. */
export function greeted(packet: Connect, house: House, door: Door, address: string): Greeting {
  const { clientId, clean, username, will } = packet
  if (clientId.length > houseRules.clientId || (clientId === '' && !clean)) {
    return { why: 'session', detail: 'gave a client id that cannot be used', answer: refusal(2), isGuess: false }
  }
  const who = whoIs(packet, house, door, address)
  if (!who) {
    const why = door.needsCertificate ? 'certificate' : 'credentials'
    return { why, detail: `could not log in as ${username?.slice(0, 64) ?? 'nobody'}`, answer: refusal(4), isGuess: true }
  }
  if (will && (will.payload.length > house.limits.willBytes || !house.hub.maySay(who, will.topic))) {
    const detail = `its last will on ${will.topic.slice(0, 80)} is not allowed`
    return { why: 'will', detail, answer: refusal(5), isGuess: false, who }
  }
  return { who }
}

function whoIs({ username, password }: Connect, { accounts, anonymous }: House, door: Door, address: string): Who | undefined {
  const { identity, needsCertificate } = door
  const named = identity && accounts.of(identity, username)
  if (named !== undefined) return { account: named }
  if (needsCertificate) return undefined
  if (username !== undefined) return accounts.knows(username, password ?? Buffer.alloc(0)) ? { account: username } : undefined
  return anonymous && /^(::ffff:)?127\.|^::1$/.test(address) ? {} : undefined
}
