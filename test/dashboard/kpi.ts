import type { WireKpi, WireMeasure, WireTop } from '../../gateway/api/wire-kpi.ts'

/** Figures of a school's alarms as the gateway gives them, for the page's own tests and for drawing. */
const day = 86_400_000
const iso = (at: number): string => new Date(at).toISOString()
const said = (zh: string, en: string) => ({ zh, en })

const top = (
  rule: string,
  title: readonly [zh: string, en: string],
  equipment: readonly [id: string, zh: string, en: string],
  clause: string,
  calls: number,
  suggestion: WireTop['suggestion'],
): WireTop => ({
  rule,
  title: said(...title),
  equipment: equipment[0],
  equipmentName: said(equipment[1], equipment[2]),
  clause,
  calls,
  share: calls / 312,
  chatters: suggestion?.kind === 'deadband' ? 4 : 0,
  fleeting: 0,
  suggestion,
})

const items: readonly WireTop[] = [
  top('cold-1.temperature.too-warm', ['保鲜柜温度过高', 'Cabinet too warm'], ['cold-1', '1 号保鲜柜', 'Cabinet 1'], 'CAN-1', 96, {
    kind: 'deadband',
    say: said('抖动：回差从 0 °C 加到 0.5 °C', 'It chatters: deadband 0 °C → 0.5 °C'),
    change: { setting: 'deadband', from: '0', to: '0.5' },
  }),
  top('cold-2.door.left-open', ['柜门未关', 'Door left open'], ['cold-2', '2 号保鲜柜', 'Cabinet 2'], 'CAN-1', 71, {
    kind: 'delay',
    say: said('短于 2 分钟的占 83 %：延时从 0 分钟加到 3 分钟', '83 % are over within 2 min: delay 0 min → 3 min'),
    change: { setting: 'onDelay', from: '0s', to: '3m' },
  }),
  top('hydrant-2.pressure.silent', ['没有数据', 'No data'], ['hydrant-2', '2 号消火栓', 'Hydrant 2'], 'FIR-2', 44, {
    kind: 'line',
    say: said(
      '时断时续：查线路、电源和信号，不要只调报警',
      'The line comes and goes: check cable, power and signal before any setting',
    ),
  }),
  top('tank-1.level.low', ['水位过低', 'Level low'], ['tank-1', '蓄水池', 'Water tank'], 'WAT-2', 18, {
    kind: 'repair',
    say: said('多数持续较久，不是报警太灵：要修的是设备', 'Most of them last: the alarm is right, the equipment needs repair'),
  }),
  top('gas-1.level.leak', ['燃气泄漏', 'Gas leak'], ['gas-1', '厨房燃气探头', 'Kitchen gas detector'], 'GAS-1', 2, null),
]

const standard = (verified: boolean) => ({
  kind: 'standard' as const,
  source: said('EEMUA 191：每 10 分钟平均不超过 1 次', 'EEMUA 191: on average no more than 1 in 10 min'),
  verified,
})
const measure = (
  id: WireMeasure['id'],
  value: number | null,
  good: number,
  fair: number,
  standing: WireMeasure['standing'],
): WireMeasure => ({ id, value, good, fair, standing, basis: standard(id === 'rate') })

/** `length` days that end at `to`. */
export function kpiOf(to: number, length = 7): WireKpi {
  const from = to - length * day
  const counts = [31, 28, 92, 40, 37, 44, 40]
  const stay = { times: 0, ms: 0, now: 0, came: 0 }
  return {
    from: iso(from),
    to: iso(to),
    calls: {
      total: 312,
      perTenMinutes: { mean: 0.31, max: 14, over: 3, of: 1008 },
      perHour: { max: 22, over: 0, of: 168 },
      perDay: Array.from({ length }, (_, n) => ({ from: iso(from + n * day), calls: counts[n % 7] ?? 0, isFlood: n % 7 === 2 })),
      outside: { all: 61, urgent: 23 },
      byPriority: { advisory: 140, low: 110, medium: 52, high: 10 },
      late: 4,
    },
    floods: { count: 2, alarms: 37, ms: 31 * 60_000, share: 0.003, longestMs: 18 * 60_000, items: [] },
    stale: {
      count: 1,
      items: [
        {
          alarm: 'A7',
          rule: 'tank-1.level.low',
          title: said('水位过低', 'Level low'),
          equipment: 'tank-1',
          equipmentName: said('蓄水池', 'Water tank'),
          raisedAt: iso(to - 2.4 * day),
        },
      ],
    },
    chattering: { rules: 1, times: 4 },
    fleeting: { rules: 3, times: 9 },
    top: { share: 0.74, items },
    acknowledge: [
      { priority: 'high', all: 10, answered: 10, otherwise: 0, unanswered: 0, medianMs: 74_000, p90Ms: 240_000 },
      { priority: 'medium', all: 52, answered: 47, otherwise: 3, unanswered: 2, medianMs: 380_000, p90Ms: 2_760_000 },
      { priority: 'low', all: 110, answered: 101, otherwise: 4, unanswered: 5, medianMs: 1_500_000, p90Ms: 14_400_000 },
      { priority: 'advisory', all: 0, answered: 0, otherwise: 0, unanswered: 0, medianMs: null, p90Ms: null },
    ],
    confirm: { count: 38, medianMs: 2_520_000, p90Ms: 9_000_000 },
    quiet: {
      shelved: { times: 6, ms: 16_200_000, now: 1, came: 3 },
      outOfService: { times: 1, ms: 2 * day, now: 1, came: 0 },
      suppressed: stay,
    },
    notices: { delivered: 341, failed: 2 },
    measures: [
      measure('rate', 0.31, 1, 2, 'good'),
      measure('peak', 22, 15, 30, 'fair'),
      measure('flood', 0.003, 0.01, 0.05, 'good'),
      measure('stale', 1, 4, 10, 'good'),
      measure('chattering', 1, 0, 2, 'fair'),
      measure('top-ten', 0.74, 0.05, 0.2, 'poor'),
      measure('mix', 0.09, 0.1, 0.25, 'good'),
      measure('answer', 2_760_000, 600_000, 1_800_000, 'poor'),
    ],
  }
}
