import type { WireSession } from '../../../../gateway/api/wire.ts'

/** What the tour finds when it comes to a step: an alarm to speak of, and what stands nearest to it. */
export interface Scene {
  readonly alarm?: string | undefined
  readonly equipment?: string | undefined
  readonly point?: string | undefined
}

export interface Step {
  readonly id:
    'all' | 'state' | 'call' | 'why' | 'answer' | 'equipment' | 'records' | 'purpose' | 'rounds' | 'policies' | 'site' | 'help'
  /** The page it is shown on, with its hash where one is needed. */
  readonly path: (scene: Scene) => string
  /** What is pointed at: the first of these that can be seen. */
  readonly find: readonly string[]
  /** Without this right the page says that it is not for this account, and so does the tour. */
  readonly may?: WireSession['may'][number]
}

const pathTo = (page: string, id: string | undefined): string => (id === undefined ? page : `${page}${encodeURIComponent(id)}`)
const alarmPath = ({ alarm }: Scene): string => (alarm === undefined ? '/alarms' : pathTo('/alarms#', alarm))

/** Five minutes: from one look at everything to where help is. */
export const steps: readonly Step[] = [
  { id: 'all', path: () => '/', find: ['.needs h2', '.needs .fine'] },
  { id: 'state', path: () => '/', find: ['.tile.abnormal', '.tile'] },
  { id: 'call', path: () => '/', find: ['.needs [data-alarm]'] },
  { id: 'why', path: alarmPath, find: ['.detail [data-tour="clause"]'] },
  { id: 'answer', path: alarmPath, find: ['.detail .answer'] },
  {
    id: 'equipment',
    path: ({ equipment }) => (equipment === undefined ? '/equipment' : pathTo('/equipment/', equipment)),
    find: ['header .measure', 'header.card', '.tile'],
  },
  { id: 'records', path: () => '/logs/temperature?span=last-month', find: ['.question .forms'], may: 'read-logs' },
  { id: 'purpose', path: () => '/dosing', find: ['[data-tank] .part:nth-child(2)', '[data-tank] h2'], may: 'read-logs' },
  { id: 'rounds', path: () => '/rounds', find: ['[data-round] .head'] },
  { id: 'policies', path: () => '/policies', find: ['[data-clause] [data-row]'] },
  {
    id: 'site',
    path: ({ point }) => pathTo('/site#points/', point),
    find: ['.changes .diff', '.bar [href="#changes"]', '.pane fieldset .form'],
    may: 'administer',
  },
  { id: 'help', path: () => '/help', find: ['#help-tour'] },
]

/** Without what is asked of it and where in it. */
export const pageOf = (path: string): string => path.replace(/[?#].*$/, '')
