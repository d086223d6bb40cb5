import type { LogDocument } from '../document.ts'
import type { LogQuestion } from '../question.ts'
import type { LogSource } from '../source.ts'
import { say } from './cells.ts'
import { cyclesSection } from './disinfection-cycles.ts'
import { daysSection } from './disinfection-days.ts'
import { guestRoomsSection } from './guest-rooms.ts'
import { outOfUseSection } from './lock-outs.ts'
import { deskOf, sheet } from './paper.ts'
import { soaksSection } from './disinfection-soaks.ts'

/** 餐具消毒记录表 (CAN-6…9, DUT-6): each cycle of a cabinet, each soak by hand, each day, the guest rooms, and when a cabinet was not to be used. */
export function disinfectionLog(source: LogSource, question: LogQuestion): LogDocument {
  const desk = deskOf(source, question)
  const { site } = source
  const cabinets = site.equipment.filter(({ id, type }) => type === 'disinfection-cabinet' && desk.names.wants(id))
  const isCabinet = new Set(cabinets.map(({ id }) => id))
  const points = site.points.filter(({ equipment, key }) => isCabinet.has(equipment) && key === 'temperature')
  const hasRooms = site.equipment.some(({ id, type }) => type === 'guest-room' && desk.names.wants(id))
  return sheet('disinfection', desk, {
    title: say('餐具消毒记录表', 'Disinfection log'),
    points: points.map(({ id }) => id),
    sections: [
      daysSection(desk, cabinets),
      cyclesSection(desk),
      soaksSection(desk),
      ...(hasRooms ? [guestRoomsSection(desk)] : []),
      outOfUseSection(desk, id => isCabinet.has(id)),
    ],
    signatures: [say('消毒人', 'Disinfected by'), say('检查人', 'Checked by')],
  })
}
