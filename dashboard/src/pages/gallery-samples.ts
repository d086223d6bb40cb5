/** Equipment and alarms as they are never all at once on a real site: one for each state that a part can show. Pure. */
import type { WireAlarm, WireAlarmState, WireEquipment, WirePoint, WirePriority } from '../../../gateway/api/wire.ts'
import type { LiveReading } from '../live/apply.ts'
import { viewEquipment } from '../live/views.ts'
import type { EquipmentView } from '../live/views.ts'
import { sampleAlarm, sampleNames, samplePoint } from './gallery-words.ts'

export type Sample = keyof typeof sampleNames

const basis: WireAlarm['alarmBasis'] = { kind: 'house-rule', source: sampleAlarm.source, verified: true }

function pointOf(equipment: string, kind: 'temperature' | 'door'): WirePoint {
  const isDoor = kind === 'door'
  return {
    id: `${equipment}.${kind}`,
    name: samplePoint[kind],
    equipment,
    driver: 'modbus',
    connection: 'sample',
    kind: isDoor ? 'contact' : 'measurement',
    unit: isDoor ? '' : '°C',
    decimals: isDoor ? 0 : 1,
    range: isDoor ? { min: 0, max: 1 } : { min: -5, max: 15 },
    labels: isDoor
      ? [
          { code: 0, label: samplePoint.shut },
          { code: 1, label: samplePoint.open },
        ]
      : [],
    limits: isDoor ? {} : { min: 0, max: 8 },
    staleAfterMs: 120_000,
    value: null,
    quality: 'good',
    at: null,
    receivedAt: null,
    state: 'normal',
  }
}

const equipmentOf = (id: Sample): WireEquipment => ({
  id,
  name: sampleNames[id],
  area: 'sample',
  type: 'cold-storage-cabinet',
  typeName: sampleNames.calm,
  icon: 'fridge',
  connection: 'sample',
  mainPoint: `${id}.temperature`,
  points: [pointOf(id, 'temperature'), pointOf(id, 'door')],
  clauses: ['CAN-1'],
  facts: {},
})

/** An alarm of `priority` that stands since twenty minutes before `now`. */
export function alarmSample(equipment: Sample, priority: WirePriority, state: WireAlarmState, now: number): WireAlarm {
  const [since, until] = [now - 1_200_000, now + 3_600_000]
  const isOver = state === 'returned-unacknowledged'
  return {
    id: `${equipment}-${state}`,
    rule: `${equipment}.too-warm`,
    state,
    priority,
    equipment,
    point: `${equipment}.temperature`,
    ...sampleAlarm,
    clause: 'CAN-1',
    limit: { op: 'gt', value: 8, unit: '°C' },
    alarmBasis: basis,
    policy: { id: 'sample', version: '1' },
    since,
    raisedAt: since + 600_000,
    ...(isOver ? { clearedAt: now - 60_000 } : {}),
    value: 9.4,
    times: 1,
    found: 'live',
    active: !isOver,
    ...(state === 'acknowledged' ? { acknowledged: { by: 'li', at: now - 300_000, comment: '' } } : {}),
    ...(state === 'shelved' ? { shelved: { by: 'li', at: since, until, reason: 'maintenance', oneShot: false } } : {}),
    ...(state === 'out-of-service'
      ? { outOfService: { by: 'li', at: since, until, reason: 'repair', substitute: 'hourly by hand' } }
      : {}),
    latching: false,
    lifeSafety: false,
    told: [],
    shelf: { alone: 0, together: 0 },
    recorded: true,
  }
}

const alarms: Partial<Record<Sample, readonly [WirePriority, WireAlarmState]>> = {
  high: ['high', 'unacknowledged'],
  medium: ['medium', 'unacknowledged'],
  low: ['low', 'acknowledged'],
  advisory: ['advisory', 'unacknowledged'],
  shelved: ['low', 'shelved'],
  out: ['medium', 'out-of-service'],
  returned: ['medium', 'returned-unacknowledged'],
}

function readingOf(id: Sample, now: number): LiveReading | undefined {
  if (id === 'none') return undefined
  const at = id === 'stale' ? now - 7_200_000 : now - 3_000
  const word = { at, receivedAt: at, goodAt: at }
  if (id === 'bad') return { ...word, goodAt: now - 900_000, value: null, quality: 'bad', fault: 'timeout' }
  const isWarm = alarms[id] !== undefined && id !== 'returned'
  return { ...word, value: isWarm ? 9.4 : 4.2, quality: 'good' }
}

/** Every condition a tile can be in. */
export function tileSamples(now: number): readonly EquipmentView[] {
  return (Object.keys(sampleNames) as Sample[]).map(id => {
    const reading = readingOf(id, now)
    const readings = new Map<string, LiveReading>(reading ? [[`${id}.temperature`, reading]] : [])
    if (reading && id !== 'bad') readings.set(`${id}.door`, { ...reading, value: id === 'medium' ? 1 : 0 })
    const alarm = alarms[id]
    return viewEquipment(equipmentOf(id), readings, alarm ? [alarmSample(id, ...alarm, now)] : [], now)
  })
}
