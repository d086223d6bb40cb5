import type { Said } from '../../../../gateway/api/wire.ts'
import type { WireRound } from '../../../../gateway/api/wire-rounds.ts'

/** A visit as the phone keeps it, from the moment of the scan until a week after it was delivered. */
export interface KeptVisit {
  readonly id: string
  readonly code: string
  /** The phone's own clock, ms. */
  readonly at: number
  /** Whose visit it is: the account's name; `null` until somebody signs in and says so. */
  readonly by: string | null
  readonly byName: string
  readonly failed: readonly number[]
  readonly verdict: 'passed' | 'failed'
  readonly note: string
  readonly offline: boolean
  /** Not sent before: there is still time to say that something is wrong. Ms on the phone's clock; 0 once that was said. */
  readonly holdUntil: number
  readonly state: 'waiting' | 'delivered' | 'refused'
  readonly round?: string
  readonly checkPoint?: string
  readonly deliveredAt?: number
  readonly why?: Said
}

/** The rounds as they were last seen, so that they can be shown without network. */
export interface KeptList {
  readonly items: readonly WireRound[]
  /** The phone's clock then, ms. */
  readonly at: number
}

const name = 'zhishou-rounds'
const version = 1

/**
 * The phone's own book, in IndexedDB, which the page and its service worker share. What stands in it survives a reload, a closed tab, a
 * dead battery and a new version of the page.
 */
export class KeptBook {
  readonly #database: IDBDatabase

  private constructor(database: IDBDatabase) {
    this.#database = database
    // Another tab brings a newer version: this one must not be in its way.
    database.onversionchange = () => database.close()
  }

  /** Rejects where the browser keeps nothing (a private window of some browsers). */
  static open(factory: IDBFactory = indexedDB): Promise<KeptBook> {
    return new Promise((resolve, reject) => {
      const request = factory.open(name, version)
      request.addEventListener('upgradeneeded', () => {
        request.result.createObjectStore('visits', { keyPath: 'id' })
        request.result.createObjectStore('things')
      })
      request.addEventListener('success', () => resolve(new KeptBook(request.result)))
      request.addEventListener('error', () => reject(request.error ?? new Error('no storage')))
      request.addEventListener('blocked', () => reject(new Error('storage is blocked by another tab')))
    })
  }

  async visits(): Promise<readonly KeptVisit[]> {
    const all = await this.#do('visits', 'readonly', store => store.getAll())
    return (all as KeptVisit[]).toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
  }

  async add(visit: KeptVisit): Promise<void> {
    await this.#do('visits', 'readwrite', store => store.put(visit))
  }

  /** Changes a visit as it stands now, in one transaction: `undefined` leaves it. Says what stands there afterwards. */
  change(id: string, change: (visit: KeptVisit) => KeptVisit | undefined): Promise<KeptVisit | undefined> {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction('visits', 'readwrite')
      const store = transaction.objectStore('visits')
      let after: KeptVisit | undefined
      const read = store.get(id)
      read.addEventListener('success', () => {
        const before = read.result as KeptVisit | undefined
        const changed = before && change(before)
        if (changed) store.put(changed)
        after = changed ?? before
      })
      transaction.addEventListener('complete', () => resolve(after))
      transaction.addEventListener('error', () => reject(transaction.error ?? new Error('not written')))
      transaction.addEventListener('abort', () => reject(transaction.error ?? new Error('not written')))
    })
  }

  async remove(id: string): Promise<void> {
    await this.#do('visits', 'readwrite', store => store.delete(id))
  }

  async list(): Promise<KeptList | undefined> {
    return (await this.#do('things', 'readonly', store => store.get('list'))) as KeptList | undefined
  }

  async keepList(list: KeptList): Promise<void> {
    await this.#do('things', 'readwrite', store => store.put(list, 'list'))
  }

  /** Resolves when it is on the phone's disk, not before. */
  #do(store: string, mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const options = mode === 'readwrite' ? ({ durability: 'strict' } as const) : undefined
      const transaction = this.#database.transaction(store, mode, options)
      const request = ask(transaction.objectStore(store))
      transaction.addEventListener('complete', () => resolve(request.result))
      transaction.addEventListener('error', () => reject(transaction.error ?? new Error('not written')))
      transaction.addEventListener('abort', () => reject(transaction.error ?? new Error('not written')))
    })
  }
}
