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
        | 'logs'
        | 'write-down'
        | 'system'
        | 'site'
        | 'connections'
        | 'connect'
        | 'me'
        | 'sign-in'
        | 'lost'
    }
  /** One log (`/logs/KIND`); one kind of record to write down (`/records/KIND`); one case; one round, or the check-point with the code in the QR (`/c/CODE`); the page behind the link in a message (`/a/TOKEN`). */
  | {
      readonly page: 'connection' | 'equipment' | 'case' | 'round' | 'log' | 'record' | 'check-point' | 'answer'
      readonly id: string
    }

export function placeOf(path: string): Place {
  const [, first = '', second = '', third] = path.split('/')
  if (third !== undefined && third !== '') return { page: 'lost' }
  if (first === 'equipment' && second !== '') return { page: 'equipment', id: decode(second) }
  if (first === 'connections' && second !== '') return { page: 'connection', id: decode(second) }
  if (first === 'cases' && second !== '') return { page: 'case', id: decode(second) }
  if (first === 'rounds' && second !== '') return { page: 'round', id: decode(second) }
  if (first === 'c' && second !== '') return { page: 'check-point', id: decode(second) }
  if (first === 'a' && second !== '') return { page: 'answer', id: decode(second) }
  if (first === 'logs' && second !== '') return { page: 'log', id: decode(second) }
  if (first === 'records' && second !== '') return { page: 'record', id: decode(second) }
  if (second !== '') return { page: 'lost' }
  switch (first) {
    case '':
      return { page: 'overview' }
    case 'alarms':
      return { page: 'alarms' }
    case 'equipment':
      return { page: 'list' }
    case 'policies':
      return { page: 'policies' }
    case 'duties':
      return { page: 'duties' }
    case 'duty':
      return { page: 'duty' }
    case 'cases':
      return { page: 'cases' }
    case 'handover':
      return { page: 'handover' }
    case 'kpi':
      return { page: 'kpi' }
    case 'rounds':
      return { page: 'rounds' }
    case 'logs':
      return { page: 'logs' }
    case 'records':
      return { page: 'write-down' }
    case 'system':
      return { page: 'system' }
    case 'site':
      return { page: 'site' }
    case 'connections':
      return { page: 'connections' }
    case 'connect':
      return { page: 'connect' }
    case 'me':
      return { page: 'me' }
    case 'sign-in':
      return { page: 'sign-in' }
    default:
      return { page: 'lost' }
  }
}

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
