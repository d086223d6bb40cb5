import type { DriverHost, Probe } from '../contract/driver.ts'
import { fault } from '../contract/fault.ts'
import type { PointId, Reading } from '../contract/reading.ts'
import { between, seconds } from '../contract/time.ts'
import { badReadings } from '../kit/number.ts'
import type { Dialects } from './dialects.ts'
import type { Message } from './mapping.ts'
import { shown } from './payload.ts'
import type { MqttPoint } from './points.ts'
import { readersOf } from './readers.ts'
import type { Voice } from './role.ts'
import type { OpenEars } from './scan.ts'
import { matches } from './topic.ts'

/** Sensors speak when they like: whoever has said nothing by then is told as silent. */
const longest = seconds(30)

/** Listens until each point has been heard once, with the payload it was heard in. */
export async function listenOnce(
  open: OpenEars,
  points: readonly MqttPoint[],
  dialects: Pick<Dialects, 'discoveryPrefix'>,
  host: DriverHost,
  signal: AbortSignal,
): Promise<readonly Probe[]> {
  const { wall, clock } = host
  const begun = wall.now()
  const probes = new Map<PointId, Probe>()
  const old = new Map<PointId, string>()
  const heardAll = Promise.withResolvers<void>()
  let raw = ''
  const note = (readings: readonly Reading[]): void => {
    for (const reading of readings) {
      // A fault may come before the first word; a value stands.
      const known = probes.get(reading.point)
      if (known && known.reading.quality !== 'bad') continue
      probes.set(reading.point, { reading, raw, roundTripMs: between(begun, wall.now()) })
    }
    if (points.every(({ point }) => probes.get(point)?.reading.quality !== undefined && isAnswered(probes.get(point))))
      heardAll.resolve()
  }
  const roles = readersOf(points, dialects, { clock, wall, publish: note, linkUp() {}, linkDown() {} })
  const hear = (message: Message): void => {
    raw = textOf(message.payload)
    for (const point of points)
      if (message.replayed && point.from === 'topic' && matches(point.filter, message.topic)) old.set(point.point, raw)
    for (const role of roles) role.hear(message)
    raw = ''
  }
  const opened = await open({ filters: [...new Set(roles.flatMap(({ filters }) => filters))], heard: hear }, signal)
  const cancel = wall.after(longest, () => heardAll.resolve())
  signal.addEventListener('abort', () => heardAll.resolve(), { once: true })
  if (opened.ok) {
    const session = opened.value
    const voice: Voice = {
      say: word => session.say(word),
      listen: filter => session.listen?.(filter) ?? Promise.resolve(true),
      leave() {},
    }
    for (const role of roles) role.begin(voice)
    if (points.length > 0 && !signal.aborted) await Promise.race([heardAll.promise, session.ended])
    for (const role of roles) role.goodbye()
    await session.close()
  }
  cancel()
  const silent = (id: PointId): Probe => {
    const kept = old.get(id)
    const why = !opened.ok
      ? opened.fault
      : kept === undefined
        ? fault('timeout', `Nothing was heard within ${Math.round(between(begun, wall.now()) / 1_000)} s.`)
        : fault('timeout', 'The broker has only an old word, and nobody knows from when: bind a time to use it.')
    const [reading] = badReadings([id], why, clock.now())
    return { reading: reading as Reading, raw: kept ?? '', roundTripMs: between(begun, wall.now()) }
  }
  return points.map(({ point }) => probes.get(point) ?? silent(point))
}

/** Whether it came out of a message: what is only missing may still come. */
const isAnswered = (probe: Probe | undefined): boolean =>
  probe !== undefined && (probe.reading.quality !== 'bad' || probe.raw !== '')

const textOf = (payload: Uint8Array): string => {
  const text = new TextDecoder().decode(payload)
  return text.includes('\ufffd') ? Buffer.from(payload.subarray(0, 256)).toString('hex') : shownText(text)
}
const shownText = (text: string): string => (text.length > 500 ? shown(text.slice(0, 500)) : text)
