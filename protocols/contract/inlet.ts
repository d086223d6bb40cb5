import type { Words } from './driver.ts'
import type { Reading } from './reading.ts'
import type { Instant } from './time.ts'

/** How a sender names a value: by the point itself, or as one field of a series (InfluxDB line protocol). */
export type Named = { readonly by: 'point'; readonly point: string } | Series
export interface Series {
  readonly by: 'series'
  readonly measurement: string
  readonly tags: ReadonlyMap<string, string>
  readonly field: string
}

/** One value that somebody sent to the gateway's own address. */
export interface Sent {
  readonly named: Named
  readonly value: number | boolean | string | null
  /** The sender's own time for it. Absent: it counts from when it arrived. */
  readonly at?: Instant
}

/** Why a value is not taken: `not-admitted` is said of who sends it, the others of what is sent. */
export const inletRefusals = ['not-admitted', 'too-old', 'too-new', 'no-number'] as const
export type InletRefusal = (typeof inletRefusals)[number]
export type Taken =
  { readonly ok: true; readonly reading: Reading } | { readonly ok: false; readonly why: InletRefusal; readonly wrong: Words }

/** What came of one request, for those who look at the line. */
export interface Came {
  readonly sender: string
  readonly taken: readonly { readonly sent: Sent; readonly reading: Reading }[]
  readonly refused: readonly { readonly sent: Sent; readonly why: InletRefusal }[]
  /** What none of the site's points is bound to. */
  readonly strangers: readonly Sent[]
  /** Lines that could not be read. */
  readonly unreadable: number
}

/** The side of a driver to which things are sent: it says what they mean, and whoever received them has them written down. */
export interface Inlet {
  /** Series that no point is bound to: refused in words, or passed over in silence. */
  readonly unknown: 'refuse' | 'ignore'
  admits(sender: string): boolean
  /** What one value means here; `undefined` where no point of this connection is meant. */
  take(sent: Sent, sender: string, now: Instant): Taken | undefined
  /** What came of a request, once it is on disk. */
  note(came: Came): void
}
