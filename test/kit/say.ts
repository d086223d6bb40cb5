import { writeSync } from 'node:fs'

const pause = new Int32Array(new SharedArrayBuffer(4))

/** A line straight to the pipe, and whole, however long the one who reads is busy: a full pipe takes nothing and says so. */
export function say(line: string): void {
  let rest = Buffer.from(`${line}\n`)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
      Atomics.wait(pause, 0, 0, 1)
    }
  }
}
