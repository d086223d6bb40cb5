import { seconds } from '../../protocols/contract/time.ts'
import type { Cancel } from '../../protocols/contract/time.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { House } from './house.ts'

const every = seconds(2)

/** Writes into the journal what the command line did to accounts beside this gateway. */
export class OutsideChanges {
  readonly #front: { readonly house: House }
  readonly #accounts: Accounts
  #cancel: Cancel = () => {}
  #looking: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(front: { readonly house: House }, accounts: Accounts) {
    this.#front = front
    this.#accounts = accounts
  }

  start(): void {
    this.#cancel = this.#front.house.wall.after(every, () => {
      this.#looking = this.#look()
    })
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel()
    await this.#looking
  }

  async #look(): Promise<void> {
    // While the store is in trouble the stories stay with their accounts and are written down later.
    await this.#accounts
      .recordStories(
        async ({ kind, by, about, at }) => void (await this.#front.house.note({ kind, by, about, data: { doneAt: at } })),
      )
      .catch(() => undefined)
    if (!this.#isStopped) this.start()
  }
}
