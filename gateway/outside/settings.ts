export const outsideKinds = ['influxdb', 'victoriametrics'] as const
export type OutsideKind = (typeof outsideKinds)[number]

/** `mirror`: it is told everything. `archive`: it is also asked for readings that are here no more. */
export const outsideUses = ['mirror', 'archive'] as const
export type OutsideUse = (typeof outsideUses)[number]

/** An outside historian that readings are handed on to; the site file's `historian:` names them. */
export interface OutsideSettings {
  readonly id: string
  readonly kind: OutsideKind
  /** Without a slash at the end. */
  readonly url: string
  readonly token?: string
  /** InfluxDB only; VictoriaMetrics has neither. */
  readonly org: string
  readonly bucket: string
  readonly keep: OutsideUse
  /** Bytes of readings that may wait on disk. */
  readonly budget: number
  /** Readings a second, of those that are sent long after they came: the other side is not to be flooded. */
  readonly backfill: number
}

export const usualBudget = 2 * 1024 ** 3
export const usualBackfill = 5_000
