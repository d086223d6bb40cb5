/** Real ms after which a person is told that an answer is long in coming, and how long without a byte of it is too long. */
const slowAfter = 5_000
const patience = 60_000

/** One question that is on its way. */
export interface Wait {
  readonly signal: AbortSignal
  /** Given up for want of an answer, not for want of a network. */
  readonly isOver: boolean
  /** Something of the answer came: on a thin line a large one takes its time, and is not given up while it comes. */
  heard(): void
  end(): void
}

/** The questions that are on their way to the gateway: how many are late, so that the page can say so, and which are given up. */
export class Waiting {
  #late = $state(0)

  /** An answer is long in coming. */
  get isSlow(): boolean {
    return this.#late > 0
  }

  begin(most = patience): Wait {
    const control = new AbortController()
    let isLate = false
    const late = setTimeout(() => {
      isLate = true
      this.#late += 1
    }, slowAfter)
    let over = setTimeout(() => control.abort(), most)
    return {
      signal: control.signal,
      get isOver() {
        return control.signal.aborted
      },
      heard: () => {
        clearTimeout(over)
        over = setTimeout(() => control.abort(), most)
      },
      end: () => {
        clearTimeout(late)
        clearTimeout(over)
        if (isLate) this.#late -= 1
        isLate = false
      },
    }
  }
}

/** One for the page: the line is the same for all who ask. */
export const waiting = new Waiting()

/** As `fetch`, but it does not wait for ever for the answer to begin. */
export const patiently: typeof fetch = async (what, how) => {
  const wait = waiting.begin()
  try {
    return await fetch(what, { ...how, signal: wait.signal })
  } finally {
    wait.end()
  }
}
