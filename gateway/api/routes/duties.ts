import { z } from 'zod'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { Duty } from '../../policy/kind.ts'
import type { MissableDuty } from '../../policy/kinds/due.ts'
import { route } from '../route.ts'
import { commas, id, list, page, said, time } from '../shapes.ts'

const states = ['missed', 'soon', 'open', 'not-now'] as const

/** One duty: `dueAt` is what it is next due at, or what was missed; `done` of `of` where a share of many is asked for. */
const wireDuty = z.object({
  rule: z.string(),
  clause: z.string(),
  clauseTitle: said,
  equipment: z.string(),
  equipmentName: said,
  title: said,
  priority: z.enum(['advisory', 'low', 'medium', 'high']),
  tell: list(said),
  /** The log it belongs to. */
  record: z.string().optional(),
  state: z.enum(states),
  doneAt: time.nullable(),
  warnAt: time.nullable(),
  dueAt: time.nullable(),
  /** How many times in a row it was missed. */
  missed: z.number(),
  done: z.number().optional(),
  of: z.number().optional(),
})

const duties = route({
  method: 'GET',
  url: '/api/v1/duties',
  may: 'see',
  summary: 'What must happen and by when: missed first, then what is due soonest',
  tag: 'Policies',
  query: z.object({ equipment: id.optional(), state: commas(...states).optional() }),
  answer: page(wireDuty),
  act({ house, views, query, time }) {
    const rules = new Map(house.site.rules.map(rule => [rule.id, rule]))
    const isWanted = (equipment: string, state: Duty['state']): boolean =>
      (query.equipment === undefined || query.equipment === equipment) && (query.state?.includes(state) ?? true)
    const shown = (at: Instant | undefined): string | null => (at === undefined ? null : time(at))
    const items = house
      .duties()
      .toSorted((a, b) => urgency(a.duty) - urgency(b.duty) || dueOf(a.duty) - dueOf(b.duty))
      .flatMap(({ rule: ruleId, duty }) => {
        const rule = rules.get(ruleId)
        const clause = rule && house.site.clauses.get(rule.clause)
        const equipment = rule && views.equipment(rule.equipment)
        if (!rule || !clause || !equipment || !isWanted(equipment.id, duty.state)) return []
        const { doneAt, warnAt, dueAt, state, done, of } = duty
        return {
          rule: ruleId,
          clause: clause.id,
          clauseTitle: clause.title,
          equipment: equipment.id,
          equipmentName: equipment.name,
          title: rule.title,
          priority: rule.priority,
          tell: clause.tell,
          ...(rule.record === undefined ? {} : { record: rule.record }),
          state,
          doneAt: shown(doneAt),
          warnAt: shown(warnAt),
          dueAt: shown(dueAt),
          missed: missedOf(duty),
          ...(of === undefined ? {} : { done: done ?? 0, of }),
        }
      })
    return { items, next: null }
  },
})

const urgency = ({ state }: Duty): number => states.indexOf(state)
const dueOf = ({ dueAt }: Duty): number => dueAt ?? Number.MAX_SAFE_INTEGER
/** Kinds that count what was missed say how often; of others once is all that is known. */
const missedOf = (duty: Duty & Partial<Pick<MissableDuty, 'missed'>>): number => duty.missed ?? (duty.state === 'missed' ? 1 : 0)

export const dutyRoutes = [duties]
