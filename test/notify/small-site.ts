import { usualKeeping } from '../../gateway/site/keeping.ts'
import { instant, millis, minutes } from '../../protocols/contract/time.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { usualEscalation } from '../../gateway/duty/duty.ts'
import type { Duty, Person } from '../../gateway/duty/duty.ts'
import type { PreparedChannel } from '../../gateway/notify/channel.ts'
import { plainCalendar } from '../../gateway/policy/calendar.ts'
import type { Calendar } from '../../gateway/policy/calendar.ts'
import type { Priority, Rule, RuleId } from '../../gateway/policy/rule.ts'
import type { Site } from '../../gateway/site/site.ts'

export const zone = 'Asia/Shanghai'
/** Tuesday, 12:00 in Shanghai. */
export const noon = instant(Date.UTC(2026, 8, 1, 4))

const words = (text: string) => ({ zh: text, en: text })
export const person = (id: string, more: Partial<Person> = {}): Person => ({
  id,
  name: { zh: `${id}先生`, en: `Mr ${id}` },
  account: id,
  roles: [],
  language: 'zh',
  channels: ['hook'],
  handles: {},
  ...more,
})

/** wang is the canteen's, li leads the station, zhao the centre. */
export const people = ['wang', 'chen', 'li', 'zhao'] as const
export const duty: Duty = {
  people: new Map(people.map(id => [id, person(id)])),
  rosters: new Map(),
  roles: new Map([['食堂主管', ['wang', 'chen']]]),
  cells: new Map([
    ['canteen-cell', { id: 'canteen-cell', name: words('食堂网格'), head: 'wang', areas: ['canteen'], above: 'station' }],
    ['station', { id: 'station', name: { zh: '后勤站', en: 'Station' }, head: 'li', areas: [], above: 'centre' }],
    ['centre', { id: 'centre', name: { zh: '管理中心', en: 'Centre' }, head: 'zhao', areas: [] }],
  ]),
  routes: [],
  escalate: usualEscalation,
}

const rule = (equipment: string, priority: Priority, more: Partial<Rule> = {}): Rule => {
  const point = `${equipment}.temperature` as PointId
  return {
    id: `${point}.too-warm` as RuleId,
    kind: 'limit',
    spec: { op: 'gt', value: 8 },
    settings: {},
    watches: [point],
    point,
    equipment,
    clause: 'CAN-1',
    title: { zh: '温度过高', en: 'Too warm' },
    priority,
    alarmBasis: { kind: 'design', source: words('design'), verified: false },
    advice: { zh: '关好柜门', en: 'Close the door' },
    policy: { id: 'canteen', version: '1.0' },
    ...more,
  }
}

export interface SiteOptions {
  readonly equipment?: readonly (readonly [id: string, priority: Priority, more?: Partial<Rule>])[]
  readonly duty?: Duty
  readonly channels?: readonly PreparedChannel[]
  /** Holidays and make-up days. */
  readonly calendar?: Calendar['marks']
}
export const silent = (id: string): PreparedChannel => ({
  id,
  kind: 'webhook',
  open: () => ({ reaches: () => true, send: () => Promise.resolve({ is: 'delivered', proof: 'ok' }) }),
})

export function siteOf({
  equipment = [['cold-1', 'medium']],
  duty: its = duty,
  channels = [silent('hook')],
  calendar,
}: SiteOptions = {}): Site {
  const rules = equipment.map(([id, priority, more]) => rule(id, priority, more))
  const clause = {
    id: 'CAN-1',
    title: { zh: '保鲜柜 0–8 °C', en: 'Cabinet 0–8 °C' },
    source: words('手册'),
    requirement: words('保持低温'),
    tell: [{ zh: '食堂主管', en: 'canteen manager' }],
    pack: 'canteen',
    version: '1.0',
  }
  return {
    id: 'school',
    name: { zh: '青山小学', en: 'Greenhill School' },
    timeZone: zone,
    areas: [{ id: 'canteen', name: { zh: '食堂', en: 'Canteen' } }],
    equipment: equipment.map(([id]) => ({
      id,
      name: { zh: `${id} 柜`, en: `Cabinet ${id}` },
      area: 'canteen',
      type: 'cabinet',
      typeName: words('柜'),
      icon: 'fridge',
      connection: 'push',
      points: [`${id}.temperature` as PointId],
      mainPoint: `${id}.temperature` as PointId,
      clauses: ['CAN-1'],
      facts: {},
      device: {},
    })),
    points: equipment.map(([id]) => ({
      id: `${id}.temperature` as PointId,
      key: 'temperature',
      name: { zh: '柜内温度', en: 'Temperature' },
      equipment: id,
      kind: 'measurement' as const,
      unit: '°C',
      decimals: 1,
      range: { min: 0, max: 20 },
      labels: new Map(),
      limits: {},
      staleAfter: minutes(10),
      lateness: millis(0),
      connection: 'push',
      binding: {},
    })),
    connections: [],
    rules,
    clauses: new Map([['CAN-1', clause]]),
    policies: [],
    book: [],
    calendar: { ...plainCalendar(zone), ...(calendar ? { marks: calendar, country: 'CN' } : {}) },
    server: { host: '127.0.0.1', port: 0, publicUrl: 'https://watch.example' },
    duty: its,
    channels,
    rounds: [],
    keeping: usualKeeping,
    digest: 'd',
  }
}

export const ruleOf = (equipment: string): RuleId => `${equipment}.temperature.too-warm` as RuleId
