import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed } from '../kit/answer.ts'
import type { Pdu, Varbind } from './message.ts'
import { compareOids, isBelow } from './oid.ts'
import type { Ask } from './session.ts'

/** What experience with one agent has taught. It is forgotten when the connection is lost: another agent may answer then. */
export interface Memory {
  /** Objects in one request. */
  most: number
  /** Rows of one column in one request. */
  repetitions: number
  /** It answers GETBULK; else it is asked row by row. */
  bulk: boolean
  /** Objects over which it refuses a whole request. They are asked alone. */
  readonly apart: Set<string>
}
export const nothingLearned = (most: number): Memory => ({ most, repetitions: 10, bulk: true, apart: new Set() })

/** What came of some objects. `broken`: the agent was not heard at all, so the rest need not be asked now. */
export interface Got<T> {
  readonly of: ReadonlyMap<string, Answer<T>>
  readonly broken?: Fault
  readonly roundTripMs: number
}

const tooBig = 1

/** The names of RFC 3416, section 3. */
const statusNames: readonly string[] = [
  'noError',
  'tooBig',
  'noSuchName',
  'badValue',
  'readOnly',
  'genErr',
  'noAccess',
  'wrongType',
  'wrongLength',
  'wrongEncoding',
  'wrongValue',
  'noCreation',
  'inconsistentValue',
  'resourceUnavailable',
  'commitFailed',
  'undoFailed',
  'authorizationError',
  'notWritable',
  'inconsistentName',
]
const statusName = (status: number): string => statusNames[status] ?? `error ${status}`
const statusFault = (status: number, what: string): Fault =>
  fault(status === 2 ? 'no-such-address' : 'refused', `The agent refuses ${what}: ${statusName(status)}.`)

/**
 * Each of the objects, asked together; where the agent refuses the whole for one of them, the others are asked again without it, and
 * where the answer would be too big, in halves. An answer is taken only where it names exactly what was asked.
 */
export async function getObjects(ask: Ask, oids: readonly string[], memory: Memory): Promise<Got<Varbind>> {
  const of = new Map<string, Answer<Varbind>>()
  const waiting: (readonly string[])[] = [oids]
  let roundTripMs = 0
  for (let asked = waiting.shift(); asked; asked = waiting.shift()) {
    const reply = await ask({ kind: 'get', oids: asked })
    roundTripMs = reply.roundTripMs
    if (!reply.ok) {
      for (const oid of [asked, ...waiting].flat()) of.set(oid, failed(reply.fault))
      return { of, broken: reply.fault, roundTripMs }
    }
    waiting.unshift(...judge(asked, reply.pdu, of, memory))
  }
  return { of, roundTripMs }
}

/** Notes what the answer says of the objects, and returns those that have to be asked again. */
function judge(
  asked: readonly string[],
  pdu: Pdu,
  of: Map<string, Answer<Varbind>>,
  memory: Memory,
): readonly (readonly string[])[] {
  const { status, index, varbinds } = pdu
  if (status !== 0) {
    const culprit = status === tooBig ? undefined : asked[index - 1]
    if (culprit !== undefined) {
      of.set(culprit, failed(statusFault(status, culprit)))
      const others = asked.filter((_, at) => at !== index - 1)
      if (others.length > 0) memory.apart.add(culprit)
      return others.length > 0 ? [others] : []
    }
    if (asked.length === 1) {
      of.set(asked[0] ?? '', failed(statusFault(status, asked[0] ?? '')))
      return []
    }
    const half = asked.length >> 1
    if (status === tooBig) memory.most = Math.min(memory.most, half)
    return [asked.slice(0, half), asked.slice(half)]
  }
  const fits = varbinds.length === asked.length && varbinds.every(({ oid }, at) => oid === asked[at])
  const wrong = failed(fault('wrong-reply', 'The agent answered with other objects than were asked for.'))
  for (const [at, oid] of asked.entries()) {
    const varbind = varbinds[at]
    of.set(oid, fits && varbind ? answered(varbind) : wrong)
  }
  return []
}

interface Column {
  readonly oid: string
  last: string
  readonly rows: Varbind[]
  done: boolean
  fault?: Fault
}

/**
 * All rows of the columns, in the order of their indexes. What does not come in this order, or without end, is a fault: an agent that
 * walks in a circle is a well-known bug.
 */
export async function walkColumns(
  ask: Ask,
  oids: readonly string[],
  memory: Memory,
  mostRows: number,
): Promise<Got<readonly Varbind[]>> {
  const columns = oids.map((oid): Column => ({ oid, last: oid, rows: [], done: false }))
  let roundTripMs = 0
  let broken: Fault | undefined
  for (let open = columns; open.length > 0 && !broken; open = columns.filter(({ done }) => !done)) {
    const asked = open.slice(0, memory.most)
    const repetitions = Math.max(1, Math.min(memory.repetitions, mostRows))
    const last = asked.map(column => column.last)
    const reply = await ask(memory.bulk ? { kind: 'bulk', oids: last, repetitions } : { kind: 'next', oids: last })
    roundTripMs = reply.roundTripMs
    if (!reply.ok) broken = reply.fault
    else if (reply.pdu.status === tooBig && memory.bulk && repetitions > 1) memory.repetitions = repetitions >> 1
    else if (reply.pdu.status === tooBig && asked.length > 1) memory.most = asked.length >> 1
    else if (reply.pdu.status !== 0 && memory.bulk) memory.bulk = false
    else take(asked, reply.pdu, memory.bulk ? repetitions : 1, mostRows)
  }
  for (const column of columns) if (broken && !column.done) column.fault = broken
  const of = new Map(columns.map(({ oid, rows, fault: why }) => [oid, why ? failed(why) : answered(rows)] as const))
  return { of, roundTripMs, ...(broken && { broken }) }
}

function take(asked: readonly Column[], { status, index, varbinds }: Pdu, repetitions: number, mostRows: number): void {
  if (status !== 0) {
    // Without GETBULK `noSuchName` about one column says that its end is reached (it was v1's way); anything else is a refusal.
    const culprits = asked[index - 1] ? asked.slice(index - 1, index) : asked
    for (const column of culprits) end(column, status === 2 ? undefined : statusFault(status, column.oid))
    return
  }
  if (varbinds.length === 0 || varbinds.length > asked.length * repetitions) {
    const wrong = fault(
      'wrong-reply',
      `The agent answered with ${varbinds.length} objects where up to ${asked.length * repetitions} were asked for.`,
    )
    for (const column of asked) end(column, wrong)
    return
  }
  for (const [at, varbind] of varbinds.entries()) {
    const column = asked[at % asked.length]
    if (column && !column.done) step(column, varbind, mostRows)
  }
}

function step(column: Column, varbind: Varbind, mostRows: number): void {
  const { oid, value } = varbind
  if (value.type === 'end-of-view' || !isBelow(oid, column.oid)) {
    // What comes after the column is of no interest, but it must come after it.
    const isAhead = value.type === 'end-of-view' || compareOids(oid, column.last) > 0
    return end(column, isAhead ? undefined : backwards(column))
  }
  if (compareOids(oid, column.last) <= 0) return end(column, backwards(column))
  if (column.rows.length >= mostRows)
    return end(column, fault('refused', `${column.oid} has more than ${mostRows} rows: bind one of them by its index.`))
  column.rows.push(varbind)
  column.last = oid
}

function end(column: Column, why: Fault | undefined): void {
  column.done = true
  if (why) column.fault = why
}

const backwards = ({ oid }: Column): Fault => fault('garbled', `The agent does not walk forwards below ${oid}.`)
