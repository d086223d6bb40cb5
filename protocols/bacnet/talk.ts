import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Millis } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed } from '../kit/answer.ts'
import type { Got, Property, Result } from './answers.ts'
import { keyOfProperty, readMultipleAck, readPropertyAck } from './answers.ts'
import { services } from './encode.ts'
import type { Exchange, Reply } from './exchange.ts'
import type { Address } from './frame.ts'
import { abortName, errorName, rejectName } from './names.ts'

/** What is known of a device that was reached, and what experience has taught of it. */
export interface Contact {
  readonly address: Address
  /** Its instance, where it has said it. */
  readonly device?: number
  /** Bytes of an APDU it takes. */
  readonly maxApdu: number
  /** False once it has refused ReadPropertyMultiple. */
  multiple: boolean
  /** Properties a question. */
  most: number
  /** Why that is fewer than planned. */
  refusal?: string
}

/** Counts what one device does. */
export interface Tally {
  heard(reply: Reply, refusal: string | undefined): void
  /** The answer that was just heard made no sense. */
  garbled(): void
}
export interface Patience {
  readonly timeout: Millis
  readonly retries: number
  /** Whether the device may not be there at all. */
  readonly doubtful: boolean
}

/** What a question of a few properties brought: each its result, or one fault for all that are not there. */
export interface Read {
  readonly got: ReadonlyMap<string, Got>
  /** The bytes of the answer that held it. */
  readonly roundTripMs: number
  /** The device was silent: nothing more was asked. */
  readonly silent?: Fault
  /** Of those asked that are neither in `got` nor lost to silence. */
  readonly faults: ReadonlyMap<string, Fault>
}

/** Abort and reject reasons that mean "too much at once": buffer-overflow, segmentation-not-supported, out-of-resources, apdu-too-long. */
const tooMuchAborts = [1, 4, 9, 11]
const tooMuchRejects = [1, 7]
const unrecognised = 9

/** Reads properties of one device, as many at a time as it can, one question after the other. */
export async function readProperties(
  exchange: Exchange,
  contact: Contact,
  asked: readonly Property[],
  patience: Patience,
  tally: Tally,
): Promise<Read> {
  const got = new Map<string, Got>()
  const faults = new Map<string, Fault>()
  let roundTripMs = 0
  const waiting = batches(asked, contact)
  for (let batch = waiting.shift(); batch; batch = waiting.shift()) {
    if (batch.multiple && (!contact.multiple || batch.asked.length > contact.most)) {
      waiting.unshift(...batches(batch.asked, contact))
      continue
    }
    const reply = await askFor(exchange, contact, batch, patience, tally)
    roundTripMs = Math.max(roundTripMs, reply.roundTripMs)
    if (reply.kind === 'fault' && isSilence(reply.fault)) return { got, faults, roundTripMs, silent: reply.fault }
    const results = reply.kind === 'data' ? resultsIn(reply.data, batch.multiple) : undefined
    if (results && !results.ok) tally.garbled()
    const again = results ? [] : smaller(contact, batch, reply)
    if (results?.ok) take(batch.asked, results.value, got, faults)
    else if (again.length > 0) waiting.unshift(...again)
    else for (const one of batch.asked) settleRefused(one, results && !results.ok ? results.fault : undefined, reply, got, faults)
  }
  return { got, faults, roundTripMs }
}

const isSilence = ({ code }: Fault): boolean => code === 'timeout' || code === 'device-silent' || code === 'disconnected'

/** Bytes of one property and its value in an answer, the object's own bytes spread over its two properties. */
const bytesEach = 15

interface Batch {
  readonly asked: readonly Property[]
  /** Asked with ReadPropertyMultiple; else it is one property. */
  readonly multiple: boolean
}
const single = (one: Property): Batch => ({ asked: [one], multiple: false })

/** An index of 0 cannot be asked for in a question of several. */
function batches(asked: readonly Property[], contact: Contact): Batch[] {
  if (!contact.multiple) return asked.map(single)
  const made = asked.filter(({ index }) => index === 0).map(single)
  const others = asked.filter(({ index }) => index !== 0)
  const room = Math.floor((Math.min(contact.maxApdu, 1_476) - 10) / bytesEach)
  const size = Math.max(1, Math.min(contact.most, room))
  for (let from = 0; from < others.length; from += size) made.push({ asked: others.slice(from, from + size), multiple: true })
  return made
}

