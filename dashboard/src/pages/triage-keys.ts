import type { WireAlarm } from '../../../gateway/api/wire.ts'
import { deedsFor } from '../live/deeds.ts'
import type { DeedKind } from '../live/deeds.ts'
import type { TriageBoard } from './triage-board.svelte.ts'

export interface TriageHands {
  /** The alarm whose detail is on screen. */
  readonly shown: WireAlarm | undefined
  readonly may: boolean
  readonly focus: (id: string | undefined) => void
  readonly search: () => void
  readonly help: () => void
}

const deeds: Readonly<Record<string, readonly DeedKind[]>> = {
  a: ['acknowledge'],
  c: ['confirm'],
  s: ['shelve'],
  o: ['out-of-service'],
  r: ['reset'],
  u: ['unshelve', 'return-to-service'],
}

/** The keyboard of the alarm page. Whoever is writing is left alone. */
export function triageKey(event: KeyboardEvent, board: TriageBoard, hands: TriageHands): void {
  if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented || isWriting(event.target)) return
  switch (event.key) {
    case 'j':
    case 'k':
      event.preventDefault()
      return hands.focus(board.step(event.key === 'j' ? 1 : -1, hands.shown?.id))
    case '/':
      event.preventDefault()
      return hands.search()
    case '?':
      return hands.help()
    case 'x':
      if (hands.shown) board.pick(hands.shown.id)
      return
    case 'Escape':
      if (board.picked.size > 0) return board.picked.clear()
      return board.choose(undefined)
    default:
      return doIt(event, board, hands)
  }
}

function doIt(event: KeyboardEvent, board: TriageBoard, { shown, may, focus }: TriageHands): void {
  const wanted = deeds[event.key]
  if (!wanted || !may) return
  const about = board.picked.size > 0 ? board.pickedAlarms : shown ? [shown] : []
  const kind = wanted.find(one => about.some(alarm => deedsFor(alarm).includes(one)))
  if (kind === undefined) return
  event.preventDefault()
  // Who acts stands there: the line stays while the list changes.
  if (shown && board.chosenId !== shown.id) {
    board.choose(shown.id)
    focus(shown.id)
  }
  board.deed = kind
}

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLTextAreaElement ||
  target instanceof HTMLSelectElement ||
  (target instanceof HTMLInputElement && target.type !== 'radio' && target.type !== 'checkbox')
