/** The period a delivered log is about, seen from the day it is made. */
export const deliveryPeriods = ['yesterday', 'last-week', 'last-month', 'last-quarter', 'last-year'] as const
export type DeliveryPeriod = (typeof deliveryPeriods)[number]

/** A log that is delivered by itself; the site file's `logs:` block. Kinds and formats are those of `gateway/report`. */
export interface DeliverySettings {
  readonly id: string
  readonly kinds: readonly string[]
  /** A cron pattern in the site's time zone. */
  readonly every: string
  readonly period: DeliveryPeriod
  /** Ids; empty: all. */
  readonly equipment: readonly string[]
  readonly areas: readonly string[]
  readonly formats: readonly string[]
  readonly language: 'zh' | 'en'
  /** Mail addresses, and people of the site file by id. */
  readonly to: readonly string[]
  /** The smtp channel it is mailed by; `undefined` where nobody is mailed. */
  readonly channel: string | undefined
  readonly folder: string | undefined
}
