import { z } from 'zod'
import { basis, list, said, time } from './shapes.ts'

const priority = z.enum(['advisory', 'low', 'medium', 'high'])
const settings = z.record(z.string(), z.unknown()).readonly()
const place = { equipment: z.string(), equipmentName: said }

const watch = z.object({
  rule: z.string(),
  ...place,
  verdict: z.enum(['breached', 'unknown', 'kept']),
  since: time.nullable().meta({ description: 'Since when it is broken, or since when no breach was found' }),
  alarm: z.string().optional(),
  unheard: list(z.string()).optional().meta({ description: 'The points that are not heard, or `rule-failed`' }),
  record: z
    .object({ kind: z.string(), verdict: z.enum(['passed', 'failed', 'opened-early', 'unknown']), at: time })
    .optional()
    .meta({ description: 'The newest entry of the log it writes, or of the records it waits for' }),
  overlay: z.object({ settings, changed: list(z.string()), reason: z.string().optional() }).optional(),
})
const rule = z.object({
  name: z.string(),
  kind: z.string(),
  title: said,
  priority,
  advice: said,
  settings,
  unit: z.string(),
  labels: list(z.object({ code: z.number(), label: said })),
  limit: z.object({ op: z.enum(['gt', 'ge', 'lt', 'le']), value: z.number() }).optional(),
  limitBasis: basis.optional(),
  alarmBasis: basis,
  record: z.string().optional(),
  retention: z.string().optional(),
  types: list(said),
  own: z.boolean(),
  watchedBy: list(watch),
  unwired: list(z.object({ ...place, point: z.string(), pointName: said })),
  off: list(z.object({ ...place, reason: z.string().optional() })),
})

/** A clause, what watches it on this site, and the last word on it. */
export const wireCoveredClause = z.object({
  id: z.string(),
  title: said,
  source: said,
  requirement: said,
  tell: list(said),
  policy: z.object({ id: z.string(), version: z.string(), effective: z.string(), name: said, inForce: z.boolean() }),
  standing: z.enum(['breached', 'unknown', 'kept', 'unwatched']),
  since: time.nullable(),
  rules: list(rule),
  gap: said.optional(),
})
