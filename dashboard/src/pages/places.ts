import type { Place } from '../router.svelte.ts'
import type { Dictionary } from '../words/say.ts'

export interface PlaceLink {
  readonly page: Place['page']
  readonly href: string
  readonly icon: string
  readonly word: string
}

/** What the watch leaves on paper: the second half of the rail, and the records of the phone. */
export const watchPlaces = (t: Dictionary): readonly PlaceLink[] => [
  { page: 'duty', href: '/duty', icon: 'duty', word: t.nav.duty },
  { page: 'cases', href: '/cases', icon: 'repair', word: t.nav.cases },
  { page: 'handover', href: '/handover', icon: 'handover', word: t.nav.handover },
  { page: 'rounds', href: '/rounds', icon: 'rounds', word: t.nav.rounds },
  { page: 'kpi', href: '/kpi', icon: 'kpi', word: t.nav.kpi },
  { page: 'write-down', href: '/records', icon: 'write', word: t.nav.writeDown },
  { page: 'logs', href: '/logs', icon: 'records', word: t.nav.logs },
  { page: 'connections', href: '/connections', icon: 'lines', word: t.nav.lines },
  { page: 'system', href: '/system', icon: 'system', word: t.nav.system },
  { page: 'site', href: '/site', icon: 'site', word: t.nav.site },
]

/** In the order of how often a phone needs them. */
export const recordPlaces = (t: Dictionary): readonly PlaceLink[] => [
  { page: 'alarms', href: '/alarms', icon: 'alarms', word: t.alarm.title },
  { page: 'write-down', href: '/records', icon: 'write', word: t.nav.writeDown },
  { page: 'logs', href: '/logs', icon: 'records', word: t.nav.logs },
  { page: 'cases', href: '/cases', icon: 'repair', word: t.nav.cases },
  { page: 'handover', href: '/handover', icon: 'handover', word: t.nav.handover },
  { page: 'duties', href: '/duties', icon: 'duties', word: t.duties.title },
  { page: 'policies', href: '/policies', icon: 'policies', word: t.policies.title },
  { page: 'duty', href: '/duty', icon: 'duty', word: t.nav.duty },
  { page: 'kpi', href: '/kpi', icon: 'kpi', word: t.nav.kpi },
  { page: 'connections', href: '/connections', icon: 'lines', word: t.nav.lines },
  { page: 'system', href: '/system', icon: 'system', word: t.nav.system },
  { page: 'site', href: '/site', icon: 'site', word: t.nav.site },
]

/** Under which of the phone's five places a page belongs. */
export function homeOf(page: Place['page']): 'overview' | 'list' | 'rounds' | 'records' | 'me' {
  switch (page) {
    case 'equipment':
    case 'list':
      return 'list'
    case 'rounds':
    case 'round':
    case 'check-point':
      return 'rounds'
    case 'me':
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

/** Places that only who may change the site has a use for. */
export const isForAdministrators = ({ page }: PlaceLink): boolean => page === 'site'
