import { z } from 'zod'
import { priorities } from '../policy/rule.ts'
import { list, said, time } from './shapes.ts'

/** The shapes of who is on duty; that they agree with `wire-duty.ts` is checked by the compiler. */
export const date = z.string().meta({ description: 'A day of the site: 2026-10-03', example: '2026-10-03' })
const priority = z.enum(priorities)
export const wireShift = z.object({
  roster: z.string(),
  on: date,
  shift: z.string(),
  from: time,
  to: time,
  person: z.string().nullable(),
  planned: z.string().optional(),
  swap: z.object({ reason: z.string(), by: z.string().optional(), byName: said.optional(), at: time.optional() }).optional(),
})
const wireRoster = z.object({
  id: z.string(),
  name: said,
  shifts: list(z.object({ id: z.string(), name: said, hours: z.string() })),
  now: wireShift.nullable(),
  next: wireShift.nullable(),
  items: list(wireShift),
})
const wireCell = z.object({
  id: z.string(),
  name: said,
  head: z.string(),
  person: z.string().nullable(),
  areas: list(z.object({ id: z.string(), name: said })),
  above: z.string().nullable(),
})
const times = list(z.number())
export const wirePlan = z.object({
  from: time,
  to: time,
  today: date,
  days: list(z.object({ date, working: z.boolean(), name: said.optional() })),
  rosters: list(wireRoster),
  cells: list(wireCell),
  escalate: z.object({ high: times, medium: times, low: times, advisory: times }),
  quiet: z.object({ hours: z.string(), priorities: list(priority) }).nullable(),
})
export const wirePerson = z.object({
  id: z.string(),
  name: said,
  roles: list(z.string()),
  me: z.boolean().optional(),
  account: z.string().optional(),
  language: z.enum(['zh', 'en']).optional(),
  channels: list(z.string()).optional(),
  handles: z.record(z.string(), z.string()).readonly().optional(),
})
