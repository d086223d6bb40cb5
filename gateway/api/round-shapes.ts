import { z } from 'zod'
import { list, said, time } from './shapes.ts'

/** The shapes of rounds as `wire-rounds.ts` has them. */
const passed = z.object({
  checkPoint: z.string(),
  at: time,
  by: z.string(),
  verdict: z.enum(['passed', 'failed']),
  failed: list(said),
  note: z.string(),
  offline: z.boolean(),
  receivedAt: time,
  phoneAt: time.optional(),
})
const walk = z.object({
  state: z.enum(['completed', 'missed']),
  beganAt: time,
  endedAt: time,
  passed: list(passed),
  missing: list(z.string()),
})
export const roundShape = z.object({
  id: z.string(),
  name: said,
  equipment: z.string(),
  equipmentName: said,
  within: z.number(),
  ordered: z.boolean(),
  checkPoints: list(
    z.object({
      id: z.string(),
      name: said,
      area: z.string().optional(),
      areaName: said.optional(),
      checks: list(said),
      mark: z.string().optional(),
    }),
  ),
  underWay: z.object({ until: time, passed: list(passed) }).optional(),
  last: walk.optional(),
  due: list(
    z.object({
      rule: z.string(),
      clause: z.string(),
      title: said,
      priority: z.enum(['advisory', 'low', 'medium', 'high']),
      state: z.enum(['missed', 'soon', 'open', 'not-now']),
      warnAt: time.nullable(),
      dueAt: time.nullable(),
      doneAt: time.nullable(),
    }),
  ),
})
export const roundPast = roundShape.extend({ walks: list(walk) })
export const roundCodes = z.object({
  round: z.string(),
  name: said,
  items: list(
    z.object({
      checkPoint: z.string(),
      name: said,
      areaName: said.optional(),
      code: z.string(),
      holds: z.string(),
      qr: z.object({ size: z.number(), path: z.string() }),
    }),
  ),
})
export const takenShape = z.object({
  items: list(
    z.union([
      z.object({
        id: z.string(),
        outcome: z.enum(['taken', 'known']),
        round: z.string(),
        checkPoint: z.string(),
        at: time,
      }),
      z.object({
        id: z.string(),
        outcome: z.literal('refused'),
        why: z.enum(['wrong-code', 'after-now', 'too-old', 'unreadable', 'hidden-sign']),
        say: said,
      }),
    ]),
  ),
})
