import type { Cancel, Millis } from '../../protocols/contract/time.ts'
import type { House } from './house.ts'
import { Views } from './views.ts'

/** The house as one request finds it, to its end. */
export interface Services {
  readonly house: House
  readonly views: Views
}

/**
 * Which house answers. Another takes its place when the site changes: meanwhile requests wait at the door, and those that are inside are
 * given a moment to come to their end.
 */
export class Front {
  #services: Services
  #opens: PromiseWithResolvers<void> | undefined
  #inside = 0
  #emptied: () => void = () => {}

  constructor(house: House) {
    this.#services = { house, views: new Views(house) }
  }

  get house(): House {
    return this.#services.house
  }
  get views(): Views {
    return this.#services.views
  }

  /** `lasting`: it need not be waited for, since it is the one who changes the house. Call what is returned when it is over. */
  async enter(lasting: boolean): Promise<{ readonly services: Services; readonly leave: () => void }> {
    while (this.#opens) await this.#opens.promise
    const services = this.#services
    if (lasting) return { services, leave: () => {} }
    this.#inside += 1
    let hasLeft = false
    const leave = (): void => {
      if (hasLeft) return
      hasLeft = true
      this.#inside -= 1
      if (this.#inside === 0) this.#emptied()
    }
    return { services, leave }
  }

  /** Nobody enters from now on; resolves when everybody has left, and no later than after `within`: who is still in there is told so. */
  async hold(within: Millis): Promise<void> {
    this.#opens ??= Promise.withResolvers<void>()
    if (this.#inside === 0) return
    let cancel: Cancel = () => {}
    await new Promise<void>(resolve => {
      this.#emptied = resolve
      cancel = this.house.wall.after(within, resolve)
    })
    cancel()
    this.#emptied = () => {}
  }

  /** Opens the door, to this house from now on. */
  goOn(house: House): void {
    if (house !== this.house) this.#services = { house, views: new Views(house) }
    this.#opens?.resolve()
    this.#opens = undefined
  }
}
