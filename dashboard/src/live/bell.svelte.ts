import type { Look } from '../look.svelte.ts'
import type { BrowserTime } from '../time.svelte.ts'

export type Ring = 'urgent' | 'calm'
/** `blocked`: wanted, and the browser waits for a touch or a key before it lets anything sound. */
export type BellState = 'off' | 'on' | 'blocked' | 'muted'

/** Real ms from one ring to the next, and how long a mute lasts. */
const pause: Readonly<Record<Ring, number>> = { urgent: 3000, calm: 8000 }
const muteFor = 600_000

/** Hz and s: two low tones down for what can wait a moment, three high ones for what cannot. */
const tones: Readonly<Record<Ring, readonly { readonly hz: number; readonly at: number; readonly loud: number }[]>> = {
  calm: [
    { hz: 587, at: 0, loud: 0.12 },
    { hz: 440, at: 0.32, loud: 0.12 },
  ],
  urgent: [
    { hz: 880, at: 0, loud: 0.25 },
    { hz: 660, at: 0.18, loud: 0.25 },
    { hz: 880, at: 0.36, loud: 0.25 },
  ],
}
const toneLasts = 0.3

/** Sounds until somebody answers. Off until a person wants it; the sound is made here, there is no file. */
export class Bell {
  readonly #time: BrowserTime
  readonly #look: Look
  #context: AudioContext | undefined
  #running = $state(false)
  #mutedUntil = $state(0)
  #ringing: Ring | undefined
  #cancel: () => void = () => {}

  constructor(time: BrowserTime, look: Look) {
    this.#time = time
    this.#look = look
  }

  get state(): BellState {
    if (!this.#look.sound) return 'off'
    if (this.muteLeft > 0) return 'muted'
    return this.#running ? 'on' : 'blocked'
  }

  /** Real ms. */
  get muteLeft(): number {
    return Math.max(0, this.#mutedUntil - this.#time.now)
  }

  /** Returns the way to stop. A browser lets nothing sound before the first touch or key, so each is tried until one has helped. */
  start(): () => void {
    const touched = () => this.#wake()
    document.addEventListener('pointerdown', touched)
    document.addEventListener('keydown', touched)
    if (this.#look.sound) this.#open()
    return () => {
      document.removeEventListener('pointerdown', touched)
      document.removeEventListener('keydown', touched)
      this.keep(undefined)
      void this.#context?.close()
      this.#context = undefined
    }
  }

  /** Rings so from now on, at once where it is another ring than before; not at all for `undefined`. */
  keep(ring: Ring | undefined): void {
    if (ring === this.#ringing) return
    this.#cancel()
    this.#ringing = ring
    if (ring !== undefined) this.#again(ring)
  }

  /** A person switches it on, which is the touch the browser waits for, and hears at once what it is like. */
  turn(on: boolean): void {
    this.#look.chooseSound(on)
    this.#mutedUntil = 0
    if (!on) return
    this.#open()
    this.#wake()
    if (this.#ringing === undefined) this.#play('calm')
  }

  mute(on: boolean): void {
    this.#mutedUntil = on ? this.#time.real() + muteFor : 0
  }

  #open(): void {
    if (this.#context) return
    const context = new AudioContext()
    this.#context = context
    const look = () => (this.#running = context.state === 'running')
    context.addEventListener('statechange', look)
    look()
  }

  /** It is wanted now, wherever that was said: the browser lets it through if a hand has just been at it. */
  wanted(): void {
    this.#wake()
  }

  #wake(): void {
    if (!this.#look.sound) return
    this.#open()
    if (this.#context?.state === 'suspended') void this.#context.resume()
  }

  #again(ring: Ring): void {
    this.#play(ring)
    this.#cancel = this.#time.after(pause[ring], () => this.#again(ring))
  }

  #play(ring: Ring): void {
    const context = this.#context
    if (!context) return
    for (const { hz, at, loud } of tones[ring]) {
      const begin = context.currentTime + 0.02 + at
      const gain = context.createGain()
      gain.gain.setValueAtTime(0.0001, begin)
      gain.gain.exponentialRampToValueAtTime(loud, begin + 0.03)
      gain.gain.exponentialRampToValueAtTime(0.0001, begin + toneLasts)
      gain.connect(context.destination)
      const tone = context.createOscillator()
      tone.frequency.value = hz
      tone.connect(gain)
      tone.addEventListener('ended', () => gain.disconnect())
      tone.start(begin)
      tone.stop(begin + toneLasts)
    }
  }
}
