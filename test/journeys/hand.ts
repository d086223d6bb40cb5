import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Said } from '../../gateway/api/wire.ts'
import { tongues } from '../../dashboard/src/words/tongues.ts'
import { crowdedOn, misfitsOn } from '../kit/screen.ts'
import type { Glass } from './school.ts'
import { spokenIn } from './spoken.ts'
import type { Spoken } from './spoken.ts'

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface HandParts {
  readonly page: Page
  readonly address: string
  readonly glass: Glass
  readonly isPhone: boolean
  readonly troubles: string[]
}

/**
 * A person's hand: it finds things by what they are and how they are called in the language of the page, and counts how often it touches
 * the glass. Typing, and the Enter that ends it, are no touches.
 */
export class Hand {
  readonly page: Page
  readonly isPhone: boolean
  /** What went wrong in the page meanwhile. */
  readonly troubles: string[]
  readonly #address: string
  readonly #glass: Glass
  readonly #spoken: Spoken
  #taps = 0

  constructor({ page, address, glass, isPhone, troubles }: HandParts) {
    this.page = page
    this.isPhone = isPhone
    this.troubles = troubles
    this.#address = address
    this.#glass = glass
    this.#spoken = spokenIn(glass.tongue)
  }

  get taps(): number {
    return this.#taps
  }
  get t(): Spoken['t'] {
    return this.#spoken.t
  }
  get main(): Locator {
    return this.page.getByRole('main')
  }

  say(said: Said): string {
    return this.#spoken.say(said)
  }

  /** Opens the page as an address does: nothing is touched yet. */
  async open(path = '/'): Promise<void> {
    const { page } = this
    if (page.url() === 'about:blank') await page.goto(`${this.#address}/manifest.webmanifest`)
    await page.evaluate(choice => localStorage.setItem('zhishou.language', choice), this.#glass.tongue)
    // An address that differs in its hash alone would not open anew.
    await page.goto('about:blank')
    this.troubles.length = 0
    await page.goto(this.#address + path)
    await page.waitForFunction(tag => document.documentElement.lang === tag, tongues[this.#glass.tongue].tag)
    await this.settled()
  }

  /** Opens what a message on the phone leads to: the message is touched. */
  async follow(path: string): Promise<void> {
    await this.open(path)
    this.#taps += 1
  }

  async press(what: Locator): Promise<void> {
    await (this.isPhone ? what.tap() : what.click())
    this.#taps += 1
  }

  async type(where: Locator, text: string, enter = false): Promise<void> {
    await where.fill(text)
    if (enter) await where.press('Enter')
  }

  async choosePhoto(button: Locator, photo: Buffer): Promise<void> {
    const [camera] = await Promise.all([this.page.waitForEvent('filechooser'), this.press(button)])
    await camera.setFiles({ name: 'photo.png', mimeType: 'image/png', buffer: photo })
  }

  /** A place by its name in the navigation; on a phone most of them lie one touch deeper, under the records. */
  async goTo(name: string): Promise<void> {
    const { page, t } = this
    const bar = page.getByRole('navigation', { name: t.nav.label })
    // How many wait there may stand behind the name.
    const link = bar.getByRole('link', { name: new RegExp(`^${name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*\\d*$`) })
    await bar.first().waitFor()
    if (!(await link.isVisible())) await this.press(bar.getByText(t.nav.records, { exact: true }))
    await this.press(link)
  }

  /** Nothing on the screen is cut, crowded, hidden from anybody, or has gone wrong on the way. */
  async whole({ canUnfold = true } = {}): Promise<void> {
    const misfits = await misfitsOn(this.page)
    // Nobody can unfold on a wall what is shortened there: it fits its glass, and ends in dots.
    expect(canUnfold ? misfits : misfits.filter(one => !one.startsWith('cut off')), 'what does not fit').toEqual([])
    expect(await crowdedOn(this.page), 'what lies on each other').toEqual([])
    await this.page.evaluate(axeSource)
    const violations = await this.page.evaluate(async () => {
      const { axe } = window as unknown as {
        axe: { run(of: Document, options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
      }
      const found = await axe.run(document, { resultTypes: ['violations'] })
      return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
    })
    expect(violations, 'what axe finds').toEqual([])
    expect(this.troubles, 'what went wrong meanwhile').toEqual([])
  }

  async settled(): Promise<void> {
    await this.page.waitForFunction(
      () =>
        document.querySelector('main h1, main h2') !== null &&
        document.querySelector('.skeleton, [aria-busy="true"], .fading') === null,
    )
  }
}
