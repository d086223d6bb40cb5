import type { Found, FoundPoint, ScanAsk, ScanStep, Words } from '../contract/driver.ts'
import { fault } from '../contract/fault.ts'
import { seconds } from '../contract/time.ts'
import type { Got, Property } from './answers.ts'
import { keyOfProperty } from './answers.ts'
import type { BacnetConfig } from './config.ts'
import { flagsOf, shown } from './decode.ts'
import type { Exchange } from './exchange.ts'
import type { Present } from './find.ts'
import { callOut, roll, uncounted } from './find.ts'
import { standardPort } from './frame.ts'
import { rawOf } from './look.ts'
import type { ObjectId } from './names.ts'
import { deviceType, highestInstance, isAnalog, isValue, objectName, properties } from './names.ts'
import type { Contact } from './talk.ts'
import { readOne, readProperties } from './talk.ts'
import { unitOf } from './units.ts'

/** More objects of one device are not listed; the rest is named in a note. */
const mostObjects = 400
/** A device that is there answers at once. */
const usualListening = seconds(3)
const piece = 20

/** Calls everybody in reach, and asks each who answers for its objects. Only ever reads. */
export async function* lookAround(
  exchange: Exchange,
  config: BacnetConfig,
  ask: ScanAsk,
  signal: AbortSignal,
): AsyncGenerator<ScanStep> {
  const from = Math.max(0, ask.from ?? 0)
  const to = Math.min(highestInstance, ask.to ?? highestInstance)
  const range = ask.from === undefined && ask.to === undefined ? undefined : { from, to }
  const heard: Present[] = []
  const listen = { wall: exchange.wall, listen: ask.listen ?? usualListening, signal }
  const call = (): void => {
    callOut(exchange, config, range)
    // Where the site file already says where somebody is, he is asked as well: a broadcast may not reach him.
    for (const { address } of config.stations)
      if (address) exchange.say(exchange.speech.whoIs('unicast', range), address.host, address.port)
  }
  for await (const present of roll(exchange, listen, call)) {
    if (present.iAm.device < from || present.iAm.device > to || heard.length >= ask.most) continue
    heard.push(present)
    yield { step: 'asked', done: 0, of: heard.length }
  }
  const twins = Map.groupBy(heard, ({ iAm }) => iAm.device)
  for (const [done, present] of heard.entries()) {
    if (signal.aborted) return
    const isTwin = (twins.get(present.iAm.device)?.length ?? 1) > 1
    yield { step: 'found', found: await findOf(exchange, config, present, isTwin, signal) }
    yield { step: 'asked', done: done + 1, of: heard.length }
  }
  if (heard.length === 0 && !signal.aborted && exchange.broadcasts.length === 0 && !config.broadcast && !config.host)
    yield {
      step: 'trouble',
      fault: fault('unreachable', 'This machine has no network interface to broadcast on: write broadcast or host.'),
    }
}

async function findOf(
  exchange: Exchange,
  config: BacnetConfig,
  { from, iAm }: Present,
  isTwin: boolean,
  signal: AbortSignal,
): Promise<Found> {
  const contact: Contact = { address: from, device: iAm.device, maxApdu: iAm.maxApdu, multiple: true, most: piece }
  const reader = readerOf(exchange, config, contact)
  const me: ObjectId = { type: deviceType, instance: iAm.device }
  const about = await reader.several(
    [properties['object-name'], properties['vendor-name'], properties['model-name']].map(property => ({ object: me, property })),
  )
  const text = (property: number): string => textIn(about.get(keyOfProperty({ object: me, property })))
  const list = await objectsOf(reader, me, signal)
  const values = list.objects.filter(isValue)
  const points = await pointsOf(reader, values.slice(0, mostObjects), signal)
  const maker = [text(properties['vendor-name']), text(properties['model-name'])].filter(word => word !== '').join(' ')
  const note = noteOf(list, values.length, isTwin)
  // By its number where that is enough; a place is written where a broadcast may not find it, or two have the number.
  const isPlaced = isTwin || (from.network === undefined && from.port !== standardPort)
  return {
    device: {
      device: iAm.device,
      ...(isPlaced ? { address: from.port === standardPort ? from.host : `${from.host}:${from.port}` } : {}),
      ...(isTwin && from.network !== undefined ? { network: from.network, mac: from.mac } : {}),
    },
    name: [text(properties['object-name']) || `device ${iAm.device}`, maker && `(${maker})`]
      .filter(word => word !== '')
      .join(' '),
    points,
    ...(note && { note }),
  }
}

interface Reader {
  one(property: Property): Promise<Got | undefined>
  several(asked: readonly Property[]): Promise<ReadonlyMap<string, Got>>
  readonly isLost: () => boolean
}

