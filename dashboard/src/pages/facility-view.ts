import type { WireEquipment, WireSite } from '../../../gateway/api/wire.ts'
import type { Desk } from '../desk.svelte.ts'
import { mostSevere } from '../live/urgency.ts'
import type { Tone } from '../live/urgency.ts'
import { abnormalFirst, viewEquipment } from '../live/views.ts'
import type { EquipmentView } from '../live/views.ts'

export interface AreaView {
  readonly area: WireSite['areas'][number]
  readonly views: readonly EquipmentView[]
  readonly abnormal: number
  readonly tone: Tone
}

/** Every area with its equipment as it stands now, abnormal first. Areas without equipment are left out. */
export function facilityView(desk: Desk, keep: (equipment: WireEquipment) => boolean = () => true): readonly AreaView[] {
  const site = desk.site
  if (!site) return []
  const readings = desk.live.facility?.readings ?? new Map()
  const now = desk.live.judgedAt
  const locked = new Map(desk.live.facility?.lockOuts.map(one => [one.equipment, one]))
  const found: AreaView[] = []
  for (const area of site.areas) {
    const views = site.equipment
      .filter(one => one.area === area.id && keep(one))
      .map(one => viewEquipment(one, readings, desk.live.alarmsAt(one.id), now, locked.get(one.id)))
    if (views.length === 0) continue
    const tones = views.map(view => view.tone)
    found.push({
      area,
      views: abnormalFirst(views),
      abnormal: tones.filter(tone => tone !== 'calm').length,
      tone: mostSevere(tones),
    })
  }
  return found
}
