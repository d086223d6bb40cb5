import { createHash } from 'node:crypto'
import type { Words } from '../../protocols/contract/driver.ts'
import { days } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { correctedReadings, readingsOf } from '../alarm/people.ts'
import type { PeopleRecord, Said } from '../alarm/people.ts'
import { canonical } from '../journal/canonical.ts'
import type { Draft, Entry } from '../journal/entry.ts'
import type { Decision } from '../turn.ts'
import type { Fields } from './field.ts'

/** What a record says may be put right by whoever wrote it, for so long after it was written; by an administrator at any time. */
export const correctable: Millis = days(30)

/** Somebody who proved by their password that they stand behind a record. `at` is on the domain clock. */
export interface Signature {
  readonly by: string
  readonly name: string
  readonly at: Instant
  readonly meaning: Words
}
export type Witness = Omit<Signature, 'meaning'>

/** What the gateway adds to a person's words; all of it is in the journal's entry beside `fields`. */
export interface Beside {
  readonly photos?: readonly string[]
  /** What the gateway reckoned: required grams, difference from the sensor. */
  readonly reckoned?: Readonly<Record<string, unknown>>
  readonly signed?: Signature
  /** The second person. */
  readonly second?: Witness
  /** Under which name the sender will send it again, and the digest of what was sent under it. */
  readonly key?: string
  readonly sent?: string
}

/** What a person did, as it goes into the journal and to the rules. */
export function recorded(record: PeopleRecord, beside: Beside, enteredAt: Instant): Decision<Entry> {
  const { kind, equipment, at, by, verdict, fields } = record
  const data = { equipment, verdict, fields, enteredAt, ...beside }
  const draft: Draft = { kind: `record.${kind}`, at, by, about: equipment, data }
  return { drafts: [draft], readings: readingsOf(record), answer: ([entry]) => entry as Entry }
}

/** A record as it stands today, with every version it has had. */
export interface KeptRecord extends Said {
  /** Its first entry's place in the journal: what it is known by. */
  readonly seq: number
  readonly kind: string
  readonly equipment: string
  readonly by: string
  readonly enteredAt: Instant
  readonly leaf: string
  readonly photos: readonly string[]
  readonly reckoned?: Readonly<Record<string, unknown>>
  readonly signed?: Signature
  readonly second?: Witness
  readonly corrections: readonly Correction[]
}
export interface Correction {
  readonly seq: number
  readonly by: string
  /** When it was put right. */
  readonly at: Instant
  readonly reason: string
  /** What stood before. */
  readonly before: Said
  readonly signed?: Signature
}

/** Says that a record was wrong: what it should say, why, and what it said. */
export interface Amendment {
  readonly of: KeptRecord
  readonly said: Said
  readonly reason: string
  readonly by: string
}

/** A correction is a new entry, `record.corrected`, that names the first entry of the record and the one it replaces. Its time is when it was made. */
export function corrected({ of, said, reason, by }: Amendment, beside: Beside, at: Instant): Decision<Entry> {
  const { seq, kind, equipment } = of
  const replaces = of.corrections.at(-1)?.seq ?? seq
  const before = saidOf(of)
  const nth = of.corrections.length + 1
  const photos = beside.photos ?? of.photos
  const data = {
    seq,
    replaces,
    nth,
    kind,
    equipment,
    ...said,
    reason,
    before,
    enteredAt: at,
    ...beside,
    ...(photos.length > 0 ? { photos } : {}),
  }
  const draft: Draft = { kind: 'record.corrected', at, by, about: equipment, data }
  return {
    drafts: [draft],
    readings: correctedReadings({ kind, equipment, said, before, nth }),
    answer: ([entry]) => entry as Entry,
  }
}

export const saidOf = ({ at, verdict, fields }: Said): Said => ({ at, verdict, fields })

/** Digest of what was sent under a key, so that another thing under the same key is not taken for a repetition. */
export const digestOf = (sent: object): string => createHash('sha256').update(canonical(sent)).digest('hex').slice(0, 32)

/** A person's record out of its journal entry; `undefined` for what a rule wrote, what was removed and what is damaged. */
export function recordOf({ seq, kind, at, by, leaf, data }: Entry): KeptRecord | undefined {
  const { equipment, rule, fields, enteredAt } = data
  if (!kind.startsWith('record.') || kind === 'record.corrected') return undefined
  if (typeof equipment !== 'string' || rule !== undefined || typeof fields !== 'object' || fields === null) return undefined
  return {
    seq,
    kind: kind.slice('record.'.length),
    equipment,
    at,
    by,
    verdict: verdictOf(data['verdict']),
    fields: fields as Fields,
    enteredAt: typeof enteredAt === 'number' ? (enteredAt as Instant) : at,
    leaf,
    photos: photosOf(data['photos']),
    corrections: [],
    ...besideOf(data),
  }
}

/** The records with what was put right of them folded in, in the order of `corrections`: oldest first. Others are as they were. */
export function fold(records: readonly KeptRecord[], corrections: readonly Entry[]): readonly KeptRecord[] {
  const bySeq = new Map(records.map(record => [record.seq, record]))
  for (const { kind, seq: place, by, data } of corrections) {
    const of = bySeq.get(Number(data['seq']))
    const { at, fields, enteredAt } = data
    if (kind !== 'record.corrected' || !of || typeof at !== 'number' || typeof fields !== 'object' || fields === null) continue
    const { reckoned: _, signed: __, second: ___, ...rest } = of
    const news = besideOf(data)
    const correction: Correction = {
      seq: place,
      by,
      at: (typeof enteredAt === 'number' ? enteredAt : at) as Instant,
      reason: String(data['reason'] ?? ''),
      before: saidOf(of),
      ...(news.signed ? { signed: news.signed } : {}),
    }
    bySeq.set(of.seq, {
      ...rest,
      ...news,
      at: at as Instant,
      verdict: verdictOf(data['verdict']),
      fields: fields as Fields,
      photos: photosOf(data['photos']),
      corrections: [...of.corrections, correction],
    })
  }
  return records.map(({ seq }) => bySeq.get(seq) as KeptRecord)
}

const verdictOf = (value: unknown): 'passed' | 'failed' => (value === 'failed' ? 'failed' : 'passed')
const photosOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter(one => typeof one === 'string') : [])

/** Written by this very file. */
function besideOf(data: Entry['data']): Pick<KeptRecord, 'reckoned' | 'signed' | 'second'> {
  const { reckoned, signed, second } = data as Pick<KeptRecord, 'reckoned' | 'signed' | 'second'>
  return { ...(reckoned ? { reckoned } : {}), ...(signed ? { signed } : {}), ...(second ? { second } : {}) }
}
