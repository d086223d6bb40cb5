import type { Words } from '../../protocols/contract/driver.ts'
import type { Millis } from '../../protocols/contract/time.ts'

/** A place that is passed on a round. */
export interface CheckPoint {
  readonly id: string
  readonly name: Words
  readonly area?: string
  /** In its QR code and NFC tag, as `readCode` has it; random enough that nobody guesses it at the desk. */
  readonly code: string
  /** What is looked at there: 通道畅通, 标志完好. */
  readonly checks: readonly Words[]
}

/** A round that people walk (PAT-*). */
export interface RoundRoute {
  readonly id: string
  readonly name: Words
  /** The equipment whose duty a complete round fulfils: it hears `record:round`. */
  readonly equipment: string
  readonly checkPoints: readonly CheckPoint[]
  /** From the first check-point to the last. */
  readonly within: Millis
  /** Whether the order counts. */
  readonly ordered: boolean
}

/** No I, L, O or U: nobody takes them for 1, 0 or V with gloves on and a torch in the other hand. */
const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
export const codeLength = { least: 8, most: 16 } as const

/** A code as a person types it or a tag holds it, in its one form; `undefined` where it is none. `7f3k 9qpm` is `7F3K9QPM`. */
export function readCode(text: string): string | undefined {
  const code = text
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\-_.·–—]/gu, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1')
  const isCode = /^[0-9A-Z]+$/.test(code) && code.length >= codeLength.least && code.length <= codeLength.most
  return isCode ? code : undefined
}

/** Whether it takes no thought to guess: few different characters, or all of them in a row. */
export function isEasyCode(code: string): boolean {
  const steps = new Set([...code].slice(1).map((letter, index) => letter.charCodeAt(0) - code.charCodeAt(index)))
  return new Set(code).size < 5 || steps.size === 1
}

/** Groups of four, as it is printed: `7F3K-9QPM`. */
export const sayCode = (code: string): string => code.replace(/(.{4})(?=.)/g, '$1-')

/** A new code out of random bytes; eight of them make 40 bits. */
export const codeOf = (random: Uint8Array): string => sayCode([...random].map(byte => letters[byte % letters.length]).join(''))
