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

/** Real ms between two words to the gateway of what has arrived here. */
const sayEvery = 1000

/** Real ms until the next try after the gateway refused this browser. */
const knockAgain = 5000

/** A line that is too slow for every change gets pictures now and then; what was missed between them is asked for no more often (real ms). */
const catchUpEvery = 60_000

/** So many that are over are remembered. */
const mostOver = 200

export interface LiveListener {
  readonly signedOut: () => void
  readonly siteChanged: () => void
  /** The live channel was refused, which may be for good. */
  readonly refused: () => void
  readonly key?: string | undefined
}

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
  #since = $state<number>()
  #cancelAsking: () => void = () => {}
  /** The last word of those that are over, so that who stands on one still sees it. */
  readonly #over = new Map<string, WireAlarm>()
  #readingsHeard = new Set<(readings: readonly WireReading[]) => void>()
  #alarmsHeard = new Set<(heard: Heard) => void>()
  #caughtUp = new Set<() => void>()
  /** Whether the picture that is awaited was asked for only because it was quiet: then nothing was missed. */
  #isQuiet = false
  #isCut = false
  #caughtUpAt = Number.NEGATIVE_INFINITY
  #cancelCatchingUp: () => void = () => {}
  #cancelKnocking: () => void = () => {}
  #cancelSaying: (() => void) | undefined

  readonly #views = new EquipmentViews()

  // By way of the alarms alone: readings come each second, and nothing that is listed changes with them.
  readonly #alarms = $derived(this.#facility?.alarms)
  readonly open = $derived([...(this.#alarms?.values() ?? [])].toSorted(mostUrgentFirst))
  readonly unanswered = $derived(this.open.filter(needsAnswer))
  readonly answered = $derived(this.open.filter(alarm => !needsAnswer(alarm) && !isQuiet(alarm)))
  readonly quiet = $derived(this.open.filter(isQuiet))
  readonly alarmsOf = $derived(byEquipment(this.open))

  constructor(time: BrowserTime, { signedOut, siteChanged, refused, key }: LiveListener) {
    this.#time = time
    this.#feed = new Feed({
      snapshot: snapshot => {
        const before = this.#facility
        const missed = this.#missed()
        this.#facility = fromSnapshot(snapshot, time.real())
        this.#askWhenQuiet()
        this.#sayHeard()
        // The first snapshot is the picture one walks in on; after a gap, what is new in it is news.
        if (before) {
          const gone = goneFrom(before, this.#facility)
          this.#remember(gone)
          this.#tellAlarms(before, [...snapshot.alarms, ...gone])
        }
        this.#tellReadings(snapshot.readings.filter(([point, at]) => before?.readings.get(point)?.at !== at))
        if (missed !== undefined) this.#catchUp(missed)
      },
      change: change => {
        const before = this.#facility
        if (!before) return
        const next = applyChange(before, change, time.real())
        if (!next) return this.#feed.watch()
        this.#isQuiet = false
        this.#remember(change.alarms ?? [])
        this.#facility = next
        this.#askWhenQuiet()
        this.#sayHeard()
        if (change.alarms) this.#tellAlarms(before, change.alarms)
        if (change.readings) this.#tellReadings(change.readings)
      },
      connected: is => {
        this.#connected = is
        this.#isCut ||= !is
      },
      signedOut,
      siteChanged,
      refused: () => {
        refused()
        this.#cancelKnocking()
        this.#cancelKnocking = time.after(knockAgain, () => this.#feed.knock())
      },
      key,
    })
  }

  start(): void {
    this.#since = this.#time.real()
    this.#feed.start()
  }

  stop(): void {
    this.#cancelAsking()
    this.#cancelKnocking()
    this.#cancelCatchingUp()
    this.#cancelSaying?.()
    this.#cancelSaying = undefined
    this.#feed.stop()
    this.#facility = undefined
    this.#since = undefined
    this.#isCut = false
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

  /** Domain time the gateway was last heard, ms. */
  get lastHeard(): number {
    return this.#facility?.clock.now ?? 0
  }

  /** Real ms since the gateway was last heard; where it never was, since this page has listened. */
  get silentFor(): number {
    const since = this.#facility?.clock.heardAt ?? this.#since
    return since === undefined ? 0 : Math.max(0, this.#time.now - since)
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

  /** The picture is whole again after something was missed: what was asked for over HTTP has a hole there. */
  onCaughtUp(act: () => void): () => void {
    this.#caughtUp.add(act)
    return () => this.#caughtUp.delete(act)
  }

  /** Real ms until what was missed before this snapshot should be asked for; `undefined` where nothing was. */
  #missed(): number | undefined {
    const [wasCut, wasQuiet, wasFirst] = [this.#isCut, this.#isQuiet, this.#facility === undefined]
    const isLong = this.#time.real() - (this.#facility?.clock.heardAt ?? 0) > frozenAfter
    this.#isCut = false
    this.#isQuiet = false
    if (wasFirst) return undefined
    if (wasCut || isLong) return 0
    return wasQuiet ? undefined : Math.max(0, this.#caughtUpAt + catchUpEvery - this.#time.real())
  }

  #catchUp(after: number): void {
    this.#cancelCatchingUp()
    this.#cancelCatchingUp = this.#time.after(after, () => {
      this.#caughtUpAt = this.#time.real()
      for (const act of this.#caughtUp) act()
    })
  }

  #remember(alarms: readonly WireAlarm[]): void {
    for (const alarm of alarms) if (alarm.state === 'normal') this.#over.set(alarm.id, alarm)
    for (const id of this.#over.keys()) if (this.#over.size > mostOver) this.#over.delete(id)
  }

  #askWhenQuiet(): void {
    this.#cancelAsking()
    this.#cancelAsking = this.#time.after(askAfter, () => {
      if (this.#connected) {
        this.#isQuiet = true
        this.#feed.watch()
      }
      this.#askWhenQuiet()
    })
  }

  /** So that the gateway knows when this line is behind, and then sends the present instead of the past. */
  #sayHeard(): void {
    this.#cancelSaying ??= this.#time.after(sayEvery, () => {
      this.#cancelSaying = undefined
      if (this.#connected && this.#facility) this.#feed.heard(this.#facility.seq)
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

/** Those that stood before and do not any more: a snapshot has every alarm that is not normal. */
function goneFrom(before: Facility, now: Facility): readonly WireAlarm[] {
  const gone = [...before.alarms.values()].filter(({ id }) => !now.alarms.has(id))
  return gone.map(alarm => ({ ...alarm, state: 'normal', active: false }))
}
