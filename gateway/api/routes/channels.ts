import { z } from 'zod'
import { notFound } from '../problem.ts'
import { Answer, route } from '../route.ts'
import { list, problem, said, time } from '../shapes.ts'

const channel = z.object({
  id: z.string(),
  kind: z.string(),
  name: said,
  state: z.enum(['working', 'failing', 'idle']),
  since: time,
  lastDeliveredAt: time.nullable(),
  waiting: z.number(),
  why: z.string().optional(),
})

const channels = route({
  method: 'GET',
  url: '/api/v1/channels',
  may: 'see',
  summary: 'The ways to people, and whether they work',
  tag: 'Channels',
  answer: z.object({ items: list(channel), next: z.null() }),
  act: ({ house, time: iso }) => ({
    items: house.channels().map(({ prepared, state, since, lastDeliveredAt, waiting, why }) => ({
      id: prepared.id,
      kind: prepared.kind,
      name: prepared.name ?? { zh: prepared.id, en: prepared.id },
      state,
      since: iso(since),
      lastDeliveredAt: lastDeliveredAt === undefined ? null : iso(lastDeliveredAt),
      waiting,
      ...(why === undefined ? {} : { why }),
    })),
    next: null,
  }),
})

const trial = route({
  method: 'POST',
  url: '/api/v1/channels/:id/trial',
  may: 'administer',
  summary: 'Send one person a message by this channel alone, to see whether it arrives; what became of it is in the journal',
  tag: 'Channels',
  params: z.object({ id: z.string().min(1).max(200) }),
  body: z.object({ person: z.string().min(1).max(200) }),
  answers: { 202: z.object({ notice: z.string() }), 400: problem, 404: problem, 503: problem },
  async act({ house, params: { id }, body, who }) {
    if (!house.channels().some(({ prepared }) => prepared.id === id))
      throw notFound({ zh: `没有渠道 ${id}`, en: `No channel ${id}` })
    if (!house.duty.duty.people.has(body.person))
      throw notFound({ zh: `没有人员 ${body.person}`, en: `No person ${body.person}` })
    const notice = await house.act(at => house.notices.trial(id, body.person, who?.name ?? '', at))
    return new Answer(202, { notice })
  },
})

export const channelRoutes = [channels, trial]
