import { z } from 'zod'
import { list, said, time } from './shapes.ts'

export const fieldValues = z.record(
  z.string().regex(/^[A-Za-z]\w{0,39}$/),
  z.union([z.string().max(2_000), z.number(), z.boolean()]),
)
export const photoNames = z.array(z.string().max(100)).max(4).default([])
/** Chosen by the sender: what is sent again under the same key is recorded once. */
export const keyOf = z
  .string()
  .regex(/^[\w-]{8,64}$/)
  .optional()
  .meta({ description: 'Chosen by the sender, such as a UUID: what is sent again under the same key is recorded once' })
export const password = z.string().min(1).max(1_024)
export const proofs = {
  password: password.optional().meta({ description: 'Of who asks: the signature' }),
  second: z.object({ username: z.string().min(1).max(64), password }).optional(),
}

const holds = z.enum(['number', 'text', 'choice', 'day', 'flag', 'point'])
const wireField = z.object({
  key: z.string(),
  name: said,
  hint: said.optional(),
  need: z.enum(['always', 'form', 'may']),
  holds,
  unit: z.string().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  decimals: z.number().optional(),
  longest: z.number().optional(),
  isLong: z.boolean().optional(),
  choices: list(z.object({ value: z.string(), name: said })).optional(),
})
export const wireRecordKind = z.object({
  kind: z.string(),
  name: said,
  icon: z.string(),
  verdicts: z.object({ passed: said, failed: said }).optional(),
  signs: said.optional(),
  fields: list(wireField),
  equipment: list(z.string()),
})

const saidRecord = z.object({ at: time, verdict: z.enum(['passed', 'failed']), fields: fieldValues.readonly() })
const witness = z.object({ by: z.string(), name: z.string(), at: time })
export const wireRecord = saidRecord.extend({
  seq: z.number(),
  kind: z.string(),
  equipment: z.string(),
  by: z.string(),
  byName: z.string().optional(),
  enteredAt: time,
  leaf: z.string(),
  photos: list(z.string()),
  reckoned: z.record(z.string(), z.unknown()).readonly().optional(),
  signed: witness.extend({ meaning: said }).optional(),
  second: witness.optional(),
  corrections: list(
    z.object({
      seq: z.number(),
      by: z.string(),
      byName: z.string().optional(),
      at: time,
      reason: z.string(),
      before: saidRecord,
    }),
  ),
  mayCorrect: z.boolean(),
})

const wireLevel = z.object({
  point: z.string(),
  value: z.number().nullable(),
  at: time.nullable(),
  quality: z.enum(['good', 'uncertain', 'bad', 'stale', 'none']),
  usable: z.boolean(),
})
export const wireTank = z.object({
  equipment: z.string(),
  name: said,
  capacity: z.number().optional(),
  volume: wireLevel.nullable(),
  residual: wireLevel.nullable(),
  target: z.number(),
  demand: z.number(),
  most: z.number(),
  last: z
    .object({
      at: time,
      grams: z.number(),
      product: z.string().optional(),
      by: z.string().optional(),
      seq: z.number().optional(),
    })
    .nullable(),
  due: z.object({ at: time, state: z.enum(['missed', 'soon', 'open', 'not-now']), clause: z.string() }).nullable(),
  batches: list(
    z.object({
      product: z.string(),
      productName: said.optional(),
      batch: z.string().optional(),
      strength: z.number(),
      strengthNow: z.number(),
      madeOn: z.string().optional(),
      lossPerMonth: z.number(),
      retest: z.boolean(),
      from: z.enum(['facts', 'record']),
    }),
  ),
  contact: z
    .object({
      seq: z.number(),
      state: z.enum(['waiting', 'measure', 'safe', 'unsafe']),
      until: time,
      residual: z.number().optional(),
      at: time.optional(),
    })
    .nullable(),
})
export const wireDosedTank = wireTank.extend({
  area: z.string(),
  every: z.number().nullable().meta({ description: 'Milliseconds between two dosings at most' }),
  history: list(
    z.object({
      seq: z.number(),
      at: time,
      from: z.enum(['person', 'pump']),
      grams: z.number(),
      product: z.string().optional(),
      by: z.string().optional(),
      signed: z.boolean(),
      verdict: z.enum(['passed', 'failed', 'unknown']),
      why: said.optional(),
      required: z.number().nullable(),
      before: z.number().nullable(),
      after: z.object({ at: time, value: z.number() }).nullable(),
    }),
  ),
})
export const wireAdvisedDose = z.object({
  grams: z.number(),
  required: z.number(),
  how: said,
  strength: z.number(),
  peak: z.number(),
  secondPerson: z.boolean(),
  notes: list(said),
  volume: z.number(),
  volumeFrom: z.enum(['sensor', 'typed']),
  residual: z.number().nullable(),
  residualFrom: z.enum(['sensor', 'typed', 'unknown']),
  target: z.number(),
  demand: z.number(),
})
