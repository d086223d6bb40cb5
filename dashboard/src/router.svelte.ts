/** The places of the page and the history of the browser. */
export type Place =
  | {
      readonly page:
        | 'overview'
        | 'alarms'
        | 'list'
        | 'policies'
        | 'duties'
        | 'duty'
        | 'cases'
        | 'handover'
        | 'kpi'
        | 'rounds'
        | 'scan'
        | 'labels'
        | 'logs'
        | 'cycles'
        | 'meters'
        | 'dosing'
        | 'gauges'
        | 'write-down'
        | 'system'
        | 'site'
        | 'connections'
        | 'connect'
        | 'me'
        | 'help'
        | 'wall'
        | 'gallery'
        | 'sign-in'
        | 'lost'
    }
  /** One log (`/logs/KIND`); one kind of record to write down (`/records/KIND`); one case; one floor plan, the first where none is named (`/plan`); one round, or the check-point with the code in the QR (`/c/CODE`); the equipment whose label was scanned (`/e/SITE/EQUIPMENT`); the page behind the link in a message (`/a/TOKEN`). */
  | {
      readonly page:
        'connection' | 'equipment' | 'plan' | 'case' | 'round' | 'log' | 'record' | 'check-point' | 'label' | 'answer'
      readonly id: string
    }

/** Pages of one thing, by the first word of their path. */
const withId: Readonly<Record<string, Extract<Place, { readonly id: string }>['page']>> = {
  equipment: 'equipment',
  connections: 'connection',
  cases: 'case',
  rounds: 'round',
  c: 'check-point',
  a: 'answer',
  logs: 'log',
  records: 'record',
}

export function placeOf(path: string): Place {
  const [, first = '', second = '', third] = path.split('/')
  if (first === 'e' && second !== '' && third) return { page: 'label', id: decode(`${second}/${third}`) }
  if (third !== undefined && third !== '') return { page: 'lost' }
  if (first === 'plan') return { page: 'plan', id: decode(second) }
  const known = Object.hasOwn(withId, first) ? withId[first] : undefined
  if (known && second !== '') return { page: known, id: decode(second) }
  if (second !== '') return { page: 'lost' }
  const page = named.find(one => one === first)
  if (page) return { page }
  switch (first) {
    case '':
      return { page: 'overview' }
    case 'equipment':
      return { page: 'list' }
    case 'records':
      return { page: 'write-down' }
    default:
      return { page: 'lost' }
  }
}

/** Pages whose address is their name. */
const named = [
  'wall',
  'gallery',
  'alarms',
  'policies',
  'duties',
  'duty',
  'cases',
  'handover',
  'kpi',
  'rounds',
  'scan',
  'labels',
  'logs',
  'cycles',
  'meters',
  'dosing',
  'gauges',
  'system',
  'site',
  'connections',
  'connect',
  'me',
  'help',
  'sign-in',
] as const

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

export const toEquipment = (id: string): string => `/equipment/${encodeURIComponent(id)}`

export class Router {
  #path = $state(location.pathname)
  #hash = $state(location.hash)
  readonly place = $derived(placeOf(this.#path))

  get path(): string {
    return this.#path
  }
  get hash(): string {
    return this.#hash
  }

  start(): void {
    addEventListener('popstate', this.#read)
    document.addEventListener('click', this.#click)
  }

  stop(): void {
    removeEventListener('popstate', this.#read)
    document.removeEventListener('click', this.#click)
  }

  go(to: string, how: 'push' | 'replace' = 'push'): void {
    if (how === 'push') history.pushState(null, '', to)
    else history.replaceState(null, '', to)
    this.#read()
    if (location.hash === '') scrollTo(0, 0)
  }

  readonly #read = () => {
    this.#path = location.pathname
    this.#hash = location.hash
  }

  /** Plain links stay plain links; the page only spares the reload. */
  readonly #click = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (!link || link.target !== '' || link.origin !== location.origin || link.hasAttribute('download')) return
    if (link.pathname.startsWith('/api/') || link.pathname === '/docs') return
    event.preventDefault()
    this.go(link.pathname + link.search + link.hash)
  }
}
