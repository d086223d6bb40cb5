import type { Said, WireAlarm, WireClause, WireEquipment, WirePoint, WirePriority, WireSite } from '../../gateway/api/wire.ts'

/** A believable school for the stage: six areas, twenty pieces of equipment, in the very words of the wire. */
const say = (zh: string, en: string): Said => ({ zh, en })
const house = (zh: string, en: string) => ({ kind: 'house-rule' as const, source: say(zh, en), verified: true })
const design = {
  kind: 'design' as const,
  source: say('按设备常见波动设定，可按站点调整', 'Chosen from usual swings; a site may change it'),
  verified: false,
}

interface PointSketch {
  readonly key: string
  readonly name: Said
  readonly unit?: string
  readonly decimals?: number
  readonly range?: readonly [number, number]
  readonly limits?: { readonly min?: number; readonly max?: number }
  readonly labels?: readonly Said[]
}
const temperature = (
  range: readonly [number, number],
  limits: PointSketch['limits'],
  name = say('柜内温度', 'Cabinet temperature'),
): PointSketch => ({
  key: 'temperature',
  name,
  unit: '°C',
  decimals: 1,
  range,
  limits: limits ?? {},
})
const door: PointSketch = { key: 'door', name: say('柜门', 'Door'), labels: [say('关', 'closed'), say('开', 'open')] }

function equipment(
  area: string,
  id: string,
  name: Said,
  type: readonly [string, Said, string],
  sketches: readonly PointSketch[],
  clauses: readonly string[],
): WireEquipment {
  const points = sketches.map((sketch): WirePoint => ({
    id: `${id}.${sketch.key}`,
    name: sketch.name,
    equipment: id,
    driver: 'modbus-tcp',
    connection: `${area}-bus`,
    kind: sketch.labels ? 'contact' : 'measurement',
    unit: sketch.unit ?? '',
    decimals: sketch.decimals ?? 0,
    range: { min: sketch.range?.[0] ?? 0, max: sketch.range?.[1] ?? 1 },
    labels: (sketch.labels ?? []).map((label, code) => ({ code, label })),
    limits: sketch.limits ?? {},
    staleAfterMs: 600_000,
    value: null,
    quality: 'none',
    at: null,
    receivedAt: null,
    state: 'normal',
  }))
  const main = points[0]
  if (!main) throw new Error(`${id} has no point`)
  return {
    id,
    name,
    area,
    type: type[0],
    typeName: type[1],
    icon: type[2],
    connection: `${area}-bus`,
    mainPoint: main.id,
    points,
    clauses,
    facts: { serial: `BX-${id.length}207`, holds: 'cooked' },
  }
}

const fridge = ['fresh-keeping-cabinet', say('保鲜柜', 'Fresh-keeping cabinet'), 'fridge'] as const
const freezer = ['freezer', say('冰柜', 'Freezer'), 'freezer'] as const
const power: PointSketch = { key: 'power', name: say('压缩机功率', 'Compressor power'), unit: 'W', range: [0, 800] }

