import { gaugesOf } from '../gauges.ts'
import { wireGauge } from '../gauge-shapes.ts'
import { namesOf } from '../record-views.ts'
import { route } from '../route.ts'
import { page } from '../shapes.ts'

const gauges = route({
  method: 'GET',
  url: '/api/v1/gauges',
  may: 'read-logs',
  summary: 'Extinguishers and hydrants: where the needle stands, who looked at them last, and until when they are good',
  tag: 'Records',
  answer: page(wireGauge),
  async act(call) {
    return { items: await gaugesOf(call, await namesOf(call)), next: null }
  },
})

export const gaugeRoutes = [gauges]
