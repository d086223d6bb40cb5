import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Connection, Equipment, Point, Site } from '../gateway/site/site.ts'
import { CannotPlay } from './binding.ts'
import type { Setting } from './clock.ts'
import { LocalTime, realNow, repeat, WorldClock } from './clock.ts'
import type { SimulatedFault } from './control.ts'
import { SimulatedEquipment } from './equipment.ts'
import { byCalendar } from './physics/model.ts'
import type { DayMarks, World } from './physics/model.ts'
import { modelsByType } from './physics/models.ts'
import { parseSeries } from './physics/recorded-room.ts'
import { ModbusPlayer } from './players/modbus-player.ts'
import type { Player, WiredPoint } from './players/player.ts'
import type { Conversion } from './sight.ts'
import { readWorld, writeWorld } from './state-file.ts'
import { wireFaults } from './wire-faults.ts'

/** The part of a `Site` that can be seen from outside the gateway: what stands where and how it is wired. */
export type PlayedSite = Pick<Site, 'id' | 'timeZone'> & {
  readonly equipment: readonly Pick<Equipment, 'id' | 'type' | 'device'>[]
  readonly points: readonly Pick<Point, 'id' | 'key' | 'equipment' | 'kind' | 'unit' | 'connection' | 'binding'>[]
  readonly connections: readonly Pick<Connection, 'id' | 'protocol' | 'settings'>[]
  /** People live by the calendar that their duties follow. */
  readonly calendar?: { readonly marks: DayMarks }
}

export interface FacilityParts {
  readonly site: PlayedSite
  /** What devices say in another unit than their point's, by point id. */
  readonly conversions?: ReadonlyMap<string, Conversion>
  /** The file the world is kept in between runs. */
  readonly state: string
  /** How fast the world runs; at 1 it is always at real time, else it goes on from where it was kept. */
  readonly speed: number
  /** The clock of whoever started this world; else it has its own. */
  readonly clock?: Setting
  /** Hears of every change of a fault. */
  readonly onFaults?: (faults: readonly SimulatedFault[]) => void
}

export type Injected =
  | { readonly ok: true }
  | { readonly ok: false; readonly why: 'no-such-equipment' | 'no-such-fault'; readonly known: readonly string[] }

const TICK = 100
const SAVE_EVERY = 5_000
const HOUR = 3_600_000
/** A clock that leaps further than this is followed, but the days between are not lived through. */
const LONGEST_LEAP = 2 * 86_400_000

const recorded = new URL('./recorded/ambient_temperature_system_failure.csv', import.meta.url)

/** Plays every piece of equipment of a site whose type it knows, at exactly the addresses the site file names. */
export class Facility {
  readonly #parts: FacilityParts
  readonly #local: LocalTime
  readonly #equipment = new Map<string, SimulatedEquipment>()
  #clock = new WorldClock(0, 1)
  #players: Player[] = []
  #last = 0
  #saved = 0
  #saving: Promise<void> = Promise.resolve()
  #stopTicking: () => void = () => {}

  constructor(parts: FacilityParts) {
    this.#parts = parts
    this.#local = new LocalTime(parts.site.timeZone)
  }

