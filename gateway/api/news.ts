import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import type { Alarm, AlarmId } from '../alarm/alarm.ts'
import type { House, LinkState } from './house.ts'
import type { Views } from './views.ts'
import type { WireAlarm, WireClock, WireFault, WireHealth, WireLink, WireLockOut, WirePlanVersion, WireReading } from './wire.ts'

/** What changed since the last message, in the words of the wire: made once, however many screens there are. */
export interface Told {
  readonly clock: WireClock
  readonly readings: ReadonlyMap<string, WireReading>
  readonly alarms: readonly WireAlarm[]
  readonly links: readonly WireLink[]
  readonly faults: readonly WireFault[] | undefined
  readonly lockOuts: readonly WireLockOut[] | undefined
  readonly plans: readonly WirePlanVersion[] | undefined
  readonly health: WireHealth | undefined
  /** The demo's pace was changed; the clock in the message says how. */
  readonly isPace: boolean
}

/** Gathers changes for a moment. The newest word of a point or alarm takes the place of older ones, so it cannot grow beyond the site. */
export class News {
  readonly alarms = new Map<AlarmId, Alarm>()
  readonly links = new Map<string, LinkState>()
  health = false
  faults = false
  lockOuts = false
  plans = false
  clock = false
  readonly #readings = new Map<PointId, Reading>()

  readings(readings: readonly Reading[]): void {
    for (const reading of readings) this.#readings.set(reading.point, reading)
  }

  tell(house: House, views: Views): Told {
    return {
      clock: wireClock(house),
      readings: new Map([...this.#readings].map(([point, reading]) => [point, views.reading(reading)])),
      alarms: [...this.alarms.values()].flatMap(alarm => views.alarm(alarm) ?? []),
      links: [...this.links.values()].map(wireLink),
      faults: this.faults ? wireFaults(house) : undefined,
      lockOuts: this.lockOuts ? wireLockOuts(house) : undefined,
      plans: this.plans ? wirePlans(house) : undefined,
      health: this.health ? wireHealth(house) : undefined,
      isPace: this.clock,
    }
  }
}

export const wireClock = ({ clock }: House): WireClock => ({ now: clock.now(), speed: clock.speed })
export const wireLink = ({ connection, up, since, fault }: LinkState): WireLink => ({
  connection,
  up,
  since,
  ...(fault === undefined ? {} : { fault }),
})
export const wireFaults = ({ demo }: House): readonly WireFault[] =>
  (demo?.faults() ?? []).flatMap(({ equipment, fault, active }) => (active ? [{ equipment, fault }] : []))
export const wireLockOuts = ({ lockOuts }: House): readonly WireLockOut[] =>
  lockOuts.all().map(({ equipment, since, alarm }) => ({ equipment, since, alarm }))
export const wirePlans = ({ plans }: House): readonly WirePlanVersion[] => plans.all.map(({ id, version }) => ({ id, version }))
export const wireHealth = (house: House): WireHealth => ({
  ready: house.notReady().length === 0,
  troubles: house.state.troubles(),
})