export function school(): WireSite {
  const cabinets = [1, 2, 3, 4].map(n =>
    equipment(
      'canteen',
      `cold-${n}`,
      say(`${n} 号保鲜柜`, `Fresh-keeping cabinet ${n}`),
      fridge,
      [temperature([-5, 20], { min: 0, max: 8 }), door, power],
      ['CAN-1', 'CAN-2'],
    ),
  )
  const freezers = [1, 2].map(n =>
    equipment(
      'canteen',
      `freezer-${n}`,
      say(`${n} 号冰柜`, `Freezer ${n}`),
      freezer,
      [temperature([-35, 0], { max: -18 }), door],
      ['CAN-4'],
    ),
  )
  return {
    id: 'greenhill',
    name: say('青山小学', 'Greenhill School'),
    timeZone: 'Asia/Shanghai',
    demo: true,
    version: '0.1.0',
    areas: [
      { id: 'canteen', name: say('食堂', 'Canteen') },
      { id: 'water', name: say('二次供水', 'Drinking water') },
      { id: 'server', name: say('网络机房', 'Server room') },
      { id: 'gas', name: say('燃气间', 'Gas room') },
      { id: 'fire', name: say('消防', 'Fire protection') },
      { id: 'gate', name: say('门岗与办公楼', 'Gate and offices') },
    ],
    clauses,
    equipment: [
      ...cabinets,
      ...freezers,
      equipment(
        'canteen',
        'steriliser-1',
        say('消毒柜', 'Disinfection cabinet'),
        ['steriliser', say('消毒柜', 'Disinfection cabinet'), 'steriliser'],
        [temperature([0, 150], {}), door],
        ['CAN-8'],
      ),
      equipment(
        'water',
        'tank-1',
        say('生活水箱', 'Drinking water tank'),
        ['tank', say('水箱', 'Tank'), 'tank'],
        [
          {
            key: 'chlorine',
            name: say('余氯', 'Free chlorine'),
            unit: 'mg/L',
            decimals: 2,
            range: [0, 3],
            limits: { min: 0.3, max: 2 },
          },
          { key: 'level', name: say('水位', 'Level'), unit: '%', decimals: 0, range: [0, 100], limits: { min: 20 } },
          { key: 'turbidity', name: say('浊度', 'Turbidity'), unit: 'NTU', decimals: 2, range: [0, 3], limits: { max: 1 } },
        ],
        ['WAT-3'],
      ),
      equipment(
        'water',
        'pump-1',
        say('供水泵', 'Supply pump'),
        ['pump', say('水泵', 'Pump'), 'sensor'],
        [
          {
            key: 'pressure',
            name: say('出口压力', 'Outlet pressure'),
            unit: 'MPa',
            decimals: 2,
            range: [0, 0.8],
            limits: { min: 0.25, max: 0.5 },
          },
        ],
        ['WAT-3'],
      ),
      equipment(
        'server',
        'room-1',
        say('机房温湿度', 'Server room climate'),
        ['server-room', say('机房', 'Server room'), 'rack'],
        [
          {
            key: 'temperature',
            name: say('室温', 'Temperature'),
            unit: '°C',
            decimals: 1,
            range: [10, 40],
            limits: { min: 18, max: 27 },
          },
          {
            key: 'humidity',
            name: say('相对湿度', 'Humidity'),
            unit: '%',
            decimals: 0,
            range: [0, 100],
            limits: { min: 20, max: 80 },
          },
          { key: 'leak', name: say('漏水', 'Water leak'), labels: [say('无', 'none'), say('有', 'leak')] },
        ],
        ['SRV-1'],
      ),
      equipment(
        'server',
        'room-2',
        say('弱电间', 'Wiring closet'),
        ['server-room', say('机房', 'Server room'), 'rack'],
        [{ key: 'temperature', name: say('室温', 'Temperature'), unit: '°C', decimals: 1, range: [10, 40], limits: { max: 32 } }],
        ['SRV-1'],
      ),
      equipment(
        'gas',
        'meter-1',
        say('食堂燃气表', 'Canteen gas meter'),
        ['gas-meter', say('燃气表', 'Gas meter'), 'gas-meter'],
        [{ key: 'flow', name: say('瞬时流量', 'Flow'), unit: 'm³/h', decimals: 1, range: [0, 16] }],
        ['GAS-10'],
      ),
      equipment(
        'gas',
        'leak-1',
        say('可燃气体探测器', 'Gas detector'),
        ['gas-alarm', say('气体探测器', 'Gas detector'), 'gas-alarm'],
        [{ key: 'lel', name: say('浓度', 'Concentration'), unit: '%LEL', decimals: 0, range: [0, 50], limits: { max: 10 } }],
        ['GAS-10'],
      ),
      ...[1, 2].map(n =>
        equipment(
          'fire',
          `hydrant-${n}`,
          say(`${n} 号消火栓`, `Hydrant ${n}`),
          ['hydrant', say('消火栓', 'Hydrant'), 'hydrant'],
          [
            {
              key: 'pressure',
              name: say('静压', 'Static pressure'),
              unit: 'MPa',
              decimals: 2,
              range: [0, 1],
              limits: { min: 0.1, max: 0.5 },
            },
          ],
          ['FIR-2'],
        ),
      ),
      ...[1, 2].map(n =>
        equipment(
          'fire',
          `extinguisher-${n}`,
          say(`${n} 号灭火器`, `Extinguisher ${n}`),
          ['extinguisher', say('灭火器', 'Extinguisher'), 'extinguisher'],
          [
            {
              key: 'pressure',
              name: say('压力', 'Pressure'),
              unit: 'MPa',
              decimals: 2,
              range: [0.6, 1.8],
              limits: { min: 1, max: 1.4 },
            },
          ],
          ['FIR-1'],
        ),
      ),
      equipment(
        'gate',
        'gate-1',
        say('办公楼大门', 'Office gate'),
        ['gate', say('大门', 'Gate'), 'gate'],
        [{ key: 'gate', name: say('大门', 'Gate'), labels: [say('锁闭', 'locked'), say('开启', 'open')] }],
        ['PAT-4'],
      ),
      equipment(
        'gate',
        'light-1',
        say('教学楼照明', 'Classroom lights'),
        ['light', say('照明', 'Lights'), 'light'],
        [{ key: 'power', name: say('功率', 'Power'), unit: 'kW', decimals: 1, range: [0, 12] }],
        ['PAT-5'],
      ),
      equipment(
        'gate',
        'office-1',
        say('档案室', 'Archive'),
        ['room', say('房间', 'Room'), 'sensor'],
        [
          {
            key: 'temperature',
            name: say('室温', 'Temperature'),
            unit: '°C',
            decimals: 1,
            range: [0, 40],
            limits: { min: 14, max: 24 },
          },
        ],
        ['SRV-1'],
      ),
    ],
  }
}

