import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Decide, Decision } from '../turn.ts'
import { arranged, isNothing, isPlan, mostPlans, rearranged } from './plan.ts'
import type { Plan, Placed, PlanId } from './plan.ts'

export type PlanAnswer = { readonly ok: true; readonly plan: Plan } | ({ readonly ok: false } & PlanRefusal)
export type PlanRefusal =
  | { readonly why: 'no-such-plan' | 'too-many' }
  /** Somebody else has changed it since: `by` whom. */
  | { readonly why: 'changed-meanwhile'; readonly by: string; readonly version: number }
  | { readonly why: 'no-such-equipment' | 'twice'; readonly equipment: string }

interface Change {
  readonly kind: string
  readonly plan: Plan
  readonly data: Readonly<Record<string, unknown>>
}

const prefix = 'plan:'
const counterKey = 'plans'

/** The floor plans of a site. What they are is in the checkpoints, written together with the entry that says who changed it. */
export class Plans {
  readonly #plans = new Map<PlanId, Plan>()
  /** No id is given twice, not even that of a plan that was removed. */
  #counter = 0

  restore(checkpoints: ReadonlyMap<string, unknown>): void {
    const counter = checkpoints.get(counterKey)
    if (typeof counter === 'number') this.#counter = counter
    for (const [key, value] of checkpoints) {
      if (!key.startsWith(prefix) || !isPlan(value) || key !== keyOf(value.id)) continue
      this.#plans.set(value.id, value)
      this.#counter = Math.max(this.#counter, numberOf(value.id))
    }
  }

  /** In the order in which they were made. */
  get all(): readonly Plan[] {
    return [...this.#plans.values()].toSorted((a, b) => numberOf(a.id) - numberOf(b.id))
  }

  of(id: string): Plan | undefined {
    return this.#plans.get(id as PlanId)
  }

  add(name: Words, drawing: Plan['drawing'], by: string): Decide<PlanAnswer> {
    return at => {
      if (this.#plans.size >= mostPlans) return refused({ why: 'too-many' })
      const counter = this.#counter + 1
      const plan: Plan = {
        id: `P${counter}` as PlanId,
        name,
        drawing,
        version: 1,
        places: [],
        changedAt: at,
        changedBy: by,
      }
      this.#plans.set(plan.id, plan)
      this.#counter = counter
      return {
        drafts: [{ kind: 'plan.added', at, by, about: plan.id, data: { plan: plan.id, name, drawing, version: 1 } }],
        checkpoints: [
          { key: keyOf(plan.id), value: plan },
          { key: counterKey, value: counter },
        ],
        answer: () => ({ ok: true, plan }),
        undo: () => this.#plans.delete(plan.id),
      }
    }
  }

  rename(id: string, seen: number, name: Words, by: string): Decide<PlanAnswer> {
    return at =>
      this.#change(id, seen, by, at, plan => ({ kind: 'plan.renamed', plan: { ...plan, name }, data: { name, was: plan.name } }))
  }

  redraw(id: string, seen: number, drawing: Plan['drawing'], by: string): Decide<PlanAnswer> {
    return at =>
      this.#change(id, seen, by, at, plan => ({
        kind: 'plan.drawing-replaced',
        plan: { ...plan, drawing },
        data: { drawing, was: plan.drawing },
      }))
  }

  /** The whole arrangement at once: who is not named is taken off. */
  arrange(
    id: string,
    seen: number,
    wanted: readonly Placed[],
    nameOf: (equipment: string) => Words | undefined,
    by: string,
  ): Decide<PlanAnswer> {
    return at =>
      this.#change(id, seen, by, at, plan => {
        const next = arranged(plan.places, wanted, nameOf)
        if (!next.ok) return { why: next.why, equipment: next.equipment }
        const difference = rearranged(plan.places, next.places)
        if (isNothing(difference)) return undefined
        return { kind: 'plan.arranged', plan: { ...plan, places: next.places }, data: { ...difference } }
      })
  }

  remove(id: string, seen: number, by: string): Decide<PlanAnswer> {
    return at => {
      const plan = this.of(id)
      const refusal = refusalOf(plan, seen)
      if (!plan || refusal) return refused(refusal ?? { why: 'no-such-plan' })
      this.#plans.delete(plan.id)
      const places = plan.places.map(({ equipment }) => equipment)
      const data = { plan: plan.id, name: plan.name, drawing: plan.drawing, places }
      return {
        drafts: [{ kind: 'plan.removed', at, by, about: plan.id, data }],
        checkpoints: [{ key: keyOf(plan.id), value: undefined }],
        answer: () => ({ ok: true, plan }),
        undo: () => this.#plans.set(plan.id, plan),
      }
    }
  }

  /** `make` says what it becomes, why it cannot, or that nothing changes. */
  #change(
    id: string,
    seen: number,
    by: string,
    at: Instant,
    make: (plan: Plan) => Change | PlanRefusal | undefined,
  ): Decision<PlanAnswer> {
    const before = this.of(id)
    const refusal = refusalOf(before, seen)
    if (!before || refusal) return refused(refusal ?? { why: 'no-such-plan' })
    const change = make(before)
    if (!change) return { answer: () => ({ ok: true, plan: before }) }
    if ('why' in change) return refused(change)
    const plan = { ...change.plan, version: before.version + 1, changedAt: at, changedBy: by }
    this.#plans.set(plan.id, plan)
    const data = { plan: plan.id, name: plan.name, version: plan.version, ...change.data }
    return {
      drafts: [{ kind: change.kind, at, by, about: plan.id, data }],
      checkpoints: [{ key: keyOf(plan.id), value: plan }],
      answer: () => ({ ok: true, plan }),
      undo: () => this.#plans.set(before.id, before),
    }
  }
}

const keyOf = (id: PlanId): string => `${prefix}${id}`
const numberOf = (id: PlanId): number => Number(id.slice(1)) || 0
const refused = (refusal: PlanRefusal): Decision<PlanAnswer> => ({ answer: () => ({ ok: false, ...refusal }) })

function refusalOf(plan: Plan | undefined, seen: number): PlanRefusal | undefined {
  if (!plan) return { why: 'no-such-plan' }
  return plan.version === seen ? undefined : { why: 'changed-meanwhile', by: plan.changedBy, version: plan.version }
}