  /** Resolves when everything listens. Throws `CannotPlay` for addresses that are not on loopback, and when a port is taken. */
  async start(): Promise<void> {
    const kept = await readWorld(this.#parts.state)
    this.#clock = new WorldClock(kept && this.#parts.speed !== 1 ? kept.domain : realNow(), this.#parts.speed)
    if (this.#parts.clock) this.#clock.set(this.#parts.clock)
    const domain = this.#clock.now()
    // The equipment wakes where it was left; the first tick lets it live through the time it was away.
    this.#last = kept && kept.domain < domain ? Math.max(kept.domain, domain - LONGEST_LEAP) : domain
    const models = modelsByType(parseSeries(await readFile(recorded, 'utf8')))
    for (const { id, type } of this.#parts.site.equipment) {
      const model = models.get(type)
      const protocol = this.#protocolOf(id)
      if (!model || protocol === undefined || protocol === 'http') continue
      const world = this.#world(this.#last, 0)
      this.#equipment.set(id, new SimulatedEquipment(id, model, wireFaults(protocol), world, kept?.equipment[id]))
    }
    this.#advance()
    this.#players = (await Promise.all(this.#parts.site.connections.map(connection => this.#playerOf(connection)))).flat()
    const started = await Promise.allSettled(this.#players.map(player => player.start()))
    const failed = started.find(one => one.status === 'rejected')
    if (failed) {
      await Promise.allSettled(this.#players.map(player => player.stop()))
      this.#players = []
      throw failed.reason
    }
    this.#stopTicking = repeat(TICK, () => this.#tick())
  }

  /** Closes every socket and keeps the world. */
  async stop(): Promise<void> {
    this.#stopTicking()
    await Promise.allSettled(this.#players.map(player => player.stop()))
    this.#players = []
    if (this.#equipment.size === 0) return
    this.#advance()
    await this.#save()
  }

  setClock(setting: Setting): void {
    this.#advance()
    this.#clock.set(setting)
  }

  /** The ids of what is simulated. */
  get played(): readonly string[] {
    return [...this.#equipment.keys()]
  }

  faults(): readonly SimulatedFault[] {
    return [...this.#equipment.values()].flatMap(one =>
      one.kinds.map(({ id, name }) => ({ equipment: one.id, fault: id, name, active: one.suffers(id) })),
    )
  }

  inject(equipment: string, fault: string, on: boolean): Injected {
    const one = this.#equipment.get(equipment)
    if (!one) return { ok: false, why: 'no-such-equipment', known: [...this.#equipment.keys()] }
    if (!one.knows(fault)) return { ok: false, why: 'no-such-fault', known: one.kinds.map(kind => kind.id) }
    this.#advance()
    one.suffer(fault, on)
    this.#parts.onFaults?.(this.faults())
    return { ok: true }
  }

  #tick(): void {
    this.#advance()
    const real = realNow()
    for (const player of this.#players) player.tell(this.#last, real)
    if (real - this.#saved < SAVE_EVERY) return
    this.#saved = real
    void this.#save()
  }

  #advance(): void {
    const now = this.#clock.now()
    const from = Math.max(this.#last, now - LONGEST_LEAP)
    // A long absence is lived through hour by hour, each by its own day of the calendar.
    for (let at = from; at < now; at += HOUR) {
      const end = Math.min(now, at + HOUR)
      const world = this.#world(end, (end - at) / 1000)
      for (const one of this.#equipment.values()) one.step(world)
    }
    this.#last = now
  }

  #world(now: number, dtSeconds: number): World {
    return byCalendar({ now, dtSeconds, ...this.#local.at(now) }, this.#parts.site.calendar?.marks)
  }

  /** One write at a time. A full disk must not stop the devices: the next save tries again. */
  #save(): Promise<void> {
    const equipment = Object.fromEntries([...this.#equipment].map(([id, one]) => [id, one.keep()]))
    const world = { version: 1 as const, domain: this.#last, equipment }
    const before = this.#saving
    const write = async () => {
      await before
      try {
        await writeWorld(this.#parts.state, world)
      } catch (error) {
        process.stderr.write(`${this.#parts.state}: ${String(error)}\n`)
      }
    }
    this.#saving = write()
    return this.#saving
  }

  #protocolOf(equipment: string): string | undefined {
    const point = this.#parts.site.points.find(one => one.equipment === equipment)
    return this.#parts.site.connections.find(connection => connection.id === point?.connection)?.protocol
  }

  /** The libraries behind a protocol are only loaded where a site speaks it: OPC UA's alone takes a second and a hundred megabytes. */
  async #playerOf({ id, protocol, settings }: Pick<Connection, 'id' | 'protocol' | 'settings'>): Promise<Player[]> {
    const points = this.#wired(id)
    if (points.length === 0) return []
    switch (protocol) {
      case 'modbus-tcp':
        return [new ModbusPlayer(id, settings, points)]
      case 'modbus-rtu':
        if (typeof settings['host'] === 'string') return [new ModbusPlayer(id, { ...settings, framing: 'rtu' }, points)]
        throw new CannotPlay(
          `connections.${id}: 串口不能模拟，写 host 和 port · a serial port cannot be simulated, write host and port`,
        )
      case 'mqtt':
      case 'mqtt-broker': {
        const { MqttPlayer } = await import('./players/mqtt-player.ts')
        return [new MqttPlayer(id, protocol, settings, points)]
      }
      case 'opcua': {
        const { OpcuaPlayer } = await import('./players/opcua-player.ts')
        return [new OpcuaPlayer(id, settings, points, join(dirname(this.#parts.state), `opcua-${id}`))]
      }
      case 'cjt188':
      case 'dlt645': {
        const { MeterPlayer } = await import('./players/meter-player.ts')
        return [new MeterPlayer(id, protocol, settings, points)]
      }
      case 'gbt26875': {
        const { FirePlayer } = await import('./players/fire-player.ts')
        return [new FirePlayer(id, settings, points, this.#parts.site.timeZone)]
      }
      case 'http':
        return []
      default:
        throw new CannotPlay(`connections.${id}: 协议 ${protocol} 不能模拟 · protocol ${protocol} cannot be simulated`)
    }
  }

  #wired(connection: string): WiredPoint[] {
    return this.#parts.site.points.flatMap(({ id, key, equipment, kind, unit, connection: on, binding }) => {
      const one = this.#equipment.get(equipment)
      if (on !== connection || !one) return []
      const device = this.#parts.site.equipment.find(entry => entry.id === equipment)?.device ?? {}
      const convert = this.#parts.conversions?.get(id)
      const common = { equipment: one, key, unit, contact: kind === 'contact', binding, device, where: id }
      return [convert ? { ...common, convert } : common]
    })
  }
}
