import { z } from 'zod'
import { actionKinds, caseStates } from '../cases/case.ts'
import { priorities } from '../policy/rule.ts'
import { list, said, time } from './shapes.ts'

/** Requests and answers about cases, as zod shapes; the wire's own types are in `wire-cases.ts`. */
const deeds = ['answer', 'assign', 'act', 'verify', 'reject', 'tell', 'close', 'comment', 'cancel'] as const
const dueKind = z.enum(['answer', 'act', 'close'])

export const spoken = z.string().trim().min(1).max(1_000)
export const remark = z.string().trim().max(1_000).default('')
export const photoIds = z
  .array(z.string().max(80))
  .max(20)
  .default([])
  .transform(ids => [...new Set(ids)])

export const wireCase = z.object({
  id: z.string(),
  state: z.enum(caseStates),
  priority: z.enum(priorities),
  openedAt: time,
  openedBy: z.string(),
  what: said,
  where: said,
  equipment: z.string().optional(),
  area: z.string().optional(),
  place: z.string().optional(),
  alarm: z.string().optional(),
  reporter: z.object({ name: z.string(), contact: z.string().optional(), account: z.string().optional() }).optional(),
  isAnswered: z.boolean(),
  photos: list(z.string()),
  assigned: z.object({ person: z.string(), name: said, due: time, note: z.string() }).optional(),
  due: z.object({ what: dueKind, at: time }).nullable(),
  overdue: list(dueKind),
  endedAt: time.optional(),
})
const part = z.object({ name: z.string().trim().min(1).max(200), count: z.number().int().min(1).max(9_999) })
export const parts = z.array(part).max(20).default([])
export const wireCaseStep = z.object({
  seq: z.number(),
  at: time,
  by: z.string(),
  byName: said,
  do: z.enum([...deeds, 'open']),
  text: z.string().optional(),
  how: z.string().optional(),
  kind: z.enum(actionKinds).optional(),
  parts: list(part).optional(),
  photos: list(z.string()).optional(),
  person: said.optional(),
  due: time.optional(),
  duplicateOf: z.string().optional(),
})
export const wireCaseDetail = wireCase.extend({
  timeline: list(wireCaseStep),
  steps: list(z.enum(deeds)),
  isMine: z.boolean(),
  isOwnWork: z.boolean(),
  lockedOut: z.boolean(),
})
export const wireCasePerson = z.object({ id: z.string(), name: said, isMe: z.boolean() })
