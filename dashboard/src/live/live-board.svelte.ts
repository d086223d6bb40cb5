import type { WireAlarm, WireEquipment, WireLockOut, WireReading } from '../../../gateway/api/wire.ts'
import type { BrowserTime } from '../time.svelte.ts'
import { applyChange, domainNow, fromSnapshot } from './apply.ts'
import type { Facility, LiveReading } from './apply.ts'
import { Feed } from './feed.ts'
import { byEquipment, isQuiet, isRunning, mostUrgentFirst, needsAnswer } from './urgency.ts'
import { EquipmentViews } from './views.ts'
import type { EquipmentView } from './views.ts'

/** Nothing heard for longer than this (real ms): the picture has stopped, and the page says so. */
export const frozenAfter = 5000

/** On a quiet site nothing may change for long. Asking for the picture anew (real ms) tells a quiet gateway from a lost one. */
const askAfter = 3500

const none: readonly WireAlarm[] = []
const nothingRead: ReadonlyMap<string, LiveReading> = new Map()

/** So many that are over are remembered. */
const mostOver = 200

export interface Heard {
  readonly raised: readonly WireAlarm[]
  readonly changed: readonly WireAlarm[]
}

/** The facility as it is now, kept by the feed. Knows no drawing. */
export class LiveBoard {
  readonly #time: BrowserTime
  readonly #feed: Feed
  #facility = $state.raw<Facility>()
  #connected = $state(false)
  #cancelAsking: () => void = () => {}
  /** The last word of those that are over, so that who stands on one still sees it. */
  readonly #over = new Map<string, WireAlarm>()
  #readingsHeard = new Set<(readings: readonly WireReading[]) => void>()
  #alarmsHeard = new Set<(heard: Heard) => void>()

  readonly #views = new EquipmentViews()

  // By way of the alarms alone: readings come each second, and nothing that is listed changes with them.
  readonly #alarms = $derived(this.#facility?.alarms)
  readonly open = $derived([...(this.#alarms?.values() ?? [])].toSorted(mostUrgentFirst))
  readonly unanswered = $derived(this.open.filter(needsAnswer))
  readonly answered = $derived(this.open.filter(alarm => !needsAnswer(alarm) && !isQuiet(alarm)))
  readonly quiet = $derived(this.open.filter(isQuiet))
  readonly alarmsOf = $derived(byEquipment(this.open))

  constructor(time: BrowserTime, onSignedOut: () => void, onSiteChanged: () => void = () => {}, key?: string) {
    this.#time = time
    this.#feed = new Feed({
      snapshot: snapshot => {
        const before = this.#facility
        this.#facility = fromSnapshot(snapshot, time.real())
        this.#askWhenQuiet()
        // The first snapshot is the picture one walks in on; after a gap, what is new in it is news.
        if (before) this.#tellAlarms(before, snapshot.alarms)
        this.#tellReadings(snapshot.readings.filter(([point, at]) => before?.readings.get(point)?.at !== at))
      },
      change: change => {
        const before = this.#facility
        if (!before) return
        const next = applyChange(before, change, time.real())
        if (!next) return this.#feed.watch()
        this.#remember(change.alarms ?? [])
        this.#facility = next
        this.#askWhenQuiet()
        if (change.alarms) this.#tellAlarms(before, change.alarms)
        if (change.readings) this.#tellReadings(change.readings)
      },
      connected: is => (this.#connected = is),
      signedOut: onSignedOut,
      siteChanged: onSiteChanged,
      key,
    })
  }

  start(): void {
    this.#feed.start()
  }

  stop(): void {
    this.#cancelAsking()
    this.#feed.stop()
    this.#facility = undefined
    this.#connected = false
  }

  get facility(): Facility | undefined {
    return this.#facility
  }

  get connected(): boolean {
    return this.#connected
  }

  get speed(): number {
    return this.#facility?.clock.speed ?? 1
  }

  /** Domain time, ms; moves once a second. */
  get now(): number {
    const clock = this.#facility?.clock
    return clock ? domainNow(clock, this.#time.now) : 0
  }

  /** Real ms since the gateway was last heard. */
  get silentFor(): number {
    const clock = this.#facility?.clock
    return clock ? Math.max(0, this.#time.now - clock.heardAt) : 0
  }

  get frozen(): boolean {
    return this.silentFor > frozenAfter
  }

  /** The time by which readings are called stale: once the picture stops, what is unknown is the picture, not each device. */
  get judgedAt(): number {
    const clock = this.#facility?.clock
    return clock ? domainNow(clock, Math.min(this.#time.now, clock.heardAt + frozenAfter)) : 0
  }

  /** An open alarm, or one that was over a moment ago. */
  alarm(id: string): WireAlarm | undefined {
    return this.#facility?.alarms.get(id) ?? this.#over.get(id)
  }

  lockOutOf(equipment: string): WireLockOut | undefined {
    return this.#facility?.lockOuts.find(one => one.equipment === equipment)
  }

  reading(point: string): LiveReading | undefined {
    return this.#facility?.readings.get(point)
  }

  alarmsAt(equipment: string): readonly WireAlarm[] {
    return this.alarmsOf.get(equipment) ?? none
  }

  /** The equipment as it stands now; the same object for as long as it stands so. */
  viewOf(equipment: WireEquipment): EquipmentView {
    const readings = this.#facility?.readings ?? nothingRead
    return this.#views.of(equipment, readings, this.alarmsAt(equipment.id), this.judgedAt, this.lockOutOf(equipment.id))
  }

  /** What a person did, answered by HTTP, is shown at once; the channel will say the same. */
  take(answered: readonly WireAlarm[]): void {
    const facility = this.#facility
    if (!facility) return
    const alarms = new Map(facility.alarms)
    for (const alarm of answered) {
      if (alarm.state === 'normal') alarms.delete(alarm.id)
      else alarms.set(alarm.id, alarm)
    }
    this.#remember(answered)
    this.#facility = { ...facility, alarms }
  }

  onReadings(act: (readings: readonly WireReading[]) => void): () => void {
    this.#readingsHeard.add(act)
    return () => this.#readingsHeard.delete(act)
  }

  onAlarms(act: (heard: Heard) => void): () => void {
    this.#alarmsHeard.add(act)
    return () => this.#alarmsHeard.delete(act)
  }

  #remember(alarms: readonly WireAlarm[]): void {
    for (const alarm of alarms) if (alarm.state === 'normal') this.#over.set(alarm.id, alarm)
    for (const id of this.#over.keys()) if (this.#over.size > mostOver) this.#over.delete(id)
  }

  #askWhenQuiet(): void {
    this.#cancelAsking()
    this.#cancelAsking = this.#time.after(askAfter, () => {
      if (this.#connected) this.#feed.watch()
      this.#askWhenQuiet()
    })
  }

  #tellReadings(readings: readonly WireReading[]): void {
    for (const act of this.#readingsHeard) act(readings)
  }

  #tellAlarms(before: Facility, alarms: readonly WireAlarm[]): void {
    const raised = alarms.filter(alarm => {
      const known = before.alarms.get(alarm.id)
      return isRunning(alarm) && needsAnswer(alarm) && (!known || known.times < alarm.times || !isRunning(known))
    })
    const news = new Set(raised)
    const changed = alarms.filter(alarm => !news.has(alarm) && before.alarms.get(alarm.id)?.state !== alarm.state)
    if (raised.length + changed.length > 0) for (const act of this.#alarmsHeard) act({ raised, changed })
  }
}
