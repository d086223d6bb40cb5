import type { Said, WireAlarm, WireTold } from '../../gateway/api/wire.ts'
import { alarmOf, alarmSketches } from './school.ts'

/** An evening at the school in which everything happens that can happen to an alarm: all states, causes, escalation, messages. */
const say = (zh: string, en: string): Said => ({ zh, en })
const minute = 60_000

type Sketch = (typeof alarmSketches)[number]
const [gas, cold, extinguisher] = alarmSketches as [Sketch, Sketch, Sketch]

const sketch = (base: Sketch, more: Partial<Sketch> & Pick<Sketch, 'id'>): Sketch => ({ ...base, ...more })

function told(now: number, id: string, zh: string, en: string, more: Partial<WireTold> = {}): WireTold {
  return {
    notice: `N${id}`,
    person: `p${id}`,
    personName: say(zh, en),
    as: 'duty',
    level: 0,
    occasion: 'raised',
    at: now - 3 * minute,
    outcome: 'delivered',
    channel: '1',
    attempts: 1,
    deliveredAt: now - 3 * minute + 1500,
    proof: '250 OK 4711',
    ...more,
  }
}

export function evening(now: number): readonly WireAlarm[] {
  const school = alarmSketches.map(one => alarmOf(one, now))
  const at = now - 30 * minute
  const lineDown: WireAlarm = {
    ...alarmOf(
      sketch(cold, {
        id: 'A30',
        rule: 'down',
        title: say('线路中断', 'Line down'),
        sentence: say('食堂总线连接中断，14 台设备读不到', 'The canteen bus is down: 14 devices cannot be read'),
        agoMinutes: 12,
      }),
      now,
    ),
    rule: 'gateway.connection:canteen-bus',
    equipment: '',
    point: '',
    clause: 'GATEWAY',
    clauseTitle: say('网关看管自身', 'The gateway watches itself'),
  }
  const children = Array.from({ length: 14 }, (_, i): WireAlarm => ({
    ...alarmOf(
      sketch(cold, {
        id: `A${40 + i}`,
        rule: 'stale',
        point: `cold-${(i % 4) + 1}.temperature`,
        priority: 'low',
        state: 'suppressed',
        title: say('没有数据', 'No data'),
        sentence: say(`${(i % 4) + 1} 号保鲜柜 柜内温度 没有数据`, `Cabinet ${(i % 4) + 1}: temperature has sent no data`),
        agoMinutes: 11,
      }),
      now,
    ),
    active: true,
    suppressed: { at, causes: [{ kind: 'connection', name: 'canteen-bus', alarm: 'A30' }] },
  }))
  const defrosting: WireAlarm = {
    ...alarmOf(sketch(cold, { id: 'A55', point: 'freezer-1.temperature', state: 'suppressed', agoMinutes: 9 }), now),
    active: true,
    suppressed: { at, causes: [{ kind: 'mode', name: 'defrost' }] },
  }
  const follower: WireAlarm = {
    ...alarmOf(
      sketch(cold, {
        id: 'A31',
        rule: 'rising',
        priority: 'low',
        title: say('升温过快', 'Warming fast'),
        sentence: say('1 号保鲜柜 每分钟升温 0.6 °C', 'Fresh-keeping cabinet 1 warms by 0.6 °C a minute'),
        agoMinutes: 10,
      }),
      now,
    ),
    firstOut: 'A20',
    chattering: true,
  }
  const escalation: WireAlarm = {
    ...alarmOf(
      sketch(extinguisher, {
        id: 'A32',
        rule: 'unanswered',
        state: 'unacknowledged',
        priority: 'low',
        title: say('灭火器报警无人应答', 'Extinguisher alarm unanswered'),
        sentence: say('灭火器报警 30 分钟无人应答', 'An extinguisher alarm has been unanswered for 30 minutes'),
        agoMinutes: 20,
      }),
      now,
    ),
    about: ['A19'],
  }
  const shelved: WireAlarm = {
    ...alarmOf(sketch(cold, { id: 'A33', point: 'cold-4.temperature', state: 'shelved', agoMinutes: 70 }), now),
    active: true,
    shelved: { by: 'li', at, until: now + 90 * minute, reason: '正在清洗', oneShot: true },
  }
  const out: WireAlarm = {
    ...alarmOf(
      sketch(extinguisher, { id: 'A34', point: 'extinguisher-1.pressure', state: 'out-of-service', agoMinutes: 900 }),
      now,
    ),
    active: false,
    outOfService: { by: 'li', at, until: now + 3000 * minute, reason: '送检', substitute: '借用备用灭火器' },
  }
  const latched: WireAlarm = {
    ...alarmOf(
      sketch(gas, {
        id: 'A35',
        state: 'latched-acknowledged',
        point: 'leak-1.lel',
        rule: 'shutoff',
        title: say('燃气切断阀动作', 'Gas shut-off tripped'),
        sentence: say('燃气切断阀已动作', 'The gas shut-off valve has tripped'),
        agoMinutes: 200,
        clearedAgoMinutes: 180,
        comment: '1',
      }),
      now,
    ),
    latching: true,
    lifeSafety: true,
    shelf: { alone: 0, together: 0 },
    confirmed: { by: 'li', at, action: '1' },
  }
  return [
    ...school.map(alarm => {
      if (alarm.id === 'A21') {
        const chain = [
          told(now, '1', '王芳', 'Wang Fang'),
          told(now, '2', '赵保安', 'Guard Zhao', { outcome: 'failed', attempts: 4, channel: '2', proof: '550' }),
          told(now, '3', '后勤站长', 'Head of the station', {
            occasion: 'escalated',
            level: 1,
            outcome: 'waiting',
            at: now - minute,
          }),
        ]
        return { ...alarm, lifeSafety: true, shelf: { alone: 0, together: 0 }, told: chain.map(withoutEmpty) }
      }
      if (alarm.id === 'A20') return { ...alarm, priority: 'medium' as const }
      return alarm
    }),
    lineDown,
    ...children,
    defrosting,
    follower,
    escalation,
    shelved,
    out,
    latched,
  ]
}

/** A message that is still on its way has neither a time nor a proof of arrival. */
function withoutEmpty(one: WireTold): WireTold {
  if (one.outcome === 'delivered') return one
  const { deliveredAt: _, proof, ...rest } = one
  return one.outcome === 'failed' && proof !== undefined ? { ...rest, proof } : rest
}

/** Nine hundred and ninety-nine cabinets grow warm, and one gas leak among them. */
export function flood(now: number, count = 1000): readonly WireAlarm[] {
  return Array.from({ length: count }, (_, i) => ({
    ...alarmOf(
      sketch(i === count - 1 ? gas : cold, {
        id: `F${i}`,
        point: i === count - 1 ? 'leak-1.lel' : `cold-${(i % 4) + 1}.temperature`,
        agoMinutes: 1,
      }),
      now,
    ),
    rule: `cold-${i}.flood`,
  }))
}
