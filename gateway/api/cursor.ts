import { Refusal } from './problem.ts'

/** A place in a list. Opaque on purpose: what it counts may change, what it means to the caller does not. */
export const toCursor = (place: number | string): string => Buffer.from(`c1:${place}`).toString('base64url')

/** The place behind a cursor that is a number. Throws a refusal for anything this gateway did not hand out. */
export function fromCursor(cursor: string): number {
  const place = Number(/^c1:(-?\d{1,16})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))?.[1] ?? Number.NaN)
  if (Number.isSafeInteger(place)) return place
  throw new Refusal('bad-request', { zh: '游标无效。', en: 'The cursor is not one of ours.' })
}
