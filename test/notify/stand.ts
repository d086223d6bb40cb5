import { instant } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import type { Alarm, AlarmId } from '../../gateway/alarm/alarm.ts'
import type { AlarmCommand } from '../../gateway/alarm/command.ts'
import { AlarmDesk } from '../../gateway/alarm/desk.ts'
import type { Follower } from '../../gateway/alarm/follow.ts'
import { Decider } from '../../gateway/decider.ts'
import { Office } from '../../gateway/duty/office.ts'
import type { Draft } from '../../gateway/journal/entry.ts'
import { Dispatcher } from '../../gateway/notify/dispatcher.ts'
import type { Notice } from '../../gateway/notify/notice.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'
import { siteBook } from '../../gateway/site/site-book.ts'
import type { Site } from '../../gateway/site/site.ts'
import { Turn } from '../../gateway/turn.ts'
import { noon, ruleOf, siteOf } from './small-site.ts'
import type { SiteOptions } from './small-site.ts'

/** The deciding half of the gateway with a real desk and office: what a test says happens, in order, and everything decided is kept. */
export class Stand {
  readonly site: Site
  readonly checkpoints = new Map<string, unknown>()
  readonly drafts: Draft[] = []
  at: Instant
  isFlood = false
  unreachable = new Set<string>()
  #desk!: AlarmDesk
  #decider!: Decider
  dispatcher!: Dispatcher

  constructor(options: SiteOptions = {}, at: Instant = noon) {
    this.site = siteOf(options)
    this.at = at
    this.#start()
  }

  get desk(): AlarmDesk {
    return this.#desk
  }

  /** Ends without a word, and starts again from what is on disk. */
  restart(): void {
    this.#start()
  }

