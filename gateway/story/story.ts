import type { Words } from '../../protocols/contract/driver.ts'
import type { PointId, Quality } from '../../protocols/contract/reading.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { PeopleRecord } from '../alarm/people.ts'

/** Something that happens in a story, at the gateway's own time. */
export type Act = { readonly at: Instant; readonly line: Line } & (
  | {
      readonly do: 'reads'
      readonly point: PointId
      readonly taken: Instant
      readonly value: number
      readonly quality: Exclude<Quality, 'bad'>
    }
  | { readonly do: 'fails'; readonly point: PointId; readonly taken: Instant }
  | { readonly do: 'records'; readonly record: PeopleRecord }
  | { readonly do: 'acknowledges'; readonly rule: string; readonly by: string; readonly comment: string }
)

/** Where something was written. */
export interface Line {
  readonly file: string
  readonly line: number
}

/** A journal entry that must come: only what is written must match. */
export interface Expected {
  readonly line: Line
  readonly fields: Readonly<Record<string, unknown>>
}

/** A recording of what a facility went through, and what its journal must say of it. */
export interface Story {
  readonly name: string
  readonly folder: string
  readonly title: Words | undefined
  /** The site file it plays on. */
  readonly site: string
  readonly from: Instant
  readonly until: Instant
  /** Whose rules take part; the rest of the site is not there. */
  readonly equipment: readonly string[]
  /** In the order of the gateway's time. */
  readonly acts: readonly Act[]
  /** `undefined` where nobody has said yet. */
  readonly expected: readonly Expected[] | undefined
}

/** Something in a story's files that cannot be read or played. */
export interface StoryProblem {
  readonly at: Line
  readonly wrong: Words
  readonly write: Words
}
export type ReadStory =
  { readonly ok: true; readonly story: Story } | { readonly ok: false; readonly problems: readonly StoryProblem[] }
