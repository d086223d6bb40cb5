import type {
  Said,
  WireAlarm,
  WireCoveredClause,
  WireCoveringRule,
  WireDuty,
  WireSite,
  WireWatch,
} from '../../gateway/api/wire.ts'

/** What the stage says of its books and duties, in the very words of the wire. */
interface Standing {
  readonly site: WireSite
  readonly now: number
  readonly alarms: ReadonlyMap<string, WireAlarm>
  readonly silent: ReadonlySet<string>
  readonly bad: ReadonlyMap<string, string>
}
const say = (zh: string, en: string): Said => ({ zh, en })
const house = { kind: 'house-rule' as const, source: say('制度规定', 'house rule'), verified: true }
const design = { kind: 'design' as const, source: say('本产品默认', 'product default'), verified: false }
const iso = (ms: number): string => new Date(ms).toISOString()
const inForce = { version: '1.1', effective: '2026-09-01', inForce: true }
const books: Readonly<Record<string, Said>> = {
  CAN: say('食堂', 'Canteen'),
  WAT: say('饮用水', 'Drinking water'),
  SRV: say('机房', 'Server room'),
  GAS: say('燃气', 'Gas'),
  FIR: say('消防', 'Fire equipment'),
  PAT: say('巡查与关门', 'Rounds and closing'),
}

function watchOf({ now, alarms, silent, bad }: Standing, clause: string, equipment: WireSite['equipment'][number]): WireWatch {
  const alarm = [...alarms.values()].find(
    one =>
      one.clause === clause && one.equipment === equipment.id && (one.state === 'unacknowledged' || one.state === 'acknowledged'),
  )
  const unheard = equipment.points.map(({ id }) => id).filter(id => silent.has(id) || bad.has(id))
  const place = { rule: `${equipment.mainPoint}.${clause}`, equipment: equipment.id, equipmentName: equipment.name }
  if (alarm) return { ...place, verdict: 'breached', since: iso(alarm.since), alarm: alarm.id }
  if (unheard.length > 0) return { ...place, verdict: 'unknown', since: null, unheard }
  return { ...place, verdict: 'kept', since: iso(now - 20 * 3_600_000) }
}

export function coverageOf(stage: Standing): readonly WireCoveredClause[] {
  const watched = stage.site.clauses.map((clause): WireCoveredClause => {
    const equipment = stage.site.equipment.filter(one => one.clauses.includes(clause.id))
    const watchedBy = equipment.map(one => watchOf(stage, clause.id, one))
    const standing = (['breached', 'unknown', 'kept'] as const).find(one => watchedBy.some(({ verdict }) => verdict === one))
    const of = watchedBy.find(({ verdict }) => verdict === standing)
    const book = clause.id.slice(0, 3)
    const { id, title, source, requirement, tell } = clause
    const policy = { id: book.toLowerCase(), name: books[book] ?? say(book, book), ...inForce }
    const rules = [ruleOf(clause.id, watchedBy, equipment[0]?.points[0]?.unit ?? '')]
    return { id, title, source, requirement, tell, policy, rules, standing: standing ?? 'unwatched', since: of?.since ?? null }
  })
  return [...watched, mixer]
}

function ruleOf(clause: string, watchedBy: readonly WireWatch[], unit: string): WireCoveringRule {
  const [first, second, ...rest] = watchedBy
  const record = { kind: 'temperature', verdict: 'failed' as const, at: '2026-11-22T08:00:00.000+08:00' }
  const overlay = {
    settings: { op: 'gt', value: 8, onDelay: '30m' },
    changed: ['onDelay'],
    reason: '№ 7',
  }
  const changed =
    clause === 'CAN-1' && first && second
      ? [
          { ...first, record },
          { ...second, overlay },
        ]
      : []
  return {
    name: 'too-warm',
    kind: 'limit',
    title: say('超过上限', 'Above the limit'),
    priority: 'medium',
    advice: say('到现场查看。', 'Go and look.'),
    settings: { op: 'gt', value: 8, deadband: 0.5, onDelay: '20m', offDelay: '5m' },
    unit,
    labels: [],
    limitBasis: house,
    alarmBasis: design,
    record: 'temperature',
    retention: '2y',
    types: [say('保鲜柜', 'Fresh-keeping cabinet')],
    own: false,
    watchedBy: changed.length > 0 ? [...changed, ...rest] : watchedBy,
    unwired:
      clause === 'CAN-2'
        ? [
            {
              equipment: 'cold-4',
              equipmentName: say('4 号保鲜柜', 'Fresh-keeping cabinet 4'),
              point: 'frost',
              pointName: say('霜层厚度', 'Frost'),
            },
          ]
        : [],
    off:
      clause === 'CAN-2'
        ? [{ equipment: 'cold-3', equipmentName: say('3 号保鲜柜', 'Fresh-keeping cabinet 3'), reason: '№ 8' }]
        : [],
  }
}

/** A clause that nothing here comes under. */
const mixer: WireCoveredClause = {
  id: 'CAN-12',
  title: say('和面机不超载', 'No overloaded mixer'),
  source: say('客服中心服务手册（002）炊事器具 八', 'Service centre manual (002), kitchen equipment 8'),
  requirement: say('和面机不超载，护罩在位。', 'The mixer is not overloaded and its guard is in place.'),
  tell: [say('食堂主管', 'Canteen supervisor')],
  policy: { id: 'can', name: say('食堂', 'Canteen'), ...inForce },
  standing: 'unwatched',
  since: null,
  rules: [{ ...ruleOf('CAN-12', [], 'A'), types: [say('和面机', 'Dough mixer')], retention: '2y' }],
  gap: say('这里没有归它管的设备（和面机）。', 'None of the equipment it speaks of stands here (dough mixer).'),
}

export function dutiesOf(now: number): readonly WireDuty[] {
  const duty = (rule: string, state: WireDuty['state'], hours: number | null, more: Partial<WireDuty> = {}): WireDuty => ({
    rule,
    clause: 'WAT-3',
    clauseTitle: say('水箱每 10 天消毒', 'Tank disinfected every 10 days'),
    equipment: 'tank-1',
    equipmentName: say('生活水箱', 'Drinking water tank'),
    title: say('水箱超过 10 天没有消毒', 'Tank not disinfected for 10 days'),
    priority: 'medium',
    tell: [say('供水人员', 'Water staff')],
    state,
    doneAt: iso(now - 7 * 86_400_000),
    warnAt: null,
    dueAt: hours === null ? null : iso(now + hours * 3_600_000),
    missed: state === 'missed' ? 2 : 0,
    ...more,
  })
  return [
    duty('tank-1.dosing.overdue', 'missed', -5),
    duty('tank-1.turbidity.due', 'soon', 3),
    duty('gate-1.gate.due', 'open', 20),
    duty('meter-1.flow.due', 'open', 100, { done: 3, of: 4 }),
    duty('extinguisher-1.pressure.expires', 'open', 24 * 900, { doneAt: null }),
    duty('office-1.temperature.due', 'not-now', null),
  ]
}
