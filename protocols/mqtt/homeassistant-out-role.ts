import type { DriverHost, OwnSite } from '../contract/driver.ts'
import type { Cancel, Instant } from '../contract/time.ts'
import { after, between, seconds } from '../contract/time.ts'
import type { HomeAssistantSettings } from './homeassistant-out.ts'
import { announcementsOf } from './homeassistant-out.ts'
import type { Message } from './mapping.ts'
import type { Notebook } from './notebook.ts'
import type { DiscoveryPlace, OwnWord } from './own-words.ts'
import { discoveryWord } from './own-words.ts'
import type { Role, Voice } from './role.ts'

/** However often Home Assistant says that it is there, it is told no more than once in this time. */
const apart = seconds(5)

/** Announces the site's points to Home Assistant, again when it starts, and takes back those that are no more. */
export class HomeAssistantOut implements Role {
  readonly filters: readonly string[]
  readonly #settings: HomeAssistantSettings
  readonly #host: DriverHost
  readonly #notebook: Notebook
  #site: OwnSite | undefined
  #voice: Voice | undefined
  #toldAt: Instant | undefined
  #cancel: Cancel = () => {}

  constructor(settings: HomeAssistantSettings, host: DriverHost, notebook: Notebook) {
    this.#settings = settings
    this.#host = host
    this.#notebook = notebook
    this.filters = [`${settings.prefix}/status`]
  }

  begin(voice: Voice): void {
    this.#voice = voice
    this.#announce()
  }

  present(site: OwnSite): void {
    this.#site = site
    this.#announce()
  }

  hear({ topic, payload, replayed }: Message): void {
    // A birth that was kept says nothing new: it was told when the line came up.
    if (replayed || topic !== `${this.#settings.prefix}/status` || Buffer.from(payload).toString() !== 'online') return
    const now = this.#host.wall.now()
    const due = this.#toldAt === undefined ? now : after(this.#toldAt, apart)
    this.#cancel()
    if (due <= now) this.#announce()
    else this.#cancel = this.#host.wall.after(between(now, due), () => this.#announce())
  }

  end(): void {
    this.#voice = undefined
    this.#cancel()
  }

  /** What is announced stays: Home Assistant shows the points as unavailable while the gateway is away. */
  goodbye(): readonly OwnWord[] {
    this.end()
    return []
  }

  #announce(): void {
    if (!this.#voice || !this.#site) return
    this.#toldAt = this.#host.wall.now()
    const announcements = announcementsOf(this.#site, this.#settings)
    const places = announcements.map(({ place }) => place)
    const there = new Set(places.map(keyOf))
    for (const place of placesIn(this.#notebook.read())) if (!there.has(keyOf(place))) this.#voice.say(discoveryWord(place))
    for (const { place, config } of announcements) this.#voice.say(discoveryWord(place, config))
    this.#notebook.write({ announced: places })
  }
}

const keyOf = ({ prefix, component, node, object }: DiscoveryPlace): string => [prefix, component, node, object].join('/')

/** What an earlier run noted; whatever is no such place is left out. */
function placesIn(noted: unknown): readonly DiscoveryPlace[] {
  const list: unknown = typeof noted === 'object' && noted !== null && 'announced' in noted ? noted.announced : []
  return (Array.isArray(list) ? (list as unknown[]) : []).flatMap(item => {
    const { prefix, component, node, object } = Object(item) as Readonly<Record<string, unknown>>
    if (typeof prefix !== 'string' || typeof node !== 'string' || typeof object !== 'string') return []
    if (component !== 'sensor' && component !== 'binary_sensor') return []
    return /^[\w-]+$/.test(node) && /^[\w-]+$/.test(object) && node.startsWith('zhishou_')
      ? [{ prefix, component, node, object }]
      : []
  })
}
