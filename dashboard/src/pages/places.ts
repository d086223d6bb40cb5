import type { Place } from '../router.svelte.ts'
import type { Dictionary } from '../words/say.ts'

export interface PlaceLink {
  readonly page: Place['page']
  readonly href: string
  readonly icon: string
  readonly word: string
}

const link = (page: Place['page'], icon: string, word: string, href = `/${page}`): PlaceLink => ({ page, href, icon, word })

/** For who may change the site. */
const siteOf = (t: Dictionary): PlaceLink => link('site', 'site', t.nav.site)

/** What the watch leaves on paper: the second half of the rail, and the records of the phone. */
export const watchPlaces = (t: Dictionary, may: boolean): readonly PlaceLink[] => [
  link('plan', 'plan', t.nav.plan),
  link('duty', 'duty', t.nav.duty),
  link('cases', 'repair', t.nav.cases),
  link('handover', 'handover', t.nav.handover),
  link('rounds', 'rounds', t.nav.rounds),
  link('kpi', 'kpi', t.nav.kpi),
  link('write-down', 'write', t.nav.writeDown, '/records'),
  link('cycles', 'special', t.nav.special),
  link('logs', 'records', t.nav.logs),
  link('connections', 'lines', t.nav.lines),
  link('system', 'system', t.nav.system),
  ...(may ? [siteOf(t)] : []),
]

/** The four views by purpose have one entry: their tabs are on the page. */
export const entryOf = (page: Place['page']): Place['page'] =>
  page === 'meters' || page === 'dosing' || page === 'gauges' ? 'cycles' : page

/** In the order of how often a phone needs them. */
export const recordPlaces = (t: Dictionary, may: boolean): readonly PlaceLink[] => [
  link('alarms', 'alarms', t.alarm.title),
  link('plan', 'plan', t.nav.plan),
  link('write-down', 'write', t.nav.writeDown, '/records'),
  link('cycles', 'special', t.nav.special),
  link('logs', 'records', t.nav.logs),
  link('cases', 'repair', t.nav.cases),
  link('handover', 'handover', t.nav.handover),
  link('duties', 'duties', t.duties.title),
  link('policies', 'policies', t.policies.title),
  link('duty', 'duty', t.nav.duty),
  link('kpi', 'kpi', t.nav.kpi),
  link('connections', 'lines', t.nav.lines),
  link('system', 'system', t.nav.system),
  ...(may ? [siteOf(t)] : []),
]

/** Under which of the phone's six places a page belongs. */
export function homeOf(page: Place['page']): 'overview' | 'list' | 'scan' | 'rounds' | 'records' | 'me' {
  switch (page) {
    case 'equipment':
    case 'list':
    case 'labels':
      return 'list'
    case 'scan':
    case 'label':
      return 'scan'
    case 'rounds':
    case 'round':
    case 'check-point':
      return 'rounds'
    case 'me':
    case 'help':
      return 'me'
    case 'overview':
    case 'sign-in':
    case 'lost':
    case 'answer':
      return 'overview'
    default:
      return 'records'
  }
}
