import type { Browser, BrowserContext, Page } from 'playwright-core'
import { vi } from 'vitest'
import type { Said } from '../../gateway/api/wire.ts'
import type { Tongue } from '../../dashboard/src/words/tongues.ts'
import { facility, password, person } from '../kit/product.ts'
import type { Facility, Product } from '../kit/product.ts'
import { Hand } from './hand.ts'

/** Who comes, with what they may do. */
export const people = { facilities: 'operator', maintenance: 'operator', inspector: 'inspector' } as const
export type Who = keyof typeof people
/** Wang Fang is on the school's list of people, so that a repair can be given to her. */
const accounts: Readonly<Record<Who, string>> = { facilities: 'guard', maintenance: 'wangfang', inspector: 'inspector' }

export const widths = [360, 1280, 1920, 3840] as const
export type Width = (typeof widths)[number]
const heights: Readonly<Record<Width, number>> = { 360: 780, 1280: 800, 1920: 1080, 3840: 2160 }

export const themes = ['light', 'dark'] as const
export interface Glass {
  readonly width: Width
  readonly tongue: Tongue
  readonly theme: (typeof themes)[number]
}

export interface Alarm {
  readonly id: string
  readonly state: string
  readonly priority: string
  readonly equipment: string
  readonly clause: string
  readonly title: Said
  readonly sentence: Said
}

const minute = 60_000
/** What is left open, so that there is more to answer than the journeys of one run answer. */
const doors = ['cold-1', 'cold-2', 'freezer-1', 'vaccine-1', 'vaccine-2']

/** The demo school as `npm start` brings it up, with doors left open, three people, and a hand for each of them. */
export class School {
  readonly #works: Facility
  readonly #browser: Browser
  #gateway: Product | undefined
  #admin: Awaited<ReturnType<typeof person>> | undefined
  readonly #pages = new Map<string, { readonly page: Page; readonly troubles: string[] }>()
  wallKey = ''

  private constructor(works: Facility, browser: Browser) {
    this.#works = works
    this.#browser = browser
  }

  static async open(browser: Browser): Promise<School> {
    const school = new School(await facility(), browser)
    school.#gateway = await school.#works.start(['--speed', '300'])
    school.#admin = await person(school.address)
    for (const who of Object.keys(people) as Who[])
      await school.tell('POST', '/users', { username: accounts[who], role: people[who], password })
    school.wallKey = String((await school.tell('POST', '/tokens', { name: 'wall: hall', role: 'viewer' }))['token'])
    await school.unanswered(9)
    return school
  }

  get address(): string {
    if (!this.#gateway) throw new Error('the school is not open')
    return this.#gateway.address
  }

  async close(): Promise<void> {
    for (const { page } of this.#pages.values()) await page.context().close()
    await this.#works.remove()
  }

  async ask<T>(path: string): Promise<T> {
    if (!this.#admin) throw new Error('nobody is signed in')
    return (await this.#admin.get(`/api/v1${path}`)) as T
  }

  async tell(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const answer = await this.#admin?.send(method, `/api/v1${path}`, body)
    if (!answer?.ok) throw new Error(`${method} ${path}: ${answer?.status} ${await answer?.text()}`)
    return (await answer.json().catch(() => ({}))) as Record<string, unknown>
  }

  async alarm(id: string): Promise<Alarm> {
    return this.ask<Alarm>(`/alarms/${id}`)
  }

  /** Alarms nobody has answered, at least so many: doors are shut and left open again while the clock runs fast, until there are. */
  async unanswered(atLeast = 1): Promise<readonly Alarm[]> {
    const standing = async () => {
      const { items } = await this.ask<{ items: Alarm[] }>('/alarms?limit=200&state=unacknowledged')
      // What hangs on other alarms goes with them.
      return items.filter(({ equipment }) => doors.includes(equipment))
    }
    const known = await standing()
    if (known.length >= atLeast) return known
    await this.tell('PUT', '/demo/speed', { speed: 300 })
    const { items } = await this.ask<{ items: { equipment: string; faults: { fault: string; active: boolean }[] }[] }>(
      '/demo/faults',
    )
    const left = items.filter(({ faults }) => faults.some(({ fault, active }) => fault === 'door-left-open' && active))
    for (const { equipment } of left) await this.tell('DELETE', '/demo/faults', { equipment, fault: 'door-left-open' })
    if (left.length > 0)
      await vi.waitFor(
        async () => {
          const { items: open } = await this.ask<{ items: Alarm[] }>('/alarms?limit=200&state=acknowledged')
          if (open.some(({ equipment }) => doors.includes(equipment))) throw new Error('answered alarms still stand')
        },
        { timeout: 3 * minute, interval: 300 },
      )
    for (const equipment of doors) await this.tell('POST', '/demo/faults', { equipment, fault: 'door-left-open' })
    const fresh = await vi.waitFor(
      async () => {
        const now = await standing()
        if (now.length < atLeast) throw new Error(`only ${now.length} alarms wait for somebody`)
        return now
      },
      { timeout: 3 * minute, interval: 300 },
    )
    // What is looked at should stand still.
    await this.tell('PUT', '/demo/speed', { speed: 1 })
    return fresh
  }

  /** Somebody in front of a glass of that width, signed in, with the language and the theme they chose before. */
  async hand(who: Who, glass: Glass): Promise<Hand> {
    const isPhone = glass.width <= 720
    const key = `${who} ${isPhone}`
    let known = this.#pages.get(key)
    if (!known) {
      known = await this.#newPage(who, isPhone)
      this.#pages.set(key, known)
    }
    const { page, troubles } = known
    await page.setViewportSize({ width: glass.width, height: heights[glass.width] })
    await page.emulateMedia({ colorScheme: glass.theme })
    return new Hand({ page, address: this.address, glass, isPhone, troubles })
  }

  async #newPage(who: Who, isPhone: boolean): Promise<{ readonly page: Page; readonly troubles: string[] }> {
    const context: BrowserContext = await this.#browser.newContext({
      reducedMotion: 'reduce',
      serviceWorkers: 'block',
      timezoneId: 'Asia/Shanghai',
      ...(isPhone ? { hasTouch: true, isMobile: true } : {}),
    })
    context.setDefaultTimeout(30_000)
    const signedIn = await context.request.post(`${this.address}/api/v1/session`, {
      headers: { origin: this.address },
      data: { username: accounts[who], password },
    })
    if (!signedIn.ok()) throw new Error(`${who}: ${signedIn.status()}`)
    const page = await context.newPage()
    const troubles: string[] = []
    page.on('pageerror', ({ message }) => troubles.push(`page error: ${message}`))
    page.on('console', said => {
      if (said.type() === 'error') troubles.push(`console: ${said.text()}`)
    })
    page.on('response', answer => {
      if (answer.status() >= 400) troubles.push(`${answer.status()} ${answer.request().method()} ${answer.url()}`)
    })
    return { page, troubles }
  }
}
