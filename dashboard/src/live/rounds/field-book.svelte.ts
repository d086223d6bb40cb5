import type { WireCheckPoint, WireRound, WireSession, WireTakenVisit } from '../../../../gateway/api/wire.ts'
export type { WireCheckPoint, WireRound, WireSession, WireTakenVisit }
