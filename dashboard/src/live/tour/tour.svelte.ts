/** Where somebody was when they left, and whether they have been asked at all. */
interface Kept {
  readonly step: number
  readonly isDone: boolean
}

const memory = 'zhishou.tour'
/** In this tab a reload of the page does not end the tour. */
const running = 'zhishou.tour.runs'
const fresh: Kept = { step: 0, isDone: false }

function read(me: string): Kept | undefined {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(`${memory}.${me}`) ?? 'null')
    if (typeof kept !== 'object' || kept === null || !('step' in kept)) return undefined
    const step = Number(kept.step)
    return { step: Number.isInteger(step) && step >= 0 ? step : 0, isDone: 'isDone' in kept && kept.isDone === true }
  } catch {
    return undefined
  }
}

/** How far a person has come in the tour, kept in this browser; which steps there are is the tour's own matter. One for the page. */
export class Tour {
  #me = ''
  #kept = $state.raw(fresh)
  #step = $state<number>()
  #isOffered = $state(false)

  /** The step on screen; `undefined` while nobody is led. */
  get step(): number | undefined {
    return this.#step
  }
  get isOffered(): boolean {
    return this.#isOffered
  }
  /** Where it would go on; 0 for who has not begun or has seen all of it. */
  get left(): number {
    return this.#kept.isDone ? 0 : this.#kept.step
  }
  get isDone(): boolean {
    return this.#kept.isDone
  }

  /** Who sits here. A demo offers itself once to each; a real site never does. */
  know(me: string, isDemo: boolean): void {
    if (me === this.#me) return
    this.#me = me
    const kept = read(me)
    this.#kept = kept ?? fresh
    this.#step = sessionStorage.getItem(running) === me ? this.#kept.step : undefined
    this.#isOffered = isDemo && kept === undefined && this.#step === undefined
    if (this.#isOffered) this.#keep(fresh)
  }

  go(step: number): void {
    this.#isOffered = false
    this.#step = step
    sessionStorage.setItem(running, this.#me)
    this.#keep({ step, isDone: false })
  }

  leave(): void {
    this.#isOffered = false
    this.#step = undefined
    sessionStorage.removeItem(running)
  }

  finish(): void {
    this.leave()
    this.#keep({ step: 0, isDone: true })
  }

  #keep(kept: Kept): void {
    this.#kept = kept
    localStorage.setItem(`${memory}.${this.#me}`, JSON.stringify(kept))
  }
}

export const tour = new Tour()
