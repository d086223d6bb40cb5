import { z } from 'zod'
import { list, said, time } from './shapes.ts'

/** The shapes of cycles as `wire-cycles.ts` has them. */
const number = z.number().nullable()
const needs = z.object({ celsius: z.number(), minutes: z.number(), safe: z.number() })
const curve = list(z.object({ t: time, v: z.number() }))

const wireCycle = z.object({
  seq: z.number(),
  equipment: z.string(),
  from: time,
  to: time,
  verdict: z.enum(['passed', 'failed', 'opened-early', 'unknown']),
  why: said,
  clause: z.string(),
  clauseTitle: said,
  needs,
  held: number.meta({ description: 'Minutes at the needed temperature without a break' }),
  dried: number.meta({ description: 'Minutes the door had been shut when it began to heat' }),
  peak: number,
  openedAt: number,
  cooled: z.boolean().nullable(),
  started: z.enum(['proper', 'open', 'wet', 'unknown']),
  hot: z.object({ from: time, to: time }).nullable(),
  curve,
  notInUse: z.boolean(),
  person: z.object({ by: z.string(), name: z.string(), at: time, signed: z.boolean() }).nullable(),
})
const wireCycleNow = z.object({
  equipment: z.string(),
  from: time,
  phase: z.enum(['heating', 'holding', 'stopped', 'cooling', 'cooled']),
  hotFrom: time.nullable(),
  held: z.number(),
  holdsUntil: time.nullable(),
  needs,
  curve,
})
export const wireCycles = z.object({
  items: list(wireCycle),
  next: z.string().nullable(),
  cabinets: list(z.object({ equipment: z.string(), name: said, area: z.string(), needs })),
  underWay: list(wireCycleNow),
  month: z.object({
    from: time,
    to: time,
    passed: z.number(),
    failed: z.number(),
    interrupted: z.number(),
    unknown: z.number(),
  }),
})