const clause = (id: string, title: Said, source: Said, requirement: Said, tell: readonly Said[]): WireClause => ({
  id,
  title,
  source,
  requirement,
  tell,
  policy: { id: 'school', version: '1.0' },
})
const general = say('综合部', 'General affairs')
const canteen = say('食堂主管', 'Canteen supervisor')
const clauses: readonly WireClause[] = [
  clause(
    'CAN-1',
    say('保鲜柜 0–8 °C', 'Fresh-keeping cabinet 0–8 °C'),
    say('客服中心服务手册（002）炊事器具 十一（5）', 'Service centre manual (002), kitchen equipment 11(5)'),
    say(
      '保鲜柜内温度保持在 0 °C 至 8 °C，食品不得长时间置于柜外。',
      'A fresh-keeping cabinet holds 0 °C to 8 °C; food must not stand long outside it.',
    ),
    [general, canteen],
  ),
  clause(
    'CAN-2',
    say('保鲜柜正常运转', 'Cabinet runs normally'),
    say('客服中心服务手册（002）炊事器具 十一（3）（9）', 'Service centre manual (002), kitchen equipment 11(3)(9)'),
    say(
      '有故障的保鲜柜立即停用报修，不得带病运行。',
      'A faulty cabinet is cut off at once, reported and never used while faulty.',
    ),
    [general],
  ),
  clause(
    'CAN-4',
    say('冰柜温度', 'Freezer temperature'),
    say('客服中心服务手册（002）炊事器具 七（6）', 'Service centre manual (002), kitchen equipment 7(6)'),
    say('按存放食品的种类和数量设定冰柜温度。', 'The freezer is set to what it holds and how much.'),
    [canteen],
  ),
  clause(
    'CAN-8',
    say('消毒完成并降温后方可开门', 'Opened only after the cycle and cooling'),
    say('客服中心服务手册（002）炊事器具 十（4）', 'Service centre manual (002), kitchen equipment 10(4)'),
    say(
      '消毒完成且温度降下后方可开门。',
      'The door is opened only after the cycle is complete and the temperature has come down.',
    ),
    [canteen],
  ),
  clause(
    'WAT-3',
    say('消毒有效、定期、持续', 'Disinfection effective, regular, sustained'),
    say('服务管理制度（001）制度3 二.3', 'Service rules (001), rule 3, 2.3'),
    say('二次供水消毒须有效、定期、持续。', 'Disinfection of secondary supply is effective, regular and sustained.'),
    [say('供水人员', 'Water staff')],
  ),
  clause(
    'SRV-1',
    say('机房防火防热防潮', 'Server room kept from fire, heat, damp'),
    say('服务管理制度（001）制度14 2.7', 'Service rules (001), rule 14, 2.7'),
    say('机房防火、防热、防潮、防尘。', 'The server room is protected from fire, heat, damp and dust.'),
    [say('网络管理员', 'Network administrator')],
  ),
  clause(
    'GAS-10',
    say('停火后无燃气流动', 'No gas flows after closing'),
    say('由 CAN-11 推出', 'Follows from CAN-11'),
    say('停火后不得有燃气流动，泄漏即报警。', 'No gas flows after the kitchen has closed; leaked gas alarms.'),
    [canteen],
  ),
  clause(
    'FIR-1',
    say('灭火器压力合格', 'Extinguisher pressure'),
    say('客服中心服务手册（002）五.6', 'Service centre manual (002), 5.6'),
    say('灭火器在位、压力足、未过期。', 'Extinguishers in place, pressure enough, not expired.'),
    [say('保安主管', 'Security supervisor')],
  ),
  clause(
    'FIR-2',
    say('消火栓有水', 'Hydrants have water'),
    say('客服中心服务手册（002）五.6', 'Service centre manual (002), 5.6'),
    say('消火栓保持有水。', 'Hydrants have water.'),
    [say('保安主管', 'Security supervisor')],
  ),
  clause(
    'PAT-4',
    say('办公楼 07:30 开门、24:00 锁门', 'Gate open 07:30, locked 24:00'),
    say('客服中心服务手册（002）值班 5', 'Service centre manual (002), duty 5'),
    say('办公楼大门 07:30 开启，24:00 锁闭。', 'Office gate open 07:30, locked 24:00.'),
    [say('保安', 'Security')],
  ),
  clause(
    'PAT-5',
    say('下班后无长明灯', 'No lights left burning'),
    say('客服中心服务手册（002）保洁 四', 'Service centre manual (002), cleaning 4'),
    say('下班后无长明灯、长流水，门窗关好。', 'After hours no lights burning, no water running, doors and windows shut.'),
    [say('保洁', 'Cleaning')],
  ),
]

