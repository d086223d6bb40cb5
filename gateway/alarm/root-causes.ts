import type { PointId } from '../../protocols/contract/reading.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { readOver } from '../policy/read-over.ts'
import type { Rule, RuleId } from '../policy/rule.ts'
import type { Alarm, AlarmEvent, Cause } from './alarm.ts'
import type { Follower, Following, Passing } from './follow.ts'
import { together } from './following.ts'
import { Lines } from './lines.ts'
import { Silences } from './silences.ts'

export interface RootCauseParts {
  readonly connections: readonly { readonly id: string; readonly points: readonly PointId[] }[]
  readonly points: readonly { readonly id: PointId; readonly equipment: string }[]
  readonly rules: readonly Pick<Rule, 'id' | 'kind' | 'watches' | 'equipment' | 'priority'>[]
  /** The open alarm of a rule, as the desk has it. */
  readonly alarmOf: (rule: RuleId) => Alarm | undefined
}

/**
 * Bus → device → point: one alarm for a line that is down and one for equipment that is silent, the "no data" alarms below them kept
 * quiet by design. Nothing else is touched: a limit that was broken when the line went down still is, as far as anybody knows.
 */
export class RootCauses implements Follower {
  readonly #lines: Lines
  readonly #silences: Silences
  /** What the desk came back with: causes that nobody vouches for any more are taken away at the start. */
  #open: readonly Alarm[] = []

  constructor({ connections, points, rules, alarmOf }: RootCauseParts) {
    const silent = rules.filter(({ kind }) => kind === 'stale')
    const equipmentOf = new Map(points.map(({ id, equipment }) => [id, equipment]))
    const over = readOver(connections, silent)
    const watched = connections.map(({ id, points: read }) => {
      const equipment = new Set(read.flatMap(point => equipmentOf.get(point) ?? [])).size
      return { id, equipment, children: (over.get(id) ?? []).map(rule => rule.id) }
    })
    this.#lines = new Lines(watched, alarmOf)
    this.#silences = new Silences(silent, alarmOf)
  }

  restore(checkpoints: ReadonlyMap<string, unknown>, open: readonly Alarm[], at: Instant): void {
    this.#open = open
    this.#lines.restore(checkpoints, at)
    this.#silences.restore(checkpoints, at)
  }

  begin(): Following | undefined {
    const said = [this.#lines.begin(), this.#silences.begin()]
    const release = this.#open.flatMap(({ rule, suppressed }) =>
      (suppressed?.causes ?? []).flatMap(cause => (this.#vouchesFor(rule, cause) ? [] : [{ rules: [rule], cause }])),
    )
    this.#open = []
    return together([...said, { release }])
  }

  heard(event: AlarmEvent): Following | undefined {
    return together([this.#lines.heard(event), this.#silences.heard(event)])
  }

  noted(entry: Passing): Following | undefined {
    return together([this.#lines.noted(entry)])
  }

  nextWake(): Instant | undefined {
    const [a, b] = [this.#lines.nextWake(), this.#silences.nextWake()]
    return a === undefined || (b !== undefined && b < a) ? b : a
  }

  wake(at: Instant): Following | undefined {
    return together([...this.#lines.wake(at), ...this.#silences.wake(at)])
  }

  clockSet(by: number): void {
    this.#lines.clockSet(by)
    this.#silences.clockSet(by)
  }

  #vouchesFor(rule: RuleId, { kind }: Cause): boolean {
    if (kind === 'mode') return true
    return kind === 'connection' ? this.#lines.keeps(rule) : this.#silences.keeps(rule)
  }
}