  raise(equipment: string, more: { readonly at?: Instant; readonly value?: number } = {}): void {
    this.#turn(turn => {
      const at = more.at ?? this.at
      this.#decider.note(
        { kind: 'test.rule', at, by: 'test', data: { rule: ruleOf(equipment), raised: true, value: more.value ?? 9.4 } },
        turn,
      )
    })
  }
  /** What a backlog breached: opened and closed in the past, in one turn. */
  raiseLate(equipment: string, from: Instant, to: Instant): void {
    const point = `${equipment}.temperature` as PointId
    const reading = (at: Instant, value: number) => ({ point, at, receivedAt: this.at, value, quality: 'good' as const })
    this.#turn(turn => this.#decider.judge([reading(from, 9.4), reading(to, 4)], this.at, turn))
  }
  clear(equipment: string, at = this.at): void {
    this.#turn(turn =>
      this.#decider.note({ kind: 'test.rule', at, by: 'test', data: { rule: ruleOf(equipment), raised: false } }, turn),
    )
  }
  note(kind: string, about: string, data: Readonly<Record<string, unknown>> = {}): void {
    this.#turn(turn => this.#decider.note({ kind, at: this.at, by: 'test', about, data }, turn))
  }
  command(equipment: string, command: AlarmCommand, by = 'wang'): boolean {
    const alarm = this.alarm(equipment)
    if (!alarm) return false
    let ok = false
    this.#turn(turn =>
      this.#decider.act(
        at => {
          const answer = this.#desk.command(alarm.id, command, by, at)
          ok = answer.ok
          return answer.ok ? { events: answer.events, answer: () => undefined } : { answer: () => undefined }
        },
        this.at,
        { resolve: () => {}, reject: () => {} },
        turn,
      ),
    )
    return ok
  }
  /** The same, but the disk would not have it. */
  commandInVain(equipment: string, command: AlarmCommand, by = 'wang'): void {
    const alarm = this.alarm(equipment)
    const turn = new Turn()
    if (!alarm) return
    this.#decider.act(
      at => {
        const answer = this.#desk.command(alarm.id, command, by, at)
        return answer.ok ? { events: answer.events, answer: () => undefined } : { answer: () => undefined }
      },
      this.at,
      { resolve: () => {}, reject: () => {} },
      turn,
    )
    for (const act of turn.acts.toReversed()) act.undo?.()
    this.dispatcher.settle()
  }
  acknowledge(equipment: string, by = 'wang'): boolean {
    return this.command(equipment, { do: 'acknowledge', comment: '' }, by)
  }
  chatter(equipment: string, on: boolean): void {
    this.note('test.chatter', equipment, { rule: ruleOf(equipment), on })
  }
  clockSet(by: number): void {
    this.at = instant(this.at + by)
    this.#decider.clockSet(by)
    this.note('clock.set', 'clock', { by })
  }

  /** Time passes; whatever is due happens at its moment. */
  passes(length: Millis): void {
    const end = instant(this.at + length)
    for (let turns = 0; turns < 100_000; turns++) {
      const due = this.#decider.nextWake()
      if (due === undefined || due > end) break
      this.at = instant(Math.max(this.at, due))
      this.#turn(turn => this.#decider.wake(this.at, turn))
    }
    this.at = end
  }

  alarm(equipment: string): Alarm | undefined {
    return this.#desk.ofRule(ruleOf(equipment))
  }
  get nextWake(): Instant | undefined {
    return this.#decider.nextWake()
  }

  /** `wang raised A1`, in the order they were decided; what was dropped again says so. */
  get told(): readonly string[] {
    return this.drafts.flatMap(({ kind, data }) => {
      const { person, occasion, alarms } = data as unknown as Notice
      if (kind === 'notice.queued') return [`${person} ${occasion} ${alarms.join('+')}`.trim()]
      return kind === 'notice.not-needed' ? [`(${person} ${occasion} ${alarms.join('+')} not needed)`] : []
    })
  }
  /** What was said since the last look. */
  takeTold(): readonly string[] {
    const told = this.told
    this.drafts.length = 0
    return told
  }
  notices(): readonly Notice[] {
    return this.dispatcher.posting.waiting()
  }
  /** Everything that waits has arrived. */
  deliver(): void {
    for (const { id } of this.notices()) {
      const entry = this.dispatcher.posting.delivered(id, 'hook', 'ok')
      if (entry) this.#turn(turn => this.#decider.note({ ...entry, at: this.at }, turn))
    }
  }

  #start(): void {
    const { site } = this
    const rules = siteBook(site)
    const desk = new AlarmDesk(rules)
    const open = [...this.checkpoints].flatMap(([key, value]) => (key.startsWith('alarm:') ? [value as Alarm] : []))
    const counter = (this.checkpoints.get('desk') as { counter: number } | undefined)?.counter ?? 0
    desk.restore({ open, counter })
    const office = new Office({ duty: site.duty, calendar: site.calendar })
    this.dispatcher = new Dispatcher({
      office,
      site,
      rules,
      alarm: (id: AlarmId) => desk.byId(id),
      isFlood: () => this.isFlood,
      reaches: (_channel, one) => !this.unreachable.has(one.id),
    })
    const hand: Follower = {
      noted({ kind, at, data }) {
        const { rule: id, raised, value, on } = data as { rule: RuleId; raised: boolean; value: number; on: boolean }
        if (kind === 'test.chatter') return { chattering: [{ rule: id, on }] }
        if (kind !== 'test.rule') return undefined
        const transition = raised ? ({ what: 'raised', at, since: at, value } as const) : ({ what: 'cleared', at } as const)
        return { own: [{ rule: id, transition }] }
      },
    }
    const followers = [hand, office, this.dispatcher]
    for (const follower of followers) follower.restore?.(this.checkpoints, desk.openAlarms(), this.at)
    const checked = site.rules.flatMap(one => {
      const parsed = ruleKinds.get('limit')?.parse({ kind: 'limit', op: 'gt', value: 8 }, nowhere)
      return parsed?.ok && one.watches[0] === one.point ? [{ ...one, spec: parsed.spec }] : []
    })
    const evaluator = new Evaluator({ rules: checked, kinds: ruleKinds, staleAfter: () => undefined, startAt: this.at })
    this.#desk = desk
    this.#decider = new Decider({ evaluator, desk, cite: () => ({}), followers })
    this.#turn(turn => this.#decider.begin({ kind: 'gateway.started', at: this.at, by: 'system', data: {} }, [], this.at, turn))
  }

  #turn(act: (turn: Turn) => void): void {
    const turn = new Turn()
    act(turn)
    this.drafts.push(...(turn.drafts as Draft[]))
    for (const { key, value } of turn.checkpoints) {
      if (value === undefined) this.checkpoints.delete(key)
      else this.checkpoints.set(key, JSON.parse(JSON.stringify(value)))
    }
    this.dispatcher.settle()
  }
}
