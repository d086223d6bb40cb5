import { z } from 'zod'
import { list, said, time } from './shapes.ts'

/** The shape of fire equipment as `wire-gauges.ts` has it. */
export const wireGauge = z.object({
  equipment: z.string(),
  name: said,
  area: z.string(),
  kind: said,
  icon: z.string(),
  needle: z.enum(['green', 'low', 'high', 'unknown', 'none']),
  pressure: z.object({ at: time, value: z.number(), at20: z.number().nullable() }).nullable(),
  green: z.object({ min: z.number().optional(), max: z.number().optional() }),
  clause: z.string().nullable(),
  inPlace: z.boolean().nullable(),
  check: z
    .object({
      seq: z.number().int(),
      at: time,
      by: z.string(),
      verdict: z.enum(['passed', 'failed']),
      note: z.string().optional(),
    })
    .nullable(),
  expiries: list(
    z.object({
      item: z.string().optional(),
      lastDay: z.string().meta({ description: 'The last day on which it is good', example: '2027-05-31' }),
      from: z.enum(['record', 'facts']),
    }),
  ),
  unregistered: z.boolean(),
})
