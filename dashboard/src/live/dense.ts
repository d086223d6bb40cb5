import type { Said } from '../../../gateway/api/wire.ts'
import type { Dictionary } from '../words/say.ts'
import { sayQuantity } from '../words/say.ts'
import { place } from './band.ts'
import type { EquipmentView } from './views.ts'

/** What a small tile shows that moves: all else of it stays from one reading to the next. Pure. */
export interface Figure {
  readonly text: string
  /** Where its needle stands, per cent of the scale; absent where there is none. */
  readonly at?: number
}

/** How a tile is built, beside what is abnormal. */
interface Build {
  /** A word in the place of a value: of a state, or of why there is none. */
  readonly isWord: boolean
  /** Nothing that is true now stands behind the needle. */
  readonly dim: boolean
  readonly beyond: boolean
  readonly needle: 'none' | 'on' | 'below' | 'above'
}

export function buildOf({ main }: EquipmentView): Build {
  const needle = main?.point.kind === 'measurement' && main.value !== undefined ? place(main.point.range, main.value) : undefined
  return {
    isWord: main?.value === undefined || main.label !== undefined,
    dim: main === undefined || main.quality === 'bad' || main.quality === 'stale' || main.quality === 'none',
    beyond: main?.beyond === true,
    needle: needle === undefined ? 'none' : (needle.off ?? 'on'),
  }
}

export function figureOf(view: EquipmentView, t: Dictionary, say: (text: Said) => string): Figure {
  const { main } = view
  if (main?.value === undefined) return { text: t.quality[main?.quality ?? 'none'] }
  const text = main.label === undefined ? sayQuantity(main.value, main.point.decimals, main.point.unit) : say(main.label)
  return main.point.kind === 'measurement' ? { text, at: place(main.point.range, main.value).at } : { text }
}

/** Whether the needle is like most: such are drawn together, those that say something by their looks each by itself. */
export function isOrdinary(view: EquipmentView): boolean {
  const { dim, beyond, needle } = buildOf(view)
  return view.tone === 'calm' && needle === 'on' && !dim && !beyond
}

/** Whether nothing changed that has to be seen at once: what is abnormal, and what somebody did about it. */
export const isAsUrgent = (a: EquipmentView, b: EquipmentView): boolean =>
  a.equipment === b.equipment && a.tone === b.tone && a.hush === b.hush && a.worst === b.worst

/** Whether both are built the same, so that they differ by their figure alone. */
export function isAlike(a: EquipmentView, b: EquipmentView): boolean {
  const [one, other] = [buildOf(a), buildOf(b)]
  return (
    isAsUrgent(a, b) &&
    one.isWord === other.isWord &&
    one.dim === other.dim &&
    one.beyond === other.beyond &&
    one.needle === other.needle
  )
}

/** A scale where it lies, px. */
export interface Laid {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Thickness of a needle, px. */
const thick = 3

/** One needle in a path, at this many per cent of its scale. */
export const needlePath = ({ x, y, width, height }: Laid, at: number): string =>
  `M${(x + (width * at) / 100 - thick / 2).toFixed(1)} ${y.toFixed(1)}h${thick}v${height.toFixed(1)}h-${thick}z`
