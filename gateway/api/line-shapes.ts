import { z } from 'zod'
import { list, said, time } from './shapes.ts'

/** The shapes of `wire-lines.ts`; that they agree is checked by the compiler, since routes return the wire's types. */
const settings = z.record(z.string(), z.unknown())
const fault = z.object({ code: z.string(), detail: z.string(), tryThis: said })
const count = z.number()

const connection = {
  id: z.string(),
  protocol: z.string(),
  address: z.string().meta({ description: 'Where it leads, without any secret' }),
  up: z.boolean().nullable(),
  since: time.nullable(),
  fault: fault.nullable(),
  points: count,
  equipment: list(z.string()),
  bad: count.meta({ description: 'Points whose last word is bad' }),
  busy: z.number().nullable().meta({ description: '0 to 1 over the last minutes' }),
  sweeps: z.object({ every: z.number(), last: z.number().nullable(), done: count, missed: count }).nullable(),
  silent: list(z.string()).meta({ description: 'Devices that are left alone at the moment' }),
  polled: z.boolean(),
}
export const wireConnection = z.object(connection)

const device = z.object({
  device: z.string(),
  asked: count,
  answered: count,
  timeouts: count,
  garbled: count,
  refusals: list(z.object({ what: z.string(), count })),
  roundTrip: z.object({ median: z.number(), worst: z.number() }).nullable(),
  silent: z.object({ since: time, againIn: z.number(), why: fault }).nullable(),
  reads: list(z.object({ request: z.string(), points: list(z.string()), bytes: z.number() })),
  learned: list(said),
  advice: list(said),
})
const frame = z.object({
  at: time,
  device: z.string(),
  way: z.enum(['sent', 'heard']),
  hex: z.string(),
  note: z.string().nullable(),
})
export const wireLine = z.object({
  ...connection,
  report: z.object({ since: time, devices: list(device), frames: list(frame) }).nullable(),
  plan: z
    .object({
      requests: count,
      bytesPerSweep: z.number(),
      everySeconds: z.number().nullable(),
      serial: z
        .object({
          baud: z.number(),
          format: z.string(),
          known: z.boolean(),
          secondsPerSweep: z.number(),
          busLoad: z.number().nullable(),
          secondsWithOneSilent: z.number().nullable(),
        })
        .nullable(),
    })
    .nullable(),
  values: list(
    z.object({
      point: z.string(),
      equipment: z.string(),
      name: said,
      unit: z.string(),
      decimals: z.number(),
      value: z.number().nullable(),
      label: said.nullable(),
      fault: fault.nullable(),
    }),
  ),
})

const change = list(z.object({ point: z.string(), settings }))
const modelPoint = z.object({ key: z.string(), name: said, unit: z.string() })
export const wireGround = z.object({
  protocols: list(z.object({ kind: z.string(), connection: settings, device: settings, point: settings })),
  types: list(
    z.object({
      type: z.string(),
      name: said,
      icon: z.string(),
      main: z.string(),
      points: list(modelPoint.extend({ kind: z.string() })),
    }),
  ),
  models: list(
    z.object({
      id: z.string(),
      name: said,
      maker: z.string(),
      protocol: z.string(),
      types: list(z.string()),
      verified: z.boolean(),
      points: list(modelPoint),
      note: said.nullable(),
      link: z.object({ baud: z.number().optional(), format: z.string().optional(), unit: z.number().optional() }),
      batches: list(z.object({ look: said, change, device: settings, link: settings })),
    }),
  ),
  equipment: list(z.string()),
})

export const wireScan = z.object({
  id: z.string(),
  line: z.string(),
  begunAt: time,
  endedAt: time.nullable(),
  ended: z.enum(['complete', 'stopped', 'left-alone', 'enough', 'trouble']).nullable(),
  progress: z.object({ done: count, of: count }).nullable(),
  trouble: fault.nullable(),
  found: list(
    z.object({
      device: settings,
      name: z.string(),
      models: list(z.string()),
      note: said.nullable(),
      points: list(
        z.object({
          name: z.string(),
          settings,
          value: z.union([z.number(), z.string()]).nullable(),
          unit: z.string().nullable(),
          raw: z.string().nullable(),
        }),
      ),
      draft: z.object({
        id: z.string(),
        type: z.string(),
        model: z.string().nullable(),
        points: z.record(z.string(), settings),
      }),
      known: z.string().nullable(),
    }),
  ),
})

const problem = z.object({ path: z.string(), wrong: said, write: said })
export const trialProblems = list(problem).meta({ description: 'What is wrong, by its place: `connection.host`, `device.unit`' })
export const wireTried = z.object({
  points: list(
    z.object({
      key: z.string(),
      name: said,
      unit: z.string(),
      decimals: z.number(),
      settings,
      value: z.number().nullable(),
      label: said.nullable(),
      quality: z.enum(['good', 'bad']),
      fault: fault.nullable(),
      raw: z.string(),
      roundTripMs: z.number(),
      range: z.object({ min: z.number(), max: z.number() }),
    }),
  ),
  hints: list(
    z.object({
      code: z.string(),
      points: list(z.string()),
      say: said,
      change,
      device: settings,
      gives: list(z.object({ point: z.string(), value: z.number() })),
    }),
  ),
})