interface AlarmSketch {
  readonly id: string
  readonly point: string
  readonly rule: string
  readonly priority: WirePriority
  readonly state: WireAlarm['state']
  readonly title: Said
  readonly sentence: Said
  readonly clause: string
  readonly advice: Said
  readonly limit?: WireAlarm['limit']
  readonly agoMinutes: number
  readonly clearedAgoMinutes?: number
  readonly value?: number
  readonly times?: number
  readonly found?: 'late'
  readonly comment?: string
}

export function alarmOf(sketch: AlarmSketch, now: number): WireAlarm {
  const of = clauses.find(one => one.id === sketch.clause)
  const raisedAt = now - sketch.agoMinutes * 60_000
  return {
    id: sketch.id,
    rule: `${sketch.point}.${sketch.rule}`,
    state: sketch.state,
    priority: sketch.priority,
    equipment: sketch.point.split('.')[0] ?? '',
    point: sketch.point,
    title: sketch.title,
    sentence: sketch.sentence,
    clause: sketch.clause,
    clauseTitle: of?.title ?? say(sketch.clause, sketch.clause),
    tell: of?.tell ?? [],
    advice: sketch.advice,
    ...(sketch.limit ? { limit: sketch.limit, limitBasis: house('制度规定', 'House rule') } : {}),
    alarmBasis: design,
    policy: { id: 'school', version: '1.0' },
    since: raisedAt - 20 * 60_000,
    raisedAt,
    ...(sketch.clearedAgoMinutes === undefined ? {} : { clearedAt: now - sketch.clearedAgoMinutes * 60_000 }),
    ...(sketch.value === undefined ? {} : { value: sketch.value }),
    times: sketch.times ?? 1,
    found: sketch.found ?? 'live',
    active: sketch.state === 'unacknowledged' || sketch.state === 'acknowledged',
    latching: false,
    lifeSafety: false,
    shelf: { alone: 8 * 3_600_000, together: 8 * 3_600_000 },
    told: [],
    ...(sketch.state === 'acknowledged' || sketch.comment
      ? { acknowledged: { by: 'li', at: raisedAt + 240_000, comment: sketch.comment ?? '' } }
      : {}),
    recorded: true,
  }
}

