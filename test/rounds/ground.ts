import { hours, instant, minutes } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Passing } from '../../gateway/alarm/follow.ts'
import { Rounds } from '../../gateway/rounds/rounds.ts'
import type { RoundRoute } from '../../gateway/rounds/route.ts'
import type { SaidVisit, Taken } from '../../gateway/rounds/visit.ts'

const say = (zh: string, en: string) => ({ zh, en })
export const night: RoundRoute = {
  id: 'night-labs',
  name: say('夜间巡查：实验楼', 'Night round, laboratories'),
  equipment: 'patrol-1',
  within: minutes(60),
  ordered: false,
  checkPoints: [
    { id: 'gate', name: say('大门', 'Gate'), code: '7F3K9QPM', checks: [say('门锁好', 'Locked'), say('灯已关', 'Lights off')] },
    { id: 'hall', name: say('大厅', 'Hall'), code: '4XW2T8RB', checks: [] },
    { id: 'store', name: say('药品库', 'Store'), code: 'M5D6HC3V', checks: [] },
  ],
}
export const ordered: RoundRoute = {
  ...night,
  id: 'in-order',
  equipment: 'patrol-2',
  ordered: true,
  checkPoints: night.checkPoints.map((point, index) => ({ ...point, code: `${point.code}${index}Z` })),
}
export const eleven = instant(Date.UTC(2026, 8, 1, 15))

let counter = 0
export const uuid = (n = (counter += 1)): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

/** A register of rounds with the disk of its gateway: what was written is there after a restart, what was undone is not. */
export class Walkers {
  readonly routes: readonly RoundRoute[]
  readonly disk = new Map<string, unknown>()
  readonly entries: Passing[] = []
  readonly heard: { readonly point: string; readonly at: number; readonly value: unknown }[] = []
  rounds: Rounds
  now: Instant

  constructor(routes: readonly RoundRoute[] = [night, ordered], now = eleven) {
    this.routes = routes
    this.now = now
    this.rounds = new Rounds({ routes })
    this.rounds.restore(this.disk, [], now)
  }

  visit(point: string, at: number, more: Partial<SaidVisit> = {}, route = this.routes[0]): SaidVisit {
    const code = route?.checkPoints.find(({ id }) => id === point)?.code ?? point
    return { id: uuid(), code, at: instant(at), verdict: 'passed', failed: [], note: '', offline: false, ...more }
  }

  /** The phone's clock is right and the domain runs as the wall does, unless said otherwise. */
  send(
    visits: readonly SaidVisit[],
    { by = 'li', wall = this.now, sentAt = this.now, speed = 1, full = false } = {},
  ): readonly Taken[] {
    const decision = this.rounds.take(visits, { by, wall: instant(wall), sentAt: instant(sentAt), speed }, this.now)
    if (full) {
      decision.undo?.()
      return []
    }
    this.#write(decision.drafts, decision.checkpoints)
    for (const { point, at, value } of decision.readings ?? []) this.heard.push({ point, at, value })
    return decision.answer([])
  }

  /** Time passes and whatever falls due happens. */
  until(at: number): void {
    for (let due = this.rounds.nextWake(); due !== undefined && due <= at; due = this.rounds.nextWake()) {
      this.now = due
      const { drafts, checkpoints } = this.rounds.wake(due)
      this.#write(drafts, checkpoints)
    }
    this.now = instant(at)
  }

  restart(): void {
    this.rounds = new Rounds({ routes: this.routes })
    this.rounds.restore(structuredClone(this.disk), [], this.now)
    const { drafts, checkpoints } = this.rounds.begin(this.now)
    this.#write(drafts, checkpoints)
  }

  kinds(...kinds: readonly string[]): readonly Passing[] {
    return this.entries.filter(({ kind }) => kinds.includes(kind))
  }

  #write(drafts: readonly Passing[] = [], checkpoints: readonly { key: string; value: unknown }[] = []): void {
    this.entries.push(...drafts)
    for (const { key, value } of checkpoints) {
      if (value === undefined) this.disk.delete(key)
      else this.disk.set(key, JSON.parse(JSON.stringify(value)))
    }
  }
}

export const at = (minute: number): Instant => instant(eleven + minutes(minute))
export const soon = hours(1)
