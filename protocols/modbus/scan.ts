import type { Found, FoundPoint, ScanAsk, ScanStep, Words } from '../contract/driver.ts'
import { fault } from '../contract/fault.ts'
import { millis } from '../contract/time.ts'
import type { Format } from '../kit/line-settings.ts'
import type { Kind, ModbusConfig } from './config.ts'
import { exceptionNames } from './frame.ts'
import type { Line, Manners, Talk } from './line.ts'
import { once } from './line.ts'
import { recognise } from './recognise.ts'
import type { Reply } from './session.ts'
import type { Table } from './types.ts'

/** A unit that is there answers at once; waiting longer for 247 that are not would take minutes. */
const patience = millis(400)
/** Where nothing was found as the port is set: what cheap equipment comes with, the likeliest first. */
const otherSpeeds: readonly (readonly [baud: number, format: Format])[] = [
  [9_600, '8N1'],
  [4_800, '8N1'],
  [9_600, '8E1'],
  [4_800, '8E1'],
  [2_400, '8N1'],
  [2_400, '8E1'],
  [19_200, '8N1'],
  [19_200, '8E1'],
]
/** With other speeds only the first few addresses are tried: equipment out of its box is 1. */
const firstFew = 4
/** Registers shown of each table. */
const shown = 10

/** A connection as it is written, and what was made of it. */
export interface Searched {
  readonly kind: Kind
  readonly settings: Readonly<Record<string, unknown>>
  readonly config: ModbusConfig
}

/** Asks every unit id for one register; data and refusals are both answers. Only ever reads. */
export async function* scanUnits(searched: Searched, line: Line, ask: ScanAsk, signal: AbortSignal): AsyncIterable<ScanStep> {
  const { config } = searched
  const from = Math.max(ask.from ?? 1, config.framing === 'tcp' ? 0 : 1)
  const to = Math.min(ask.to ?? 247, 255)
  const alone = !line.isRunning
  const opened = await line.talk(signal)
  if (!opened.ok) return yield { step: 'trouble', fault: opened.fault }
  let found = 0
  for await (const step of scanOver(opened.value, searched, { ...ask, from, to }, signal)) {
    if (step.step === 'found') found += 1
    yield step
  }
  await opened.value.end()
  // Only where nobody else uses the port may its speed be changed.
  if (found > 0 || !alone || config.line.via !== 'serial' || signal.aborted) return
  for (const [baud, format] of otherSpeeds) {
    if (signal.aborted) return
    if (baud === config.line.baud && format === config.line.format) continue
    const other: ModbusConfig = { ...config, line: { ...config.line, baud, format } }
    const call = await line.call(other, signal)
    if (!call.ok) return yield { step: 'trouble', fault: call.fault }
    const last = Math.min(to, from + firstFew - 1)
    for await (const step of scanOver(call.value, searched, { ...ask, from, to: last }, signal)) {
      if (step.step !== 'found') continue
      found += 1
      yield { step: 'found', found: { ...step.found, note: atSpeed(baud, format, step.found.note) } }
    }
    await call.value.end()
    if (found > 0) return
  }
}

async function* scanOver(
  talk: Talk,
  { kind, settings, config }: Searched,
  { from, to, most, templates = [] }: ScanAsk & { readonly from: number; readonly to: number },
  signal: AbortSignal,
): AsyncGenerator<ScanStep> {
  const manners: Manners = { ...config.usual, looking: true }
  const brief = once(manners, patience)
  const of = to - from + 1
  let found = 0
  for (let unit = from; unit <= to && found < most && !signal.aborted; unit++) {
    const reply = await talk.read({ unit, table: 'holding', start: 0, quantity: 1 }, brief)
    if (!reply) {
      if (!signal.aborted) yield { step: 'trouble', fault: fault('disconnected', 'The connection was lost.') }
      return
    }
    if (isAnswer(reply)) {
      found += 1
      const seen = await lookAt(talk, unit, manners, reply)
      const models = await recognise({ kind, settings, unit }, templates, talk, brief, signal)
      yield { step: 'found', found: named(seen, models) }
    } else if (reply.judged.kind === 'fault' && reply.judged.fault.code !== 'timeout') {
      yield { step: 'found', found: garbledAt(unit, reply.judged.fault.detail) }
    }
    yield { step: 'asked', done: unit - from + 1, of }
  }
}

/** Where a model fits, what was refused of the first few addresses is no news. */
function named(seen: Found, models: readonly string[]): Found {
  const { note: _, ...rest } = seen
  return models.length > 0 ? { ...rest, models } : seen
}

/** 10 and 11 are the gateway's own: it is there, the unit behind it is not. */
const isAnswer = ({ judged }: Reply): boolean =>
  judged.kind === 'data' || (judged.kind === 'exception' && judged.code !== 10 && judged.code !== 11)

async function lookAt(talk: Talk, unit: number, manners: Manners, first: Reply): Promise<Found> {
  const points: FoundPoint[] = []
  const refusals: string[] = []
  for (const table of ['holding', 'input'] as const) {
    const whole = await talk.read({ unit, table, start: 0, quantity: shown }, manners)
    const reply =
      whole?.judged.kind === 'data'
        ? whole
        : table === 'holding' && first.judged.kind === 'data'
          ? first
          : await talk.read({ unit, table, start: 0, quantity: 1 }, manners)
    if (reply?.judged.kind === 'data') points.push(...wordsOf(table, reply.judged.data))
    else if (reply?.judged.kind === 'exception')
      refusals.push(`${table} 0: ${reply.judged.code} (${exceptionNames[reply.judged.code] ?? 'unknown'})`)
  }
  const note = noteOf(points.length, refusals)
  return { device: { unit }, name: `unit ${unit}`, points, ...(note && { note }) }
}

const wordsOf = (table: Table, data: Buffer): FoundPoint[] =>
  Array.from({ length: data.length / 2 }, (_, register) => ({
    settings: { table, register, type: 'int16' },
    name: `${table} ${register}`,
    value: data.readInt16BE(register * 2),
    raw: data.subarray(register * 2, register * 2 + 2).toString('hex'),
  }))

function noteOf(points: number, refusals: readonly string[]): Words | undefined {
  if (refusals.length === 0) return undefined
  const list = refusals.join(', ')
  return points > 0
    ? { zh: `部分地址被拒绝：${list}`, en: `it refuses some addresses: ${list}` }
    : {
        zh: `在线，但拒绝了试探的地址（${list}）；按说明书写寄存器`,
        en: `it is there, but refuses what was tried (${list}); take the registers from its manual`,
      }
}

const atSpeed = (baud: number, format: Format, note: Words | undefined): Words => ({
  zh: `用 ${baud} 波特、${format} 才有应答：在连接里写 baud: ${baud}、format: ${format}${note ? `。${note.zh}` : ''}`,
  en: `it answers at ${baud} baud ${format}: write baud: ${baud} and format: ${format} at the connection${note ? `. ${note.en}` : ''}`,
})

const garbledAt = (unit: number, detail: string): Found => ({
  device: { unit },
  name: `unit ${unit}?`,
  points: [],
  note: {
    zh: `有字节但读不懂（${detail}）：可能是速率或校验位不对，或两台设备同址`,
    en: `bytes came that make no sense (${detail}): wrong speed or parity, or two devices with one address`,
  },
})
