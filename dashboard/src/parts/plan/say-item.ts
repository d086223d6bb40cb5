import { standsOut } from '../../live/plan/items.ts'
import type { PlanItem } from '../../live/plan/items.ts'
import type { Label } from '../../live/plan/labels.ts'
import { widthOf } from '../../live/plan/labels.ts'
import type { PlanWords } from '../../pages/plan-words.ts'
import { sayFault, sayQuantity } from '../../words/say.ts'
import type { Words } from '../../words/words.svelte.ts'

/** What it reads now, or why nothing can be read. */
export function sayValue({ view }: PlanItem, words: Words): string {
  const main = view?.main
  if (!main) return ''
  if (main.value === undefined) return words.t.quality[main.quality]
  return main.label ? words.say(main.label) : sayQuantity(main.value, main.point.decimals, main.point.unit)
}

/** Its state in one word; for what is calm and in use, none is shown. */
export function sayState({ view, tone }: PlanItem, t: PlanWords, words: Words): string {
  if (!view) return t.gone
  if (view.worst) return words.t.priority[view.worst.priority]
  if (tone === 'unknown') return words.t.condition.unknown
  return view.hush ? words.t.hush[view.hush] : words.t.condition.normal
}

/** Why it is so, in one sentence. */
export function sayReason({ view }: PlanItem, t: PlanWords, words: Words): string {
  if (!view) return t.goneHint
  if (view.worst) return words.say(view.worst.sentence)
  if (view.main?.fault) return sayFault(view.main.fault, words.t)
  if (view.hush) return words.t.hush[view.hush]
  return ''
}

const widest = 148
export const radiusOf = (item: PlanItem): number => (standsOut(item) ? 18 : 14)

/** About the room its name takes; the page cuts what is longer. */
export function labelOf(item: PlanItem, at: { readonly x: number; readonly y: number }, t: PlanWords, words: Words): Label {
  const read = sayValue(item, words)
  const width = Math.max(widthOf(words.say(item.name)), widthOf(standsOut(item) ? `${sayState(item, t, words)} ${read}` : read))
  return {
    id: item.id,
    x: at.x,
    y: at.y,
    width: Math.min(widest, width + 14),
    height: 38,
    radius: radiusOf(item),
    always: standsOut(item),
  }
}
