import type { Settings } from '../binding.ts'
import { CannotPlay, loopback, numberOf, textOf } from '../binding.ts'
import { LocalTime } from '../clock.ts'
import type { Moment, PartAt } from '../servers/fire-unit.ts'
import { FireUnit, message, stateOf } from '../servers/fire-unit.ts'
import type { Player, WiredPoint } from './player.ts'

/** State bits of a part by name, counted from 1 (GB/T 26875.3-2011, table of part states). */
const bits: Readonly<Record<string, number>> = {
  fire: 2,
  fault: 3,
  shielded: 4,
  supervisory: 5,
  started: 6,
  feedback: 7,
  'power-fault': 9,
}
/** Analog codes by name, with how many steps make one of the point's units. */
const analogs: Readonly<Record<string, readonly [code: number, steps: number]>> = {
  pressure: [5, 10_000],
  height: [2, 100],
  temperature: [3, 10],
  gas: [6, 10],
}

/** A unit says again what it sees after so long, in ms of real time; a real one does so too, else nobody knows that it lives. */
const REPEAT = 10_000
const REDIAL = 1_000

/** The transmission units of one connection: each calls the centre, tells what has changed and repeats itself now and then. */
export class FirePlayer implements Player {
  readonly #units: readonly PlayedUnit[]

  constructor(name: string, settings: Settings, points: readonly WiredPoint[], timeZone: string) {
    const at = textOf(settings, 'host') ?? '0.0.0.0'
    const host = at === '0.0.0.0' ? '127.0.0.1' : loopback(at, `connections.${name}.host`)
    const port = numberOf(settings, 'port')
    if (port === undefined) throw new CannotPlay(`connections.${name}: 缺少 port · port is missing`)
    const local = new LocalTime(timeZone)
    const bySource = Map.groupBy(points, ({ device }) => numberOf(device, 'source') ?? 0)
    this.#units = [...bySource].map(([source, own]) => new PlayedUnit(host, port, source, own, local))
  }

  /** The centre opens its port when the gateway starts: until then the units go on calling. */
  start(): Promise<void> {
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#units.map(unit => unit.stop()))
  }

  tell(now: number, real: number): void {
    for (const unit of this.#units) unit.tell(now, real)
  }
}

class PlayedUnit {
  readonly #unit: FireUnit
  readonly #points: readonly WiredPoint[]
  readonly #local: LocalTime
  readonly #said = new Map<string, { readonly text: string; readonly at: number }>()
  #now = 0
  #calledAt = -REDIAL
  #stopped = false

  constructor(host: string, port: number, source: number, points: readonly WiredPoint[], local: LocalTime) {
    this.#points = points
    this.#local = local
    this.#unit = new FireUnit({ host, port, source, now: () => this.#moment() })
  }

  stop(): Promise<void> {
    this.#stopped = true
    return this.#unit.stop()
  }

  tell(now: number, real: number): void {
    this.#now = now
    if (this.#stopped) return
    if (!this.#unit.isConnected) return this.#call(real)
    for (const [place, own] of Map.groupBy(this.#points, ({ device }) => JSON.stringify(device)))
      for (const [index, words] of this.#words(own).entries()) this.#say(`${place} ${index}`, words, real)
  }

  #call(real: number): void {
    if (real - this.#calledAt < REDIAL) return
    this.#calledAt = real
    this.#said.clear()
    this.#unit.connect().catch(() => {
      // Nobody listens yet; the next tick calls again.
    })
  }

  /** Says it when it has changed, and once in a while. Its own time in it is no change. */
  #say(place: string, words: readonly number[], real: number): void {
    const text = words.slice(0, -6).join(' ')
    const before = this.#said.get(place)
    if (before && before.text === text && real - before.at < REPEAT) return
    this.#said.set(place, { text, at: real })
    this.#unit.send(words)
  }

  /** One message of the state of a part, and one for each of its values. */
  #words(points: readonly WiredPoint[]): readonly (readonly number[])[] {
    const [first] = points
    if (!first || first.equipment.suffers('device-silent')) return []
    const part = partOf(first.device)
    if (!part) return [message.unitState(1, this.#moment())]
    const set: number[] = []
    const values: (readonly number[])[] = []
    for (const { binding, equipment, key } of points) {
      const signal = String(binding['signal'])
      const value = equipment.value(key)
      if (typeof value !== 'number') continue
      const [bit, analog] = [bits[signal], analogs[signal]]
      if (bit !== undefined && value > 0) set.push(bit)
      if (analog) values.push(message.analog(part, analog[0], Math.round(value * analog[1]), this.#moment()))
    }
    const hasState = points.some(({ binding }) => Object.hasOwn(bits, String(binding['signal'])))
    return [...(hasState ? [message.partState(part, stateOf(1, ...set), [], this.#moment())] : []), ...values]
  }

  #moment(): Moment {
    const shown = new Date(this.#now + this.#local.offset(this.#now))
    return {
      year: shown.getUTCFullYear(),
      month: shown.getUTCMonth() + 1,
      day: shown.getUTCDate(),
      hour: shown.getUTCHours(),
      minute: shown.getUTCMinutes(),
      second: shown.getUTCSeconds(),
    }
  }
}

function partOf(device: Settings): PartAt | undefined {
  const raw = device['part']
  if (raw === undefined) return undefined
  const [loop, number] = String(raw).includes('-')
    ? String(raw).split('-').map(Number)
    : [Math.floor(Number(raw) / 65_536), Number(raw) % 65_536]
  return {
    system: numberOf(device, 'system') ?? 1,
    systemAddress: numberOf(device, 'systemAddress') ?? 1,
    type: 128,
    loop: loop ?? 0,
    number: number ?? 0,
  }
}
