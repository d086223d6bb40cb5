import { z } from 'zod'
import type { Instant } from '../../../protocols/contract/time.ts'
import { route } from '../route.ts'
import { list, time as moment } from '../shapes.ts'

const outside = z.object({
  id: z.string(),
  kind: z.string(),
  url: z.string(),
  state: z.enum(['well', 'telling', 'behind']),
  why: z.string().nullable().meta({ description: 'What the other side said last, where it did not take the readings' }),
  rows: z.number().meta({ description: 'Readings that wait on disk' }),
  bytes: z.number(),
  budget: z.number().meta({ description: 'Bytes that may wait' }),
  oldest: moment.nullable().meta({ description: 'When the oldest of them came' }),
  holdsHours: z.number().nullable().meta({ description: 'How long the budget lasts at the rate of the last day' }),
  leftHours: z.number().nullable().meta({ description: 'How long what is left of it lasts' }),
  refused: z.number().meta({ description: 'Readings the other side did not take, ever; they are kept aside' }),
  refills: z.number().meta({ description: 'Times that are still to be sent again from the history' }),
})

const states = route({
  method: 'GET',
  url: '/api/v1/outside',
  may: 'see',
  summary: 'Outside historians: whether they are told of everything, and how much waits for them',
  tag: 'System',
  answer: z.object({ items: list(outside) }),
  async act({ house, time }) {
    const found = await house.keeping.outside.states()
    return {
      items: found.map(({ oldest, holds, left, why, ...one }) => ({
        ...one,
        why: why ?? null,
        oldest: oldest === undefined ? null : time(oldest as Instant),
        holdsHours: holds ?? null,
        leftHours: left ?? null,
      })),
    }
  },
})

export const outsideRoutes = [states]
