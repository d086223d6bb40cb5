import type { House } from './house.ts'

type Figures = Readonly<Record<string, number>>

/** Prometheus text format 0.0.4. Counters by the house keep their names below `zhishou_`; what ends in `_total` counts up. */
export function metricsText(house: House, server: Figures, store: Figures): string {
  const open = house.state.openAlarms()
  const states = ['unacknowledged', 'acknowledged', 'returned-unacknowledged'] as const
  const lines = [
    ...family('info', 'gauge', 'Version and site', [`{version="${escape(house.version)}",site="${escape(house.site.id)}"} 1`]),
    ...family('ready', 'gauge', '1 while polling, evaluating and storing', [` ${house.notReady().length === 0 ? 1 : 0}`]),
    ...family('points', 'gauge', 'Points of the site', [` ${house.site.points.length}`]),
    ...family('rules', 'gauge', 'Rules that run', [` ${house.site.rules.length}`]),
    ...family('clock_speed', 'gauge', 'How fast the domain clock runs', [` ${house.clock.speed}`]),
    ...family(
      'alarms_open',
      'gauge',
      'Alarms that are not normal',
      states.map(state => `{state="${state}"} ${open.filter(alarm => alarm.state === state).length}`),
    ),
    ...family(
      'link_up',
      'gauge',
      '1 while the connection to the equipment is up',
      house.state.links().map(link => `{connection="${escape(link.connection)}"} ${link.up ? 1 : 0}`),
    ),
    ...numbers({ ...house.state.counters(), ...server }, ''),
    ...numbers(store, 'store_'),
  ]
  return `${lines.join('\n')}\n`
}

function numbers(figures: Figures, prefix: string): string[] {
  return Object.entries(figures).flatMap(([name, value]) => {
    const safe = `${prefix}${name.replace(/^zhishou_/, '').replaceAll(/[^a-zA-Z0-9_]/g, '_')}`
    return family(safe, name.endsWith('_total') ? 'counter' : 'gauge', safe.replaceAll('_', ' '), [` ${value}`])
  })
}

function family(name: string, type: 'gauge' | 'counter', help: string, samples: readonly string[]): string[] {
  return [
    `# HELP zhishou_${name} ${help}`,
    `# TYPE zhishou_${name} ${type}`,
    ...samples.map(sample => `zhishou_${name}${sample}`),
  ]
}

const escape = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
