import { z } from 'zod'
import { coverageOf } from '../coverage.ts'
import { wireCoveredClause } from '../coverage-shapes.ts'
import { route } from '../route.ts'
import { commas, id, page } from '../shapes.ts'

const coverage = route({
  method: 'GET',
  url: '/api/v1/coverage',
  may: 'see',
  summary: 'Every clause of every policy: what watches it here, its last verdict, and why nothing watches where nothing does',
  tag: 'Policies',
  query: z.object({ policy: id.optional(), standing: commas('breached', 'unknown', 'kept', 'unwatched').optional() }),
  answer: page(wireCoveredClause),
  act({ house, query, time }) {
    const items = coverageOf(house, time).filter(
      ({ policy, standing }) =>
        (query.policy === undefined || query.policy === policy.id) && (query.standing?.includes(standing) ?? true),
    )
    return { items, next: null }
  },
})

export const coverageRoutes = [coverage]