function readerOf(exchange: Exchange, { usual }: BacnetConfig, contact: Contact): Reader {
  let lost = false
  const patience = { timeout: usual.timeout, retries: usual.retries, doubtful: true }
  return {
    async one(property) {
      if (lost) return undefined
      const answer = await readOne(exchange, contact, property, patience, uncounted)
      if (!answer.ok && answer.fault.code === 'timeout') lost = true
      return answer.ok ? answer.value : undefined
    },
    async several(asked) {
      if (lost) return new Map()
      const { got, silent } = await readProperties(exchange, contact, asked, patience, uncounted)
      if (silent) lost = true
      return got
    },
    isLost: () => lost,
  }
}

interface ObjectList {
  readonly objects: readonly ObjectId[]
  /** As many as the device says it has. */
  readonly count: number
  readonly isWhole: boolean
}

/** In one answer where the device can send one so long, else element by element. */
async function objectsOf(reader: Reader, me: ObjectId, signal: AbortSignal): Promise<ObjectList> {
  const property = properties['object-list']
  const whole = objectsIn(await reader.one({ object: me, property }))
  if (whole.length > 0) return { objects: whole, count: whole.length, isWhole: true }
  const length = await reader.one({ object: me, property, index: 0 })
  const [said] = length && 'values' in length ? length.values : []
  const count = said?.type === 'unsigned' ? said.value : 0
  const objects: ObjectId[] = []
  const last = Math.min(count, mostObjects * 2)
  for (let index = 1; index <= last && !signal.aborted && !reader.isLost(); index += piece) {
    const asked = Array.from({ length: Math.min(piece, last - index + 1) }, (_, at) => ({
      object: me,
      property,
      index: index + at,
    }))
    const got = await reader.several(asked)
    for (const one of asked) objects.push(...objectsIn(got.get(keyOfProperty(one))))
  }
  return { objects, count, isWhole: objects.length >= count }
}

const objectsIn = (got: Got | undefined): ObjectId[] =>
  got && 'values' in got ? got.values.flatMap(value => (value.type === 'object' ? [value.value] : [])) : []

async function pointsOf(reader: Reader, objects: readonly ObjectId[], signal: AbortSignal): Promise<FoundPoint[]> {
  const points: FoundPoint[] = []
  for (let from = 0; from < objects.length && !signal.aborted && !reader.isLost(); from += 5) {
    const part = objects.slice(from, from + 5)
    const got = await reader.several(part.flatMap(object => askedOf(object).map(property => ({ object, property }))))
    const at = (object: ObjectId, property: number): Got | undefined => got.get(keyOfProperty({ object, property }))
    for (const object of part) {
      const present = at(object, properties['present-value'])
      const [first] = present && 'values' in present ? present.values : []
      const flags = flagsOf(at(object, properties['status-flags']))
      const isVouched = !flags || (flags.ok && !flags.value.fault && !flags.value.outOfService && !flags.value.overridden)
      const value = isVouched ? shown(first) : undefined
      const units = at(object, properties.units)
      const [unit] = units && 'values' in units ? units.values : []
      const symbol = unit?.type === 'enumerated' ? unitOf(unit.value) : undefined
      points.push({
        settings: { object: objectName(object) },
        name: textIn(at(object, properties['object-name'])) || objectName(object),
        ...(value === undefined ? {} : { value }),
        ...(symbol === undefined ? {} : { unit: symbol }),
        ...(present && 'values' in present ? { raw: rawOf(present) } : {}),
      })
    }
  }
  return points
}

const askedOf = (object: ObjectId): readonly number[] => [
  properties['object-name'],
  properties['present-value'],
  properties['status-flags'],
  ...(isAnalog(object) ? [properties.units] : []),
]

function textIn(got: Got | undefined): string {
  const [value] = got && 'values' in got ? got.values : []
  return value?.type === 'text'
    ? value.value
        .replaceAll(/\p{Cc}+/gu, ' ')
        .trim()
        .slice(0, 120)
    : ''
}

function noteOf({ count, isWhole, objects }: ObjectList, values: number, isTwin: boolean): Words | undefined {
  const said: Words[] = []
  if (isTwin)
    said.push({
      zh: '另一台设备有同样的实例号，所以写了 address',
      en: 'another device has the same instance number, hence the address',
    })
  if (!isWhole)
    said.push({
      zh: `对象表有 ${count} 项，读到 ${objects.length} 项`,
      en: `its object list has ${count} entries, of which ${objects.length} were read`,
    })
  if (values > mostObjects)
    said.push({
      zh: `有 ${values} 个有值的对象，只列前 ${mostObjects} 个`,
      en: `${values} objects have a value, the first ${mostObjects} are listed`,
    })
  if (isWhole && count === 0)
    said.push({ zh: '读不到对象表；按说明书写对象', en: 'its object list cannot be read; take the objects from its manual' })
  return said.length === 0 ? undefined : { zh: said.map(({ zh }) => zh).join('；'), en: said.map(({ en }) => en).join('; ') }
}
