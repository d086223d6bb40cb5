import { deliveryPeriods } from '../delivery/settings.ts'
import { outsideKinds, outsideUses, usualBackfill } from '../outside/settings.ts'
import { recordKinds } from '../retention/settings.ts'
import { deliveredFormats, deliveredKinds } from './logs.ts'

const closed = (properties: object, required?: readonly string[]): object => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...(required && { required }),
})
const oneOrMore = (item: object): object => ({ anyOf: [item, { type: 'array', items: item, minItems: 1 }] })
const duration = { $ref: '#/definitions/duration' }
const text = { type: 'string', minLength: 1 }
const schedule = {
  ...text,
  description: 'daily · weekly · monthly · 分 时 日 月 星期 (minute hour day month weekday): 0 3 * * *',
}
const kept = { type: 'string', pattern: '^(\\d+(y|d)|forever)$', description: '3y · 400d · forever' }

const place = { anyOf: [closed({ folder: text }, ['folder']), closed({ url: text, token: text }, ['url'])] }

/** What the site keeps longer than its packs ask. */
export const retentionSchema = (): object =>
  closed({
    budget: { type: 'string', pattern: '^\\d+(\\.\\d+)?\\s*[KMGT]i?B$', description: '20GiB', default: '20GiB' },
    readings: kept,
    remove: { type: 'boolean', default: true },
    ...Object.fromEntries(recordKinds.map(kind => [kind, kept])),
  })

/** Backups that are made by themselves. */
export const backupSchema = (): object =>
  closed({
    at: schedule,
    folder: text,
    keep: { type: 'integer', minimum: 1, maximum: 1_000, default: 14 },
    passphrase: { ...text, description: '${BACKUP_PASSPHRASE}' },
    copies: {
      type: 'array',
      items: place,
    },
    copy: { ...duration, default: '7d' },
    verify: { ...duration, default: '30d' },
  })

/** How the records are sealed and signed, and where signed heads go. */
export const evidenceSchema = (): object =>
  closed({
    every: { ...duration, default: '1h' },
    copies: { type: 'array', items: place },
    timestamp: closed({ url: text }, ['url']),
  })

/** An outside historian. */
export const outsideSchema = (): object =>
  closed(
    {
      kind: { enum: outsideKinds },
      url: { ...text, description: 'http://10.0.0.5:8086' },
      token: { ...text, description: '${INFLUX_TOKEN}' },
      org: text,
      bucket: text,
      keep: { enum: outsideUses, default: 'mirror' },
      budget: { type: 'string', pattern: '^\\d+(\\.\\d+)?\\s*[MGT]i?B$', description: '2GiB', default: '2GiB' },
      backfill: { type: 'string', pattern: '^\\d+\\s*/\\s*s$', description: '5000/s', default: `${usualBackfill}/s` },
    },
    ['kind', 'url'],
  )

/** A log that is delivered by itself. */
export const deliverySchema = (): object =>
  closed(
    {
      kinds: oneOrMore({ enum: deliveredKinds }),
      every: schedule,
      period: { enum: deliveryPeriods },
      equipment: oneOrMore(text),
      area: oneOrMore(text),
      format: oneOrMore({ enum: deliveredFormats }),
      language: { enum: ['zh', 'en'], default: 'zh' },
      to: oneOrMore(text),
      channel: text,
      folder: text,
    },
    ['kinds', 'every'],
  )
