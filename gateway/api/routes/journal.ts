import { z } from 'zod'
import { fromCursor, toCursor } from '../cursor.ts'
import { wireEntry } from '../http-views.ts'
import { route } from '../route.ts'
import { cursor, id, limit, page, problem, wireEntry as shape, when } from '../shapes.ts'

const journal = route({
  method: 'GET',
  url: '/api/v1/journal',
  may: 'read-journal',
  summary: 'Everything that happened, newest first unless `order=oldest`; `seq` is the position a proof speaks of',
  tag: 'Journal',
  query: z.object({
    kinds: z.string().max(500).optional().meta({ description: 'Kinds with commas between: alarm.raised,account.signed-in' }),
    about: id.optional(),
    from: when.optional(),
    to: when.optional(),
    order: z.enum(['newest', 'oldest']).default('newest'),
    limit: limit(100, 1_000),
    cursor,
  }),
  answer: page(shape),
  answers: { 400: problem },
  async act({ house, query }) {
    const kinds = query.kinds?.split(',').map(kind => kind.trim())
    const { entries, next } = await house.store.journal.page({
      limit: query.limit,
      newestFirst: query.order === 'newest',
      ...(kinds === undefined ? {} : { kinds }),
      ...(query.about === undefined ? {} : { about: query.about }),
      ...(query.from === undefined ? {} : { from: query.from }),
      ...(query.to === undefined ? {} : { to: query.to }),
      ...(query.cursor === undefined ? {} : { after: fromCursor(query.cursor) }),
    })
    return {
      items: entries.map(entry => wireEntry(entry, house.site.timeZone)),
      next: next === undefined ? null : toCursor(next),
    }
  },
})

export const journalRoutes = [journal]
