import type { Words } from '../../protocols/contract/driver.ts'
import { HeadCourier, StampCourier } from './couriers.ts'
import type { CourierState } from './couriers.ts'
import { Notary } from './notary.ts'
import type { NotaryParts, NotaryState } from './notary.ts'
import { placeOf } from './places.ts'
import type { EvidenceSettings } from './settings.ts'
import type { SignedHead, SigningKey } from './signed.ts'

export interface EvidenceParts extends Omit<NotaryParts, 'signed' | 'settings'> {
  readonly settings: EvidenceSettings
}

/** The evidence of one data directory: sealed, signed, and brought outside. */
export class Evidence {
  readonly #notary: Notary
  readonly #couriers: readonly (HeadCourier | StampCourier)[]

  constructor({ settings, ...parts }: EvidenceParts) {
    const { store, wall, site } = parts
    this.#couriers = [
      ...settings.copies.map(place => new HeadCourier(placeOf(place, { site, wall }), store.evidence, wall)),
      ...(settings.timestamp === undefined ? [] : [new StampCourier(settings.timestamp, store.evidence, wall)]),
    ]
    const wake = (): void => this.#couriers.forEach(courier => courier.wake())
    this.#notary = new Notary({ ...parts, settings, signed: wake })
  }

  /** Returns at once; what is to be done goes on in the background. */
  start(): void {
    this.#notary.start()
    for (const courier of this.#couriers) courier.wake()
  }

  async stop(): Promise<void> {
    await this.#notary.stop()
    await Promise.all(this.#couriers.map(courier => courier.stop()))
  }

  /** Closes what was read so far and signs the journal, for an export; what could not be had is left out. */
  prove(): Promise<{ readonly key?: SigningKey; readonly head?: SignedHead }> {
    return this.#notary.prove()
  }

  get state(): NotaryState & { readonly outside: readonly CourierState[] } {
    return { ...this.#notary.state, outside: this.#couriers.map(({ state }) => state) }
  }

  /** What somebody should look at. */
  get troubles(): readonly { readonly code: string; readonly say: Words }[] {
    const outside = this.#couriers.flatMap(({ state: { place, failing, isTrouble, is } }) => {
      if (!failing || !isTrouble) return []
      const what = is === 'copy' ? { zh: '签名副本', en: 'the copies of signed heads' } : { zh: '时间戳', en: 'time stamps' }
      return [
        {
          code: 'evidence-outside',
          say: {
            zh: `${what.zh}已有一天多送不到 ${place}：${failing.why}。请检查网络或目录。`,
            en: `For more than a day ${what.en} could not reach ${place}: ${failing.why}. Look at the network or the folder.`,
          },
        },
      ]
    })
    const { trouble } = this.#notary.state
    if (trouble === undefined) return outside
    const say = { zh: `未能封存和签名记录：${trouble}`, en: `The records could not be sealed and signed: ${trouble}` }
    return [...outside, { code: 'evidence-unsigned', say }]
  }
}
