import { z } from 'zod'
import { wireConnection as shapeOfConnection, wireLine as shapeOfLine } from '../line-shapes.ts'
import { wireConnection, wireLine } from '../line-views.ts'
import { notFound } from '../problem.ts'
import { route } from '../route.ts'
import { idParams, list, problem } from '../shapes.ts'

const tag = 'Connections'

const all = route({
  method: 'GET',
  url: '/api/v1/connections',
  may: 'see',
  summary: 'The connections: up or down since when and why, how busy, which devices are silent',
  tag,
  answer: z.object({ items: list(shapeOfConnection), next: z.null() }),
  act: ({ house, time }) => ({
    items: house.site.connections.map(connection => wireConnection(connection, house, time)),
    next: null,
  }),
})

const one = route({
  method: 'GET',
  url: '/api/v1/connections/:id',
  may: 'read-journal',
  summary: 'The polling doctor: round trips, time-outs, refusals, what was learned, the last frames, what to try',
  tag,
  params: idParams,
  answer: shapeOfLine,
  answers: { 404: problem },
  act({ house, params, time }) {
    const found = house.site.connections.find(({ id }) => id === params.id)
    if (!found) throw notFound({ zh: `没有连接 ${params.id}`, en: `No connection ${params.id}` })
    return wireLine(found, house, house.commissioning.protocols, time)
  },
})

export const connectionRoutes = [all, one]
