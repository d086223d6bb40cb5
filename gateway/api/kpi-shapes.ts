import { z } from 'zod'
import { measureIds } from '../alarm/kpi-targets.ts'
import { priorities } from '../policy/rule.ts'
import { basis, list, said, time } from './shapes.ts'

const count = z.number().int()
const ms = z.number()
const stay = z.object({ times: count, ms, now: count, came: count })
const named = { rule: z.string(), title: said, equipment: z.string(), equipmentName: said }

/** The shape of `WireKpi`. */
export const wireKpi = z.object({
  from: time,
  to: time,
  calls: z.object({
    total: count,
    perTenMinutes: z.object({ mean: z.number(), max: count, over: count, of: count }),
    perHour: z.object({ max: count, over: count, of: count }),
    perDay: list(z.object({ from: time, calls: count, isFlood: z.boolean() })),
    outside: z.object({ all: count, urgent: count }),
    byPriority: z.object({ advisory: count, low: count, medium: count, high: count }),
    late: count,
  }),
  floods: z.object({
    count,
    alarms: count,
    ms,
    share: z.number(),
    longestMs: ms,
    items: list(z.object({ from: time, to: time, alarms: count, peak: count })),
  }),
  stale: z.object({ count, items: list(z.object({ alarm: z.string(), ...named, raisedAt: time })) }),
  chattering: z.object({ rules: count, times: count }),
  fleeting: z.object({ rules: count, times: count }),
  top: z.object({
    share: z.number(),
    items: list(
      z.object({
        ...named,
        clause: z.string(),
        calls: count,
        share: z.number(),
        chatters: count,
        fleeting: count,
        suggestion: z
          .object({
            kind: z.enum(['deadband', 'delay', 'wiring', 'line', 'sensor', 'repair', 'stands']),
            say: said,
            change: z.object({ setting: z.enum(['deadband', 'onDelay']), from: z.string(), to: z.string() }).optional(),
          })
          .nullable(),
      }),
    ),
  }),
  acknowledge: list(
    z.object({
      priority: z.enum(priorities),
      all: count,
      answered: count,
      otherwise: count,
      unanswered: count,
      medianMs: ms.nullable(),
      p90Ms: ms.nullable(),
    }),
  ),
  confirm: z.object({ count, medianMs: ms.nullable(), p90Ms: ms.nullable() }),
  quiet: z.object({ shelved: stay, suppressed: stay, outOfService: stay }),
  notices: z.object({ delivered: count, failed: count }),
  measures: list(
    z.object({
      id: z.enum(measureIds),
      value: z.number().nullable(),
      good: z.number(),
      fair: z.number(),
      standing: z.enum(['good', 'fair', 'poor', 'few']),
      basis,
    }),
  ),
})
