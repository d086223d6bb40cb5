import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'

/** What a frame is to a question. */
export type Judged<F> =
  /** The data behind identifier and number, exactly of what was asked. */
  | { readonly kind: 'data'; readonly data: Uint8Array }
  /** The first part of it; the meter wants to be asked for the rest. */
  | { readonly kind: 'more'; readonly data: Uint8Array; readonly next: Question<F> }
  /** The meter said no. */
  | { readonly kind: 'refused'; readonly fault: Fault }
  /** Somebody else's, or an answer to something else: the right one may still come. */
  | { readonly kind: 'other'; readonly fault: Fault }
  /** Our own words, which some converters give back. */
  | { readonly kind: 'echo' }

/** Something to ask a meter, and how to know its answer. */
export interface Question<F> {
  readonly bytes: Uint8Array
  judge(frame: F): Judged<F>
}

export const wrongReply = (detail: string): { readonly kind: 'other'; readonly fault: Fault } => ({
  kind: 'other',
  fault: fault('wrong-reply', `Wrong reply: ${detail}.`),
})
