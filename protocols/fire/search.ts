import type { Found, ScanAsk, ScanStep } from '../contract/driver.ts'
import type { Cancel, Clock, Millis } from '../contract/time.ts'
import { after, between, millis, seconds } from '../contract/time.ts'

export interface Search {
  /** Real time. */
  readonly wall: Clock
  /** Whatever was heard so far. */
  readonly heard: () => readonly Found[]
}

/** How often is looked at what came in meanwhile. */
const look = seconds(1)

/** Tells what has been heard and what is heard while it listens. A unit is never asked: one that has nothing to say is not found. */
export async function* searchUnits(
  { wall, heard }: Search,
  { listen = seconds(60), most }: ScanAsk,
  signal: AbortSignal,
): AsyncGenerator<ScanStep> {
  const told = new Set<string>()
  const end = after(wall.now(), listen)
  for (;;) {
    for (const found of heard().filter(one => !told.has(keyOf(one)))) {
      if (told.size >= most) return
      told.add(keyOf(found))
      yield { step: 'found', found }
    }
    const left = between(wall.now(), end)
    yield { step: 'asked', done: Math.min(listen, listen - left), of: listen }
    if (signal.aborted || left <= 0) return
    await pause(wall, millis(Math.min(left, look)), signal)
  }
}

const keyOf = ({ device }: Found): string => JSON.stringify(device)

async function pause(wall: Clock, length: Millis, signal: AbortSignal): Promise<void> {
  let cancel: Cancel = () => {}
  await new Promise<void>(resolve => {
    cancel = wall.after(length, resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  cancel()
}
