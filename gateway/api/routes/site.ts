import { z } from 'zod'
import { notFound } from '../problem.ts'
import { route } from '../route.ts'
import { id, idParams, page, problem, wireEquipment, wirePoint, wireSite } from '../shapes.ts'

const tag = 'Site'
const may = 'see'

const site = route({
  method: 'GET',
  url: '/api/v1/site',
  may,
  summary: 'The facility: areas, equipment with points, clauses',
  tag,
  answer: wireSite,
  act: ({ views }) => views.site(),
})

const equipmentList = route({
  method: 'GET',
  url: '/api/v1/equipment',
  may,
  summary: 'All equipment with its points and their latest words',
  tag,
  query: z.object({ area: id.optional() }),
  answer: page(wireEquipment),
  act({ house, views, query }) {
    const states = views.states()
    const wanted = house.site.equipment.filter(({ area }) => query.area === undefined || area === query.area)
    return { items: wanted.map(equipment => views.wireEquipment(equipment, states)), next: null }
  },
})

const equipment = route({
  method: 'GET',
  url: '/api/v1/equipment/:id',
  may,
  summary: 'One piece of equipment',
  tag,
  params: idParams,
  answer: wireEquipment,
  answers: { 404: problem },
  act({ views, params }) {
    const found = views.equipment(params.id)
    if (found === undefined) throw notFound({ zh: `没有设备 ${params.id}`, en: `No equipment ${params.id}` })
    return views.wireEquipment(found)
  },
})

const points = route({
  method: 'GET',
  url: '/api/v1/points',
  may,
  summary: 'All points with their latest words',
  tag,
  query: z.object({ equipment: id.optional() }),
  answer: page(wirePoint),
  act({ house, views, query }) {
    const states = views.states()
    const wanted = house.site.points.filter(point => query.equipment === undefined || point.equipment === query.equipment)
    return { items: wanted.map(point => views.wirePoint(point, states)), next: null }
  },
})

const point = route({
  method: 'GET',
  url: '/api/v1/points/:id',
  may,
  summary: 'One point',
  tag,
  params: idParams,
  answer: wirePoint,
  answers: { 404: problem },
  act({ views, params }) {
    const found = views.point(params.id)
    if (found === undefined) throw notFound({ zh: `没有测点 ${params.id}`, en: `No point ${params.id}` })
    return views.wirePoint(found)
  },
})

export const siteRoutes = [site, equipmentList, equipment, points, point]
