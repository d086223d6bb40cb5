/** What the journal says of one piece of equipment. Pure. */
import type { WireEntry, WireEquipment } from '../../../gateway/api/wire.ts'

/** About the equipment itself, one of its points or rules, its connection, or an alarm of one of its rules. */
export function concerns(entry: WireEntry, equipment: WireEquipment): boolean {
  const isOurs = (name: unknown) => typeof name === 'string' && (name === equipment.id || name.startsWith(`${equipment.id}.`))
  const alarm = entry.data['alarm']
  const rule = typeof alarm === 'object' && alarm !== null && 'rule' in alarm ? alarm.rule : undefined
  const isLink = entry.kind.startsWith('link.') && entry.about === equipment.connection
  return isOurs(entry.about) || isOurs(rule) || isOurs(entry.data['rule']) || isOurs(entry.data['equipment']) || isLink
}

/** What a person wrote with it, or the fault it names. */
export function noteOf(entry: WireEntry): string {
  const { comment, fault, alarm } = entry.data
  if (typeof comment === 'string' && comment !== '') return comment
  if (typeof alarm === 'object' && alarm !== null && 'id' in alarm) return String(alarm.id)
  if (typeof fault === 'string') return fault
  return ''
}