async function askFor(
  exchange: Exchange,
  { address }: Contact,
  { asked, multiple }: Batch,
  { timeout, retries, doubtful }: Patience,
  tally: Tally,
): Promise<Reply> {
  const [first] = asked
  for (let left = retries; ; left--) {
    const reply = await exchange.ask(address, {
      service: multiple ? services.readMultiple : services.readProperty,
      encode: id =>
        multiple || !first ? exchange.speech.readMultiple(address, id, asked) : exchange.speech.readProperty(address, id, first),
      timeout,
      doubtful,
    })
    tally.heard(reply, refusalOf(reply))
    if (reply.kind !== 'fault' || reply.fault.code !== 'timeout' || left <= 0) return reply
  }
}

/** As a report names it. */
export function refusalOf(reply: Reply): string | undefined {
  if (reply.kind === 'error') return `error ${errorName(reply.error)}`
  if (reply.kind === 'reject') return `reject ${rejectName(reply.reason)}`
  return reply.kind === 'abort' ? `abort ${abortName(reply.reason)}` : undefined
}

function resultsIn(data: Buffer, isMultiple: boolean): Answer<readonly Result[]> {
  if (isMultiple) return readMultipleAck(data)
  const one = readPropertyAck(data)
  return one.ok ? answered([one.value]) : one
}

/** Only what was asked for is taken, and of that only what came once. */
function take(batch: readonly Property[], results: readonly Result[], got: Map<string, Got>, faults: Map<string, Fault>): void {
  const said = Map.groupBy(results, keyOfProperty)
  for (const property of batch) {
    const key = keyOfProperty(property)
    const [first, ...more] = said.get(key) ?? []
    if (first && more.length === 0) got.set(key, first.got)
    else if (first) faults.set(key, fault('garbled', 'The device answered twice to one question.'))
    else if (batch.length === 1) faults.set(key, fault('wrong-reply', 'The device answered about something else.'))
    else faults.set(key, fault('wrong-reply', 'The device left it out of its answer.'))
  }
}

/** A question of several was refused as a whole: what that teaches, and how it is asked instead. Empty: the refusal is the answer. */
function smaller(contact: Contact, { asked, multiple }: Batch, reply: Reply): Batch[] {
  if (!multiple || reply.kind === 'fault' || reply.kind === 'done') return []
  const [only, ...more] = asked
  if (reply.kind === 'reject' && reply.reason === unrecognised) {
    contact.multiple = false
    contact.refusal = refusalOf(reply) ?? ''
    return asked.map(single)
  }
  if (only && more.length === 0) return reply.kind === 'error' ? [] : [single(only)]
  const half = Math.ceil(asked.length / 2)
  if (
    (reply.kind === 'abort' && tooMuchAborts.includes(reply.reason)) ||
    (reply.kind === 'reject' && tooMuchRejects.includes(reply.reason))
  ) {
    contact.most = Math.max(1, Math.min(contact.most, half))
    contact.refusal = refusalOf(reply) ?? ''
  }
  // A device that refuses the whole for the sake of one object is asked in halves, without learning that it can no more.
  return [
    { asked: asked.slice(0, half), multiple },
    { asked: asked.slice(half), multiple },
  ]
}

function settleRefused(
  one: Property,
  garbled: Fault | undefined,
  reply: Reply,
  got: Map<string, Got>,
  faults: Map<string, Fault>,
): void {
  const key = keyOfProperty(one)
  if (reply.kind === 'error') got.set(key, { error: reply.error })
  else if (reply.kind === 'done') faults.set(key, fault('garbled', 'The device acknowledged the question and sent no value.'))
  else
    faults.set(
      key,
      garbled ?? (reply.kind === 'fault' ? reply.fault : fault('refused', `The device says ${refusalOf(reply) ?? 'no'}.`)),
    )
}

/** One property, one answer. */
export async function readOne(
  exchange: Exchange,
  contact: Contact,
  property: Property,
  patience: Patience,
  tally: Tally,
): Promise<Answer<Got>> {
  const { got, faults, silent } = await readProperties(exchange, { ...contact, multiple: false }, [property], patience, tally)
  const key = keyOfProperty(property)
  const found = got.get(key)
  return found ? answered(found) : failed(faults.get(key) ?? silent ?? fault('garbled', 'The device did not answer.'))
}
