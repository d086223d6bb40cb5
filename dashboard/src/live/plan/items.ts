/** What stands on a floor plan, as it is now. Pure. */
import type { Said } from '../../../../gateway/api/wire.ts'
import { severity } from '../urgency.ts'
import type { Tone } from '../urgency.ts'
import type { EquipmentView } from '../views.ts'
import type { Placed } from './arrangement.ts'

export interface PlanItem {
  readonly id: string
  readonly name: Said
  readonly x: number
  readonly y: number
  /** Absent: no longer in the site. */
  readonly view: EquipmentView | undefined
  readonly tone: Tone
}

/** The most urgent first, what has gone from the site last; among equals as they were placed. */
export function itemsOf(
  places: readonly (Placed & { readonly name?: Said })[],
  views: ReadonlyMap<string, EquipmentView>,
): readonly PlanItem[] {
  const items = places.map(({ equipment: id, x, y, name }): PlanItem => {
    const view = views.get(id)
    return { id, x, y, view, tone: view?.tone ?? 'calm', name: view?.equipment.name ?? name ?? { zh: id, en: id } }
  })
  return items.toSorted((a, b) => severity(b.tone) - severity(a.tone) || Number(!a.view) - Number(!b.view))
}

/** Somebody should look there: its name never hides. */
export const standsOut = ({ tone, view }: PlanItem): boolean => tone !== 'calm' || view === undefined