/** One alarm of every priority and state. */
export const alarmSketches: readonly AlarmSketch[] = [
  {
    id: 'A21',
    point: 'leak-1.lel',
    rule: 'gas',
    priority: 'high',
    state: 'unacknowledged',
    title: say('可燃气体泄漏', 'Gas leak'),
    sentence: say('可燃气体探测器 浓度 18 %LEL，高于 10 %LEL', 'Gas detector: concentration 18 %LEL, above 10 %LEL'),
    clause: 'GAS-10',
    advice: say(
      '立即关闭总阀，开窗通风，不要开关电器，人员撤离后报告。',
      'Shut the main valve, open windows, touch no switch, clear the room, then report.',
    ),
    limit: { op: 'gt', value: 10, unit: '%LEL' },
    agoMinutes: 3,
    value: 18,
  },
  {
    id: 'A20',
    point: 'cold-1.temperature',
    rule: 'too-warm',
    priority: 'medium',
    state: 'unacknowledged',
    title: say('保鲜柜温度过高', 'Cabinet too warm'),
    sentence: say('1 号保鲜柜 柜内温度 9.4 °C，高于 8 °C', 'Fresh-keeping cabinet 1: cabinet temperature 9.4 °C, above 8 °C'),
    clause: 'CAN-1',
    advice: say(
      '关好柜门，检查食品中心温度；超过 2 小时的熟食不得再用，并报综合部。',
      'Close the door and check the core temperature of the food; discard cooked food above the limit for 2 hours and report.',
    ),
    limit: { op: 'gt', value: 8, unit: '°C' },
    agoMinutes: 18,
    value: 9.4,
    times: 2,
  },
  {
    id: 'A19',
    point: 'extinguisher-2.pressure',
    rule: 'low',
    priority: 'low',
    state: 'returned-unacknowledged',
    title: say('灭火器压力偏低', 'Extinguisher pressure low'),
    sentence: say('2 号灭火器 压力 0.98 MPa，低于 1 MPa', 'Extinguisher 2: pressure 0.98 MPa, below 1 MPa'),
    clause: 'FIR-1',
    advice: say('检查压力表与喷管，必要时更换。', 'Check gauge and hose; replace if needed.'),
    limit: { op: 'lt', value: 1, unit: 'MPa' },
    agoMinutes: 95,
    clearedAgoMinutes: 40,
    value: 0.98,
  },
  {
    id: 'A18',
    point: 'tank-1.chlorine',
    rule: 'low',
    priority: 'medium',
    state: 'acknowledged',
    title: say('余氯不足', 'Chlorine low'),
    sentence: say('生活水箱 余氯 0.24 mg/L，低于 0.3 mg/L', 'Drinking water tank: free chlorine 0.24 mg/L, below 0.3 mg/L'),
    clause: 'WAT-3',
    advice: say('按水箱现有水量补投消毒剂并记录。', 'Dose for the water now in the tank and record it.'),
    limit: { op: 'lt', value: 0.3, unit: 'mg/L' },
    agoMinutes: 130,
    value: 0.24,
    comment: '已通知供水人员补投',
  },
  {
    id: 'A17',
    point: 'office-1.temperature',
    rule: 'stale',
    priority: 'advisory',
    state: 'acknowledged',
    title: say('档案室无数据', 'Archive silent'),
    sentence: say('档案室 室温 已无数据', 'Archive: temperature has sent no data'),
    clause: 'SRV-1',
    advice: say('检查传感器供电与网络。', 'Check the sensor’s power and network.'),
    agoMinutes: 300,
    found: 'late',
    comment: '',
  },
]
export const pastSketches: readonly AlarmSketch[] = Array.from({ length: 37 }, (_, i) => ({
  id: `A${16 - i < 1 ? `0${i}` : 16 - i}`,
  point: i % 3 === 0 ? 'freezer-1.temperature' : 'cold-1.temperature',
  rule: 'too-warm',
  priority: i % 4 === 0 ? ('high' as const) : ('medium' as const),
  state: 'normal' as const,
  title: i % 3 === 0 ? say('冰柜温度过高', 'Freezer too warm') : say('保鲜柜温度过高', 'Cabinet too warm'),
  sentence:
    i % 3 === 0
      ? say('1 号冰柜 柜内温度 −15.2 °C，高于 −18 °C', 'Freezer 1: cabinet temperature −15.2 °C, above −18 °C')
      : say('1 号保鲜柜 柜内温度 8.9 °C，高于 8 °C', 'Fresh-keeping cabinet 1: cabinet temperature 8.9 °C, above 8 °C'),
  clause: i % 3 === 0 ? 'CAN-4' : 'CAN-1',
  advice: say('关好柜门。', 'Close the door.'),
  limit: { op: 'gt' as const, value: i % 3 === 0 ? -18 : 8, unit: '°C' },
  agoMinutes: 600 + i * 700,
  clearedAgoMinutes: 560 + i * 700,
  value: i % 3 === 0 ? -15.2 : 8.9,
  comment: i % 2 === 0 ? '门未关严，已关好' : '',
}))

/** As many pieces of equipment as asked for, of the school's kinds and in its areas. */
export function crowd(count: number): WireSite {
  const site = school()
  const kinds = site.equipment.filter(one => one.points[0]?.kind === 'measurement')
  return {
    ...site,
    equipment: Array.from({ length: count }, (_, index) => {
      const kind = kinds[index % kinds.length]
      const area = site.areas[index % site.areas.length]
      if (!kind || !area) throw new Error('the school has no equipment')
      const id = `unit-${index}`
      const renamed = (point: string): string => id + point.slice(kind.id.length)
      return {
        ...kind,
        id,
        area: area.id,
        name: say(`设备 ${index}`, `Unit ${index}`),
        mainPoint: renamed(kind.mainPoint),
        points: kind.points.map(point => ({ ...point, id: renamed(point.id), equipment: id })),
      }
    }),
  }
}
