import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Clock, Millis } from '../contract/time.ts'
import type { Session } from '../kit/link.ts'
import type { FrameLog } from './frame-log.ts'
import type { Judged, Span } from './frame.ts'
import type { OwedAnswers } from './owed.ts'

export interface Reply {
  readonly judged: Judged
  /** From the request to the last byte of its answer, real time. */
  readonly roundTripMs: number
  /** It was asked more than once, because an answer was lost. */
  readonly repeated?: boolean
}

export interface Patience {
  /** For one request, real time; on a serial port without what the bytes themselves take. */
  readonly timeout: Millis
  /** Rest of the line before the request. */
  readonly pause: Millis
}

/** One request in flight at a time: cheap devices and serial servers know no more. */
export interface ModbusSession extends Session {
  /** False once an answer might belong to something else: the connection must be made anew before the next read. */
  readonly trusted: boolean
  read(span: Span, patience: Patience): Promise<Reply>
}

export interface SessionParts {
  readonly wall: Clock
  readonly frames: FrameLog
  /** What the line owes from the session before, and from others who use it. Absent: nothing. */
  readonly owed?: OwedAnswers
}

export const notAnswered = (why: Fault): Judged => ({ kind: 'fault', fault: why })
export const closed = notAnswered(fault('disconnected', 'The connection is closed.'))
