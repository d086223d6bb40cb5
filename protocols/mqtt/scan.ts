import type { Found, ScanAsk, ScanStep } from '../contract/driver.ts'
import type { Clock } from '../contract/time.ts'
import { seconds } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import type { LineEars, SpeakingSession } from './line.ts'
import type { Message } from './mapping.ts'
import type { Voice } from './role.ts'

/** Knows one way in which equipment can be recognised on a broker. */
export interface Finder {
  readonly filters: readonly string[]
  hear(message: Message, voice: Voice | undefined): void
  /** Topics whose meaning it knows: others need not guess at them. */
  claims?(): ReadonlySet<string>
  found(claimed: ReadonlySet<string>): readonly Found[]
}

/** Opens a line for the ears alone; nothing but what `own-words.ts` makes can be said on it. */
export type OpenEars = (ears: Pick<LineEars, 'filters' | 'heard'>, signal: AbortSignal) => Promise<Answer<SpeakingSession>>

const usualListening = seconds(10)

/**
 * Listens for as long as was asked, then tells what it has understood. What is retained comes at once; sensors that speak by themselves
 * need as long as their own rhythm.
 */
export async function* listenIn(
  open: OpenEars,
  finders: readonly Finder[],
  { at, listen = usualListening, most }: ScanAsk,
  wall: Clock,
  signal: AbortSignal,
): AsyncGenerator<ScanStep> {
  let voice: Voice | undefined
  const heard = (message: Message): void => {
    for (const finder of finders) finder.hear(message, voice)
  }
  const all = at === undefined ? ['#'] : [at]
  const opened = await open({ filters: all, heard }, signal)
  if (!opened.ok) return yield { step: 'trouble', fault: opened.fault }
  const session = opened.value
  try {
    voice = {
      say: word => session.say(word),
      listen: filter => session.listen?.(filter) ?? Promise.resolve(true),
      leave: () => void session.close(),
    }
    // Some brokers let nobody hear everything: then at least where things are usually said.
    if (at === undefined && session.refused?.includes('#')) {
      for (const filter of new Set(finders.flatMap(({ filters }) => filters))) await session.listen?.(filter)
    }
    const total = Math.max(1, Math.ceil(listen / 1_000))
    for (let done = 0; done < total && !signal.aborted; done++) {
      yield { step: 'asked', done, of: total }
      const ended = await secondOr(session.ended, wall, signal)
      if (ended) return yield { step: 'trouble', fault: ended }
    }
    yield { step: 'asked', done: total, of: total }
  } finally {
    await session.close()
  }
  const claimed = new Set(finders.flatMap(finder => [...(finder.claims?.() ?? [])]))
  for (const found of finders.flatMap(finder => finder.found(claimed)).slice(0, most)) yield { step: 'found', found }
}

async function secondOr<T>(ended: Promise<T>, wall: Clock, signal: AbortSignal): Promise<T | undefined> {
  let cancel = (): void => {}
  const second = new Promise<undefined>(resolve => {
    cancel = wall.after(seconds(1), () => resolve(undefined))
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  try {
    return await Promise.race([ended, second])
  } finally {
    cancel()
  }
}
