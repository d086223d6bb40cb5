import type { Said } from '../../../gateway/api/wire.ts'
import { pick, sayAge, sayDuration, saySpan } from './say.ts'
import type { Dictionary, Language } from './say.ts'

/** Each language comes by itself: nobody waits for the other one. */
const dictionaries: Readonly<Record<Language, () => Promise<Dictionary>>> = {
  zh: async () => (await import('./zh.ts')).zh,
  en: async () => (await import('./en.ts')).en,
}
const memory = 'zhishou.language'

interface Spoken {
  readonly language: Language
  readonly dictionary: Dictionary
}

/** Which language the page speaks: what was chosen before, else what the browser asks for. */
export class Words {
  #spoken: Spoken
  #timeZone = $state<string>()
  readonly t = $derived.by(() => this.#spoken.dictionary)
  readonly #formats = $derived(formats(this.language, this.#timeZone))

  constructor(language: Language, dictionary: Dictionary) {
    this.#spoken = $state.raw({ language, dictionary })
  }

  static async ofBrowser(): Promise<Words> {
    const remembered = localStorage.getItem(memory)
    const language = remembered === 'zh' || remembered === 'en' ? remembered : firstKnown(navigator.languages)
    return new Words(language, await dictionaries[language]())
  }

  get language(): Language {
    return this.#spoken.language
  }

  /** Where the other language cannot be had now, the page goes on in this one. */
  async choose(language: Language): Promise<void> {
    try {
      this.#spoken = { language, dictionary: await dictionaries[language]() }
      localStorage.setItem(memory, language)
    } catch {
      // The network is away; the strip says so already.
    }
  }

  /** Times are said in the site's zone, wherever the browser is. */
  useTimeZone(zone: string): void {
    this.#timeZone = zone
  }

  say(said: Said): string {
    return pick(said, this.language)
  }

  list(said: readonly Said[]): string {
    return said.map(one => pick(one, this.language)).join(this.t.listSeparator)
  }

  age(ms: number): string {
    return sayAge(ms, this.t)
  }

  duration(ms: number): string {
    return sayDuration(ms, this.t)
  }

  span(ms: number): string {
    return saySpan(ms, this.t)
  }

  /** 14:32 */
  clock(at: number): string {
    return this.#formats.clock.format(at)
  }

  /** 14:32:07 */
  seconds(at: number): string {
    return this.#formats.seconds.format(at)
  }

  /** 11月22日 周日 */
  day(at: number): string {
    return this.#formats.day.format(at)
  }

  /** The time alone on the day of `now`, else with its date. */
  moment(at: number, now: number): string {
    const { date, clock } = this.#formats
    return date.format(at) === date.format(now) ? clock.format(at) : `${date.format(at)} ${clock.format(at)}`
  }

  /** The same of a day that may be years away: then with its year and without the time. */
  date(at: number, now: number): string {
    return Math.abs(at - now) < 180 * 86_400_000 ? this.moment(at, now) : this.#formats.year.format(at)
  }
}

function firstKnown(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    if (tag.toLowerCase().startsWith('zh')) return 'zh'
    if (tag.toLowerCase().startsWith('en')) return 'en'
  }
  return 'en'
}

function formats(language: Language, timeZone: string | undefined) {
  const locale = language === 'zh' ? 'zh-CN' : 'en-GB'
  const zone = timeZone === undefined ? {} : { timeZone }
  const of = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { ...zone, hourCycle: 'h23', ...options })
  return {
    clock: of({ hour: '2-digit', minute: '2-digit' }),
    seconds: of({ hour: '2-digit', minute: '2-digit', second: '2-digit' }),
    day: of({ month: 'short', day: 'numeric', weekday: 'short' }),
    date: of({ month: 'short', day: 'numeric' }),
    year: of({ year: 'numeric', month: 'short', day: 'numeric' }),
  }
}
