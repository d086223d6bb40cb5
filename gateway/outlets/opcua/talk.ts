import type { ConditionState, Face, FaceCondition, FaceReading } from './face.ts'
import type { OpcuaServerSettings } from './settings.ts'

/** How the server is to be run: no password in it, only what one can be checked against. */
export interface FaceOrders extends Omit<OpcuaServerSettings, 'accounts'> {
  /** Name and password hash. */
  readonly accounts: readonly (readonly [name: string, hash: string])[]
  /** For its key and certificate. */
  readonly folder: string
  readonly version: string
}

/** Since the process began. */
export interface FaceCounts {
  /** Signed in now. */
  readonly sessions: number
  readonly refusedWrites: number
  readonly refusedCalls: number
  /** Connections that were not let in, or shown out because nobody signed in over them. */
  readonly turnedAway: number
}

/** From the gateway to the process that talks to SCADAs. Nothing in it asks for anything. */
export type ToFace =
  | { readonly do: 'begin'; readonly face: Face; readonly orders: FaceOrders }
  | { readonly do: 'readings'; readonly readings: readonly FaceReading[] }
  /** `news`: raise an event; else it is how things stood before. A condition that was not in the face comes with what it is. */
  | {
      readonly do: 'conditions'
      readonly states: readonly ConditionState[]
      readonly known: readonly FaceCondition[]
      readonly news: boolean
    }
  | { readonly do: 'stop' }

/** From there to the gateway: only ever what happened. */
export type FromFace =
  | { readonly say: 'ready'; readonly address: string; readonly fingerprint: string }
  | { readonly say: 'trouble'; readonly why: string }
  | { readonly say: 'entered'; readonly account: string; readonly from: string }
  | {
      readonly say: 'refused'
      readonly account: string
      readonly from: string
      readonly why: 'wrong-password' | 'waiting' | 'busy'
    }
  | ({ readonly say: 'counts' } & FaceCounts)
