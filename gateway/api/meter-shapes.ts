import { z } from 'zod'
import { list, said, time } from './shapes.ts'

/** The shapes of the reading sheet as `wire-meters.ts` has them. */
const counted = z.object({ at: time, value: z.number() }).nullable()
const count = z.number().int()

export const wireMeterSheet = z.object({
  month: z.string(),
  progress: list(
    z.object({
      clause: z.string(),
      title: said,
      name: said,
      from: time,
      to: time,
      done: count,
      of: count,
      required: z.number(),
      needed: count,
      left: count,
      state: z.enum(['not-begun', 'open', 'met', 'missed']),
      areas: list(z.object({ area: z.string(), done: count, of: count })),
    }),
  ),
  items: list(
    z.object({
      equipment: z.string(),
      name: said,
      area: z.string(),
      serial: z.string(),
      clause: z.string(),
      last: counted,
      now: counted,
      used: z.number().nullable(),
      mark: z.enum(['fell', 'impossible', 'jump', 'stands']).nullable(),
      state: z.enum(['wire', 'hand', 'photo', 'late', 'missing', 'not-begun']),
      by: z.string().optional(),
      record: count.optional(),
      why: said.optional(),
      detail: z.string().optional(),
    }),
  ),
  next: z.null(),
  unclassed: list(z.object({ equipment: z.string(), name: said })),
})
