/** A point in time, in milliseconds since 1970-01-01T00:00Z. In the domain (readings, rules, alarms) it is always event time. */
export type Instant = number & { readonly __unit: 'instant in ms' }

/** A length of time in milliseconds. A bare number is never a time. */
export type Millis = number & { readonly __unit: 'duration in ms' }

export const instant = (ms: number): Instant => ms as Instant
export const millis = (n: number): Millis => n as Millis
export const seconds = (n: number): Millis => (n * 1_000) as Millis
export const minutes = (n: number): Millis => (n * 60_000) as Millis
export const hours = (n: number): Millis => (n * 3_600_000) as Millis
export const days = (n: number): Millis => (n * 86_400_000) as Millis

export const after = (at: Instant, by: Millis): Instant => (at + by) as Instant
export const between = (from: Instant, to: Instant): Millis => (to - from) as Millis
export const later = (a: Instant, b: Instant): Instant => (a > b ? a : b)

/** What the clocks of a place show. */
export interface WallTime {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}
/** The time of day where the equipment stands: some equipment tells it without a zone, and people say by it when something is to be read. */
export interface Zone {
  shows(at: Instant): WallTime
  /** The instant at which the clocks show it; for a day or an hour beyond its end, the carried one (the 32nd is the 1st of the next month). */
  instantOf(time: WallTime): Instant
}

/** Cancels what `Clock.after` scheduled; harmless when it has already run. */
export type Cancel = () => void

/**
 * The only way to the time. The gateway has two: the *domain* clock, which readings, rules and polls live by (the demo runs it
 * faster than real time), and the *wall* clock for sockets, back-off and security. Tests replace both.
 */
export interface Clock {
  now(): Instant
  /** Runs `act` once, `delay` later on this clock. A negative delay counts as none. */
  after(delay: Millis, act: () => void): Cancel
}
