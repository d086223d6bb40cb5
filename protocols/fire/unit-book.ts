import type { Found, Frame } from '../contract/driver.ts'
import type { Instant } from '../contract/time.ts'
import { analogName, signalsOf, valueOf } from './signals.ts'
import type { FireWord } from './words.ts'

/** A part, a system or a unit that was heard, with the last that it said. */
interface Heard {
  readonly device: Readonly<Record<string, unknown>>
  name: string
  readonly said: Map<string, number>
}

/** What is known of one transmission unit. */
export interface KnownUnit {
  readonly source: number
  heardAt: Instant
  frames: number
  /** Its clock less ours, in ms, at its last frame; undefined while it has told no time. */
  clockOff: number | undefined
  /** The finest it gives a pressure in is 0.1 MPa. */
  coarse: boolean
}

const mostUnits = 256
const mostPlaces = 4_000
const mostFrames = 64
/** Of one frame, in bytes. */
const longestShown = 240

/** Who was heard and what they said, bounded: for the search and for the doctor. */
export class UnitBook {
  readonly #units = new Map<number, KnownUnit>()
  readonly #places = new Map<string, Heard>()

  readonly #frames: Frame[] = []

  /** The last ones, the oldest first. */
  get frames(): readonly Frame[] {
    return [...this.#frames]
  }

  frame(source: number, way: Frame['way'], bytes: Uint8Array, at: Instant): void {
    const hex = Buffer.from(bytes.subarray(0, longestShown)).toString('hex')
    this.#frames.push({ at, device: `unit ${source}`, way, hex })
    if (this.#frames.length > mostFrames) this.#frames.shift()
  }

  get units(): readonly KnownUnit[] {
    return [...this.#units.values()]
  }

  unit(source: number): KnownUnit | undefined {
    return this.#units.get(source)
  }

  heard(source: number, now: Instant): KnownUnit | undefined {
    const unit = this.#units.get(source)
    if (unit) {
      unit.frames += 1
      unit.heardAt = now
      return unit
    }
    if (this.#units.size >= mostUnits) return undefined
    const met = { source, heardAt: now, frames: 1, clockOff: undefined, coarse: false }
    this.#units.set(source, met)
    return met
  }

  said(source: number, word: FireWord): void {
    const { key, device, name } = placeOf(source, word)
    let place = this.#places.get(key)
    if (!place) {
      if (this.#places.size >= mostPlaces) return
      place = { device, name, said: new Map() }
      this.#places.set(key, place)
    }
    if (word.of === 'part' && word.text !== '') place.name = `${name} ${word.text}`
    const signal = word.of === 'analog' ? analogName(word.code) : undefined
    if (signal !== undefined) {
      const value = valueOf(word, signal)
      if (value?.ok) place.said.set(signal, value.value)
    }
    if (word.of === 'analog') return
    for (const one of signalsOf(word.of)) {
      const value = valueOf(word, one)
      if (value?.ok) place.said.set(one, value.value)
    }
  }

  /** Everything heard so far, as it would be written into the site file. */
  found(): readonly Found[] {
    return [...this.#places.values()].map(({ device, name, said }) => ({
      device,
      name,
      points: [...said].map(([signal, value]) => ({ settings: { signal }, name: signal, value })),
    }))
  }
}

function placeOf(
  source: number,
  word: FireWord,
): { readonly key: string; readonly device: Readonly<Record<string, unknown>>; readonly name: string } {
  if (word.of === 'unit') return { key: String(source), device: { source }, name: `unit ${source}` }
  const { system } = word
  const own = { source, system: system.type, systemAddress: system.address }
  const at = `unit ${source} system ${system.type}/${system.address}`
  if (word.of === 'system') return { key: at, device: own, name: at }
  const { address } = word.part
  const [loop, number] = [Math.floor(address / 65_536), address % 65_536]
  return { key: `${at} ${address}`, device: { ...own, part: `${loop}-${number}` }, name: `${at} part ${loop}-${number}` }
}
