import type { Said } from '../alarm/people.ts'
import { isAllowed } from '../accounts/permissions.ts'
import { correctable } from '../records/record.ts'
import type { KeptRecord } from '../records/record.ts'
import type { Call } from './route.ts'
import type { WireRecord, WireSaidRecord } from './wire-records.ts'

/** One's own for a while, anybody's by an administrator. */
export function mayCorrect({ house, who }: Call, { by, enteredAt }: KeptRecord): boolean {
  if (!who || !isAllowed(who.role, 'record')) return false
  return isAllowed(who.role, 'administer') || (who.name === by && house.clock.now() - enteredAt <= correctable)
}
/** What people are called, by their account. */
export async function namesOf({ accounts }: Call): Promise<ReadonlyMap<string, string>> {
  return new Map((await accounts.list()).map(({ name, displayName }) => [name, displayName]))
}

/** A record as HTTP answers have it. */
export function showRecord(call: Call, record: KeptRecord, names: ReadonlyMap<string, string>): WireRecord {
  const named = (account: string): { readonly byName?: string } => {
    const name = names.get(account)
    return name === undefined ? {} : { byName: name }
  }
  const { time } = call
  const { seq, kind, equipment, by, leaf, photos, reckoned, signed, second } = record
  const saying = ({ at, verdict, fields }: Said): WireSaidRecord => ({ at: time(at), verdict, fields })
  return {
    ...saying(record),
    ...named(by),
    seq,
    kind,
    equipment,
    by,
    leaf,
    photos,
    enteredAt: time(record.enteredAt),
    ...(reckoned ? { reckoned } : {}),
    ...(signed ? { signed: { ...signed, at: time(signed.at) } } : {}),
    ...(second ? { second: { ...second, at: time(second.at) } } : {}),
    corrections: record.corrections.map(one => ({
      seq: one.seq,
      by: one.by,
      ...named(one.by),
      at: time(one.at),
      reason: one.reason,
      before: saying(one.before),
    })),
    mayCorrect: mayCorrect(call, record),
  }
}
