import type { LineSettings } from './line-settings.ts'

/** One at a time, in the order asked: whoever has the turn gives it back. */
export class Turns {
  readonly #waiting: (() => void)[] = []
  #taken = false

  /** Resolves when it is the caller's turn; nothing to wait for where nobody has it. */
  take(): Promise<void> | undefined {
    if (!this.#taken) {
      this.#taken = true
      return undefined
    }
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  give(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#taken = false
  }
}

const places = new Map<string, { readonly turns: Turns; users: number }>()

/** What a line hangs on, the same for everything that speaks on it, whatever it speaks. */
const placeOf = (line: LineSettings): string =>
  line.via === 'serial' ? `serial ${line.path}` : `tcp ${line.host.toLowerCase()}:${line.port}`

/**
 * The turns of one serial port or one address and port. Two connections of a site file may lead to one serial server: the line behind it
 * carries one question at a time, whoever asks. `leave` when it is no longer used.
 */
export function turnsOn(line: LineSettings): { readonly turns: Turns; readonly leave: () => void } {
  const place = placeOf(line)
  const found = places.get(place) ?? { turns: new Turns(), users: 0 }
  places.set(place, found)
  found.users += 1
  let left = false
  return {
    turns: found.turns,
    leave() {
      if (left) return
      left = true
      found.users -= 1
      if (found.users === 0) places.delete(place)
    },
  }
}
