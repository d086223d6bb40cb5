import { z } from 'zod'
import { alarmStates } from '../alarm/alarm.ts'
import { isRole, roles } from '../accounts/permissions.ts'
import { parseDuration } from '../../protocols/contract/duration.ts'
import { parseInstant } from './time.ts'

/**
 * The shapes of requests and answers as zod schemas: the server checks with them and `/openapi.json` is made from them. That they agree
 * with `wire.ts` is checked by the compiler, since routes return the wire's types.
 */
export const list = <T extends z.ZodType>(item: T) => z.array(item).readonly()
export const page = <T extends z.ZodType>(item: T) => z.object({ items: list(item), next: z.string().nullable() })

export const id = z.string().min(1).max(200)
export const idParams = z.object({ id })
export const said = z.object({ zh: z.string(), en: z.string() })
export const role = z.enum(roles).refine(isRole)

/** In: ISO 8601 with offset or ms since 1970. */
export const when = z
  .union([z.string().max(40), z.number()])
  .transform((text, context) => {
    const at = parseInstant(text)
    if (at !== undefined) return at
    context.addIssue({ code: 'custom', message: 'not-a-time' })
    return z.NEVER
  })
  .meta({ description: 'ISO 8601 with offset, or milliseconds since 1970', example: '2026-09-01T08:30:00+08:00' })

export const duration = z
  .string()
  .max(16)
  .transform((text, context) => {
    const length = parseDuration(text)
    if (length !== undefined) return length
    context.addIssue({ code: 'custom', message: 'not-a-duration' })
    return z.NEVER
  })
  .meta({ description: 'A duration: 60s, 10m, 6h, 10d', example: '60s' })

/** Out: ISO 8601 with the site's offset. */
export const time = z
  .string()
  .meta({ description: 'ISO 8601 with the offset of the site', example: '2026-09-01T08:30:00.000+08:00' })

/** A list in a query: `a,b,c`. */
export const commas = <T extends string>(...allowed: readonly T[]) =>
  z
    .string()
    .max(500)
    .transform((text, context) => {
      const parts = text.split(',').map(part => part.trim())
      const known = parts.flatMap(part => allowed.find(one => one === part) ?? [])
      if (known.length === parts.length) return known
      context.addIssue({ code: 'custom', message: `one-of:${allowed.join(', ')}` })
      return z.NEVER
    })
    .meta({ description: `One or more of ${allowed.join(', ')}, with commas between` })

export const limit = (usual: number, most: number) => z.coerce.number().int().min(1).max(most).default(usual)
export const cursor = z.string().max(100).optional()

const state = z.enum(alarmStates)
const policyOf = z.object({ id: z.string(), version: z.string() })

export const wireSession = z.object({
  username: z.string(),
  displayName: z.string(),
  role: z.enum(roles),
  may: list(z.enum(['see', 'acknowledge', 'record', 'read-journal', 'read-logs', 'push-readings', 'run-demo', 'administer'])),
})
export const wirePoint = z.object({
  id: z.string(),
  name: said,
  equipment: z.string(),
  driver: z.string(),
  connection: z.string(),
  kind: z.enum(['measurement', 'contact', 'state', 'counter']),
  unit: z.string(),
  decimals: z.number(),
  range: z.object({ min: z.number(), max: z.number() }),
  labels: list(z.object({ code: z.number(), label: said })),
  limits: z.object({ min: z.number().optional(), max: z.number().optional() }),
  staleAfterMs: z.number(),
  value: z.number().nullable(),
  quality: z.enum(['good', 'uncertain', 'bad', 'stale', 'none']),
  fault: z.object({ code: z.string(), detail: z.string() }).optional(),
  at: time.nullable(),
  receivedAt: time.nullable(),
  state,
})
export const wireEquipment = z.object({
  id: z.string(),
  name: said,
  area: z.string(),
  type: z.string(),
  typeName: said,
  icon: z.string(),
  connection: z.string(),
  mainPoint: z.string(),
  points: list(wirePoint),
  clauses: list(z.string()),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).readonly(),
  factWords: z.record(z.string(), said).readonly().optional(),
})
export const wireClause = z.object({
  id: z.string(),
  title: said,
  source: said,
  requirement: said,
  tell: list(said),
  policy: policyOf,
})
export const wireSite = z.object({
  id: z.string(),
  name: said,
  timeZone: z.string(),
  areas: list(z.object({ id: z.string(), name: said })),
  equipment: list(wireEquipment),
  clauses: list(wireClause),
  demo: z.boolean(),
  version: z.string(),
})

export const basis = z.object({ kind: z.enum(['house-rule', 'standard', 'design']), source: said, verified: z.boolean() })
export const wireAlarm = z.object({
  id: z.string(),
  rule: z.string(),
  state,
  priority: z.enum(['advisory', 'low', 'medium', 'high']),
  equipment: z.string(),
  point: z.string(),
  title: said,
  sentence: said,
  clause: z.string(),
  clauseTitle: said,
  tell: list(said),
  advice: said,
  limit: z.object({ op: z.enum(['gt', 'ge', 'lt', 'le']), value: z.number(), unit: z.string() }).optional(),
  limitBasis: basis.optional(),
  alarmBasis: basis,
  policy: policyOf,
  overlay: z.object({ reason: z.string().optional(), changed: list(z.string()) }).optional(),
  since: time,
  raisedAt: time,
  clearedAt: time.optional(),
  value: z.number().optional(),
  times: z.number(),
  found: z.enum(['live', 'late']),
  active: z.boolean(),
  acknowledged: z.object({ by: z.string(), at: time, comment: z.string() }).optional(),
  confirmed: z.object({ by: z.string(), at: time, action: z.string() }).optional(),
  shelved: z
    .object({
      by: z.string(),
      at: time,
      until: time,
      reason: z.string(),
      oneShot: z.boolean(),
      second: z.string().optional(),
    })
    .optional(),
  outOfService: z.object({ by: z.string(), at: time, until: time, reason: z.string(), substitute: z.string() }).optional(),
  suppressed: z
    .object({
      at: time,
      causes: list(
        z.object({
          kind: z.enum(['connection', 'equipment', 'mode']),
          name: z.string(),
          alarm: z.string().optional(),
        }),
      ),
    })
    .optional(),
  firstOut: z.string().optional(),
  chattering: z.boolean().optional(),
  latching: z.boolean(),
  lifeSafety: z.boolean(),
  shelf: z.object({ alone: z.number(), together: z.number() }),
  about: list(z.string()).optional(),
  told: list(
    z.object({
      notice: z.string(),
      person: z.string(),
      personName: said,
      as: z.string(),
      level: z.number(),
      occasion: z.enum(['raised', 'cleared', 'escalated', 'answered', 'digest', 'case', 'trial']),
      at: time,
      outcome: z.enum(['waiting', 'delivered', 'failed', 'not-needed']),
      channel: z.string().optional(),
      attempts: z.number(),
      deliveredAt: time.optional(),
      proof: z.string().optional(),
      why: said.optional(),
    }),
  ),
  recorded: z.boolean(),
})
export const wireEntry = z.object({
  seq: z.number(),
  at: time,
  writtenAt: time,
  kind: z.string(),
  by: z.string(),
  about: z.string().optional(),
  data: z.record(z.string(), z.unknown()).readonly(),
  leaf: z.string(),
})
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  errors: list(z.object({ path: z.string(), wrong: z.string() })).optional(),
})
