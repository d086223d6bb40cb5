import { hours, minutes } from '../../protocols/contract/time.ts'
import type { Cancel, Clock, Millis } from '../../protocols/contract/time.ts'
import type { SealedPeriod } from '../historian/seals.ts'
import type { Draft, Entry } from '../journal/entry.ts'
import type { Store } from '../store/store.ts'
import type { EvidenceSettings } from './settings.ts'
import { fingerprintOf, makeKey, publicKeyOf, signed } from './signed.ts'
import type { SignedHead, SigningKey, TreeHead } from './signed.ts'

export const sealedKind = 'readings.sealed'
export const headKind = 'evidence.head'
export const keyKind = 'evidence.key-made'

export interface NotaryParts {
  readonly site: string
  readonly settings: Pick<EvidenceSettings, 'every'>
  readonly store: Pick<Store, 'journal' | 'accounts' | 'evidence'>
  readonly clock: Clock
  readonly wall: Clock
  /** Writes into the journal, in order with everything else; durable when it resolves. */
  note(draft: Omit<Draft, 'at'>): Promise<Entry>
  /** A head is signed and kept. */
  signed?(head: SignedHead): void
}

/** What is known of the evidence now. */
export interface NotaryState {
  readonly publicKey: string | undefined
  /** The public key as it is called on paper. */
  readonly fingerprint: string | undefined
  readonly head: SignedHead | undefined
  readonly sealed: SealedPeriod | undefined
  /** Why the last attempt did not succeed; `undefined` while all is well. */
  readonly trouble: string | undefined
}

const secretName = 'evidence-key'
const dailyAfter = hours(24)
const again = minutes(1)
const periodsAtOnce = 500

/**
 * Closes the periods of readings, writes their roots into the journal and signs the journal's tree: at a start, daily and for every export. What
 * the disk does not take is done the next time; nobody waits for it longer than for the disk.
 */
export class Notary {
  readonly #parts: NotaryParts
  #key: SigningKey | undefined
  #head: SignedHead | undefined
  #sealed: SealedPeriod | undefined
  #trouble: string | undefined
  #queue: Promise<void> = Promise.resolve()
  #waiting: Promise<void> | undefined
  #cancelSeal: Cancel = () => {}
  #cancelDaily: Cancel = () => {}
  #stopped = false

  constructor(parts: NotaryParts) {
    this.#parts = parts
  }

  get state(): NotaryState {
    const publicKey = this.#key && publicKeyOf(this.#key)
    return {
      publicKey,
      fingerprint: publicKey && fingerprintOf(publicKey),
      head: this.#head,
      sealed: this.#sealed,
      trouble: this.#trouble,
    }
  }

  /** Returns at once: what an earlier run left open is closed in the background, and the state found is signed. */
  start(): void {
    void this.#inOrder(() => this.#witness('start'))
    this.#sealLater()
    this.#dailyLater(dailyAfter)
  }

  /** Closes what was read so far and signs the journal; what could not be had is left out. Those who come meanwhile share the next one. */
  async prove(): Promise<{ readonly key?: SigningKey; readonly head?: SignedHead }> {
    this.#waiting ??= this.#inOrder(() => {
      this.#waiting = undefined
      return this.#witness('export')
    })
    await this.#waiting
    const [key, head] = [this.#key, this.#head]
    return { ...(key && { key }), ...(head && { head }) }
  }

  /** Seals what was read to the end. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelSeal()
    this.#cancelDaily()
    await this.#inOrder(() => this.#seal())
  }

  #sealLater(): void {
    this.#cancelSeal = this.#parts.clock.after(this.#parts.settings.every, () => {
      void this.#inOrder(async () => {
        if (!this.#stopped) this.#sealLater()
        await this.#seal()
      })
    })
  }

  #dailyLater(delay: Millis): void {
    this.#cancelDaily = this.#parts.wall.after(delay, () => {
      void this.#inOrder(async () => {
        if (!this.#stopped) this.#dailyLater(again)
        await this.#witness('daily')
        this.#cancelDaily()
        if (!this.#stopped) this.#dailyLater(dailyAfter)
      })
    })
  }

  /** One at a time. What does not succeed is told as a trouble: an export goes out with what there is. */
  #inOrder(act: () => Promise<void>): Promise<void> {
    const before = this.#queue
    const go = async (): Promise<void> => {
      await before
      try {
        await act()
        this.#trouble = undefined
      } catch (error) {
        this.#trouble = error instanceof Error ? error.message : String(error)
      }
    }
    this.#queue = go()
    return this.#queue
  }

  async #witness(why: TreeHead['why']): Promise<void> {
    await this.#seal()
    const { store, wall, site } = this.#parts
    const key = await this.#ownKey()
    const { size, root } = await store.evidence.treeHead()
    const head = signed({ what: 'zhishou-head-1', site, size, root, at: wall.now(), why } as const, key)
    await store.evidence.attest({ is: 'head', size, at: head.at, json: JSON.stringify(head) })
    await this.#parts.note({
      kind: headKind,
      by: 'system',
      data: { size, root, at: head.at, why, fingerprint: fingerprintOf(head.publicKey) },
    })
    this.#head = head
    this.#parts.signed?.(head)
  }

  /** Rows first, then the journal: what a crash has left between the two is written now. */
  async #seal(): Promise<void> {
    const { store, clock } = this.#parts
    let above = await this.#lastInJournal()
    for (let more = true; more;) {
      const closed = await store.evidence.closedPeriods(above, periodsAtOnce)
      for (const period of closed) await this.#tell(period)
      above = closed.at(-1)?.period ?? above
      more = closed.length === periodsAtOnce
    }
    for (let more = true; more;) {
      const closed = await store.evidence.closePeriod(clock.now(), above)
      if (!closed) return
      const { more: isMore, ...period } = closed
      await this.#tell(period)
      above = period.period
      more = isMore
    }
  }

  async #lastInJournal(): Promise<number> {
    if (this.#sealed) return this.#sealed.period
    const { entries } = await this.#parts.store.journal.page({ kinds: [sealedKind], limit: 1, newestFirst: true })
    return Number(entries[0]?.data['period'] ?? 0)
  }

  async #tell(period: SealedPeriod): Promise<void> {
    await this.#parts.note({ kind: sealedKind, by: 'system', data: { ...period } })
    this.#sealed = period
  }

  /** Made once. The journal has its public half: that entry is written now where a crash came between. */
  async #ownKey(): Promise<SigningKey> {
    if (this.#key) return this.#key
    const { accounts, journal } = this.#parts.store
    let key = keyIn(await accounts.get('secret', secretName))
    if (!key) {
      key = makeKey()
      await accounts.put('secret', secretName, key)
    }
    const publicKey = publicKeyOf(key)
    const { entries } = await journal.page({ kinds: [keyKind], limit: 1, newestFirst: true })
    if (entries[0]?.data['publicKey'] !== publicKey) {
      const data = {
        publicKey,
        fingerprint: fingerprintOf(publicKey),
        ...(entries[0] && { replaces: entries[0].data['fingerprint'] ?? '' }),
      }
      await this.#parts.note({ kind: keyKind, by: 'system', data })
    }
    this.#key = key
    return key
  }
}

/** The key as it was kept; `undefined` for what cannot sign. */
export function keyIn(kept: unknown): SigningKey | undefined {
  if (typeof kept !== 'object' || kept === null || !('pem' in kept) || typeof kept.pem !== 'string') return undefined
  try {
    publicKeyOf({ pem: kept.pem })
    return { pem: kept.pem }
  } catch {
    return undefined
  }
}
