import { z } from 'zod'
import { notFound } from '../problem.ts'
import { route } from '../route.ts'
import { list, problem, said, time as when } from '../shapes.ts'
import type { WireOpcuaServer } from '../wire-opcua-server.ts'

const count = z.number()
const shape = z.object({
  state: z.enum(['starting', 'serving', 'down']),
  since: when,
  address: z.string().nullable().meta({ description: 'What a client dials' }),
  fingerprint: z.string().nullable().meta({ description: 'SHA-256 of its certificate' }),
  trouble: z.string().nullable().meta({ description: 'Why it does not serve' }),
  sessions: count.meta({ description: 'Signed in now' }),
  refusedLogins: count,
  refusedWrites: count,
  refusedCalls: count,
  turnedAway: count.meta({ description: 'Connections that were shown out without anybody having signed in' }),
  restarts: count,
  visits: list(
    z.object({
      at: when,
      account: z.string(),
      from: z.string(),
      outcome: z.enum(['entered', 'wrong-password', 'waiting', 'busy']),
    }),
  ),
  advice: list(said),
})

const look = route({
  method: 'GET',
  url: '/api/v1/opcua-server',
  may: 'read-journal',
  summary: 'The read-only OPC UA server for SCADAs: whether it serves, its fingerprint, who came, what was refused',
  tag: 'Connections',
  answer: shape,
  answers: { 404: problem },
  act({ house, time }): WireOpcuaServer {
    const report = house.opcuaServer?.()
    if (!report) throw notFound({ zh: '现场文件里没有 opcuaServer', en: 'The site file has no opcuaServer' })
    const { state, since, address = null, fingerprint, trouble = null, counts, visits, advice } = report
    return {
      state,
      since: time(since),
      address,
      fingerprint: fingerprint?.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:') ?? null,
      trouble,
      ...counts,
      visits: visits.map(({ at, ...visit }) => ({ at: time(at), ...visit })),
      advice,
    }
  },
})

export const opcuaServerRoutes = [look]
