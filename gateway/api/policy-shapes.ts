import { z } from 'zod'
import { list, said, time } from './shapes.ts'

const count = z.number().int()
const tally = z.object({
  alarms: count.meta({ description: 'Raised in that time' }),
  standing: count.meta({ description: 'Raised before it and standing when it began' }),
  hours: z.number().meta({ description: 'Hours in alarm, added up over the alarms' }),
})
const side = tally.extend({ floods: list(z.object({ from: time, to: time, alarms: count, peak: count })) })
const compared = z.object({ id: z.string(), version: z.string(), digest: z.string().optional() })
const verdicts = z.partialRecord(z.enum(['passed', 'failed', 'opened-early', 'unknown']), count).readonly()
const episodes = z.object({
  count,
  items: list(
    z.object({ rule: z.string(), since: time, raisedAt: time, clearedAt: time.nullable(), value: z.number().optional() }),
  ),
})

/** What a changed policy would have raised beside the present one; the lists hold the first 500. */
export const wireBacktest = z.object({
  site: z.string(),
  from: time,
  to: time,
  heardFrom: time,
  policies: z.object({ before: list(compared), after: list(compared) }),
  readings: z.object({ accepted: count, bad: count, late: count, duplicate: count }),
  damaged: count,
  unheard: list(z.string()).meta({ description: 'Points of which no reading is stored' }),
  notTried: list(z.string()).meta({ description: 'Rules that watch whether people answer alarms' }),
  broken: list(z.object({ rule: z.string(), at: time, why: z.string() })),
  before: side,
  after: side,
  rules: list(
    z.object({
      rule: z.string(),
      clause: z.string(),
      equipment: z.string(),
      title: said,
      change: z.enum(['none', 'settings', 'added', 'removed']),
      settings: list(z.object({ key: z.string(), before: z.string().optional(), after: z.string().optional() })),
      reason: z.string().optional(),
      before: tally,
      after: tally,
      goes: count,
      comes: count,
      records: z.object({ before: verdicts, after: verdicts }).optional(),
    }),
  ),
  goes: episodes,
  comes: episodes,
})

const tried = z.object({
  onDelay: z.string(),
  deadband: z.number(),
  offDelay: z.string(),
  alarms: count,
  kept: count,
  lost: count,
  nuisance: count,
  repeats: count,
  toldAfter: z.object({ mean: z.number(), worst: z.number() }).meta({ description: 'Hours' }),
  beyond: z.number().meta({ description: 'Hours in which an alarm stood although the limit was kept again' }),
})

/** Which delay and deadband the history speaks for. */
export const wireAdvice = z.object({
  rule: z.string(),
  clause: z.string(),
  title: said,
  from: time,
  to: time,
  readings: count,
  limit: z.object({ op: z.enum(['gt', 'ge', 'lt', 'le']), value: z.number() }),
  harm: z.string(),
  excursions: z.object({ all: count, harmful: count, longestHours: z.number() }),
  now: tried,
  proposed: tried.nullable(),
  front: list(tried),
  delays: list(tried),
  sentence: said,
})
