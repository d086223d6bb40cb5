import type { Said } from '../../../gateway/api/wire.ts'
import { readHantNoMore } from './hant/reader.ts'
import { pick, sayAge, sayDuration, saySpan } from './say.ts'
import type { Dictionary, Language } from './say.ts'
import { firstKnown, isTongue, tongues } from './tongues.ts'
import type { Tongue } from './tongues.ts'

/** Each language comes by itself: nobody waits for the other one. */
const dictionaries: Readonly<Record<Language, () => Promise<Dictionary>>> = {
  zh: async () => (await import('./zh.ts')).zh,
  en: async () => (await import('./en.ts')).en,
}
const memory = 'zhishou.language'
const asWritten = <T>(value: T): T => value

interface Spoken {
  readonly tongue: Tongue
  readonly dictionary: Dictionary
  /** Whatever is written in Chinese, as this reader sees it. */
  readonly dress: <T>(value: T) => T
}

async function speak(tongue: Tongue): Promise<Spoken> {
  const loaded = dictionaries[tongues[tongue].language]()
  if (tongue !== 'zh-Hant') return { tongue, dictionary: await loaded, dress: asWritten }
  const { hantDress } = await import('./hant/load.ts')
  const [written, dress] = await Promise.all([loaded, hantDress()])
  return { tongue, dictionary: dress(written), dress }
}

/** Which language the page speaks: what was chosen before, else what the browser asks for. */
export class Words {
  #spoken: Spoken
  #timeZone = $state<string>()
  readonly t = $derived.by(() => this.#spoken.dictionary)
  readonly #formats = $derived(formats(tongues[this.tongue].locale, this.#timeZone))
  /** What was dressed for the language of now: the words of a page are asked for again and again. */
  readonly #dressed = $derived.by(() => ({ of: this.#spoken, known: new WeakMap<object, unknown>() }).known)

  constructor(spoken: Spoken) {
    this.#spoken = $state.raw(spoken)
  }

  static async ofBrowser(): Promise<Words> {
    const remembered = localStorage.getItem(memory)
    const tongue = isTongue(remembered) ? remembered : firstKnown(navigator.languages)
    // Whose table cannot be had now reads the Chinese that is there.
    return new Words(await speak(tongue).catch(() => speak(tongues[tongue].language)))
  }

  /** Whose words are said: what the gateway is asked for, what decides about punctuation. */
  get language(): Language {
    return tongues[this.tongue].language
  }

  get tongue(): Tongue {
    return this.#spoken.tongue
  }

  /** Where the other language cannot be had now, the page goes on in this one. */
  async choose(tongue: Tongue): Promise<void> {
    try {
      this.#spoken = await speak(tongue)
      localStorage.setItem(memory, tongue)
      if (tongue !== 'zh-Hant') void readHantNoMore()
    } catch {
      // The network is away; the strip says so already.
    }
  }

  /** The words that come with a page. */
  of<T extends object>(pages: Readonly<Record<Language, T>>): T {
    const written = pages[this.language]
    const known = this.#dressed.get(written) as T | undefined
    if (known !== undefined) return known
    const dressed = this.inScript(written)
    this.#dressed.set(written, dressed)
    return dressed
  }

  /** Chinese that was not written by a person of the site, in the characters the reader chose. */
  inScript<T>(value: T): T {
    return this.#spoken.dress(value)
  }

  /** Times are said in the site's zone, wherever the browser is. */
  useTimeZone(zone: string): void {
    this.#timeZone = zone
  }

  say(said: Said): string {
    return this.#spoken.dress(pick(said, this.language))
  }

  /** A person's name or own words: they stay in the characters they were written in. */
  quote(said: Said): string {
    return pick(said, this.language)
  }

  list(said: readonly Said[]): string {
    return said.map(one => this.say(one)).join(this.t.listSeparator)
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

function formats(locale: string, timeZone: string | undefined) {
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
