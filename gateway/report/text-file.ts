import { closeSync, openSync, writeSync } from 'node:fs'

const pieceBytes = 64 * 1024

/** A file that grows piece by piece: the caller waits for the disk, so however long it gets, it needs no memory. Throws what the disk says. */
export class TextFile {
  readonly #descriptor: number
  #waiting = ''

  constructor(file: string) {
    this.#descriptor = openSync(file, 'w')
  }

  put(text: string): void {
    this.#waiting += text
    if (this.#waiting.length >= pieceBytes) this.#flush()
  }

  /** Writes what is left. */
  end(): void {
    this.#flush()
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  #flush(): void {
    const bytes = Buffer.from(this.#waiting)
    this.#waiting = ''
    // A disk that is nearly full takes a part and says no only to the rest.
    for (let done = 0; done < bytes.length;) done += writeSync(this.#descriptor, bytes, done)
  }
}

/** Opens a file for `write` and closes it whatever happens. */
export function writeText(file: string, write: (put: (text: string) => void) => void): void {
  const text = new TextFile(file)
  try {
    write(piece => text.put(piece))
    text.end()
  } finally {
    text.close()
  }
}
