import type { WireEquipment, WireSite } from '../../../gateway/api/wire.ts'
import type { Desk } from '../desk.svelte.ts'
import { mostSevere } from '../live/urgency.ts'
import type { Tone } from '../live/urgency.ts'
import { abnormalFirst } from '../live/views.ts'
import type { EquipmentView } from '../live/views.ts'

export interface AreaView {
  readonly area: WireSite['areas'][number]
  readonly views: readonly EquipmentView[]
  readonly abnormal: number
  readonly tone: Tone
}

/** What an area looked like last: the same object for as long as nothing in it changes. */
const lastViews = new WeakMap<WireSite['areas'][number], AreaView>()

/** Every area with its equipment as it stands now, abnormal first. Areas without equipment are left out. */
export function facilityView(desk: Desk, keep: (equipment: WireEquipment) => boolean = () => true): readonly AreaView[] {
  const site = desk.site
  if (!site) return []
  const equipment = Map.groupBy(site.equipment, one => one.area)
  return site.areas.flatMap(area => {
    const views = abnormalFirst((equipment.get(area.id) ?? []).filter(keep).map(one => desk.live.viewOf(one)))
    if (views.length === 0) return []
    const before = lastViews.get(area)
    if (before?.views.length === views.length && before.views.every((view, index) => view === views[index])) return [before]
    const tones = views.map(view => view.tone)
    const found = { area, views, abnormal: tones.filter(tone => tone !== 'calm').length, tone: mostSevere(tones) }
    lastViews.set(area, found)
    return [found]
  })
}
