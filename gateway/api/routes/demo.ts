import { z } from 'zod'
import type { Demo, House } from '../house.ts'
import { note } from '../note.ts'
import { notFound } from '../problem.ts'
import { Answer, route } from '../route.ts'
import type { Call } from '../route.ts'
import { id, list, problem, said } from '../shapes.ts'

const tag = 'Demo'
const fault = z.object({ fault: z.string(), name: said, active: z.boolean() })
const which = z.object({ equipment: id, fault: id })
const pace = z.object({ speed: z.number().min(1).max(3_600) })

const faults = route({
  method: 'GET',
  url: '/api/v1/demo/faults',
  may: 'see',
  summary: 'What the simulated equipment can suffer, and does',
  tag,
  answer: z.object({ speed: z.number(), items: list(z.object({ equipment: z.string(), faults: list(fault) })) }),
  answers: { 404: problem },
  act({ house }) {
    const groups = Map.groupBy(demoOf(house).faults(), ({ equipment }) => equipment)
    const items = [...groups].map(([equipment, of]) => ({
      equipment,
      faults: of.map(({ fault: kind, name, active }) => ({ fault: kind, name, active })),
    }))
    return { speed: house.clock.speed, items }
  },
})

const inject = route({
  method: 'POST',
  url: '/api/v1/demo/faults',
  may: 'run-demo',
  summary: 'Make the simulated equipment suffer a fault',
  tag,
  body: which,
  answers: { 204: null, 404: problem },
  act: call => setFault(call, true),
})

const mend = route({
  method: 'DELETE',
  url: '/api/v1/demo/faults',
  may: 'run-demo',
  summary: 'End a fault',
  tag,
  body: which,
  answers: { 204: null, 404: problem },
  act: call => setFault(call, false),
})

const speed = route({
  method: 'GET',
  url: '/api/v1/demo/speed',
  may: 'see',
  summary: 'How many times faster than real time the demo runs',
  tag,
  answer: pace,
  answers: { 404: problem },
  act({ house }) {
    demoOf(house)
    return { speed: house.clock.speed }
  },
})

const setSpeed = route({
  method: 'PUT',
  url: '/api/v1/demo/speed',
  may: 'run-demo',
  summary: 'Set it; 1 is real time',
  tag,
  body: pace,
  answer: pace,
  answers: { 404: problem },
  async act({ house, body, who }) {
    await demoOf(house).setSpeed(body.speed)
    await note(house, { kind: 'demo.speed-set', by: who?.name ?? '', data: { speed: body.speed } })
    return { speed: house.clock.speed }
  },
})

async function setFault({ house, body, who }: Call<unknown, unknown, z.output<typeof which>>, on: boolean): Promise<Answer> {
  const { equipment, fault: kind } = body
  if ((await demoOf(house).setFault(equipment, kind, on)) === 'no-such-fault') {
    throw notFound({ zh: `${equipment} 没有故障 ${kind}`, en: `${equipment} has no fault ${kind}` })
  }
  await note(house, { kind: on ? 'fault.injected' : 'fault.ended', by: who?.name ?? '', about: equipment, data: { fault: kind } })
  return new Answer(204)
}

function demoOf({ demo }: House): Demo {
  if (demo === undefined) throw notFound({ zh: '这不是演示站点。', en: 'This is not the demo.' })
  return demo
}

export const demoRoutes = [faults, inject, mend, speed, setSpeed]
