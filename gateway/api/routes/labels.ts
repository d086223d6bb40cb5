import { z } from 'zod'
import { drawQr } from '../../rounds/qr.ts'
import { fromCursor, toCursor } from '../cursor.ts'
import { addressOf, printedFrom } from '../label.ts'
import { route } from '../route.ts'
import { cursor, id, limit, page, said } from '../shapes.ts'
import type { WireLabel } from '../wire-labels.ts'

const labels = route({
  method: 'GET',
  url: '/api/v1/labels',
  // No secret is in them, unlike in those of check-points: they say which equipment it is and nothing of who was there.
  may: 'see',
  summary:
    'Labels of the equipment with their QR codes, to print and put up; `origin` is the address of links where the site has none',
  tag: 'Site',
  // Few at a time: each drawing takes the gateway a millisecond or two, and readings must not wait for paper.
  query: printedFrom.extend({ equipment: id.optional(), area: id.optional(), limit: limit(24, 60), cursor }),
  answer: page(
    z.object({
      equipment: z.string(),
      name: said,
      areaName: said,
      holds: z.string(),
      qr: z.object({ size: z.number(), path: z.string() }),
    }),
  ),
  act({ house, query }) {
    const { site } = house
    const base = addressOf(house, query)
    const wanted = site.areas
      .filter(({ id: area }) => query.area === undefined || area === query.area)
      .flatMap(area => site.equipment.filter(one => one.area === area.id).map(one => ({ one, areaName: area.name })))
      .filter(({ one }) => query.equipment === undefined || one.id === query.equipment)
    const from = query.cursor === undefined ? 0 : Math.max(0, fromCursor(query.cursor))
    const items = wanted.slice(from, from + query.limit).map(({ one, areaName }): WireLabel => {
      const holds = base === undefined ? `${site.id}/${one.id}` : `${base}/e/${site.id}/${one.id}`
      return { equipment: one.id, name: one.name, areaName, holds, qr: drawQr(holds) }
    })
    const after = from + items.length
    return { items, next: after < wanted.length ? toCursor(after) : null }
  },
})

export const labelRoutes = [labels]
