/** How the read-only OPC UA server for SCADAs does. Times are ISO 8601 with offset. */
import type { Said } from './wire.ts'

/** `GET /api/v1/opcua-server`. */
export interface WireOpcuaServer {
  readonly state: 'starting' | 'serving' | 'down'
  readonly since: string
  /** What a client dials; `null` until it has served for the first time. */
  readonly address: string | null
  /** SHA-256 of its certificate, `3A:5F:…`, for whoever compares. */
  readonly fingerprint: string | null
  /** Why it does not serve. */
  readonly trouble: string | null
  /** Signed in now. */
  readonly sessions: number
  readonly refusedLogins: number
  readonly refusedWrites: number
  readonly refusedCalls: number
  /** Connections that were shown out without anybody having signed in. */
  readonly turnedAway: number
  readonly restarts: number
  /** Who came, the newest first. */
  readonly visits: readonly {
    readonly at: string
    readonly account: string
    readonly from: string
    readonly outcome: 'entered' | 'wrong-password' | 'waiting' | 'busy'
  }[]
  readonly advice: readonly Said[]
}
