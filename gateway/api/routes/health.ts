import { z } from 'zod'
import { Answer, route } from '../route.ts'
import { metricsText } from '../metrics.ts'
import { list } from '../shapes.ts'

const tag = 'Health'

const alive = route({
  method: 'GET',
  url: '/healthz',
  may: 'anyone',
  summary: 'Alive',
  tag,
  answer: z.object({ status: z.literal('alive') }),
  act: () => ({ status: 'alive' as const }),
})

const readiness = z.object({ ready: z.boolean(), reasons: list(z.string()) })
const ready = route({
  method: 'GET',
  url: '/readyz',
  may: 'anyone',
  summary: 'Whether it is polling, evaluating and storing; else 503 with the reasons',
  tag,
  answer: readiness,
  answers: { 503: readiness },
  act({ house }) {
    const reasons = house.notReady()
    return reasons.length === 0 ? { ready: true, reasons } : new Answer(503, { ready: false, reasons })
  },
})

const metrics = route({
  method: 'GET',
  url: '/metrics',
  may: 'see-or-local',
  summary: 'Prometheus metrics; without sign-in from this machine only',
  tag,
  answers: { 200: z.string() },
  async act({ house, figures }) {
    return new Answer(200, metricsText(house, figures(), await house.store.stats()), {
      type: 'text/plain; version=0.0.4; charset=utf-8',
    })
  },
})

export const healthRoutes = [alive, ready, metrics]
